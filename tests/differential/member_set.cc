#include "tests/differential/member_set.h"

namespace segmentation::differential {
namespace {

using domain::condition::And;
using domain::condition::Node;
using domain::condition::Not;
using domain::condition::Or;

MemberSet Combine(const Node& tree, const std::vector<MemberSet>& leaf_sets, const MemberSet& all,
                  size_t* next) {
  if (const auto* node_and = std::get_if<And>(&tree.body)) {
    MemberSet set = all;
    for (const Node& child : node_and->children) set &= Combine(child, leaf_sets, all, next);
    return set;
  }
  if (const auto* node_or = std::get_if<Or>(&tree.body)) {
    MemberSet set;
    for (const Node& child : node_or->children) set |= Combine(child, leaf_sets, all, next);
    return set;
  }
  if (const auto* node_not = std::get_if<Not>(&tree.body)) {
    return all & ~Combine(*node_not->child, leaf_sets, all, next);
  }
  return leaf_sets[(*next)++];
}

}  // namespace

void CollectLeaves(const Node& tree, std::vector<const Node*>* leaves) {
  if (const auto* node_and = std::get_if<And>(&tree.body)) {
    for (const Node& child : node_and->children) CollectLeaves(child, leaves);
  } else if (const auto* node_or = std::get_if<Or>(&tree.body)) {
    for (const Node& child : node_or->children) CollectLeaves(child, leaves);
  } else if (const auto* node_not = std::get_if<Not>(&tree.body)) {
    CollectLeaves(*node_not->child, leaves);
  } else {
    leaves->push_back(&tree);
  }
}

MemberSet Combine(const Node& tree, const std::vector<MemberSet>& leaf_sets, const MemberSet& all) {
  size_t next = 0;
  return Combine(tree, leaf_sets, all, &next);
}

}  // namespace segmentation::differential
