#include "server/usecase/order_validation.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;

absl::Status CheckNotNegative(int64_t amount_minor, const std::string& field) {
  RETURN_IF_ERROR(domain::ValidateAmount(amount_minor, field));
  if (amount_minor >= 0) return absl::OkStatus();
  return MakeError(Reason::MONEY_INVALID, field,
                   absl::StrCat("got ", amount_minor, ", want 0 or more"));
}

absl::Status CheckTimes(const domain::Order& order) {
  RETURN_IF_ERROR(domain::ValidateInstant(order.created_at, "created_at"));
  RETURN_IF_ERROR(domain::ValidateInstant(order.source_updated_at, "source_updated_at"));
  const std::pair<const std::optional<base::InstantMs>&, const char*> times[] = {
      {order.paid_at, "paid_at"},         {order.final_paid_at, "final_paid_at"},
      {order.shipped_at, "shipped_at"},   {order.received_at, "received_at"},
      {order.finished_at, "finished_at"}, {order.closed_at, "closed_at"},
  };
  for (const auto& [time, field] : times) {
    if (time) RETURN_IF_ERROR(domain::ValidateInstant(*time, field));
  }
  return absl::OkStatus();
}

// A list of short texts, each once.
absl::Status CheckNames(const std::vector<std::string>& names, size_t max_count, size_t max_bytes,
                        const char* field) {
  RETURN_IF_ERROR(domain::ValidateListSize(names.size(), max_count, field));
  std::set<std::string_view> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string item = absl::StrCat(field, "[", i, "]");
    RETURN_IF_ERROR(domain::ValidateName(names[i], max_bytes, item));
    if (!seen.insert(names[i]).second) {
      return MakeError(Reason::FIELD_INVALID, item, "got a value twice, want it once");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAddress(const domain::ReceiverAddress& address) {
  constexpr auto kFolding = base::Folding::kNfkcCase;
  using domain::kMaxAddressPartBytes;
  RETURN_IF_ERROR(domain::ValidateFoldedText(address.province, kMaxAddressPartBytes, kFolding,
                                             "receiver_address.province"));
  RETURN_IF_ERROR(domain::ValidateFoldedText(address.city, kMaxAddressPartBytes, kFolding,
                                             "receiver_address.city"));
  RETURN_IF_ERROR(domain::ValidateFoldedText(address.district, kMaxAddressPartBytes, kFolding,
                                             "receiver_address.district"));
  RETURN_IF_ERROR(domain::ValidateFoldedText(address.street, domain::kMaxAddressBytes, kFolding,
                                             "receiver_address.street"));
  return domain::ValidateFoldedText(address.full_text, domain::kMaxFullAddressBytes, kFolding,
                                    "receiver_address.full_text");
}

absl::Status CheckProperties(const domain::OrderLine& line, const std::string& field) {
  const std::string list = field + ".properties";
  RETURN_IF_ERROR(
      domain::ValidateListSize(line.properties.size(), domain::kMaxPropertiesPerLine, list));
  for (const auto& [name, value] : line.properties) {
    RETURN_IF_ERROR(domain::ValidateName(name, domain::kMaxPropertyNameBytes, list));
    RETURN_IF_ERROR(domain::ValidateFoldedText(name, domain::kMaxPropertyNameBytes,
                                               base::Folding::kNfkcCase, list));
    RETURN_IF_ERROR(domain::ValidateFoldedText(value, domain::kMaxPropertyValueBytes,
                                               base::Folding::kNfkcCase, list));
  }
  return absl::OkStatus();
}

absl::Status CheckLine(const domain::OrderLine& line, const std::string& field) {
  constexpr auto kFolding = base::Folding::kNfkcCase;
  RETURN_IF_ERROR(domain::ValidateId(line.id, field + ".line_id"));
  if (!line.product_id.empty()) {
    RETURN_IF_ERROR(domain::ValidateId(line.product_id, field + ".product_id"));
  }
  RETURN_IF_ERROR(domain::ValidateText(line.sku, domain::kMaxSkuBytes, field + ".sku"));
  RETURN_IF_ERROR(
      domain::ValidateFoldedText(line.title, domain::kMaxTitleBytes, kFolding, field + ".title"));
  RETURN_IF_ERROR(domain::ValidateFoldedText(line.category, domain::kMaxCategoryBytes, kFolding,
                                             field + ".category"));
  RETURN_IF_ERROR(
      domain::ValidateFoldedText(line.brand, domain::kMaxBrandBytes, kFolding, field + ".brand"));
  RETURN_IF_ERROR(CheckProperties(line, field));
  RETURN_IF_ERROR(domain::ValidateRange(line.quantity, -domain::kMaxQuantity, domain::kMaxQuantity,
                                        field + ".quantity"));
  const std::string price_field = field + ".unit_price_minor_units";
  RETURN_IF_ERROR(domain::ValidateAmount(line.unit_price_minor, price_field));
  // Both are bounded, their product must be too: the shares of lines are made of it.
  const __int128 amount = static_cast<__int128>(line.unit_price_minor) * line.quantity;
  if (amount > domain::kMaxAmountMinor || amount < -domain::kMaxAmountMinor) {
    return MakeError(Reason::FIELD_OUT_OF_RANGE, price_field,
                     absl::StrCat("got a price that times the quantity is beyond ",
                                  domain::kMaxAmountMinor, " minor units"));
  }
  RETURN_IF_ERROR(CheckNotNegative(line.line_discount_minor, field + ".line_discount_minor_units"));
  if (line.source_paid_minor) {
    RETURN_IF_ERROR(
        domain::ValidateAmount(*line.source_paid_minor, field + ".source_paid_minor_units"));
  }
  return absl::OkStatus();
}

absl::Status CheckLines(const domain::Order& order) {
  RETURN_IF_ERROR(domain::ValidateListSize(order.lines.size(), domain::kMaxLinesPerOrder, "lines"));
  std::set<std::string_view> ids;
  const auto is_negative = [](const domain::OrderLine& line) { return line.quantity < 0; };
  const bool is_return = order.goods_paid_minor < 0 ||
                         std::all_of(order.lines.begin(), order.lines.end(), is_negative);
  for (size_t i = 0; i < order.lines.size(); ++i) {
    const domain::OrderLine& line = order.lines[i];
    const std::string field = absl::StrCat("lines[", i, "]");
    RETURN_IF_ERROR(CheckLine(line, field));
    if (!ids.insert(line.id).second) {
      return MakeError(Reason::FIELD_INVALID, field + ".line_id",
                       "got an id twice, want each once in an order");
    }
    if (line.quantity < 0 && !is_return) {
      return MakeError(Reason::FIELD_OUT_OF_RANGE, field + ".quantity",
                       absl::StrCat("got ", line.quantity,
                                    ", want 0 or more: only a return without its order has "
                                    "negative quantities, on all lines"));
    }
    if (line.source_paid_minor.has_value() != order.lines[0].source_paid_minor.has_value()) {
      return MakeError(Reason::FIELD_INVALID, field + ".source_paid_minor_units",
                       "is given for some lines only, want it on all or on none");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRefunds(const domain::Order& order) {
  RETURN_IF_ERROR(
      domain::ValidateListSize(order.refunds.size(), domain::kMaxRefundsPerOrder, "refunds"));
  std::set<std::string_view> ids;
  for (size_t i = 0; i < order.refunds.size(); ++i) {
    const domain::Refund& refund = order.refunds[i];
    const std::string field = absl::StrCat("refunds[", i, "]");
    RETURN_IF_ERROR(domain::ValidateId(refund.id, field + ".refund_id"));
    if (!ids.insert(refund.id).second) {
      return MakeError(Reason::FIELD_INVALID, field + ".refund_id",
                       "got an id twice, want each once in an order");
    }
    if (refund.refunded_at) {
      RETURN_IF_ERROR(domain::ValidateInstant(*refund.refunded_at, field + ".refunded_at"));
    }
    RETURN_IF_ERROR(CheckNotNegative(refund.amount_minor, field + ".amount_minor_units"));
    if (!refund.line_id.empty()) {
      RETURN_IF_ERROR(domain::ValidateId(refund.line_id, field + ".line_id"));
    }
    RETURN_IF_ERROR(domain::ValidateRange(refund.returned_quantity, 0, domain::kMaxQuantity,
                                          field + ".returned_quantity"));
  }
  return absl::OkStatus();
}

absl::Status CheckReviews(const domain::Order& order) {
  RETURN_IF_ERROR(
      domain::ValidateListSize(order.reviews.size(), domain::kMaxReviewsPerOrder, "reviews"));
  std::set<std::string_view> ids;
  for (size_t i = 0; i < order.reviews.size(); ++i) {
    const std::string field = absl::StrCat("reviews[", i, "]");
    RETURN_IF_ERROR(ValidateReview(order.reviews[i], field));
    if (!ids.insert(order.reviews[i].id).second) {
      return MakeError(Reason::FIELD_INVALID, field + ".review_id",
                       "got an id twice, want each once in an order");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateOrder(const OrderInput& input) {
  const domain::Order& order = input.order;
  RETURN_IF_ERROR(domain::ValidateIdBytes(order.source, domain::kMaxSourceBytes, "source"));
  RETURN_IF_ERROR(domain::ValidateId(order.external_id, "external_id"));
  if (!input.member_id.empty()) RETURN_IF_ERROR(domain::ValidateId(input.member_id, "member_id"));
  RETURN_IF_ERROR(domain::ValidateListSize(input.identities.size(), domain::kMaxIdentitiesPerMember,
                                           "buyer_identities"));
  RETURN_IF_ERROR(CheckTimes(order));
  RETURN_IF_ERROR(domain::ValidateText(order.terminal, domain::kMaxTerminalBytes, "terminal"));
  RETURN_IF_ERROR(CheckNames(order.promotion_sources, domain::kMaxPromotionSourcesPerOrder,
                             domain::kMaxPromotionSourceBytes, "promotion_sources"));
  RETURN_IF_ERROR(CheckNames(order.coupon_ids, domain::kMaxCouponsPerOrder,
                             domain::kMaxCouponIdBytes, "coupon_ids"));
  RETURN_IF_ERROR(domain::ValidateText(order.logistics_company, domain::kMaxLogisticsBytes,
                                       "logistics_company"));
  RETURN_IF_ERROR(domain::ValidateAmount(order.goods_paid_minor, "goods_paid_minor_units"));
  RETURN_IF_ERROR(CheckNotNegative(order.freight_minor, "freight_minor_units"));
  RETURN_IF_ERROR(CheckNotNegative(order.platform_discount_minor, "platform_discount_minor_units"));
  if (order.address) RETURN_IF_ERROR(CheckAddress(*order.address));
  RETURN_IF_ERROR(CheckLines(order));
  RETURN_IF_ERROR(CheckRefunds(order));
  return CheckReviews(order);
}

absl::Status ValidateReview(const domain::Review& review, std::string_view field) {
  const std::string prefix(field);
  RETURN_IF_ERROR(domain::ValidateId(review.id, prefix + ".review_id"));
  RETURN_IF_ERROR(domain::ValidateInstant(review.reviewed_at, prefix + ".reviewed_at"));
  RETURN_IF_ERROR(domain::ValidateRange(review.rating, 0, domain::kMaxRating, prefix + ".rating"));
  return domain::ValidateText(review.text, domain::kMaxReviewTextBytes, prefix + ".text");
}

absl::Status ValidateProduct(const domain::Product& product) {
  constexpr auto kFolding = base::Folding::kNfkcCase;
  RETURN_IF_ERROR(domain::ValidateId(product.id, "product_id"));
  RETURN_IF_ERROR(
      domain::ValidateFoldedText(product.title, domain::kMaxTitleBytes, kFolding, "title"));
  RETURN_IF_ERROR(domain::ValidateFoldedText(product.category, domain::kMaxCategoryBytes, kFolding,
                                             "category"));
  RETURN_IF_ERROR(
      domain::ValidateFoldedText(product.brand, domain::kMaxBrandBytes, kFolding, "brand"));
  return domain::ValidateFoldedText(product.stage, domain::kMaxStageBytes, kFolding, "stage");
}

void CompleteOrder(domain::Order& order) {
  for (size_t i = 0; i < order.lines.size(); ++i) {
    if (order.lines[i].id.empty()) order.lines[i].id = absl::StrCat("#", i + 1);
  }
  if (order.source_updated_at == 0) {
    order.source_updated_at = order.created_at;
    for (const auto& time : {order.paid_at, order.final_paid_at, order.shipped_at,
                             order.received_at, order.finished_at, order.closed_at}) {
      if (time) order.source_updated_at = std::max(order.source_updated_at, *time);
    }
  }
  if (order.address && order.address->full_text.empty()) {
    domain::ReceiverAddress& address = *order.address;
    address.full_text =
        absl::StrCat(address.province, address.city, address.district, address.street);
  }
}

}  // namespace segmentation::usecase
