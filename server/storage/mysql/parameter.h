// One value bound to a placeholder of a statement.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/types/span.h"

namespace segmentation::storage::mysql {

// NULL, a whole number or bytes.
//
// Numbers are always sent signed: the driver keeps a placeholder unsigned for ever once it was
// given an unsigned value, and then sends -1 as 2^64 - 1. So unsigned columns hold values below
// 2^63 by contract of the schema; a larger value aborts the process here rather than wrap.
//
// Text is borrowed from a string_view or an lvalue (it must live until the statement ran) and owned
// when given as a temporary std::string. It may hold any byte, also NUL.
class Parameter {
 public:
  Parameter(std::nullopt_t) {}  // NOLINT: implicit, so that lists of values read well
  Parameter(std::nullptr_t) = delete;
  template <std::integral T>
  Parameter(T value) : value_(CheckedSigned(value)) {}                      // NOLINT
  Parameter(std::string_view bytes) : value_(bytes) {}                      // NOLINT
  Parameter(const char* text) : value_(std::string_view(text)) {}           // NOLINT
  Parameter(const std::string& bytes) : value_(std::string_view(bytes)) {}  // NOLINT
  Parameter(std::string&& bytes) : value_(std::move(bytes)) {}              // NOLINT
  template <typename T>
  Parameter(const std::optional<T>& value) {  // NOLINT
    if (value) *this = Parameter(*value);
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // The number; nullptr when this is none.
  const int64_t* number() const { return std::get_if<int64_t>(&value_); }
  // The bytes; only for a value that is neither NULL nor a number.
  std::string_view bytes() const {
    if (const std::string* owned = std::get_if<std::string>(&value_)) return *owned;
    return std::get<std::string_view>(value_);
  }

 private:
  template <std::integral T>
  static int64_t CheckedSigned(T value) {
    if constexpr (std::unsigned_integral<T>) {
      if (static_cast<uint64_t>(value) > uint64_t{INT64_MAX}) UnsignedTooLarge(value);
    }
    return static_cast<int64_t>(value);
  }
  [[noreturn]] static void UnsignedTooLarge(uint64_t value);

  std::variant<std::monostate, int64_t, std::string_view, std::string> value_;
};

using Params = std::vector<Parameter>;
using ParamSpan = absl::Span<const Parameter>;

}  // namespace segmentation::storage::mysql
