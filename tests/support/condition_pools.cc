// CollectPools: the values that members and orders really have.
#include <optional>
#include <utility>

#include "server/domain/condition/property_number.h"
#include "server/domain/order_policy.h"
#include "tests/support/condition_generator.h"

namespace segmentation::testing_support {

using domain::Order;
using domain::Value;
using domain::condition::RowAggregate;
using domain::condition::RowField;

namespace {

void AddText(const std::string& text, std::vector<Value>* pool) {
  if (!text.empty()) pool->emplace_back(text);
}

void AddTime(const std::optional<base::InstantMs>& time, std::vector<Value>* pool) {
  if (time) pool->emplace_back(*time);
}

class PoolCollector {
 public:
  void Add(const domain::Member& member) {
    for (const auto& [number, values] : member.attributes) {
      auto& pool = pools_.attributes[number];
      pool.insert(pool.end(), values.begin(), values.end());
    }
    pools_.attributes[domain::kAttributeMemberId].emplace_back(member.id);
    pools_.attributes[domain::kAttributeCreatedAt].emplace_back(member.stamp.created_at_ms);
    for (const domain::Identity& identity : member.identities) {
      const size_t at = identity.value.find('@');
      if (identity.kind == domain::IdentityKind::kEmail && at != std::string::npos) {
        pools_.attributes[domain::kAttributeEmailDomain].emplace_back(
            identity.value.substr(at + 1));
      }
    }
    for (const domain::TagAssignment& tag : member.tags) {
      pools_.tagged_at.emplace_back(tag.assigned_at_ms);
      if (tag.number) tag_numbers_.emplace_back(tag.tag_no, *tag.number);
    }
  }

  void Add(const Order& order) {
    AddOrderFields(order);
    for (const domain::OrderLine& line : order.lines) AddLine(order, line);
    auto& totals = totals_[order.member_no];
    if (order.measure.reason != domain::NotCountedReason::kNone) return;
    ++totals.orders;
    totals.net += NetOf(order);
    if (!totals.first || order.measure.order_at < *totals.first) {
      totals.first = order.measure.order_at;
    }
    if (!totals.last || order.measure.order_at > *totals.last) totals.last = order.measure.order_at;
  }

  ValuePools Take() {
    for (const auto& [member_no, totals] : totals_) AddTotals(totals);
    for (int64_t count : {0, 1, 2, 3, 4}) {
      pools_.aggregates[RowAggregate::kCount].emplace_back(count);
      pools_.aggregates[RowAggregate::kCountLines].emplace_back(count);
      pools_.aggregates[RowAggregate::kSumQuantity].emplace_back(count + 1);
    }
    return std::move(pools_);
  }

  const std::vector<std::pair<domain::TagNo, int64_t>>& tag_numbers() const { return tag_numbers_; }

 private:
  struct Totals {
    int64_t orders = 0;
    int64_t net = 0;
    std::optional<base::InstantMs> first, last;
  };

  static int64_t NetOf(const Order& order) {
    return order.measure.paid_minor - order.measure.goods_refunded_minor;
  }

  std::vector<Value>* Row(RowField field) { return &pools_.rows[field]; }
  std::vector<Value>* Of(domain::AttributeNo number) { return &pools_.attributes[number]; }

  void AddOrderFields(const Order& order) {
    AddTime(order.measure.order_at, Row(RowField::kDate));
    AddTime(order.created_at, Row(RowField::kCreatedAt));
    AddTime(order.paid_at, Row(RowField::kPaidAt));
    AddTime(order.shipped_at, Row(RowField::kShippedAt));
    AddTime(order.received_at, Row(RowField::kReceivedAt));
    AddTime(order.finished_at, Row(RowField::kFinishedAt));
    AddText(order.source, Row(RowField::kSource));
    AddText(order.terminal, Row(RowField::kTerminal));
    for (const auto& source : order.promotion_sources) {
      AddText(source, Row(RowField::kPromotionSource));
    }
    for (const auto& coupon : order.coupon_ids) AddText(coupon, Row(RowField::kCoupon));
    AddText(order.logistics_company, Row(RowField::kLogisticsCompany));
    Row(RowField::kFreight)->emplace_back(order.freight_minor);
    Row(RowField::kRefundedAmount)->emplace_back(order.measure.goods_refunded_minor);
    Row(RowField::kAmount)->emplace_back(NetOf(order));
    for (RowAggregate aggregate : {RowAggregate::kSumAmount, RowAggregate::kAvgAmount,
                                   RowAggregate::kMinAmount, RowAggregate::kMaxAmount}) {
      pools_.aggregates[aggregate].emplace_back(NetOf(order));
    }
    AddTime(order.measure.order_at, &pools_.aggregates[RowAggregate::kFirstDate]);
    AddTime(order.measure.order_at, &pools_.aggregates[RowAggregate::kLastDate]);
    for (const domain::Review& review : order.reviews) {
      if (review.rating != 0) Row(RowField::kRating)->emplace_back(int64_t{review.rating});
      AddText(review.text, Row(RowField::kReviewText));
    }
    if (!order.address) return;
    AddText(order.address->city, Row(RowField::kShippingCity));
    AddText(order.address->province, Row(RowField::kShippingProvince));
    AddText(order.address->full_text, Row(RowField::kShippingAddress));
    AddText(order.address->city, Of(domain::kAttributeShippingCity));
    AddText(order.address->province, Of(domain::kAttributeShippingProvince));
    AddText(order.address->full_text, Of(domain::kAttributeShippingAddress));
  }

  void AddLine(const Order&, const domain::OrderLine& line) {
    AddText(line.product_id, Row(RowField::kProductId));
    AddText(line.sku, Row(RowField::kSku));
    AddText(line.title, Row(RowField::kTitle));
    AddText(line.category, Row(RowField::kCategory));
    AddText(line.brand, Row(RowField::kBrand));
    for (const auto& [name, text] : line.properties) {
      AddText(text, &pools_.properties[name]);
      const auto number = domain::condition::PropertyNumber(text);
      if (number) pools_.property_numbers[name].emplace_back(*number);
    }
    Row(RowField::kQuantity)->emplace_back(line.quantity);
    Row(RowField::kUnitPrice)->emplace_back(line.unit_price_minor);
    Row(RowField::kLineAmount)->emplace_back(line.paid_minor);
  }

  void AddTotals(const Totals& totals) {
    Of(domain::kAttributeNumberOfOrders)->emplace_back(totals.orders);
    Of(domain::kAttributeNumberOfPurchaseDays)->emplace_back(totals.orders);
    Of(domain::kAttributeNumberOfItems)->emplace_back(totals.orders * 2);
    Of(domain::kAttributeAmountSpent)->emplace_back(totals.net);
    pools_.aggregates[RowAggregate::kSumAmount].emplace_back(totals.net);
    if (totals.orders == 0) return;
    Of(domain::kAttributeAverageOrderValue)->emplace_back(totals.net / totals.orders);
    AddTime(totals.first, Of(domain::kAttributeFirstOrderAt));
    AddTime(totals.last, Of(domain::kAttributeLastOrderAt));
  }

  ValuePools pools_;
  std::map<domain::MemberNo, Totals> totals_;
  std::vector<std::pair<domain::TagNo, int64_t>> tag_numbers_;
};

}  // namespace

ValuePools CollectPools(const domain::ShopDefinitions& definitions,
                        std::span<const domain::Member> members,
                        std::span<const domain::Order> orders) {
  PoolCollector collector;
  for (const domain::Member& member : members) collector.Add(member);
  for (const Order& order : orders) collector.Add(order);
  ValuePools pools = collector.Take();
  for (const auto& [tag_no, number] : collector.tag_numbers()) {
    const auto tag = definitions.tags.find(tag_no);
    if (tag != definitions.tags.end()) {
      pools.tag_numbers[tag->second.category_no].emplace_back(number);
    }
  }
  return pools;
}

}  // namespace segmentation::testing_support
