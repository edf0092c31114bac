// The seed of a randomised test: printed, so that a failure can be run again with
// SEGMENTATION_SEED=<seed>.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace segmentation::testing_support {

// A new seed each run unless the environment names one; prints it.
inline uint64_t TestSeed() {
  uint64_t seed = 0;
  if (const char* given = std::getenv("SEGMENTATION_SEED")) {
    seed = std::strtoull(given, nullptr, 10);
  } else {
    std::random_device device;
    seed = uint64_t{device()} << 32 | device();
  }
  std::cout << "SEGMENTATION_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace segmentation::testing_support
