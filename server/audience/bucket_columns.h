// The buckets of members by salt, remembered: a hash a member is dear, and campaigns ask for the
// same few salts again and again (design D7). A member's id never changes, so what was computed
// holds in every version of the index.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/audience/packed_page.h"
#include "server/domain/ids.h"

namespace segmentation::audience {

// Of kPageRows members; never changed once others can see it.
struct BucketPage {
  std::array<uint64_t, PackedPage::kWords> known{};  // rows that were asked for
  std::array<uint16_t, kPageRows> buckets{};         // 0–9,999
};

// Of one salt. Thread-safe; two threads that need the same rows may both compute them.
class BucketColumn {
 public:
  using IdOf = std::function<std::string_view(domain::MemberNo)>;

  explicit BucketColumn(std::string salt) : salt_(std::move(salt)) {}

  const std::string& salt() const { return salt_; }
  size_t bytes() const;

  // A page in which all rows of `asked`, of PackedPage::kWords words, are known. `id_of` gives
  // their members' ids.
  std::shared_ptr<const BucketPage> PageOf(size_t page, const uint64_t* asked, const IdOf& id_of);

 private:
  const std::string salt_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const BucketPage>> pages_;  // by mutex_
};

// The columns of one shop, shared by its versions. Thread-safe.
class BucketColumns {
 public:
  // The column of a salt; the one asked for longest ago makes room for a new one.
  std::shared_ptr<BucketColumn> Of(std::string_view salt);
  size_t bytes() const;

 private:
  static constexpr size_t kMostSalts = 16;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<BucketColumn>> columns_;  // newest use first; by mutex_
};

}  // namespace segmentation::audience
