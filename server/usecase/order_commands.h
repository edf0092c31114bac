// What the order use cases decide, apart from how commands are queued.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/usecase/order_usecase.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {

// An order as sent, made ready before the command is queued. One that cannot be right whatever is
// stored carries its error, so that it answers its row alone. Field paths begin at the order.
struct PreparedOrder {
  OrderInput input;  // completed, identities normalized
  absl::Status status;
};
PreparedOrder PrepareOrder(const domain::Shop& shop, OrderInput input);

// Adds what the upsert of an order looks at.
void CollectOrderKeys(const MemberIds& ids, std::string_view shop_id, const OrderInput& input,
                      WriteKeys& keys);

struct OrderOutcome {
  const domain::Order* order = nullptr;
  bool created = false;
  bool changed = false;  // of the order
  bool member_created = false;
  bool anything_changed = false;  // of the order, its member or the products
};

// Field paths in errors begin at the order. `zone` is the shop's.
absl::StatusOr<OrderOutcome> ApplyOrder(WorkingSet& ws, const MemberIds& ids,
                                        const CallContext& context, const absl::TimeZone& zone,
                                        const PreparedOrder& order);

// Field paths in errors begin at the key.
absl::StatusOr<ExcludeOrderItem> ApplyExclusion(WorkingSet& ws, const CallContext& context,
                                                const absl::TimeZone& zone,
                                                const domain::OrderKey& key,
                                                std::string_view reason);

absl::StatusOr<RecordReviewResult> ApplyReview(WorkingSet& ws, const CallContext& context,
                                               const absl::TimeZone& zone,
                                               const domain::OrderKey& key,
                                               const domain::Review& review);

// Field paths in errors begin at the product.
absl::StatusOr<UpsertProductResult> ApplyProduct(WorkingSet& ws, const CallContext& context,
                                                 const ProductInput& input);

}  // namespace segmentation::usecase
