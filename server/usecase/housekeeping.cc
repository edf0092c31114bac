#include "server/usecase/housekeeping.h"

#include <string_view>
#include <vector>

#include "server/base/status_macros.h"
#include "spdlog/spdlog.h"

namespace segmentation::usecase {

absl::StatusOr<bool> Housekeeping::RunRound(const std::function<bool()>& stop) {
  ASSIGN_OR_RETURN(const std::vector<domain::Shop> shops, store_.ListShops());
  bool all_done = true;
  absl::Status first_error;
  for (const domain::Shop& shop : shops) {
    absl::StatusOr<bool> done = shop.deleted ? PurgeShop(shop, stop) : TrimLogs(shop, stop);
    if (!done.ok()) {
      first_error.Update(done.status());
    } else {
      all_done = all_done && *done;
    }
  }
  if (!first_error.ok()) return first_error;
  return all_done;
}

absl::StatusOr<bool> Housekeeping::Repeat(const std::function<bool()>& stop,
                                          const std::function<absl::StatusOr<int64_t>()>& step,
                                          int64_t& row_count) const {
  for (int batch = 0; batch < options_.max_batches; ++batch) {
    if (stop()) return false;
    ASSIGN_OR_RETURN(const int64_t gone, step());
    row_count += gone;
    if (gone < options_.batch_rows) return true;
  }
  return false;
}

absl::StatusOr<bool> Housekeeping::TrimLogs(const domain::Shop& shop,
                                            const std::function<bool()>& stop) {
  const absl::Time now = clock_.Now();
  const int64_t requests_before = absl::ToUnixMillis(now - options_.request_log_life);
  const int64_t changes_before = absl::ToUnixMillis(now - options_.change_log_life);
  int64_t requests = 0;
  int64_t changes = 0;
  const absl::StatusOr<bool> no_requests = Repeat(
      stop,
      [&] { return store_.TrimRequestLog(shop.number, requests_before, options_.batch_rows); },
      requests);
  const absl::StatusOr<bool> no_changes = Repeat(
      stop, [&] { return store_.TrimChangeLog(shop.number, changes_before, options_.batch_rows); },
      changes);
  if (requests + changes > 0) {
    spdlog::info("trimmed shop={} request_log_rows={} change_log_rows={}", shop.id, requests,
                 changes);
  }
  RETURN_IF_ERROR(no_requests.status());
  RETURN_IF_ERROR(no_changes.status());
  return *no_requests && *no_changes;
}

absl::StatusOr<bool> Housekeeping::PurgeShop(const domain::Shop& shop,
                                             const std::function<bool()>& stop) {
  const int64_t deleted_before = absl::ToUnixMillis(clock_.Now() - options_.deleted_shop_life);
  if (shop.stamp.updated_at_ms >= deleted_before) return true;
  int64_t rows = 0;
  const absl::StatusOr<bool> done = Repeat(
      stop,
      [&]() -> absl::StatusOr<int64_t> {
        ASSIGN_OR_RETURN(const bool empty, store_.PurgeShop(shop.number, options_.batch_rows));
        return empty ? 0 : options_.batch_rows;
      },
      rows);
  if (rows > 0) spdlog::info("purged deleted shop={} finished={}", shop.id, done.ok() && *done);
  return done;
}

}  // namespace segmentation::usecase
