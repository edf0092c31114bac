#include "server/usecase/prepared_condition.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/normaliser.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/shape.h"

namespace segmentation::usecase {
namespace {

using domain::ShopDefinitions;
using domain::condition::BoundGroup;
using domain::condition::BoundGroups;
using domain::condition::BoundNode;
using domain::condition::Node;

// Groups a condition may reach, itself included: bounds the work of one evaluation.
constexpr size_t kMaxReachedGroups = 256;

void CollectGroupLeaves(const BoundNode& node, std::vector<BoundGroup>& leaves) {
  using namespace domain::condition;  // NOLINT(google-build-using-namespace): the bound tree alone
  std::visit(Visitor{
                 [&](const BoundAnd& join) {
                   for (const BoundNode& child : join.children) CollectGroupLeaves(child, leaves);
                 },
                 [&](const BoundOr& join) {
                   for (const BoundNode& child : join.children) CollectGroupLeaves(child, leaves);
                 },
                 [&](const BoundNot& negation) {
                   for (const BoundNode& child : negation.child) CollectGroupLeaves(child, leaves);
                 },
                 [&](const BoundGroup& leaf) { leaves.push_back(leaf); },
                 [](const auto&) {},
             },
             node.body);
}

absl::StatusOr<std::string> TextOf(const BoundGroup& leaf, const ShopDefinitions& definitions,
                                   const RowsSource& rows) {
  auto found = definitions.groups.find(leaf.group_no);
  if (found == definitions.groups.end()) {
    return base::MakeError(base::Reason::CONDITION_UNKNOWN_REFERENCE, "condition",
                           "a group it names was deleted");
  }
  ASSIGN_OR_RETURN(
      domain::Group group,
      ReadGroupRevision(definitions, found->second.id, leaf.definition_revision.value_or(0), rows));
  return std::move(group.condition_text);
}

// Binds every group that `root` reaches. A group is bound once however often it is named, so the
// work is bounded by the number of groups; cycles are refused on write (T44) and would end here all
// the same.
absl::Status BindGroups(const BoundNode& root, const ShopDefinitions& definitions,
                        const RowsSource& rows, BoundGroups& groups) {
  std::vector<BoundGroup> open;
  CollectGroupLeaves(root, open);
  while (!open.empty()) {
    const BoundGroup leaf = open.back();
    open.pop_back();
    if (groups.Find(leaf) != nullptr) continue;
    if (groups.conditions.size() >= kMaxReachedGroups) {
      return base::MakeError(base::Reason::CONDITION_TOO_LARGE, "condition",
                             absl::StrCat("it reaches more than ", kMaxReachedGroups, " groups"),
                             {{"limit", absl::StrCat(kMaxReachedGroups)}});
    }
    ASSIGN_OR_RETURN(const std::string text, TextOf(leaf, definitions, rows));
    ASSIGN_OR_RETURN(const Node tree, domain::condition::Parse(text));
    ASSIGN_OR_RETURN(BoundNode bound, domain::condition::Bind(tree, definitions));
    CollectGroupLeaves(bound, open);
    groups.conditions.emplace(std::pair(leaf.group_no, leaf.definition_revision), std::move(bound));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedCondition> PrepareCondition(const ConditionInput& input,
                                                   const ShopDefinitions& definitions,
                                                   const RowsSource& rows) {
  PreparedCondition prepared;
  if (const auto* text = std::get_if<std::string>(&input)) {
    ASSIGN_OR_RETURN(prepared.tree, domain::condition::Parse(*text));
  } else {
    prepared.tree = std::get<Node>(input);
    RETURN_IF_ERROR(domain::condition::CheckShape(prepared.tree));
  }
  // Bound once as written, so that an error points into the caller's own text.
  RETURN_IF_ERROR(domain::condition::Bind(prepared.tree, definitions).status());
  prepared.tree = domain::condition::Normalise(prepared.tree, definitions);
  prepared.text = domain::condition::Print(prepared.tree);
  // A tree within its limits may still be too long a text, which is what is stored and read again.
  if (prepared.text.size() > domain::condition::kMaxTextBytes) {
    return base::MakeError(base::Reason::CONDITION_TOO_LARGE, "condition",
                           absl::StrCat("its text has ", prepared.text.size(),
                                        " bytes, want at most ", domain::condition::kMaxTextBytes),
                           {{"limit", absl::StrCat(domain::condition::kMaxTextBytes)}});
  }
  ASSIGN_OR_RETURN(prepared.bound, domain::condition::Bind(prepared.tree, definitions));
  RETURN_IF_ERROR(BindGroups(prepared.bound, definitions, rows, prepared.groups));
  return prepared;
}

absl::StatusOr<domain::Group> ReadGroupRevision(const ShopDefinitions& definitions,
                                                std::string_view group_id, int32_t group_revision,
                                                const RowsSource& rows) {
  for (const auto& [number, group] : definitions.groups) {
    if (group.id != group_id) continue;
    if (group_revision == 0 || group_revision == group.group_revision) return group;
    if (group_revision < 0 || group_revision > group.group_revision) break;
    ASSIGN_OR_RETURN(storage::Reader* const reader, rows());
    ASSIGN_OR_RETURN(std::vector<storage::GroupRevisionRow> found,
                     reader->ListGroupRevisions(number, group_revision + 1, 1));
    if (found.empty() || found.front().group_revision != group_revision) break;
    domain::Group old = group;
    old.group_revision = group_revision;
    old.name = std::move(found.front().name);
    old.condition_text = std::move(found.front().condition_text);
    old.grammar_version = found.front().grammar_version;
    old.stamp = std::move(found.front().stamp);
    return old;
  }
  return base::MakeError(base::Reason::GROUP_NOT_FOUND, "group_id",
                         group_revision == 0 ? "no such group" : "no such group or revision");
}

}  // namespace segmentation::usecase
