#include "server/domain/order_merge.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace segmentation::domain {
namespace {

template <typename T>
std::vector<const T*> SortedById(const std::vector<T>& items) {
  std::vector<const T*> sorted;
  for (const T& item : items) sorted.push_back(&item);
  std::sort(sorted.begin(), sorted.end(), [](const T* a, const T* b) { return a->id < b->id; });
  return sorted;
}

std::strong_ordering CompareLines(const OrderLine& a, const OrderLine& b) {
  const auto facts = [](const OrderLine& line) {
    return std::tie(line.id, line.product_id, line.sku, line.title, line.category, line.brand,
                    line.properties, line.quantity, line.unit_price_minor, line.line_discount_minor,
                    line.source_paid_minor, line.gift_flag);
  };
  return facts(a) <=> facts(b);
}

template <typename T, typename Compare>
std::strong_ordering CompareLists(const std::vector<T>& a, const std::vector<T>& b,
                                  Compare compare) {
  const std::vector<const T*> left = SortedById(a);
  const std::vector<const T*> right = SortedById(b);
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const std::strong_ordering order = compare(*left[i], *right[i]);
    if (order != 0) return order;
  }
  return left.size() <=> right.size();
}

std::strong_ordering CompareAddresses(const std::optional<ReceiverAddress>& a,
                                      const std::optional<ReceiverAddress>& b) {
  if (!a || !b) return a.has_value() <=> b.has_value();
  const auto facts = [](const ReceiverAddress& address) {
    return std::tie(address.province, address.city, address.district, address.street,
                    address.full_text);
  };
  return facts(*a) <=> facts(*b);
}

// Sources list these in no order of their own.
std::vector<std::string> Sorted(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  return values;
}

// Numbers the items of `items` that share an id with a stored one as it is numbered, the others on
// from the highest, by id; sorts by number.
template <typename T>
void Number(const std::vector<T>& stored, std::vector<T>& items) {
  uint32_t next = 1;
  for (const T& item : stored) next = std::max(next, item.number + 1);
  std::sort(items.begin(), items.end(), [](const T& a, const T& b) { return a.id < b.id; });
  for (T& item : items) {
    const auto known = std::find_if(stored.begin(), stored.end(),
                                    [&](const T& other) { return other.id == item.id; });
    item.number = known != stored.end() ? known->number : next++;
  }
  std::sort(items.begin(), items.end(), [](const T& a, const T& b) { return a.number < b.number; });
}

// Adds what `arriving` has and `items` has not, and puts the greater of two states in its place;
// whether anything changed.
template <typename T, typename Compare>
bool Unite(const std::vector<T>& arriving, Compare compare, std::vector<T>& items) {
  bool changed = false;
  for (const T& item : arriving) {
    const auto known = std::find_if(items.begin(), items.end(),
                                    [&](const T& other) { return other.id == item.id; });
    if (known == items.end()) {
      items.push_back(item);
      changed = true;
    } else if (compare(item, *known) > 0) {
      *known = item;
      changed = true;
    }
  }
  return changed;
}

}  // namespace

std::strong_ordering CompareFacts(const Order& a, const Order& b) {
  const auto facts = [](const Order& order) {
    return std::tie(order.source, order.external_id, order.status, order.created_at, order.paid_at,
                    order.final_paid_at, order.shipped_at, order.received_at, order.finished_at,
                    order.closed_at, order.presale, order.cash_on_delivery, order.receipt_automatic,
                    order.terminal, order.logistics_company, order.goods_paid_minor,
                    order.freight_minor, order.platform_discount_minor, order.store_no);
  };
  if (const auto order = facts(a) <=> facts(b); order != 0) return order;
  if (const auto order = Sorted(a.promotion_sources) <=> Sorted(b.promotion_sources); order != 0) {
    return order;
  }
  if (const auto order = Sorted(a.coupon_ids) <=> Sorted(b.coupon_ids); order != 0) return order;
  if (const auto order = CompareAddresses(a.address, b.address); order != 0) return order;
  return CompareLists(a.lines, b.lines, CompareLines);
}

bool SameFacts(const Order& a, const Order& b) {
  return a.source_updated_at == b.source_updated_at && CompareFacts(a, b) == 0 &&
         CompareLists(a.refunds, b.refunds, CompareRefunds) == 0 &&
         CompareLists(a.reviews, b.reviews, CompareReviews) == 0;
}

std::strong_ordering ComparePrecedence(const Order& a, std::string_view member_id_a, const Order& b,
                                       std::string_view member_id_b) {
  const auto rank = [](const Order& order) {
    return std::tuple(order.source_updated_at, order.status, order.lines.size(),
                      order.address.has_value());
  };
  if (const auto order = rank(a) <=> rank(b); order != 0) return order;
  if (const auto order = CompareFacts(a, b); order != 0) return order;
  return member_id_a <=> member_id_b;
}

std::strong_ordering CompareRefunds(const Refund& a, const Refund& b) {
  const auto facts = [](const Refund& refund) {
    return std::tie(refund.id, refund.status, refund.refunded_at, refund.amount_minor,
                    refund.returned_quantity, refund.kind, refund.line_id);
  };
  return facts(a) <=> facts(b);
}

std::strong_ordering CompareReviews(const Review& a, const Review& b) {
  const auto facts = [](const Review& review) {
    return std::tuple<const std::string&, base::InstantMs, bool, int32_t, const std::string&>(
        review.id, review.reviewed_at, !review.automatic, review.rating, review.text);
  };
  return facts(a) <=> facts(b);
}

OrderMerge MergeOrder(const Order& stored, std::string_view stored_member_id, const Order& arriving,
                      std::string_view arriving_member_id) {
  OrderMerge merge;
  merge.order = stored;
  merge.replaced = ComparePrecedence(arriving, arriving_member_id, stored, stored_member_id) > 0;
  if (merge.replaced) {
    Order order = arriving;
    order.number = stored.number;
    order.exclusion_reason = stored.exclusion_reason;
    order.stamp = stored.stamp;
    order.measure = stored.measure;
    order.refunds = stored.refunds;
    order.reviews = stored.reviews;
    Number(stored.lines, order.lines);
    merge.member_changed =
        order.member_no != stored.member_no || order.identity_no != stored.identity_no;
    merge.order = std::move(order);
  }
  const bool refunds_changed = Unite(arriving.refunds, CompareRefunds, merge.order.refunds);
  const bool reviews_changed = Unite(arriving.reviews, CompareReviews, merge.order.reviews);
  merge.changed = merge.replaced || refunds_changed || reviews_changed;
  if (refunds_changed) Number(stored.refunds, merge.order.refunds);
  if (reviews_changed) {
    std::sort(merge.order.reviews.begin(), merge.order.reviews.end(),
              [](const Review& a, const Review& b) { return a.id < b.id; });
  }
  return merge;
}

Order FirstSnapshot(const Order& arriving) {
  Order order = arriving;
  order.exclusion_reason.clear();
  order.measure = OrderMeasure();
  order.stamp = Stamp();
  Number({}, order.lines);
  Number({}, order.refunds);
  std::sort(order.reviews.begin(), order.reviews.end(),
            [](const Review& a, const Review& b) { return a.id < b.id; });
  return order;
}

}  // namespace segmentation::domain
