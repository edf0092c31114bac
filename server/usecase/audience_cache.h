// Evaluated groups, kept for a while so that the pages and resumed streams of one audience together
// are one snapshot (T66): nothing twice, nothing missing.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "server/base/clock.h"
#include "server/domain/ids.h"

namespace segmentation::usecase {

// Determines an audience completely: the same key always means the same members in the same order.
struct AudienceKey {
  domain::ShopNo shop_no = 0;
  domain::GroupNo group_no = 0;
  int32_t group_revision = 0;
  domain::Revision revision = 0;
  base::InstantMs as_of_ms = 0;
  friend auto operator<=>(const AudienceKey&, const AudienceKey&) = default;
};

struct Audience {
  AudienceKey key;
  int32_t policy_revision = 0;
  std::vector<domain::MemberNo> members;  // ascending
};

// Bounded by bytes; the one used longest ago goes first. Thread-safe.
class AudienceCache {
 public:
  // An audience larger than `max_bytes` is not kept.
  explicit AudienceCache(size_t max_bytes = 256 * 1024 * 1024) : max_bytes_(max_bytes) {}

  // Null if it is not there (any more).
  std::shared_ptr<const Audience> Find(const AudienceKey& key);
  void Put(std::shared_ptr<const Audience> audience);

 private:
  struct Entry {
    std::shared_ptr<const Audience> audience;
    std::list<AudienceKey>::iterator use;
  };
  static size_t BytesOf(const Audience& audience) {
    return sizeof(Audience) + audience.members.size() * sizeof(domain::MemberNo);
  }

  const size_t max_bytes_;
  std::mutex mutex_;
  size_t bytes_ = 0;  // all below by mutex_
  std::map<AudienceKey, Entry> entries_;
  std::list<AudienceKey> uses_;  // newest first
};

}  // namespace segmentation::usecase
