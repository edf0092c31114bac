#include "server/usecase/membership_explanation.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/shown_values.h"

namespace segmentation::usecase {
namespace {

using namespace domain::condition;  // NOLINT: the parts of conditions are what this is about
using Kind = ExplainedPart::Kind;

// Of one answer. A group named beyond them is shown without its parts, a leaf without its values;
// texts of one condition may go beyond by what a condition has at most, 256 KiB.
constexpr size_t kMaxParts = 2'000;
constexpr size_t kMaxBytes = 1 << 20;
constexpr size_t kMaxPartsOfOne = domain::condition::kMaxNodes;

class Explainer {
 public:
  Explainer(ShopView& view, SavedGroups& groups, const MemberFacts& facts,
            const EvaluationScope& scope, const std::function<absl::Status()>& still_wanted)
      : view_(view), groups_(groups), facts_(facts), scope_(scope), still_wanted_(still_wanted) {}

  absl::Status Explain(const SavedCondition& saved) {
    RETURN_IF_ERROR(Add(saved.condition.tree, saved.condition.bound, saved, 0).status());
    MarkDeciding(0, true);
    return absl::OkStatus();
  }

  std::vector<ExplainedPart> TakeParts() { return std::move(parts_); }
  bool complete() const { return complete_; }

 private:
  // Adds the part and what is in it; whether it holds.
  absl::StatusOr<bool> Add(const Node& tree, const BoundNode& bound, const SavedCondition& of,
                           int depth) {
    const size_t at = parts_.size();
    parts_.emplace_back().depth = depth;
    const auto* const conjunction = std::get_if<And>(&tree.body);
    const auto* const disjunction = std::get_if<Or>(&tree.body);
    const auto* const negation = std::get_if<Not>(&tree.body);
    const auto* const bound_group = std::get_if<BoundGroup>(&bound.body);
    bool holds = false;
    if (conjunction != nullptr) {
      parts_[at].kind = Kind::kAnd;
      holds = true;
      const auto& children = std::get<BoundAnd>(bound.body).children;
      for (size_t i = 0; i < children.size(); ++i) {
        ASSIGN_OR_RETURN(const bool part,
                         Add(conjunction->children[i], children[i], of, depth + 1));
        holds = holds && part;
      }
    } else if (disjunction != nullptr) {
      parts_[at].kind = Kind::kOr;
      const auto& children = std::get<BoundOr>(bound.body).children;
      for (size_t i = 0; i < children.size(); ++i) {
        ASSIGN_OR_RETURN(const bool part,
                         Add(disjunction->children[i], children[i], of, depth + 1));
        holds = holds || part;
      }
    } else if (negation != nullptr) {
      parts_[at].kind = Kind::kNot;
      ASSIGN_OR_RETURN(
          const bool part,
          Add(*negation->child, std::get<BoundNot>(bound.body).child.front(), of, depth + 1));
      holds = !part;
    } else if (bound_group != nullptr) {
      ASSIGN_OR_RETURN(holds, AddGroup(tree, *bound_group, at, depth));
    } else {
      parts_[at].text = Print(tree);
      CountBytes(parts_[at]);
      if (bytes_ < kMaxBytes) {
        parts_[at].values = ShownValues(bound, facts_, scope_);
        for (const std::string& value : parts_[at].values) bytes_ += value.size();
      } else {
        complete_ = false;
      }
      ASSIGN_OR_RETURN(holds, IsTrue(bound, of));
    }
    parts_[at].holds = holds;
    return holds;
  }

  absl::StatusOr<bool> AddGroup(const Node& tree, const BoundGroup& leaf, size_t at, int depth) {
    const domain::Group& group = view_.definitions->groups.at(leaf.group_no);
    ASSIGN_OR_RETURN(
        const std::shared_ptr<const SavedCondition> saved,
        groups_.Get(group.id, leaf.definition_revision.value_or(0), RowsOf(*view_.snapshot)));
    ExplainedPart& part = parts_[at];
    part.kind = Kind::kGroup;
    part.text = Print(tree);
    part.group_id = group.id;
    part.group_revision = saved->group.group_revision;
    CountBytes(part);
    if (parts_.size() + kMaxPartsOfOne <= kMaxParts && bytes_ < kMaxBytes) {
      return Add(saved->condition.tree, saved->condition.bound, *saved, depth + 1);
    }
    complete_ = false;
    return IsTrue(saved->condition.bound, *saved);
  }

  absl::StatusOr<bool> IsTrue(const BoundNode& bound, const SavedCondition& of) {
    RETURN_IF_ERROR(still_wanted_());
    EvaluationScope scope = scope_;
    scope.groups = &of.condition.groups;
    const absl::StatusOr<NaiveEvaluator> naive = NaiveEvaluator::Create(bound, scope);
    if (naive.ok()) return naive->Selects(facts_);
    // TOP ranks all members, so the database decides.
    storage::ConditionQuery query = of.condition.Query(*view_.definitions, view_.as_of_ms);
    query.condition = &bound;
    const domain::MemberNo number = facts_.member.number;
    ASSIGN_OR_RETURN(const std::vector<domain::MemberNo> found,
                     view_.snapshot->FilterMatching(query, {&number, 1}));
    return !found.empty();
  }

  // Returns the place behind the part and what is in it.
  size_t MarkDeciding(size_t at, bool decides) {
    parts_[at].decides = decides;
    const bool holds = parts_[at].holds;
    const bool one_decides =
        (parts_[at].kind == Kind::kAnd && !holds) || (parts_[at].kind == Kind::kOr && holds);
    bool found = false;
    size_t next = at + 1;
    while (next < parts_.size() && parts_[next].depth > parts_[at].depth) {
      const bool is_it = !one_decides || (!found && parts_[next].holds == holds);
      found = found || is_it;
      next = MarkDeciding(next, decides && is_it);
    }
    return next;
  }

  void CountBytes(const ExplainedPart& part) { bytes_ += part.text.size(); }

  ShopView& view_;
  SavedGroups& groups_;
  const MemberFacts& facts_;
  const EvaluationScope scope_;
  const std::function<absl::Status()>& still_wanted_;
  std::vector<ExplainedPart> parts_;
  size_t bytes_ = 0;
  bool complete_ = true;
};

}  // namespace

absl::StatusOr<MembershipExplanation> ExplainMembership(
    ShopView& view, SavedGroups& groups, const SavedCondition& saved, const MemberFacts& facts,
    const std::function<absl::Status()>& still_wanted) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone,
                   base::LoadTimeZone(view.definitions->shop.time_zone, "shop.time_zone"));
  const EvaluationScope scope{
      {view.as_of_ms, zone}, view.definitions.get(), &saved.condition.groups, nullptr};
  Explainer explainer(view, groups, facts, scope, still_wanted);
  RETURN_IF_ERROR(explainer.Explain(saved));
  MembershipExplanation explanation;
  explanation.parts = explainer.TakeParts();
  explanation.complete = explainer.complete();
  explanation.in_group = explanation.parts.front().holds;
  explanation.looked_until = std::min(view.as_of_ms + kChangeHorizonMs, base::kMaxInstantMs);
  ASSIGN_OR_RETURN(explanation.next_change, FindNextChange(saved.condition.bound, scope, facts,
                                                           explanation.looked_until, still_wanted));
  explanation.group_revision = saved.group.group_revision;
  explanation.stamp = StampOf(view);
  return explanation;
}

}  // namespace segmentation::usecase
