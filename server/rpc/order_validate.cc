#include "server/rpc/order_validate.h"

#include <string>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::rpc {
namespace {

constexpr size_t kMaxBuyerIdentities = 10;     // of one buying account
constexpr size_t kMaxPromotionSources = 20;    // of one order
constexpr size_t kMaxCoupons = 20;             // of one order
constexpr size_t kMaxReviewsInSnapshot = 100;  // more join one by one

absl::Status Missing(std::string_view field, std::string_view want) {
  return base::MakeError(base::Reason::FIELD_REQUIRED, field,
                         "got nothing, want " + std::string(want));
}

}  // namespace

absl::Status ValidateOrderMessage(const v1::Order& order) {
  if (!order.has_created_at()) return Missing("created_at", "when the order was placed");
  const auto size_of = [](const auto& list) { return static_cast<size_t>(list.size()); };
  RETURN_IF_ERROR(domain::ValidateListSize(size_of(order.buyer_identities()), kMaxBuyerIdentities,
                                           "buyer_identities"));
  RETURN_IF_ERROR(domain::ValidateListSize(size_of(order.promotion_sources()), kMaxPromotionSources,
                                           "promotion_sources"));
  RETURN_IF_ERROR(domain::ValidateListSize(size_of(order.coupon_ids()), kMaxCoupons, "coupon_ids"));
  return domain::ValidateListSize(size_of(order.reviews()), kMaxReviewsInSnapshot, "reviews");
}

absl::Status ValidateExcludeOrders(const v1::ExcludeOrdersRequest& request) {
  if (request.keys().empty()) return Missing("keys", "1 or more orders");
  RETURN_IF_ERROR(domain::ValidateBatchSize(static_cast<size_t>(request.keys().size()),
                                            domain::kMaxExcludedOrdersPerCall, "keys"));
  if (!request.include_again()) {
    return domain::ValidateName(request.reason(), domain::kMaxExclusionReasonBytes, "reason");
  }
  if (request.reason().empty()) return absl::OkStatus();
  return base::MakeError(base::Reason::FIELD_INVALID, "reason",
                         "got a reason beside include_again, want none");
}

absl::Status ValidateOrderKey(const v1::OrderKey& key, std::string_view field) {
  const std::string prefix(field);
  RETURN_IF_ERROR(
      domain::ValidateIdBytes(key.source(), domain::kMaxSourceBytes, prefix + ".source"));
  return domain::ValidateId(key.external_id(), prefix + ".external_id");
}

}  // namespace segmentation::rpc
