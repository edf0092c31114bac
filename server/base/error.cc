#include "server/base/error.h"

#include <array>

#include "absl/strings/cord.h"
#include "absl/strings/str_split.h"
#include "server/base/strings.h"

namespace segmentation::base {
namespace {

constexpr std::string_view kPayloadUrl = "segmentation/error-info";

// The payload is reason, field and metadata joined by a byte that no field path or key may hold.
constexpr char kSeparator = '\x1f';

struct ReasonRow {
  Reason reason;
  std::string_view name;
  absl::StatusCode code;
};

constexpr ReasonRow kReasons[] = {
#define SEG_REASON(name, number, code) {Reason::name, #name, absl::StatusCode::code},
#include "server/base/error_reasons.inc"
#undef SEG_REASON
};

const ReasonRow& RowOf(Reason reason) {
  for (const ReasonRow& row : kReasons) {
    if (row.reason == reason) return row;
  }
  return RowOf(Reason::INTERNAL);
}

}  // namespace

absl::StatusCode CodeOf(Reason reason) { return RowOf(reason).code; }

std::string_view NameOf(Reason reason) { return RowOf(reason).name; }

std::optional<Reason> ReasonFromName(std::string_view name) {
  for (const ReasonRow& row : kReasons) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

absl::Status MakeError(Reason reason, std::string_view field, std::string_view message,
                       std::vector<std::pair<std::string, std::string>> metadata) {
  const std::string text =
      field.empty() ? std::string(message) : base::StrCat(field, ": ", message);
  absl::Status status(CodeOf(reason), text);
  std::string payload = base::StrCat(NameOf(reason), std::string(1, kSeparator), field);
  for (const auto& [key, value] : metadata) {
    base::StrAppend(&payload, std::string(1, kSeparator), key, std::string(1, kSeparator), value);
  }
  status.SetPayload(ToAbsl(kPayloadUrl), absl::Cord(payload));
  return status;
}

std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status) {
  const auto payload = status.GetPayload(ToAbsl(kPayloadUrl));
  if (!payload) return std::nullopt;
  std::vector<std::string> parts = absl::StrSplit(std::string(*payload), kSeparator);
  std::optional<Reason> reason = ReasonFromName(parts[0]);
  if (!reason || parts.size() < 2) return std::nullopt;
  ErrorInfo info{*reason, parts[1], {}};
  for (size_t i = 2; i + 1 < parts.size(); i += 2) {
    info.metadata.emplace_back(parts[i], parts[i + 1]);
  }
  return info;
}

absl::Status WithFieldPrefix(const absl::Status& status, std::string_view prefix) {
  std::optional<ErrorInfo> info = GetErrorInfo(status);
  if (status.ok() || !info) return status;
  std::string_view message = FromAbsl(status.message());
  if (!info->field.empty()) message.remove_prefix(info->field.size() + 2);
  const std::string field =
      info->field.empty() ? std::string(prefix) : base::StrCat(prefix, ".", info->field);
  return MakeError(info->reason, field, message, info->metadata);
}

}  // namespace segmentation::base
