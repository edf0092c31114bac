// The connection over real gRPC, to a service in this process that answers as it is told.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "client/src/status_details.h"
#include "segmentation/client.h"
#include "segmentation/v1/group_service.grpc.pb.h"
#include "segmentation/v1/member_service.grpc.pb.h"
#include "segmentation/v1/order_service.grpc.pb.h"
#include "segmentation/v1/shop_service.grpc.pb.h"

namespace segmentation {
namespace {

class FakeMembers : public v1::MemberService::Service {
 public:
  grpc::Status AddNote(grpc::ServerContext* context, const v1::AddNoteRequest* request,
                       v1::AddNoteResponse* response) override {
    const std::lock_guard lock(mutex);
    requests.push_back(*request);
    const auto& metadata = context->client_metadata();
    const auto token = metadata.find("authorization");
    tokens.push_back(
        token == metadata.end() ? "" : std::string(token->second.data(), token->second.size()));
    time_left = context->deadline() - std::chrono::system_clock::now();
    if (requests.size() <= failures.size()) {
      return internal::ToGrpc(failures[requests.size() - 1]);
    }
    response->set_revision_token("r1");
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::vector<v1::AddNoteRequest> requests;
  std::vector<std::string> tokens;
  std::vector<absl::Status> failures;
  std::chrono::nanoseconds time_left{};
};

class FakeShops : public v1::ShopService::Service {
 public:
  grpc::Status CreateToken(grpc::ServerContext*, const v1::CreateTokenRequest*,
                           v1::CreateTokenResponse*) override {
    ++calls;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  }
  int calls = 0;
};

class FakeOrders : public v1::OrderService::Service {
 public:
  grpc::Status ImportOrders(grpc::ServerContext*,
                            grpc::ServerReaderWriter<v1::ImportOrdersResponse,
                                                     v1::ImportOrdersRequest>* stream) override {
    v1::ImportOrdersRequest request;
    while (stream->Read(&request)) {
      v1::ImportOrdersResponse response;
      if (request.has_header()) {
        response.mutable_ready();
      } else {
        orders += request.chunk().orders_size();
        response.mutable_ack()->set_sequence(request.chunk().sequence());
        // Long acknowledgements: both sides write at once, and neither may wait for the other.
        for (int i = 0; i < request.chunk().orders_size(); ++i) {
          response.mutable_ack()->add_rejected()->mutable_status()->set_message(
              std::string(1000, 'x'));
        }
      }
      stream->Write(response);
    }
    return grpc::Status::OK;
  }
  int orders = 0;
};

class GrpcConnectionTest : public ::testing::Test {
 protected:
  GrpcConnectionTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&members_);
    builder.RegisterService(&shops_);
    builder.RegisterService(&orders_);
    server_ = builder.BuildAndStart();
    options_.address = "127.0.0.1:" + std::to_string(port);
    options_.token = "secret";
    options_.actor.set_name("test");
    // Waits are only written down: nothing here depends on time passing.
    options_.time.sleep = [this](absl::Duration wait) { slept_.push_back(wait); };
  }
  ~GrpcConnectionTest() override { server_->Shutdown(); }

  Client client() { return *Client::Connect(options_); }

  FakeMembers members_;
  FakeShops shops_;
  FakeOrders orders_;
  std::unique_ptr<grpc::Server> server_;
  ClientOptions options_;
  std::vector<absl::Duration> slept_;
};

TEST_F(GrpcConnectionTest, SendsTokenAndDeadline) {
  CallOptions call;
  call.deadline = absl::Seconds(300);
  ASSERT_TRUE(client().AddNote({}, call).ok());
  EXPECT_EQ(members_.tokens, std::vector<std::string>{"Bearer secret"});
  EXPECT_LE(members_.time_left, std::chrono::seconds(301));
  EXPECT_GT(members_.time_left, std::chrono::seconds(200));
  ASSERT_TRUE(client().AddNote({}).ok());
  EXPECT_LE(members_.time_left, std::chrono::seconds(21)) << "the default deadline is always set";
}

TEST_F(GrpcConnectionTest, AttemptsKeepTheirRequestId) {
  members_.failures = {absl::UnavailableError("1"), absl::UnavailableError("2")};
  const absl::StatusOr<v1::AddNoteResponse> answer = client().AddNote({});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->revision_token(), "r1");
  ASSERT_EQ(members_.requests.size(), 3u);
  EXPECT_FALSE(members_.requests[0].request_id().empty());
  EXPECT_EQ(members_.requests[0].request_id(), members_.requests[1].request_id());
  EXPECT_EQ(members_.requests[0].request_id(), members_.requests[2].request_id());
  EXPECT_EQ(slept_.size(), 2u);
}

TEST_F(GrpcConnectionTest, ErrorsCarryReasonFieldAndFacts) {
  members_.failures = {MakeServiceError(absl::StatusCode::kInvalidArgument,
                                        v1::ERROR_REASON_FIELD_TOO_LONG, "text", "too long",
                                        {{"limit", "4096"}})};
  const absl::Status error = client().AddNote({}).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorReason(error), v1::ERROR_REASON_FIELD_TOO_LONG);
  EXPECT_EQ(GetErrorField(error), "text");
  EXPECT_EQ(GetErrorMetadata(error).at("limit"), "4096");
  EXPECT_EQ(members_.requests.size(), 1u);
}

TEST_F(GrpcConnectionTest, CreateTokenIsNeverRepeated) {
  const absl::Status error = client().CreateToken({}).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(shops_.calls, 1);
  EXPECT_EQ(GetRetryOutcome(error)->end, RetryEnd::kNotRepeatable);
}

TEST_F(GrpcConnectionTest, CallPolicyWinsOverTheClients) {
  members_.failures = std::vector<absl::Status>(9, absl::UnavailableError("x"));
  CallOptions call;
  call.retry = RetryPolicy{.max_attempts = 2};
  const absl::Status error = client().AddNote({}, call).status();
  EXPECT_EQ(members_.requests.size(), 2u);
  EXPECT_EQ(GetRetryOutcome(error)->attempt_count, 2);
}

TEST_F(GrpcConnectionTest, AServerThatIsDownIsUnavailable) {
  server_->Shutdown();
  options_.retry.max_attempts = 2;
  const absl::Status error = client().AddNote({}).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetRetryOutcome(error)->end, RetryEnd::kAttemptsUsedUp);
}

TEST_F(GrpcConnectionTest, ImportsWhileAcknowledgementsAreLong) {
  int refused = 0;
  ImportOptions options;
  options.on_rejected = [&refused](const RejectedRow&) { ++refused; };
  OrderImport import = client().ImportOrders("demo", options);
  for (int i = 0; i < 8000; ++i) {
    v1::Order order;
    order.set_external_id(std::to_string(i));
    order.set_terminal(std::string(2000, 'x'));
    ASSERT_TRUE(import.Add(order).ok());
  }
  const absl::StatusOr<ImportResult> result = import.Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(orders_.orders, 8000);
  EXPECT_EQ(refused, 8000);
}

}  // namespace
}  // namespace segmentation
