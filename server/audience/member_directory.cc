#include "server/audience/member_directory.h"

#include "absl/hash/hash.h"

namespace segmentation::audience {
namespace {

constexpr size_t kFirstSlots = 16;

struct Place {
  size_t shard;
  uint32_t hash;
};

Place PlaceOf(std::string_view member_id, size_t shards) {
  const uint64_t hash = absl::HashOf(member_id);
  return {static_cast<size_t>(hash >> 32) % shards, static_cast<uint32_t>(hash)};
}

}  // namespace

void MemberDirectory::Grow(Shard& shard) {
  std::vector<Slot> slots(shard.slots.empty() ? kFirstSlots : 2 * shard.slots.size());
  for (const Slot& slot : shard.slots) {
    if (slot.member_no == 0) continue;
    size_t at = slot.hash & (slots.size() - 1);
    while (slots[at].member_no != 0) at = (at + 1) & (slots.size() - 1);
    slots[at] = slot;
  }
  shard.slots = std::move(slots);
}

void MemberDirectory::Add(std::string_view member_id, domain::MemberNo member_no) {
  const Place place = PlaceOf(member_id, kShards);
  Shard& shard = shards_[place.shard];
  const std::lock_guard lock(shard.mutex);
  // Three quarters full at most, so that probes stay short and always end at a free slot.
  if (shard.used * 4 >= shard.slots.size() * 3) Grow(shard);
  size_t at = place.hash & (shard.slots.size() - 1);
  for (; shard.slots[at].member_no != 0; at = (at + 1) & (shard.slots.size() - 1)) {
    if (shard.slots[at].member_no == member_no && shard.slots[at].hash == place.hash) return;
  }
  shard.slots[at] = {place.hash, member_no};
  ++shard.used;
}

std::optional<domain::MemberNo> MemberDirectory::Find(
    std::string_view member_id, const std::function<bool(domain::MemberNo)>& is_it) const {
  const Place place = PlaceOf(member_id, kShards);
  const Shard& shard = shards_[place.shard];
  const std::lock_guard lock(shard.mutex);
  if (shard.slots.empty()) return std::nullopt;
  size_t at = place.hash & (shard.slots.size() - 1);
  for (; shard.slots[at].member_no != 0; at = (at + 1) & (shard.slots.size() - 1)) {
    const Slot& slot = shard.slots[at];
    if (slot.hash == place.hash && is_it(slot.member_no)) return slot.member_no;
  }
  return std::nullopt;
}

size_t MemberDirectory::bytes() const {
  size_t bytes = sizeof(*this);
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    bytes += shard.slots.capacity() * sizeof(Slot);
  }
  return bytes;
}

}  // namespace segmentation::audience
