// The metric policy of a shop: the choices behind every number. Version 1 with its defaults; see
// definitions in the README.
#pragma once

#include <cstdint>

namespace segmentation::domain {

// When an order becomes valid (有效订单).
enum class ValidMoment : uint8_t { kPaid = 1, kCreated = 2, kReceived = 3, kFinished = 4 };
// Which time dates an order.
enum class OrderDate : uint8_t { kPaid = 1, kCreated = 2 };

struct MetricPolicy {
  int32_t revision = 1;
  ValidMoment valid_moment = ValidMoment::kPaid;
  OrderDate order_date = OrderDate::kPaid;
  bool count_wholly_refunded = false;
  bool platform_discounts_count_as_paid = true;
  bool gifts_count_as_bought = false;
};

}  // namespace segmentation::domain
