// The indexes of the shops this server answers for: loaded in the background, kept up with the
// store, within one bound of memory.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "server/audience/shop_index.h"
#include "server/domain/ids.h"
#include "server/storage/store.h"

namespace segmentation::audience {

struct ShopIndexesOptions {
  size_t max_bytes = size_t{4} << 30;  // of all indexes together
  // How often the store is asked for revisions that others committed.
  absl::Duration poll = absl::Milliseconds(50);
  absl::Duration measure_every = absl::Seconds(10);
  absl::Duration retry_load_after = absl::Seconds(2);
  // Told how each load ended, from a thread of its own; empty: nobody.
  std::function<void(domain::ShopNo, const absl::Status&)> on_load;
};

struct ShopIndexStatus {
  ShopIndex::State state = ShopIndex::State::kLoading;
  domain::Revision revision = 0;  // 0: no version
  IndexMemory memory;
};

// Thread-safe.
class ShopIndexes {
 public:
  // `store` outlives it.
  ShopIndexes(storage::Store& store, ShopIndexesOptions options);
  ~ShopIndexes();
  ShopIndexes(const ShopIndexes&) = delete;
  ShopIndexes& operator=(const ShopIndexes&) = delete;

  // Has the shop's index loaded if nobody asked for it before.
  void Want(domain::ShopNo shop_no);

  // A version of at least `revision`, and of all that this server committed. Null when there is
  // none, because it is being loaded, too large or cannot go on: the store answers then. Wants the
  // shop.
  std::shared_ptr<const IndexVersion> At(domain::ShopNo shop_no, domain::Revision revision,
                                         absl::Time deadline);

  // As ShopIndex, of the shop; wants it.
  void Apply(domain::ShopNo shop_no, const ShopChanges& changes);
  void Note(domain::ShopNo shop_no, domain::Revision revision);

  // The newest version of the shop's index and what changed in it since `after`; wants the shop.
  VersionStep StepFrom(domain::ShopNo shop_no, domain::Revision after);
  // Told of shops that have another version, or none any more, from the thread that made it: it
  // must be quick and not come back here. Empty: nobody.
  void SetListener(std::function<void(domain::ShopNo)> listener);

  // Nothing: nobody wanted it yet.
  std::optional<ShopIndexStatus> StatusOf(domain::ShopNo shop_no) const;
  // Returns once the shop's index answers or is known not to; false if neither by `deadline`.
  bool WaitUntilSettled(domain::ShopNo shop_no, absl::Time deadline);

  // Ends the threads; versions handed out stay good.
  void Stop();

 private:
  std::shared_ptr<ShopIndex> Find(domain::ShopNo shop_no) const;
  std::shared_ptr<ShopIndex> FindOrAdd(domain::ShopNo shop_no);
  void EnqueueLoad(domain::ShopNo shop_no);
  void Announce(domain::ShopNo shop_no) const;
  bool MayHave(const ShopIndex& index, size_t bytes) const;
  bool stops() const;
  void LoadShops();
  void Follow();
  void FollowOnce(std::map<domain::ShopNo, domain::Revision>& seen);
  // Gives up what is too large, and lets what was too large try again once there is room.
  void MeasureAll();

  storage::Store& store_;
  const ShopIndexesOptions options_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::condition_variable settled_;
  std::map<domain::ShopNo, std::shared_ptr<ShopIndex>> indexes_;
  std::deque<domain::ShopNo> to_load_;
  std::function<void(domain::ShopNo)> listener_;
  bool stops_ = false;

  std::thread loader_;
  std::thread follower_;
};

}  // namespace segmentation::audience
