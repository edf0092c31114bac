#include "server/audience/condition_plan.h"

#include <optional>
#include <set>
#include <variant>

#include "server/audience/leaves.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::audience {

using namespace domain::condition;  // NOLINT: plans are made of bound conditions

// Walks the bound condition; a group it names becomes a part of the plan.
class ConditionPlan::Maker {
 public:
  Maker(const LeafContext& context, const BoundGroups* groups)
      : context_(context), groups_(groups) {}

  absl::StatusOr<PlanNodePtr> MakeCondition(const BoundNode& condition) {
    CountReferences(condition);
    return Make(condition);
  }

 private:
  using GroupKey = std::pair<domain::GroupNo, std::optional<int32_t>>;

  absl::StatusOr<PlanNodePtr> Make(const BoundNode& node) {
    return std::visit([this](const auto& body) { return MakeNode(body); }, node.body);
  }

  // How often each group is named, by the condition and by the groups it names, each looked into
  // once.
  void CountReferences(const BoundNode& node) {
    const auto count_all = [this](const std::vector<BoundNode>& children) {
      for (const BoundNode& child : children) CountReferences(child);
    };
    if (const auto* node_and = std::get_if<BoundAnd>(&node.body)) count_all(node_and->children);
    if (const auto* node_or = std::get_if<BoundOr>(&node.body)) count_all(node_or->children);
    if (const auto* node_not = std::get_if<BoundNot>(&node.body)) count_all(node_not->child);
    const auto* leaf = std::get_if<BoundGroup>(&node.body);
    if (leaf == nullptr || groups_ == nullptr) return;
    if (++references_[{leaf->group_no, leaf->definition_revision}] > 1) return;
    if (const BoundNode* group = groups_->Find(*leaf); group != nullptr) CountReferences(*group);
  }

  absl::StatusOr<std::vector<PlanNodePtr>> MakeAll(const std::vector<BoundNode>& children) {
    std::vector<PlanNodePtr> made;
    for (const BoundNode& child : children) {
      ASSIGN_OR_RETURN(PlanNodePtr node, Make(child));
      made.push_back(std::move(node));
    }
    return made;
  }
  absl::StatusOr<PlanNodePtr> MakeNode(const BoundAnd& node) {
    ASSIGN_OR_RETURN(std::vector<PlanNodePtr> children, MakeAll(node.children));
    return std::make_unique<AndNode>(std::move(children));
  }
  absl::StatusOr<PlanNodePtr> MakeNode(const BoundOr& node) {
    ASSIGN_OR_RETURN(std::vector<PlanNodePtr> children, MakeAll(node.children));
    return std::make_unique<OrNode>(std::move(children));
  }
  absl::StatusOr<PlanNodePtr> MakeNode(const BoundNot& node) {
    ASSIGN_OR_RETURN(PlanNodePtr child, Make(node.child.front()));
    return std::make_unique<NotNode>(std::move(child));
  }
  absl::StatusOr<PlanNodePtr> MakeNode(const BoundGroup& leaf) {
    const BoundNode* const group = groups_ == nullptr ? nullptr : groups_->Find(leaf);
    if (group == nullptr) {
      return base::MakeError(base::Reason::INTERNAL, "",
                             base::StrCat("group number ", leaf.group_no, " was not bound"));
    }
    const GroupKey key{leaf.group_no, leaf.definition_revision};
    if (references_[key] < 2) return Make(*group);
    std::shared_ptr<SharedPart>& shared = shared_[key];
    if (shared == nullptr) {
      if (!making_.insert(key).second) {
        return base::MakeError(base::Reason::INTERNAL, "",
                               base::StrCat("group number ", leaf.group_no, " names itself"));
      }
      ASSIGN_OR_RETURN(PlanNodePtr part, Make(*group));
      shared = std::make_shared<SharedPart>(std::move(part), context_.root.live);
    }
    return std::make_unique<SharedReference>(shared);
  }
  template <typename Leaf>
  absl::StatusOr<PlanNodePtr> MakeNode(const Leaf& leaf) {
    return MakeLeaf(leaf, context_);
  }

  const LeafContext& context_;
  const BoundGroups* const groups_;
  std::map<GroupKey, int> references_;
  std::map<GroupKey, std::shared_ptr<SharedPart>> shared_;
  std::set<GroupKey> making_;
};

absl::StatusOr<ConditionPlan> ConditionPlan::Make(std::shared_ptr<const ShopRoot> root,
                                                  const storage::ConditionQuery& query,
                                                  absl::TimeZone zone) {
  if (query.condition == nullptr || query.definitions == nullptr) {
    return base::MakeError(base::Reason::INTERNAL, "",
                           "evaluation needs condition and definitions");
  }
  const LeafContext context{*root, *query.definitions, {query.as_of_ms, zone}};
  ASSIGN_OR_RETURN(PlanNodePtr condition,
                   Maker(context, query.groups).MakeCondition(*query.condition));
  return ConditionPlan(std::move(root), std::move(condition));
}

bool ConditionPlan::FillBlock(uint32_t block) {
  if (root_->live.CountOf(block) == 0) return false;
  live_->Clear();
  root_->live.AddTo(block, live_.get());
  condition_->Fill(block, *live_, selected_.get());
  return true;
}

absl::StatusOr<int64_t> ConditionPlan::Count(const StillWanted& still_wanted) {
  int64_t count = 0;
  for (uint32_t block = 0; block < root_->block_count(); ++block) {
    RETURN_IF_ERROR(still_wanted());
    if (!FillBlock(block)) continue;
    count += selected_->Count();
  }
  return count;
}

absl::StatusOr<std::vector<domain::MemberNo>> ConditionPlan::Members(
    const StillWanted& still_wanted, domain::MemberNo after_no, size_t limit) {
  std::vector<domain::MemberNo> members;
  for (uint32_t block = after_no / kBlockMembers;
       block < root_->block_count() && members.size() < limit; ++block) {
    RETURN_IF_ERROR(still_wanted());
    if (!FillBlock(block)) continue;
    selected_->ForEach([&](uint32_t bit) {
      const domain::MemberNo member_no = block * kBlockMembers + bit;
      if (member_no > after_no && members.size() < limit) members.push_back(member_no);
    });
  }
  return members;
}

bool ConditionPlan::Selects(domain::MemberNo member_no) {
  if (!root_->live.Test(member_no)) return false;
  const uint32_t bit = member_no % kBlockMembers;
  live_->Clear();
  live_->Set(bit);
  condition_->Fill(member_no / kBlockMembers, *live_, selected_.get());
  return selected_->Test(bit);
}

}  // namespace segmentation::audience
