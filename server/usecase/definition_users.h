// What holds a definition in place: the groups whose conditions name it (T41), and the limits.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/condition/references.h"
#include "server/domain/shop.h"
#include "server/storage/store.h"

namespace segmentation::usecase {

// What one saved group names, in its own condition and in the pinned revisions it names ('vip'@3),
// which nothing else holds.
struct DefinitionUse : domain::condition::References {
  // Folded texts compared with, by enum attribute.
  std::map<domain::AttributeNo, std::set<std::string>> enum_values;
  friend bool operator==(const DefinitionUse&, const DefinitionUse&) = default;
};

struct GroupUse {
  std::string group_id;
  // False: a condition no longer binds, and `names` holds what can be made out of it.
  bool bound = true;
  // False: a condition cannot even be parsed, so that it may name anything.
  bool readable = true;
  DefinitionUse names;
};
using GroupUses = std::map<domain::GroupNo, GroupUse>;

// What every group names as of `definitions`. Pinned revisions are read from `reader`.
absl::StatusOr<GroupUses> ReadGroupUses(const domain::ShopDefinitions& definitions,
                                        storage::Reader& reader);

// RESOURCE_IN_USE, naming `field` and the groups (metadata used_by), when `names` holds for a saved
// group. A group that no longer binds holds what it may name.
absl::Status CheckUnnamed(const domain::ShopDefinitions& definitions, storage::Reader& reader,
                          const std::function<bool(const DefinitionUse&)>& names,
                          std::string_view field);

// RESOURCE_IN_USE, naming `field` and the groups, when a group that bound in `before` would name
// something else as of `after`, or no longer bind: a new name must not change what is saved.
absl::Status CheckBoundAsBefore(const GroupUses& before, const domain::ShopDefinitions& after,
                                storage::Reader& reader, std::string_view field);

// Ids of the groups for which `names` holds, sorted, without `except`.
absl::StatusOr<std::vector<std::string>> GroupsNaming(
    const domain::ShopDefinitions& definitions, storage::Reader& reader,
    const std::function<bool(const DefinitionUse&)>& names, domain::GroupNo except = 0);

// LIMIT_REACHED when `count` of at most `limit` are there already. `what`: "stores".
absl::Status CheckRoom(size_t count, size_t limit, std::string_view field, std::string_view what);

// UPDATE_MASK_INVALID unless `any`; `fields` lists what may be named.
absl::Status CheckMask(bool any, std::string_view fields);

}  // namespace segmentation::usecase
