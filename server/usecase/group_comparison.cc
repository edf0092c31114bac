// GroupQueryUsecase::Compare.
#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/usecase/group_query_usecase.h"
#include "server/usecase/saved_conditions.h"

namespace segmentation::usecase {
namespace {

using domain::condition::BoundGroups;
using domain::condition::BoundNode;

// One list ready to be counted.
struct PreparedList {
  std::vector<BoundNode> bound;
  std::vector<ComparedTotal> totals;
};

absl::StatusOr<PreparedCondition> PrepareSide(const ComparedInput& input, ConditionView& view,
                                              std::string_view field) {
  const RowsSource rows = [&view] { return view.rows(); };
  if (input.group_id.empty()) {
    auto prepared = PrepareCondition(input.condition, view.definitions(), rows);
    if (!prepared.ok()) {
      return base::WithFieldPrefix(prepared.status(), field);
    }
    return prepared;
  }
  // The group itself, not its condition, so that what is named twice is evaluated once.
  domain::condition::Node tree;
  tree.body = domain::condition::GroupLeaf{input.group_id, std::nullopt};
  const auto prepare = [&]() -> absl::StatusOr<PreparedCondition> {
    RETURN_IF_ERROR(ReadGroupRevision(view.definitions(), input.group_id, 0, rows).status());
    return PrepareCondition(tree, view.definitions(), rows);
  };
  auto prepared = prepare();
  if (prepared.ok()) return prepared;
  const auto info = base::GetErrorInfo(prepared.status());
  if (!info || !IsOfTheGroup(prepared.status())) return prepared;
  return base::MakeError(info->reason, base::StrCat(field, ".group_id"),
                         std::string(prepared.status().message()), info->metadata);
}

absl::StatusOr<PreparedList> PrepareList(std::span<const ComparedInput> inputs,
                                         std::string_view name, ConditionView& view,
                                         BoundGroups& groups) {
  PreparedList list;
  for (size_t i = 0; i < inputs.size(); ++i) {
    ASSIGN_OR_RETURN(PreparedCondition prepared,
                     PrepareSide(inputs[i], view, base::StrCat(name, "[", i, "]")));
    list.bound.push_back(std::move(prepared.bound));
    list.totals.push_back({std::move(prepared.text), 0, 0});
    groups.conditions.merge(prepared.groups.conditions);
  }
  return list;
}

void Fill(const std::vector<int64_t>& counts, const std::vector<int64_t>& alone,
          std::vector<ComparedTotal>& totals) {
  for (size_t i = 0; i < totals.size(); ++i) {
    totals[i].member_count = counts[i];
    totals[i].alone_count = alone[i];
  }
}

}  // namespace

absl::StatusOr<GroupComparison> GroupQueryUsecase::Compare(
    const CallContext& context, std::span<const ComparedInput> rows,
    std::span<const ComparedInput> columns, const std::optional<ComparedInput>& within,
    const ReadOptions& read) {
  ASSIGN_OR_RETURN(ConditionView view, ConditionView::Open(reader_, indexes_, context, read));
  BoundGroups groups;
  ASSIGN_OR_RETURN(PreparedList row_list, PrepareList(rows, "rows", view, groups));
  ASSIGN_OR_RETURN(PreparedList column_list, PrepareList(columns, "columns", view, groups));
  CrossQuery query;
  std::optional<PreparedCondition> inside;
  if (within) {
    ASSIGN_OR_RETURN(inside, PrepareSide(*within, view, "within"));
    groups.conditions.merge(inside->groups.conditions);
    query.within = &inside->bound;
  }
  query.rows = row_list.bound;
  query.columns = column_list.bound;
  query.groups = &groups;
  ASSIGN_OR_RETURN(audience::CrossCounts counts, view.CountCross(query));
  GroupComparison comparison;
  Fill(counts.rows, counts.row_alone, row_list.totals);
  Fill(counts.columns, counts.column_alone, column_list.totals);
  comparison.rows = std::move(row_list.totals);
  comparison.columns = std::move(column_list.totals);
  comparison.cells = std::move(counts.cells);
  comparison.within_count = counts.within;
  comparison.neither_count = counts.neither;
  comparison.stamp = view.stamp();
  return comparison;
}

}  // namespace segmentation::usecase
