// The products that the last batches of a shop read or wrote: most lines of an import name the same
// ones again. Good only while nobody else writes to the shop, which the head's revision tells.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/domain/ids.h"
#include "server/domain/order.h"

namespace segmentation::usecase {

// Not thread-safe.
class KnownProducts {
 public:
  using Row = std::shared_ptr<const domain::Product>;

  // Before a batch on top of `before`: forgets all if another writer made that revision.
  void BeginOn(domain::Revision before) {
    if (before != revision_) products_.clear();
  }
  // Null: not known, though the shop may have it.
  Row Find(std::string_view product_id) const {
    const auto found = products_.find(product_id);
    return found == products_.end() ? nullptr : found->second;
  }
  // After the commit of `revision`: what the batch knows of products, absent ones left out.
  template <typename Slots>
  void Keep(domain::Revision revision, const Slots& slots) {
    if (products_.size() + slots.size() > kMostProducts) products_.clear();
    for (const auto& [product_id, slot] : slots) {
      if (slot.current != nullptr) products_[product_id] = slot.current;
    }
    revision_ = revision;
  }

 private:
  static constexpr size_t kMostProducts = 8'192;  // some 3 MiB
  domain::Revision revision_ = -1;
  std::map<std::string, Row, std::less<>> products_;
};

}  // namespace segmentation::usecase
