// What requests about orders must be before anything is converted: presence, and the sizes that the
// API states. Pure; the use cases check the values themselves.
#pragma once

#include "absl/status/status.h"
#include "segmentation/v1/order.pb.h"
#include "segmentation/v1/order_service.pb.h"

namespace segmentation::rpc {

// Field paths begin at the order. FIELD_REQUIRED; FIELD_OUT_OF_RANGE for lists that are too long.
absl::Status ValidateOrderMessage(const v1::Order& order);

// FIELD_REQUIRED, BATCH_TOO_LARGE, FIELD_INVALID (a reason beside include_again).
absl::Status ValidateExcludeOrders(const v1::ExcludeOrdersRequest& request);

// FIELD_REQUIRED, naming `field`.source or `field`.external_id; FIELD_TOO_LONG and the errors of
// ids.
absl::Status ValidateOrderKey(const v1::OrderKey& key, std::string_view field);

}  // namespace segmentation::rpc
