// Heads of shops as this process committed them last, so that a write transaction need not read
// what it takes: a head that is still at the remembered revision is the remembered one.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "server/domain/ids.h"
#include "server/storage/mysql/shop_store.h"

namespace segmentation::storage::mysql {

// Thread-safe.
class HeadCache {
 public:
  std::optional<HeadAndKey> Find(domain::ShopNo shop_no) const {
    const std::lock_guard lock(mutex_);
    const auto found = heads_.find(shop_no);
    if (found == heads_.end()) return std::nullopt;
    return found->second;
  }

  // After a commit. The head of an older revision does not replace a newer one.
  void Put(const ShopHead& head, const std::string& identity_key) {
    const std::lock_guard lock(mutex_);
    if (heads_.size() >= kMaxShops && !heads_.contains(head.shop_no)) heads_.erase(heads_.begin());
    HeadAndKey& known = heads_[head.shop_no];
    if (known.head.revision < head.revision) known = {head, identity_key};
  }

  void Forget(domain::ShopNo shop_no) {
    const std::lock_guard lock(mutex_);
    heads_.erase(shop_no);
  }

 private:
  static constexpr size_t kMaxShops = 10'000;

  mutable std::mutex mutex_;
  std::map<domain::ShopNo, HeadAndKey> heads_;  // by mutex_
};

}  // namespace segmentation::storage::mysql
