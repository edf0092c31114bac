// From a tree to its bound form: every name looked up in a shop's definitions, every literal typed.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/tree.h"
#include "server/domain/shop.h"

namespace segmentation::domain::condition {

// CheckShape, then: CONDITION_UNKNOWN_ATTRIBUTE; CONDITION_UNKNOWN_REFERENCE for a tag, group,
// promotion or store the shop does not have (near matches named); CONDITION_TYPE_MISMATCH;
// CONDITION_LITERAL_OUT_OF_RANGE. Does not look for cycles between groups: references.h.
absl::StatusOr<BoundNode> Bind(const Node& tree, const ShopDefinitions& definitions);

// The category a condition names: 'template.name', or 'name' where only one category has it. Null:
// none; `ambiguous` tells whether several have it.
const TagCategory* FindTagCategory(std::string_view name, const ShopDefinitions& definitions,
                                   bool* ambiguous);

// The tag of a category by value or synonym, exact first, then folded. Null: none.
const Tag* FindTag(TagCategoryNo category_no, std::string_view value,
                   const ShopDefinitions& definitions);

}  // namespace segmentation::domain::condition
