#include "server/usecase/order_commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/order_merge.h"
#include "server/domain/order_policy.h"
#include "server/usecase/fact_errors.h"
#include "server/usecase/order_validation.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;

// Gives every line the number of its product; whether a product was made. One that is first seen on
// a line has its id alone: what lines say of it differs from order to order, and which of them came
// first must not matter (T25).
bool ResolveProducts(WorkingSet& ws, std::string_view actor, domain::Order& order) {
  bool created = false;
  for (domain::OrderLine& line : order.lines) {
    line.product_no = 0;
    if (line.product_id.empty()) continue;
    const domain::Product* product = ws.FindProduct(line.product_id);
    if (product == nullptr) {
      domain::Product fresh;
      fresh.id = line.product_id;
      fresh.stamp = ws.NewStamp(actor);
      product = &ws.PutProduct(std::move(fresh));
      created = true;
    }
    line.product_no = product->number;
  }
  return created;
}

std::string_view IdOfMember(const WorkingSet& ws, domain::MemberNo member_no) {
  const domain::Member* const member = ws.FindMember(member_no);
  return member == nullptr ? std::string_view() : std::string_view(member->id);
}

absl::Status CheckSizes(const domain::Order& order) {
  if (order.refunds.size() > domain::kMaxRefundsPerOrder) {
    return MakeError(Reason::LIMIT_REACHED, "refunds", "the order has too many refunds",
                     {{"limit", absl::StrCat(domain::kMaxRefundsPerOrder)}});
  }
  if (order.reviews.size() > domain::kMaxReviewsPerOrder) {
    return MakeError(Reason::LIMIT_REACHED, "reviews", "the order has too many reviews",
                     {{"limit", absl::StrCat(domain::kMaxReviewsPerOrder)}});
  }
  return absl::OkStatus();
}

// Measures a changed order and puts it.
const domain::Order& Write(WorkingSet& ws, std::string_view actor, const absl::TimeZone& zone,
                           domain::Order order) {
  domain::ApplyPolicy(ws.definitions().policy, zone, order);
  if (order.number == 0) {
    order.stamp = ws.NewStamp(actor);
  } else {
    ws.Restamp(order.stamp, actor);
  }
  return ws.PutOrder(std::move(order));
}

bool SameProduct(const domain::Product& a, const domain::Product& b) {
  return a.title == b.title && a.category == b.category && a.brand == b.brand && a.stage == b.stage;
}

}  // namespace

PreparedOrder PrepareOrder(const domain::Shop& shop, OrderInput input) {
  PreparedOrder prepared;
  CompleteOrder(input.order);
  prepared.status = ValidateOrder(input);
  if (prepared.status.ok()) {
    auto identities = NormalizeIdentities(input.identities, shop, "buyer_identities");
    if (identities.ok()) {
      input.identities = *std::move(identities);
    } else {
      prepared.status = identities.status();
    }
  }
  prepared.input = std::move(input);
  return prepared;
}

void CollectOrderKeys(const MemberIds& ids, std::string_view shop_id, const OrderInput& input,
                      WriteKeys& keys) {
  keys.orders.push_back({input.order.source, input.order.external_id});
  CollectMemberKeys(ids, shop_id, {input.member_id, input.identities, "buyer_identities"}, keys);
  for (const domain::OrderLine& line : input.order.lines) {
    if (!line.product_id.empty()) keys.product_ids.push_back(line.product_id);
  }
}

absl::StatusOr<OrderOutcome> ApplyOrder(WorkingSet& ws, const MemberIds& ids,
                                        const CallContext& context, const absl::TimeZone& zone,
                                        const PreparedOrder& prepared) {
  RETURN_IF_ERROR(prepared.status);
  const OrderInput& input = prepared.input;
  domain::Order arriving = input.order;
  arriving.number = 0;
  arriving.store_no = 0;
  if (!input.store_id.empty()) {
    const domain::Store* const store = ws.FindStore(input.store_id);
    if (store == nullptr) {
      return MakeError(Reason::STORE_NOT_FOUND, "store_id",
                       absl::StrCat("got '", input.store_id, "', no such store in this shop"));
    }
    arriving.store_no = store->number;
  }
  ASSIGN_OR_RETURN(const ResolvedMember member,
                   ResolveMember(ws, ids, context.shop.id, context.actor,
                                 {input.member_id, input.identities, "buyer_identities"}));
  arriving.member_no = member.member_no;
  arriving.identity_no = input.identities.empty() ? 0 : ws.IdentityNoOf(input.identities.front());
  const bool products_created = ResolveProducts(ws, context.actor, arriving);

  OrderOutcome outcome;
  outcome.member_created = member.created;
  const domain::Order* const stored = ws.FindOrder({arriving.source, arriving.external_id});
  if (stored == nullptr) {
    outcome.created = outcome.changed = true;
    outcome.order = &Write(ws, context.actor, zone, domain::FirstSnapshot(arriving));
  } else {
    domain::OrderMerge merge = domain::MergeOrder(*stored, IdOfMember(ws, stored->member_no),
                                                  arriving, IdOfMember(ws, arriving.member_no));
    outcome.changed = merge.changed;
    outcome.order = stored;
    if (merge.changed) {
      RETURN_IF_ERROR(CheckSizes(merge.order));
      outcome.order = &Write(ws, context.actor, zone, std::move(merge.order));
    }
  }
  outcome.anything_changed =
      outcome.changed || member.created || member.identities_added || products_created;
  return outcome;
}

absl::StatusOr<ExcludeOrderItem> ApplyExclusion(WorkingSet& ws, const CallContext& context,
                                                const absl::TimeZone& zone,
                                                const domain::OrderKey& key,
                                                std::string_view reason) {
  const domain::Order* order = ws.FindOrder(key);
  if (order == nullptr) return OrderNotFound(key.source, key.external_id, "");
  ExcludeOrderItem item;
  if (order->exclusion_reason != reason) {
    domain::Order edited = *order;
    edited.exclusion_reason = reason;
    order = &Write(ws, context.actor, zone, std::move(edited));
    item.changed = true;
  }
  item.counted = domain::IsCountedAt(*order, ws.now_ms());
  item.reason = order->measure.reason;
  return item;
}

absl::StatusOr<RecordReviewResult> ApplyReview(WorkingSet& ws, const CallContext& context,
                                               const absl::TimeZone& zone,
                                               const domain::OrderKey& key,
                                               const domain::Review& review) {
  const domain::Order* order = ws.FindOrder(key);
  if (order == nullptr) return OrderNotFound(key.source, key.external_id, "key");
  // A snapshot that says what is stored and one review more.
  domain::Order arriving = *order;
  arriving.reviews = {review};
  const std::string_view member_id = IdOfMember(ws, order->member_no);
  domain::OrderMerge merge = domain::MergeOrder(*order, member_id, arriving, member_id);
  RecordReviewResult result;
  result.changed = merge.changed;
  if (merge.changed) {
    RETURN_IF_ERROR(CheckSizes(merge.order));
    order = &Write(ws, context.actor, zone, std::move(merge.order));
  }
  for (const domain::Review& stored : order->reviews) {
    if (stored.id == review.id) result.review = stored;
  }
  return result;
}

absl::StatusOr<UpsertProductResult> ApplyProduct(WorkingSet& ws, const CallContext& context,
                                                 const ProductInput& input) {
  const domain::Product* const stored = ws.FindProduct(input.product.id);
  RETURN_IF_ERROR(CheckEtagOf(stored == nullptr ? nullptr : &stored->stamp, input.etag, "etag"));
  if (stored != nullptr && SameProduct(*stored, input.product)) return UpsertProductResult{stored};
  domain::Product product = input.product;
  product.number = stored == nullptr ? 0 : stored->number;
  if (stored == nullptr) {
    product.stamp = ws.NewStamp(context.actor);
  } else {
    product.stamp = stored->stamp;
    ws.Restamp(product.stamp, context.actor);
  }
  const bool created = stored == nullptr;
  return UpsertProductResult{&ws.PutProduct(std::move(product)), created, true};
}

}  // namespace segmentation::usecase
