// 4,096 optional integers of one column, each stored in as few bytes as the page's range needs.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace segmentation::audience {

// Rows of a column page; page p of a column has the members [p × kPageRows, (p + 1) × kPageRows).
inline constexpr uint32_t kPageRows = 4'096;

// A closed range of values.
struct ValueRange {
  int64_t first = INT64_MIN;
  int64_t last = INT64_MAX;
  friend bool operator==(const ValueRange&, const ValueRange&) = default;
};

// Adds to `bits` the rows whose cell lies in [first, last].
void AddCellsIn(std::span<const uint16_t, kPageRows> cells, uint16_t first, uint16_t last,
                uint64_t* bits);

class PackedPage {
 public:
  static constexpr size_t kWords = kPageRows / 64;

  std::optional<int64_t> Get(uint32_t row) const {
    if (!Has(row)) return std::nullopt;
    return Load(row);
  }
  bool Has(uint32_t row) const { return (present_[row / 64] >> (row % 64) & 1) != 0; }

  void Set(uint32_t row, std::optional<int64_t> value);

  // The rows that have a value.
  uint64_t present(size_t word) const { return present_[word]; }

  // Adds to `bits`, of kWords words, the rows whose value lies in one of the ranges; they are
  // sorted and disjoint.
  void AddRowsIn(std::span<const ValueRange> ranges, uint64_t* bits) const;

  // Adds the rows with a value for which `wanted` is true.
  template <typename Wanted>
  void AddRowsWhere(const Wanted& wanted, uint64_t* bits) const {
    for (size_t word = 0; word < kWords; ++word) {
      for (uint64_t rest = present_[word]; rest != 0; rest &= rest - 1) {
        const auto bit = static_cast<uint32_t>(std::countr_zero(rest));
        if (wanted(Load(static_cast<uint32_t>(word * 64) + bit))) bits[word] |= uint64_t{1} << bit;
      }
    }
  }

  // Bytes on the heap.
  size_t bytes() const { return cells_.capacity(); }

 private:
  // Value = base_ + cell; a cell has width_ bytes: 0, 1, 2, 4 or 8.
  int64_t Load(uint32_t row) const;
  void Store(uint32_t row, uint64_t cell);
  void Widen(int64_t value);
  template <typename Cell>
  void AddRange(uint64_t first, uint64_t span, uint64_t* bits) const;

  std::array<uint64_t, kWords> present_{};
  int64_t base_ = 0;
  uint8_t width_ = 0;
  bool has_base_ = false;
  std::vector<uint8_t> cells_;
};

}  // namespace segmentation::audience
