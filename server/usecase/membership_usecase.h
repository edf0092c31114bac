// Questions about single members: in which groups they are, and whether in this one. One answer
// sees one revision and one as-of instant (T23, T47).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/shop.h"
#include "server/usecase/call_context.h"
#include "server/usecase/condition_view.h"
#include "server/usecase/group_keeper.h"
#include "server/usecase/membership_explanation.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/saved_conditions.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::usecase {

struct Membership {
  bool known = false;  // false: no such live member
  bool in_group = false;
};

struct MembershipCheck {
  std::vector<Membership> results;  // one for each id asked, at its index
  int32_t group_revision = 0;
  ReadStamp stamp;
};

// A group a member is in, or that could not say.
struct MemberGroup {
  std::string group_id;
  std::string name;
  int32_t group_revision = 0;
  absl::Status status;  // not OK: the group is broken (T50)
};

struct MemberGroups {
  std::vector<MemberGroup> groups;  // by id; broken ones are among them
  std::string go_on_after;          // a group's id; empty: all were looked at
  ReadStamp stamp;
};

// Thread-safe. Every method runs its queries on the calling thread. Where the index answers Check
// and ListGroups, nothing is asked of the database but revisions of groups that are not the newest.
class MembershipUsecase {
 public:
  // All outlive it. `indexes` null: the database evaluates every condition; `keeper` null: every
  // condition is evaluated when asked.
  MembershipUsecase(ShopReader& reader, SavedConditions& saved,
                    audience::ShopIndexes* indexes = nullptr, GroupKeeper* keeper = nullptr)
      : reader_(reader), saved_(saved), indexes_(indexes), keeper_(keeper) {}

  // GROUP_NOT_FOUND, and the CONDITION_ reasons of a group that is broken.
  absl::StatusOr<MembershipCheck> Check(const CallContext& context, std::string_view group_id,
                                        int32_t group_revision,
                                        std::span<const std::string> member_ids,
                                        const ReadOptions& read);

  // The groups that hold a member, newest revisions, by id after `after_id` (empty: from the
  // first), at most `limit`, and fewer where many groups had to be evaluated for them. A broken
  // group is listed with its error and stops no other (T50). MEMBER_NOT_FOUND.
  absl::StatusOr<MemberGroups> ListGroups(const CallContext& context, std::string_view member_id,
                                          std::string_view after_id, int limit,
                                          const ReadOptions& read);

  // Why a member is in a group or not, out of the database's rows. GROUP_NOT_FOUND,
  // MEMBER_NOT_FOUND, and the CONDITION_ reasons of a group that is broken.
  absl::StatusOr<MembershipExplanation> Explain(const CallContext& context,
                                                std::string_view group_id, int32_t group_revision,
                                                std::string_view member_id,
                                                const ReadOptions& read);

 private:
  // The groups of the view, for its as-of, where they are kept.
  std::shared_ptr<const KeptGroups> KeptOf(const CallContext& context, const ConditionView& view,
                                           const ReadOptions& read) const;

  ShopReader& reader_;
  SavedConditions& saved_;
  audience::ShopIndexes* const indexes_;
  GroupKeeper* const keeper_;
};

}  // namespace segmentation::usecase
