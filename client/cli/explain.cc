#include "client/cli/explain.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "segmentation/errors.h"

namespace segmentation::cli {
namespace {

std::string ReasonName(const absl::Status& status) {
  const std::optional<v1::ErrorReason> reason = GetErrorReason(status);
  if (!reason.has_value()) return "";
  return std::string(absl::StripPrefix(v1::ErrorReason_Name(*reason), "ERROR_REASON_"));
}

// Where the condition is wrong, drawn under its line.
std::string DrawPlace(const std::map<std::string, std::string>& metadata,
                      const std::string& condition) {
  const auto number = [&metadata](const char* key) {
    int value = 0;
    const auto found = metadata.find(key);
    return found != metadata.end() && absl::SimpleAtoi(found->second, &value) ? value : 0;
  };
  const int line = number("line");
  const int column = number("column");
  if (condition.empty() || line < 1 || column < 1) return "";
  const std::vector<std::string> lines = absl::StrSplit(condition, '\n');
  if (line > static_cast<int>(lines.size())) return "";
  const std::string& text = lines[static_cast<size_t>(line - 1)];
  // The column counts characters: find its byte.
  size_t byte = 0;
  for (int character = 1; byte < text.size() && character < column; ++character) {
    ++byte;
    while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80) ++byte;
  }
  return absl::StrCat("\n  ", text, "\n  ",
                      std::string(DisplayWidth(std::string_view(text).substr(0, byte)), ' '), "^");
}

std::string Advice(const absl::Status& status, v1::ErrorReason reason,
                   const std::map<std::string, std::string>& metadata, const Config& config) {
  const auto fact = [&metadata](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  switch (reason) {
    case v1::ERROR_REASON_TOKEN_MISSING:
      return "give the API token with --token, --token-file, SEGCTL_TOKEN or SEGCTL_TOKEN_FILE; "
             "the server writes its first one to admin.token in its data directory";
    case v1::ERROR_REASON_TOKEN_INVALID:
      return absl::StrCat("the server at ", config.address,
                          " does not know this API token, or it was revoked or has expired; check "
                          "--token, SEGCTL_TOKEN and the address");
    case v1::ERROR_REASON_ROLE_INSUFFICIENT:
      return absl::StrCat(
          "this API token may not do that",
          fact("want").empty() ? "" : absl::StrCat("; it takes the role ", fact("want")));
    case v1::ERROR_REASON_SHOP_NOT_FOUND:
      return "there is no such shop, or this API token has no access to it; segctl shop list shows "
             "the shops it sees";
    case v1::ERROR_REASON_ETAG_STALE:
      return "somebody changed it meanwhile: read it again and repeat the change";
    case v1::ERROR_REASON_OUTCOME_UNKNOWN:
      return "it may or may not have happened: repeat it with the same --request-id";
    default:
      break;
  }
  if (absl::IsNotFound(status) || metadata.empty()) return "";
  std::string facts;
  for (const char* key : {"expected", "near", "want", "limit", "used_by", "path"}) {
    if (!fact(key).empty()) {
      absl::StrAppend(&facts, facts.empty() ? "" : "; ", key, ": ", fact(key));
    }
  }
  return facts;
}

}  // namespace

std::string Explain(const absl::Status& status, const Config& config,
                    const std::string& condition) {
  const std::optional<v1::ErrorReason> reason = GetErrorReason(status);
  if (!reason.has_value()) {
    if (absl::IsUnavailable(status)) {
      return absl::StrCat("cannot reach the server at ", config.address,
                          ": is it running? ./server/run --detach starts it; another address is "
                          "given with --address or SEGCTL_ADDRESS\n  ",
                          status.message());
    }
    return std::string(status.message());
  }
  const std::map<std::string, std::string> metadata = GetErrorMetadata(status);
  const std::string field = GetErrorField(status);
  // Messages of the server usually begin with their field.
  const bool named = field.empty() || absl::StartsWith(status.message(), field);
  std::string text = absl::StrCat(named ? "" : absl::StrCat(field, ": "), status.message(), " [",
                                  ReasonName(status), "]", DrawPlace(metadata, condition));
  const std::string advice = Advice(status, *reason, metadata, config);
  if (!advice.empty()) absl::StrAppend(&text, "\n  ", advice);
  return text;
}

Json ErrorToJson(const absl::Status& status) {
  Json error;
  error["code"] = absl::StatusCodeToString(status.code());
  const std::string reason = ReasonName(status);
  error["reason"] = reason.empty() ? Json(nullptr) : Json(reason);
  error["field"] = GetErrorField(status);
  error["message"] = std::string(status.message());
  error["metadata"] = GetErrorMetadata(status);
  return Json{{"error", std::move(error)}};
}

}  // namespace segmentation::cli
