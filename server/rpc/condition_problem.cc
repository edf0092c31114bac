#include "server/rpc/condition_problem.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/condition/lexer.h"
#include "server/domain/condition/limits.h"

namespace segmentation::rpc {
namespace {

namespace cond = domain::condition;

constexpr size_t kMaxMessageBytes = 1'024;

// Code points of the token that begins at a place; 0 when none does.
int32_t LengthAt(std::string_view text, int32_t line, int32_t column) {
  if (text.size() > cond::kMaxTextBytes || !base::CheckText(text, "").ok()) return 0;
  cond::Lexer lexer(text);
  for (;;) {
    const absl::StatusOr<cond::Token> token = lexer.Next();
    if (!token.ok() || token->kind == cond::TokenKind::kEnd) return 0;
    if (token->position.line == line && token->position.column == column) {
      return static_cast<int32_t>(base::CountCodePoints(token->source));
    }
    if (token->position.line > line ||
        (token->position.line == line && token->position.column > column)) {
      return 0;
    }
  }
}

}  // namespace

bool IsConditionProblem(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  if (!info) return false;
  switch (info->reason) {
    case base::Reason::CONDITION_SYNTAX:
    case base::Reason::CONDITION_UNKNOWN_ATTRIBUTE:
    case base::Reason::CONDITION_TYPE_MISMATCH:
    case base::Reason::CONDITION_TOO_LARGE:
    case base::Reason::CONDITION_EMPTY_LIST:
    case base::Reason::CONDITION_UNKNOWN_REFERENCE:
    case base::Reason::CONDITION_LITERAL_OUT_OF_RANGE:
    case base::Reason::GROUP_REFERENCE_CYCLE:
      return true;
    // Of the condition's own texts and enums, not of another field of the request.
    case base::Reason::TEXT_NOT_UTF8:
    case base::Reason::TEXT_HAS_NUL:
    case base::Reason::ENUM_UNKNOWN:
    case base::Reason::GROUP_NOT_FOUND:
      return true;
    default:
      return false;
  }
}

v1::ConditionProblem ToConditionProblem(const absl::Status& status, const v1::ConditionInput& input,
                                        std::string_view field) {
  v1::ConditionProblem problem;
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  std::string_view message = base::FromAbsl(status.message());
  if (!info) {
    problem.set_message(std::string(message));
    return problem;
  }
  if (!info->field.empty() && message.starts_with(info->field)) {
    message.remove_prefix(std::min(message.size(), info->field.size() + 2));
  }
  problem.set_message(std::string(base::TruncateBytes(message, kMaxMessageBytes)));
  for (const auto& [key, value] : info->metadata) {
    int32_t number = 0;
    if (key == "line" && absl::SimpleAtoi(value, &number)) problem.set_line(number);
    if (key == "column" && absl::SimpleAtoi(value, &number)) problem.set_column(number);
    if (key != "expected" && key != "near") continue;
    for (const auto part : absl::StrSplit(value, '|', absl::SkipEmpty())) {
      (key == "expected" ? problem.add_expected() : problem.add_near_matches())
          ->assign(part.data(), part.size());
    }
  }
  if (input.has_text() && problem.line() > 0) {
    problem.set_length(LengthAt(input.text(), problem.line(), problem.column()));
  }
  const std::string tree_prefix = std::string(field) + ".tree.";
  if (info->field.starts_with(tree_prefix)) {
    problem.set_path(info->field.substr(tree_prefix.size()));
  }
  return problem;
}

}  // namespace segmentation::rpc
