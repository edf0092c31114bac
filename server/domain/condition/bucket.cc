#include "server/domain/condition/bucket.h"

#include <string>

#include "server/base/hash.h"

namespace segmentation::domain::condition {

int32_t BucketOf(std::string_view salt, std::string_view member_id) {
  std::string bytes;
  bytes.reserve(4 + salt.size() + member_id.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((salt.size() >> shift) & 0xff));
  }
  bytes.append(salt);
  bytes.append(member_id);
  return static_cast<int32_t>(base::FirstEightBytes(base::Sha256(bytes)) % 10'000);
}

}  // namespace segmentation::domain::condition
