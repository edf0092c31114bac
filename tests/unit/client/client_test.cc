// What the client fills in, and lists as ranges.
#include "segmentation/client.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "segmentation/mock_connection.h"

namespace segmentation {
namespace {

using ::testing::_;
using ::testing::NiceMock;
using ::testing::Return;

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() { options_.actor.set_name("nightly"); }
  Client client() { return Client(connection_, options_); }

  std::shared_ptr<NiceMock<MockConnection>> connection_ =
      std::make_shared<NiceMock<MockConnection>>();
  ClientOptions options_;
};

TEST_F(ClientTest, FillsRequestIdAndActorOnceAndDifferently) {
  std::vector<v1::AddNoteRequest> sent;
  EXPECT_CALL(*connection_, AddNote)
      .Times(2)
      .WillRepeatedly([&](const v1::AddNoteRequest& request, const CallOptions&) {
        sent.push_back(request);
        return v1::AddNoteResponse();
      });
  ASSERT_TRUE(client().AddNote({}).ok());
  ASSERT_TRUE(client().AddNote({}).ok());
  EXPECT_EQ(sent[0].actor().name(), "nightly");
  EXPECT_EQ(sent[0].request_id().size(), 36u);
  EXPECT_EQ(sent[0].request_id()[14], '4');
  EXPECT_NE(sent[0].request_id(), sent[1].request_id());
}

TEST_F(ClientTest, WhatTheRequestSaysIsKept) {
  v1::AddNoteRequest request;
  request.set_request_id("mine");
  request.mutable_actor()->set_name("me");
  CallOptions call;
  call.request_id = "the call's";
  EXPECT_CALL(*connection_, AddNote)
      .WillOnce([](const v1::AddNoteRequest& sent, const CallOptions&) {
        EXPECT_EQ(sent.request_id(), "mine");
        EXPECT_EQ(sent.actor().name(), "me");
        return v1::AddNoteResponse();
      });
  ASSERT_TRUE(client().AddNote(request, call).ok());
}

TEST_F(ClientTest, CallOptionsFillRequestIdAndRevision) {
  CallOptions call;
  call.request_id = "again";
  call.min_revision_token = "r7";
  EXPECT_CALL(*connection_, AddNote)
      .WillOnce([](const v1::AddNoteRequest& sent, const CallOptions&) {
        EXPECT_EQ(sent.request_id(), "again");
        return v1::AddNoteResponse();
      });
  EXPECT_CALL(*connection_, GetShop)
      .WillOnce([](const v1::GetShopRequest& sent, const CallOptions&) {
        EXPECT_EQ(sent.min_revision_token(), "r7");
        return v1::GetShopResponse();
      });
  ASSERT_TRUE(client().AddNote({}, call).ok());
  ASSERT_TRUE(client().GetShop({}, call).ok());
}

v1::ListStoresResponse Page(const std::vector<std::string>& ids, const std::string& next) {
  v1::ListStoresResponse page;
  for (const std::string& id : ids) page.add_stores()->set_store_id(id);
  page.set_next_page_token(next);
  return page;
}

TEST_F(ClientTest, AListIsOneRangeOverItsPages) {
  std::vector<std::string> tokens;
  EXPECT_CALL(*connection_, ListStores)
      .WillRepeatedly([&](const v1::ListStoresRequest& request, const CallOptions&) {
        EXPECT_EQ(request.shop_id(), "demo");
        tokens.push_back(request.page_token());
        if (request.page_token().empty()) return Page({"a", "b"}, "2");
        // An empty page in the middle is no end.
        if (request.page_token() == "2") return Page({}, "3");
        return Page({"c"}, "");
      });
  v1::ListStoresRequest request;
  request.set_shop_id("demo");
  std::vector<std::string> ids;
  for (const auto& store : client().ListStores(request)) {
    ASSERT_TRUE(store.ok()) << store.status();
    ids.push_back(store->store_id());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(tokens, (std::vector<std::string>{"", "2", "3"}));
}

TEST_F(ClientTest, AnErrorInAListIsItsLastItem) {
  EXPECT_CALL(*connection_, ListStores)
      .WillOnce(Return(Page({"a"}, "2")))
      .WillOnce(Return(absl::UnavailableError("down")));
  int good = 0, bad = 0;
  for (const auto& store : client().ListStores({})) (store.ok() ? good : bad)++;
  EXPECT_EQ(good, 1);
  EXPECT_EQ(bad, 1);
}

TEST_F(ClientTest, APageThatNamesItselfAsTheNextEndsTheList) {
  EXPECT_CALL(*connection_, ListStores).WillRepeatedly(Return(Page({}, "1")));
  int items = 0;
  absl::Status last;
  for (const auto& store : client().ListStores({})) {
    ASSERT_LT(++items, 5);
    last = store.status();
  }
  EXPECT_EQ(last.code(), absl::StatusCode::kDataLoss);
}

TEST_F(ClientTest, ListBeginsAtTheRequestsPage) {
  v1::ListStoresRequest request;
  request.set_page_token("5");
  EXPECT_CALL(*connection_, ListStores)
      .WillOnce([](const v1::ListStoresRequest& sent, const CallOptions&) {
        EXPECT_EQ(sent.page_token(), "5");
        return Page({}, "");
      });
  for (const auto& store : client().ListStores(request)) FAIL() << store.status();
}

TEST_F(ClientTest, HasEveryCallOfTheApi) {
  std::set<std::string> listed = {"StreamGroupMembers", "ImportOrders", "ImportMembers",
                                  "ImportProducts"};
#define SEGMENTATION_RPC(service, method, repeatability) listed.insert(#method);
#include "segmentation/rpcs.inc"
  std::set<std::string> declared;
  for (const google::protobuf::Descriptor* message :
       {v1::GetShopRequest::descriptor(), v1::GetMemberRequest::descriptor(),
        v1::GetOrderRequest::descriptor(), v1::GetTagRequest::descriptor(),
        v1::GetGroupRequest::descriptor(), v1::GetOperationRequest::descriptor()}) {
    const google::protobuf::FileDescriptor& file = *message->file();
    ASSERT_EQ(file.service_count(), 1) << file.name();
    for (int i = 0; i < file.service(0)->method_count(); ++i) {
      declared.insert(file.service(0)->method(i)->name());
    }
  }
  EXPECT_EQ(listed, declared);
}

TEST(Connect, RefusesAddressesBeyondThisMachine) {
  for (const char* address : {"10.0.0.1:50051", "example.com:50051", "0.0.0.0:50051", "127.0.0.1",
                              "127.0.0.1.evil.com:1", "localhost.evil.com:1", "", "127.1:1"}) {
    ClientOptions options;
    options.address = address;
    const absl::StatusOr<Client> client = Client::Connect(options);
    EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
  for (const char* address : {"127.0.0.1:50051", "127.8.9.1:1", "localhost:1", "[::1]:50051",
                              "unix:/run/segmentd.sock"}) {
    ClientOptions options;
    options.address = address;
    EXPECT_TRUE(Client::Connect(options).ok()) << address;
  }
}

}  // namespace
}  // namespace segmentation
