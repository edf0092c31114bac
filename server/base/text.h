// Text as the service keeps and compares it: UTF-8 without NUL, made comparable by folding (T36,
// T37). Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace segmentation::base {

// How text is made comparable; the numbers equal domain::TextFolding.
enum class Folding : uint8_t {
  kExact = 1,     // bytes
  kNfkc = 2,      // Unicode NFKC: full-width forms become plain ones
  kNfkcCase = 3,  // NFKC, then Unicode case folding
};

// Whether `text` is well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. NUL
// is well formed.
bool IsValidUtf8(std::string_view text);

// OK for well-formed UTF-8 without NUL, else TEXT_NOT_UTF8 (with the offset of the first bad byte)
// or TEXT_HAS_NUL.
absl::Status CheckText(std::string_view text, std::string_view field);

// The comparable form. Folding twice changes nothing; blanks, also trailing ones, and emoji stay.
// The result may be longer than the text (at most 18 times a code point). Text that is not UTF-8
// comes back unchanged.
std::string FoldNfkc(std::string_view text);
std::string FoldNfkcCase(std::string_view text);
std::string Fold(Folding folding, std::string_view text);

// Code points of well-formed UTF-8.
size_t CountCodePoints(std::string_view text);

// The longest prefix of at most `max_bytes` that does not cut a code point of well-formed UTF-8.
std::string_view TruncateBytes(std::string_view text, size_t max_bytes);

// The longest prefix of at most `max_code_points` code points.
std::string_view TruncateCodePoints(std::string_view text, size_t max_code_points);

// Whether the text holds a control character (C0, DEL, C1, line or paragraph separator).
bool HasControlCharacter(std::string_view text);

}  // namespace segmentation::base
