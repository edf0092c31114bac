// How many members two lists of sets share, pair by pair: one pass over the members.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audience/bit_block.h"

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

// A set of members: sets `out` to those of `mask` in the block that are in it.
using FillsBlock = std::function<void(uint32_t block, const BitBlock& mask, BitBlock* out)>;

struct CrossSets {
  uint32_t block_count = 0;
  // The members looked at: false if the block has none.
  std::function<bool(uint32_t block, BitBlock* out)> within;
  std::vector<FillsBlock> rows, columns;
};

// `still_wanted` is asked before each block; a status that is not OK ends the work.
absl::StatusOr<CrossCounts> CountCross(const CrossSets& sets,
                                       const std::function<absl::Status()>& still_wanted);

}  // namespace segmentation::audience
