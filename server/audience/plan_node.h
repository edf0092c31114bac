// The parts of a condition made ready for one evaluation over one version of the index.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "server/audience/bit_block.h"
#include "server/audience/member_bitmap.h"

namespace segmentation::audience {

// One part. Filled block by block; one thread at a time.
class PlanNode {
 public:
  virtual ~PlanNode() = default;

  // Sets `out` to those members of `mask` in the block that the part selects.
  virtual void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) = 0;

  // What a member costs, roughly in nanoseconds: what is cheap comes first, and cuts down the
  // members that dear parts look at.
  double cost() const { return cost_; }

 protected:
  explicit PlanNode(double cost) : cost_(cost) {}

 private:
  const double cost_;
};

using PlanNodePtr = std::unique_ptr<PlanNode>;

class AndNode final : public PlanNode {
 public:
  explicit AndNode(std::vector<PlanNodePtr> children);
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override;

 private:
  std::vector<PlanNodePtr> children_;  // cheap before dear
  std::unique_ptr<BitBlock> left_ = std::make_unique<BitBlock>();
};

class OrNode final : public PlanNode {
 public:
  explicit OrNode(std::vector<PlanNodePtr> children);
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override;

 private:
  std::vector<PlanNodePtr> children_;  // cheap before dear
  std::unique_ptr<BitBlock> left_ = std::make_unique<BitBlock>();
  std::unique_ptr<BitBlock> found_ = std::make_unique<BitBlock>();
};

class NotNode final : public PlanNode {
 public:
  explicit NotNode(PlanNodePtr child) : PlanNode(child->cost()), child_(std::move(child)) {}
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override;

 private:
  PlanNodePtr child_;
  std::unique_ptr<BitBlock> found_ = std::make_unique<BitBlock>();
};

// A part that a condition names several times (a group): each block is filled once, for all its
// live members, and every reference takes from there. Where one member alone is asked about, it is
// filled for that one.
class SharedPart {
 public:
  SharedPart(PlanNodePtr part, const MemberBitmap& live) : part_(std::move(part)), live_(live) {}
  // The members the part selects, at least of those in `mask`.
  const BitBlock& Block(uint32_t block, const BitBlock& mask);
  double cost() const { return part_->cost(); }

 private:
  PlanNodePtr part_;
  const MemberBitmap& live_;
  std::optional<uint32_t> filled_;  // the block
  std::optional<uint32_t> of_one_;  // of this bit alone
  std::unique_ptr<BitBlock> mask_ = std::make_unique<BitBlock>();
  std::unique_ptr<BitBlock> found_ = std::make_unique<BitBlock>();
};

class SharedReference final : public PlanNode {
 public:
  explicit SharedReference(std::shared_ptr<SharedPart> part)
      : PlanNode(part->cost()), part_(std::move(part)) {}
  void Fill(uint32_t block, const BitBlock& mask, BitBlock* out) override;

 private:
  std::shared_ptr<SharedPart> part_;
};

}  // namespace segmentation::audience
