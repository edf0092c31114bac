// A sparse array of pages that versions share (design D4). Copying a table copies one pointer for
// every kFanOut pages; editing a page of a copy copies that page and its node, once an epoch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace segmentation::audience {

// Counts the versions a writer has published. What was made in the current epoch no reader has
// seen, so it is edited in place; anything older is copied first.
using Epoch = uint64_t;

// `Page` is copyable and default-constructible. A table is written by one thread; copies of it may
// be read by others once they were handed over.
template <typename Page>
class PageTable {
 public:
  // Null where nothing was ever written.
  const Page* Find(size_t index) const {
    const size_t node = index / kFanOut;
    if (node >= nodes_.size() || nodes_[node] == nullptr) return nullptr;
    const auto& held = nodes_[node]->pages[index % kFanOut];
    return held == nullptr ? nullptr : &held->page;
  }

  // The page to write to, made if there is none.
  Page& Edit(size_t index, Epoch epoch) {
    std::shared_ptr<Held>& held = Slot(index, epoch);
    if (held == nullptr) {
      held = std::make_shared<Held>();
      held->epoch = epoch;
    } else if (held->epoch != epoch) {
      held = std::make_shared<Held>(*held);
      held->epoch = epoch;
    }
    return held->page;
  }

  void Replace(size_t index, Page page, Epoch epoch) {
    Slot(index, epoch) = std::make_shared<Held>(Held{std::move(page), epoch});
  }

  // Pages below this index may exist.
  size_t end() const { return nodes_.size() * kFanOut; }

 private:
  static constexpr size_t kFanOut = 64;
  struct Held {
    Page page;
    Epoch epoch = 0;
  };
  struct Node {
    std::array<std::shared_ptr<Held>, kFanOut> pages;
    Epoch epoch = 0;
  };

  std::shared_ptr<Held>& Slot(size_t index, Epoch epoch) {
    const size_t node_index = index / kFanOut;
    if (node_index >= nodes_.size()) nodes_.resize(node_index + 1);
    std::shared_ptr<Node>& node = nodes_[node_index];
    if (node == nullptr) {
      node = std::make_shared<Node>();
      node->epoch = epoch;
    } else if (node->epoch != epoch) {
      node = std::make_shared<Node>(*node);
      node->epoch = epoch;
    }
    return node->pages[index % kFanOut];
  }

  std::vector<std::shared_ptr<Node>> nodes_;
};

}  // namespace segmentation::audience
