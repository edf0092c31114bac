// The oracle: decides one member at a time, straight from the definitions of the condition
// language. Slow and obvious on purpose; every other evaluator must agree with it (T49, T71).
#pragma once

#include <map>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/time_bounds.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"

namespace segmentation::domain::condition {

// All that is known of one live member: the member with all its parts, and all its orders.
// References: both outlive the evaluation.
struct MemberFacts {
  const Member& member;
  std::span<const Order> orders;
};

// All live members of the shop, which TOP ranks (T33). Keeps what it ranked; one thread at a time.
class Population {
 public:
  explicit Population(std::vector<MemberFacts> members) : members_(std::move(members)) {}

  const std::vector<MemberFacts>& members() const { return members_; }

  // The members a TOP leaf selects: of the n that have the attribute (for attributes of orders: a
  // counted order), the first ceil(n × p) by value descending, split key, member id.
  const std::set<MemberNo>& Top(const BoundTop& leaf, const EvaluationContext& context) const;

 private:
  using RankingKey = std::tuple<TopLeaf::Unit, int64_t, AttributeNo, base::InstantMs>;
  std::vector<MemberFacts> members_;
  mutable std::map<RankingKey, std::set<MemberNo>> rankings_;
};

// What a condition is evaluated against. Everything is borrowed.
struct EvaluationScope {
  EvaluationContext context;
  const ShopDefinitions* definitions = nullptr;  // which category a tag belongs to
  const BoundGroups* groups = nullptr;           // null: the condition names no group
  const Population* population = nullptr;        // null: the condition has no TOP
};

// A condition ready to decide members. The condition and its scope are borrowed.
class NaiveEvaluator {
 public:
  // INTERNAL when the scope lacks what the condition needs: the definitions, a group it names,
  // itself or through groups, or the population.
  static absl::StatusOr<NaiveEvaluator> Create(const BoundNode& condition,
                                               const EvaluationScope& scope);

  // Whether the condition selects the member.
  bool Selects(const MemberFacts& facts) const;

 private:
  NaiveEvaluator(const BoundNode& condition, const EvaluationScope& scope)
      : condition_(&condition), scope_(scope), context_(scope.context) {}

  // What is known of groups while one member is decided: a group that is named in many places is
  // decided once.
  using GroupTruths = std::map<const BoundNode*, bool>;

  absl::Status CheckComplete(const BoundNode& node,
                             std::set<const BoundNode*>& checked_groups) const;
  bool Selects(const BoundNode& node, const MemberFacts& facts, GroupTruths& groups) const;
  bool Selects(const BoundTag& leaf, const MemberFacts& facts) const;
  bool Selects(const BoundConsent& leaf, const MemberFacts& facts) const;
  bool Selects(const BoundAnniversary& leaf, const MemberFacts& facts) const;
  bool Selects(const BoundBucket& leaf, const MemberFacts& facts) const;

  const BoundNode* condition_;
  EvaluationScope scope_;
  EvaluationContext context_;
};

}  // namespace segmentation::domain::condition
