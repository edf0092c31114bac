// A condition over one version of a shop's index: exact counts and sets, block by block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audience/plan_node.h"
#include "server/audience/shop_root.h"
#include "server/domain/ids.h"
#include "server/storage/rows.h"

namespace segmentation::audience {

// One evaluation; one thread at a time.
class ConditionPlan {
 public:
  // Asked between blocks; a status that is not OK ends the evaluation.
  using StillWanted = std::function<absl::Status()>;

  // What `query` names outlives the plan; `zone` is the shop's. INTERNAL when a group it names was
  // not bound.
  static absl::StatusOr<ConditionPlan> Make(std::shared_ptr<const ShopRoot> root,
                                            const storage::ConditionQuery& query,
                                            absl::TimeZone zone);

  absl::StatusOr<int64_t> Count(const StillWanted& still_wanted);
  // The members, ascending: after `after_no`, at most `limit`.
  absl::StatusOr<std::vector<domain::MemberNo>> Members(const StillWanted& still_wanted,
                                                        domain::MemberNo after_no = 0,
                                                        size_t limit = SIZE_MAX);
  bool Selects(domain::MemberNo member_no);
  // Sets `out` to those members of `mask`, live ones of the block, that it selects.
  void FillBlock(uint32_t block, const BitBlock& mask, BitBlock* out) {
    condition_->Fill(block, mask, out);
  }

 private:
  class Maker;
  ConditionPlan(std::shared_ptr<const ShopRoot> root, PlanNodePtr condition)
      : root_(std::move(root)), condition_(std::move(condition)) {}

  // The selected members of a block, in selected_; false if it has no members.
  bool FillBlock(uint32_t block);

  std::shared_ptr<const ShopRoot> root_;
  PlanNodePtr condition_;
  std::unique_ptr<BitBlock> live_ = std::make_unique<BitBlock>();
  std::unique_ptr<BitBlock> selected_ = std::make_unique<BitBlock>();
};

}  // namespace segmentation::audience
