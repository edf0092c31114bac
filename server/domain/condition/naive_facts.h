// What a member's facts show at the as-of instant: the values leaves and terms read. A fact dated
// after as-of is as if it were not there (T24); profile, tags and consents are taken as they stand
// (T96).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/naive_evaluator.h"
#include "server/domain/condition/naive_predicate.h"
#include "server/domain/order.h"

namespace segmentation::domain::condition {

// The values of an attribute, folded as it declares.
Observations ObserveAttribute(const AttributeReference& attribute, const MemberFacts& facts,
                              const EvaluationContext& context);

// Whether an order clause's row terms and aggregates hold (T07, T10, T95, T97).
bool MatchesClause(const BoundOrderClause& clause, std::span<const Order> orders,
                   const EvaluationContext& context);

// What an aggregate of the clause's rows is; empty: absent (T07).
Observations ObserveClause(const BoundOrderClause& clause, RowAggregate aggregate,
                           std::span<const Order> orders, const EvaluationContext& context);

// The order's date as known at as-of: the policy's date, or the creation time until then.
std::optional<base::InstantMs> DateAt(const Order& order, base::InstantMs as_of);

// The status as known at as-of: the newest one whose time is not after it.
OrderStatus StatusAt(const Order& order, base::InstantMs as_of);

}  // namespace segmentation::domain::condition
