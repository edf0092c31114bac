// An order clause, or an attribute of orders, made ready for one evaluation: reads the orders of
// one member at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "server/audience/code_test.h"
#include "server/audience/fact_texts.h"
#include "server/audience/order_page.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/time_bounds.h"

namespace segmentation::audience {

class OrderClausePlan {
 public:
  // `texts` outlives the plan.
  OrderClausePlan(const domain::condition::BoundOrderClause& clause, const FactTexts& texts,
                  const domain::condition::EvaluationContext& context);

  // Whether the clause matches the orders of a row; `page` null: there are none.
  bool Matches(const OrderPage* page, uint32_t row) const;

 private:
  using Field = domain::condition::RowField;
  struct FieldTest {
    Field field;
    CodeTest test;
  };
  struct Sums;

  void AddOrderTerm(const domain::condition::BoundRowTerm& term, const FactTexts& texts,
                    const domain::condition::EvaluationContext& context);
  void AddLineTerm(const domain::condition::BoundRowTerm& term, const FactTexts& texts,
                   const domain::condition::EvaluationContext& context);
  // Whether the clause can be asked without asking what is known when, and of which dates.
  void PrepareSettled();
  bool MatchesSettled(const OrderPage& page, uint32_t row) const;
  bool OrderPasses(const OrderPage& page, size_t order) const;
  bool LinePasses(const OrderPage& page, size_t order, size_t line) const;
  std::optional<int64_t> NumberOf(const OrderPage& page, size_t order, Field field) const;

  const base::InstantMs as_of_;
  const bool of_lines_;    // rows are lines
  const bool all_orders_;  // not only those counted
  const bool gift_lines_;
  const bool has_line_terms_;
  // What passes of the combinations of texts; none: no term asks.
  std::optional<CodeTest> kinds_, coupons_, places_, items_;
  CodeTest presales_;  // kinds of presales; made for a status term
  std::vector<FieldTest> order_numbers_;
  std::vector<FieldTest> reviews_;  // ratings and texts of reviews
  std::vector<FieldTest> line_numbers_;
  std::vector<std::pair<domain::condition::RowAggregate, AggregateTest>> aggregates_;

  // For pages that are settled at as_of_, where the clause is of this kind: dates in one window,
  // texts, no other numbers, no reviews.
  bool by_settled_ = false;
  ValueRange window_;
  bool any_will_do_ = false;  // one row is enough
  bool asks_amounts_ = false;
  bool asks_quantities_ = false;
};

// Aggregates of a member's orders that are attributes (number_of_orders, amount_spent …), as sum ÷
// count; nothing: absent.
struct OrderTotal {
  __int128 sum = 0;
  int64_t count = 1;
};
class OrderTotals {
 public:
  OrderTotals(domain::OrderAggregate aggregate,
              const domain::condition::EvaluationContext& context);
  // Of a row; `page` null: no orders.
  std::optional<OrderTotal> Of(const OrderPage* page, uint32_t row) const;
  int64_t CountedOrders(const OrderPage* page, uint32_t row) const;

 private:
  domain::OrderAggregate aggregate_;
  base::InstantMs as_of_;
  base::DayNumber today_;
};

}  // namespace segmentation::audience
