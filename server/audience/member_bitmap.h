// A set of members that versions share: containers of one block each, as sorted numbers while they
// are few and as bits beyond (the two forms of Roaring bitmaps).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/audience/bit_block.h"
#include "server/audience/page_table.h"
#include "server/domain/ids.h"

namespace segmentation::audience {

class MemberBitmap {
 public:
  void Set(domain::MemberNo member_no, bool in, Epoch epoch);
  // Makes `bits` the members of a block.
  void PutBlock(uint32_t block, const BitBlock& bits, Epoch epoch);
  bool Test(domain::MemberNo member_no) const;

  // Adds the members of a block to `bits`.
  void AddTo(uint32_t block, BitBlock* bits) const;
  // How many of them lie in a block.
  uint32_t CountOf(uint32_t block) const;
  uint64_t count() const { return count_; }
  size_t bytes() const;

 private:
  static constexpr size_t kMostListed = 4'096;  // above, the bits are smaller
  struct Container {
    std::vector<uint16_t> listed;  // sorted; empty when there are bits
    std::vector<uint64_t> bits;    // BitBlock::kWords or empty
    uint32_t count = 0;
  };
  static void List(Container& container);

  PageTable<Container> containers_;
  uint64_t count_ = 0;
};

}  // namespace segmentation::audience
