#include "server/audience/cross_count.h"

#include <bit>
#include <memory>

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

// The members of one list in one block, and those of any of them.
struct Side {
  explicit Side(const std::vector<FillsBlock>& of) : sets(of), blocks(of.size()) {}

  void Fill(uint32_t block, const BitBlock& mask, std::vector<int64_t>& counts) {
    any.Clear();
    for (size_t i = 0; i < sets.size(); ++i) {
      sets[i](block, mask, &blocks[i]);
      any.Or(blocks[i]);
      counts[i] += blocks[i].Count();
    }
  }

  const std::vector<FillsBlock>& sets;
  std::vector<BitBlock> blocks;
  BitBlock any;
};

}  // namespace

absl::StatusOr<CrossCounts> CountCross(const CrossSets& sets,
                                       const std::function<absl::Status()>& still_wanted) {
  CrossCounts counts;
  counts.rows.resize(sets.rows.size());
  counts.columns.resize(sets.columns.size());
  counts.row_alone.resize(sets.rows.size());
  counts.column_alone.resize(sets.columns.size());
  counts.cells.resize(sets.rows.size() * sets.columns.size());
  const auto rows = std::make_unique<Side>(sets.rows);
  const auto columns = std::make_unique<Side>(sets.columns);
  const auto mask = std::make_unique<BitBlock>();
  for (uint32_t block = 0; block < sets.block_count; ++block) {
    RETURN_IF_ERROR(still_wanted());
    if (!sets.within(block, mask.get())) continue;
    counts.within += mask->Count();
    rows->Fill(block, *mask, counts.rows);
    columns->Fill(block, *mask, counts.columns);
    for (size_t r = 0; r < sets.rows.size(); ++r) {
      for (size_t c = 0; c < sets.columns.size(); ++c) {
        counts.cells[r * sets.columns.size() + c] += CountBoth(rows->blocks[r], columns->blocks[c]);
      }
      counts.row_alone[r] += CountWithout(rows->blocks[r], columns->any);
    }
    for (size_t c = 0; c < sets.columns.size(); ++c) {
      counts.column_alone[c] += CountWithout(columns->blocks[c], rows->any);
    }
    mask->AndNot(rows->any);
    counts.neither += CountWithout(*mask, columns->any);
  }
  return counts;
}

}  // namespace segmentation::audience
