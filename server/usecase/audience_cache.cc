#include "server/usecase/audience_cache.h"

#include <utility>

namespace segmentation::usecase {

std::shared_ptr<const Audience> AudienceCache::Find(const AudienceKey& key) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return found->second.audience;
}

void AudienceCache::Put(std::shared_ptr<const Audience> audience) {
  const size_t bytes = BytesOf(*audience);
  if (bytes > max_bytes_) return;
  std::lock_guard lock(mutex_);
  if (entries_.contains(audience->key)) return;
  uses_.push_front(audience->key);
  const AudienceKey key = audience->key;
  entries_.emplace(key, Entry{std::move(audience), uses_.begin()});
  bytes_ += bytes;
  while (bytes_ > max_bytes_) {
    auto oldest = entries_.find(uses_.back());
    bytes_ -= BytesOf(*oldest->second.audience);
    entries_.erase(oldest);
    uses_.pop_back();
  }
}

}  // namespace segmentation::usecase
