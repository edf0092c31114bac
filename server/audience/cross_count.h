// How many members two lists of conditions share, pair by pair: one pass over the members.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "server/audience/condition_plan.h"
#include "server/audience/shop_root.h"

namespace segmentation::audience {

struct CrossCounts {
  int64_t within = 0;                 // members looked at
  int64_t neither = 0;                // of them, in no row and in no column
  std::vector<int64_t> rows;          // members of each row
  std::vector<int64_t> columns;       // members of each column
  std::vector<int64_t> row_alone;     // of each row, those in no column
  std::vector<int64_t> column_alone;  // of each column, those in no row
  std::vector<int64_t> cells;         // of row r and column c: r * columns.size() + c
};

// All plans are of `root`. Counts only members that `within` selects; null: all live ones.
absl::StatusOr<CrossCounts> CountCross(const ShopRoot& root, ConditionPlan* within,
                                       std::span<ConditionPlan> rows,
                                       std::span<ConditionPlan> columns,
                                       const ConditionPlan::StillWanted& still_wanted);

}  // namespace segmentation::audience
