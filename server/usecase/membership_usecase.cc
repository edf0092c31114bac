#include "server/usecase/membership_usecase.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/base/status_macros.h"
#include "server/usecase/fact_errors.h"

namespace segmentation::usecase {
namespace {

// Groups that one page of ListGroups evaluates: what bounds it where a member is in few.
constexpr int kMostEvaluated = 1'000;

// The group as it is kept for the view's as-of; null: it is not.
const KeptGroup* FindKept(const KeptGroups* kept, const domain::Group& group,
                          const ConditionView& view) {
  if (kept == nullptr) return nullptr;
  const auto found = kept->groups.find(group.number);
  if (found == kept->groups.end()) return nullptr;
  const KeptGroup& one = *found->second;
  const bool is_it =
      one.group_revision == group.group_revision && one.status.ok() && one.IsOf(view.as_of_ms());
  return is_it ? &one : nullptr;
}

}  // namespace

std::shared_ptr<const KeptGroups> MembershipUsecase::KeptOf(const CallContext& context,
                                                            const ConditionView& view,
                                                            const ReadOptions& read) const {
  // Groups are kept as of now alone.
  if (keeper_ == nullptr || view.index() == nullptr || read.as_of_ms) return nullptr;
  return keeper_->At(context.shop.number, *view.index());
}

absl::StatusOr<MembershipCheck> MembershipUsecase::Check(const CallContext& context,
                                                         std::string_view group_id,
                                                         int32_t group_revision,
                                                         std::span<const std::string> member_ids,
                                                         const ReadOptions& read) {
  ASSIGN_OR_RETURN(ConditionView view, ConditionView::Open(reader_, indexes_, context, read));
  const std::shared_ptr<SavedGroups> groups =
      saved_.Of(context.shop.number, view.shared_definitions());
  ASSIGN_OR_RETURN(const std::shared_ptr<const SavedCondition> saved,
                   groups->Get(group_id, group_revision, [&view] { return view.rows(); }));
  ASSIGN_OR_RETURN(const std::vector<domain::MemberNo> numbers, view.NumbersOf(member_ids));
  std::vector<domain::MemberNo> asked;
  for (const domain::MemberNo number : numbers) {
    if (number != 0) asked.push_back(number);
  }
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  std::vector<domain::MemberNo> inside;
  const std::shared_ptr<const KeptGroups> all_kept = KeptOf(context, view, read);
  if (const KeptGroup* const kept = FindKept(all_kept.get(), saved->group, view)) {
    for (const domain::MemberNo number : asked) {
      if (kept->members.Test(number)) inside.push_back(number);
    }
  } else {
    ASSIGN_OR_RETURN(Evaluation evaluation,
                     view.Evaluate(saved->condition.Query(view.definitions(), view.as_of_ms())));
    ASSIGN_OR_RETURN(inside, evaluation.Filter(asked));
  }
  MembershipCheck check{{}, saved->group.group_revision, view.stamp()};
  for (const domain::MemberNo number : numbers) {
    check.results.push_back(
        {number != 0, number != 0 && std::binary_search(inside.begin(), inside.end(), number)});
  }
  return check;
}

absl::StatusOr<MemberGroups> MembershipUsecase::ListGroups(const CallContext& context,
                                                           std::string_view member_id,
                                                           std::string_view after_id, int limit,
                                                           const ReadOptions& read) {
  ASSIGN_OR_RETURN(ConditionView view, ConditionView::Open(reader_, indexes_, context, read));
  const std::string id(member_id);
  ASSIGN_OR_RETURN(const std::vector<domain::MemberNo> numbers, view.NumbersOf({&id, 1}));
  if (numbers.front() == 0) return MemberNotFound(member_id, "member_id");
  const std::shared_ptr<SavedGroups> groups =
      saved_.Of(context.shop.number, view.shared_definitions());
  const std::shared_ptr<const KeptGroups> all_kept = KeptOf(context, view, read);
  MemberGroups found{{}, "", view.stamp()};
  auto next = std::upper_bound(
      groups->by_id().begin(), groups->by_id().end(), after_id,
      [](std::string_view after, const domain::Group* group) { return after < group->id; });
  int evaluated = 0;
  std::string looked_to;
  for (; next != groups->by_id().end(); ++next) {
    if (found.groups.size() == static_cast<size_t>(limit) || evaluated == kMostEvaluated) {
      found.go_on_after = std::move(looked_to);
      break;
    }
    const domain::Group& group = **next;
    looked_to = group.id;
    const auto inside = [&]() -> absl::StatusOr<bool> {
      if (const KeptGroup* const kept = FindKept(all_kept.get(), group, view)) {
        return kept->members.Test(numbers.front());
      }
      ++evaluated;
      ASSIGN_OR_RETURN(const std::shared_ptr<const SavedCondition> saved,
                       groups->Get(group.id, 0, [&view] { return view.rows(); }));
      ASSIGN_OR_RETURN(Evaluation evaluation,
                       view.Evaluate(saved->condition.Query(view.definitions(), view.as_of_ms())));
      ASSIGN_OR_RETURN(const std::vector<domain::MemberNo> members, evaluation.Filter(numbers));
      return !members.empty();
    }();
    if (!inside.ok() && !IsOfTheGroup(inside.status())) return inside.status();
    if (inside.ok() && !*inside) continue;
    found.groups.push_back({group.id, group.name, group.group_revision, inside.status()});
  }
  return found;
}

absl::StatusOr<MembershipExplanation> MembershipUsecase::Explain(const CallContext& context,
                                                                 std::string_view group_id,
                                                                 int32_t group_revision,
                                                                 std::string_view member_id,
                                                                 const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  const std::shared_ptr<SavedGroups> groups = saved_.Of(context.shop.number, view.definitions);
  ASSIGN_OR_RETURN(const std::shared_ptr<const SavedCondition> saved,
                   groups->Get(group_id, group_revision, RowsOf(*view.snapshot)));
  const std::string id(member_id);
  ASSIGN_OR_RETURN(const std::vector<domain::Member> members,
                   view.snapshot->ReadMembersById({&id, 1}, storage::MemberParts::kAll));
  if (members.empty()) return MemberNotFound(member_id, "member_id");
  const domain::MemberNo number = members.front().number;
  ASSIGN_OR_RETURN(const std::vector<domain::Order> orders,
                   view.snapshot->ReadOrdersOfMembers({&number, 1}));
  return ExplainMembership(view, *groups, *saved, {members.front(), orders},
                           [&] { return CheckStillWanted(context, reader_.clock().Now()); });
}

}  // namespace segmentation::usecase
