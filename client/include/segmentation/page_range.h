// All items of a list, read page by page.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace segmentation {

// A single-pass range of StatusOr<T>: `for (const auto& item : client.ListMembers(request))`. A
// page that cannot be read gives one error, after which the range ends. Not thread-safe; an
// iterator must not outlive its range.
template <typename T>
class PageRange {
 public:
  struct Page {
    std::vector<T> items;
    std::string next_page_token;  // empty: the last page
  };
  // Reads the page of a token; the first token is what the request said.
  using ReadPage = std::function<absl::StatusOr<Page>(const std::string& page_token)>;

  PageRange(std::string first_page_token, ReadPage read_page)
      : next_token_(std::move(first_page_token)), read_page_(std::move(read_page)) {}

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = absl::StatusOr<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = value_type*;
    using reference = value_type&;

    iterator() = default;
    reference operator*() const { return *range_->current_; }
    pointer operator->() const { return &*range_->current_; }
    iterator& operator++() {
      if (!range_->Next()) range_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.range_ == b.range_; }
    friend bool operator!=(const iterator& a, const iterator& b) { return a.range_ != b.range_; }

   private:
    friend class PageRange;
    explicit iterator(PageRange* range) : range_(range) {}
    PageRange* range_ = nullptr;
  };

  iterator begin() { return Next() ? iterator(this) : iterator(); }
  iterator end() { return iterator(); }

  // Token of the page after the one being read: to go on in another process. Empty = no more.
  const std::string& next_page_token() const { return next_token_; }

 private:
  // False at the end.
  bool Next() {
    if (failed_) return false;
    while (position_ == page_.size()) {
      if (started_ && next_token_.empty()) return false;
      started_ = true;
      absl::StatusOr<Page> page = read_page_(next_token_);
      if (page.ok() && page->items.empty() && page->next_page_token == next_token_ &&
          !next_token_.empty()) {
        page = absl::DataLossError("a page without items names itself as the next page");
      }
      if (!page.ok()) {
        failed_ = true;
        current_ = page.status();
        return true;
      }
      page_ = std::move(page->items);
      position_ = 0;
      next_token_ = std::move(page->next_page_token);
    }
    current_ = std::move(page_[position_++]);
    return true;
  }

  std::string next_token_;
  ReadPage read_page_;
  std::vector<T> page_;
  size_t position_ = 0;
  bool started_ = false;
  bool failed_ = false;
  std::optional<absl::StatusOr<T>> current_;
};

}  // namespace segmentation
