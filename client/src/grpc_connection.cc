// The connection to a server: channel, stubs, credentials, deadlines and retries.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "client/src/retry.h"
#include "client/src/status_details.h"
#include "segmentation/connection.h"
#include "segmentation/v1/group_service.grpc.pb.h"
#include "segmentation/v1/member_service.grpc.pb.h"
#include "segmentation/v1/operation_service.grpc.pb.h"
#include "segmentation/v1/order_service.grpc.pb.h"
#include "segmentation/v1/shop_service.grpc.pb.h"
#include "segmentation/v1/tag_service.grpc.pb.h"

namespace segmentation {
namespace {

using internal::CallWithRetry;
using internal::FromGrpc;
using internal::Repeatability;
using internal::RetryState;
using enum internal::Repeatability;

// Whether traffic to the address stays on this machine: it is not encrypted.
bool IsLocal(const std::string& address) {
  if (absl::StartsWith(address, "unix:")) return true;
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string host = address.substr(0, colon);
  if (host == "localhost" || host == "[::1]") return true;
  const std::vector<std::string> parts = absl::StrSplit(host, '.');
  if (parts.size() != 4 || parts[0] != "127") return false;
  for (const std::string& part : parts) {
    int number = 0;
    if (!absl::SimpleAtoi(part, &number) || number < 0 || number > 255) return false;
  }
  return true;
}

// One attempt's settings; a context is never used twice.
void Prepare(const std::string& token, absl::Duration left, grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() +
                        absl::ToChronoMilliseconds(std::max(left, absl::ZeroDuration())));
  if (!token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
}

class GrpcMemberStream : public MemberChunkStream {
 public:
  GrpcMemberStream(v1::GroupService::Stub* stub, const std::string& token, absl::Duration left,
                   const v1::StreamGroupMembersRequest& request) {
    Prepare(token, left, &context_);
    reader_ = stub->StreamGroupMembers(&context_, request);
  }
  ~GrpcMemberStream() override {
    if (!finished_) {
      context_.TryCancel();
      reader_->Finish();
    }
  }
  bool Read(v1::StreamGroupMembersResponse* response) override { return reader_->Read(response); }
  absl::Status Finish() override {
    finished_ = true;
    return FromGrpc(reader_->Finish());
  }
  void Cancel() override { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::StreamGroupMembersResponse>> reader_;
  bool finished_ = false;
};

template <typename Request, typename Response>
class GrpcBidiStream : public BidiStream<Request, Response> {
 public:
  // `open`: the stub's method on a context.
  template <typename Open>
  GrpcBidiStream(const std::string& token, absl::Duration left, const Open& open) {
    Prepare(token, left, &context_);
    stream_ = open(&context_);
  }
  ~GrpcBidiStream() override {
    if (!finished_) {
      context_.TryCancel();
      stream_->Finish();
    }
  }
  bool Write(const Request& request) override { return stream_->Write(request); }
  bool WritesDone() override { return stream_->WritesDone(); }
  bool Read(Response* response) override { return stream_->Read(response); }
  absl::Status Finish() override {
    finished_ = true;
    return FromGrpc(stream_->Finish());
  }
  void Cancel() override { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
  bool finished_ = false;
};

class GrpcConnection : public Connection {
 public:
  GrpcConnection(ClientOptions options, const std::shared_ptr<grpc::Channel>& channel)
      : options_(std::move(options)),
        shop_service_(v1::ShopService::NewStub(channel)),
        member_service_(v1::MemberService::NewStub(channel)),
        order_service_(v1::OrderService::NewStub(channel)),
        tag_service_(v1::TagService::NewStub(channel)),
        group_service_(v1::GroupService::NewStub(channel)),
        operation_service_(v1::OperationService::NewStub(channel)) {}

#define SEGMENTATION_RPC(service, method, repeatability)                                         \
  absl::StatusOr<v1::method##Response> method(const v1::method##Request& request,                \
                                              const CallOptions& options) override {             \
    return Call<v1::method##Response>(                                                           \
        #method, repeatability, options,                                                         \
        [&](grpc::ClientContext* context, v1::method##Response* response) {                      \
          return StubOf(static_cast<v1::service*>(nullptr))->method(context, request, response); \
        });                                                                                      \
  }
#include "segmentation/rpcs.inc"

  std::unique_ptr<MemberChunkStream> StreamGroupMembers(
      const v1::StreamGroupMembersRequest& request, const CallOptions& options) override {
    return std::make_unique<GrpcMemberStream>(group_service_.get(), options_.token,
                                              StreamTime(options), request);
  }
  std::unique_ptr<OrderImportStream> ImportOrders(const CallOptions& options) override {
    return std::make_unique<GrpcBidiStream<v1::ImportOrdersRequest, v1::ImportOrdersResponse>>(
        options_.token, StreamTime(options),
        [this](grpc::ClientContext* context) { return order_service_->ImportOrders(context); });
  }
  std::unique_ptr<MemberImportStream> ImportMembers(const CallOptions& options) override {
    return std::make_unique<GrpcBidiStream<v1::ImportMembersRequest, v1::ImportMembersResponse>>(
        options_.token, StreamTime(options),
        [this](grpc::ClientContext* context) { return member_service_->ImportMembers(context); });
  }
  std::unique_ptr<ProductImportStream> ImportProducts(const CallOptions& options) override {
    return std::make_unique<GrpcBidiStream<v1::ImportProductsRequest, v1::ImportProductsResponse>>(
        options_.token, StreamTime(options),
        [this](grpc::ClientContext* context) { return order_service_->ImportProducts(context); });
  }

 private:
  v1::ShopService::Stub* StubOf(v1::ShopService*) { return shop_service_.get(); }
  v1::MemberService::Stub* StubOf(v1::MemberService*) { return member_service_.get(); }
  v1::OrderService::Stub* StubOf(v1::OrderService*) { return order_service_.get(); }
  v1::TagService::Stub* StubOf(v1::TagService*) { return tag_service_.get(); }
  v1::GroupService::Stub* StubOf(v1::GroupService*) { return group_service_.get(); }
  v1::OperationService::Stub* StubOf(v1::OperationService*) { return operation_service_.get(); }

  absl::Duration StreamTime(const CallOptions& options) const {
    return options.deadline.value_or(options_.stream_deadline);
  }

  template <typename Response, typename Attempt>
  absl::StatusOr<Response> Call(const char* method, Repeatability repeatability,
                                const CallOptions& options, const Attempt& attempt) const {
    RetryState state(options.retry.value_or(options_.retry), repeatability, options_.time,
                     options_.time.now() + options.deadline.value_or(options_.deadline));
    return CallWithRetry<Response>(std::move(state), options_.time, method,
                                   [&](absl::Duration left) -> absl::StatusOr<Response> {
                                     grpc::ClientContext context;
                                     Prepare(options_.token, left, &context);
                                     Response response;
                                     if (const grpc::Status status = attempt(&context, &response);
                                         !status.ok()) {
                                       return FromGrpc(status);
                                     }
                                     return response;
                                   });
  }

  const ClientOptions options_;
  const std::unique_ptr<v1::ShopService::Stub> shop_service_;
  const std::unique_ptr<v1::MemberService::Stub> member_service_;
  const std::unique_ptr<v1::OrderService::Stub> order_service_;
  const std::unique_ptr<v1::TagService::Stub> tag_service_;
  const std::unique_ptr<v1::GroupService::Stub> group_service_;
  const std::unique_ptr<v1::OperationService::Stub> operation_service_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<Connection>> MakeConnection(const ClientOptions& options) {
  if (!IsLocal(options.address)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "address: got '", options.address,
        "', want HOST:PORT of this machine (127.0.0.1, [::1], localhost) or unix:PATH, since the "
        "connection is not encrypted"));
  }
  if (options.deadline <= absl::ZeroDuration() || options.stream_deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("deadline: got zero or less, want a positive duration");
  }
  if (options.retry.max_attempts < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("retry.max_attempts: got ", options.retry.max_attempts, ", want 1 or more"));
  }
  grpc::ChannelArguments arguments;
  // Retries are ours alone, with one request id; gRPC's own would not say that they happened.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(options.max_response_bytes);
  // After a lost server the channel is tried again about as often as calls are.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  return std::make_shared<GrpcConnection>(
      options,
      grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace segmentation
