// From public ids of members to their numbers. Shared by all versions of a shop's index and only
// grows; which of the numbers an id belongs to at a version, the version's own rows say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "server/domain/ids.h"

namespace segmentation::audience {

// Adding is the writer's; everything else may be called by any thread at any time.
class MemberDirectory {
 public:
  MemberDirectory() = default;
  MemberDirectory(const MemberDirectory&) = delete;
  MemberDirectory& operator=(const MemberDirectory&) = delete;

  // Adding what is there changes nothing.
  void Add(std::string_view member_id, domain::MemberNo member_no);
  // The first number that may belong to the id for which `is_it` is true. `is_it` runs under a lock
  // and must not come back here.
  std::optional<domain::MemberNo> Find(std::string_view member_id,
                                       const std::function<bool(domain::MemberNo)>& is_it) const;
  size_t bytes() const;

 private:
  // Open addressing with linear probing: eight bytes a slot, since there are as many as members.
  struct Slot {
    uint32_t hash = 0;
    domain::MemberNo member_no = 0;  // 0: free
  };
  struct Shard {
    mutable std::mutex mutex;
    std::vector<Slot> slots;  // a power of two; by mutex
    size_t used = 0;          // by mutex
  };
  // Readers of different ids seldom meet, and one table that grows keeps a share of them waiting.
  static constexpr size_t kShards = 64;
  static void Grow(Shard& shard);

  std::array<Shard, kShards> shards_;
};

}  // namespace segmentation::audience
