// ConditionView::CountCross.
#include <utility>
#include <vector>

#include "server/audience/condition_plan.h"
#include "server/audience/shop_indexes.h"
#include "server/base/calendar.h"
#include "server/base/status_macros.h"
#include "server/usecase/condition_view.h"

namespace segmentation::usecase {
namespace {

using audience::ConditionPlan;
using audience::CrossCounts;
using domain::condition::BoundAnd;
using domain::condition::BoundNode;
using domain::condition::BoundNot;
using domain::condition::BoundOr;

BoundNode NotAnyOf(std::span<const BoundNode> parts) {
  if (parts.size() == 1) return BoundNode{BoundNot{{parts.front()}}};
  return BoundNode{BoundNot{{BoundNode{BoundOr{{parts.begin(), parts.end()}}}}}};
}

}  // namespace

absl::StatusOr<CrossCounts> ConditionView::CountCross(const CrossQuery& query) {
  if (index_ == nullptr) return CountCrossByRows(query);
  ASSIGN_OR_RETURN(const absl::TimeZone zone,
                   base::LoadTimeZone(definitions_->shop.time_zone, "shop.time_zone"));
  const auto make = [&](const BoundNode& condition) {
    return ConditionPlan::Make(index_->root,
                               {&condition, query.groups, definitions_.get(), as_of_ms_}, zone);
  };
  const auto make_all =
      [&](std::span<const BoundNode> conditions) -> absl::StatusOr<std::vector<ConditionPlan>> {
    std::vector<ConditionPlan> plans;
    for (const BoundNode& condition : conditions) {
      RETURN_IF_ERROR(StillWanted());
      ASSIGN_OR_RETURN(ConditionPlan plan, make(condition));
      plans.push_back(std::move(plan));
    }
    return plans;
  };
  std::optional<ConditionPlan> within;
  if (query.within != nullptr) {
    ASSIGN_OR_RETURN(ConditionPlan plan, make(*query.within));
    within.emplace(std::move(plan));
  }
  ASSIGN_OR_RETURN(std::vector<ConditionPlan> rows, make_all(query.rows));
  ASSIGN_OR_RETURN(std::vector<ConditionPlan> columns, make_all(query.columns));
  return audience::CountCross(*index_->root, within ? &*within : nullptr, rows, columns,
                              [this] { return StillWanted(); });
}

absl::StatusOr<CrossCounts> ConditionView::CountCrossByRows(const CrossQuery& query) {
  const auto count = [&](std::vector<BoundNode> all_of) -> absl::StatusOr<int64_t> {
    RETURN_IF_ERROR(StillWanted());
    if (query.within != nullptr) all_of.push_back(*query.within);
    if (all_of.empty()) return snapshot_->CountMembers();
    const BoundNode condition =
        all_of.size() == 1 ? all_of.front() : BoundNode{BoundAnd{std::move(all_of)}};
    return snapshot_->CountMatching({&condition, query.groups, definitions_.get(), as_of_ms_});
  };
  // Those of one list that are in none of the other.
  const auto count_alone = [&](const BoundNode& one, std::span<const BoundNode> others) {
    std::vector<BoundNode> all_of{one};
    if (!others.empty()) all_of.push_back(NotAnyOf(others));
    return count(std::move(all_of));
  };
  CrossCounts counts;
  ASSIGN_OR_RETURN(counts.within, count({}));
  for (const BoundNode& row : query.rows) {
    ASSIGN_OR_RETURN(counts.rows.emplace_back(), count({row}));
    ASSIGN_OR_RETURN(counts.row_alone.emplace_back(), count_alone(row, query.columns));
    for (const BoundNode& column : query.columns) {
      ASSIGN_OR_RETURN(counts.cells.emplace_back(), count({row, column}));
    }
  }
  std::vector<BoundNode> neither;
  if (!query.rows.empty()) neither.push_back(NotAnyOf(query.rows));
  if (!query.columns.empty()) neither.push_back(NotAnyOf(query.columns));
  for (const BoundNode& column : query.columns) {
    ASSIGN_OR_RETURN(counts.columns.emplace_back(), count({column}));
    ASSIGN_OR_RETURN(counts.column_alone.emplace_back(), count_alone(column, query.rows));
  }
  ASSIGN_OR_RETURN(counts.neither, count(std::move(neither)));
  return counts;
}

}  // namespace segmentation::usecase
