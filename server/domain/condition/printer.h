// The canonical text of a tree (T43).
#pragma once

#include <string>
#include <string_view>

#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

// Keywords in capitals, names in lower case, one blank between words, brackets only where the tree
// needs them: Parse(Print(x)) == x for every tree that passes CheckShape.
std::string Print(const Node& node);

// One literal as it stands in the text: '上海', 3, 3.5, TRUE, today, -7d, -48h.
std::string Print(const Literal& literal);

// The operator's words: "=", "NOT CONTAINS ANY".
std::string_view SpellingOf(Operator op);

}  // namespace segmentation::domain::condition
