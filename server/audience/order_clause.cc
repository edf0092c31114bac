#include "server/audience/order_clause.h"

#include <algorithm>
#include <bit>
#include <string>

#include "server/base/planted_fault.h"
#include "server/domain/condition/row_field.h"

namespace segmentation::audience {
namespace {

using namespace domain::condition;  // NOLINT: the terms of clauses are what this is about
using Wide = __int128;

// Keeps of `set` those of `chosen`, a set of bits; makes the set if there is none yet.
void Narrow(std::vector<uint64_t> chosen, std::optional<CodeTest>* set) {
  if (set->has_value()) {
    for (size_t word = 0; word < chosen.size(); ++word) {
      for (uint64_t rest = chosen[word]; rest != 0; rest &= rest - 1) {
        const int bit = std::countr_zero(rest);
        if ((*set)->Passes(static_cast<int64_t>(word * 64) + bit)) continue;
        chosen[word] &= ~(uint64_t{1} << bit);
      }
    }
  }
  set->emplace(CodeTest::OfSet(std::move(chosen)));
}

// The same of the combinations below `size` for which `wanted` is true, remembered under `key`.
// `size` is taken before whatever `wanted` asks is made, so that this knows the texts of each.
template <typename Row, typename Wanted>
void Narrow(const TextDictionary& rows, const std::string& key, TextNo size, const Wanted& wanted,
            std::optional<CodeTest>* set) {
  Narrow(rows.ChooseAgain(key, size,
                          [&](std::string_view bytes) { return wanted(RowOf<Row>(bytes)); }),
         set);
}

// count >= 1: the first row decides.
bool IsAtLeastOne(const BoundAggregateTerm& term) {
  const auto* const range = std::get_if<NumberRange>(&term.predicate.test);
  if (term.aggregate != RowAggregate::kCount || term.predicate.negated || range == nullptr) {
    return false;
  }
  return !range->max && range->min && (range->min_inclusive ? *range->min == 1 : *range->min == 0);
}

std::optional<int64_t> Given(TextNo text) {
  return text == 0 ? std::nullopt : std::optional<int64_t>(text);
}

// Members without orders may have no page.
const OrderPage* OrEmpty(const OrderPage* page) {
  static const OrderPage kEmpty;
  return page == nullptr ? &kEmpty : page;
}

// Of a list of numbers: one of them passes.
bool PassesAny(const CodeTest& test, const std::vector<TextNo>& values) {
  bool passed = test.asks_absence() && values.empty();
  for (const TextNo value : values) passed = passed || test.Passes(value);
  return passed != test.negated();
}

// What a property list passes: a text test reads folded texts, a number test the numbers in them.
struct PropertyTest {
  PropertyTest(const BoundRowTerm& term, const FactTexts& texts, const EvaluationContext& context)
      : name(texts.property_names.Find(term.property)),
        as_number(std::holds_alternative<NumberRange>(term.predicate.test) ||
                  std::holds_alternative<NumberSet>(term.predicate.test)),
        test(as_number ? CodeTest::OfNumbers(term.predicate, context)
                       : CodeTest::OfTexts(term.predicate, texts.property_values)) {}

  bool Passes(std::string_view list) const {
    bool present = false;
    bool passed = false;
    for (const Property& property : ListOf<Property>(list)) {
      if (!name || property.name != *name) continue;
      if (as_number && property.has_number == 0) continue;
      present = true;
      passed = passed || test.Passes(as_number ? property.number : int64_t{property.value});
    }
    if (test.asks_absence()) passed = !present;
    return passed != test.negated();
  }

  std::optional<TextNo> name;
  bool as_number;
  CodeTest test;
};

}  // namespace

// What the rows of a clause add up to.
struct OrderClausePlan::Sums {
  Wide amount = 0, quantity = 0;
  int64_t orders = 0, rows = 0;
  std::optional<int64_t> least, greatest;
  std::optional<base::InstantMs> first, last;

  void Add(int64_t net, int64_t items, bool is_return, std::optional<base::InstantMs> date) {
    amount += net;
    quantity += items;
    if (is_return && !base::PlantedFault("index_returns_are_rows")) return;
    ++rows;
    least = std::min(least.value_or(net), net);
    greatest = std::max(greatest.value_or(net), net);
    if (!date) return;
    first = std::min(first.value_or(*date), *date);
    last = std::max(last.value_or(*date), *date);
  }

  bool Pass(RowAggregate aggregate, const AggregateTest& test) const {
    const auto present = [&](const std::optional<int64_t>& value) {
      return value ? test.PassesQuotient(*value, 1) : test.PassesAbsent();
    };
    switch (aggregate) {
      case RowAggregate::kCount:
        return test.PassesQuotient(orders, 1);
      case RowAggregate::kCountLines:
        return test.PassesQuotient(rows, 1);
      case RowAggregate::kSumQuantity:
        return test.PassesQuotient(quantity, 1);
      case RowAggregate::kSumAmount:
        return test.PassesQuotient(amount, 1);
      case RowAggregate::kAvgAmount:
        return rows == 0 ? test.PassesAbsent() : test.PassesQuotient(amount, rows);
      case RowAggregate::kMinAmount:
        return present(least);
      case RowAggregate::kMaxAmount:
        return present(greatest);
      case RowAggregate::kFirstDate:
        return present(first);
      case RowAggregate::kLastDate:
        return present(last);
    }
    return false;
  }
};

OrderClausePlan::OrderClausePlan(const BoundOrderClause& clause, const FactTexts& texts,
                                 const EvaluationContext& context)
    : as_of_(context.as_of),
      of_lines_(clause.source == OrderSource::kProductsPurchased),
      all_orders_(clause.all_orders),
      gift_lines_(clause.gift_lines),
      has_line_terms_(!clause.line_terms.empty()) {
  for (const BoundRowTerm& term : clause.order_terms) AddOrderTerm(term, texts, context);
  for (const BoundRowTerm& term : clause.line_terms) AddLineTerm(term, texts, context);
  for (const BoundAggregateTerm& term : clause.aggregates) {
    aggregates_.emplace_back(term.aggregate, AggregateTest(term.predicate, context));
  }
  any_will_do_ = clause.aggregates.size() == 1 && IsAtLeastOne(clause.aggregates.front());
  PrepareSettled();
}

void OrderClausePlan::PrepareSettled() {
  if (all_orders_ || !reviews_.empty() || !line_numbers_.empty()) return;
  for (const FieldTest& one : order_numbers_) {
    const std::optional<ValueRange> range = one.test.OneRange();
    if (one.field != Field::kDate || !range) return;
    window_.first = std::max(window_.first, range->first);
    window_.last = std::min(window_.last, range->last);
  }
  for (const auto& [aggregate, test] : aggregates_) {
    asks_quantities_ = asks_quantities_ || aggregate == RowAggregate::kSumQuantity;
    asks_amounts_ = asks_amounts_ || aggregate == RowAggregate::kSumAmount ||
                    aggregate == RowAggregate::kAvgAmount ||
                    aggregate == RowAggregate::kMinAmount || aggregate == RowAggregate::kMaxAmount;
  }
  by_settled_ = true;
}

bool OrderClausePlan::MatchesSettled(const OrderPage& page, uint32_t row) const {
  Sums sums;
  const bool skips_gifts = !gift_lines_ && page.has_gifts();
  const auto [first, last] = page.OrdersOf(row);
  for (size_t order = first; order < last; ++order) {
    bool is_return = false;
    if (!page.all_count() && !page.CountsInTheEnd(order)) {
      is_return = page.is_return(order);
      if (!is_return) continue;
    }
    const base::InstantMs date = page.order_at(order);
    if (date < window_.first || date > window_.last) continue;
    if (kinds_ && !kinds_->Passes(page.kind(order))) continue;
    if (coupons_ && !coupons_->Passes(page.coupons(order))) continue;
    if (places_ && !places_->Passes(page.place(order))) continue;
    bool any = !of_lines_ && !has_line_terms_;
    if (!any) {
      const auto [first_line, last_line] = page.LinesOf(order);
      for (size_t line = first_line; line < last_line; ++line) {
        if (skips_gifts && page.is_gift(line)) continue;
        if (items_ && !items_->Passes(page.item(line))) continue;
        any = true;
        if (!of_lines_) break;
        sums.Add(asks_amounts_ ? page.LineNetAt(order, line, INT64_MAX) : 0,
                 asks_quantities_ ? page.LineQuantityAt(order, line, INT64_MAX) : 0, is_return,
                 date);
        if (any_will_do_) break;
      }
    }
    if (!any) continue;
    if (!of_lines_) sums.Add(asks_amounts_ ? page.NetAt(order, INT64_MAX) : 0, 0, is_return, date);
    if (is_return) continue;
    if (any_will_do_) return true;
    ++sums.orders;
  }
  return std::all_of(aggregates_.begin(), aggregates_.end(),
                     [&](const auto& one) { return sums.Pass(one.first, one.second); });
}

void OrderClausePlan::AddOrderTerm(const BoundRowTerm& term, const FactTexts& texts,
                                   const EvaluationContext& context) {
  const Predicate& predicate = term.predicate;
  // Kinds are few, so they are asked anew each time.
  const TextNo kinds = texts.kinds.size();
  const auto of_kind = [&](const CodeTest& test, const auto& value_of) {
    Narrow<OrderKind>(
        texts.kinds, "", kinds,
        [&](const OrderKind& kind) { return test.PassesOne(value_of(kind)); }, &kinds_);
  };
  const auto of_flag = [&](uint32_t flag) {
    of_kind(CodeTest::OfNumbers(predicate, context), [flag](const OrderKind& kind) {
      return std::optional<int64_t>((kind.flags & flag) != 0 ? 1 : 0);
    });
  };
  const auto of_place = [&](const TextDictionary& dictionary, TextNo Place::*text) {
    const TextNo size = texts.places.size();
    const CodeTest test = CodeTest::OfTexts(predicate, dictionary);
    Narrow<Place>(
        texts.places, RowTestKey(InfoOf(term.field).name, predicate), size,
        [&](const Place& place) { return test.PassesOne(Given(place.*text)); }, &places_);
  };
  switch (term.field) {
    case Field::kStore:
      of_kind(CodeTest::OfNumbers(predicate, context),
              [](const OrderKind& kind) { return Given(kind.store_no); });
      return;
    case Field::kSource:
      of_kind(CodeTest::OfTexts(predicate, texts.sources),
              [](const OrderKind& kind) { return std::optional<int64_t>(kind.source); });
      return;
    case Field::kTerminal:
      of_kind(CodeTest::OfTexts(predicate, texts.terminals),
              [](const OrderKind& kind) { return Given(kind.terminal); });
      return;
    case Field::kLogisticsCompany:
      of_kind(CodeTest::OfTexts(predicate, texts.logistics_companies),
              [](const OrderKind& kind) { return Given(kind.logistics_company); });
      return;
    case Field::kPromotionSource: {
      const CodeTest test = CodeTest::OfTexts(predicate, texts.promotion_sources);
      Narrow<OrderKind>(
          texts.kinds, "", kinds,
          [&](const OrderKind& kind) {
            return PassesAny(
                test, ListOf<TextNo>(texts.promotion_source_lists.Text(kind.promotion_sources)));
          },
          &kinds_);
      return;
    }
    case Field::kPresale:
      return of_flag(OrderKind::kPresale);
    case Field::kCashOnDelivery:
      return of_flag(OrderKind::kCashOnDelivery);
    case Field::kReceiptAutomatic:
      return of_flag(OrderKind::kReceiptAutomatic);
    case Field::kCoupon: {
      const TextNo size = texts.coupon_lists.size();
      const CodeTest test = CodeTest::OfTexts(predicate, texts.coupons);
      Narrow(texts.coupon_lists.ChooseAgain(
                 RowTestKey("", predicate), size,
                 [&](std::string_view list) { return PassesAny(test, ListOf<TextNo>(list)); }),
             &coupons_);
      return;
    }
    case Field::kShippingProvince:
      return of_place(texts.provinces, &Place::province);
    case Field::kShippingCity:
      return of_place(texts.cities, &Place::city);
    case Field::kShippingAddress:
      return of_place(texts.addresses, &Place::full_text);
    case Field::kRating:
      reviews_.push_back({term.field, CodeTest::OfNumbers(predicate, context)});
      return;
    case Field::kReviewText:
      reviews_.push_back({term.field, CodeTest::OfTexts(predicate, texts.review_texts)});
      return;
    case Field::kStatus:
      presales_ = CodeTest::OfSet(texts.kinds.Choose([](std::string_view bytes) {
        return (RowOf<OrderKind>(bytes).flags & OrderKind::kPresale) != 0;
      }));
      [[fallthrough]];
    default:
      order_numbers_.push_back({term.field, CodeTest::OfNumbers(predicate, context)});
      return;
  }
}

void OrderClausePlan::AddLineTerm(const BoundRowTerm& term, const FactTexts& texts,
                                  const EvaluationContext& context) {
  const auto of_item = [&](const TextDictionary& dictionary, TextNo Item::*text) {
    const TextNo size = texts.items.size();
    const CodeTest test = CodeTest::OfTexts(term.predicate, dictionary);
    Narrow<Item>(
        texts.items, RowTestKey(InfoOf(term.field).name, term.predicate), size,
        [&](const Item& item) { return test.PassesOne(Given(item.*text)); }, &items_);
  };
  switch (term.field) {
    case Field::kProductId:
      return of_item(texts.product_ids, &Item::product_id);
    case Field::kSku:
      return of_item(texts.skus, &Item::sku);
    case Field::kTitle:
      return of_item(texts.titles, &Item::title);
    case Field::kCategory:
      return of_item(texts.categories, &Item::category);
    case Field::kBrand:
      return of_item(texts.brands, &Item::brand);
    case Field::kProperty: {
      const TextNo size = texts.items.size();
      const PropertyTest test(term, texts, context);
      const CodeTest lists = CodeTest::OfSet(
          texts.property_lists.Choose([&](std::string_view list) { return test.Passes(list); }));
      Narrow<Item>(
          texts.items, "", size, [&](const Item& item) { return lists.Passes(item.properties); },
          &items_);
      return;
    }
    default:
      line_numbers_.push_back({term.field, CodeTest::OfNumbers(term.predicate, context)});
      return;
  }
}

std::optional<int64_t> OrderClausePlan::NumberOf(const OrderPage& page, size_t order,
                                                 Field field) const {
  // What happened later is not known yet (T24).
  const auto known = [this](std::optional<base::InstantMs> at) {
    return at && *at <= as_of_ ? at : std::nullopt;
  };
  switch (field) {
    case Field::kDate:
      return page.DateAt(order, as_of_);
    case Field::kCreatedAt:
      return known(page.created_at(order));
    case Field::kPaidAt:
      return known(page.paid_at(order));
    case Field::kShippedAt:
      return known(page.shipped_at(order));
    case Field::kReceivedAt:
      return known(page.received_at(order));
    case Field::kFinishedAt:
      return known(page.finished_at(order));
    case Field::kStatus:
      return static_cast<int64_t>(page.StatusAt(order, as_of_, presales_.Passes(page.kind(order))));
    case Field::kAmount:
      return page.NetAt(order, as_of_);
    case Field::kFreight:
      return page.freight_minor(order);
    case Field::kRefundedAmount:
      return page.RefundedAt(order, as_of_);
    default:
      return std::nullopt;
  }
}

bool OrderClausePlan::OrderPasses(const OrderPage& page, size_t order) const {
  if (kinds_ && !kinds_->Passes(page.kind(order))) return false;
  if (coupons_ && !coupons_->Passes(page.coupons(order))) return false;
  if (places_ && !places_->Passes(page.place(order))) return false;
  for (const FieldTest& one : order_numbers_) {
    if (!one.test.PassesOne(NumberOf(page, order, one.field))) return false;
  }
  for (const FieldTest& one : reviews_) {
    bool present = false, passed = false;
    const auto [first, last] = page.ReviewsOf(order);
    for (size_t review = first; review < last; ++review) {
      if (page.reviewed_at(review) > as_of_ && !base::PlantedFault("index_reviews_of_tomorrow")) {
        continue;
      }
      const int64_t value =
          one.field == Field::kRating ? page.rating(review) : int64_t{page.review_text(review)};
      if (value == 0) continue;  // no rating, no text
      present = true;
      passed = passed || one.test.Passes(value);
    }
    if (one.test.asks_absence()) passed = !present;
    if (passed == one.test.negated()) return false;
  }
  return true;
}

bool OrderClausePlan::LinePasses(const OrderPage& page, size_t order, size_t line) const {
  if (page.is_gift(line) && !gift_lines_) return false;
  if (items_ && !items_->Passes(page.item(line))) return false;
  return std::all_of(line_numbers_.begin(), line_numbers_.end(), [&](const FieldTest& one) {
    switch (one.field) {
      case Field::kQuantity:
        return one.test.PassesOne(page.quantity(line));
      case Field::kUnitPrice:
        return one.test.PassesOne(page.unit_price_minor(line));
      case Field::kIsGift:
        return one.test.PassesOne(page.is_gift(line) ? 1 : 0);
      default:  // kAmount of the row, which is the line, and kLineAmount
        return one.test.PassesOne(page.LineNetAt(order, line, as_of_));
    }
  });
}

bool OrderClausePlan::Matches(const OrderPage* stored, uint32_t row) const {
  const OrderPage* const page = OrEmpty(stored);
  if (by_settled_ && page->settled_at() <= as_of_) return MatchesSettled(*page, row);
  Sums sums;
  const auto [first, last] = page->OrdersOf(row);
  for (size_t order = first; order < last; ++order) {
    const bool is_return_order = page->is_return(order);
    const bool is_return = is_return_order && page->order_at(order) <= as_of_;
    const bool is_order = !is_return_order && (all_orders_ ? page->created_at(order) <= as_of_
                                                           : page->IsCountedAt(order, as_of_));
    if ((!is_return && !is_order) || !OrderPasses(*page, order)) continue;
    const std::optional<base::InstantMs> date = page->DateAt(order, as_of_);
    const auto [first_line, last_line] = page->LinesOf(order);
    bool any = false;
    for (size_t line = first_line; line < last_line; ++line) {
      if (!of_lines_ && (any || !has_line_terms_)) break;
      if (!LinePasses(*page, order, line)) continue;
      any = true;
      if (!of_lines_) continue;
      sums.Add(page->LineNetAt(order, line, as_of_), page->LineQuantityAt(order, line, as_of_),
               is_return, date);
    }
    if (!of_lines_ && (any || !has_line_terms_)) {
      any = true;
      sums.Add(page->NetAt(order, as_of_), 0, is_return, date);
    }
    if (any && !is_return) ++sums.orders;
  }
  return std::all_of(aggregates_.begin(), aggregates_.end(),
                     [&](const auto& one) { return sums.Pass(one.first, one.second); });
}

OrderTotals::OrderTotals(domain::OrderAggregate aggregate, const EvaluationContext& context)
    : aggregate_(aggregate), as_of_(context.as_of), today_(TodayOf(context)) {}

int64_t OrderTotals::CountedOrders(const OrderPage* stored, uint32_t row) const {
  const OrderPage* const page = OrEmpty(stored);
  int64_t orders = 0;
  const auto [first, last] = page->OrdersOf(row);
  for (size_t order = first; order < last; ++order) {
    if (page->IsCountedAt(order, as_of_)) ++orders;
  }
  return orders;
}

std::optional<OrderTotal> OrderTotals::Of(const OrderPage* stored, uint32_t row) const {
  using domain::OrderAggregate;
  const OrderPage* const page = OrEmpty(stored);
  const auto [first, last] = page->OrdersOf(row);
  switch (aggregate_) {
    case OrderAggregate::kNone:
      return std::nullopt;
    case OrderAggregate::kNumberOfOrders:
      return OrderTotal{CountedOrders(page, row), 1};
    case OrderAggregate::kAmountSpent:
    case OrderAggregate::kAverageOrderValue:
    case OrderAggregate::kNumberOfItems: {
      // Returns without their order take from sums too (T97).
      OrderTotal total{0, 0};
      for (size_t order = first; order < last; ++order) {
        const bool counted = page->IsCountedAt(order, as_of_);
        if (!counted && !(page->is_return(order) && page->order_at(order) <= as_of_)) continue;
        total.count += counted ? 1 : 0;
        if (aggregate_ != OrderAggregate::kNumberOfItems) {
          total.sum += page->NetAt(order, as_of_);
          continue;
        }
        const auto [first_line, last_line] = page->LinesOf(order);
        for (size_t line = first_line; line < last_line; ++line) {
          if (!page->is_gift(line)) total.sum += page->LineQuantityAt(order, line, as_of_);
        }
      }
      if (aggregate_ != OrderAggregate::kAverageOrderValue) return OrderTotal{total.sum, 1};
      return total.count == 0 ? std::nullopt : std::optional(total);
    }
    case OrderAggregate::kNumberOfPurchaseDays:
    case OrderAggregate::kFirstOrderAt:
    case OrderAggregate::kLastOrderAt:
    case OrderAggregate::kDaysSinceLastOrder:
      break;
  }
  std::vector<base::DayNumber> days;
  std::optional<base::InstantMs> first_at, last_at;
  base::DayNumber last_day = 0;
  for (size_t order = first; order < last; ++order) {
    const base::InstantMs date = page->order_at(order);
    // Some policies count an order before the day that dates it (T24).
    if (date > as_of_ || !page->IsCountedAt(order, as_of_)) continue;
    if (aggregate_ == OrderAggregate::kNumberOfPurchaseDays) {
      days.push_back(page->order_day(order));
      continue;
    }
    first_at = std::min(first_at.value_or(date), date);
    if (!last_at || date > *last_at) {
      last_at = date;
      last_day = page->order_day(order);
    }
  }
  if (aggregate_ == OrderAggregate::kNumberOfPurchaseDays) {
    std::sort(days.begin(), days.end());
    return OrderTotal{std::unique(days.begin(), days.end()) - days.begin(), 1};
  }
  if (!last_at) return std::nullopt;
  if (aggregate_ == OrderAggregate::kFirstOrderAt) return OrderTotal{*first_at, 1};
  if (aggregate_ == OrderAggregate::kLastOrderAt) return OrderTotal{*last_at, 1};
  return OrderTotal{today_ - last_day, 1};
}

}  // namespace segmentation::audience
