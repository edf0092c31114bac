#include "server/domain/condition/errors.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "server/base/strings.h"
#include "server/base/text.h"

namespace segmentation::domain::condition {

absl::Status ConditionError(base::Reason reason, Position position, std::string_view what,
                            const ErrorDetail& detail) {
  std::string message;
  std::vector<std::pair<std::string, std::string>> metadata;
  if (position.known()) {
    base::StrAppend(&message, position.line, ":", position.column, ": ");
    metadata.emplace_back("line", base::StrCat(position.line));
    metadata.emplace_back("column", base::StrCat(position.column));
  }
  base::StrAppend(&message, what);
  if (!detail.expected.empty()) {
    base::StrAppend(&message, ", expected ", OneOf(detail.expected));
    metadata.emplace_back("expected", absl::StrJoin(detail.expected, "|"));
  }
  if (!detail.near.empty()) {
    base::StrAppend(&message, "; did you mean ", OneOf(detail.near), "?");
    metadata.emplace_back("near", absl::StrJoin(detail.near, "|"));
  }
  return base::MakeError(reason, kConditionField, message, std::move(metadata));
}

std::string Quoted(std::string_view text) {
  constexpr size_t kMaxShown = 40;
  if (!base::IsValidUtf8(text)) return "bytes that are not UTF-8";
  const std::string_view shown = base::TruncateCodePoints(text, kMaxShown);
  std::string quoted = "'";
  for (char c : shown)
    quoted.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c);
  base::StrAppend(&quoted, shown.size() < text.size() ? "…'" : "'");
  return quoted;
}

std::string OneOf(const std::vector<std::string>& items) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " or " : ", ";
    text += items[i];
  }
  return text;
}

}  // namespace segmentation::domain::condition
