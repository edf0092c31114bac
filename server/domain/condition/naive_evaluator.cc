#include "server/domain/condition/naive_evaluator.h"

#include <algorithm>
#include <optional>
#include <string>

#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/condition/bucket.h"
#include "server/domain/condition/naive_facts.h"
#include "server/domain/condition/naive_predicate.h"

namespace segmentation::domain::condition {
namespace {

// Every day of the year falls at least once into so many days in a row, 29 February too.
constexpr int64_t kDaysThatHoldEveryAnniversary = 366;

// A member's place in a ranking (T33).
struct Ranked {
  Quotient value;
  uint64_t split_key;
  const Member* member;
};

bool RanksBefore(const Ranked& a, const Ranked& b) {
  if (const int side = Compare(a.value, b.value); side != 0) return side > 0;
  if (a.split_key != b.split_key) return a.split_key < b.split_key;
  return a.member->id < b.member->id;
}

// Whether the member has what the ranking is over: for orders a counted one, else the attribute.
std::optional<Quotient> RankedValue(const AttributeReference& attribute, const MemberFacts& facts,
                                    const EvaluationContext& context) {
  if (attribute.source == AttributeSource::kOrders) {
    AttributeReference orders = attribute;
    orders.aggregate = OrderAggregate::kNumberOfOrders;
    const Observations count = ObserveAttribute(orders, facts, context);
    if (std::get<Quotient>(count.front()).sum == 0) return std::nullopt;
  }
  const Observations values = ObserveAttribute(attribute, facts, context);
  if (values.empty() || !std::holds_alternative<Quotient>(values.front())) return std::nullopt;
  return std::get<Quotient>(values.front());
}

}  // namespace

const std::set<MemberNo>& Population::Top(const BoundTop& leaf,
                                          const EvaluationContext& context) const {
  const RankingKey key{leaf.unit, leaf.amount, leaf.attribute.number, context.as_of};
  if (const auto known = rankings_.find(key); known != rankings_.end()) return known->second;

  std::vector<Ranked> ranking;
  for (const MemberFacts& facts : members_) {
    if (const std::optional<Quotient> value = RankedValue(leaf.attribute, facts, context)) {
      ranking.push_back(
          {*value, base::FirstEightBytes(base::Sha256(facts.member.id)), &facts.member});
    }
  }
  std::sort(ranking.begin(), ranking.end(), RanksBefore);
  const auto n = static_cast<int64_t>(ranking.size());
  const int64_t k = leaf.unit == TopLeaf::Unit::kCount ? std::min(leaf.amount, n)
                                                       : (n * leaf.amount + 9'999) / 10'000;
  std::set<MemberNo>& top = rankings_[key];
  for (int64_t i = 0; i < k; ++i) top.insert(ranking[i].member->number);
  return top;
}

absl::StatusOr<NaiveEvaluator> NaiveEvaluator::Create(const BoundNode& condition,
                                                      const EvaluationScope& scope) {
  if (scope.definitions == nullptr) {
    return base::MakeError(base::Reason::INTERNAL, "", "evaluation needs the shop's definitions");
  }
  NaiveEvaluator evaluator(condition, scope);
  std::set<const BoundNode*> checked_groups;
  RETURN_IF_ERROR(evaluator.CheckComplete(condition, checked_groups));
  return evaluator;
}

absl::Status NaiveEvaluator::CheckComplete(const BoundNode& node,
                                           std::set<const BoundNode*>& checked_groups) const {
  const auto check_all = [&](const std::vector<BoundNode>& children) {
    for (const BoundNode& child : children) {
      RETURN_IF_ERROR(CheckComplete(child, checked_groups));
    }
    return absl::OkStatus();
  };
  return std::visit(Visitor{[&](const BoundAnd& node_and) { return check_all(node_and.children); },
                            [&](const BoundOr& node_or) { return check_all(node_or.children); },
                            [&](const BoundNot& node_not) { return check_all(node_not.child); },
                            [&](const BoundGroup& leaf) -> absl::Status {
                              const BoundNode* group =
                                  scope_.groups == nullptr ? nullptr : scope_.groups->Find(leaf);
                              if (group == nullptr) {
                                return base::MakeError(
                                    base::Reason::INTERNAL, "",
                                    base::StrCat("group number ", leaf.group_no, " was not bound"));
                              }
                              if (!checked_groups.insert(group).second) return absl::OkStatus();
                              return CheckComplete(*group, checked_groups);
                            },
                            [&](const BoundTop&) -> absl::Status {
                              if (scope_.population != nullptr) return absl::OkStatus();
                              return base::MakeError(base::Reason::INTERNAL, "",
                                                     "TOP needs a population");
                            },
                            [](const auto&) { return absl::OkStatus(); }},
                    node.body);
}

bool NaiveEvaluator::Selects(const MemberFacts& facts) const {
  GroupTruths groups;
  return Selects(*condition_, facts, groups);
}

bool NaiveEvaluator::Selects(const BoundNode& node, const MemberFacts& facts,
                             GroupTruths& groups) const {
  const auto selects = [&](const BoundNode& child) { return Selects(child, facts, groups); };
  return std::visit(
      Visitor{[&](const BoundAnd& node_and) {
                return std::all_of(node_and.children.begin(), node_and.children.end(), selects);
              },
              [&](const BoundOr& node_or) {
                return std::any_of(node_or.children.begin(), node_or.children.end(), selects);
              },
              [&](const BoundNot& node_not) { return !selects(node_not.child.front()); },
              [&](const BoundAttribute& leaf) {
                return Passes(ObserveAttribute(leaf.attribute, facts, context_), leaf.predicate,
                              context_);
              },
              [&](const BoundGroup& leaf) {  // T47
                const BoundNode* const group = scope_.groups->Find(leaf);
                const auto known = groups.find(group);
                if (known != groups.end()) return known->second;
                return groups[group] = selects(*group);
              },
              [&](const BoundIdentity& leaf) {
                return std::any_of(
                    facts.member.identities.begin(), facts.member.identities.end(),
                    [&](const Identity& identity) { return identity.kind == leaf.kind; });
              },
              [&](const BoundOrderClause& clause) {
                return MatchesClause(clause, facts.orders, context_);
              },
              [&](const BoundTop& leaf) {
                return scope_.population->Top(leaf, context_).contains(facts.member.number);
              },
              [&](const auto& leaf) { return Selects(leaf, facts); }},
      node.body);
}

bool NaiveEvaluator::Selects(const BoundTag& leaf, const MemberFacts& facts) const {
  for (const TagAssignment& assignment : facts.member.tags) {
    if (assignment.expires_at_ms && *assignment.expires_at_ms <= context_.as_of) continue;
    const auto tag = scope_.definitions->tags.find(assignment.tag_no);
    if (tag == scope_.definitions->tags.end() || tag->second.category_no != leaf.category_no) {
      continue;
    }
    if (leaf.tag_no && *leaf.tag_no != assignment.tag_no) continue;
    if (!leaf.sources.empty() && std::find(leaf.sources.begin(), leaf.sources.end(),
                                           assignment.source) == leaf.sources.end()) {
      continue;
    }
    if (leaf.since && !PassesTime(assignment.assigned_at_ms, *leaf.since, context_)) continue;
    if (leaf.number) {
      Observations number;
      if (assignment.number) number.push_back(Number(*assignment.number));
      if (!Passes(number, *leaf.number, context_)) continue;
    }
    return true;
  }
  return false;
}

bool NaiveEvaluator::Selects(const BoundConsent& leaf, const MemberFacts& facts) const {
  bool passed = false;
  for (const Consent& consent : facts.member.consents) {
    if (consent.channel != leaf.channel) continue;
    passed = passed || !leaf.state || *leaf.state == consent.state;
  }
  return passed != leaf.negated;
}

bool NaiveEvaluator::Selects(const BoundAnniversary& leaf, const MemberFacts& facts) const {
  const base::DayNumber first = CivilDayOf(leaf.from, context_);
  const base::DayNumber last = CivilDayOf(leaf.until, context_);
  bool passed = false;
  for (const Observation& value : ObserveAttribute(leaf.attribute, facts, context_)) {
    const auto code = static_cast<int32_t>(std::get<Quotient>(value).sum);
    // T20: day by day, each asked whether it is the one the date is remembered on that year.
    for (base::DayNumber day = first; day <= last && day <= first + kDaysThatHoldEveryAnniversary;
         ++day) {
      passed = passed || base::AnniversaryInYear(code, base::DateCodeOf(day) / 10'000) == day;
    }
  }
  return passed != leaf.negated;
}

bool NaiveEvaluator::Selects(const BoundBucket& leaf, const MemberFacts& facts) const {
  const Predicate predicate{leaf.range, leaf.negated};
  return Passes({Number(BucketOf(leaf.salt, facts.member.id))}, predicate, context_);
}

}  // namespace segmentation::domain::condition
