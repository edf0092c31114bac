// Rewrites a tree into the form that is stored and printed; what it means does not change.
#pragma once

#include "server/domain/condition/tree.h"
#include "server/domain/shop.h"

namespace segmentation::domain::condition {

// The canonical tree of one that Bind accepts: attribute aliases and status words become their
// names, tag synonyms and other spellings of enum values the declared ones, whole decimals
// integers; AND in AND and OR in OR are flattened, NOT NOT x becomes x, repeated values of a list
// are dropped. Order stays as written. Normalising twice changes nothing; the result has no more
// nodes and levels; names that the shop does not have stay.
Node Normalise(const Node& tree, const ShopDefinitions& definitions);

}  // namespace segmentation::domain::condition
