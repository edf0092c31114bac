// The orders of 256 members, member by member: what order clauses and attributes of orders read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "server/audience/fact_texts.h"
#include "server/audience/packed_array.h"
#include "server/base/clock.h"
#include "server/domain/order.h"

namespace segmentation::audience {

// Built once from whole orders and never edited. Places of orders, lines, refund parts and reviews
// count through the page.
class OrderPage {
 public:
  using Places = std::pair<size_t, size_t>;  // [first, last)

  // What becomes of a row. Orders as the policy measured them.
  struct RowEdit {
    bool replaces = false;  // nothing of the row stays
    // In place of what was there under the number; nothing: the order is gone.
    std::map<domain::OrderNo, std::optional<domain::Order>> orders;
  };
  using Edits = std::map<uint32_t, RowEdit>;

  OrderPage() = default;
  // The page with the edits made; other rows, and orders that no edit names, stay.
  OrderPage With(const Edits& edits, FactTexts& texts) const;

  bool empty() const { return order_count_ == 0; }

  // From this instant on every fact of the page has happened: whether orders count, what was
  // refunded. INT64_MIN without orders.
  base::InstantMs settled_at() const { return settled_at_; }
  // Whether it counts once everything has happened.
  bool CountsInTheEnd(size_t order) const {
    return counted_from_.Has(order) && !counted_until_.Has(order);
  }
  // Every order counts in the end, and none is a return.
  bool all_count() const { return all_count_; }
  bool has_gifts() const { return has_gifts_; }
  // What the page adds up to does not fit into columns: it is always read.
  void NeverSettle() { settled_at_ = INT64_MAX; }
  bool never_settles() const { return settled_at_ == INT64_MAX; }
  domain::OrderNo number(size_t order) const {
    return static_cast<domain::OrderNo>(numbers_.Value(order));
  }
  Places OrdersOf(uint32_t row) const { return Between(order_ends_, row, order_count_); }
  Places LinesOf(size_t order) const { return Between(line_ends_, order, line_count_); }
  Places PartsOf(size_t order) const { return Between(part_ends_, order, part_count_); }
  Places ReviewsOf(size_t order) const { return Between(review_ends_, order, review_count_); }

  TextNo kind(size_t order) const { return static_cast<TextNo>(kinds_.Value(order)); }
  TextNo coupons(size_t order) const { return static_cast<TextNo>(coupons_.Value(order)); }
  TextNo place(size_t order) const { return static_cast<TextNo>(places_.Value(order)); }
  base::InstantMs created_at(size_t order) const { return created_at_.Value(order); }
  base::InstantMs order_at(size_t order) const {
    return created_at(order) + order_at_.Value(order);
  }
  base::DayNumber order_day(size_t order) const {
    return static_cast<base::DayNumber>(order_days_.Value(order));
  }
  bool IsCountedAt(size_t order, base::InstantMs t) const {
    return counted_from_.Has(order) && order_at(order) + counted_from_.Value(order) <= t &&
           (!counted_until_.Has(order) || t < order_at(order) + counted_until_.Value(order));
  }
  // A return without its order (T97).
  bool is_return(size_t order) const { return returns_.Value(order) != 0; }
  std::optional<base::InstantMs> paid_at(size_t order) const { return Later(order, paid_at_); }
  std::optional<base::InstantMs> shipped_at(size_t order) const {
    return Later(order, shipped_at_);
  }
  std::optional<base::InstantMs> received_at(size_t order) const {
    return Later(order, received_at_);
  }
  std::optional<base::InstantMs> finished_at(size_t order) const {
    return Later(order, finished_at_);
  }
  int64_t freight_minor(size_t order) const { return freight_.Value(order); }

  // As known at an instant.
  domain::OrderStatus StatusAt(size_t order, base::InstantMs t, bool presale) const;
  std::optional<base::InstantMs> DateAt(size_t order, base::InstantMs t) const;
  int64_t RefundedAt(size_t order, base::InstantMs t) const;
  int64_t NetAt(size_t order, base::InstantMs t) const {
    return paid_.Value(order) - RefundedAt(order, t);
  }

  TextNo item(size_t line) const { return static_cast<TextNo>(items_.Value(line)); }
  int64_t quantity(size_t line) const { return quantities_.Value(line); }
  int64_t unit_price_minor(size_t line) const { return unit_prices_.Value(line); }
  bool is_gift(size_t line) const { return gifts_.Value(line) != 0; }
  int64_t LineNetAt(size_t order, size_t line, base::InstantMs t) const;
  int64_t LineQuantityAt(size_t order, size_t line, base::InstantMs t) const;

  base::InstantMs reviewed_at(size_t review) const { return reviewed_at_.Value(review); }
  int64_t rating(size_t review) const { return ratings_.Value(review); }  // 0: none
  TextNo review_text(size_t review) const {
    return static_cast<TextNo>(review_texts_.Value(review));
  }

  // The first instant after `t` at which a fact of a row, or of any row, happens; INT64_MAX: none.
  base::InstantMs NextInstantOf(uint32_t row, base::InstantMs t) const;
  base::InstantMs NextInstant(base::InstantMs t) const;

  size_t bytes() const;

 private:
  struct Columns;
  // Calls visit(instant) for every fact of the orders.
  template <typename Visit>
  void ForEachInstant(Places orders, const Visit& visit) const;
  explicit OrderPage(const Columns& columns);

  static Places Between(const PackedArray& ends, size_t i, size_t count) {
    if (count == 0) return {0, 0};
    return {i == 0 ? 0 : static_cast<size_t>(ends.Value(i - 1)),
            static_cast<size_t>(ends.Value(i))};
  }
  std::optional<base::InstantMs> Later(size_t order, const PackedArray& times) const {
    return times.Has(order) ? std::optional(created_at(order) + times.Value(order)) : std::nullopt;
  }

  size_t order_count_ = 0, line_count_ = 0, part_count_ = 0, review_count_ = 0;
  base::InstantMs settled_at_ = INT64_MIN;
  base::InstantMs last_instant_ = INT64_MIN;  // of any fact, reviews and shipping too
  bool all_count_ = true;
  bool has_gifts_ = false;
  PackedArray order_ends_;
  // Of orders, by number in their row. Times are kept as their distance from an earlier one, which
  // is short or always the same: most others from created_at, counted_* from order_at.
  PackedArray numbers_, kinds_, coupons_, places_, created_at_, order_at_, order_days_,
      counted_from_, counted_until_, returns_, statuses_, paid_at_, final_paid_at_, shipped_at_,
      received_at_, finished_at_, closed_at_, paid_, freight_, line_ends_, part_ends_, review_ends_;
  PackedArray items_, quantities_, unit_prices_, line_paid_, gifts_;
  // Of refund parts: the line's place in its order, or -1.
  PackedArray part_lines_, part_at_, part_amounts_, part_quantities_;
  PackedArray reviewed_at_, ratings_, review_texts_;
};

}  // namespace segmentation::audience
