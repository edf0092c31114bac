// What a condition leans on, and whether groups would come to lean on themselves.
#pragma once

#include <set>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/ids.h"
#include "server/domain/shop.h"

namespace segmentation::domain::condition {

// Everything named, directly: not through groups.
struct References {
  std::set<GroupNo> groups;
  std::set<TagCategoryNo> tag_categories;
  std::set<TagNo> tags;
  std::set<AttributeNo> attributes;
  std::set<PromotionNo> promotions;
  std::set<StoreNo> stores;
  bool uses_orders = false;   // an order clause or an attribute of orders
  bool uses_time = false;     // the answer can change without any fact (T22)
  bool uses_ranking = false;  // TOP: the answer depends on other members
  friend bool operator==(const References&, const References&) = default;
};

References CollectReferences(const BoundNode& condition);

// GROUP_REFERENCE_CYCLE, naming the way round by group ids, when the group `self` with this
// condition would reach its own newest definition (T44). `groups` holds every group the condition
// names, transitively, pinned revisions included: exact. `self` may be new: no group of
// `definitions`.
absl::Status CheckGroupCycle(GroupNo self, const BoundNode& condition, const BoundGroups& groups,
                             const ShopDefinitions& definitions);

// The same from Group::references alone, without conditions: cheap enough for a check inside a
// write. Takes a pinned revision for the newest one, so it may miss a way through an older
// revision.
absl::Status CheckGroupCycle(GroupNo self, const std::vector<GroupNo>& references,
                             const ShopDefinitions& definitions);

// The groups that name `target` directly, by number (T46).
std::vector<GroupNo> GroupsReferringTo(GroupNo target, const ShopDefinitions& definitions);

}  // namespace segmentation::domain::condition
