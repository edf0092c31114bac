// A condition as a sentence for people.
#pragma once

#include <cstdint>
#include <string>

#include "server/domain/condition/tree.h"
#include "server/domain/shop.h"

namespace segmentation::domain::condition {

enum class Language : uint8_t { kEnglish = 1, kChinese = 2 };

// One sentence that says what the tree selects: "Members where city is '上海' and …", or
// "满足以下条件的会员：城市为“上海”，且…". Long lists show their first values and their length.
// Names that the shop does not have stand as written; `tree` passes CheckShape.
std::string Describe(const Node& tree, const ShopDefinitions& definitions, Language language);

}  // namespace segmentation::domain::condition
