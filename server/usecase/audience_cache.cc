#include "server/usecase/audience_cache.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

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
  while (bytes_ > max_bytes_) Drop(entries_.find(uses_.back()));
}

absl::Status AudienceCache::Append(const std::vector<domain::MemberNo>& members,
                                   Audience& audience) {
  std::vector<domain::MemberNo>& all = audience.members;
  const size_t needed = all.size() + members.size();
  if (needed > all.capacity()) {
    const size_t wanted = std::max(needed, 2 * all.capacity());
    const size_t bytes = (wanted - all.capacity()) * sizeof(domain::MemberNo);
    while (!audience.lease.Take(bytes)) {
      if (DropOneUnread()) continue;
      return base::MakeError(
          base::Reason::QUEUE_FULL, "",
          "the audiences being read take all the memory there is for them: try again later",
          {{"limit_bytes", absl::StrCat(budget_->max_bytes())}});
    }
    all.reserve(wanted);
  }
  all.insert(all.end(), members.begin(), members.end());
  return absl::OkStatus();
}

bool AudienceCache::DropOneUnread() {
  std::lock_guard lock(mutex_);
  for (auto use = uses_.rbegin(); use != uses_.rend(); ++use) {
    const auto entry = entries_.find(*use);
    // Others get it only from here, under the lock.
    if (entry->second.audience.use_count() > 1) continue;
    Drop(entry);
    return true;
  }
  return false;
}

void AudienceCache::Drop(std::map<AudienceKey, Entry>::iterator entry) {
  bytes_ -= BytesOf(*entry->second.audience);
  uses_.erase(entry->second.use);
  entries_.erase(entry);
}

bool AudienceBudget::Take(size_t bytes) {
  std::lock_guard lock(mutex_);
  if (bytes > max_bytes_ - taken_) return false;
  taken_ += bytes;
  return true;
}

void AudienceBudget::Give(size_t bytes) {
  std::lock_guard lock(mutex_);
  taken_ -= bytes;
}

size_t AudienceBudget::taken() const {
  std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace segmentation::usecase
