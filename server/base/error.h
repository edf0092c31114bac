// Errors as every layer makes and reads them: an absl::Status whose payload carries the reason (an
// enum of the API, stable for ever), the field path, and what was got and wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace segmentation::base {

// One value for each value of the API's ErrorReason but UNSPECIFIED, in its spelling; a test
// compares them.
enum class Reason : int32_t {
#define SEG_REASON(name, number, code) name = number,
#include "server/base/error_reasons.inc"
#undef SEG_REASON
};

// What a caller can act on. `field` is a path as in the request ("member.identities[2].value"), may
// be empty.
struct ErrorInfo {
  Reason reason;
  std::string field;
  // Further facts by key, e.g. {"limit","256"}, {"used_by","group vip"}; sorted by insertion.
  std::vector<std::pair<std::string, std::string>> metadata;
};

// The canonical code of a reason and its spelling.
absl::StatusCode CodeOf(Reason reason);
std::string_view NameOf(Reason reason);
std::optional<Reason> ReasonFromName(std::string_view name);

// Makes a status with the reason's own code. `message` is for a person: field, got, want; it holds
// no personal data beyond what the caller itself sent.
absl::Status MakeError(Reason reason, std::string_view field, std::string_view message,
                       std::vector<std::pair<std::string, std::string>> metadata = {});

// The info of a status made by MakeError; nothing for any other status.
std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status);

// The same error with `prefix` put before its field path ("members[3]" + "id" = "members[3].id").
absl::Status WithFieldPrefix(const absl::Status& status, std::string_view prefix);

}  // namespace segmentation::base
