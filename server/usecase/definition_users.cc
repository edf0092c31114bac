#include "server/usecase/definition_users.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/parser.h"

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

absl::StatusOr<DefinitionUse> UseOf(const domain::Group& group,
                                    const domain::ShopDefinitions& definitions) {
  absl::StatusOr<domain::condition::Node> tree = domain::condition::Parse(group.condition_text);
  if (!tree.ok()) return tree.status();
  absl::StatusOr<BoundNode> bound = domain::condition::Bind(*tree, definitions);
  if (!bound.ok()) return bound.status();
  DefinitionUse use{domain::condition::CollectReferences(*bound), {}};
  CollectEnumValues(*bound, use.enum_values);
  return use;
}

}  // namespace

std::vector<std::string> GroupsNaming(const domain::ShopDefinitions& definitions,
                                      const std::function<bool(const DefinitionUse&)>& names) {
  std::vector<std::string> users;
  for (const auto& [number, group] : definitions.groups) {
    absl::StatusOr<DefinitionUse> use = UseOf(group, definitions);
    if (use.ok() && names(*use)) users.push_back(group.id);
  }
  std::sort(users.begin(), users.end());
  return users;
}

absl::Status CheckUnnamed(const domain::ShopDefinitions& definitions,
                          const std::function<bool(const DefinitionUse&)>& names,
                          std::string_view field) {
  std::vector<std::string> users = GroupsNaming(definitions, names);
  if (users.empty()) return absl::OkStatus();
  const size_t count = users.size();
  if (count > kMaxListed) users.resize(kMaxListed);
  const std::string listed = absl::StrJoin(users, ", ");
  return base::MakeError(base::Reason::RESOURCE_IN_USE, field,
                         absl::StrCat(count, " groups name it: ", listed), {{"used_by", listed}});
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
