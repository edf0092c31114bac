// Conditions worth comparing: random leaves joined so that the whole selects some members and
// leaves some out, most leaves matter, and the tests furthest from their quota come first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/condition/tree.h"
#include "tests/differential/coverage.h"
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

// For one shop and a coverage, which outlive it, at one as-of.
class ConditionComposer {
 public:
  ConditionComposer(const ShopUnderTest& shop, base::InstantMs as_of, const Coverage& coverage,
                    uint64_t seed);

  base::InstantMs as_of() const { return as_of_; }
  absl::StatusOr<ComposedCondition> Next();

 private:
  // What the generator calls a feature and what the coverage counts for it.
  struct Choice {
    std::string feature;
    std::string test;
    bool constant = false;  // the same for every member: never decides
  };

  // Of some choices drawn at random, the one whose test is furthest from its quota.
  const Choice& ChooseShort(int drawn);
  absl::StatusOr<ComposedCondition> Leaf(const Choice& choice);
  absl::StatusOr<ComposedCondition> Tree(int leaves, int depth);
  // Joins the tree with a leaf whose test is short, so that the test decides if a few attempts
  // find literals that do.
  absl::StatusOr<ComposedCondition> JoinDeciding(ComposedCondition tree);
  // Joins with the connective that keeps the selected share away from nobody and everybody.
  ComposedCondition Join(ComposedCondition a, ComposedCondition b);
  ComposedCondition JoinBy(bool use_and, ComposedCondition a, ComposedCondition b);
  ComposedCondition Negate(ComposedCondition a) const;

  const ShopUnderTest& shop_;
  const base::InstantMs as_of_;
  const Coverage& coverage_;
  testing_support::GeneratorRandom random_;
  std::unique_ptr<testing_support::ConditionGenerator> generator_;
  std::vector<Choice> choices_;
};

}  // namespace segmentation::differential
