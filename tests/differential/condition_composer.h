// Conditions worth comparing: random leaves joined so that the whole selects some members and
// leaves some out, and most leaves matter.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/condition/tree.h"
#include "tests/differential/member_set.h"
#include "tests/differential/shop_under_test.h"
#include "tests/support/condition_generator.h"
#include "tests/support/generator_random.h"

namespace segmentation::differential {

struct ComposedCondition {
  domain::condition::Node tree;
  std::vector<MemberSet> leaf_sets;  // of its leaves, left to right, by the naive evaluator
  MemberSet selected;                // what they combine to
};

// For one shop, which outlives it, at one as-of.
class ConditionComposer {
 public:
  ConditionComposer(const ShopUnderTest& shop, base::InstantMs as_of, uint64_t seed);

  base::InstantMs as_of() const { return as_of_; }
  absl::StatusOr<ComposedCondition> Next();
  absl::StatusOr<ComposedCondition> Leaf();

 private:
  absl::StatusOr<ComposedCondition> Tree(int leaves, int depth);
  // Joins with the connective that keeps the selected share away from nobody and everybody.
  ComposedCondition Join(ComposedCondition a, ComposedCondition b);
  ComposedCondition Negate(ComposedCondition a) const;

  const ShopUnderTest& shop_;
  const base::InstantMs as_of_;
  testing_support::GeneratorRandom random_;
  std::unique_ptr<testing_support::ConditionGenerator> generator_;
  std::vector<domain::condition::Node> pending_leaves_;
};

}  // namespace segmentation::differential
