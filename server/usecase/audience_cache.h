// Evaluated groups, kept for a while so that the pages and resumed streams of one audience together
// are one snapshot (T66): nothing twice, nothing missing. All that live, kept or streamed, share
// one budget of bytes.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
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

// Bytes that are taken and given back. Thread-safe.
class AudienceBudget {
 public:
  explicit AudienceBudget(size_t max_bytes) : max_bytes_(max_bytes) {}
  // False, and nothing taken, if they are not there.
  bool Take(size_t bytes);
  void Give(size_t bytes);
  size_t max_bytes() const { return max_bytes_; }
  size_t taken() const;

 private:
  const size_t max_bytes_;
  mutable std::mutex mutex_;
  size_t taken_ = 0;  // by mutex_
};

// What one audience has taken of a budget; given back with it. Streams may hold an audience longer
// than the cache lives.
class AudienceLease {
 public:
  AudienceLease() = default;
  explicit AudienceLease(std::shared_ptr<AudienceBudget> budget) : budget_(std::move(budget)) {}
  ~AudienceLease() {
    if (budget_ != nullptr) budget_->Give(bytes_);
  }
  AudienceLease(const AudienceLease&) = delete;
  AudienceLease& operator=(const AudienceLease&) = delete;

  bool Take(size_t bytes) {
    if (!budget_->Take(bytes)) return false;
    bytes_ += bytes;
    return true;
  }

 private:
  const std::shared_ptr<AudienceBudget> budget_;
  size_t bytes_ = 0;
};

struct Audience {
  explicit Audience(std::shared_ptr<AudienceBudget> budget) : lease(std::move(budget)) {}

  AudienceLease lease;  // of all the memory of `members`
  AudienceKey key;
  int32_t policy_revision = 0;
  std::vector<domain::MemberNo> members;  // ascending
};

// Bounded by bytes; the one used longest ago goes first. Thread-safe.
class AudienceCache {
 public:
  // An audience larger than `max_bytes` is not kept.
  AudienceCache(size_t max_bytes, size_t budget_bytes)
      : max_bytes_(max_bytes), budget_(std::make_shared<AudienceBudget>(budget_bytes)) {}

  // A new audience, empty, on the budget.
  std::shared_ptr<Audience> Make() const { return std::make_shared<Audience>(budget_); }
  // Appends members. Kept audiences that nobody reads are dropped for it if need be;
  // RESOURCE_EXHAUSTED (QUEUE_FULL) when those in use take all of the budget.
  absl::Status Append(const std::vector<domain::MemberNo>& members, Audience& audience);
  const AudienceBudget& budget() const { return *budget_; }

  // Null if it is not there (any more).
  std::shared_ptr<const Audience> Find(const AudienceKey& key);
  void Put(std::shared_ptr<const Audience> audience);

 private:
  struct Entry {
    std::shared_ptr<const Audience> audience;
    std::list<AudienceKey>::iterator use;
  };
  static size_t BytesOf(const Audience& audience) {
    return sizeof(Audience) + audience.members.capacity() * sizeof(domain::MemberNo);
  }
  // The kept one used longest ago of those that only the cache holds; false if there is none.
  bool DropOneUnread();
  void Drop(std::map<AudienceKey, Entry>::iterator entry);  // by mutex_

  const size_t max_bytes_;
  const std::shared_ptr<AudienceBudget> budget_;
  std::mutex mutex_;
  size_t bytes_ = 0;  // all below by mutex_
  std::map<AudienceKey, Entry> entries_;
  std::list<AudienceKey> uses_;  // newest first
};

}  // namespace segmentation::usecase
