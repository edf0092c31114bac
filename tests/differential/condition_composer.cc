#include "tests/differential/condition_composer.h"

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

// With these, 20,000 conditions use every feature often enough; the quotas of the test tell.
constexpr int kMaxLeaves = 20;
constexpr int kMaxNesting = 10;
constexpr int kLongListPercent = 6;
constexpr int64_t kLongList = 1'100;

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

}  // namespace

ConditionComposer::ConditionComposer(const ShopUnderTest& shop, base::InstantMs as_of,
                                     uint64_t seed)
    : shop_(shop), as_of_(as_of), random_(seed) {
  ConditionGenerator::Options options;
  options.max_leaves = 1;
  options.attribute_percent = 42;
  options.clause_percent = 46;
  generator_ = std::make_unique<ConditionGenerator>(
      shop.definitions(),
      testing_support::CollectPools(shop.definitions(), shop.shop().members, shop.shop().orders),
      domain::condition::EvaluationContext{as_of, shop.shop().zone}, seed + 1, options);
}

absl::StatusOr<ComposedCondition> ConditionComposer::Leaf() {
  if (pending_leaves_.empty()) {
    const Node tree = generator_->Next().tree;
    std::vector<const Node*> leaves;
    CollectLeaves(tree, &leaves);
    for (const Node* leaf : leaves) pending_leaves_.push_back(*leaf);
  }
  Node leaf = std::move(pending_leaves_.back());
  pending_leaves_.pop_back();
  if (auto* group = std::get_if<GroupLeaf>(&leaf.body); group != nullptr && random_.Percent(50)) {
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
    ASSIGN_OR_RETURN(ComposedCondition leaf, Leaf());
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
  return Tree(random_.Percent(10) ? 1 : static_cast<int>(random_.Between(2, kMaxLeaves)), 1);
}

}  // namespace segmentation::differential
