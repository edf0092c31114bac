// The members of a shop's saved groups, kept beside its index: what ListGroupsOfMember and
// CheckMembership look up instead of evaluating conditions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/audience/member_bitmap.h"
#include "server/audience/shop_index.h"
#include "server/base/clock.h"
#include "server/domain/ids.h"
#include "server/usecase/prepared_condition.h"
#include "server/usecase/saved_conditions.h"

namespace segmentation::usecase {

// One group. Immutable.
struct KeptGroup {
  int32_t group_revision = 0;
  // Why it could not be evaluated (T50); it is asked itself then, like one that is not kept.
  absl::Status status;
  audience::MemberBitmap members;
  // The members are those of any instant in [as_of_ms, valid_until_ms) (T22). Empty: they are not
  // kept, because the group's condition moves with every instant, or for want of room.
  base::InstantMs as_of_ms = 0;
  base::InstantMs valid_until_ms = 0;

  bool IsOf(base::InstantMs as_of) const { return as_of_ms <= as_of && as_of < valid_until_ms; }
};

// All groups of a shop at one version of its index. Immutable.
struct KeptGroups {
  std::shared_ptr<const audience::IndexVersion> version;
  std::map<domain::GroupNo, std::shared_ptr<const KeptGroup>> groups;
  // When the next fact happens after the instant these were last brought up to; INT64_MAX: none.
  base::InstantMs next_order_ms = INT64_MAX;
  base::InstantMs next_expiry_ms = INT64_MAX;
  audience::Epoch epoch = 1;  // of the bitmaps
  size_t bytes = 0;
};

// The groups at `step.version` as of `now_ms`, made from `before` (null: from nothing): where only
// some members changed, these alone are looked at. `rows` are read for pinned revisions of groups.
// Once they take `max_bytes` the groups that follow, by id, are not kept. `still_wanted` is asked
// now and then; a status that is not OK ends the work. Errors: its own, and those of `rows`.
absl::StatusOr<std::shared_ptr<const KeptGroups>> KeepGroups(
    const KeptGroups* before, const audience::VersionStep& step, SavedGroups& saved,
    base::InstantMs now_ms, size_t max_bytes, const RowsSource& rows,
    const std::function<absl::Status()>& still_wanted);

}  // namespace segmentation::usecase
