#include "server/audience/packed_page.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "server/audience/vector_loop.h"

namespace segmentation::audience {
namespace {

uint8_t WidthOf(uint64_t span) {
  if (span == 0) return 0;
  if (span <= UINT8_MAX) return 1;
  if (span <= UINT16_MAX) return 2;
  if (span <= UINT32_MAX) return 4;
  return 8;
}

// Differences of any two values fit into 64 bits without sign.
uint64_t Difference(int64_t greater, int64_t less) {
  return static_cast<uint64_t>(greater) - static_cast<uint64_t>(less);
}

// A bit a row, whose cell lies in [first, first + span].
template <typename Cell>
SEGMENTATION_VECTOR_LOOP void CompareCells(const uint8_t* cells, Cell first, Cell span,
                                           uint64_t* bits) {
  for (size_t word = 0; word < PackedPage::kWords; ++word) {
    uint8_t hits[64];
    for (size_t i = 0; i < 64; ++i) {
      Cell cell;
      std::memcpy(&cell, cells + (word * 64 + i) * sizeof(Cell), sizeof(Cell));
      hits[i] = static_cast<Cell>(cell - first) <= span ? 1 : 0;
    }
    bits[word] = GatherBits(hits);
  }
}

}  // namespace

void AddCellsIn(std::span<const uint16_t, kPageRows> cells, uint16_t first, uint16_t last,
                uint64_t* bits) {
  uint64_t found[PackedPage::kWords];
  CompareCells<uint16_t>(reinterpret_cast<const uint8_t*>(cells.data()), first,
                         static_cast<uint16_t>(last - first), found);
  for (size_t word = 0; word < PackedPage::kWords; ++word) bits[word] |= found[word];
}

int64_t PackedPage::Load(uint32_t row) const {
  uint64_t cell = 0;
  const uint8_t* const at = cells_.data() + size_t{row} * width_;
  switch (width_) {
    case 0:
      break;
    case 1:
      cell = *at;
      break;
    case 2: {
      uint16_t narrow;
      std::memcpy(&narrow, at, sizeof(narrow));
      cell = narrow;
      break;
    }
    case 4: {
      uint32_t narrow;
      std::memcpy(&narrow, at, sizeof(narrow));
      cell = narrow;
      break;
    }
    default:
      std::memcpy(&cell, at, sizeof(cell));
      break;
  }
  return static_cast<int64_t>(static_cast<uint64_t>(base_) + cell);
}

void PackedPage::Store(uint32_t row, uint64_t cell) {
  // The machine is little-endian: the low bytes come first.
  if (width_ > 0) std::memcpy(cells_.data() + size_t{row} * width_, &cell, width_);
}

// Makes room for `value` beside all that is present.
void PackedPage::Widen(int64_t value) {
  int64_t least = value, greatest = value;
  std::vector<std::pair<uint32_t, int64_t>> kept;
  for (uint32_t row = 0; row < kPageRows; ++row) {
    if (!Has(row)) continue;
    const int64_t old = Load(row);
    kept.emplace_back(row, old);
    least = std::min(least, old);
    greatest = std::max(greatest, old);
  }
  width_ = WidthOf(Difference(greatest, least));
  // What room the width leaves is put where the page grows: below when the new value is the least,
  // or a falling column would widen with every value.
  base_ = least;
  if (value == least && width_ > 0 && width_ < 8) {
    const uint64_t room = (uint64_t{1} << (8 * width_)) - 1;
    const uint64_t below = Difference(greatest, INT64_MIN);
    base_ = static_cast<int64_t>(static_cast<uint64_t>(greatest) - std::min(room, below));
  }
  has_base_ = true;
  cells_.assign(size_t{kPageRows} * width_, 0);
  cells_.shrink_to_fit();
  for (const auto& [row, old] : kept) Store(row, Difference(old, base_));
}

void PackedPage::Set(uint32_t row, std::optional<int64_t> value) {
  const uint64_t bit = uint64_t{1} << (row % 64);
  if (!value.has_value()) {
    present_[row / 64] &= ~bit;
    return;
  }
  // The row itself may be what keeps the page wide.
  present_[row / 64] &= ~bit;
  const bool fits = has_base_ && *value >= base_ && WidthOf(Difference(*value, base_)) <= width_;
  if (!fits) Widen(*value);
  Store(row, Difference(*value, base_));
  present_[row / 64] |= bit;
}

template <typename Cell>
void PackedPage::AddRange(uint64_t first, uint64_t span, uint64_t* bits) const {
  // A range is cut to what a cell can hold.
  if (first > std::numeric_limits<Cell>::max()) return;
  const uint64_t room = std::numeric_limits<Cell>::max() - first;
  uint64_t found[kWords];
  CompareCells<Cell>(cells_.data(), static_cast<Cell>(first),
                     static_cast<Cell>(std::min(span, room)), found);
  for (size_t word = 0; word < kWords; ++word) bits[word] |= found[word] & present_[word];
}

void PackedPage::AddRowsIn(std::span<const ValueRange> ranges, uint64_t* bits) const {
  if (!has_base_) return;
  for (const ValueRange& range : ranges) {
    if (range.last < base_) continue;
    const int64_t from = std::max(range.first, base_);
    const uint64_t first = Difference(from, base_);
    const uint64_t span = Difference(range.last, from);
    switch (width_) {
      case 0:
        if (first == 0) {
          for (size_t word = 0; word < kWords; ++word) bits[word] |= present_[word];
        }
        break;
      case 1:
        AddRange<uint8_t>(first, span, bits);
        break;
      case 2:
        AddRange<uint16_t>(first, span, bits);
        break;
      case 4:
        AddRange<uint32_t>(first, span, bits);
        break;
      default:
        AddRange<uint64_t>(first, span, bits);
        break;
    }
  }
}

}  // namespace segmentation::audience
