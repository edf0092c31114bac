// Opens snapshots of a shop for queries: at least as new as the caller asks, at one as-of instant.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/domain/shop.h"
#include "server/storage/store.h"
#include "server/usecase/call_context.h"

namespace segmentation::usecase {

// How fresh and as of when a query asks its answer to be.
struct ReadOptions {
  domain::Revision min_revision = 0;        // 0: the newest committed state
  std::optional<base::InstantMs> as_of_ms;  // none: now
};

// One committed state with the definitions of that state. Keep it for one query only: the database
// holds a transaction for it.
struct ShopView {
  std::unique_ptr<storage::ReadSnapshot> snapshot;
  std::shared_ptr<const domain::ShopDefinitions> definitions;
  domain::Revision revision = 0;
  base::InstantMs as_of_ms = 0;
};

struct ShopReaderOptions {
  size_t max_cached_shops = 1'024;
  absl::Duration first_backoff = absl::Milliseconds(2);  // doubles up to 100 ms
  // How to wait for a revision to appear; tests hand in one that does not.
  std::function<void(absl::Duration)> sleep = [](absl::Duration span) { absl::SleepFor(span); };
};

// Thread-safe.
class ShopReader {
 public:
  // `store` and `clock` outlive the reader.
  ShopReader(storage::Store& store, const base::Clock& clock, ShopReaderOptions options = {});

  // The newest state of the context's shop. Where the database lags behind `min_revision` (another
  // member of a cluster wrote it) it is waited for until the context's deadline:
  // REVISION_NOT_REACHED. `as_of_ms` after now is FIELD_OUT_OF_RANGE (T24). A shop that is deleted
  // in that state is SHOP_NOT_FOUND.
  absl::StatusOr<ShopView> Open(const CallContext& context, const ReadOptions& options);

  // The instant a query with these options is evaluated at: FIELD_OUT_OF_RANGE after now (T24).
  absl::StatusOr<base::InstantMs> AsOf(const ReadOptions& options) const;

  const base::Clock& clock() const { return clock_; }
  void Sleep(absl::Duration span) const { options_.sleep(span); }

 private:
  absl::StatusOr<std::shared_ptr<const domain::ShopDefinitions>> DefinitionsOf(
      storage::ReadSnapshot& snapshot);

  storage::Store& store_;
  const base::Clock& clock_;
  const ShopReaderOptions options_;

  std::mutex mutex_;
  std::map<domain::ShopNo, std::shared_ptr<const domain::ShopDefinitions>> cached_;  // by mutex_
};

}  // namespace segmentation::usecase
