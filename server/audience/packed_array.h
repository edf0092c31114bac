// An array of optional integers that is built once, each in as few bytes as the range needs.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace segmentation::audience {

class PackedArray {
 public:
  PackedArray() = default;
  explicit PackedArray(std::span<const std::optional<int64_t>> values);
  explicit PackedArray(std::span<const int64_t> values);

  bool Has(size_t i) const { return present_.empty() || (present_[i / 64] >> (i % 64) & 1) != 0; }
  // Of one that Has().
  int64_t Value(size_t i) const {
    uint64_t cell = 0;
    // The padding lets every cell be read as eight bytes.
    if (width_ > 0) std::memcpy(&cell, cells_.data() + i * width_, sizeof(cell));
    return static_cast<int64_t>(static_cast<uint64_t>(base_) + (cell & mask_));
  }
  std::optional<int64_t> Get(size_t i) const {
    return Has(i) ? std::optional(Value(i)) : std::nullopt;
  }
  size_t bytes() const { return cells_.size() + present_.size() * sizeof(uint64_t); }

 private:
  void Pack(std::span<const int64_t> values);

  int64_t base_ = 0;
  uint64_t mask_ = 0;
  uint8_t width_ = 0;              // bytes a cell, 0 to 8
  std::vector<uint8_t> cells_;     // value - base_, little-endian, and seven bytes more
  std::vector<uint64_t> present_;  // empty: all are present
};

}  // namespace segmentation::audience
