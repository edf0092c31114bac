#include "server/domain/condition/token_cursor.h"

#include <utility>

#include "server/base/error.h"
#include "server/domain/condition/errors.h"
#include "server/domain/near_match.h"

namespace segmentation::domain::condition {

using base::Reason;

std::vector<std::string> NearOf(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return NearMatches(word, views);
}

absl::Status TokenCursor::Advance() {
  ASSIGN_OR_RETURN(token_, lexer_.Next());
  return absl::OkStatus();
}

absl::Status TokenCursor::Unexpected(std::vector<std::string> expected) const {
  if (token_.kind == TokenKind::kEnd) {
    return ConditionError(Reason::CONDITION_SYNTAX, token_.position, "got the end",
                          {std::move(expected), {}});
  }
  std::vector<std::string> near;
  if (token_.kind == TokenKind::kWord) near = NearOf(token_.source, expected);
  return ConditionError(Reason::CONDITION_SYNTAX, token_.position,
                        base::StrCat("got ", Quoted(token_.source)),
                        {std::move(expected), std::move(near)});
}

absl::Status TokenCursor::Expect(std::string_view symbol) {
  if (!token_.Is(symbol)) return Unexpected({base::StrCat("'", symbol, "'")});
  return Advance();
}

absl::Status TokenCursor::Expect(Keyword keyword) {
  if (!token_.Is(keyword)) return Unexpected({std::string(SpellingOf(keyword))});
  return Advance();
}

absl::StatusOr<bool> TokenCursor::Take(Keyword keyword) {
  if (!token_.Is(keyword)) return false;
  RETURN_IF_ERROR(Advance());
  return true;
}

absl::StatusOr<Literal> TokenCursor::ParseLiteral() {
  Literal literal = token_.literal;
  literal.position = token_.position;
  if (token_.Is(Keyword::kTrue) || token_.Is(Keyword::kFalse)) {
    literal.value = token_.Is(Keyword::kTrue);
  } else if (token_.Is(Keyword::kToday)) {
    literal.value = RelativeDay{};
  } else if (token_.Is(Keyword::kNow)) {
    literal.value = RollingTime{};
  } else if (token_.kind != TokenKind::kLiteral) {
    return Unexpected({"a quoted text or date", "a number", "TRUE", "FALSE", "today", "now",
                       "a relative time such as -7d or -48h"});
  }
  RETURN_IF_ERROR(Advance());
  return literal;
}

absl::StatusOr<Literal> TokenCursor::ParseQuoted(std::string_view what) {
  if (token_.kind != TokenKind::kLiteral ||
      !std::holds_alternative<std::string>(token_.literal.value)) {
    return Unexpected({std::string(what)});
  }
  return ParseLiteral();
}

absl::StatusOr<std::string> TokenCursor::ParseQuotedText(std::string_view what) {
  ASSIGN_OR_RETURN(Literal literal, ParseQuoted(what));
  return std::get<std::string>(std::move(literal.value));
}

absl::StatusOr<int64_t> TokenCursor::ParseCount(std::string_view what, int64_t min, int64_t max) {
  const auto* number =
      token_.kind == TokenKind::kLiteral ? std::get_if<int64_t>(&token_.literal.value) : nullptr;
  if (number == nullptr) return Unexpected({std::string(what)});
  const int64_t value = *number;
  if (value < min || value > max) {
    return ConditionError(
        Reason::CONDITION_LITERAL_OUT_OF_RANGE, token_.position,
        base::StrCat("got ", value, ", want ", what, " between ", min, " and ", max));
  }
  RETURN_IF_ERROR(Advance());
  return value;
}

absl::Status TokenCursor::UnknownName(std::string_view name, std::vector<std::string> known) const {
  if (token_.kind == TokenKind::kEnd) return Unexpected(std::move(known));
  std::vector<std::string> near = NearOf(name, known);
  return ConditionError(Reason::CONDITION_SYNTAX, token_.position,
                        base::StrCat("got ", Quoted(name)), {std::move(known), std::move(near)});
}

}  // namespace segmentation::domain::condition
