// From the text form to a tree. The grammar is in the README (GRAMMAR.ebnf).
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

// The tree of a text; it passes CheckShape. Errors carry line and column, what was got, what was
// expected and what may have been meant: CONDITION_SYNTAX, CONDITION_TOO_LARGE,
// CONDITION_EMPTY_LIST, CONDITION_LITERAL_OUT_OF_RANGE, CONDITION_UNKNOWN_ATTRIBUTE for an unknown
// term of an order clause, TEXT_NOT_UTF8 and TEXT_HAS_NUL. Names of attributes, tags, groups and
// promotions are checked by Bind.
absl::StatusOr<Node> Parse(std::string_view text);

}  // namespace segmentation::domain::condition
