// The server under test: the real App on a private database, one for the whole program, and what
// tests ask of it. Tests see shops of their own, never each other's.
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "segmentation/client.h"
#include "server/app/app.h"
#include "tests/support/mysql_server.h"

namespace segmentation::integration {

// A request written as text: Proto<v1::GetShopRequest>(R"pb(shop_id: 'x')pb"). Ends the program
// when the text is not one.
template <typename Message>
Message Proto(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    ADD_FAILURE() << "not a " << message.GetTypeName() << ": " << text;
    std::abort();
  }
  return message;
}

// What an error says, as tests compare it: "REASON field", "REASON" without a field, "OK", or the
// bare status when it is not the service's.
std::string Fault(const absl::Status& status);
std::string Fault(const v1::BatchItemStatus& status);
template <typename T>
std::string Fault(const absl::StatusOr<T>& value) {
  return Fault(value.status());
}

// All items of a range. An error in it fails the test and ends the list.
template <typename T>
std::vector<T> All(PageRange<T> range) {
  std::vector<T> items;
  for (auto& item : range) {
    if (!item.ok()) {
      ADD_FAILURE() << item.status();
      break;
    }
    items.push_back(*std::move(item));
  }
  return items;
}

// The error a range begins with; OK when it has a first item or is empty.
template <typename T>
absl::Status FirstError(PageRange<T> range) {
  const auto first = range.begin();
  return first == range.end() ? absl::OkStatus() : (*first).status();
}

// Configuration of a server of a test: any free port, the data folder, small and quick.
app::Config TestConfig(const std::string& data_dir);

// A new folder in memory that the database's own account can reach into; removed with the object.
class ServerFolder {
 public:
  ServerFolder();
  const std::string& path() const { return folder_.path(); }

 private:
  testing::TestFolder folder_;
};

// Options of a client of this server; retries nothing, so that tests see every answer.
ClientOptions TestClientOptions(const std::string& address, const std::string& token);

// The server of the program: started at first use, stopped after the last test. A program that
// cannot start it ends with 1.
class Server {
 public:
  static Server& Shared();

  const std::string& address() const { return app_->address(); }
  const std::string& admin_token() const { return app_->admin_token(); }

  // Thread-safe.
  Client Connect(const std::string& token) const;
  const Client& admin() const { return *admin_; }

  // Secret of a new token for these shops; for every shop when there is none.
  std::string NewToken(v1::TokenRole role, const std::vector<std::string>& shop_ids) const;

  // Id of a new, empty shop: Asia/Shanghai, CNY.
  std::string NewShop() const;

  // Every line that was logged so far.
  std::string Log() const;

 private:
  Server();
  void Stop();
  friend class StopAtEnd;

  std::unique_ptr<app::App> app_;
  std::unique_ptr<Client> admin_;
};

// A test with a shop of its own.
class ShopTest : public ::testing::Test {
 protected:
  ShopTest() : server_(Server::Shared()), client_(server_.admin()), shop_(server_.NewShop()) {}

  // Exact count of a condition; -1 and a failure when it is refused.
  int64_t Count(const std::string& condition, const std::string& min_revision_token = {}) const;
  // Ids that meet a condition, sorted, through a saved group.
  std::vector<std::string> MembersOf(const std::string& condition);
  // The error of previewing it.
  std::string PreviewFault(const std::string& condition) const;
  // Makes or updates a group; the error if any.
  absl::Status SaveGroup(const std::string& group_id, const std::string& condition) const;
  // Makes a member.
  absl::Status AddMember(const v1::Member& member) const;

  Server& server_;
  const Client& client_;
  const std::string shop_;

 private:
  int next_group_ = 0;
};

}  // namespace segmentation::integration
