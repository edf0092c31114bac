// Randomness of generators: the same seed gives the same draws with every library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace segmentation::testing_support {

class GeneratorRandom {
 public:
  explicit GeneratorRandom(uint64_t seed) : engine_(seed) {}

  // 0 … bound - 1; bound > 0.
  int64_t Below(int64_t bound) {
    return static_cast<int64_t>(engine_() % static_cast<uint64_t>(bound));
  }
  // low … high, both included.
  int64_t Between(int64_t low, int64_t high) { return low + Below(high - low + 1); }
  bool Percent(int percent) { return Below(100) < percent; }
  // Small indices are likelier: a third of what is left goes to each next one.
  size_t Skewed(size_t size) {
    size_t i = 0;
    while (i + 1 < size && !Percent(33)) ++i;
    return i;
  }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(Below(static_cast<int64_t>(from.size())))];
  }
  template <typename T>
  const T& PickSkewed(const std::vector<T>& from) {
    return from[Skewed(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace segmentation::testing_support
