// What files of orders add up to under the default metric policy, worked out on the client: shown
// by --dry-run and after an import, to be compared with what the source says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "client/cli/import/spool_sort.h"
#include "segmentation/v1/order.pb.h"

namespace segmentation::cli {

// Amounts are minor units.
struct OrderSums {
  int64_t order_count = 0;
  int64_t line_count = 0;
  int64_t paid_order_count = 0;             // paid in full
  int64_t wholly_refunded_order_count = 0;  // successful goods refunds >= paid > 0
  int64_t partly_refunded_order_count = 0;
  int64_t valid_order_count = 0;   // paid and not wholly refunded
  int64_t return_count = 0;        // negative orders: returns without their order
  int64_t return_minor_units = 0;  // what they take back, as a negative amount
  int64_t paid_minor_units = 0;    // of paid orders
  int64_t refunded_minor_units = 0;
  int64_t net_minor_units = 0;                    // of valid orders: paid less refunds
  int64_t member_count = 0;                       // different buying accounts of all orders
  int64_t buyer_count = 0;                        // of valid orders
  std::optional<absl::CivilDay> first_order_day;  // of valid orders
  std::optional<absl::CivilDay> last_order_day;
};

class OrderTotals {
 public:
  // `zone`: the shop's, for days.
  OrderTotals(absl::TimeZone zone, size_t sort_memory_bytes);

  // Snapshots of one order must follow each other: the one that holds counts, as on the server, but
  // for the last ties.
  absl::Status Add(const v1::Order& order);
  // After the last Add: counts the accounts too.
  absl::StatusOr<OrderSums> Finish();

 private:
  absl::Status Count(const v1::Order& order);

  const absl::TimeZone zone_;
  std::optional<v1::Order> last_;  // not counted yet: another snapshot of it may follow
  SpoolSort accounts_;             // key: account; value: "v" for a valid order
  OrderSums sums_;
};

}  // namespace segmentation::cli
