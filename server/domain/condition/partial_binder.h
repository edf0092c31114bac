// What a condition still names when it no longer binds.
#pragma once

#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/tree.h"
#include "server/domain/shop.h"

namespace segmentation::domain::condition {

// Every part of the condition that can be bound by itself, joined by OR: for its references, never
// for evaluation. A name that could mean several things counts as all of them, so that nothing a
// broken condition may mean is deleted from under it (T41).
BoundNode BindParts(const Node& tree, const ShopDefinitions& definitions);

}  // namespace segmentation::domain::condition
