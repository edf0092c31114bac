#include "server/audience/bucket_columns.h"

#include <algorithm>
#include <bit>

#include "server/domain/condition/bucket.h"

namespace segmentation::audience {

size_t BucketColumn::bytes() const {
  std::lock_guard lock(mutex_);
  const auto made =
      std::count_if(pages_.begin(), pages_.end(), [](const auto& page) { return page != nullptr; });
  return static_cast<size_t>(made) * sizeof(BucketPage);
}

std::shared_ptr<const BucketPage> BucketColumn::PageOf(size_t page_no, const uint64_t* asked,
                                                       const IdOf& id_of) {
  std::shared_ptr<const BucketPage> page;
  {
    std::lock_guard lock(mutex_);
    if (page_no < pages_.size()) page = pages_[page_no];
  }
  std::shared_ptr<BucketPage> fuller;
  for (size_t word = 0; word < PackedPage::kWords; ++word) {
    uint64_t missing = asked[word] & ~(page == nullptr ? 0 : page->known[word]);
    if (missing == 0) continue;
    if (fuller == nullptr) {
      fuller =
          page == nullptr ? std::make_shared<BucketPage>() : std::make_shared<BucketPage>(*page);
    }
    fuller->known[word] |= missing;
    for (; missing != 0; missing &= missing - 1) {
      const size_t row = word * 64 + static_cast<size_t>(std::countr_zero(missing));
      const auto member_no = static_cast<domain::MemberNo>(page_no * kPageRows + row);
      fuller->buckets[row] =
          static_cast<uint16_t>(domain::condition::BucketOf(salt_, id_of(member_no)));
    }
  }
  if (fuller == nullptr) return page;
  std::lock_guard lock(mutex_);
  if (page_no >= pages_.size()) pages_.resize(page_no + 1);
  pages_[page_no] = fuller;
  return fuller;
}

std::shared_ptr<BucketColumn> BucketColumns::Of(std::string_view salt) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const auto& column) { return column->salt() == salt; });
  if (found != columns_.end()) {
    columns_.splice(columns_.begin(), columns_, found);
    return columns_.front();
  }
  columns_.push_front(std::make_shared<BucketColumn>(std::string(salt)));
  if (columns_.size() > kMostSalts) columns_.pop_back();
  return columns_.front();
}

size_t BucketColumns::bytes() const {
  std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const auto& column : columns_) bytes += column->bytes();
  return bytes;
}

}  // namespace segmentation::audience
