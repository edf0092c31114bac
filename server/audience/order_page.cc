#include "server/audience/order_page.h"

#include <algorithm>
#include <span>

#include "server/audience/tag_page.h"
#include "server/base/planted_fault.h"

namespace segmentation::audience {
namespace {

using domain::Order;
using domain::OrderStatus;

using Numbers = std::vector<int64_t>;
using OptionalNumbers = std::vector<std::optional<int64_t>>;

PackedArray Pack(const Numbers& numbers) { return PackedArray(std::span<const int64_t>(numbers)); }
PackedArray Pack(const OptionalNumbers& numbers) {
  return PackedArray(std::span<const std::optional<int64_t>>(numbers));
}

std::optional<int64_t> Since(const std::optional<base::InstantMs>& time, base::InstantMs begin) {
  return time ? std::optional(*time - begin) : std::nullopt;
}

std::optional<int64_t> SinceUnlessNever(base::InstantMs time, base::InstantMs begin) {
  return time == domain::kNever ? std::nullopt : std::optional(time - begin);
}

}  // namespace

// The columns of a page while they grow.
struct OrderPage::Columns {
  Numbers order_ends;
  Numbers numbers, kinds, coupons, places, created_at, order_at, order_days, returns, statuses,
      paid, freight, line_ends, part_ends, review_ends;
  OptionalNumbers counted_from, counted_until, paid_at, final_paid_at, shipped_at, received_at,
      finished_at, closed_at;
  Numbers items, quantities, unit_prices, line_paid, gifts;
  Numbers part_lines, part_at, part_amounts, part_quantities;
  Numbers reviewed_at, ratings, review_texts;

  void EndRow() { order_ends.push_back(static_cast<int64_t>(kinds.size())); }

  // An order of another page, as it stands there.
  void Add(const OrderPage& page, size_t order) {
    numbers.push_back(page.numbers_.Value(order));
    kinds.push_back(page.kinds_.Value(order));
    coupons.push_back(page.coupons_.Value(order));
    places.push_back(page.places_.Value(order));
    created_at.push_back(page.created_at_.Value(order));
    order_at.push_back(page.order_at_.Value(order));
    order_days.push_back(page.order_days_.Value(order));
    counted_from.push_back(page.counted_from_.Get(order));
    counted_until.push_back(page.counted_until_.Get(order));
    returns.push_back(page.returns_.Value(order));
    statuses.push_back(page.statuses_.Value(order));
    paid_at.push_back(page.paid_at_.Get(order));
    final_paid_at.push_back(page.final_paid_at_.Get(order));
    shipped_at.push_back(page.shipped_at_.Get(order));
    received_at.push_back(page.received_at_.Get(order));
    finished_at.push_back(page.finished_at_.Get(order));
    closed_at.push_back(page.closed_at_.Get(order));
    paid.push_back(page.paid_.Value(order));
    freight.push_back(page.freight_.Value(order));
    const auto [first_line, last_line] = page.LinesOf(order);
    for (size_t line = first_line; line < last_line; ++line) {
      items.push_back(page.items_.Value(line));
      quantities.push_back(page.quantities_.Value(line));
      unit_prices.push_back(page.unit_prices_.Value(line));
      line_paid.push_back(page.line_paid_.Value(line));
      gifts.push_back(page.gifts_.Value(line));
    }
    const auto [first_part, last_part] = page.PartsOf(order);
    for (size_t part = first_part; part < last_part; ++part) {
      part_lines.push_back(page.part_lines_.Value(part));
      part_at.push_back(page.part_at_.Value(part));
      part_amounts.push_back(page.part_amounts_.Value(part));
      part_quantities.push_back(page.part_quantities_.Value(part));
    }
    const auto [first_review, last_review] = page.ReviewsOf(order);
    for (size_t review = first_review; review < last_review; ++review) {
      reviewed_at.push_back(page.reviewed_at_.Value(review));
      ratings.push_back(page.ratings_.Value(review));
      review_texts.push_back(page.review_texts_.Value(review));
    }
    EndOrder();
  }

  void Add(const Order& order, FactTexts& texts) {
    const domain::OrderMeasure& measure = order.measure;
    numbers.push_back(order.number);
    kinds.push_back(texts.KindOf(order));
    coupons.push_back(texts.CouponsOf(order));
    places.push_back(texts.PlaceOf(order));
    created_at.push_back(order.created_at);
    order_at.push_back(measure.order_at - order.created_at);
    order_days.push_back(measure.order_day);
    counted_from.push_back(SinceUnlessNever(measure.counted_from, measure.order_at));
    counted_until.push_back(SinceUnlessNever(measure.counted_until, measure.order_at));
    returns.push_back(measure.reason == domain::NotCountedReason::kReturnOnly ? 1 : 0);
    statuses.push_back(static_cast<int64_t>(order.status));
    paid_at.push_back(Since(order.paid_at, order.created_at));
    final_paid_at.push_back(Since(order.final_paid_at, order.created_at));
    shipped_at.push_back(Since(order.shipped_at, order.created_at));
    received_at.push_back(Since(order.received_at, order.created_at));
    finished_at.push_back(Since(order.finished_at, order.created_at));
    closed_at.push_back(Since(order.closed_at, order.created_at));
    paid.push_back(measure.paid_minor);
    freight.push_back(order.freight_minor);
    for (const domain::OrderLine& line : order.lines) AddLine(line, texts);
    for (const domain::Refund& refund : order.refunds) AddParts(order, refund);
    for (const domain::Review& review : order.reviews) {
      reviewed_at.push_back(review.reviewed_at);
      ratings.push_back(review.rating);
      review_texts.push_back(texts.ReviewTextOf(review));
    }
    EndOrder();
  }

 private:
  void EndOrder() {
    line_ends.push_back(static_cast<int64_t>(items.size()));
    part_ends.push_back(static_cast<int64_t>(part_lines.size()));
    review_ends.push_back(static_cast<int64_t>(ratings.size()));
  }

  void AddLine(const domain::OrderLine& line, FactTexts& texts) {
    items.push_back(texts.ItemOf(line));
    quantities.push_back(line.quantity);
    unit_prices.push_back(line.unit_price_minor);
    line_paid.push_back(line.paid_minor);
    gifts.push_back(line.is_gift ? 1 : 0);
  }

  void AddParts(const Order& order, const domain::Refund& refund) {
    for (const domain::RefundPart& part : refund.parts) {
      const auto line = std::find_if(order.lines.begin(), order.lines.end(),
                                     [&](const auto& one) { return one.number == part.line_no; });
      part_lines.push_back(line == order.lines.end() ? -1 : line - order.lines.begin());
      part_at.push_back(refund.effective_at);
      part_amounts.push_back(part.amount_minor);
      part_quantities.push_back(part.returned_quantity);
    }
  }
};

OrderPage OrderPage::With(const Edits& edits, FactTexts& texts) const {
  static const RowEdit kNothing;
  Columns columns;
  for (uint32_t row = 0; row < kFactRows; ++row) {
    const auto found = edits.find(row);
    const RowEdit& edit = found == edits.end() ? kNothing : found->second;
    const auto [first, last] = edit.replaces ? Places{0, 0} : OrdersOf(row);
    auto given = edit.orders.begin();
    const auto add_given = [&] {
      if (given->second) columns.Add(*given->second, texts);
      ++given;
    };
    for (size_t order = first; order < last; ++order) {
      while (given != edit.orders.end() && given->first < number(order)) add_given();
      if (given != edit.orders.end() && given->first == number(order)) continue;
      columns.Add(*this, order);
    }
    while (given != edit.orders.end()) add_given();
    columns.EndRow();
  }
  return OrderPage(columns);
}

template <typename Visit>
void OrderPage::ForEachInstant(Places orders, const Visit& visit) const {
  for (size_t order = orders.first; order < orders.second; ++order) {
    const base::InstantMs date = order_at(order);
    visit(created_at(order));
    visit(date);
    if (counted_from_.Has(order)) visit(date + counted_from_.Value(order));
    if (counted_until_.Has(order)) visit(date + counted_until_.Value(order));
    for (const PackedArray* times :
         {&paid_at_, &final_paid_at_, &shipped_at_, &received_at_, &finished_at_, &closed_at_}) {
      if (times->Has(order)) visit(created_at(order) + times->Value(order));
    }
    const auto [first_part, last_part] = PartsOf(order);
    for (size_t part = first_part; part < last_part; ++part) visit(part_at_.Value(part));
    const auto [first_review, last_review] = ReviewsOf(order);
    for (size_t review = first_review; review < last_review; ++review) visit(reviewed_at(review));
  }
}

OrderPage::OrderPage(const Columns& columns) {
  for (size_t i = 0; i < columns.kinds.size(); ++i) {
    const base::InstantMs order_at = columns.created_at[i] + columns.order_at[i];
    settled_at_ = std::max({settled_at_, columns.created_at[i], order_at,
                            order_at + columns.counted_from[i].value_or(0),
                            order_at + columns.counted_until[i].value_or(0)});
    all_count_ = all_count_ && columns.counted_from[i] && !columns.counted_until[i] &&
                 columns.returns[i] == 0;
  }
  has_gifts_ = std::find(columns.gifts.begin(), columns.gifts.end(), 1) != columns.gifts.end();
  for (const base::InstantMs at : columns.part_at) settled_at_ = std::max(settled_at_, at);
  order_count_ = columns.kinds.size();
  line_count_ = columns.items.size();
  part_count_ = columns.part_lines.size();
  review_count_ = columns.ratings.size();
  order_ends_ = Pack(columns.order_ends);
  numbers_ = Pack(columns.numbers);
  kinds_ = Pack(columns.kinds);
  coupons_ = Pack(columns.coupons);
  places_ = Pack(columns.places);
  created_at_ = Pack(columns.created_at);
  order_at_ = Pack(columns.order_at);
  order_days_ = Pack(columns.order_days);
  counted_from_ = Pack(columns.counted_from);
  counted_until_ = Pack(columns.counted_until);
  returns_ = Pack(columns.returns);
  statuses_ = Pack(columns.statuses);
  paid_at_ = Pack(columns.paid_at);
  final_paid_at_ = Pack(columns.final_paid_at);
  shipped_at_ = Pack(columns.shipped_at);
  received_at_ = Pack(columns.received_at);
  finished_at_ = Pack(columns.finished_at);
  closed_at_ = Pack(columns.closed_at);
  paid_ = Pack(columns.paid);
  freight_ = Pack(columns.freight);
  line_ends_ = Pack(columns.line_ends);
  part_ends_ = Pack(columns.part_ends);
  review_ends_ = Pack(columns.review_ends);
  items_ = Pack(columns.items);
  quantities_ = Pack(columns.quantities);
  unit_prices_ = Pack(columns.unit_prices);
  line_paid_ = Pack(columns.line_paid);
  gifts_ = Pack(columns.gifts);
  part_lines_ = Pack(columns.part_lines);
  part_at_ = Pack(columns.part_at);
  part_amounts_ = Pack(columns.part_amounts);
  part_quantities_ = Pack(columns.part_quantities);
  reviewed_at_ = Pack(columns.reviewed_at);
  ratings_ = Pack(columns.ratings);
  review_texts_ = Pack(columns.review_texts);
  ForEachInstant({0, order_count_},
                 [this](base::InstantMs at) { last_instant_ = std::max(last_instant_, at); });
}

std::optional<base::InstantMs> OrderPage::DateAt(size_t order, base::InstantMs t) const {
  const base::InstantMs date = order_at(order);
  if (date <= t) return date;
  const base::InstantMs created = created_at(order);
  return created <= t ? std::optional(created) : std::nullopt;
}

OrderStatus OrderPage::StatusAt(size_t order, base::InstantMs t, bool presale) const {
  const auto status = static_cast<OrderStatus>(statuses_.Value(order));
  if (base::PlantedFault("index_status_as_told_last")) return status;
  const auto reached = [&](OrderStatus one) -> std::optional<base::InstantMs> {
    switch (one) {
      case OrderStatus::kUnpaid:
        return created_at(order);
      case OrderStatus::kDepositPaid:
        return presale ? paid_at(order) : std::nullopt;
      case OrderStatus::kPaid: {
        // A closed presale without a final payment was never paid: what it has is the deposit.
        const bool final_decides =
            presale && (final_paid_at_.Has(order) || status == OrderStatus::kClosed);
        return final_decides ? Later(order, final_paid_at_) : paid_at(order);
      }
      case OrderStatus::kShipped:
        return shipped_at(order);
      case OrderStatus::kReceived:
        return received_at(order);
      case OrderStatus::kFinished:
        return finished_at(order);
      case OrderStatus::kClosed:
        return Later(order, closed_at_);
    }
    return std::nullopt;
  };
  // The status told last holds from when it was reached, or always where the source gave no time.
  if (reached(status).value_or(t) <= t) return status;
  for (auto rank = static_cast<int>(status) - 1; rank > 1; --rank) {
    const auto at = reached(static_cast<OrderStatus>(rank));
    if (at && *at <= t) return static_cast<OrderStatus>(rank);
  }
  return OrderStatus::kUnpaid;
}

int64_t OrderPage::RefundedAt(size_t order, base::InstantMs t) const {
  int64_t refunded = 0;
  const auto [first, last] = PartsOf(order);
  for (size_t part = first; part < last; ++part) {
    if (part_at_.Value(part) <= t) refunded += part_amounts_.Value(part);
  }
  return refunded;
}

int64_t OrderPage::LineNetAt(size_t order, size_t line, base::InstantMs t) const {
  int64_t net = line_paid_.Value(line);
  const auto [first, last] = PartsOf(order);
  if (first == last) return net;
  const auto place = static_cast<int64_t>(line - LinesOf(order).first);
  for (size_t part = first; part < last; ++part) {
    if (part_lines_.Value(part) == place && part_at_.Value(part) <= t) {
      net -= part_amounts_.Value(part);
    }
  }
  return net;
}

int64_t OrderPage::LineQuantityAt(size_t order, size_t line, base::InstantMs t) const {
  int64_t left = quantity(line);
  const auto [first, last] = PartsOf(order);
  if (first == last) return left;
  const auto place = static_cast<int64_t>(line - LinesOf(order).first);
  for (size_t part = first; part < last; ++part) {
    const bool any_time = base::PlantedFault("index_returns_at_once");
    if (part_lines_.Value(part) == place && (any_time || part_at_.Value(part) <= t)) {
      left -= part_quantities_.Value(part);
    }
  }
  return left;
}

base::InstantMs OrderPage::NextInstantOf(uint32_t row, base::InstantMs t) const {
  base::InstantMs next = INT64_MAX;
  if (last_instant_ <= t) return next;
  ForEachInstant(OrdersOf(row), [&](base::InstantMs at) {
    if (at > t) next = std::min(next, at);
  });
  return next;
}

base::InstantMs OrderPage::NextInstant(base::InstantMs t) const {
  base::InstantMs next = INT64_MAX;
  if (last_instant_ <= t) return next;
  ForEachInstant({0, order_count_}, [&](base::InstantMs at) {
    if (at > t) next = std::min(next, at);
  });
  return next;
}

size_t OrderPage::bytes() const {
  size_t bytes = sizeof(OrderPage);
  for (const PackedArray* array :
       {&order_ends_,   &numbers_,         &kinds_,       &coupons_,       &places_,
        &created_at_,   &order_at_,        &order_days_,  &counted_from_,  &counted_until_,
        &returns_,      &statuses_,        &paid_at_,     &final_paid_at_, &shipped_at_,
        &received_at_,  &finished_at_,     &closed_at_,   &paid_,          &freight_,
        &line_ends_,    &part_ends_,       &review_ends_, &items_,         &quantities_,
        &unit_prices_,  &line_paid_,       &gifts_,       &part_lines_,    &part_at_,
        &part_amounts_, &part_quantities_, &reviewed_at_, &ratings_,       &review_texts_}) {
    bytes += array->bytes();
  }
  return bytes;
}

}  // namespace segmentation::audience
