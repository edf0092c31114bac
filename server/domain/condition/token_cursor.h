// What a recursive-descent parser does with tokens: look at the current one, take it, or say what
// should have stood there. Base of the parser; every error is made as parser.h describes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/condition/keyword.h"
#include "server/domain/condition/lexer.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

// Those of the candidates that a mistyped word may have meant.
std::vector<std::string> NearOf(std::string_view word, const std::vector<std::string>& candidates);

class TokenCursor {
 protected:
  // No token is current before the first Advance. The text outlives the cursor.
  explicit TokenCursor(std::string_view text) : lexer_(text) {}

  absl::Status Advance();

  // The error that the current token is none of these.
  absl::Status Unexpected(std::vector<std::string> expected) const;

  // The error that `name`, which the current token holds, is none of the known ones.
  absl::Status UnknownName(std::string_view name, std::vector<std::string> known) const;

  // Takes the token, which must be this one.
  absl::Status Expect(std::string_view symbol);
  absl::Status Expect(Keyword keyword);

  // Takes the token if it is the keyword.
  absl::StatusOr<bool> Take(Keyword keyword);

  // Any literal; a quoted one; the text of a quoted one.
  absl::StatusOr<Literal> ParseLiteral();
  absl::StatusOr<Literal> ParseQuoted(std::string_view what);
  absl::StatusOr<std::string> ParseQuotedText(std::string_view what);

  // A whole number between min and max.
  absl::StatusOr<int64_t> ParseCount(std::string_view what, int64_t min, int64_t max);

  // A quoted value of an enum; `find` gives an optional by name.
  template <typename Find>
  auto ParseEnum(Find find, std::vector<std::string> known)
      -> absl::StatusOr<typename decltype(find(std::string_view()))::value_type> {
    const auto* name = token_.kind == TokenKind::kLiteral
                           ? std::get_if<std::string>(&token_.literal.value)
                           : nullptr;
    if (name == nullptr) {
      for (std::string& option : known) option = base::StrCat("'", option, "'");
      return Unexpected(std::move(known));
    }
    const auto value = find(*name);
    if (!value) return UnknownName(*name, std::move(known));
    RETURN_IF_ERROR(Advance());
    return *value;
  }

  Token token_;

 private:
  Lexer lexer_;
};

}  // namespace segmentation::domain::condition
