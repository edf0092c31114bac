#include "server/usecase/condition_view.h"

#include <map>
#include <string_view>
#include <utility>

#include "server/audience/condition_plan.h"
#include "server/audience/shop_indexes.h"
#include "server/base/calendar.h"
#include "server/base/status_macros.h"

namespace segmentation::usecase {

absl::StatusOr<ConditionView> ConditionView::Open(ShopReader& reader,
                                                  audience::ShopIndexes* indexes,
                                                  const CallContext& context,
                                                  const ReadOptions& options) {
  ConditionView view(reader, context);
  if (indexes != nullptr) {
    ASSIGN_OR_RETURN(view.as_of_ms_, reader.AsOf(options));
    RETURN_IF_ERROR(view.StillWanted());
    view.index_ = indexes->At(context.shop.number, options.min_revision, context.deadline);
    if (view.index_ != nullptr) {
      view.definitions_ = view.index_->definitions;
      view.revision_ = view.index_->revision();
      return view;
    }
  }
  ASSIGN_OR_RETURN(ShopView rows, reader.Open(context, options));
  view.snapshot_ = std::move(rows.snapshot);
  view.definitions_ = std::move(rows.definitions);
  view.revision_ = rows.revision;
  view.as_of_ms_ = rows.as_of_ms;
  return view;
}

absl::Status ConditionView::StillWanted() const {
  return CheckStillWanted(*context_, reader_->clock().Now());
}

absl::StatusOr<int64_t> ConditionView::CountMembers() {
  if (index_ != nullptr) return static_cast<int64_t>(index_->root->live.count());
  return snapshot_->CountMembers();
}

absl::StatusOr<Evaluation> ConditionView::Evaluate(const storage::ConditionQuery& query) {
  Evaluation evaluation(*this, query);
  if (index_ == nullptr) return evaluation;
  ASSIGN_OR_RETURN(const absl::TimeZone zone,
                   base::LoadTimeZone(definitions_->shop.time_zone, "shop.time_zone"));
  ASSIGN_OR_RETURN(audience::ConditionPlan plan,
                   audience::ConditionPlan::Make(index_->root, query, zone));
  evaluation.plan_ = std::make_unique<audience::ConditionPlan>(std::move(plan));
  return evaluation;
}

absl::StatusOr<std::vector<domain::MemberNo>> ConditionView::NumbersOf(
    std::span<const std::string> member_ids) {
  std::vector<domain::MemberNo> numbers(member_ids.size(), 0);
  if (index_ != nullptr) {
    for (size_t i = 0; i < member_ids.size(); ++i) {
      numbers[i] = index_->root->MemberNoOf(member_ids[i]).value_or(0);
    }
    return numbers;
  }
  ASSIGN_OR_RETURN(const std::vector<domain::Member> members,
                   snapshot_->ReadMembersById(member_ids, storage::MemberParts::kRow));
  std::map<std::string_view, domain::MemberNo> found;
  for (const domain::Member& member : members) found.emplace(member.id, member.number);
  for (size_t i = 0; i < member_ids.size(); ++i) {
    if (const auto it = found.find(member_ids[i]); it != found.end()) numbers[i] = it->second;
  }
  return numbers;
}

absl::StatusOr<storage::Reader*> ConditionView::rows() {
  if (snapshot_ == nullptr) {
    ReadOptions options;
    options.min_revision = revision_;
    ASSIGN_OR_RETURN(ShopView rows, reader_->Open(*context_, options));
    snapshot_ = std::move(rows.snapshot);
  }
  return snapshot_.get();
}

bool ConditionView::IsMember(domain::MemberNo member_no) const {
  return index_ == nullptr || index_->root->live.Test(member_no);
}

Evaluation::Evaluation(ConditionView& view, const storage::ConditionQuery& query)
    : view_(view), query_(query) {}
Evaluation::Evaluation(Evaluation&&) noexcept = default;
Evaluation::~Evaluation() = default;

absl::StatusOr<int64_t> Evaluation::Count() {
  RETURN_IF_ERROR(view_.StillWanted());
  if (plan_ == nullptr) return view_.snapshot_->CountMatching(query_);
  return plan_->Count([this] { return view_.StillWanted(); });
}

absl::StatusOr<std::vector<domain::MemberNo>> Evaluation::List(domain::MemberNo after_no,
                                                               int limit) {
  RETURN_IF_ERROR(view_.StillWanted());
  if (plan_ == nullptr) return view_.snapshot_->ListMatching(query_, after_no, limit);
  return plan_->Members([this] { return view_.StillWanted(); }, after_no,
                        static_cast<size_t>(limit));
}

absl::StatusOr<std::vector<domain::MemberNo>> Evaluation::Filter(
    std::span<const domain::MemberNo> member_nos) {
  RETURN_IF_ERROR(view_.StillWanted());
  if (plan_ == nullptr) return view_.snapshot_->FilterMatching(query_, member_nos);
  std::vector<domain::MemberNo> inside;
  for (const domain::MemberNo member_no : member_nos) {
    RETURN_IF_ERROR(view_.StillWanted());
    if (plan_->Selects(member_no)) inside.push_back(member_no);
  }
  return inside;
}

}  // namespace segmentation::usecase
