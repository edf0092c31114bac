#include "server/rpc/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>

#include "server/base/error.h"

namespace segmentation::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

// What is served; the test compares it with the API's descriptors.
constexpr const char* kServices[] = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
    "segmentation.v1.GroupService",
    "segmentation.v1.MemberService",
    "segmentation.v1.OperationService",
    "segmentation.v1.OrderService",
    "segmentation.v1.ShopService",
    "segmentation.v1.TagService",
};

// Questions one stream may ask: far more than a client that reads the whole API.
constexpr int kMaxQuestions = 10'000;

void AddFile(const FileDescriptor& file, std::set<std::string>& seen,
             ServerReflectionResponse& response) {
  if (!seen.insert(file.name()).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), seen, response);
}

void SetNotFound(ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
  response.mutable_error_response()->set_error_message("not found");
}

// One question, one answer, in turn. Deletes itself when gRPC is done with the call.
class Reactor final
    : public grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse> {
 public:
  Reactor(const CallParts& parts, grpc::CallbackServerContext* context) : parts_(parts) {
    std::string secret;
    const auto found = context->client_metadata().find("authorization");
    if (found != context->client_metadata().end()) {
      const std::string_view value(found->second.data(), found->second.size());
      if (value.starts_with("Bearer ")) secret = value.substr(7);
    }
    // Looking a token up may take a query: not on this thread.
    const bool queued = parts_.lookups.Submit([this, secret] {
      const absl::Status status = parts_.tokens.Authenticate(secret).status();
      if (status.ok()) {
        StartRead(&request_);
      } else {
        Finish(ToGrpcStatus(status));
      }
    });
    if (!queued) Finish(ToGrpcStatus(QueueFull()));
  }

  void OnReadDone(bool ok) override {
    if (!ok || ++questions_ > kMaxQuestions) {
      Finish(grpc::Status::OK);
      return;
    }
    response_ = AnswerReflection(request_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&request_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnDone() override { delete this; }

 private:
  const CallParts& parts_;
  ServerReflectionRequest request_;
  ServerReflectionResponse response_;
  int questions_ = 0;
};

}  // namespace

ServerReflectionResponse AnswerReflection(const ServerReflectionRequest& request) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  std::set<std::string> seen;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kListServices:
      for (const char* name : kServices) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case ServerReflectionRequest::kFileByFilename:
      if (const FileDescriptor* file = pool.FindFileByName(request.file_by_filename())) {
        AddFile(*file, seen, response);
      } else {
        SetNotFound(response);
      }
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      if (const FileDescriptor* file =
              pool.FindFileContainingSymbol(request.file_containing_symbol())) {
        AddFile(*file, seen, response);
      } else {
        SetNotFound(response);
      }
      break;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      // The API has no extensions; a known type has none of them.
      if (pool.FindMessageTypeByName(request.all_extension_numbers_of_type()) != nullptr) {
        response.mutable_all_extension_numbers_response()->set_base_type_name(
            request.all_extension_numbers_of_type());
      } else {
        SetNotFound(response);
      }
      break;
    default:
      SetNotFound(response);
  }
  return response;
}

grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse>*
ReflectionService::ServerReflectionInfo(grpc::CallbackServerContext* context) {
  return new Reactor(parts_, context);
}

}  // namespace segmentation::rpc
