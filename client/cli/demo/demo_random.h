// Random numbers that are the same everywhere: the standard's distributions differ between
// libraries.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace segmentation::cli {

// SplitMix64 (Steele, Lea, Flood 2014).
class DemoRandom {
 public:
  explicit DemoRandom(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15ull;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  // 0 ≤ result < bound; bound > 0.
  int64_t Below(int64_t bound) {
    return static_cast<int64_t>(Next() % static_cast<uint64_t>(bound));
  }
  // first ≤ result ≤ last.
  int64_t Between(int64_t first, int64_t last) { return first + Below(last - first + 1); }
  // True in `percent` of 100 draws.
  bool Chance(int64_t percent) { return Below(100) < percent; }
  // 0 ≤ result < bound, small ones much likelier: what sells sells well.
  int64_t Skewed(int64_t bound) {
    // The product of two draws, up to and with bound - 1.
    const int64_t once = Below(bound) + 1;
    return once * Below(bound) / bound;
  }
  template <typename Choices>
  auto Pick(const Choices& choices) {
    return choices[static_cast<size_t>(Below(static_cast<int64_t>(std::size(choices))))];
  }

 private:
  uint64_t state_;
};

}  // namespace segmentation::cli
