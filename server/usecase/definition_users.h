// What holds a definition in place: the groups whose conditions name it (T41), and the limits.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/domain/condition/references.h"
#include "server/domain/shop.h"

namespace segmentation::usecase {

// What one saved group names.
struct DefinitionUse : domain::condition::References {
  // Folded texts compared with, by enum attribute.
  std::map<domain::AttributeNo, std::set<std::string>> enum_values;
};

// RESOURCE_IN_USE, naming `field` and the groups (metadata used_by), when `names` holds for a saved
// group. A group whose condition no longer binds is left out: it holds nothing any more.
absl::Status CheckUnnamed(const domain::ShopDefinitions& definitions,
                          const std::function<bool(const DefinitionUse&)>& names,
                          std::string_view field);

// Ids of the groups for which `names` holds, sorted.
std::vector<std::string> GroupsNaming(const domain::ShopDefinitions& definitions,
                                      const std::function<bool(const DefinitionUse&)>& names);

// LIMIT_REACHED when `count` of at most `limit` are there already. `what`: "stores".
absl::Status CheckRoom(size_t count, size_t limit, std::string_view field, std::string_view what);

// UPDATE_MASK_INVALID unless `any`; `fields` lists what may be named.
absl::Status CheckMask(bool any, std::string_view fields);

}  // namespace segmentation::usecase
