#include "server/audience/packed_array.h"

#include <algorithm>
#include <bit>

namespace segmentation::audience {

PackedArray::PackedArray(std::span<const std::optional<int64_t>> values) {
  std::optional<int64_t> any;
  bool absent = false;
  for (const std::optional<int64_t>& value : values) {
    absent = absent || !value.has_value();
    if (value.has_value()) any = value;
  }
  std::vector<int64_t> filled;
  filled.reserve(values.size());
  // What is absent takes no room of its own.
  for (const std::optional<int64_t>& value : values)
    filled.push_back(value.value_or(any.value_or(0)));
  if (absent) {
    present_.assign((values.size() + 63) / 64, 0);
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i].has_value()) present_[i / 64] |= uint64_t{1} << (i % 64);
    }
  }
  Pack(filled);
}

PackedArray::PackedArray(std::span<const int64_t> values) { Pack(values); }

void PackedArray::Pack(std::span<const int64_t> values) {
  if (values.empty()) return;
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  base_ = *least;
  const uint64_t span = static_cast<uint64_t>(*greatest) - static_cast<uint64_t>(base_);
  width_ = static_cast<uint8_t>((std::bit_width(span) + 7) / 8);
  if (width_ == 0) return;
  mask_ = width_ == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * width_)) - 1;
  cells_.assign(values.size() * width_ + sizeof(uint64_t) - 1, 0);
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t cell = static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(base_);
    // The machine is little-endian: the low bytes come first.
    std::memcpy(cells_.data() + i * width_, &cell, width_);
  }
}

}  // namespace segmentation::audience
