// What a member has of what a leaf asks, for people who want to know why.
#pragma once

#include <string>
#include <vector>

#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/naive_evaluator.h"

namespace segmentation::domain::condition {

// Values as text, in the shop's currency and time zone: "上海", "120.50", "2024-11-11 20:00",
// "count = 3", "油性, source agent, since 2024-05-01 10:00". Personal data is masked, of dates the
// year. Empty: the member has nothing there, or the node is no leaf. At most
// kMaxShownValues of at most kMaxShownBytes each, and one more that says how many were left out.
inline constexpr size_t kMaxShownValues = 20;
inline constexpr size_t kMaxShownBytes = 256;
std::vector<std::string> ShownValues(const BoundNode& leaf, const MemberFacts& facts,
                                     const EvaluationScope& scope);

}  // namespace segmentation::domain::condition
