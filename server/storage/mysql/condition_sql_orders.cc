// Order clauses: rows are orders or lines, terms choose them, aggregates are tested over them.
#include <string>
#include <string_view>
#include <utility>

#include "server/base/planted_fault.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/order.h"
#include "server/storage/mysql/condition_sql_parts.h"

namespace segmentation::storage::mysql {
namespace {

using domain::NotCountedReason;
using domain::condition::BoundAggregateTerm;
using domain::condition::BoundOrderClause;
using domain::condition::BoundRowTerm;
using domain::condition::NumberRange;
using domain::condition::NumberSet;
using domain::condition::OrderSource;
using domain::condition::RowAggregate;
using domain::condition::RowField;

// "SELECT 1 FROM" a list of order `o` in a table of its own.
SqlFragment ChildRows(std::string_view table, const CompileScope& scope) {
  SqlFragment sql("SELECT 1 FROM ");
  sql.Add(table).Add(" x WHERE x.shop_no = ").Bind(scope.shop_no);
  return std::move(sql.Add(" AND x.member_no = o.member_no AND x.order_no = o.order_no"));
}

SqlFragment Reviews(const CompileScope& scope) {
  SqlFragment sql = ChildRows("order_review", scope);
  if (base::PlantedFault("sql_review_of_the_future")) return sql;
  return std::move(sql.Add(" AND x.reviewed_at_ms <= ").Bind(scope.as_of()));
}

// An instant of the order, NULL while it lies after as-of (T24).
SqlFragment InstantAt(std::string_view column, const CompileScope& scope) {
  if (base::PlantedFault("sql_time_of_the_future")) return SqlFragment(column);
  SqlFragment sql("(CASE WHEN ");
  sql.Add(column).Add(" <= ").Bind(scope.as_of());
  return std::move(sql.Add(" THEN ").Add(column).Add(" END)"));
}

// Text that sources leave empty when they know nothing (T03).
SqlFragment GivenText(std::string_view column) {
  if (base::PlantedFault("sql_empty_text_is_given")) return SqlFragment(column);
  SqlFragment sql("(CASE WHEN ");
  return std::move(sql.Add(column).Add(" <> '' THEN ").Add(column).Add(" END)"));
}

SqlFragment OrderTermOf(const BoundRowTerm& term, const CompileScope& scope) {
  const auto single = [&](const SqlFragment& value) {
    return Leaf(TestOf(value, term.predicate, scope), term.predicate.negated);
  };
  const auto any = [&](SqlFragment rows, std::string_view column) {
    return AnyRowPasses(rows, SqlFragment(column), term.predicate, scope);
  };
  const auto given = [](SqlFragment rows, std::string_view column) {
    return std::move(rows.Add(" AND ").Add(column).Add(" <> ''"));
  };
  switch (term.field) {
    case RowField::kDate:
      return single(DateAt(scope));
    case RowField::kCreatedAt:
      return single(InstantAt("o.ordered_at_ms", scope));
    case RowField::kPaidAt:
      return single(InstantAt("o.paid_at_ms", scope));
    case RowField::kShippedAt:
      return single(InstantAt("o.shipped_at_ms", scope));
    case RowField::kReceivedAt:
      return single(InstantAt("o.received_at_ms", scope));
    case RowField::kFinishedAt:
      return single(InstantAt("o.finished_at_ms", scope));
    case RowField::kStatus:
      return single(StatusAt(scope));
    case RowField::kStore:
      return single(SqlFragment("(CASE WHEN o.store_no <> 0 THEN o.store_no END)"));
    case RowField::kSource:
      return single(SqlFragment("o.source"));
    case RowField::kTerminal:
      return single(GivenText("o.terminal_folded"));
    case RowField::kPromotionSource:
      return any(ChildRows("order_promotion_source", scope), "x.promotion_source_folded");
    case RowField::kCoupon:
      return any(ChildRows("order_coupon", scope), "x.coupon_id");
    case RowField::kLogisticsCompany:
      return single(GivenText("o.logistics_company_folded"));
    case RowField::kPresale:
      return single(SqlFragment("o.presale"));
    case RowField::kCashOnDelivery:
      return single(SqlFragment("o.cash_on_delivery"));
    case RowField::kReceiptAutomatic:
      return single(SqlFragment("o.receipt_automatic"));
    case RowField::kAmount:
      return single(OrderNetAt(scope));
    case RowField::kFreight:
      return single(SqlFragment("o.freight_minor"));
    case RowField::kRefundedAmount:
      return single(OrderRefundedAt(scope));
    case RowField::kRating:
      return any(Reviews(scope).Add(" AND x.rating <> 0"), "x.rating");
    case RowField::kReviewText:
      return any(given(Reviews(scope), "x.text_folded"), "x.text_folded");
    case RowField::kShippingCity:
      return any(given(ChildRows("order_address", scope), "x.city_folded"), "x.city_folded");
    case RowField::kShippingProvince:
      return any(given(ChildRows("order_address", scope), "x.province_folded"),
                 "x.province_folded");
    case RowField::kShippingAddress:
      return any(given(ChildRows("order_address", scope), "x.full_text_folded"),
                 "x.full_text_folded");
    default:
      return Leaf(SqlFragment("FALSE"), term.predicate.negated);  // the checker sorts terms
  }
}

SqlFragment PropertyTermOf(const BoundRowTerm& term, const CompileScope& scope) {
  const bool as_number = std::holds_alternative<NumberRange>(term.predicate.test) ||
                         std::holds_alternative<NumberSet>(term.predicate.test);
  SqlFragment rows("SELECT 1 FROM order_line_property p WHERE p.shop_no = ");
  rows.Bind(scope.shop_no).Add(" AND p.member_no = l.member_no AND p.order_no = l.order_no AND ");
  rows.Add("p.line_no = l.line_no AND p.name_folded = ").Bind(term.property);
  const SqlFragment value(as_number ? "p.number_value" : "p.value_folded");
  return AnyRowPasses(rows, value, term.predicate, scope);
}

SqlFragment LineTermOf(const BoundRowTerm& term, const CompileScope& scope) {
  const auto single = [&](const SqlFragment& value) {
    return Leaf(TestOf(value, term.predicate, scope), term.predicate.negated);
  };
  switch (term.field) {
    case RowField::kProductId:
      return single(GivenText("l.product_id"));
    case RowField::kSku:
      return single(GivenText("l.sku"));
    case RowField::kTitle:
      return single(GivenText("l.title_folded"));
    case RowField::kCategory:
      return single(GivenText("l.category_folded"));
    case RowField::kBrand:
      return single(GivenText("l.brand_folded"));
    case RowField::kProperty:
      return PropertyTermOf(term, scope);
    case RowField::kQuantity:
      return single(SqlFragment("l.quantity"));
    case RowField::kUnitPrice:
      return single(SqlFragment("l.unit_price_minor"));
    case RowField::kAmount:
    case RowField::kLineAmount:
      return single(LineNetAt(scope));
    case RowField::kIsGift:
      return single(SqlFragment("l.is_gift"));
    default:
      return Leaf(SqlFragment("FALSE"), term.predicate.negated);  // the checker sorts terms
  }
}

// " AND …" for what one line `l` must meet (T10).
SqlFragment LineConditions(const BoundOrderClause& clause, const CompileScope& scope) {
  SqlFragment sql;
  if (!clause.gift_lines && !base::PlantedFault("sql_gifts_are_bought")) {
    sql.Add(" AND l.is_gift = 0");
  }
  for (const BoundRowTerm& term : clause.line_terms) sql.Add(" AND ").Add(LineTermOf(term, scope));
  return sql;
}

// "customer_order o … WHERE …": the rows of the clause. Returns without an order are among them:
// they take from sums and are no rows otherwise (T97).
SqlFragment RowsOf(const BoundOrderClause& clause, const CompileScope& scope) {
  const bool of_lines = clause.source == OrderSource::kProductsPurchased;
  SqlFragment sql("customer_order o");
  if (of_lines) {
    sql.Add(" JOIN order_line l ON l.shop_no = o.shop_no AND l.member_no = o.member_no AND ");
    sql.Add("l.order_no = o.order_no");
  }
  sql.Add(" WHERE o.shop_no = ").Bind(scope.shop_no).Add(" AND (");
  if (clause.all_orders && !base::PlantedFault("sql_status_sees_counted_only")) {
    sql.Add("(o.not_counted_reason <> ").Bind(static_cast<int64_t>(NotCountedReason::kReturnOnly));
    sql.Add(" AND o.ordered_at_ms <= ").Bind(scope.as_of()).Add(")");
  } else {
    sql.Add(IsCounted(scope));
  }
  sql.Add(" OR ").Add(IsVisibleReturn(scope)).Add(")");
  for (const BoundRowTerm& term : clause.order_terms) {
    sql.Add(" AND ").Add(OrderTermOf(term, scope));
  }
  if (of_lines) {
    sql.Add(LineConditions(clause, scope));
  } else if (base::PlantedFault("sql_line_terms_on_any_line")) {
    BoundOrderClause one = clause;
    for (const BoundRowTerm& term : clause.line_terms) {
      one.line_terms = {term};
      sql.Add(" AND EXISTS (SELECT 1 FROM order_line l WHERE l.shop_no = ").Bind(scope.shop_no);
      sql.Add(" AND l.member_no = o.member_no AND l.order_no = o.order_no");
      sql.Add(LineConditions(one, scope)).Add(")");
    }
  } else if (!clause.line_terms.empty()) {
    sql.Add(" AND EXISTS (SELECT 1 FROM order_line l WHERE l.shop_no = ").Bind(scope.shop_no);
    sql.Add(" AND l.member_no = o.member_no AND l.order_no = o.order_no");
    sql.Add(LineConditions(clause, scope)).Add(")");
  }
  return sql;
}

SqlFragment AggregateTermOf(const BoundAggregateTerm& term, const BoundOrderClause& clause,
                            const CompileScope& scope) {
  const bool of_lines = clause.source == OrderSource::kProductsPurchased;
  const auto over_rows = [&](std::string_view function, const SqlFragment& value) {
    SqlFragment sql(function);
    sql.Add("CASE WHEN o.not_counted_reason <> ");
    sql.Bind(static_cast<int64_t>(NotCountedReason::kReturnOnly));
    return std::move(sql.Add(" THEN ").Add(value).Add(" END)"));
  };
  const SqlFragment net = of_lines ? LineNetAt(scope) : OrderNetAt(scope);
  const auto sum_of = [](const SqlFragment& value) {
    return std::move(SqlFragment("COALESCE(SUM(").Add(value).Add("), 0)"));
  };
  const auto leaf = [&](const SqlFragment& value) {
    return Leaf(TestOf(value, term.predicate, scope), term.predicate.negated);
  };
  switch (term.aggregate) {
    case RowAggregate::kCount:
      return leaf(over_rows(base::PlantedFault("sql_count_of_lines") ? "COUNT(" : "COUNT(DISTINCT ",
                            SqlFragment("o.order_no")));
    case RowAggregate::kCountLines:
      return leaf(over_rows("COUNT(", SqlFragment("1")));
    case RowAggregate::kSumQuantity:
      return leaf(sum_of(LineQuantityAt(scope)));
    case RowAggregate::kSumAmount:
      return leaf(sum_of(net));
    case RowAggregate::kAvgAmount:
      return Leaf(TestOfAverage(sum_of(net), over_rows("COUNT(", SqlFragment("1")), term.predicate),
                  term.predicate.negated);
    case RowAggregate::kMinAmount:
      return leaf(over_rows("MIN(", net));
    case RowAggregate::kMaxAmount:
      return leaf(over_rows("MAX(", net));
    case RowAggregate::kFirstDate:
      return leaf(over_rows("MIN(", DateAt(scope)));
    case RowAggregate::kLastDate:
      return leaf(over_rows("MAX(", DateAt(scope)));
  }
  return Leaf(SqlFragment("FALSE"), false);
}

// What is 0 over no rows; the others are absent there (T07).
bool IsZeroOverNothing(RowAggregate aggregate) {
  return aggregate == RowAggregate::kCount || aggregate == RowAggregate::kCountLines ||
         aggregate == RowAggregate::kSumQuantity || aggregate == RowAggregate::kSumAmount;
}

// "count >= 1", the commonest clause: the server may stop at the first row.
bool AsksForAnyRow(const BoundOrderClause& clause) {
  if (clause.aggregates.size() != 1) return false;
  const BoundAggregateTerm& term = clause.aggregates.front();
  const auto* range = std::get_if<NumberRange>(&term.predicate.test);
  return term.aggregate == RowAggregate::kCount && range != nullptr && !term.predicate.negated &&
         range->min == 1 && range->min_inclusive && !range->max;
}

}  // namespace

SqlFragment OrderClauseOf(const BoundOrderClause& clause, const CompileScope& scope) {
  SqlFragment rows = RowsOf(clause, scope);
  if (AsksForAnyRow(clause)) {
    rows.Add(" AND o.not_counted_reason <> ");
    rows.Bind(static_cast<int64_t>(NotCountedReason::kReturnOnly));
    return Leaf(OwnsRow(rows, "o", scope), false);
  }
  SqlFragment test("(TRUE");
  bool over_nothing = true;
  for (const BoundAggregateTerm& term : clause.aggregates) {
    test.Add(" AND ").Add(AggregateTermOf(term, clause, scope));
    over_nothing =
        over_nothing && PassesOverNothing(term.predicate, IsZeroOverNothing(term.aggregate));
  }
  test.Add(")");
  return Leaf(TestOverOwnRows(test, over_nothing, rows, "o", scope), false);
}

}  // namespace segmentation::storage::mysql
