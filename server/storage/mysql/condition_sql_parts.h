// What the files of the SQL evaluator share: tests of one value, and the leaves by kind.
#pragma once

#include <string_view>

#include "server/base/clock.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/time_bounds.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/condition_sql.h"
#include "server/storage/mysql/sql_fragment.h"

namespace segmentation::storage::mysql {

// The shop and the one as-of and zone of a whole condition, groups included (T23, T47).
struct CompileScope {
  domain::ShopNo shop_no = 0;
  EvaluationForm form = EvaluationForm::kEachMember;
  MemberInterval range;
  domain::condition::EvaluationContext context;
  base::InstantMs as_of() const { return context.as_of; }
};

// "(… test of `value` …)", before `negated`; NULL when `value` is NULL, but for AbsentTest.
SqlFragment TestOf(const SqlFragment& value, const domain::condition::Predicate& predicate,
                   const CompileScope& scope);

// The same for sum ÷ count; absent where count is 0.
SqlFragment TestOfAverage(const SqlFragment& sum, const SqlFragment& count,
                          const domain::condition::Predicate& predicate);

// "((test) IS TRUE)", or its complement (T01, T02).
SqlFragment Leaf(const SqlFragment& test, bool negated);

// "((NOT) EXISTS (sub-query))" for a predicate over the values `rows` yields: `rows` is a sub-query
// up to its WHERE conditions, to which the test of `value` is added (T09).
SqlFragment AnyRowPasses(const SqlFragment& rows, const SqlFragment& value,
                         const domain::condition::Predicate& predicate, const CompileScope& scope);

// Member `m` is the owner of a row of `rows`: "table alias … WHERE …", whose rows are all members'.
SqlFragment OwnsRow(const SqlFragment& rows, std::string_view alias, const CompileScope& scope);
// The same where a value of one of the rows has to pass (T09).
SqlFragment OwnsPassingRow(const SqlFragment& rows, std::string_view alias,
                           const SqlFragment& value, const domain::condition::Predicate& predicate,
                           const CompileScope& scope);
// A test of aggregates over the rows of `m` among `rows`; `over_nothing` is what it answers for a
// member without rows (T07).
SqlFragment TestOverOwnRows(const SqlFragment& test, bool over_nothing, const SqlFragment& rows,
                            std::string_view alias, const CompileScope& scope);
// Whether an aggregate over no rows passes: one that is 0 there, or one that is absent (T07).
bool PassesOverNothing(const domain::condition::Predicate& predicate, bool is_zero);

// Leaves, about member `m`.
SqlFragment AttributeLeafOf(const domain::condition::BoundAttribute& leaf,
                            const CompileScope& scope);
SqlFragment TagLeafOf(const domain::condition::BoundTag& leaf, const CompileScope& scope);
SqlFragment IdentityLeafOf(const domain::condition::BoundIdentity& leaf, const CompileScope& scope);
SqlFragment ConsentLeafOf(const domain::condition::BoundConsent& leaf, const CompileScope& scope);
SqlFragment AnniversaryLeafOf(const domain::condition::BoundAnniversary& leaf,
                              const CompileScope& scope);
SqlFragment BucketLeafOf(const domain::condition::BoundBucket& leaf);
SqlFragment TopLeafOf(const domain::condition::BoundTop& leaf, const CompileScope& scope);
SqlFragment OrderClauseOf(const domain::condition::BoundOrderClause& clause,
                          const CompileScope& scope);

// Attributes made from the counted orders of a member.
SqlFragment OrderAttributeLeafOf(const domain::condition::BoundAttribute& leaf,
                                 const CompileScope& scope);
// "SELECT member_no, rank_value": the value of every member with orders as a scalar that sorts as
// the value does, NULL without a counted order (T33).
SqlFragment OrderAttributeRankValues(domain::OrderAggregate aggregate, const CompileScope& scope);

// Facts of an order row `o`, as of the scope's instant.
SqlFragment IsCounted(const CompileScope& scope);        // counted_from ≤ t < counted_until
SqlFragment IsVisibleReturn(const CompileScope& scope);  // T97
SqlFragment DateAt(const CompileScope& scope);           // instant, NULL when after t
SqlFragment StatusAt(const CompileScope& scope);
SqlFragment OrderNetAt(const CompileScope& scope);
SqlFragment OrderRefundedAt(const CompileScope& scope);
// Facts of a line row `l` of `o`.
SqlFragment LineNetAt(const CompileScope& scope);
SqlFragment LineQuantityAt(const CompileScope& scope);

}  // namespace segmentation::storage::mysql
