#include "server/audience/order_columns.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace segmentation::audience {
namespace {

using namespace domain::condition;  // NOLINT: the predicates of conditions are what this is about

constexpr base::InstantMs kEnd = INT64_MAX;

// One column against a predicate.
class ColumnTest final : public SettledTest {
 public:
  ColumnTest(const PageTable<PackedPage>& column, CodeTest test)
      : column_(column), test_(std::move(test)) {}

  void Fill(size_t page_no, uint64_t* bits) const override {
    std::fill_n(bits, PackedPage::kWords, 0);
    if (const PackedPage* const page = column_.Find(page_no)) {
      if (test_.asks_absence()) {
        for (size_t word = 0; word < PackedPage::kWords; ++word) bits[word] = page->present(word);
      } else {
        test_.AddRows(*page, bits);
      }
    }
    if (test_.negated() == test_.asks_absence()) return;
    for (size_t word = 0; word < PackedPage::kWords; ++word) bits[word] = ~bits[word];
  }

 private:
  const PageTable<PackedPage>& column_;
  const CodeTest test_;
};

// amount ÷ orders, compared exactly.
class AverageTest final : public SettledTest {
 public:
  AverageTest(const OrderColumns& columns, AggregateTest test)
      : columns_(columns), test_(std::move(test)) {}

  void Fill(size_t page_no, uint64_t* bits) const override {
    std::fill_n(bits, PackedPage::kWords, 0);
    const PackedPage* const orders = columns_.orders.Find(page_no);
    const PackedPage* const amount = columns_.amount.Find(page_no);
    for (uint32_t row = 0; row < kPageRows; ++row) {
      const int64_t count = orders == nullptr ? 0 : orders->Get(row).value_or(0);
      const bool passed = count == 0 ? test_.PassesAbsent()
                                     : test_.PassesQuotient(amount->Get(row).value_or(0), count);
      if (passed) bits[row / 64] |= uint64_t{1} << (row % 64);
    }
  }

 private:
  const OrderColumns& columns_;
  const AggregateTest test_;
};

// How many orders lie at or after an instant: by the dates of the latest ones.
class RecentCountTest final : public SettledTest {
 public:
  // `passes[n]`: whether n orders pass; the last one, of kLatest and more.
  using Passes = std::array<bool, OrderColumns::kLatest + 1>;

  RecentCountTest(const OrderColumns& columns, base::InstantMs from, base::InstantMs until,
                  Passes passes)
      : columns_(columns), from_(from), until_(until), passes_(passes) {}

  void Fill(size_t page_no, uint64_t* bits) const override {
    uint64_t more[PackedPage::kWords];  // members with at least n
    std::fill_n(bits, PackedPage::kWords, passes_[0] ? ~uint64_t{0} : 0);
    for (size_t n = 1; n < passes_.size(); ++n) {
      if (passes_[n] == passes_[n - 1]) continue;
      std::fill_n(more, PackedPage::kWords, 0);
      if (const PackedPage* const page = columns_.latest_at[n - 1].Find(page_no)) {
        const ValueRange range{from_, kEnd};
        page->AddRowsIn({&range, 1}, more);
      }
      for (size_t word = 0; word < PackedPage::kWords; ++word) {
        bits[word] = passes_[n] ? bits[word] | more[word] : bits[word] & ~more[word];
      }
    }
  }
  base::InstantMs settled_before() const override { return until_; }

 private:
  const OrderColumns& columns_;
  const base::InstantMs from_, until_;
  const Passes passes_;
};

// Whether every number from kLatest on is answered alike by a test of counts.
bool TailIsUniform(const Predicate& predicate) {
  constexpr auto kTail = static_cast<int64_t>(OrderColumns::kLatest);
  if (const auto* range = std::get_if<NumberRange>(&predicate.test)) {
    const bool all_pass_low =
        !range->min || (range->min_inclusive ? *range->min <= kTail : *range->min < kTail);
    if (!range->max) return all_pass_low;
    return range->max_inclusive ? *range->max < kTail : *range->max <= kTail;
  }
  if (const auto* set = std::get_if<NumberSet>(&predicate.test)) {
    return set->values.empty() || set->values.back() < kTail;
  }
  return std::holds_alternative<AbsentTest>(predicate.test);
}

}  // namespace

SettledOrders SettledOrdersOf(const OrderPage& page, uint32_t row) {
  SettledOrders settled;
  std::vector<base::DayNumber> days;
  std::vector<base::InstantMs> dates;
  const auto [first, last] = page.OrdersOf(row);
  for (size_t order = first; order < last; ++order) {
    const bool counted = page.CountsInTheEnd(order);
    if (!counted && !page.is_return(order)) continue;
    settled.amount += page.NetAt(order, kEnd);
    const auto [first_line, last_line] = page.LinesOf(order);
    for (size_t line = first_line; line < last_line; ++line) {
      if (!page.is_gift(line)) settled.items += page.LineQuantityAt(order, line, kEnd);
    }
    if (!counted) continue;
    ++settled.orders;
    const base::InstantMs date = page.order_at(order);
    const base::DayNumber day = page.order_day(order);
    // Of two at one instant, the one that comes first: as OrderTotals has it.
    if (dates.empty() || date > *std::max_element(dates.begin(), dates.end())) {
      settled.last_day = day;
    }
    dates.push_back(date);
    days.push_back(day);
  }
  std::sort(days.begin(), days.end());
  settled.purchase_days = std::unique(days.begin(), days.end()) - days.begin();
  std::sort(dates.begin(), dates.end(), std::greater<>());
  if (!dates.empty()) settled.first_at = dates.back();
  for (size_t i = 0; i < std::min(dates.size(), settled.latest_at.size()); ++i) {
    settled.latest_at[i] = dates[i];
  }
  return settled;
}

std::unique_ptr<SettledTest> MakeSettledTest(domain::OrderAggregate aggregate,
                                             const Predicate& predicate,
                                             const EvaluationContext& context,
                                             const OrderColumns& columns) {
  using domain::OrderAggregate;
  const auto of_column = [&](const PageTable<PackedPage>& column) {
    return std::make_unique<ColumnTest>(column, CodeTest::OfNumbers(predicate, context));
  };
  switch (aggregate) {
    case OrderAggregate::kNone:
      return nullptr;
    case OrderAggregate::kNumberOfOrders:
      return of_column(columns.orders);
    case OrderAggregate::kNumberOfPurchaseDays:
      return of_column(columns.purchase_days);
    case OrderAggregate::kNumberOfItems:
      return of_column(columns.items);
    case OrderAggregate::kAmountSpent:
      return of_column(columns.amount);
    case OrderAggregate::kAverageOrderValue:
      return std::make_unique<AverageTest>(columns, AggregateTest(predicate, context));
    case OrderAggregate::kFirstOrderAt:
      return of_column(columns.first_at);
    case OrderAggregate::kLastOrderAt:
      return of_column(columns.latest_at[0]);
    case OrderAggregate::kDaysSinceLastOrder:
      return std::make_unique<ColumnTest>(
          columns.last_day, CodeTest::OfNumbers(predicate, context).Mirrored(TodayOf(context)));
  }
  return nullptr;
}

std::unique_ptr<SettledTest> MakeSettledTest(const BoundOrderClause& clause,
                                             const EvaluationContext& context,
                                             const OrderColumns& columns) {
  if (clause.source != OrderSource::kOrdersPlaced || clause.all_orders ||
      !clause.line_terms.empty() || clause.order_terms.size() > 1 ||
      clause.aggregates.size() != 1 ||
      clause.aggregates.front().aggregate != RowAggregate::kCount) {
    return nullptr;
  }
  Interval window{INT64_MIN, INT64_MAX};
  if (!clause.order_terms.empty()) {
    const BoundRowTerm& term = clause.order_terms.front();
    if (term.field != RowField::kDate || term.predicate.negated) return nullptr;
    std::vector<Interval> intervals;
    if (const auto* time = std::get_if<TimeTest>(&term.predicate.test)) {
      intervals = IntervalsOf(*time, context);
    } else if (const auto* during = std::get_if<DuringTest>(&term.predicate.test)) {
      intervals = IntervalsOf(*during);
    }
    if (intervals.size() != 1) return nullptr;
    window = intervals.front();
  }
  const Predicate& count = clause.aggregates.front().predicate;
  if (!TailIsUniform(count)) return nullptr;
  const AggregateTest test(count, context);
  RecentCountTest::Passes passes{};
  for (size_t n = 0; n < passes.size(); ++n) {
    passes[n] = test.PassesQuotient(static_cast<int64_t>(n), 1);
  }
  return std::make_unique<RecentCountTest>(columns, window.from, window.until, passes);
}

}  // namespace segmentation::audience
