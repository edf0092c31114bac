// BUCKET('salt'): a stable, even and independent split of members.
#pragma once

#include <cstdint>
#include <string_view>

namespace segmentation::domain::condition {

// 0–9,999, in 1/100 percent: the first 8 bytes, big-endian, of SHA-256(length of salt as 4 bytes,
// big-endian ‖ salt ‖ member id), modulo 10,000.
int32_t BucketOf(std::string_view salt, std::string_view member_id);

}  // namespace segmentation::domain::condition
