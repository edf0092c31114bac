// The leaves of conditions over one version of the index. Everything named is borrowed for as long
// as the leaf lives.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/audience/code_test.h"
#include "server/audience/order_clause.h"
#include "server/audience/plan_node.h"
#include "server/audience/shop_root.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/time_bounds.h"
#include "server/domain/shop.h"

namespace segmentation::audience {

struct LeafContext {
  const ShopRoot& root;
  const domain::ShopDefinitions& definitions;
  domain::condition::EvaluationContext evaluation;
};

PlanNodePtr MakeLeaf(const domain::condition::BoundAttribute& leaf, const LeafContext& context);
PlanNodePtr MakeLeaf(const domain::condition::BoundTag& leaf, const LeafContext& context);
PlanNodePtr MakeLeaf(const domain::condition::BoundIdentity& leaf, const LeafContext& context);
PlanNodePtr MakeLeaf(const domain::condition::BoundConsent& leaf, const LeafContext& context);
PlanNodePtr MakeLeaf(const domain::condition::BoundAnniversary& leaf, const LeafContext& context);
PlanNodePtr MakeLeaf(const domain::condition::BoundOrderClause& leaf, const LeafContext& context);
PlanNodePtr MakeLeaf(const domain::condition::BoundBucket& leaf, const LeafContext& context);
PlanNodePtr MakeLeaf(const domain::condition::BoundTop& leaf, const LeafContext& context);

// A leaf that asks member by member.
class EachMember final : public PlanNode {
 public:
  using Selects = std::function<bool(domain::MemberNo)>;
  EachMember(Selects selects, double cost) : PlanNode(cost), selects_(std::move(selects)) {}
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override;

 private:
  Selects selects_;
};

}  // namespace segmentation::audience
