// Why a member is in a group, or is not: the truth of each part of its condition, what the member
// has there, and when time alone changes the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/domain/condition/naive_evaluator.h"
#include "server/domain/condition/next_change.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/saved_conditions.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::usecase {

struct ExplainedPart {
  enum class Kind : uint8_t { kAnd = 1, kOr = 2, kNot = 3, kLeaf = 4, kGroup = 5 };
  int depth = 0;  // parts follow their parent; 0: the whole condition
  Kind kind = Kind::kLeaf;
  std::string text;  // canonical, of leaves and groups
  bool holds = false;
  // The answer hangs on it: of an AND that fails the first part that does, of an OR that holds the
  // first part that does, else every part; each within parts that decide.
  bool decides = false;
  std::vector<std::string> values;  // what the member has there; personal data masked
  std::string group_id;             // kGroup
  int32_t group_revision = 0;       // kGroup
};

struct MembershipExplanation {
  bool in_group = false;
  std::vector<ExplainedPart> parts;
  bool complete = true;  // false: too much for one answer, so some groups stand without their parts
  domain::condition::NextChange next_change;
  base::InstantMs looked_until = 0;  // for the next change
  int32_t group_revision = 0;
  ReadStamp stamp;
};

// How far ahead the next change is looked for.
inline constexpr base::InstantMs kChangeHorizonMs = base::InstantMs{400} * 86'400'000;

// Explains the condition of a group for one member, all out of the snapshot of `view`. `groups` is
// of its definitions. `still_wanted` is asked now and then; a status that is not OK ends the work.
absl::StatusOr<MembershipExplanation> ExplainMembership(
    ShopView& view, SavedGroups& groups, const SavedCondition& saved,
    const domain::condition::MemberFacts& facts, const std::function<absl::Status()>& still_wanted);

}  // namespace segmentation::usecase
