// The bits of one block of members: what a leaf of a condition fills and connectives combine.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace segmentation::audience {

// Members a block holds; block b has the numbers [b × kBlockMembers, (b + 1) × kBlockMembers).
inline constexpr uint32_t kBlockMembers = 65'536;

// Not initialised on purpose: every user fills it first.
class BitBlock {
 public:
  static constexpr size_t kWords = kBlockMembers / 64;

  void Clear() { words_.fill(0); }
  void Fill() { words_.fill(~uint64_t{0}); }

  void Set(uint32_t bit) { words_[bit / 64] |= uint64_t{1} << (bit % 64); }
  bool Test(uint32_t bit) const { return (words_[bit / 64] >> (bit % 64) & 1) != 0; }

  uint64_t word(size_t i) const { return words_[i]; }
  uint64_t& word(size_t i) { return words_[i]; }

  void And(const BitBlock& other) {
    for (size_t i = 0; i < kWords; ++i) words_[i] &= other.words_[i];
  }
  void Or(const BitBlock& other) {
    for (size_t i = 0; i < kWords; ++i) words_[i] |= other.words_[i];
  }
  void AndNot(const BitBlock& other) {
    for (size_t i = 0; i < kWords; ++i) words_[i] &= ~other.words_[i];
  }

  bool Any() const {
    uint64_t all = 0;
    for (const uint64_t word : words_) all |= word;
    return all != 0;
  }
  // The bit that is set, if only one is.
  std::optional<uint32_t> OnlyBit() const {
    std::optional<uint32_t> only;
    for (size_t i = 0; i < kWords; ++i) {
      const uint64_t word = words_[i];
      if (word == 0) continue;
      if (only || (word & (word - 1)) != 0) return std::nullopt;
      only = static_cast<uint32_t>(i * 64) + static_cast<uint32_t>(std::countr_zero(word));
    }
    return only;
  }
  uint32_t Count() const {
    uint32_t count = 0;
    for (const uint64_t word : words_) count += static_cast<uint32_t>(std::popcount(word));
    return count;
  }

  // Calls visit(bit) for every set bit, ascending.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (size_t i = 0; i < kWords; ++i) {
      for (uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(static_cast<uint32_t>(i * 64) + static_cast<uint32_t>(std::countr_zero(word)));
      }
    }
  }

 private:
  alignas(64) std::array<uint64_t, kWords> words_;
};

}  // namespace segmentation::audience
