#include "segmentation/errors.h"

#include <google/protobuf/unknown_field_set.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/src/retry.h"
#include "client/src/status_details.h"

namespace segmentation {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Payload keys are the type URLs of the messages, in google.rpc's wire shape (field numbers below).
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr char kRetryOutcomeUrl[] = "segmentation/retry_outcome";
constexpr char kDomain[] = "segmentation.v1";

constexpr int kStatusCode = 1, kStatusMessage = 2, kStatusDetails = 3;
constexpr int kAnyUrl = 1, kAnyValue = 2;
constexpr int kInfoReason = 1, kInfoDomain = 2, kInfoMetadata = 3;
constexpr int kMapKey = 1, kMapValue = 2;
constexpr int kBadRequestViolation = 1;
constexpr int kViolationField = 1, kViolationDescription = 2;
constexpr int kRetryDelay = 1;
constexpr int kDurationSeconds = 1, kDurationNanos = 2;

// The wire form is read and written without generated classes: Debian ships no google/rpc protos.
const UnknownField* Find(const UnknownFieldSet& set, int number, UnknownField::Type type) {
  for (int i = 0; i < set.field_count(); ++i) {
    if (set.field(i).number() == number && set.field(i).type() == type) return &set.field(i);
  }
  return nullptr;
}

std::string TextOf(const UnknownFieldSet& set, int number) {
  const UnknownField* field = Find(set, number, UnknownField::TYPE_LENGTH_DELIMITED);
  return field == nullptr ? std::string() : field->length_delimited();
}

int64_t NumberOf(const UnknownFieldSet& set, int number) {
  const UnknownField* field = Find(set, number, UnknownField::TYPE_VARINT);
  return field == nullptr ? 0 : static_cast<int64_t>(field->varint());
}

bool ReadPayload(const absl::Status& status, const char* url, UnknownFieldSet* set) {
  const absl::optional<absl::Cord> payload = status.GetPayload(url);
  return payload.has_value() && set->ParseFromString(std::string(*payload));
}

std::string Bytes(const UnknownFieldSet& set) {
  std::string bytes;
  set.SerializeToString(&bytes);
  return bytes;
}

}  // namespace

std::optional<v1::ErrorReason> GetErrorReason(const absl::Status& status) {
  UnknownFieldSet info;
  if (!ReadPayload(status, kErrorInfoUrl, &info) || TextOf(info, kInfoDomain) != kDomain) {
    return std::nullopt;
  }
  v1::ErrorReason reason;
  if (!v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", TextOf(info, kInfoReason)), &reason)) {
    return std::nullopt;
  }
  return reason;
}

std::string GetErrorField(const absl::Status& status) {
  UnknownFieldSet request, violation;
  if (!ReadPayload(status, kBadRequestUrl, &request) ||
      !violation.ParseFromString(TextOf(request, kBadRequestViolation))) {
    return "";
  }
  return TextOf(violation, kViolationField);
}

std::map<std::string, std::string> GetErrorMetadata(const absl::Status& status) {
  std::map<std::string, std::string> metadata;
  UnknownFieldSet info;
  if (!ReadPayload(status, kErrorInfoUrl, &info)) return metadata;
  for (int i = 0; i < info.field_count(); ++i) {
    const UnknownField& field = info.field(i);
    UnknownFieldSet entry;
    if (field.number() == kInfoMetadata && field.type() == UnknownField::TYPE_LENGTH_DELIMITED &&
        entry.ParseFromString(field.length_delimited())) {
      metadata[TextOf(entry, kMapKey)] = TextOf(entry, kMapValue);
    }
  }
  return metadata;
}

std::optional<absl::Duration> GetRetryDelay(const absl::Status& status) {
  UnknownFieldSet info, delay;
  if (!ReadPayload(status, kRetryInfoUrl, &info) ||
      !delay.ParseFromString(TextOf(info, kRetryDelay))) {
    return std::nullopt;
  }
  return absl::Seconds(NumberOf(delay, kDurationSeconds)) +
         absl::Nanoseconds(NumberOf(delay, kDurationNanos));
}

std::optional<RetryOutcome> GetRetryOutcome(const absl::Status& status) {
  UnknownFieldSet set;
  if (!ReadPayload(status, kRetryOutcomeUrl, &set)) return std::nullopt;
  return RetryOutcome{static_cast<RetryEnd>(NumberOf(set, 1)), static_cast<int>(NumberOf(set, 2))};
}

absl::Status MakeServiceError(absl::StatusCode code, v1::ErrorReason reason,
                              const std::string& field, const std::string& message,
                              const std::map<std::string, std::string>& metadata) {
  absl::Status status(code, message);
  UnknownFieldSet info;
  info.AddLengthDelimited(
      kInfoReason, std::string(absl::StripPrefix(v1::ErrorReason_Name(reason), "ERROR_REASON_")));
  info.AddLengthDelimited(kInfoDomain, kDomain);
  for (const auto& [key, value] : metadata) {
    UnknownFieldSet entry;
    entry.AddLengthDelimited(kMapKey, key);
    entry.AddLengthDelimited(kMapValue, value);
    info.AddLengthDelimited(kInfoMetadata, Bytes(entry));
  }
  status.SetPayload(kErrorInfoUrl, absl::Cord(Bytes(info)));
  if (!field.empty()) {
    UnknownFieldSet violation, request;
    violation.AddLengthDelimited(kViolationField, field);
    violation.AddLengthDelimited(kViolationDescription, message);
    request.AddLengthDelimited(kBadRequestViolation, Bytes(violation));
    status.SetPayload(kBadRequestUrl, absl::Cord(Bytes(request)));
  }
  return status;
}

namespace internal {

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  UnknownFieldSet details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) {
    return result;
  }
  for (int i = 0; i < details.field_count(); ++i) {
    const UnknownField& field = details.field(i);
    UnknownFieldSet any;
    if (field.number() != kStatusDetails || field.type() != UnknownField::TYPE_LENGTH_DELIMITED ||
        !any.ParseFromString(field.length_delimited())) {
      continue;
    }
    const std::string url = TextOf(any, kAnyUrl);
    if (!url.empty()) result.SetPayload(url, absl::Cord(TextOf(any, kAnyValue)));
  }
  return result;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  UnknownFieldSet details;
  details.AddVarint(kStatusCode, static_cast<uint64_t>(status.code()));
  details.AddLengthDelimited(kStatusMessage, std::string(status.message()));
  status.ForEachPayload([&details](absl::string_view url, const absl::Cord& value) {
    UnknownFieldSet any;
    any.AddLengthDelimited(kAnyUrl, std::string(url));
    any.AddLengthDelimited(kAnyValue, std::string(value));
    details.AddLengthDelimited(kStatusDetails, Bytes(any));
  });
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      Bytes(details));
}

absl::Status WithRetryOutcome(const absl::Status& status, const RetryOutcome& outcome,
                              const std::string& why) {
  absl::Status result(status.code(), why.empty() ? std::string(status.message())
                                                 : absl::StrCat(status.message(), " (", why, ")"));
  status.ForEachPayload(
      [&result](absl::string_view url, const absl::Cord& value) { result.SetPayload(url, value); });
  UnknownFieldSet set;
  set.AddVarint(1, static_cast<uint64_t>(outcome.end));
  set.AddVarint(2, static_cast<uint64_t>(outcome.attempt_count));
  result.SetPayload(kRetryOutcomeUrl, absl::Cord(Bytes(set)));
  return result;
}

}  // namespace internal
}  // namespace segmentation
