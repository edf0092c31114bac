// Errors of conditions: reason, place, what was got and what would have been right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/base/error.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

inline constexpr std::string_view kConditionField = "condition";

struct ErrorDetail {
  std::vector<std::string> expected;  // "expected A, B or C"
  std::vector<std::string> near;      // "did you mean X?"
};

// Message "line:column: <what>, expected …; did you mean …?"; field path "condition"; metadata
// line, column (when known), expected and near (when given; joined by "|").
absl::Status ConditionError(base::Reason reason, Position position, std::string_view what,
                            const ErrorDetail& detail = {});

// Text out of a condition for a message: in quotes, cut to 40 code points, control characters as
// blanks.
std::string Quoted(std::string_view text);

// "A, B or C".
std::string OneOf(const std::vector<std::string>& items);

}  // namespace segmentation::domain::condition
