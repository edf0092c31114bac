// Between std::string_view, which this project speaks, and absl::string_view, which is a class of
// its own in Debian's Abseil: without these, absl's string functions refuse a std::string_view.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace segmentation::base {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view FromAbsl(absl::string_view text) { return {text.data(), text.size()}; }

// A piece of text or a number as absl::StrCat takes it.
template <typename T>
decltype(auto) ToPiece(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return ToAbsl(value);
  } else {
    return static_cast<const T&>(value);
  }
}

// absl::StrCat and absl::StrAppend that take std::string_view too. Call them qualified
// (base::StrCat).
template <typename... Pieces>
std::string StrCat(const Pieces&... pieces) {
  return absl::StrCat(ToPiece(pieces)...);
}

template <typename... Pieces>
void StrAppend(std::string* target, const Pieces&... pieces) {
  absl::StrAppend(target, ToPiece(pieces)...);
}

}  // namespace segmentation::base
