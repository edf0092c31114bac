#include "server/rpc/convert_order.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/identity.h"
#include "server/domain/limits.h"
#include "server/domain/order_policy.h"
#include "server/rpc/convert_member.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_time.h"
#include "server/rpc/order_validate.h"

namespace segmentation::rpc {
namespace {

using google::protobuf::Timestamp;

absl::StatusOr<std::optional<base::InstantMs>> OptionalTime(bool given, const Timestamp& time,
                                                            std::string_view field) {
  if (!given) return std::nullopt;
  ASSIGN_OR_RETURN(const base::InstantMs instant, FromTimestamp(time, field));
  return instant;
}

absl::Status ReadTimes(const v1::Order& message, domain::Order& order) {
  ASSIGN_OR_RETURN(order.created_at, FromTimestamp(message.created_at(), "created_at"));
  ASSIGN_OR_RETURN(order.paid_at,
                   OptionalTime(message.has_paid_at(), message.paid_at(), "paid_at"));
  ASSIGN_OR_RETURN(order.final_paid_at, OptionalTime(message.has_final_paid_at(),
                                                     message.final_paid_at(), "final_paid_at"));
  ASSIGN_OR_RETURN(order.shipped_at,
                   OptionalTime(message.has_shipped_at(), message.shipped_at(), "shipped_at"));
  ASSIGN_OR_RETURN(order.received_at,
                   OptionalTime(message.has_received_at(), message.received_at(), "received_at"));
  ASSIGN_OR_RETURN(order.finished_at,
                   OptionalTime(message.has_finished_at(), message.finished_at(), "finished_at"));
  ASSIGN_OR_RETURN(order.closed_at,
                   OptionalTime(message.has_closed_at(), message.closed_at(), "closed_at"));
  if (message.has_source_updated_at()) {
    ASSIGN_OR_RETURN(order.source_updated_at,
                     FromTimestamp(message.source_updated_at(), "source_updated_at"));
  }
  return absl::OkStatus();
}

absl::StatusOr<domain::OrderLine> LineFrom(const v1::OrderLine& message, const std::string& field) {
  domain::OrderLine line;
  line.id = message.line_id();
  line.product_id = message.product_id();
  line.sku = message.sku();
  line.title = message.title();
  line.category = message.category();
  line.brand = message.brand();
  for (int i = 0; i < message.properties_size(); ++i) {
    const v1::LineProperty& property = message.properties(i);
    if (!line.properties.emplace(property.name(), property.value()).second) {
      return base::MakeError(base::Reason::FIELD_INVALID,
                             absl::StrCat(field, ".properties[", i, "].name"),
                             "got a name twice, want each once in a line");
    }
  }
  line.quantity = message.quantity();
  line.unit_price_minor = message.unit_price_minor_units();
  line.line_discount_minor = message.line_discount_minor_units();
  if (message.has_source_paid_minor_units()) {
    line.source_paid_minor = message.source_paid_minor_units();
  }
  line.gift_flag = message.gift();
  return line;
}

absl::StatusOr<domain::Refund> RefundFrom(const v1::Refund& message, const std::string& field) {
  domain::Refund refund;
  refund.id = message.refund_id();
  ASSIGN_OR_RETURN(refund.status,
                   EnumFrom<domain::RefundStatus>(message.status(), field + ".status"));
  ASSIGN_OR_RETURN(refund.kind, EnumFrom<domain::RefundKind>(message.kind(), field + ".kind"));
  ASSIGN_OR_RETURN(refund.refunded_at, OptionalTime(message.has_refunded_at(),
                                                    message.refunded_at(), field + ".refunded_at"));
  refund.amount_minor = message.amount_minor_units();
  refund.line_id = message.line_id();
  refund.returned_quantity = message.returned_quantity();
  return refund;
}

domain::ReceiverAddress AddressFrom(const v1::ReceiverAddress& message) {
  return {message.province(), message.city(), message.district(), message.street(),
          message.full_text()};
}

v1::ReceiverAddress ToMessage(const domain::ReceiverAddress& address, bool reveal) {
  v1::ReceiverAddress out;
  out.set_province(address.province);
  out.set_city(address.city);
  out.set_district(address.district);
  out.set_street(reveal ? address.street : domain::MaskText(address.street));
  out.set_full_text(reveal ? address.full_text : domain::MaskText(address.full_text));
  return out;
}

v1::OrderLine ToMessage(const domain::OrderLine& line, const domain::Order& order,
                        base::InstantMs at) {
  v1::OrderLine out;
  out.set_line_id(line.id);
  out.set_product_id(line.product_id);
  out.set_sku(line.sku);
  out.set_title(line.title);
  out.set_category(line.category);
  out.set_brand(line.brand);
  for (const auto& [name, value] : line.properties) {
    v1::LineProperty* const property = out.add_properties();
    property->set_name(name);
    property->set_value(value);
  }
  out.set_quantity(line.quantity);
  out.set_unit_price_minor_units(line.unit_price_minor);
  out.set_line_discount_minor_units(line.line_discount_minor);
  if (line.source_paid_minor) out.set_source_paid_minor_units(*line.source_paid_minor);
  out.set_gift(line.gift_flag);
  out.set_paid_minor_units(line.paid_minor);
  out.set_net_minor_units(domain::LineNetAt(order, line, at));
  out.set_returned_quantity(domain::LineReturnedQuantityAt(order, line, at));
  out.set_treated_as_gift(line.is_gift);
  return out;
}

void SetTimes(const domain::Order& order, v1::Order& out) {
  *out.mutable_created_at() = ToTimestamp(order.created_at);
  if (order.paid_at) *out.mutable_paid_at() = ToTimestamp(*order.paid_at);
  if (order.final_paid_at) *out.mutable_final_paid_at() = ToTimestamp(*order.final_paid_at);
  if (order.shipped_at) *out.mutable_shipped_at() = ToTimestamp(*order.shipped_at);
  if (order.received_at) *out.mutable_received_at() = ToTimestamp(*order.received_at);
  if (order.finished_at) *out.mutable_finished_at() = ToTimestamp(*order.finished_at);
  if (order.closed_at) *out.mutable_closed_at() = ToTimestamp(*order.closed_at);
  *out.mutable_source_updated_at() = ToTimestamp(order.source_updated_at);
}

// Before it counts an order is dated by its creation, later by the policy.
void SetOrderDate(const domain::Order& order, const domain::ShopDefinitions& definitions,
                  base::InstantMs at, v1::Order& out) {
  base::InstantMs order_at = order.measure.order_at;
  base::DayNumber order_day = order.measure.order_day;
  const bool counts_later =
      order.measure.counted_from != domain::kNever && at < order.measure.counted_from;
  if (counts_later && order_at != order.created_at) {
    const auto zone = base::LoadTimeZone(definitions.shop.time_zone, "shop.time_zone");
    if (zone.ok()) {
      order_at = order.created_at;
      order_day = base::DayOf(order_at, *zone);
    }
  }
  *out.mutable_order_at() = ToTimestamp(order_at);
  *out.mutable_order_day() = ToCivilDate(order_day);
}

// What the metric policy makes of the order at an instant.
void SetMeasure(const domain::Order& order, const domain::ShopDefinitions& definitions,
                base::InstantMs at, v1::Order& out) {
  out.set_counted(domain::IsCountedAt(order, at));
  out.set_not_counted_reason(
      EnumTo<v1::NotCountedReason>(NotCountedReasonAt(order, definitions.policy, at)));
  out.set_exclusion_reason(order.exclusion_reason);
  SetOrderDate(order, definitions, at, out);
  const int64_t net = domain::NetAt(order, at);
  out.set_paid_minor_units(order.measure.paid_minor);
  out.set_refunded_minor_units(order.measure.paid_minor - net);
  out.set_net_minor_units(net);
  out.set_policy_revision(order.measure.policy_revision);
}

}  // namespace

absl::StatusOr<usecase::OrderInput> FromProto(const v1::Order& message) {
  RETURN_IF_ERROR(ValidateOrderMessage(message));
  usecase::OrderInput input;
  domain::Order& order = input.order;
  order.source = message.source();
  order.external_id = message.external_id();
  input.member_id = message.member_id();
  input.store_id = message.store_id();
  for (int i = 0; i < message.buyer_identities_size(); ++i) {
    ASSIGN_OR_RETURN(
        domain::IdentityKey identity,
        FromProto(message.buyer_identities(i), absl::StrCat("buyer_identities[", i, "]")));
    input.identities.push_back(std::move(identity));
  }
  ASSIGN_OR_RETURN(order.status, EnumFrom<domain::OrderStatus>(message.status(), "status"));
  RETURN_IF_ERROR(ReadTimes(message, order));
  order.presale = message.presale();
  order.cash_on_delivery = message.cash_on_delivery();
  if (!v1::ReceiptConfirmation_IsValid(message.receipt_confirmation())) {
    return UnknownEnum(message.receipt_confirmation(), "receipt_confirmation");
  }
  order.receipt_automatic = message.receipt_confirmation() == v1::RECEIPT_CONFIRMATION_AUTOMATIC;
  order.terminal = message.terminal();
  order.promotion_sources.assign(message.promotion_sources().begin(),
                                 message.promotion_sources().end());
  order.coupon_ids.assign(message.coupon_ids().begin(), message.coupon_ids().end());
  order.logistics_company = message.logistics_company();
  order.goods_paid_minor = message.goods_paid_minor_units();
  order.freight_minor = message.freight_minor_units();
  order.platform_discount_minor = message.platform_discount_minor_units();
  if (message.has_receiver_address()) order.address = AddressFrom(message.receiver_address());
  for (int i = 0; i < message.lines_size(); ++i) {
    ASSIGN_OR_RETURN(domain::OrderLine line,
                     LineFrom(message.lines(i), absl::StrCat("lines[", i, "]")));
    order.lines.push_back(std::move(line));
  }
  for (int i = 0; i < message.refunds_size(); ++i) {
    ASSIGN_OR_RETURN(domain::Refund refund,
                     RefundFrom(message.refunds(i), absl::StrCat("refunds[", i, "]")));
    order.refunds.push_back(std::move(refund));
  }
  for (int i = 0; i < message.reviews_size(); ++i) {
    ASSIGN_OR_RETURN(domain::Review review,
                     FromProto(message.reviews(i), absl::StrCat("reviews[", i, "]")));
    order.reviews.push_back(std::move(review));
  }
  return input;
}

absl::StatusOr<domain::Review> FromProto(const v1::Review& message, std::string_view field) {
  const std::string time_field = std::string(field) + ".reviewed_at";
  if (!message.has_reviewed_at()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, time_field,
                           "got nothing, want when the review was written");
  }
  domain::Review review;
  review.id = message.review_id();
  ASSIGN_OR_RETURN(review.reviewed_at, FromTimestamp(message.reviewed_at(), time_field));
  review.rating = message.rating();
  review.text = message.text();
  review.automatic = message.automatic();
  return review;
}

absl::StatusOr<usecase::ProductInput> FromProto(const v1::Product& message) {
  usecase::ProductInput input;
  input.product.id = message.product_id();
  input.product.title = message.title();
  input.product.category = message.category();
  input.product.brand = message.brand();
  input.product.stage = message.stage();
  ASSIGN_OR_RETURN(input.etag, EtagFromText(message.etag(), "etag"));
  return input;
}

v1::Refund ToProto(const domain::Refund& refund) {
  v1::Refund out;
  out.set_refund_id(refund.id);
  if (refund.refunded_at) *out.mutable_refunded_at() = ToTimestamp(*refund.refunded_at);
  out.set_status(EnumTo<v1::RefundStatus>(refund.status));
  out.set_kind(EnumTo<v1::RefundKind>(refund.kind));
  out.set_amount_minor_units(refund.amount_minor);
  out.set_line_id(refund.line_id);
  out.set_returned_quantity(refund.returned_quantity);
  if (domain::IsGoodsRefund(refund)) {
    *out.mutable_effective_at() = ToTimestamp(refund.effective_at);
    out.set_time_unknown(refund.time_unknown);
  }
  return out;
}

v1::Order ToProto(const domain::Order& order, const OrderShowing& showing) {
  v1::Order out;
  out.set_source(order.source);
  out.set_external_id(order.external_id);
  out.set_member_id(std::string(showing.member_id));
  if (showing.identity != nullptr) {
    *out.add_buyer_identities() = ToProto(*showing.identity, showing.reveal);
  }
  const auto store = showing.definitions->stores.find(order.store_no);
  if (store != showing.definitions->stores.end()) out.set_store_id(store->second.id);
  out.set_status(EnumTo<v1::OrderStatus>(order.status));
  SetTimes(order, out);
  out.set_presale(order.presale);
  out.set_cash_on_delivery(order.cash_on_delivery);
  if (order.receipt_automatic) {
    out.set_receipt_confirmation(v1::RECEIPT_CONFIRMATION_AUTOMATIC);
  }
  out.set_terminal(order.terminal);
  for (const std::string& source : order.promotion_sources) out.add_promotion_sources(source);
  for (const std::string& coupon : order.coupon_ids) out.add_coupon_ids(coupon);
  out.set_logistics_company(order.logistics_company);
  out.set_goods_paid_minor_units(order.goods_paid_minor);
  out.set_freight_minor_units(order.freight_minor);
  out.set_platform_discount_minor_units(order.platform_discount_minor);
  if (order.address) *out.mutable_receiver_address() = ToMessage(*order.address, showing.reveal);
  for (const domain::OrderLine& line : order.lines) {
    *out.add_lines() = ToMessage(line, order, showing.as_of_ms);
  }
  for (const domain::Refund& refund : order.refunds) *out.add_refunds() = ToProto(refund);
  for (const domain::Review& review : order.reviews) {
    *out.add_reviews() = ToProto(review, showing.reveal);
  }
  SetMeasure(order, *showing.definitions, showing.as_of_ms, out);
  out.set_etag(EtagText(order.stamp.etag));
  return out;
}

v1::Review ToProto(const domain::Review& review, bool reveal) {
  v1::Review out;
  out.set_review_id(review.id);
  *out.mutable_reviewed_at() = ToTimestamp(review.reviewed_at);
  out.set_rating(review.rating);
  if (reveal) out.set_text(review.text);
  out.set_automatic(review.automatic);
  return out;
}

v1::Product ToProto(const domain::Product& product) {
  v1::Product out;
  out.set_product_id(product.id);
  out.set_title(product.title);
  out.set_category(product.category);
  out.set_brand(product.brand);
  out.set_stage(product.stage);
  *out.mutable_created_at() = ToTimestamp(product.stamp.created_at_ms);
  *out.mutable_updated_at() = ToTimestamp(product.stamp.updated_at_ms);
  out.set_etag(EtagText(product.stamp.etag));
  return out;
}

domain::NotCountedReason NotCountedReasonAt(const domain::Order& order,
                                            const domain::MetricPolicy& policy,
                                            base::InstantMs at) {
  using domain::NotCountedReason;
  if (domain::IsCountedAt(order, at)) return NotCountedReason::kNone;
  const domain::OrderMeasure& measure = order.measure;
  if (measure.counted_from == domain::kNever || at >= measure.counted_from) {
    return measure.reason != NotCountedReason::kNone ? measure.reason
                                                     : NotCountedReason::kWhollyRefunded;
  }
  // It counts, but only later.
  const std::optional<base::InstantMs> paid_at = domain::FullyPaidAt(order);
  const bool is_paid = paid_at && *paid_at <= at;
  if (is_paid || order.cash_on_delivery || policy.valid_moment == domain::ValidMoment::kReceived ||
      policy.valid_moment == domain::ValidMoment::kFinished) {
    return NotCountedReason::kNotReceived;
  }
  if (order.presale && order.paid_at && *order.paid_at <= at) {
    return NotCountedReason::kDepositOnly;
  }
  return NotCountedReason::kNotPaid;
}

void BoundAnswer(v1::UpsertOrderResponse& response) {
  if (response.ByteSizeLong() <= domain::kMaxAnswerBytes) return;
  response.mutable_order()->clear_lines();
  response.mutable_order()->clear_refunds();
  response.mutable_order()->clear_reviews();
}

}  // namespace segmentation::rpc
