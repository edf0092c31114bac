#include "server/domain/condition/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/condition/errors.h"
#include "server/domain/condition/limits.h"

namespace segmentation::domain::condition {
namespace {

constexpr size_t kMaxSourceBytes = 200;

constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
    // Longer ones first.
    {"<=", "<="}, {">=", ">="}, {"!=", "!="}, {"<>", "!="}, {"(", "("},  {")", ")"},  {",", ","},
    {"@", "@"},   {"=", "="},   {"<", "<"},   {">", ">"},   {"（", "("}, {"）", ")"}, {"，", ","},
    {"＝", "="},  {"＜", "<"},  {"＞", ">"},  {"≤", "<="},  {"≥", ">="}, {"≠", "!="},
};

// Code points beyond ASCII that are no part of a name.
constexpr std::string_view kPunctuation[] = {"‘",  "’",  "“",  "”",  "、", "。", "；", "：", "！",
                                             "？", "【", "】", "《", "》", "「", "」", "…",  "—"};

bool IsBlank(std::string_view point) {
  return point == " " || point == "\t" || point == "\r" || point == "\n" || point == "\u3000" ||
         point == "\u00a0";
}

bool IsSymbolStart(std::string_view point) {
  return std::any_of(std::begin(kSymbols), std::end(kSymbols),
                     [&](const auto& symbol) { return symbol.first.starts_with(point); });
}

bool IsWordStart(std::string_view point) {
  if (point.size() == 1) return absl::ascii_isalpha(point[0]) || point[0] == '_';
  return !point.empty() && !IsBlank(point) && !IsSymbolStart(point) &&
         std::find(std::begin(kPunctuation), std::end(kPunctuation), point) ==
             std::end(kPunctuation);
}

bool IsDigit(std::string_view point) { return point.size() == 1 && absl::ascii_isdigit(point[0]); }

enum class Unit : uint8_t { kDay, kMonth, kYear, kMinute, kHour };
struct UnitRow {
  std::string_view name;
  Unit unit;
  int32_t max;
};
constexpr UnitRow kUnits[] = {
    {"d", Unit::kDay, kMaxRelativeDays},        {"天", Unit::kDay, kMaxRelativeDays},
    {"m", Unit::kMonth, kMaxRelativeMonths},    {"个月", Unit::kMonth, kMaxRelativeMonths},
    {"y", Unit::kYear, kMaxRelativeYears},      {"年", Unit::kYear, kMaxRelativeYears},
    {"h", Unit::kHour, kMaxRollingHours},       {"小时", Unit::kHour, kMaxRollingHours},
    {"min", Unit::kMinute, kMaxRollingMinutes}, {"分钟", Unit::kMinute, kMaxRollingMinutes},
};

const UnitRow* FindUnit(std::string_view name) {
  for (const UnitRow& row : kUnits) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

std::string_view Lexer::PeekPoint() const {
  return base::TruncateCodePoints(text_.substr(at_, 4), 1);
}

void Lexer::Advance(size_t bytes) {
  for (size_t end = at_ + bytes; at_ < end; ++at_) {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((byte & 0xc0) != 0x80) {  // the first byte of a code point
      ++position_.column;
    }
  }
}

void Lexer::SkipBlanks() {
  while (at_ < text_.size()) {
    const std::string_view point = PeekPoint();
    if (!IsBlank(point)) return;
    Advance(point.size());
  }
}

Token Lexer::Begin() const {
  Token token;
  token.position = position_;
  return token;
}

Token Lexer::Finish(Token token, size_t begin) const {
  token.source = base::TruncateBytes(text_.substr(begin, at_ - begin), kMaxSourceBytes);
  token.literal.position = token.position;
  return token;
}

absl::StatusOr<Token> Lexer::Next() {
  if (!pending_.empty()) {
    Token token = std::move(pending_.front());
    pending_.pop_front();
    return token;
  }
  SkipBlanks();
  if (at_ == text_.size()) return Begin();
  const std::string_view point = PeekPoint();
  if (point == "'") return Quoted();
  if (IsDigit(point)) return Number();
  if ((point == "-" || point == "+") && at_ + 1 < text_.size() &&
      absl::ascii_isdigit(text_[at_ + 1])) {
    return Number();
  }
  if (IsWordStart(point)) return Word();
  return Symbol();
}

absl::StatusOr<Token> Lexer::Quoted() {
  Token token = Begin();
  const size_t begin = at_;
  std::string value;
  size_t end = at_ + 1;
  while (true) {
    const size_t quote = text_.find('\'', end);
    if (quote == std::string_view::npos) {
      return ConditionError(base::Reason::CONDITION_SYNTAX, token.position,
                            "this quoted text has no end", {{"a closing '"}, {}});
    }
    value.append(text_.substr(end, quote - end));
    end = quote + 1;
    if (end == text_.size() || text_[end] != '\'') break;
    value.push_back('\'');  // '' is one quote
    ++end;
  }
  if (value.size() > kMaxLiteralBytes) {
    return ConditionError(base::Reason::CONDITION_TOO_LARGE, token.position,
                          base::StrCat("got a quoted text of ", value.size(),
                                       " bytes, want at most ", kMaxLiteralBytes));
  }
  Advance(end - begin);
  token.kind = TokenKind::kLiteral;
  token.literal.value = std::move(value);
  return Finish(std::move(token), begin);
}

absl::StatusOr<Token> Lexer::Number() {
  Token token = Begin();
  token.kind = TokenKind::kLiteral;
  const size_t begin = at_;
  const bool has_sign = text_[at_] == '-' || text_[at_] == '+';
  size_t end = at_ + (has_sign ? 1 : 0);
  auto skip_digits = [&] {
    while (end < text_.size() && absl::ascii_isdigit(text_[end])) ++end;
  };
  skip_digits();
  bool is_decimal = false;
  if (end + 1 < text_.size() && text_[end] == '.' && absl::ascii_isdigit(text_[end + 1])) {
    is_decimal = true;
    ++end;
    skip_digits();
  }
  const std::string_view digits = text_.substr(begin, end - begin);
  Advance(end - begin);
  // What follows without a blank is a unit; a Chinese word after an unsigned number is a word.
  const size_t unit_begin = at_;
  size_t unit_end = at_;
  while (unit_end < text_.size()) {
    const std::string_view point = base::TruncateCodePoints(text_.substr(unit_end, 4), 1);
    if (!IsDigit(point) && !IsWordStart(point)) break;
    if (point.size() > 1 && !has_sign) break;
    unit_end += point.size();
  }
  const std::string_view unit = text_.substr(unit_begin, unit_end - unit_begin);
  Advance(unit.size());
  token = Finish(std::move(token), begin);
  if (unit.empty()) return NumberValue(std::move(token), digits, is_decimal);
  const bool known_unit = FindUnit(absl::AsciiStrToLower(base::ToAbsl(unit))) != nullptr;
  if (!has_sign || is_decimal || !known_unit) {
    ErrorDetail detail{{"a number", "a relative day such as -7d, +30d, -1m, -1y",
                        "a rolling time such as -48h, -30min"},
                       {}};
    if (!has_sign && !is_decimal && known_unit) {
      detail.near = {base::StrCat("-", token.source), base::StrCat("+", token.source)};
    }
    return ConditionError(base::Reason::CONDITION_SYNTAX, token.position,
                          base::StrCat("got ", condition::Quoted(token.source)), detail);
  }
  return TimeSpan(std::move(token), digits, unit);
}

absl::StatusOr<Token> Lexer::NumberValue(Token token, std::string_view digits, bool is_decimal) {
  auto out_of_range = [&](std::string_view want) {
    return ConditionError(
        base::Reason::CONDITION_LITERAL_OUT_OF_RANGE, token.position,
        base::StrCat("got the number ", condition::Quoted(token.source), ", want ", want));
  };
  if (!is_decimal) {
    int64_t value = 0;
    if (!absl::SimpleAtoi(base::ToAbsl(digits), &value)) {
      return out_of_range("one between -9223372036854775808 and 9223372036854775807");
    }
    token.literal.value = value;
    return token;
  }
  std::string_view fraction = digits.substr(digits.find('.') + 1);
  while (fraction.size() > 1 && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > 4) return out_of_range("at most 4 digits after the point");
  std::string plain(digits.substr(0, digits.find('.')));
  plain.append(fraction);
  plain.append(4 - fraction.size(), '0');
  DecimalLiteral decimal;
  if (!absl::SimpleAtoi(plain, &decimal.scaled)) {
    return out_of_range("one between -922337203685477.5808 and 922337203685477.5807");
  }
  token.literal.value = decimal;
  return token;
}

absl::StatusOr<Token> Lexer::TimeSpan(Token token, std::string_view digits,
                                      std::string_view unit_name) {
  const UnitRow& row = *FindUnit(absl::AsciiStrToLower(base::ToAbsl(unit_name)));
  int32_t amount = 0;
  if (!absl::SimpleAtoi(base::ToAbsl(digits), &amount) || amount > row.max || amount < -row.max) {
    return ConditionError(base::Reason::CONDITION_LITERAL_OUT_OF_RANGE, token.position,
                          base::StrCat("got ", condition::Quoted(token.source), ", want at most ",
                                       row.max, row.name, " either way"));
  }
  switch (row.unit) {
    case Unit::kDay:
      token.literal.value = RelativeDay{RelativeDay::Unit::kDay, amount};
      break;
    case Unit::kMonth:
      token.literal.value =
          RelativeDay{amount == 0 ? RelativeDay::Unit::kDay : RelativeDay::Unit::kMonth, amount};
      break;
    case Unit::kYear:
      token.literal.value =
          RelativeDay{amount == 0 ? RelativeDay::Unit::kDay : RelativeDay::Unit::kYear, amount};
      break;
    case Unit::kMinute:
      token.literal.value = RollingTime{RollingTime::Unit::kMinute, amount};
      break;
    case Unit::kHour:
      token.literal.value =
          RollingTime{amount == 0 ? RollingTime::Unit::kMinute : RollingTime::Unit::kHour, amount};
      break;
  }
  return token;
}

Token Lexer::Word() {
  Token token = Begin();
  const size_t begin = at_;
  size_t end = at_;
  while (end < text_.size()) {
    const std::string_view point = base::TruncateCodePoints(text_.substr(end, 4), 1);
    if (!IsDigit(point) && !IsWordStart(point)) break;
    end += point.size();
  }
  Advance(end - begin);
  token = Finish(std::move(token), begin);
  const std::string_view written = text_.substr(begin, end - begin);
  const std::span<const Keyword> keywords = KeywordsOf(written);
  if (keywords.empty()) {
    token.kind = TokenKind::kWord;
    token.text = absl::AsciiStrToLower(base::ToAbsl(written));
    return token;
  }
  token.kind = TokenKind::kKeyword;
  for (Keyword keyword : keywords) {
    token.keyword = keyword;
    pending_.push_back(token);
  }
  token = pending_.front();
  pending_.pop_front();
  return token;
}

absl::StatusOr<Token> Lexer::Symbol() {
  Token token = Begin();
  const size_t begin = at_;
  for (const auto& [spelling, plain] : kSymbols) {
    if (!text_.substr(at_).starts_with(spelling)) continue;
    Advance(spelling.size());
    token.kind = TokenKind::kSymbol;
    token.text = plain;
    return Finish(std::move(token), begin);
  }
  const std::string_view point = PeekPoint();
  ErrorDetail detail;
  if (point == "\"" || point == "‘" || point == "’" || point == "“" || point == "”" ||
      point == "`") {
    detail.expected = {"text in straight single quotes"};
  } else if (point == "!") {
    detail.expected = {"!="};
  } else if (point == "-" || point == "+") {
    detail.expected = {"digits after the sign"};
  }
  return ConditionError(base::Reason::CONDITION_SYNTAX, token.position,
                        base::StrCat("got ", condition::Quoted(point), ", which begins nothing"),
                        detail);
}

}  // namespace segmentation::domain::condition
