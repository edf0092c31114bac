#include "tests/integration/server_fixture.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>

namespace segmentation::integration {
namespace {

// Keeps what the server logs. Lives as long as the program.
class MemorySink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static std::shared_ptr<MemorySink> Shared() {
    static const auto* const kSink =
        new std::shared_ptr<MemorySink>(std::make_shared<MemorySink>());
    return *kSink;
  }

  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    text_.append(formatted.data(), formatted.size());
  }
  void flush_() override {}

 private:
  std::string text_;
};

Server* running = nullptr;

}  // namespace

// Drains the server before the program ends: its threads use what static destructors take away.
class StopAtEnd : public ::testing::Environment {
 public:
  void TearDown() override {
    if (running != nullptr) running->Stop();
  }
};

namespace {
[[maybe_unused]] ::testing::Environment* const kStopAtEnd =
    ::testing::AddGlobalTestEnvironment(new StopAtEnd);
}  // namespace

ServerFolder::ServerFolder() {
  // Run by root, the database has an account of its own.
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
}

std::string Fault(const absl::Status& status) {
  if (status.ok()) return "OK";
  const auto reason = GetErrorReason(status);
  if (!reason) return status.ToString();
  std::string text = v1::ErrorReason_Name(*reason).substr(std::string("ERROR_REASON_").size());
  const std::string field = GetErrorField(status);
  return field.empty() ? text : text + " " + field;
}

std::string Fault(const v1::BatchItemStatus& status) {
  if (status.code() == 0) return "OK";
  std::string text =
      v1::ErrorReason_Name(status.reason()).substr(std::string("ERROR_REASON_").size());
  return status.field().empty() ? text : text + " " + status.field();
}

app::Config TestConfig(const std::string& data_dir) {
  app::Config config;
  config.data_dir = data_dir;
  config.listen = "127.0.0.1:0";
  config.buffer_pool_mib = 64;
  config.drain_seconds = 10;
  return config;
}

ClientOptions TestClientOptions(const std::string& address, const std::string& token) {
  ClientOptions options;
  options.address = address;
  options.token = token;
  options.actor.set_name("integration-test");
  options.deadline = absl::Seconds(60);
  options.retry.max_attempts = 1;
  return options;
}

Server& Server::Shared() {
  static Server* const kServer = new Server;
  return *kServer;
}

Server::Server() {
  static auto* const kFolder = new auto(std::make_unique<ServerFolder>());
  std::atexit([] { kFolder->reset(); });
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("server", MemorySink::Shared()));
  auto app = app::App::Start(TestConfig((*kFolder)->path() + "/data"));
  if (!app.ok()) {
    std::cerr << "the server does not start: " << app.status() << "\n" << Log();
    std::exit(1);
  }
  app_ = *std::move(app);
  admin_ = std::make_unique<Client>(Connect(admin_token()));
  running = this;
}

void Server::Stop() {
  running = nullptr;
  admin_.reset();
  app_.reset();
}

Client Server::Connect(const std::string& token) const {
  return *Client::Connect(TestClientOptions(address(), token));
}

std::string Server::NewToken(v1::TokenRole role, const std::vector<std::string>& shop_ids) const {
  v1::CreateTokenRequest request;
  request.mutable_token()->set_display_name(v1::TokenRole_Name(role));
  request.mutable_token()->set_role(role);
  request.mutable_token()->set_all_shops(shop_ids.empty());
  for (const std::string& id : shop_ids) request.mutable_token()->add_shop_ids(id);
  const auto made = admin_->CreateToken(request);
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->secret() : "";
}

std::string Server::NewShop() const {
  static std::atomic<int> next = 0;
  v1::CreateShopRequest request;
  request.set_shop_id("shop-" + std::to_string(++next));
  request.mutable_shop()->set_time_zone("Asia/Shanghai");
  request.mutable_shop()->set_currency_code("CNY");
  const auto made = admin_->CreateShop(request);
  EXPECT_TRUE(made.ok()) << made.status();
  return request.shop_id();
}

std::string Server::Log() const { return MemorySink::Shared()->text(); }

int64_t ShopTest::Count(const std::string& condition, const std::string& min_revision_token) const {
  v1::PreviewGroupRequest request;
  request.set_shop_id(shop_);
  request.mutable_condition()->set_text(condition);
  request.set_min_revision_token(min_revision_token);
  const auto answer = client_.PreviewGroup(request);
  EXPECT_TRUE(answer.ok()) << condition << ": " << answer.status();
  if (!answer.ok()) return -1;
  EXPECT_TRUE(answer->stamp().exact());
  return answer->member_count();
}

std::string ShopTest::PreviewFault(const std::string& condition) const {
  v1::PreviewGroupRequest request;
  request.set_shop_id(shop_);
  request.mutable_condition()->set_text(condition);
  return Fault(client_.PreviewGroup(request));
}

absl::Status ShopTest::SaveGroup(const std::string& group_id, const std::string& condition) const {
  v1::CreateGroupRequest create;
  create.set_shop_id(shop_);
  create.mutable_group()->set_group_id(group_id);
  create.mutable_condition()->set_text(condition);
  const absl::Status created = client_.CreateGroup(create).status();
  if (!absl::IsAlreadyExists(created)) return created;
  v1::UpdateGroupRequest update;
  update.set_shop_id(shop_);
  *update.mutable_group() = create.group();
  *update.mutable_condition() = create.condition();
  update.mutable_update_mask()->add_paths("condition");
  return client_.UpdateGroup(update).status();
}

absl::Status ShopTest::AddMember(const v1::Member& member) const {
  v1::UpsertMemberRequest request;
  request.set_shop_id(shop_);
  *request.mutable_member() = member;
  return client_.UpsertMember(request).status();
}

std::vector<std::string> ShopTest::MembersOf(const std::string& condition) {
  const std::string group = "members-of-" + std::to_string(++next_group_);
  const absl::Status saved = SaveGroup(group, condition);
  EXPECT_TRUE(saved.ok()) << condition << ": " << saved;
  v1::ListGroupMembersRequest request;
  request.set_shop_id(shop_);
  request.set_group_id(group);
  std::vector<std::string> ids = All(client_.ListGroupMembers(request));
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace segmentation::integration
