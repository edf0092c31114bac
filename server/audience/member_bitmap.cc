#include "server/audience/member_bitmap.h"

#include <algorithm>

namespace segmentation::audience {

bool MemberBitmap::Test(domain::MemberNo member_no) const {
  const Container* const container = containers_.Find(member_no / kBlockMembers);
  if (container == nullptr) return false;
  const auto low = static_cast<uint16_t>(member_no % kBlockMembers);
  if (container->bits.empty()) {
    return std::binary_search(container->listed.begin(), container->listed.end(), low);
  }
  return (container->bits[low / 64] >> (low % 64) & 1) != 0;
}

void MemberBitmap::Set(domain::MemberNo member_no, bool in, Epoch epoch) {
  if (Test(member_no) == in) return;
  Container& container = containers_.Edit(member_no / kBlockMembers, epoch);
  const auto low = static_cast<uint16_t>(member_no % kBlockMembers);
  if (container.bits.empty()) {
    const auto place = std::lower_bound(container.listed.begin(), container.listed.end(), low);
    if (in) {
      container.listed.insert(place, low);
    } else {
      container.listed.erase(place);
    }
    if (container.listed.size() > kMostListed) {
      container.bits.assign(BitBlock::kWords, 0);
      for (const uint16_t one : container.listed) {
        container.bits[one / 64] |= uint64_t{1} << (one % 64);
      }
      container.listed = {};
    }
  } else {
    container.bits[low / 64] ^= uint64_t{1} << (low % 64);
  }
  container.count += in ? 1 : -1;
  count_ += in ? 1 : -1;
  // Not at once when the last one above the limit goes: a set round it would be rebuilt each time.
  if (!container.bits.empty() && container.count <= kMostListed / 2) List(container);
}

// From bits to numbers.
void MemberBitmap::List(Container& container) {
  container.listed.reserve(container.count);
  for (size_t word = 0; word < BitBlock::kWords; ++word) {
    for (uint64_t rest = container.bits[word]; rest != 0; rest &= rest - 1) {
      container.listed.push_back(
          static_cast<uint16_t>(word * 64 + static_cast<size_t>(std::countr_zero(rest))));
    }
  }
  container.bits = {};
}

void MemberBitmap::PutBlock(uint32_t block, const BitBlock& bits, Epoch epoch) {
  const uint32_t count = bits.Count();
  const Container* const old = containers_.Find(block);
  if (old == nullptr && count == 0) return;
  count_ += count;
  count_ -= old == nullptr ? 0 : old->count;
  Container container;
  container.count = count;
  container.bits.resize(BitBlock::kWords);
  for (size_t word = 0; word < BitBlock::kWords; ++word) container.bits[word] = bits.word(word);
  if (count <= kMostListed) List(container);
  containers_.Replace(block, std::move(container), epoch);
}

void MemberBitmap::AddTo(uint32_t block, BitBlock* bits) const {
  const Container* const container = containers_.Find(block);
  if (container == nullptr) return;
  for (const uint16_t one : container->listed) bits->Set(one);
  for (size_t word = 0; word < container->bits.size(); ++word) {
    bits->word(word) |= container->bits[word];
  }
}

uint32_t MemberBitmap::CountOf(uint32_t block) const {
  const Container* const container = containers_.Find(block);
  return container == nullptr ? 0 : container->count;
}

size_t MemberBitmap::bytes() const {
  size_t bytes = 0;
  for (size_t block = 0; block < containers_.end(); ++block) {
    const Container* const container = containers_.Find(block);
    if (container == nullptr) continue;
    bytes += sizeof(Container) + container->listed.capacity() * sizeof(uint16_t) +
             container->bits.capacity() * sizeof(uint64_t);
  }
  return bytes;
}

}  // namespace segmentation::audience
