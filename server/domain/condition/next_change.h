// When time alone changes the answer of a condition for one member (T22).
#pragma once

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/naive_evaluator.h"

namespace segmentation::domain::condition {

struct NextChange {
  // False: it was not worked out, because the condition ranks members against each other (TOP), or
  // because there are more instants to look at than kMaxChangeInstants, or too many of them for the
  // member's orders.
  bool known = false;
  std::optional<base::InstantMs> at;  // none: not up to the end of what was looked at
};

inline constexpr size_t kMaxChangeInstants = 50'000;

// The first instant after the scope's as-of, up to `until`, from which on the condition's answer
// for the member is another, while nothing is written. `still_wanted` is asked before each
// look; a status that is not OK ends the work. Errors: its own, and those of
// NaiveEvaluator::Create.
absl::StatusOr<NextChange> FindNextChange(const BoundNode& condition, const EvaluationScope& scope,
                                          const MemberFacts& facts, base::InstantMs until,
                                          const std::function<absl::Status()>& still_wanted);

}  // namespace segmentation::domain::condition
