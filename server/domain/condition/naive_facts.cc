#include "server/domain/condition/naive_facts.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "server/base/calendar.h"
#include "server/base/text.h"
#include "server/domain/condition/property_number.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/order_policy.h"

namespace segmentation::domain::condition {
namespace {

void AddText(std::string_view text, TextFolding folding, Observations* values) {
  values->push_back(base::Fold(static_cast<base::Folding>(folding), text));
}

// Text that sources leave empty when they know nothing: absent (T03).
void AddGivenText(std::string_view text, TextFolding folding, Observations* values) {
  if (!text.empty()) AddText(text, folding, values);
}

Observations ObserveProfile(const AttributeReference& attribute, const Member& member) {
  Observations values;
  const auto found = member.attributes.find(attribute.number);
  if (found == member.attributes.end()) return values;
  for (const Value& value : found->second) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      AddText(*text, attribute.folding, &values);
    } else {
      values.push_back(Number(std::get<int64_t>(value)));
    }
  }
  return values;
}

Observations ObserveMemberRow(const AttributeReference& attribute, const Member& member) {
  Observations values;
  switch (attribute.number) {
    case kAttributeMemberId:
      AddText(member.id, attribute.folding, &values);
      break;
    case kAttributeCreatedAt:
      values.push_back(Number(member.stamp.created_at_ms));
      break;
    case kAttributeBlocked:
      values.push_back(Number(member.blocked ? 1 : 0));
      break;
    default:
      break;
  }
  return values;
}

Observations ObserveIdentities(const AttributeReference& attribute, const Member& member) {
  Observations values;
  for (const Identity& identity : member.identities) {
    if (attribute.number != kAttributeEmailDomain || identity.kind != IdentityKind::kEmail) {
      continue;
    }
    const size_t at = identity.value.rfind('@');
    if (at != std::string::npos) {
      AddText(std::string_view(identity.value).substr(at + 1), attribute.folding, &values);
    }
  }
  return values;
}

std::vector<const Order*> CountedOrders(std::span<const Order> orders, base::InstantMs as_of) {
  std::vector<const Order*> counted;
  for (const Order& order : orders) {
    if (IsCountedAt(order, as_of)) counted.push_back(&order);
  }
  return counted;
}

Observations ObserveShippingAddresses(const AttributeReference& attribute,
                                      std::span<const Order> orders, base::InstantMs as_of) {
  Observations values;
  for (const Order* order : CountedOrders(orders, as_of)) {
    if (!order->address) continue;
    const ReceiverAddress& address = *order->address;
    switch (attribute.number) {
      case kAttributeShippingAddress:
        AddGivenText(address.full_text, attribute.folding, &values);
        break;
      case kAttributeShippingProvince:
        AddGivenText(address.province, attribute.folding, &values);
        break;
      case kAttributeShippingCity:
        AddGivenText(address.city, attribute.folding, &values);
        break;
      default:
        break;
    }
  }
  return values;
}

// Net of the counted orders, and of the returns without an order (T97).
WideInteger AmountSpent(std::span<const Order> orders, base::InstantMs as_of) {
  WideInteger sum = 0;
  for (const Order& order : orders) {
    if (IsCountedAt(order, as_of) || IsReturnAt(order, as_of)) sum += NetAt(order, as_of);
  }
  return sum;
}

WideInteger NumberOfItems(std::span<const Order> orders, base::InstantMs as_of) {
  WideInteger sum = 0;
  for (const Order& order : orders) {
    if (!IsCountedAt(order, as_of) && !IsReturnAt(order, as_of)) continue;
    for (const OrderLine& line : order.lines) {
      if (!line.is_gift) sum += LineQuantityAt(order, line, as_of);
    }
  }
  return sum;
}

Observations ObserveOrders(OrderAggregate aggregate, std::span<const Order> orders,
                           const EvaluationContext& context) {
  const base::InstantMs as_of = context.as_of;
  const std::vector<const Order*> counted = CountedOrders(orders, as_of);
  const auto number_of_orders = static_cast<int64_t>(counted.size());
  switch (aggregate) {
    case OrderAggregate::kNone:
      return {};
    case OrderAggregate::kNumberOfOrders:
      return {Number(number_of_orders)};
    case OrderAggregate::kNumberOfPurchaseDays: {
      std::set<base::DayNumber> days;
      for (const Order* order : counted) {
        if (order->measure.order_at <= as_of) {
          days.insert(base::DayOf(order->measure.order_at, context.zone));
        }
      }
      return {Number(static_cast<int64_t>(days.size()))};
    }
    case OrderAggregate::kNumberOfItems:
      return {Number(NumberOfItems(orders, as_of))};
    case OrderAggregate::kAmountSpent:
      return {Number(AmountSpent(orders, as_of))};
    case OrderAggregate::kAverageOrderValue:
      if (counted.empty()) return {};  // T07
      return {Quotient{AmountSpent(orders, as_of), number_of_orders}};
    case OrderAggregate::kFirstOrderAt:
    case OrderAggregate::kLastOrderAt:
    case OrderAggregate::kDaysSinceLastOrder:
      break;
  }
  std::optional<base::InstantMs> first, last;
  for (const Order* order : counted) {
    const base::InstantMs date = order->measure.order_at;
    if (date > as_of) continue;  // T24: some policies count an order before the day that dates it
    if (!first || date < *first) first = date;
    if (!last || date > *last) last = date;
  }
  if (!first) return {};  // T06, T07
  if (aggregate == OrderAggregate::kFirstOrderAt) return {Number(*first)};
  if (aggregate == OrderAggregate::kLastOrderAt) return {Number(*last)};
  return {Number(base::DayOf(as_of, context.zone) - base::DayOf(*last, context.zone))};
}

void AddInstant(const std::optional<base::InstantMs>& instant, base::InstantMs as_of,
                Observations* values) {
  if (instant && *instant <= as_of) values->push_back(Number(*instant));  // T24
}

// Goods money given back up to as-of.
WideInteger RefundedAt(const Order& order, base::InstantMs as_of) {
  WideInteger sum = 0;
  for (const Refund& refund : order.refunds) {
    if (refund.effective_at > as_of) continue;
    for (const RefundPart& part : refund.parts) sum += part.amount_minor;
  }
  return sum;
}

Observations ObserveOrderField(RowField field, const Order& order, base::InstantMs as_of) {
  const TextFolding folding = InfoOf(field).folding;
  Observations values;
  switch (field) {
    case RowField::kDate:
      AddInstant(DateAt(order, as_of), as_of, &values);
      break;
    case RowField::kCreatedAt:
      AddInstant(order.created_at, as_of, &values);
      break;
    case RowField::kPaidAt:
      AddInstant(order.paid_at, as_of, &values);
      break;
    case RowField::kShippedAt:
      AddInstant(order.shipped_at, as_of, &values);
      break;
    case RowField::kReceivedAt:
      AddInstant(order.received_at, as_of, &values);
      break;
    case RowField::kFinishedAt:
      AddInstant(order.finished_at, as_of, &values);
      break;
    case RowField::kStatus:
      values.push_back(Number(static_cast<int64_t>(StatusAt(order, as_of))));
      break;
    case RowField::kStore:
      if (order.store_no != 0) values.push_back(Number(order.store_no));
      break;
    case RowField::kSource:
      AddText(order.source, folding, &values);
      break;
    case RowField::kTerminal:
      AddGivenText(order.terminal, folding, &values);
      break;
    case RowField::kPromotionSource:
      for (const std::string& source : order.promotion_sources) AddText(source, folding, &values);
      break;
    case RowField::kCoupon:
      for (const std::string& coupon : order.coupon_ids) AddText(coupon, folding, &values);
      break;
    case RowField::kLogisticsCompany:
      AddGivenText(order.logistics_company, folding, &values);
      break;
    case RowField::kPresale:
      values.push_back(Number(order.presale ? 1 : 0));
      break;
    case RowField::kCashOnDelivery:
      values.push_back(Number(order.cash_on_delivery ? 1 : 0));
      break;
    case RowField::kReceiptAutomatic:
      values.push_back(Number(order.receipt_automatic ? 1 : 0));
      break;
    case RowField::kAmount:
      values.push_back(Number(NetAt(order, as_of)));
      break;
    case RowField::kFreight:
      values.push_back(Number(order.freight_minor));
      break;
    case RowField::kRefundedAmount:
      values.push_back(Number(RefundedAt(order, as_of)));
      break;
    case RowField::kRating:
      for (const Review& review : order.reviews) {
        if (review.reviewed_at <= as_of && review.rating != 0) {
          values.push_back(Number(review.rating));
        }
      }
      break;
    case RowField::kReviewText:
      for (const Review& review : order.reviews) {
        if (review.reviewed_at <= as_of) AddGivenText(review.text, folding, &values);
      }
      break;
    case RowField::kShippingCity:
      if (order.address) AddGivenText(order.address->city, folding, &values);
      break;
    case RowField::kShippingProvince:
      if (order.address) AddGivenText(order.address->province, folding, &values);
      break;
    case RowField::kShippingAddress:
      if (order.address) AddGivenText(order.address->full_text, folding, &values);
      break;
    default:
      break;  // fields of a line
  }
  return values;
}

Observations ObserveProperty(const BoundRowTerm& term, const OrderLine& line) {
  const bool as_number = std::holds_alternative<NumberRange>(term.predicate.test) ||
                         std::holds_alternative<NumberSet>(term.predicate.test);
  Observations values;
  for (const auto& [name, value] : line.properties) {
    if (base::FoldNfkcCase(name) != term.property) continue;
    if (!as_number) {
      AddText(value, InfoOf(RowField::kProperty).folding, &values);
    } else if (const std::optional<int64_t> number = PropertyNumber(value)) {
      values.push_back(Number(*number));
    }
  }
  return values;
}

Observations ObserveLineField(const BoundRowTerm& term, const Order& order, const OrderLine& line,
                              base::InstantMs as_of) {
  const TextFolding folding = InfoOf(term.field).folding;
  Observations values;
  switch (term.field) {
    case RowField::kProductId:
      AddGivenText(line.product_id, folding, &values);
      break;
    case RowField::kSku:
      AddGivenText(line.sku, folding, &values);
      break;
    case RowField::kTitle:
      AddGivenText(line.title, folding, &values);
      break;
    case RowField::kCategory:
      AddGivenText(line.category, folding, &values);
      break;
    case RowField::kBrand:
      AddGivenText(line.brand, folding, &values);
      break;
    case RowField::kProperty:
      return ObserveProperty(term, line);
    case RowField::kQuantity:
      values.push_back(Number(line.quantity));
      break;
    case RowField::kUnitPrice:
      values.push_back(Number(line.unit_price_minor));
      break;
    case RowField::kAmount:  // of the row, which is the line
    case RowField::kLineAmount:
      values.push_back(Number(LineNetAt(order, line, as_of)));
      break;
    case RowField::kIsGift:
      values.push_back(Number(line.is_gift ? 1 : 0));
      break;
    default:
      break;  // fields of the order
  }
  return values;
}

bool LinePasses(const BoundOrderClause& clause, const Order& order, const OrderLine& line,
                const EvaluationContext& context) {
  if (line.is_gift && !clause.gift_lines) return false;
  return std::all_of(
      clause.line_terms.begin(), clause.line_terms.end(), [&](const BoundRowTerm& term) {
        return Passes(ObserveLineField(term, order, line, context.as_of), term.predicate, context);
      });
}

bool OrderPasses(const BoundOrderClause& clause, const Order& order,
                 const EvaluationContext& context) {
  return std::all_of(
      clause.order_terms.begin(), clause.order_terms.end(), [&](const BoundRowTerm& term) {
        return Passes(ObserveOrderField(term.field, order, context.as_of), term.predicate, context);
      });
}

// One row of a clause: an order, or a line of it.
struct ClauseRow {
  const Order* order;
  WideInteger net;
  WideInteger quantity;
  bool is_return;  // takes from the sums, is never a row that is counted (T97)
};

std::vector<ClauseRow> RowsOf(const BoundOrderClause& clause, std::span<const Order> orders,
                              const EvaluationContext& context) {
  const base::InstantMs as_of = context.as_of;
  std::vector<ClauseRow> rows;
  for (const Order& order : orders) {
    const bool is_return = IsReturnAt(order, as_of);
    const bool is_order =
        order.measure.reason != NotCountedReason::kReturnOnly &&
        (clause.all_orders ? order.created_at <= as_of : IsCountedAt(order, as_of));
    if ((!is_return && !is_order) || !OrderPasses(clause, order, context)) continue;
    if (clause.source == OrderSource::kProductsPurchased) {
      for (const OrderLine& line : order.lines) {
        if (!LinePasses(clause, order, line, context)) continue;
        rows.push_back(
            {&order, LineNetAt(order, line, as_of), LineQuantityAt(order, line, as_of), is_return});
      }
    } else if (clause.line_terms.empty() ||
               std::any_of(order.lines.begin(), order.lines.end(), [&](const OrderLine& line) {
                 return LinePasses(clause, order, line, context);
               })) {
      rows.push_back({&order, NetAt(order, as_of), 0, is_return});
    }
  }
  return rows;
}

Observations ObserveAggregate(RowAggregate aggregate, const std::vector<ClauseRow>& rows,
                              base::InstantMs as_of) {
  WideInteger sum_amount = 0, sum_quantity = 0;
  int64_t row_count = 0;
  std::set<OrderNo> order_nos;
  std::optional<WideInteger> least, greatest;
  std::optional<base::InstantMs> first, last;
  for (const ClauseRow& row : rows) {
    sum_amount += row.net;
    sum_quantity += row.quantity;
    if (row.is_return) continue;
    ++row_count;
    order_nos.insert(row.order->number);
    if (!least || row.net < *least) least = row.net;
    if (!greatest || row.net > *greatest) greatest = row.net;
    const std::optional<base::InstantMs> date = DateAt(*row.order, as_of);
    if (date && (!first || *date < *first)) first = date;
    if (date && (!last || *date > *last)) last = date;
  }
  const auto present = [](const auto& value) {
    return value ? Observations{Number(*value)} : Observations{};
  };
  switch (aggregate) {  // over no rows: T07
    case RowAggregate::kCount:
      return {Number(static_cast<int64_t>(order_nos.size()))};
    case RowAggregate::kCountLines:
      return {Number(row_count)};
    case RowAggregate::kSumQuantity:
      return {Number(sum_quantity)};
    case RowAggregate::kSumAmount:
      return {Number(sum_amount)};
    case RowAggregate::kAvgAmount:
      if (row_count == 0) return {};
      return {Quotient{sum_amount, row_count}};
    case RowAggregate::kMinAmount:
      return present(least);
    case RowAggregate::kMaxAmount:
      return present(greatest);
    case RowAggregate::kFirstDate:
      return present(first);
    case RowAggregate::kLastDate:
      return present(last);
  }
  return {};
}

}  // namespace

std::optional<base::InstantMs> DateAt(const Order& order, base::InstantMs as_of) {
  if (order.measure.order_at <= as_of) return order.measure.order_at;
  if (order.created_at <= as_of) return order.created_at;
  return std::nullopt;
}

OrderStatus StatusAt(const Order& order, base::InstantMs as_of) {
  // When each status was reached; a presale is paid with its final payment, or with its only one
  // unless the order was closed after it: that one was a deposit.
  const auto reached_at = [&](OrderStatus status) -> std::optional<base::InstantMs> {
    switch (status) {
      case OrderStatus::kUnpaid:
        return order.created_at;
      case OrderStatus::kDepositPaid:
        return order.presale ? order.paid_at : std::nullopt;
      case OrderStatus::kPaid:
        if (!order.presale) return order.paid_at;
        if (order.final_paid_at || order.status == OrderStatus::kClosed) return order.final_paid_at;
        return order.paid_at;
      case OrderStatus::kShipped:
        return order.shipped_at;
      case OrderStatus::kReceived:
        return order.received_at;
      case OrderStatus::kFinished:
        return order.finished_at;
      case OrderStatus::kClosed:
        return order.closed_at;
    }
    return std::nullopt;
  };
  const std::optional<base::InstantMs> last_change = reached_at(order.status);
  if (!last_change || *last_change <= as_of) return order.status;
  for (int rank = static_cast<int>(order.status) - 1; rank > static_cast<int>(OrderStatus::kUnpaid);
       --rank) {
    const auto earlier = static_cast<OrderStatus>(rank);
    const std::optional<base::InstantMs> at = reached_at(earlier);
    if (at && *at <= as_of) return earlier;
  }
  return OrderStatus::kUnpaid;
}

Observations ObserveAttribute(const AttributeReference& attribute, const MemberFacts& facts,
                              const EvaluationContext& context) {
  switch (attribute.source) {
    case AttributeSource::kProfile:
      return ObserveProfile(attribute, facts.member);
    case AttributeSource::kMemberRow:
      return ObserveMemberRow(attribute, facts.member);
    case AttributeSource::kOrders:
      return ObserveOrders(attribute.aggregate, facts.orders, context);
    case AttributeSource::kIdentity:
      return ObserveIdentities(attribute, facts.member);
    case AttributeSource::kShippingAddress:
      return ObserveShippingAddresses(attribute, facts.orders, context.as_of);
  }
  return {};
}

Observations ObserveClause(const BoundOrderClause& clause, RowAggregate aggregate,
                           std::span<const Order> orders, const EvaluationContext& context) {
  return ObserveAggregate(aggregate, RowsOf(clause, orders, context), context.as_of);
}

bool MatchesClause(const BoundOrderClause& clause, std::span<const Order> orders,
                   const EvaluationContext& context) {
  const std::vector<ClauseRow> rows = RowsOf(clause, orders, context);
  return std::all_of(clause.aggregates.begin(), clause.aggregates.end(),
                     [&](const BoundAggregateTerm& term) {
                       return Passes(ObserveAggregate(term.aggregate, rows, context.as_of),
                                     term.predicate, context);
                     });
}

}  // namespace segmentation::domain::condition
