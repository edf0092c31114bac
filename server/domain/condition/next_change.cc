#include "server/domain/condition/next_change.h"

#include <algorithm>
#include <set>
#include <variant>
#include <vector>

#include "server/base/calendar.h"
#include "server/base/status_macros.h"

namespace segmentation::domain::condition {
namespace {

constexpr int kInstantsPerQuestion = 256;  // between two looks at whether it is still wanted

// What of a condition, and of the groups it names, moves with the time of the evaluation.
class Clocks {
 public:
  explicit Clocks(const BoundGroups* groups) : groups_(groups) {}

  void Collect(const BoundNode& node) {
    std::visit([this](const auto& body) { Add(body); }, node.body);
  }

  bool ranks() const { return ranks_; }
  // Milliseconds from as-of to each rolling literal, 0 among them.
  const std::set<int64_t>& offsets() const { return offsets_; }

 private:
  void Add(const BoundAnd& node) {
    for (const BoundNode& child : node.children) Collect(child);
  }
  void Add(const BoundOr& node) {
    for (const BoundNode& child : node.children) Collect(child);
  }
  void Add(const BoundNot& node) { Collect(node.child.front()); }
  void Add(const BoundGroup& leaf) {
    const BoundNode* const group = groups_ == nullptr ? nullptr : groups_->Find(leaf);
    if (group != nullptr && seen_.insert(group).second) Collect(*group);
  }
  void Add(const BoundAttribute& leaf) { Add(leaf.predicate); }
  void Add(const BoundTag& leaf) {
    if (leaf.since) Add(*leaf.since);
  }
  void Add(const BoundAnniversary& leaf) {
    Add(leaf.from);
    Add(leaf.until);
  }
  void Add(const BoundOrderClause& leaf) {
    for (const BoundRowTerm& term : leaf.order_terms) Add(term.predicate);
    for (const BoundRowTerm& term : leaf.line_terms) Add(term.predicate);
    for (const BoundAggregateTerm& term : leaf.aggregates) Add(term.predicate);
  }
  void Add(const BoundTop&) { ranks_ = true; }
  void Add(const BoundIdentity&) {}
  void Add(const BoundConsent&) {}
  void Add(const BoundBucket&) {}

  void Add(const Predicate& predicate) {
    if (const auto* time = std::get_if<TimeTest>(&predicate.test)) Add(*time);
  }
  void Add(const TimeTest& test) {
    for (const TimeLiteral& literal : test.literals) Add(literal);
  }
  void Add(const TimeLiteral& literal) {
    const auto* const rolling = std::get_if<RollingTime>(&literal);
    if (rolling == nullptr) return;
    constexpr int64_t kMinute = 60'000;
    const int64_t unit = rolling->unit == RollingTime::Unit::kHour ? 60 * kMinute : kMinute;
    offsets_.insert(unit * rolling->amount);
  }

  const BoundGroups* const groups_;
  std::set<const BoundNode*> seen_;
  std::set<int64_t> offsets_{0};
  bool ranks_ = false;
};

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
std::optional<std::vector<base::InstantMs>> Candidates(const Clocks& clocks,
                                                       const MemberFacts& facts,
                                                       const EvaluationContext& context,
                                                       base::InstantMs until) {
  std::vector<base::InstantMs> candidates;
  // A value passes a rolling end, as-of + offset, at value - offset, or the millisecond after.
  const auto add = [&](base::InstantMs value) {
    for (const int64_t offset : clocks.offsets()) {
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
  for (const int64_t offset : clocks.offsets()) {
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
  Clocks clocks(scope.groups);
  clocks.Collect(condition);
  if (clocks.ranks()) return NextChange{};
  const auto candidates = Candidates(clocks, facts, scope.context, until);
  if (!candidates) return NextChange{};
  EvaluationScope then = scope;
  ASSIGN_OR_RETURN(const NaiveEvaluator now, NaiveEvaluator::Create(condition, scope));
  const bool selected = now.Selects(facts);
  int asked = 0;
  for (const base::InstantMs at : *candidates) {
    if (asked++ % kInstantsPerQuestion == 0) RETURN_IF_ERROR(still_wanted());
    then.context.as_of = at;
    ASSIGN_OR_RETURN(const NaiveEvaluator later, NaiveEvaluator::Create(condition, then));
    if (later.Selects(facts) != selected) return NextChange{true, at};
  }
  return NextChange{true, std::nullopt};
}

}  // namespace segmentation::domain::condition
