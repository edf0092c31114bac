#include "server/audience/plan_node.h"

#include <algorithm>

#include "server/base/planted_fault.h"

namespace segmentation::audience {
namespace {

void SortByCost(std::vector<PlanNodePtr>* nodes) {
  std::stable_sort(nodes->begin(), nodes->end(), [](const PlanNodePtr& a, const PlanNodePtr& b) {
    return a->cost() < b->cost();
  });
}

double SumOfCosts(const std::vector<PlanNodePtr>& nodes) {
  double cost = 0;
  for (const PlanNodePtr& node : nodes) cost += node->cost();
  return cost;
}

}  // namespace

AndNode::AndNode(std::vector<PlanNodePtr> children)
    : PlanNode(SumOfCosts(children)), children_(std::move(children)) {
  SortByCost(&children_);
}

void AndNode::Fill(uint32_t block, const BitBlock& mask, BitBlock* out) {
  children_.front()->Fill(block, mask, out);
  for (size_t i = 1; i < children_.size() && out->Any(); ++i) {
    *left_ = *out;
    children_[i]->Fill(block, *left_, out);
  }
}

OrNode::OrNode(std::vector<PlanNodePtr> children)
    : PlanNode(SumOfCosts(children)), children_(std::move(children)) {
  SortByCost(&children_);
}

void OrNode::Fill(uint32_t block, const BitBlock& mask, BitBlock* out) {
  children_.front()->Fill(block, mask, out);
  for (size_t i = 1; i < children_.size(); ++i) {
    *left_ = mask;
    left_->AndNot(*out);
    if (!left_->Any()) return;
    children_[i]->Fill(block, *left_, found_.get());
    out->Or(*found_);
  }
}

void NotNode::Fill(uint32_t block, const BitBlock& mask, BitBlock* out) {
  child_->Fill(block, mask, found_.get());
  *out = mask;
  if (base::PlantedFault("index_not_of_nobody_is_nobody") && !found_->Any()) out->Clear();
  out->AndNot(*found_);
}

const BitBlock& SharedPart::Block(uint32_t block, const BitBlock& mask) {
  const std::optional<uint32_t> one = mask.OnlyBit();
  if (filled_ == block && (!of_one_ || of_one_ == one)) return *found_;
  if (one) {
    *mask_ = mask;
  } else {
    mask_->Clear();
    live_.AddTo(block, mask_.get());
  }
  part_->Fill(block, *mask_, found_.get());
  filled_ = block;
  of_one_ = one;
  return *found_;
}

void SharedReference::Fill(uint32_t block, const BitBlock& mask, BitBlock* out) {
  if (!mask.Any()) {
    out->Clear();
    return;
  }
  *out = part_->Block(block, mask);
  out->And(mask);
}

}  // namespace segmentation::audience
