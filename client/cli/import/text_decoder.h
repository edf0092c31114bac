// Makes UTF-8 of a file's bytes, finding out by itself what they are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace segmentation::cli {

enum class TextEncoding { kUtf8, kGb18030, kUtf16Le, kUtf16Be };

// "UTF-8", "GB18030" …
const char* NameOf(TextEncoding encoding);

// "utf-8", "gbk", "gb18030", "utf-16le", "utf-16be"; "auto" = nothing. INVALID_ARGUMENT otherwise.
absl::StatusOr<std::optional<TextEncoding>> ParseTextEncoding(std::string_view name);

// Whether the text is UTF-8 without NUL: what the service takes.
bool IsCleanUtf8(std::string_view text);

// Streaming. A byte order mark decides and is dropped. Without one the first part of the file that
// is not ASCII decides between UTF-8 and GB18030 (of which GBK is a part): UTF-8 when at most one
// byte in it for every four characters is damaged, or not more than GB18030 would find.
class TextDecoder {
 public:
  explicit TextDecoder(std::optional<TextEncoding> encoding);
  ~TextDecoder();

  // What can be decoded so far. Bytes that mean nothing come out as byte 0xFF, which is not UTF-8,
  // so that IsCleanUtf8 finds the row. `last` = no more input follows.
  absl::StatusOr<std::string> Decode(std::string_view bytes, bool last);

  // UTF-8 while only ASCII was seen.
  TextEncoding encoding() const { return encoding_.value_or(TextEncoding::kUtf8); }

 private:
  class Converter;

  std::optional<TextEncoding> encoding_;
  bool mark_checked_ = false;
  std::string pending_;  // undecided or incomplete input
  std::unique_ptr<Converter> converter_;
};

}  // namespace segmentation::cli
