// What an order shows at the as-of instant, and the member's attributes made from it.
#include <string_view>
#include <utility>

#include "server/base/planted_fault.h"
#include "server/domain/order.h"
#include "server/storage/mysql/condition_sql_parts.h"

namespace segmentation::storage::mysql {
namespace {

using domain::NotCountedReason;
using domain::OrderAggregate;
using domain::condition::BoundAttribute;
using domain::condition::Predicate;

// Goods money, or goods, given back up to as-of by parts of order `o`.
SqlFragment RefundPartsAt(std::string_view column, std::string_view also,
                          const CompileScope& scope) {
  SqlFragment sql("(SELECT COALESCE(SUM(");
  sql.Add(column).Add("), 0) FROM order_refund_part q WHERE q.shop_no = ").Bind(scope.shop_no);
  sql.Add(" AND q.member_no = o.member_no AND q.order_no = o.order_no").Add(also);
  if (base::PlantedFault("sql_refund_of_the_future")) return std::move(sql.Add(")"));
  sql.Add(base::PlantedFault("sql_refund_at_as_of_unseen") ? " AND q.effective_at_ms < "
                                                           : " AND q.effective_at_ms <= ");
  return std::move(sql.Bind(scope.as_of()).Add(")"));
}

// "customer_order o WHERE" it counts, or is a return without an order, which takes from sums alone
// (T97).
SqlFragment CountedOrders(const CompileScope& scope) {
  SqlFragment sql("customer_order o WHERE o.shop_no = ");
  sql.Bind(scope.shop_no).Add(" AND (").Add(IsCounted(scope));
  if (!base::PlantedFault("sql_return_forgotten")) sql.Add(" OR ").Add(IsVisibleReturn(scope));
  return std::move(sql.Add(")"));
}

// What is 0 over no orders; the others are absent there (T07).
bool IsZeroOverNothing(OrderAggregate aggregate) {
  return aggregate == OrderAggregate::kNumberOfOrders ||
         aggregate == OrderAggregate::kNumberOfPurchaseDays ||
         aggregate == OrderAggregate::kNumberOfItems || aggregate == OrderAggregate::kAmountSpent;
}

SqlFragment IsReturnOnly() {
  return std::move(SqlFragment("o.not_counted_reason = ")
                       .Bind(static_cast<int64_t>(NotCountedReason::kReturnOnly)));
}

SqlFragment CountOfOrders() {
  if (base::PlantedFault("sql_return_counted")) return SqlFragment("COUNT(*)");
  return std::move(
      SqlFragment("COUNT(CASE WHEN ").Add(IsReturnOnly()).Add(" THEN NULL ELSE 1 END)"));
}

SqlFragment SumOfNet(const CompileScope& scope) {
  return std::move(SqlFragment("COALESCE(SUM(").Add(OrderNetAt(scope)).Add("), 0)"));
}

SqlFragment SumOfItems(const CompileScope& scope) {
  SqlFragment sql("COALESCE(SUM((SELECT COALESCE(SUM(l.quantity), 0) FROM order_line l WHERE ");
  sql.Add("l.shop_no = ").Bind(scope.shop_no);
  sql.Add(" AND l.member_no = o.member_no AND l.order_no = o.order_no");
  sql.Add(base::PlantedFault("sql_gifts_are_items") ? ") - " : " AND l.is_gift = 0) - ");
  // Parts on gift lines take no quantity away: gifts have none.
  SqlFragment returned("(SELECT COALESCE(SUM(q.returned_quantity), 0) FROM order_refund_part q ");
  returned.Add("JOIN order_line l ON l.shop_no = q.shop_no AND l.member_no = q.member_no AND ");
  returned.Add("l.order_no = q.order_no AND l.line_no = q.line_no AND l.is_gift = 0 ");
  returned.Add("WHERE q.shop_no = ").Bind(scope.shop_no);
  returned.Add(" AND q.member_no = o.member_no AND q.order_no = o.order_no AND ");
  returned.Add("q.effective_at_ms <= ").Bind(scope.as_of()).Add(")");
  return std::move(sql.Add(returned).Add("), 0)"));
}

// The aggregate over counted orders and returns; NULL where it is absent (T07). Not for averages.
SqlFragment AggregateValue(OrderAggregate aggregate, const CompileScope& scope) {
  // T24: some policies count an order before the day that dates it.
  const auto over_dated = [&](std::string_view function, std::string_view column) {
    SqlFragment sql(function);
    sql.Add("CASE WHEN o.order_at_ms <= ").Bind(scope.as_of()).Add(" AND NOT ");
    return std::move(sql.Add("(").Add(IsReturnOnly()).Add(") THEN ").Add(column).Add(" END)"));
  };
  switch (aggregate) {
    case OrderAggregate::kNone:
      return SqlFragment("NULL");
    case OrderAggregate::kNumberOfOrders:
    case OrderAggregate::kAverageOrderValue:
      return CountOfOrders();
    case OrderAggregate::kNumberOfPurchaseDays:
      return over_dated(
          base::PlantedFault("sql_purchase_days_are_orders") ? "COUNT(" : "COUNT(DISTINCT ",
          "o.order_day");
    case OrderAggregate::kNumberOfItems:
      return SumOfItems(scope);
    case OrderAggregate::kAmountSpent:
      return SumOfNet(scope);
    case OrderAggregate::kFirstOrderAt:
      return over_dated("MIN(", "o.order_at_ms");
    case OrderAggregate::kLastOrderAt:
      return over_dated("MAX(", "o.order_at_ms");
    case OrderAggregate::kDaysSinceLastOrder: {
      SqlFragment sql("(");
      sql.Bind(TodayOf(scope.context)).Add(" - ");
      return std::move(sql.Add(over_dated("MAX(", "o.order_day")).Add(")"));
    }
  }
  return SqlFragment("NULL");
}

}  // namespace

SqlFragment IsCounted(const CompileScope& scope) {
  SqlFragment sql("(o.counted_from_ms <= ");
  sql.Bind(scope.as_of());
  sql.Add(base::PlantedFault("sql_counted_until_taken_in") ? " AND o.counted_until_ms >= "
                                                           : " AND o.counted_until_ms > ");
  sql.Bind(scope.as_of());
  return std::move(sql.Add(")"));
}

SqlFragment IsVisibleReturn(const CompileScope& scope) {
  SqlFragment sql("(");
  sql.Add(IsReturnOnly()).Add(" AND o.order_at_ms <= ").Bind(scope.as_of());
  return std::move(sql.Add(")"));
}

SqlFragment DateAt(const CompileScope& scope) {
  SqlFragment sql("(CASE WHEN o.order_at_ms <= ");
  sql.Bind(scope.as_of()).Add(" THEN o.order_at_ms WHEN o.ordered_at_ms <= ");
  return std::move(sql.Bind(scope.as_of()).Add(" THEN o.ordered_at_ms END)"));
}

// The stored status, unless it was reached after as-of: then the newest one known to be reached by
// then (T24). 2 deposit paid, 3 paid, 4 shipped, 5 received, 6 finished, 7 closed.
SqlFragment StatusAt(const CompileScope& scope) {
  if (base::PlantedFault("sql_status_of_today")) return SqlFragment("o.status");
  const base::InstantMs t = scope.as_of();
  SqlFragment sql(
      "(CASE WHEN (CASE o.status WHEN 1 THEN o.ordered_at_ms "
      "WHEN 2 THEN CASE WHEN o.presale = 1 THEN o.paid_at_ms END "
      "WHEN 3 THEN CASE WHEN o.presale = 0 THEN o.paid_at_ms ELSE "
      "COALESCE(o.final_paid_at_ms, o.paid_at_ms) END "
      "WHEN 4 THEN o.shipped_at_ms WHEN 5 THEN o.received_at_ms WHEN 6 THEN o.finished_at_ms "
      "WHEN 7 THEN o.closed_at_ms END) > ");
  sql.Bind(t).Add(" THEN CASE WHEN o.status > 6 AND o.finished_at_ms <= ").Bind(t);
  sql.Add(" THEN 6 WHEN o.status > 5 AND o.received_at_ms <= ").Bind(t);
  sql.Add(" THEN 5 WHEN o.status > 4 AND o.shipped_at_ms <= ").Bind(t);
  sql.Add(" THEN 4 WHEN o.status > 3 AND (CASE WHEN o.presale = 0 THEN o.paid_at_ms ");
  sql.Add("WHEN o.status = 7 THEN o.final_paid_at_ms ELSE ");
  sql.Add("COALESCE(o.final_paid_at_ms, o.paid_at_ms) END) <= ").Bind(t);
  sql.Add(" THEN 3 WHEN o.status > 2 AND o.presale = 1 AND o.paid_at_ms <= ").Bind(t);
  return std::move(sql.Add(" THEN 2 ELSE 1 END ELSE o.status END)"));
}

SqlFragment OrderRefundedAt(const CompileScope& scope) {
  return RefundPartsAt("q.amount_minor", "", scope);
}

SqlFragment OrderNetAt(const CompileScope& scope) {
  SqlFragment sql("(o.paid_minor - ");
  return std::move(sql.Add(OrderRefundedAt(scope)).Add(")"));
}

SqlFragment LineNetAt(const CompileScope& scope) {
  SqlFragment sql("(l.paid_minor - ");
  sql.Add(RefundPartsAt("q.amount_minor", " AND q.line_no = l.line_no", scope));
  return std::move(sql.Add(")"));
}

SqlFragment LineQuantityAt(const CompileScope& scope) {
  SqlFragment sql("(l.quantity - ");
  sql.Add(RefundPartsAt("q.returned_quantity", " AND q.line_no = l.line_no", scope));
  return std::move(sql.Add(")"));
}

SqlFragment OrderAttributeLeafOf(const BoundAttribute& leaf, const CompileScope& scope) {
  const OrderAggregate aggregate = leaf.attribute.aggregate;
  const SqlFragment test = aggregate == OrderAggregate::kAverageOrderValue
                               ? TestOfAverage(SumOfNet(scope), CountOfOrders(), leaf.predicate)
                               : TestOf(AggregateValue(aggregate, scope), leaf.predicate, scope);
  // The test is of the values themselves; what is negated is its answer.
  const Predicate positive{leaf.predicate.test};
  return Leaf(TestOverOwnRows(test, PassesOverNothing(positive, IsZeroOverNothing(aggregate)),
                              CountedOrders(scope), "o", scope),
              leaf.predicate.negated);
}

SqlFragment OrderAttributeRankValues(OrderAggregate aggregate, const CompileScope& scope) {
  SqlFragment sql("SELECT o.member_no AS member_no, CASE WHEN ");
  sql.Add(CountOfOrders());
  sql.Add(base::PlantedFault("sql_top_of_never_buyers") ? " >= 0 THEN " : " > 0 THEN ");
  if (aggregate == OrderAggregate::kAverageOrderValue) {
    // Two different averages of up to 2^32 orders differ by more than 10^-20, so 20 decimals and
    // more keep equal ones equal and different ones apart and in order.
    sql.Add("CAST(").Add(SumOfNet(scope)).Add(" AS DECIMAL(45,20)) / ").Add(CountOfOrders());
  } else {
    sql.Add(AggregateValue(aggregate, scope));
  }
  sql.Add(" END AS rank_value FROM ").Add(CountedOrders(scope));
  return std::move(sql.Add(" GROUP BY o.member_no"));
}

}  // namespace segmentation::storage::mysql
