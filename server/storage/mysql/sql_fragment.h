// A piece of SQL with the values of its placeholders, in their order. Pieces are put together
// without ever writing a value into the text.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "server/storage/mysql/parameter.h"

namespace segmentation::storage::mysql {

// Every text value is owned, so a fragment outlives what it was made from.
class SqlFragment {
 public:
  SqlFragment() = default;
  explicit SqlFragment(std::string_view text) : text_(text) {}

  // Constant text of the program.
  SqlFragment& Add(std::string_view text) {
    text_.append(text);
    return *this;
  }
  SqlFragment& Add(const SqlFragment& other) {
    text_.append(other.text_);
    params_.insert(params_.end(), other.params_.begin(), other.params_.end());
    return *this;
  }
  // A placeholder and its value.
  SqlFragment& Bind(int64_t number) {
    text_.append("?");
    params_.emplace_back(number);
    return *this;
  }
  SqlFragment& Bind(std::string bytes) {
    text_.append("?");
    params_.emplace_back(std::move(bytes));
    return *this;
  }

  const std::string& text() const { return text_; }
  const Params& params() const { return params_; }
  std::string TakeText() { return std::move(text_); }
  Params TakeParams() { return std::move(params_); }

 private:
  std::string text_;
  Params params_;
};

}  // namespace segmentation::storage::mysql
