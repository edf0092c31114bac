#include "server/usecase/kept_groups.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "server/audience/condition_plan.h"
#include "server/base/calendar.h"
#include "server/base/status_macros.h"
#include "server/domain/condition/condition_reads.h"

namespace segmentation::usecase {
namespace {

using audience::BitBlock;
using audience::ConditionPlan;
using audience::MemberBitmap;
using audience::ShopRoot;
using audience::Touch;
using base::InstantMs;
using domain::MemberNo;
using domain::condition::ConditionReads;
using storage::MemberParts;

constexpr size_t kBytesPerGroup = sizeof(KeptGroup) + 64;

// Whether a change of these parts can matter to what is read.
bool Matters(const Touch& touch, const ConditionReads& reads) {
  return reads.member_row || (reads.orders && touch.orders) ||
         (reads.identities && Has(touch.parts, MemberParts::kIdentities)) ||
         (reads.attributes && Has(touch.parts, MemberParts::kAttributes)) ||
         (reads.consents && Has(touch.parts, MemberParts::kConsents)) ||
         (reads.tags && Has(touch.parts, MemberParts::kTags));
}

// When a tag of a member expires after `t`.
InstantMs NextExpiryOf(const ShopRoot& root, MemberNo member_no, InstantMs t) {
  InstantMs next = INT64_MAX;
  const audience::TagPage* const page = root.tag_facts.Find(member_no / audience::kFactRows);
  if (page == nullptr) return next;
  const auto [first, last] = page->PlacesOf(member_no % audience::kFactRows);
  for (size_t place = first; place < last; ++place) {
    const std::optional<int64_t> at = page->At(place).expires_at_ms;
    if (at && *at > t) next = std::min(next, *at);
  }
  return next;
}

InstantMs NextOrderOf(const ShopRoot& root, MemberNo member_no, InstantMs t) {
  const audience::OrderPage* const page = root.orders.Find(member_no / audience::kFactRows);
  return page == nullptr ? INT64_MAX : page->NextInstantOf(member_no % audience::kFactRows, t);
}

InstantMs NextExpiry(const ShopRoot& root, InstantMs t) {
  InstantMs next = INT64_MAX;
  const auto bits = std::make_unique<BitBlock>();
  for (uint32_t block = 0; block < root.block_count(); ++block) {
    bits->Clear();
    for (size_t tag = 0; tag < root.expiring_tags.end(); ++tag) {
      const MemberBitmap* const members = root.expiring_tags.Find(tag);
      if (members != nullptr) members->AddTo(block, bits.get());
    }
    bits->ForEach([&](uint32_t bit) {
      next = std::min(next, NextExpiryOf(root, block * audience::kBlockMembers + bit, t));
    });
  }
  return next;
}

InstantMs NextOrder(const ShopRoot& root, InstantMs t) {
  InstantMs next = INT64_MAX;
  for (size_t i = 0; i < root.orders.end(); ++i) {
    if (const audience::OrderPage* const page = root.orders.Find(i)) {
      next = std::min(next, page->NextInstant(t));
    }
  }
  return next;
}

class Keeping {
 public:
  Keeping(const KeptGroups* before, const audience::VersionStep& step, SavedGroups& saved,
          InstantMs now_ms, size_t max_bytes, const std::function<absl::Status()>& still_wanted)
      : before_(before),
        version_(*step.version),
        root_(*step.version->root),
        touched_(step.touched ? &*step.touched : nullptr),
        saved_(saved),
        now_ms_(now_ms),
        max_bytes_(max_bytes),
        still_wanted_(still_wanted),
        kept_(std::make_shared<KeptGroups>()) {
    kept_->version = step.version;
    kept_->epoch = before == nullptr ? 1 : before->epoch + 1;
  }

  absl::StatusOr<std::shared_ptr<const KeptGroups>> Run(const RowsSource& rows) {
    ASSIGN_OR_RETURN(zone_, base::LoadTimeZone(version_.definitions->shop.time_zone, "time_zone"));
    midnight_ = base::MidnightOf(base::DayOf(now_ms_, zone_) + 1, zone_);
    FindNextFacts();
    for (const domain::Group* const group : saved_.by_id()) {
      RETURN_IF_ERROR(still_wanted_());
      const auto saved = saved_.Get(group->id, 0, rows);
      KeptOrNot kept = saved.ok() ? Keep(*group, **saved) : KeptOrNot(saved.status());
      if (!kept.ok()) {
        if (!IsOfTheGroup(kept.status())) return kept.status();
        auto broken = std::make_shared<KeptGroup>();
        broken->group_revision = group->group_revision;
        broken->status = kept.status();
        kept = std::move(broken);
      }
      kept_->bytes += kBytesPerGroup + (*kept)->members.bytes();
      kept_->groups[group->number] = *std::move(kept);
    }
    return std::shared_ptr<const KeptGroups>(kept_);
  }

 private:
  // Whether what changed is known, and small.
  bool StepsOn() const {
    return before_ != nullptr && touched_ != nullptr &&
           before_->version->definitions->definition_revision ==
               version_.definitions->definition_revision;
  }

  void FindNextFacts() {
    const bool steps = before_ != nullptr && touched_ != nullptr;
    // What was next may be over; of what changed since, the changed members alone know.
    kept_->next_order_ms = steps && before_->next_order_ms > now_ms_ ? before_->next_order_ms
                                                                     : NextOrder(root_, now_ms_);
    kept_->next_expiry_ms = steps && before_->next_expiry_ms > now_ms_ ? before_->next_expiry_ms
                                                                       : NextExpiry(root_, now_ms_);
    if (!steps) return;
    for (const Touch& touch : *touched_) {
      kept_->next_order_ms =
          std::min(kept_->next_order_ms, NextOrderOf(root_, touch.member_no, now_ms_));
      kept_->next_expiry_ms =
          std::min(kept_->next_expiry_ms, NextExpiryOf(root_, touch.member_no, now_ms_));
    }
  }

  using KeptOrNot = absl::StatusOr<std::shared_ptr<const KeptGroup>>;

  KeptOrNot Keep(const domain::Group& group, const SavedCondition& saved) {
    const ConditionReads reads =
        domain::condition::ReadsOf(saved.condition.bound, &saved.condition.groups);
    auto kept = std::make_shared<KeptGroup>();
    kept->group_revision = group.group_revision;
    kept->as_of_ms = kept->valid_until_ms = now_ms_;
    if (!reads.rolling.empty() || kept_->bytes >= max_bytes_) return kept;
    kept->valid_until_ms = INT64_MAX;
    if (reads.days) kept->valid_until_ms = midnight_;
    if (reads.orders) kept->valid_until_ms = std::min(kept->valid_until_ms, kept_->next_order_ms);
    if (reads.tags) kept->valid_until_ms = std::min(kept->valid_until_ms, kept_->next_expiry_ms);

    const KeptGroup* old = nullptr;
    if (StepsOn()) {
      const auto found = before_->groups.find(group.number);
      if (found != before_->groups.end() && found->second->IsOf(now_ms_) &&
          found->second->group_revision == group.group_revision && found->second->status.ok()) {
        old = found->second.get();
      }
    }
    if (old != nullptr && reads.ranks && !touched_->empty()) old = nullptr;
    if (old == nullptr) {
      RETURN_IF_ERROR(EvaluateAll(saved, *kept));
      return kept;
    }
    kept->as_of_ms = old->as_of_ms;
    kept->members = old->members;
    ASSIGN_OR_RETURN(const bool looked, EvaluateTouched(saved, reads, *kept));
    // Members that were looked at are so from now on.
    if (looked) kept->as_of_ms = now_ms_;
    return kept;
  }

  absl::StatusOr<ConditionPlan> Plan(const SavedCondition& saved) const {
    return ConditionPlan::Make(kept_->version->root,
                               saved.condition.Query(*version_.definitions, now_ms_), zone_);
  }

  absl::Status EvaluateAll(const SavedCondition& saved, KeptGroup& kept) const {
    ASSIGN_OR_RETURN(ConditionPlan plan, Plan(saved));
    const auto live = std::make_unique<BitBlock>();
    const auto selected = std::make_unique<BitBlock>();
    for (uint32_t block = 0; block < root_.block_count(); ++block) {
      RETURN_IF_ERROR(still_wanted_());
      if (root_.live.CountOf(block) == 0) continue;
      live->Clear();
      root_.live.AddTo(block, live.get());
      plan.FillBlock(block, *live, selected.get());
      kept.members.PutBlock(block, *selected, kept_->epoch);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> EvaluateTouched(const SavedCondition& saved, const ConditionReads& reads,
                                       KeptGroup& kept) const {
    std::optional<ConditionPlan> plan;
    for (const Touch& touch : *touched_) {
      // One that came or went changes every group, whatever the group reads.
      const bool was_live = before_->version->root->live.Test(touch.member_no);
      const bool is_live = root_.live.Test(touch.member_no);
      if (was_live && is_live && !Matters(touch, reads)) continue;
      if (!plan) {
        ASSIGN_OR_RETURN(ConditionPlan made, Plan(saved));
        plan.emplace(std::move(made));
      }
      kept.members.Set(touch.member_no, plan->Selects(touch.member_no), kept_->epoch);
    }
    return plan.has_value();
  }

  const KeptGroups* const before_;
  const audience::IndexVersion& version_;
  const ShopRoot& root_;
  const std::vector<Touch>* const touched_;
  SavedGroups& saved_;
  const InstantMs now_ms_;
  const size_t max_bytes_;
  const std::function<absl::Status()>& still_wanted_;
  const std::shared_ptr<KeptGroups> kept_;
  absl::TimeZone zone_;
  InstantMs midnight_ = 0;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const KeptGroups>> KeepGroups(
    const KeptGroups* before, const audience::VersionStep& step, SavedGroups& saved,
    InstantMs now_ms, size_t max_bytes, const RowsSource& rows,
    const std::function<absl::Status()>& still_wanted) {
  return Keeping(before, step, saved, now_ms, max_bytes, still_wanted).Run(rows);
}

}  // namespace segmentation::usecase
