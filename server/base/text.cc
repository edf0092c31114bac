#include "server/base/text.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "absl/strings/ascii.h"
#include "server/base/error.h"
#include "server/base/strings.h"

namespace segmentation::base {
namespace {

struct FreeDeleter {
  void operator()(void* p) const { std::free(p); }
};

uint8_t ByteAt(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

bool IsContinuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// Length of the well-formed code point that starts at `i`; 0 if there is none.
size_t CodePointLength(std::string_view text, size_t i) {
  const uint8_t lead = ByteAt(text, i);
  if (lead < 0x80) return 1;
  const size_t left = text.size() - i;
  if (lead >= 0xC2 && lead <= 0xDF) {
    return left >= 2 && IsContinuation(ByteAt(text, i + 1)) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (left < 3 || !IsContinuation(ByteAt(text, i + 1)) || !IsContinuation(ByteAt(text, i + 2))) {
      return 0;
    }
    const uint8_t second = ByteAt(text, i + 1);
    if (lead == 0xE0 && second < 0xA0) return 0;  // overlong
    if (lead == 0xED && second > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (left < 4 || !IsContinuation(ByteAt(text, i + 1)) || !IsContinuation(ByteAt(text, i + 2)) ||
        !IsContinuation(ByteAt(text, i + 3))) {
      return 0;
    }
    const uint8_t second = ByteAt(text, i + 1);
    if (lead == 0xF0 && second < 0x90) return 0;  // overlong
    if (lead == 0xF4 && second > 0x8F) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

// Offset of the first byte that is not UTF-8; npos if all is well.
size_t FindMalformed(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const size_t length = CodePointLength(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

bool IsAscii(std::string_view text) {
  for (char c : text) {
    if (static_cast<uint8_t>(c) >= 0x80) return false;
  }
  return true;
}

// One pass of utf8proc; the text itself when it is not UTF-8.
std::string MapOnce(std::string_view text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                   static_cast<utf8proc_option_t>(options | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                                                  UTF8PROC_STABLE));
  std::unique_ptr<utf8proc_uint8_t, FreeDeleter> owned(mapped);
  if (length < 0) return std::string(text);
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<size_t>(length));
}

}  // namespace

bool IsValidUtf8(std::string_view text) { return FindMalformed(text) == std::string_view::npos; }

absl::Status CheckText(std::string_view text, std::string_view field) {
  const size_t bad = FindMalformed(text);
  if (bad != std::string_view::npos) {
    return MakeError(
        Reason::TEXT_NOT_UTF8, field,
        base::StrCat("got a byte that is not UTF-8 at offset ", bad, ", want well-formed UTF-8"),
        {{"offset", base::StrCat(bad)}});
  }
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    return MakeError(Reason::TEXT_HAS_NUL, field,
                     base::StrCat("got a NUL at offset ", nul, ", want text without NUL"),
                     {{"offset", base::StrCat(nul)}});
  }
  return absl::OkStatus();
}

std::string FoldNfkc(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  return MapOnce(text, 0);
}

std::string FoldNfkcCase(std::string_view text) {
  if (IsAscii(text)) {
    std::string lower(text);
    absl::AsciiStrToLower(&lower);
    return lower;
  }
  // Composing after folding can make a character that folds again: go on until nothing changes.
  std::string folded = MapOnce(text, UTF8PROC_CASEFOLD);
  for (;;) {
    std::string again = MapOnce(folded, UTF8PROC_CASEFOLD);
    if (again == folded) return folded;
    folded = std::move(again);
  }
}

std::string Fold(Folding folding, std::string_view text) {
  switch (folding) {
    case Folding::kExact:
      return std::string(text);
    case Folding::kNfkc:
      return FoldNfkc(text);
    case Folding::kNfkcCase:
      return FoldNfkcCase(text);
  }
  return std::string(text);
}

size_t CountCodePoints(std::string_view text) {
  size_t count = 0;
  for (char c : text) {
    if (!IsContinuation(static_cast<uint8_t>(c))) ++count;
  }
  return count;
}

std::string_view TruncateBytes(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && IsContinuation(ByteAt(text, end))) --end;
  return text.substr(0, end);
}

std::string_view TruncateCodePoints(std::string_view text, size_t max_code_points) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsContinuation(ByteAt(text, i))) continue;
    if (seen == max_code_points) return text.substr(0, i);
    ++seen;
  }
  return text;
}

bool HasControlCharacter(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t byte = ByteAt(text, i);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && ByteAt(text, i + 1) < 0xA0) return true;
    if (byte == 0xE2 && i + 2 < text.size() && ByteAt(text, i + 1) == 0x80 &&
        (ByteAt(text, i + 2) == 0xA8 || ByteAt(text, i + 2) == 0xA9)) {
      return true;
    }
  }
  return false;
}

}  // namespace segmentation::base
