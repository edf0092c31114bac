#include "server/rpc/status.h"

#include <algorithm>
#include <string>

#include "segmentation/internal/google_rpc.pb.h"
#include "server/base/error.h"
#include "server/base/text.h"

namespace segmentation::rpc {
namespace {

constexpr size_t kMaxMessageBytes = 1'024;
constexpr size_t kMaxMetadataBytes = 3 * 1'024;
constexpr std::string_view kTypePrefix = "type.googleapis.com/google.rpc.";

std::string MessageOf(const absl::Status& status, base::Reason reason) {
  if (reason == base::Reason::INTERNAL) return "internal error; the server's log says more";
  return std::string(base::TruncateBytes(
      std::string_view(status.message().data(), status.message().size()), kMaxMessageBytes));
}

template <typename Message>
void AddDetail(std::string_view name, const Message& message, internal::rpc::Status& status) {
  google::protobuf::Any* any = status.add_details();
  any->set_type_url(std::string(kTypePrefix) + std::string(name));
  any->set_value(message.SerializeAsString());
}

base::ErrorInfo InfoOf(const absl::Status& status) {
  if (std::optional<base::ErrorInfo> info = base::GetErrorInfo(status)) return *std::move(info);
  return {base::Reason::INTERNAL, "", {}};
}

}  // namespace

v1::ErrorReason ReasonOf(const absl::Status& status) {
  return static_cast<v1::ErrorReason>(InfoOf(status).reason);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const base::ErrorInfo info = InfoOf(status);
  const std::string message = MessageOf(status, info.reason);
  const auto code = static_cast<int>(base::CodeOf(info.reason));

  internal::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  internal::rpc::ErrorInfo error;
  error.set_reason(std::string(base::NameOf(info.reason)));
  error.set_domain("segmentation.v1");
  size_t bytes = 0;
  for (const auto& [key, value] : info.metadata) {
    bytes += key.size() + value.size();
    if (bytes > kMaxMetadataBytes) break;
    (*error.mutable_metadata())[key] = value;
  }
  AddDetail("ErrorInfo", error, details);
  if (!info.field.empty()) {
    internal::rpc::BadRequest bad;
    auto* violation = bad.add_field_violations();
    violation->set_field(std::string(base::TruncateBytes(info.field, 512)));
    violation->set_description(message);
    AddDetail("BadRequest", bad, details);
  }
  if (info.reason == base::Reason::QUEUE_FULL || info.reason == base::Reason::WRITE_CONFLICT ||
      info.reason == base::Reason::DATABASE_UNAVAILABLE ||
      info.reason == base::Reason::SHUTTING_DOWN) {
    internal::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_nanos(200'000'000);
    AddDetail("RetryInfo", retry, details);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(code), message, details.SerializeAsString());
}

v1::BatchItemStatus ToItemStatus(const absl::Status& status) {
  v1::BatchItemStatus item;
  if (status.ok()) return item;
  const base::ErrorInfo info = InfoOf(status);
  item.set_code(static_cast<int>(base::CodeOf(info.reason)));
  item.set_reason(static_cast<v1::ErrorReason>(info.reason));
  item.set_field(info.field);
  item.set_message(MessageOf(status, info.reason));
  return item;
}

}  // namespace segmentation::rpc
