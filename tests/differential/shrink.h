// From a condition on which two evaluators differ to a small one on which they still do.
#pragma once

#include <functional>
#include <vector>

#include "server/domain/condition/tree.h"

namespace segmentation::differential {

// Every tree that is `tree` with one thing less: a child instead of the whole, an operand, a term,
// a literal of a list.
std::vector<domain::condition::Node> SmallerTrees(const domain::condition::Node& tree);

// Goes to smaller trees as long as one of them still fails. `fails` is asked at most `max_steps`
// times and answers false for trees that are no conditions.
domain::condition::Node Shrink(const domain::condition::Node& tree,
                               const std::function<bool(const domain::condition::Node&)>& fails,
                               int max_steps);

}  // namespace segmentation::differential
