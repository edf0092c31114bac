#include "client/cli/import/text_decoder.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/src/text.h"

namespace segmentation::cli {
namespace {

constexpr char kMeansNothing = '\xFF';
// How much after the first byte beyond ASCII is looked at before the encoding is decided.
constexpr size_t kEvidenceBytes = 1 << 16;

// What a reading of some bytes finds beyond ASCII.
struct Evidence {
  size_t characters = 0;
  size_t invalid = 0;  // bytes at which no character begins
};

enum class Look { kCharacter, kInvalid, kCut };

// The character at the beginning of `text`, which is not empty; `*length` is only for a character.
Look LookAtUtf8(std::string_view text, size_t* length) {
  const auto lead = static_cast<uint8_t>(text[0]);
  *length = 1;
  if (lead < 0x80) return Look::kCharacter;
  uint32_t low = 0x80, high = 0xBF;  // bounds of the second byte
  if (lead >= 0xC2 && lead <= 0xDF) {
    *length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    *length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    *length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return Look::kInvalid;
  }
  for (size_t i = 1; i < *length; ++i) {
    if (i >= text.size()) return Look::kCut;
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte < (i == 1 ? low : 0x80u) || byte > (i == 1 ? high : 0xBFu)) return Look::kInvalid;
  }
  return Look::kCharacter;
}

Look LookAtGb18030(std::string_view text, size_t* length) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto is_lead = [](uint8_t b) { return b >= 0x81 && b <= 0xFE; };
  const auto is_digit = [](uint8_t b) { return b >= 0x30 && b <= 0x39; };
  *length = 1;
  if (byte(0) < 0x80) return Look::kCharacter;
  if (!is_lead(byte(0))) return Look::kInvalid;
  if (text.size() < 2) return Look::kCut;
  *length = 2;
  if (byte(1) >= 0x40 && byte(1) <= 0xFE && byte(1) != 0x7F) return Look::kCharacter;
  if (!is_digit(byte(1))) return Look::kInvalid;
  *length = 4;
  if (text.size() > 2 && !is_lead(byte(2))) return Look::kInvalid;
  if (text.size() < 4) return Look::kCut;
  return is_digit(byte(3)) ? Look::kCharacter : Look::kInvalid;
}

// `last`: what is cut off at the end will not be completed.
template <typename LookAt>
Evidence Weigh(std::string_view text, bool last, const LookAt& look_at) {
  Evidence evidence;
  for (size_t at = 0; at < text.size();) {
    size_t length = 1;
    const Look look = look_at(text.substr(at), &length);
    if (look == Look::kCut && !last) break;
    if (look != Look::kCharacter) {
      ++evidence.invalid;
      ++at;
      continue;
    }
    if (length > 1) ++evidence.characters;
    at += length;
  }
  return evidence;
}

// Chinese text in GBK makes a character of UTF-8 by chance here and there, among many more bytes
// that are none; and text in UTF-8 looks almost like GBK. So a few bad bytes among the characters
// of UTF-8 leave it UTF-8, whatever GBK would make of them.
bool IsUtf8RatherThanGb18030(std::string_view text, bool last) {
  constexpr size_t kCharactersABadByte = 4;
  const Evidence utf8 = Weigh(text, last, LookAtUtf8);
  return utf8.invalid * kCharactersABadByte <= utf8.characters ||
         utf8.invalid <= Weigh(text, last, LookAtGb18030).invalid;
}

}  // namespace

const char* NameOf(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kUtf8:
      return "UTF-8";
    case TextEncoding::kGb18030:
      return "GB18030";
    case TextEncoding::kUtf16Le:
      return "UTF-16LE";
    case TextEncoding::kUtf16Be:
      return "UTF-16BE";
  }
  return "";
}

absl::StatusOr<std::optional<TextEncoding>> ParseTextEncoding(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower(internal::ToAbsl(name));
  if (lower == "auto") return std::optional<TextEncoding>();
  if (lower == "utf-8" || lower == "utf8") return std::optional(TextEncoding::kUtf8);
  if (lower == "gbk" || lower == "gb18030" || lower == "gb2312") {
    return std::optional(TextEncoding::kGb18030);
  }
  if (lower == "utf-16le") return std::optional(TextEncoding::kUtf16Le);
  if (lower == "utf-16be") return std::optional(TextEncoding::kUtf16Be);
  return absl::InvalidArgumentError(absl::StrCat(
      "encoding: got '", lower, "', want auto, utf-8, gbk, gb18030, utf-16le or utf-16be"));
}

bool IsCleanUtf8(std::string_view text) {
  return Weigh(text, /*last=*/true, LookAtUtf8).invalid == 0 &&
         text.find('\0') == std::string_view::npos;
}

class TextDecoder::Converter {
 public:
  static absl::StatusOr<std::unique_ptr<Converter>> Make(TextEncoding encoding) {
    const iconv_t handle = iconv_open("UTF-8", NameOf(encoding));
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the value iconv_open fails with
    if (handle == reinterpret_cast<iconv_t>(-1)) {
      return absl::FailedPreconditionError(
          absl::StrCat("this machine's iconv cannot read ", NameOf(encoding)));
    }
    return std::unique_ptr<Converter>(new Converter(handle));
  }
  ~Converter() { iconv_close(handle_); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // Converts all of `*bytes` but an incomplete last character, which stays there.
  std::string Convert(std::string* bytes, bool last) {
    std::string text;
    char* in = bytes->data();
    size_t in_left = bytes->size();
    char buffer[1 << 14];
    while (in_left > 0) {
      char* out = buffer;
      size_t out_left = sizeof buffer;
      const size_t result = iconv(handle_, &in, &in_left, &out, &out_left);
      const int error = errno;
      text.append(buffer, static_cast<size_t>(out - buffer));
      if (result != static_cast<size_t>(-1)) break;
      if (error == E2BIG) continue;
      if (error == EINVAL && !last) break;
      text += kMeansNothing;
      ++in;
      --in_left;
    }
    bytes->erase(0, bytes->size() - in_left);
    return text;
  }

 private:
  explicit Converter(iconv_t handle) : handle_(handle) {}
  const iconv_t handle_;
};

TextDecoder::TextDecoder(std::optional<TextEncoding> encoding) : encoding_(encoding) {}
TextDecoder::~TextDecoder() = default;

absl::StatusOr<std::string> TextDecoder::Decode(std::string_view bytes, bool last) {
  pending_.append(bytes);
  if (!mark_checked_) {
    if (pending_.size() < 3 && !last) return std::string();
    mark_checked_ = true;
    struct Mark {
      const char* bytes;
      TextEncoding encoding;
    };
    for (const Mark& mark :
         {Mark{"\xEF\xBB\xBF", TextEncoding::kUtf8}, Mark{"\xFF\xFE", TextEncoding::kUtf16Le},
          Mark{"\xFE\xFF", TextEncoding::kUtf16Be}}) {
      if (absl::StartsWith(pending_, mark.bytes) &&
          (!encoding_.has_value() || *encoding_ == mark.encoding)) {
        encoding_ = mark.encoding;
        pending_.erase(0, std::string_view(mark.bytes).size());
        break;
      }
    }
  }
  if (!encoding_.has_value()) {
    const auto beyond_ascii = std::find_if(pending_.begin(), pending_.end(),
                                           [](char c) { return static_cast<uint8_t>(c) >= 0x80; });
    if (beyond_ascii == pending_.end()) return std::exchange(pending_, std::string());
    if (pending_.end() - beyond_ascii < static_cast<std::ptrdiff_t>(kEvidenceBytes) && !last) {
      std::string ascii(pending_.begin(), beyond_ascii);
      pending_.erase(pending_.begin(), beyond_ascii);
      return ascii;
    }
    encoding_ =
        IsUtf8RatherThanGb18030(pending_, last) ? TextEncoding::kUtf8 : TextEncoding::kGb18030;
  }
  // UTF-8 goes through as it is: rows are checked one by one.
  if (*encoding_ == TextEncoding::kUtf8) return std::exchange(pending_, std::string());
  if (converter_ == nullptr) {
    absl::StatusOr<std::unique_ptr<Converter>> converter = Converter::Make(*encoding_);
    if (!converter.ok()) return converter.status();
    converter_ = *std::move(converter);
  }
  return converter_->Convert(&pending_, last);
}

}  // namespace segmentation::cli
