// What runs beside the calls: logs are trimmed by age and deleted shops are emptied, in small
// transactions.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/storage/store.h"

namespace segmentation::usecase {

struct HousekeepingOptions {
  // Both are promised for 24 h: answers to repeated requests (T69), changes to readers of the log
  // (design D2).
  absl::Duration request_log_life = absl::Hours(48);
  absl::Duration change_log_life = absl::Hours(48);
  // A deleted shop keeps its rows as long as the answer to its deletion may be asked for again.
  absl::Duration deleted_shop_life = absl::Hours(48);
  int batch_rows = 2'000;  // in one transaction
  int max_batches = 500;   // of one log, or one deleted shop, in one round: no shop waits for ever
};

// Not thread-safe.
class Housekeeping {
 public:
  // Both outlive it.
  Housekeeping(storage::Store& store, const base::Clock& clock, HousekeepingOptions options = {})
      : store_(store), clock_(clock), options_(options) {}

  // Once through all shops. True: nothing old is left; false: `stop` said so (looked at before
  // every transaction) or a bound was reached, so there is more to do. An error of one shop does
  // not keep the others waiting; the first one is returned.
  absl::StatusOr<bool> RunRound(const std::function<bool()>& stop);

 private:
  // Calls `step`, which says how many rows went, until it finds fewer than a batch.
  absl::StatusOr<bool> Repeat(const std::function<bool()>& stop,
                              const std::function<absl::StatusOr<int64_t>()>& step,
                              int64_t& row_count) const;
  absl::StatusOr<bool> TrimLogs(const domain::Shop& shop, const std::function<bool()>& stop);
  absl::StatusOr<bool> PurgeShop(const domain::Shop& shop, const std::function<bool()>& stop);

  storage::Store& store_;
  const base::Clock& clock_;
  const HousekeepingOptions options_;
};

}  // namespace segmentation::usecase
