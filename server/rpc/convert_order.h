// Orders and products between the API and the domain.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "segmentation/v1/order.pb.h"
#include "segmentation/v1/order_service.pb.h"
#include "server/base/clock.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/usecase/order_usecase.h"

namespace segmentation::rpc {

// A snapshot as sent, output-only fields left aside. Field paths begin at the order.
// FIELD_REQUIRED, FIELD_INVALID (a property named twice), FIELD_OUT_OF_RANGE, ENUM_UNKNOWN.
absl::StatusOr<usecase::OrderInput> FromProto(const v1::Order& order);

// FIELD_REQUIRED (reviewed_at), and the errors of FromTimestamp.
absl::StatusOr<domain::Review> FromProto(const v1::Review& review, std::string_view field);

// Field paths begin at the product. FIELD_INVALID (etag).
absl::StatusOr<usecase::ProductInput> FromProto(const v1::Product& product);

// How an order is shown.
struct OrderShowing {
  std::string_view member_id;
  const domain::Identity* identity = nullptr;  // the order came under; null: none is shown
  const domain::ShopDefinitions* definitions = nullptr;
  base::InstantMs as_of_ms = 0;  // for what is counted and refunded
  bool reveal = false;           // personal data in clear
};
v1::Order ToProto(const domain::Order& order, const OrderShowing& showing);

v1::Refund ToProto(const domain::Refund& refund);
// The text is left out unless `reveal`.
v1::Review ToProto(const domain::Review& review, bool reveal);
v1::Product ToProto(const domain::Product& product);

// Why an order is not counted at an instant; kNone if it is. Before the facts are in that make it
// count later, what it waits for.
domain::NotCountedReason NotCountedReasonAt(const domain::Order& order,
                                            const domain::MetricPolicy& policy, base::InstantMs at);

// What is kept for replay is bounded (domain::kMaxAnswerBytes): an answer beyond that comes without
// the lines, refunds and reviews that the caller has just sent.
void BoundAnswer(v1::UpsertOrderResponse& response);

}  // namespace segmentation::rpc
