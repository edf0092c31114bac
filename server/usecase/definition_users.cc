#include "server/usecase/definition_users.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/partial_binder.h"
#include "server/usecase/prepared_condition.h"

namespace segmentation::usecase {
namespace {

using domain::condition::BoundNode;

// Ids listed in an error: enough to act on, small enough for its trailer.
constexpr size_t kMaxListed = 100;

void CollectEnumValues(const BoundNode& node,
                       std::map<domain::AttributeNo, std::set<std::string>>& values) {
  using namespace domain::condition;  // NOLINT(google-build-using-namespace): the bound tree alone
  std::visit(Visitor{
                 [&](const BoundAnd& join) {
                   for (const BoundNode& child : join.children) CollectEnumValues(child, values);
                 },
                 [&](const BoundOr& join) {
                   for (const BoundNode& child : join.children) CollectEnumValues(child, values);
                 },
                 [&](const BoundNot& negation) {
                   for (const BoundNode& child : negation.child) CollectEnumValues(child, values);
                 },
                 [&](const BoundAttribute& leaf) {
                   if (leaf.attribute.type != domain::ValueType::kEnum) return;
                   if (const auto* set = std::get_if<TextSet>(&leaf.predicate.test)) {
                     values[leaf.attribute.number].insert(set->values.begin(), set->values.end());
                   }
                 },
                 [](const auto&) {},
             },
             node.body);
}

// A revision that a condition pins.
using PinnedRevision = std::pair<domain::GroupNo, int32_t>;

// What one condition text names by itself.
struct TextUse {
  bool bound = true;
  bool readable = true;
  DefinitionUse names;
  std::vector<PinnedRevision> pinned;
};

void CollectPinned(const BoundNode& node, std::vector<PinnedRevision>& pinned) {
  using namespace domain::condition;  // NOLINT(google-build-using-namespace): the bound tree alone
  std::visit(Visitor{
                 [&](const BoundAnd& join) {
                   for (const BoundNode& child : join.children) CollectPinned(child, pinned);
                 },
                 [&](const BoundOr& join) {
                   for (const BoundNode& child : join.children) CollectPinned(child, pinned);
                 },
                 [&](const BoundNot& negation) {
                   for (const BoundNode& child : negation.child) CollectPinned(child, pinned);
                 },
                 [&](const BoundGroup& leaf) {
                   if (leaf.definition_revision) {
                     pinned.emplace_back(leaf.group_no, *leaf.definition_revision);
                   }
                 },
                 [](const auto&) {},
             },
             node.body);
}

TextUse UseOfText(std::string_view text, const domain::ShopDefinitions& definitions) {
  TextUse use;
  const absl::StatusOr<domain::condition::Node> tree = domain::condition::Parse(text);
  if (!tree.ok()) {
    use.bound = use.readable = false;
    return use;
  }
  absl::StatusOr<BoundNode> bound = domain::condition::Bind(*tree, definitions);
  use.bound = bound.ok();
  if (!bound.ok()) bound = domain::condition::BindParts(*tree, definitions);
  use.names = {domain::condition::CollectReferences(*bound), {}};
  CollectEnumValues(*bound, use.names.enum_values);
  CollectPinned(*bound, use.pinned);
  return use;
}

void AddNames(const DefinitionUse& from, DefinitionUse& to) {
  to.groups.insert(from.groups.begin(), from.groups.end());
  to.tag_categories.insert(from.tag_categories.begin(), from.tag_categories.end());
  to.tags.insert(from.tags.begin(), from.tags.end());
  to.attributes.insert(from.attributes.begin(), from.attributes.end());
  to.promotions.insert(from.promotions.begin(), from.promotions.end());
  to.stores.insert(from.stores.begin(), from.stores.end());
  for (const auto& [attribute, values] : from.enum_values) {
    to.enum_values[attribute].insert(values.begin(), values.end());
  }
}

absl::Status InUse(std::vector<std::string> users, std::string_view field, std::string_view what) {
  std::sort(users.begin(), users.end());
  const size_t count = users.size();
  if (count > kMaxListed) users.resize(kMaxListed);
  const std::string listed = absl::StrJoin(users, ", ");
  return base::MakeError(base::Reason::RESOURCE_IN_USE, field,
                         absl::StrCat(count, " groups ", std::string(what), ": ", listed),
                         {{"used_by", listed}});
}

}  // namespace

absl::StatusOr<GroupUses> ReadGroupUses(const domain::ShopDefinitions& definitions,
                                        storage::Reader& reader) {
  GroupUses uses;
  std::map<PinnedRevision, TextUse> pinned_uses;  // one revision may be pinned by many groups
  for (const auto& [number, group] : definitions.groups) {
    TextUse own = UseOfText(group.condition_text, definitions);
    GroupUse use{group.id, own.bound, own.readable, std::move(own.names)};
    std::vector<PinnedRevision> open = std::move(own.pinned);
    std::set<PinnedRevision> seen;
    while (!open.empty()) {
      const PinnedRevision key = open.back();
      open.pop_back();
      if (!seen.insert(key).second) continue;
      auto known = pinned_uses.find(key);
      if (known == pinned_uses.end()) {
        absl::StatusOr<domain::Group> revision = ReadGroupRevision(
            definitions, definitions.groups.at(key.first).id, key.second, RowsOf(reader));
        TextUse read;
        if (revision.ok()) {
          read = UseOfText(revision->condition_text, definitions);
        } else if (absl::IsNotFound(revision.status())) {
          read.bound = false;
        } else {
          return revision.status();
        }
        known = pinned_uses.emplace(key, std::move(read)).first;
      }
      use.bound = use.bound && known->second.bound;
      use.readable = use.readable && known->second.readable;
      AddNames(known->second.names, use.names);
      open.insert(open.end(), known->second.pinned.begin(), known->second.pinned.end());
    }
    uses.emplace(number, std::move(use));
  }
  return uses;
}

absl::StatusOr<std::vector<std::string>> GroupsNaming(
    const domain::ShopDefinitions& definitions, storage::Reader& reader,
    const std::function<bool(const DefinitionUse&)>& names, domain::GroupNo except) {
  ASSIGN_OR_RETURN(const GroupUses uses, ReadGroupUses(definitions, reader));
  std::vector<std::string> users;
  for (const auto& [number, use] : uses) {
    if (number != except && (!use.readable || names(use.names))) users.push_back(use.group_id);
  }
  std::sort(users.begin(), users.end());
  return users;
}

absl::Status CheckUnnamed(const domain::ShopDefinitions& definitions, storage::Reader& reader,
                          const std::function<bool(const DefinitionUse&)>& names,
                          std::string_view field) {
  ASSIGN_OR_RETURN(std::vector<std::string> users, GroupsNaming(definitions, reader, names));
  if (users.empty()) return absl::OkStatus();
  return InUse(std::move(users), field, "name it");
}

absl::Status CheckBoundAsBefore(const GroupUses& before, const domain::ShopDefinitions& after,
                                storage::Reader& reader, std::string_view field) {
  ASSIGN_OR_RETURN(const GroupUses now, ReadGroupUses(after, reader));
  std::vector<std::string> changed;
  for (const auto& [number, use] : before) {
    const auto found = now.find(number);
    if (!use.bound || found == now.end()) continue;
    if (!found->second.bound || found->second.names != use.names) changed.push_back(use.group_id);
  }
  if (changed.empty()) return absl::OkStatus();
  return InUse(std::move(changed), field, "would come to mean something else");
}

absl::Status CheckRoom(size_t count, size_t limit, std::string_view field, std::string_view what) {
  if (count < limit) return absl::OkStatus();
  return base::MakeError(base::Reason::LIMIT_REACHED, field,
                         absl::StrCat("the shop has ", count, " ", std::string(what), ", at most ",
                                      limit, " are allowed"),
                         {{"limit", absl::StrCat(limit)}});
}

absl::Status CheckMask(bool any, std::string_view fields) {
  if (any) return absl::OkStatus();
  return base::MakeError(base::Reason::UPDATE_MASK_INVALID, "update_mask",
                         absl::StrCat("got no field, want one or more of ", std::string(fields)));
}

}  // namespace segmentation::usecase
