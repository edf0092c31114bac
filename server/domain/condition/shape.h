// Whether a tree, wherever it comes from, is one that the text form can say: limits, arity of
// operators, no empty list. Looks at no names.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

// CONDITION_TOO_LARGE beyond a limit; CONDITION_EMPTY_LIST for AND, OR, IN and CONTAINS ANY over
// nothing (T42); CONDITION_LITERAL_OUT_OF_RANGE for numbers the grammar refuses (T40);
// CONDITION_SYNTAX for the rest. Walks without recursion.
absl::Status CheckShape(const Node& tree);

// How many literals an operator takes: 0, 1, 2; kManyLiterals for the list operators.
inline constexpr int kManyLiterals = -1;
int LiteralCountOf(Operator op);

// What counts against kMaxNodes.
int32_t CountNodes(const Node& tree);

// Whether the operator is the complement of another one, and that one (T02): kNotIn → kIn. Itself
// for positive operators.
bool IsNegative(Operator op);
Operator PositiveOf(Operator op);

}  // namespace segmentation::domain::condition
