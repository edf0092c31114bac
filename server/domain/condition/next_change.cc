#include "server/domain/condition/next_change.h"

#include <algorithm>
#include <set>
#include <vector>

#include "server/base/calendar.h"
#include "server/base/status_macros.h"
#include "server/domain/condition/condition_reads.h"

namespace segmentation::domain::condition {
namespace {

// Instants times orders: some seconds of work for a clause.
constexpr size_t kMaxOrdersRead = 2'000'000;

// Every instant that stands in a member's facts.
std::vector<base::InstantMs> InstantsOf(const MemberFacts& facts) {
  std::vector<base::InstantMs> instants{facts.member.stamp.created_at_ms};
  const auto add = [&](const std::optional<base::InstantMs>& at) {
    if (at) instants.push_back(*at);
  };
  for (const auto& [number, values] : facts.member.attributes) {
    for (const Value& value : values) {
      // Numbers that are no instants make a look too many, never one too few.
      if (const auto* at = std::get_if<int64_t>(&value)) instants.push_back(*at);
    }
  }
  for (const TagAssignment& tag : facts.member.tags) {
    add(tag.assigned_at_ms);
    add(tag.expires_at_ms);
  }
  for (const Order& order : facts.orders) {
    add(order.created_at);
    for (const auto& at : {order.paid_at, order.final_paid_at, order.shipped_at, order.received_at,
                           order.finished_at, order.closed_at}) {
      add(at);
    }
    add(order.measure.order_at);
    add(order.measure.counted_from);
    add(order.measure.counted_until);
    for (const Refund& refund : order.refunds) add(refund.effective_at);
    for (const Review& review : order.reviews) add(review.reviewed_at);
  }
  return instants;
}

// The instants in (as_of, until] at which an answer can change: local midnights, where relative
// days move; facts that come to be known; and where a rolling end passes either. Nothing: too many.
std::optional<std::vector<base::InstantMs>> Candidates(const std::set<int64_t>& offsets,
                                                       const MemberFacts& facts,
                                                       const EvaluationContext& context,
                                                       base::InstantMs until) {
  std::vector<base::InstantMs> candidates;
  // A value passes a rolling end, as-of + offset, at value - offset, or the millisecond after.
  const auto add = [&](base::InstantMs value) {
    for (const int64_t offset : offsets) {
      for (const int64_t later : {int64_t{0}, int64_t{1}}) {
        __int128 at = value;
        at += later - offset;
        if (at > context.as_of && at <= until) candidates.push_back(static_cast<int64_t>(at));
      }
    }
    return candidates.size() <= kMaxChangeInstants;
  };
  for (const base::InstantMs at : InstantsOf(facts)) {
    if (!add(at)) return std::nullopt;
  }
  // Relative days move at local midnights, and days of rolling ends where these pass one.
  for (const int64_t offset : offsets) {
    const auto day_of = [&](base::InstantMs at) {
      const __int128 moved = static_cast<__int128>(at) + offset;
      return base::DayOf(static_cast<int64_t>(
                             std::clamp<__int128>(moved, base::kMinInstantMs, base::kMaxInstantMs)),
                         context.zone);
    };
    for (base::DayNumber day = day_of(context.as_of); day <= day_of(until); ++day) {
      const base::InstantMs at = base::MidnightOf(day, context.zone) - offset;
      if (at > context.as_of && at <= until) candidates.push_back(at);
    }
    if (candidates.size() > kMaxChangeInstants) return std::nullopt;
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  return candidates;
}

}  // namespace

absl::StatusOr<NextChange> FindNextChange(const BoundNode& condition, const EvaluationScope& scope,
                                          const MemberFacts& facts, base::InstantMs until,
                                          const std::function<absl::Status()>& still_wanted) {
  const ConditionReads reads = ReadsOf(condition, scope.groups);
  if (reads.ranks) return NextChange{};
  // As-of itself is an end too: facts become known when it passes them.
  std::set<int64_t> offsets = reads.rolling;
  offsets.insert(0);
  const auto candidates = Candidates(offsets, facts, scope.context, until);
  if (!candidates || candidates->size() * (1 + facts.orders.size()) > kMaxOrdersRead) {
    return NextChange{};
  }
  EvaluationScope then = scope;
  ASSIGN_OR_RETURN(const NaiveEvaluator now, NaiveEvaluator::Create(condition, scope));
  const bool selected = now.Selects(facts);
  for (const base::InstantMs at : *candidates) {
    RETURN_IF_ERROR(still_wanted());
    then.context.as_of = at;
    ASSIGN_OR_RETURN(const NaiveEvaluator later, NaiveEvaluator::Create(condition, then));
    if (later.Selects(facts) != selected) return NextChange{true, at};
  }
  return NextChange{true, std::nullopt};
}

}  // namespace segmentation::domain::condition
