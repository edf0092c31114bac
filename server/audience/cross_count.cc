#include "server/audience/cross_count.h"

#include <bit>
#include <memory>

#include "server/audience/bit_block.h"
#include "server/base/status_macros.h"

namespace segmentation::audience {
namespace {

int64_t CountBoth(const BitBlock& a, const BitBlock& b) {
  int64_t count = 0;
  for (size_t word = 0; word < BitBlock::kWords; ++word) {
    count += std::popcount(a.word(word) & b.word(word));
  }
  return count;
}

int64_t CountWithout(const BitBlock& a, const BitBlock& b) {
  int64_t count = 0;
  for (size_t word = 0; word < BitBlock::kWords; ++word) {
    count += std::popcount(a.word(word) & ~b.word(word));
  }
  return count;
}

// The members of one list of conditions in one block, and those of any of them.
struct Side {
  explicit Side(std::span<ConditionPlan> of) : plans(of), blocks(of.size()) {}

  void Fill(uint32_t block, const BitBlock& mask, std::vector<int64_t>& counts) {
    any.Clear();
    for (size_t i = 0; i < plans.size(); ++i) {
      plans[i].FillBlock(block, mask, &blocks[i]);
      any.Or(blocks[i]);
      counts[i] += blocks[i].Count();
    }
  }

  std::span<ConditionPlan> plans;
  std::vector<BitBlock> blocks;
  BitBlock any;
};

}  // namespace

absl::StatusOr<CrossCounts> CountCross(const ShopRoot& root, ConditionPlan* within,
                                       std::span<ConditionPlan> rows,
                                       std::span<ConditionPlan> columns,
                                       const ConditionPlan::StillWanted& still_wanted) {
  CrossCounts counts;
  counts.rows.resize(rows.size());
  counts.columns.resize(columns.size());
  counts.row_alone.resize(rows.size());
  counts.column_alone.resize(columns.size());
  counts.cells.resize(rows.size() * columns.size());
  const auto row_side = std::make_unique<Side>(rows);
  const auto column_side = std::make_unique<Side>(columns);
  const auto live = std::make_unique<BitBlock>();
  const auto mask = std::make_unique<BitBlock>();
  for (uint32_t block = 0; block < root.block_count(); ++block) {
    RETURN_IF_ERROR(still_wanted());
    if (root.live.CountOf(block) == 0) continue;
    live->Clear();
    root.live.AddTo(block, live.get());
    if (within != nullptr) {
      within->FillBlock(block, *live, mask.get());
    } else {
      *mask = *live;
    }
    if (!mask->Any()) continue;
    counts.within += mask->Count();
    row_side->Fill(block, *mask, counts.rows);
    column_side->Fill(block, *mask, counts.columns);
    for (size_t r = 0; r < rows.size(); ++r) {
      for (size_t c = 0; c < columns.size(); ++c) {
        counts.cells[r * columns.size() + c] +=
            CountBoth(row_side->blocks[r], column_side->blocks[c]);
      }
      counts.row_alone[r] += CountWithout(row_side->blocks[r], column_side->any);
    }
    for (size_t c = 0; c < columns.size(); ++c) {
      counts.column_alone[c] += CountWithout(column_side->blocks[c], row_side->any);
    }
    mask->AndNot(row_side->any);
    counts.neither += CountWithout(*mask, column_side->any);
  }
  return counts;
}

}  // namespace segmentation::audience
