// Orders of a small shop whose counts can be said by hand.
#pragma once

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "segmentation/client.h"

namespace segmentation::integration {

// Noon of a day in the shop's calendar (Asia/Shanghai).
google::protobuf::Timestamp NoonOf(absl::CivilDay day);

// A paid order with one line of the whole amount, from a buyer found by its ouid.
v1::Order PaidOrder(const std::string& external_id, const std::string& buyer, absl::CivilDay day,
                    int64_t paid_minor_units, const std::string& title = "蕾丝连衣裙");

inline constexpr int kBuyers = 200;

// 200 buyers "buyer-000" to "buyer-199": buyer i has i % 5 + 1 orders of i + 1 yuan each, on the
// first days of the months from January 2024 on; titles are 蕾丝连衣裙 for even i and 补水面膜 for
// odd i.
std::vector<v1::Order> TwoHundredBuyers();

// Imports them; what the server said at the end.
absl::StatusOr<ImportResult> ImportAll(const Client& client, const std::string& shop_id,
                                       const std::vector<v1::Order>& orders,
                                       ImportOptions options = {});

}  // namespace segmentation::integration
