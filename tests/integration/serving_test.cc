// Beside the API: health is open, reflection wants a token, and shutdown lets calls finish.
#include <grpcpp/grpcpp.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "tests/integration/raw_call.h"
#include "tests/integration/server_fixture.h"
#include "tests/integration/shop_data.h"

namespace segmentation::integration {
namespace {

constexpr char kHealth[] = "/grpc.health.v1.Health/Check";

TEST(ServingTest, HealthIsOpen) {
  EXPECT_TRUE(RawCall(Server::Shared().address(), kHealth, "", "").ok());
}

TEST(ServingTest, ReflectionWantsAToken) {
  namespace reflection = grpc::reflection::v1alpha;
  Server& server = Server::Shared();
  const auto stub = reflection::ServerReflection::NewStub(
      grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials()));
  const auto services = [&](const std::string& token,
                            reflection::ServerReflectionResponse* answer) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    const auto stream = stub->ServerReflectionInfo(&context);
    reflection::ServerReflectionRequest request;
    request.set_list_services("");
    stream->Write(request);
    stream->WritesDone();
    while (stream->Read(answer)) {
    }
    return stream->Finish();
  };
  reflection::ServerReflectionResponse answer;
  EXPECT_EQ(services("", &answer).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(services("wrong", &answer).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(answer.list_services_response().service_size(), 0);
  const grpc::Status told =
      services(server.NewToken(v1::TOKEN_ROLE_READER, {server.NewShop()}), &answer);
  ASSERT_TRUE(told.ok()) << told.error_message();
  std::set<std::string> names;
  for (const auto& service : answer.list_services_response().service())
    names.insert(service.name());
  for (const char* name : {"ShopService", "MemberService", "OrderService", "TagService",
                           "GroupService", "OperationService"}) {
    EXPECT_EQ(names.count("segmentation.v1." + std::string(name)), 1u) << name;
  }
}

TEST(ServingTest, UnknownMethodsAreUnimplemented) {
  EXPECT_EQ(
      RawCall(Server::Shared().address(), "/segmentation.v1.ShopService/Nonsense", "x", "").code(),
      absl::StatusCode::kUnimplemented);
}

// A server of its own is stopped while writes and a stream are under way: those that were taken are
// answered, nothing acknowledged is lost, and it starts again on the same data.
TEST(ServingTest, ShutdownLetsCallsFinish) {
  const ServerFolder folder;
  const app::Config config = TestConfig(folder.path() + "/data");
  constexpr char kShop[] = "drained";
  constexpr int kWriters = 4;
  std::atomic<int> acknowledged = 0;
  std::vector<std::string> odd;
  {
    auto app = app::App::Start(config);
    ASSERT_TRUE(app.ok()) << app.status();
    const Client client =
        *Client::Connect(TestClientOptions((*app)->address(), (*app)->admin_token()));
    auto shop =
        Proto<v1::CreateShopRequest>("shop { time_zone: 'Asia/Shanghai' currency_code: 'CNY' }");
    shop.set_shop_id(kShop);
    ASSERT_TRUE(client.CreateShop(shop).ok());
    ASSERT_TRUE(ImportAll(client, kShop, TwoHundredBuyers()).ok());
    auto group = Proto<v1::CreateGroupRequest>(
        "group { group_id: 'all' } condition { text: 'number_of_orders >= 1' }");
    group.set_shop_id(kShop);
    ASSERT_TRUE(client.CreateGroup(group).ok());

    // A stream that has begun and is read only while the server drains.
    v1::StreamGroupMembersRequest stream_request;
    stream_request.set_shop_id(kShop);
    stream_request.set_group_id("all");
    stream_request.set_chunk_size(10);
    MemberStream stream = client.StreamGroupMembers(stream_request);
    const auto first = stream.NextChunk();
    ASSERT_TRUE(first.ok()) << first.status();
    size_t streamed = first->size();

    std::vector<std::thread> writers;
    std::mutex mutex;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        for (int i = 0;; ++i) {
          v1::UpsertMemberRequest request;
          request.set_shop_id(kShop);
          request.mutable_member()->set_member_id("w" + std::to_string(w) + "-" +
                                                  std::to_string(i));
          const auto answer = client.UpsertMember(request);
          if (answer.ok()) {
            ++acknowledged;
            continue;
          }
          // Once the server goes, a call is refused for that, or gRPC cuts it before it began: then
          // no reason comes with it, and the count at the end shows that nothing was done.
          const bool never_begun =
              absl::IsCancelled(answer.status()) && !GetErrorReason(answer.status());
          if (!absl::IsUnavailable(answer.status()) && !never_begun) {
            const std::lock_guard lock(mutex);
            odd.push_back(answer.status().ToString());
          }
          return;
        }
      });
    }
    while (acknowledged < 200) std::this_thread::yield();
    std::thread stopper([&] { (*app)->Stop(); });
    while (true) {
      const auto chunk = stream.NextChunk();
      EXPECT_TRUE(chunk.ok()) << chunk.status();
      if (!chunk.ok() || chunk->empty()) break;
      streamed += chunk->size();
    }
    EXPECT_EQ(streamed, 200u);
    stopper.join();
    for (std::thread& writer : writers) writer.join();
  }
  for (const std::string& one : odd) ADD_FAILURE() << one;
  auto app = app::App::Start(config);
  ASSERT_TRUE(app.ok()) << app.status();
  const Client client =
      *Client::Connect(TestClientOptions((*app)->address(), (*app)->admin_token()));
  v1::PreviewGroupRequest count;
  count.set_shop_id(kShop);
  count.mutable_condition()->set_text("number_of_orders = 0");
  const auto answer = client.PreviewGroup(count);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->member_count(), acknowledged.load());
}

std::string LineOf(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// A second server on the folder of a running one fails and leaves that one's files alone.
TEST(ServingTest, ASecondStartLeavesTheFirstAlone) {
  const ServerFolder folder;
  const app::Config config = TestConfig(folder.path() + "/data");
  const auto file = [&](const char* name) { return config.data_dir + "/" + name; };
  auto first = app::App::Start(config);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string pid = LineOf(file("segmentd.pid"));
  EXPECT_EQ(pid, std::to_string(getpid()));
  EXPECT_EQ(LineOf(file("segmentd.address")), (*first)->address());
  EXPECT_EQ(LineOf(file(app::kStateFile)), "ready");

  EXPECT_FALSE(app::App::Start(config).ok());
  EXPECT_EQ(LineOf(file("segmentd.pid")), pid);
  EXPECT_EQ(LineOf(file("segmentd.address")), (*first)->address());
  EXPECT_EQ(LineOf(file(app::kStateFile)), "ready");
  EXPECT_TRUE(app::WaitReady(config.data_dir, 0, 10).ok());

  // What another has written in the meantime is not the first one's to remove.
  std::ofstream(file("segmentd.address")) << "127.0.0.1:1\n";
  (*first)->Stop();
  EXPECT_FALSE(std::filesystem::exists(file("segmentd.pid")));
  EXPECT_FALSE(std::filesystem::exists(file(app::kStateFile)));
  EXPECT_EQ(LineOf(file("segmentd.address")), "127.0.0.1:1");
}

// Who waits in vain is told what the server waits for.
TEST(ServingTest, WaitReadySaysWhyNot) {
  const ServerFolder folder;
  const auto message = [&](int pid) {
    const absl::Status status = app::WaitReady(folder.path(), pid, 0);
    EXPECT_FALSE(status.ok());
    return std::string(status.message());
  };
  EXPECT_NE(message(0).find("segmentd is not ready after 0 s"), std::string::npos);
  EXPECT_EQ(message(0).find("; "), std::string::npos) << message(0);
  std::ofstream(folder.path() + "/" + app::kStateFile) << "not ready: the database is away\n";
  EXPECT_NE(message(0).find("; it is not ready: the database is away"), std::string::npos);
  EXPECT_NE(message(std::numeric_limits<int>::max())
                .find("ended before it was ready; it is not ready: the database is away"),
            std::string::npos);
}

}  // namespace
}  // namespace segmentation::integration
