// Keeps the saved groups of the shops that are asked about up to date, on a thread of its own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/audience/shop_indexes.h"
#include "server/base/clock.h"
#include "server/storage/store.h"
#include "server/usecase/kept_groups.h"
#include "server/usecase/saved_conditions.h"

namespace segmentation::usecase {

struct GroupKeeperOptions {
  // Of all groups of all shops; groups beyond it are evaluated when asked.
  size_t max_bytes = size_t{1} << 30;
  // A shop nobody asked about for so long is forgotten.
  absl::Duration forget_after = absl::Minutes(10);
  // Between two looks at a shop at the least, and how many times as long as the look took: keeping
  // is not to take the processor from those who ask.
  absl::Duration least_pause = absl::Milliseconds(2);
  int pause_factor = 4;
  // Between two looks at boundaries of time at the most.
  absl::Duration look_again = absl::Milliseconds(200);
  // No thread: KeepNow does it.
  bool by_hand = false;
};

// Thread-safe.
class GroupKeeper {
 public:
  // All outlive it; it listens to `indexes`.
  GroupKeeper(storage::Store& store, audience::ShopIndexes& indexes, SavedConditions& saved,
              const base::Clock& clock, GroupKeeperOptions options = {});
  ~GroupKeeper();
  GroupKeeper(const GroupKeeper&) = delete;
  GroupKeeper& operator=(const GroupKeeper&) = delete;

  // The groups at exactly this version of the shop's index; null: not kept, or not there yet. Has
  // the shop kept from now on.
  std::shared_ptr<const KeptGroups> At(domain::ShopNo shop_no,
                                       const audience::IndexVersion& version);

  // Brings the shop's groups to the newest version now, in the caller's thread. Errors: those of
  // rows that can't be read; SHUTTING_DOWN.
  absl::Status KeepNow(domain::ShopNo shop_no);

  void Stop();

 private:
  struct Shop {
    absl::Time asked_at;
    absl::Time not_before;                         // when it may be looked at again
    absl::Time boundary = absl::InfiniteFuture();  // when time alone may change its groups
    bool changed = true;                           // there may be a newer version
    std::shared_ptr<const KeptGroups> kept;        // null: not yet, or no index
  };

  void Run();

  storage::Store& store_;
  audience::ShopIndexes& indexes_;
  SavedConditions& saved_;
  const base::Clock& clock_;
  const GroupKeeperOptions options_;

  std::mutex keeping_;  // one at a time
  std::mutex mutex_;    // guards all below; taken after keeping_
  std::condition_variable wake_;
  std::map<domain::ShopNo, Shop> shops_;
  bool stops_ = false;
  std::thread thread_;
};

}  // namespace segmentation::usecase
