// Faults planted on purpose, to prove that the tests find them. Compiled in only with the build
// option SEGMENTATION_PLANTED_FAULTS; any other build sees a constant false and no trace of them.
// The names are listed in tests/differential/planted_faults.txt.
#pragma once

#include <string_view>

#ifdef SEGMENTATION_PLANTED_FAULTS
#include <cstdlib>
#include <string>
#endif

namespace segmentation::base {

#ifdef SEGMENTATION_PLANTED_FAULTS
// Whether this process runs with the fault: the environment variable SEGMENTATION_PLANTED_FAULT,
// read once, names it.
inline bool PlantedFault(std::string_view name) {
  static const auto* const kChosen = new std::string([] {
    const char* chosen = std::getenv("SEGMENTATION_PLANTED_FAULT");
    return chosen == nullptr ? "" : chosen;
  }());
  return *kChosen == name;
}
#else
constexpr bool PlantedFault(std::string_view) { return false; }
#endif

}  // namespace segmentation::base
