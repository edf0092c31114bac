// ConditionView::CountCross.
#include <memory>
#include <utility>
#include <vector>

#include "server/audience/condition_plan.h"
#include "server/audience/member_bitmap.h"
#include "server/audience/shop_indexes.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/usecase/condition_view.h"

namespace segmentation::usecase {
namespace {

using audience::BitBlock;
using audience::ConditionPlan;
using audience::CrossCounts;
using audience::CrossSets;
using audience::FillsBlock;
using audience::MemberBitmap;
using domain::condition::BoundNode;

// Members read in one statement.
constexpr int kPage = 100'000;

}  // namespace

absl::StatusOr<CrossCounts> ConditionView::CountCross(const CrossQuery& query) {
  if (index_ == nullptr) return CountCrossByRows(query);
  ASSIGN_OR_RETURN(const absl::TimeZone zone,
                   base::LoadTimeZone(definitions_->shop.time_zone, "shop.time_zone"));
  const auto make = [&](const BoundNode& condition) -> absl::StatusOr<FillsBlock> {
    RETURN_IF_ERROR(StillWanted());
    ASSIGN_OR_RETURN(
        ConditionPlan plan,
        ConditionPlan::Make(index_->root, {&condition, query.groups, definitions_.get(), as_of_ms_},
                            zone));
    return [shared = std::make_shared<ConditionPlan>(std::move(plan))](
               uint32_t block, const BitBlock& mask, BitBlock* out) {
      shared->FillBlock(block, mask, out);
    };
  };
  CrossSets sets;
  for (const BoundNode& row : query.rows) {
    ASSIGN_OR_RETURN(sets.rows.emplace_back(), make(row));
  }
  for (const BoundNode& column : query.columns) {
    ASSIGN_OR_RETURN(sets.columns.emplace_back(), make(column));
  }
  FillsBlock within;
  if (query.within != nullptr) {
    ASSIGN_OR_RETURN(within, make(*query.within));
  }
  const audience::ShopRoot& root = *index_->root;
  const auto live = std::make_unique<BitBlock>();
  sets.block_count = root.block_count();
  sets.within = [&](uint32_t block, BitBlock* out) {
    if (root.live.CountOf(block) == 0) return false;
    live->Clear();
    root.live.AddTo(block, live.get());
    if (within) {
      within(block, *live, out);
    } else {
      *out = *live;
    }
    return out->Any();
  };
  return audience::CountCross(sets, [this] { return StillWanted(); });
}

// Each condition's members are read once and counted here.
absl::StatusOr<CrossCounts> ConditionView::CountCrossByRows(const CrossQuery& query) {
  uint32_t block_count = 0;
  MemberBitmap in_any;
  constexpr audience::Epoch kOnly = 1;
  const auto read = [&](const BoundNode& condition) -> absl::StatusOr<MemberBitmap> {
    MemberBitmap members;
    domain::MemberNo after = 0;
    for (;;) {
      RETURN_IF_ERROR(StillWanted());
      ASSIGN_OR_RETURN(
          const std::vector<domain::MemberNo> page,
          snapshot_->ListMatching({&condition, query.groups, definitions_.get(), as_of_ms_}, after,
                                  kPage));
      for (const domain::MemberNo member_no : page) {
        members.Set(member_no, true, kOnly);
        in_any.Set(member_no, true, kOnly);
      }
      if (!page.empty()) {
        after = page.back();
        block_count = std::max(block_count, after / audience::kBlockMembers + 1);
      }
      if (page.size() < static_cast<size_t>(kPage)) return members;
    }
  };
  const auto read_all = [&](std::span<const BoundNode> conditions, std::string_view name,
                            std::vector<FillsBlock>& sets) -> absl::Status {
    for (size_t i = 0; i < conditions.size(); ++i) {
      auto members = read(conditions[i]);
      if (!members.ok()) {
        return base::WithFieldPrefix(members.status(), base::StrCat(name, "[", i, "]"));
      }
      sets.push_back(
          [bitmap = *std::move(members)](uint32_t block, const BitBlock& mask, BitBlock* out) {
            out->Clear();
            bitmap.AddTo(block, out);
            out->And(mask);
          });
    }
    return absl::OkStatus();
  };
  CrossSets sets;
  RETURN_IF_ERROR(read_all(query.rows, "rows", sets.rows));
  RETURN_IF_ERROR(read_all(query.columns, "columns", sets.columns));
  MemberBitmap within;
  if (query.within != nullptr) {
    auto members = read(*query.within);
    if (!members.ok()) return base::WithFieldPrefix(members.status(), "within");
    within = *std::move(members);
  }
  const MemberBitmap& looked_at = query.within != nullptr ? within : in_any;
  sets.block_count = block_count;
  sets.within = [&](uint32_t block, BitBlock* out) {
    out->Clear();
    looked_at.AddTo(block, out);
    return out->Any();
  };
  ASSIGN_OR_RETURN(CrossCounts counts,
                   audience::CountCross(sets, [this] { return StillWanted(); }));
  if (query.within == nullptr) {
    // Nobody was looked at who is in none of them.
    ASSIGN_OR_RETURN(const int64_t everybody, snapshot_->CountMembers());
    counts.neither = everybody - counts.within;
    counts.within = everybody;
  }
  return counts;
}

}  // namespace segmentation::usecase
