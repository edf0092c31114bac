// A set of the members of a generated shop, and how conditions combine such sets.
#pragma once

#include <bitset>
#include <vector>

#include "server/domain/condition/tree.h"
#include "server/domain/ids.h"

namespace segmentation::differential {

inline constexpr size_t kMaxMembers = 1024;

// Bit i: the member with number i.
using MemberSet = std::bitset<kMaxMembers>;

// The leaves of a tree, left to right.
void CollectLeaves(const domain::condition::Node& tree,
                   std::vector<const domain::condition::Node*>* leaves);

// What the tree selects of `all` when its leaves, left to right, select `leaf_sets`.
MemberSet Combine(const domain::condition::Node& tree, const std::vector<MemberSet>& leaf_sets,
                  const MemberSet& all);

}  // namespace segmentation::differential
