#pragma once

#include <cstdint>
#include <string_view>

namespace segmentation::internal {

// CRC-32C (Castagnoli) of `data`; `seed` is the checksum of what came before it, 0 at the start.
uint32_t Crc32c(std::string_view data, uint32_t seed = 0);

}  // namespace segmentation::internal
