// From text to tokens, one at a time, with positions.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/condition/keyword.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

enum class TokenKind : uint8_t {
  kEnd = 1,
  kKeyword,
  kWord,     // a name; ASCII letters in lower case
  kLiteral,  // quoted, number, relative day, rolling time
  kSymbol,   // one of ( ) , @ = != < <= > >=
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Keyword keyword = Keyword::kNone;
  std::string text;    // kWord the name, kSymbol its plain spelling
  Literal literal;     // kLiteral
  std::string source;  // as written (for messages), cut to 200 bytes; a Chinese word that stands
                       // for two keywords is written twice
  Position position;

  bool Is(Keyword wanted) const { return kind == TokenKind::kKeyword && keyword == wanted; }
  bool Is(std::string_view symbol) const { return kind == TokenKind::kSymbol && text == symbol; }
};

// `text` must be UTF-8 without NUL and outlive the lexer. Full-width brackets, commas and
// comparison signs and the ideographic space are taken for the plain ones.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; kEnd at the end, again and again. CONDITION_SYNTAX for what is no token,
  // CONDITION_LITERAL_OUT_OF_RANGE for a number or a span of time beyond its range (T40),
  // CONDITION_TOO_LARGE for a quoted literal above 1 KiB.
  absl::StatusOr<Token> Next();

 private:
  void SkipBlanks();
  std::string_view PeekPoint() const;
  void Advance(size_t bytes);
  absl::StatusOr<Token> Quoted();
  absl::StatusOr<Token> Number();
  absl::StatusOr<Token> NumberValue(Token token, std::string_view digits, bool is_decimal);
  absl::StatusOr<Token> TimeSpan(Token token, std::string_view digits, std::string_view unit);
  absl::StatusOr<Token> Symbol();
  Token Word();
  Token Begin() const;
  Token Finish(Token token, size_t begin) const;

  std::string_view text_;
  size_t at_ = 0;
  Position position_{1, 1};
  std::deque<Token> pending_;  // further keywords of a word that stands for several
};

}  // namespace segmentation::domain::condition
