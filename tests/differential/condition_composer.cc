#include "tests/differential/condition_composer.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::differential {

using domain::condition::And;
using domain::condition::AttributeLeaf;
using domain::condition::GroupLeaf;
using domain::condition::Node;
using domain::condition::NodeBox;
using domain::condition::Not;
using domain::condition::Or;
using testing_support::ConditionGenerator;

namespace {

// With these, 20,000 conditions meet the quotas; the test tells.
constexpr int kMaxLeaves = 20;
constexpr int kDecidingPercent = 90;  // of the conditions, how many get a leaf that shall decide
constexpr int kDecidingAttempts = 12;
constexpr int kOtherOrdersPercent = 10;
constexpr int kMaxNesting = 10;
constexpr int kLongListPercent = 6;
constexpr int64_t kLongList = 1'100;
constexpr char kPinnedGroup[] = "group revision";

// A list longer than one IN of SQL holds; what was there sorts behind what is added.
void Lengthen(AttributeLeaf& leaf) {
  using domain::condition::Operator;
  if (leaf.op != Operator::kIn && leaf.op != Operator::kNotIn) return;
  const bool text = std::holds_alternative<std::string>(leaf.literals.front().value);
  const bool number = std::holds_alternative<int64_t>(leaf.literals.front().value);
  const auto& first = leaf.literals.front().value;
  // Texts that start with a letter beyond ASCII are names and places, neither dates nor lists.
  if (text && static_cast<unsigned char>(std::get<std::string>(first)[0]) < 0x80) return;
  if ((!text && !number) || leaf.attribute == "gender" || leaf.attribute == "tier") return;
  for (int64_t i = 1; i <= kLongList; ++i) {
    if (text) leaf.literals.push_back({base::StrCat("!", i), {}});
    if (number) leaf.literals.push_back({-1'000'000 - i, {}});
  }
}

template <typename Connective>
void AddChildren(Node node, std::vector<Node>* children) {
  if (auto* same = std::get_if<Connective>(&node.body)) {
    for (Node& child : same->children) children->push_back(std::move(child));
  } else {
    children->push_back(std::move(node));
  }
}

// A test by the coverage's name: of order clauses the generator's features name the source, the
// coverage tells row terms from aggregates.
std::string TestOf(const std::string& feature, const ExpectedFeatures& expected) {
  const std::string term = feature.substr(feature.find(' ') + 1);
  for (const std::string& test :
       {feature, base::StrCat("row ", term), base::StrCat("aggregate ", term)}) {
    if (expected.deciding.contains(test) || expected.constant.contains(test)) return test;
  }
  return feature;
}

}  // namespace

ConditionComposer::ConditionComposer(const ShopUnderTest& shop, base::InstantMs as_of,
                                     const Coverage& coverage, uint64_t seed)
    : shop_(shop), as_of_(as_of), coverage_(coverage), random_(seed) {
  // Most literals are those of orders that count by then: the others match nothing.
  std::vector<domain::Order> orders;
  for (const domain::Order& order : shop.shop().orders) {
    const domain::OrderMeasure& measure = order.measure;
    const bool counts = measure.counted_from <= as_of && as_of < measure.counted_until;
    if (counts || random_.Percent(kOtherOrdersPercent)) orders.push_back(order);
  }
  generator_ = std::make_unique<ConditionGenerator>(
      shop.definitions(),
      testing_support::CollectPools(shop.definitions(), shop.shop().members, orders),
      domain::condition::EvaluationContext{as_of, shop.shop().zone}, seed + 1,
      ConditionGenerator::Options{});
  const ExpectedFeatures expected = ExpectedFeaturesOf(shop.definitions());
  for (std::string& feature : generator_->AllFeatures()) {
    std::string test = TestOf(feature, expected);
    const bool constant = expected.constant.contains(test);
    if (feature == "group") choices_.push_back({feature, kPinnedGroup});
    choices_.push_back({std::move(feature), std::move(test), constant});
  }
}

const ConditionComposer::Choice& ConditionComposer::ChooseShort(int drawn) {
  const Quotas& quotas = coverage_.quotas();
  const auto share_met = [&](const Choice& choice) {
    const double uses =
        std::min(static_cast<double>(coverage_.Uses(choice.test)) / quotas.uses, 1.0);
    if (choice.constant) return 2 * uses;
    return uses + static_cast<double>(coverage_.Deciding(choice.test)) / quotas.deciding;
  };
  const Choice* shortest = &random_.Pick(choices_);
  for (int i = 1; i < drawn; ++i) {
    const Choice& choice = random_.Pick(choices_);
    if (share_met(choice) < share_met(*shortest)) shortest = &choice;
  }
  return *shortest;
}

absl::StatusOr<ComposedCondition> ConditionComposer::Leaf(const Choice& choice) {
  Node leaf = generator_->LeafWith(choice.feature);
  if (auto* group = std::get_if<GroupLeaf>(&leaf.body); choice.test == kPinnedGroup) {
    group->definition_revision = 1;
  }
  if (auto* test = std::get_if<AttributeLeaf>(&leaf.body);
      test != nullptr && random_.Percent(kLongListPercent)) {
    Lengthen(*test);
  }
  ASSIGN_OR_RETURN(const domain::condition::BoundNode bound, shop_.Bind(leaf));
  ASSIGN_OR_RETURN(const MemberSet set, shop_.SelectNaively(bound, as_of_));
  return ComposedCondition{std::move(leaf), {set}, set};
}

absl::StatusOr<ComposedCondition> ConditionComposer::JoinDeciding(ComposedCondition tree) {
  const Choice choice = ChooseShort(64);
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(ComposedCondition leaf, Leaf(choice));
    for (const TestSite& site : SitesOf(leaf.tree, shop_.definitions())) {
      if (site.feature != choice.test) continue;
      ASSIGN_OR_RETURN(const Alternatives alternatives,
                       AlternativesOf(shop_, as_of_, leaf.tree, site));
      const bool by_and = Decides(alternatives, leaf.selected, tree.selected);
      const bool by_or = Decides(alternatives, leaf.selected, shop_.all() & ~tree.selected);
      if (by_and && by_or) return Join(std::move(tree), std::move(leaf));
      if (by_and || by_or) return JoinBy(by_and, std::move(tree), std::move(leaf));
    }
    if (attempt == kDecidingAttempts) return Join(std::move(tree), std::move(leaf));
  }
}

ComposedCondition ConditionComposer::Negate(ComposedCondition a) const {
  a.tree = Node{Not{NodeBox(std::move(a.tree))}, {}};
  a.selected = shop_.all() & ~a.selected;
  return a;
}

ComposedCondition ConditionComposer::Join(ComposedCondition a, ComposedCondition b) {
  const auto balance = [&](const MemberSet& set) {
    const auto selected = static_cast<int64_t>(set.count());
    return std::abs(2 * selected - static_cast<int64_t>(shop_.all().count()));
  };
  bool use_and = random_.Percent(50);
  if (!random_.Percent(20)) {
    use_and = balance(a.selected & b.selected) < balance(a.selected | b.selected);
  }
  return JoinBy(use_and, std::move(a), std::move(b));
}

ComposedCondition ConditionComposer::JoinBy(bool use_and, ComposedCondition a,
                                            ComposedCondition b) {
  ComposedCondition joined;
  joined.selected = use_and ? a.selected & b.selected : a.selected | b.selected;
  joined.leaf_sets = std::move(a.leaf_sets);
  joined.leaf_sets.insert(joined.leaf_sets.end(), b.leaf_sets.begin(), b.leaf_sets.end());
  std::vector<Node> children;
  const bool flat = random_.Percent(50);
  if (use_and) {
    if (flat) {
      AddChildren<And>(std::move(a.tree), &children);
    } else {
      children.push_back(std::move(a.tree));
    }
    AddChildren<And>(std::move(b.tree), &children);
    joined.tree = Node{And{std::move(children)}, {}};
  } else {
    if (flat) {
      AddChildren<Or>(std::move(a.tree), &children);
    } else {
      children.push_back(std::move(a.tree));
    }
    AddChildren<Or>(std::move(b.tree), &children);
    joined.tree = Node{Or{std::move(children)}, {}};
  }
  return joined;
}

absl::StatusOr<ComposedCondition> ConditionComposer::Tree(int leaves, int depth) {
  if (leaves <= 1 || depth >= kMaxNesting) {
    ASSIGN_OR_RETURN(ComposedCondition leaf, Leaf(ChooseShort(3)));
    if (random_.Percent(3)) return Negate(Negate(std::move(leaf)));
    return random_.Percent(20) ? Negate(std::move(leaf)) : std::move(leaf);
  }
  const int left = static_cast<int>(random_.Between(1, leaves - 1));
  ASSIGN_OR_RETURN(ComposedCondition a, Tree(left, depth + 1));
  ASSIGN_OR_RETURN(ComposedCondition b, Tree(leaves - left, depth + 1));
  ComposedCondition joined = Join(std::move(a), std::move(b));
  return depth < kMaxNesting / 2 && random_.Percent(15) ? Negate(std::move(joined))
                                                        : std::move(joined);
}

absl::StatusOr<ComposedCondition> ConditionComposer::Next() {
  const int leaves = random_.Percent(10) ? 1 : static_cast<int>(random_.Between(2, kMaxLeaves));
  if (leaves == 1 || !random_.Percent(kDecidingPercent)) return Tree(leaves, 1);
  ASSIGN_OR_RETURN(ComposedCondition tree, Tree(leaves - 1, 2));
  return JoinDeciding(std::move(tree));
}

}  // namespace segmentation::differential
