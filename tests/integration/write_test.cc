// What every write promises: once by its request_id, etags, tokens that later reads honour.
#include <algorithm>
#include <thread>

#include "tests/integration/server_fixture.h"

namespace segmentation::integration {
namespace {

class WriteTest : public ShopTest {
 protected:
  v1::AddNoteRequest Note(const std::string& request_id, const std::string& text) const {
    v1::AddNoteRequest request;
    request.set_shop_id(shop_);
    request.set_request_id(request_id);
    request.mutable_actor()->set_name("agent:xiaomei");
    request.set_member_id("m1");
    request.set_text(text);
    return request;
  }

  size_t NoteCount() const {
    v1::ListNotesRequest request;
    request.set_shop_id(shop_);
    request.set_member_id("m1");
    return All(client_.ListNotes(request)).size();
  }
};

// T69
TEST_F(WriteTest, RepeatsGetTheFirstAnswerByteForByte) {
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm1'")).ok());
  const auto first = client_.AddNote(Note("r-1", "偏好顺丰"));
  ASSERT_TRUE(first.ok()) << first.status();
  for (int i = 0; i < 3; ++i) {
    const auto again = client_.AddNote(Note("r-1", "偏好顺丰"));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  }
  EXPECT_EQ(NoteCount(), 1u);
}

// T69: the first answer also when the state has moved on since.
TEST_F(WriteTest, RepeatsGetTheFirstAnswerAfterLaterWrites) {
  auto request = Proto<v1::UpsertMemberRequest>(R"pb(
    request_id: 'r-up'
    actor { name: 'x' }
    member {
      member_id: 'm1'
      attributes {
        attribute: 'city'
        values { text_value: '上海' }
      }
    })pb");
  request.set_shop_id(shop_);
  const auto first = client_.UpsertMember(request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->created());
  ASSERT_TRUE(
      AddMember(
          Proto<v1::Member>(
              "member_id: 'm1' attributes { attribute: 'city' values { text_value: '杭州' } }"))
          .ok());
  const auto again = client_.UpsertMember(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Count("city = '杭州'"), 1) << "the repeat must not write again";
}

// T69
TEST_F(WriteTest, AnotherRequestUnderTheSameIdIsRefused) {
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm1'")).ok());
  ASSERT_TRUE(client_.AddNote(Note("r-1", "one")).ok());
  EXPECT_EQ(Fault(client_.AddNote(Note("r-1", "two"))), "IDEMPOTENCY_KEY_REUSED request_id");
  v1::RecordConsentRequest other = Proto<v1::RecordConsentRequest>(R"pb(
    request_id: 'r-1'
    actor { name: 'x' }
    member_id: 'm1'
    consents { channel: CONSENT_CHANNEL_SMS state: CONSENT_STATE_OPTED_IN })pb");
  other.set_shop_id(shop_);
  EXPECT_EQ(Fault(client_.RecordConsent(other)), "IDEMPOTENCY_KEY_REUSED request_id")
      << "another method is another request";
  EXPECT_EQ(NoteCount(), 1u);
}

// T69: many at once under one id are one write and one answer.
TEST_F(WriteTest, RepeatsAtTheSameTimeAreOneWrite) {
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm1'")).ok());
  std::vector<std::string> answers(16);
  std::vector<std::thread> threads;
  for (std::string& answer : answers) {
    threads.emplace_back([&] {
      const auto said = client_.AddNote(Note("r-many", "once"));
      answer = said.ok() ? said->SerializeAsString() : said.status().ToString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(answers.begin(), answers.end(), answers.front()), 16);
  EXPECT_EQ(NoteCount(), 1u);
}

// T69: the deletion of a shop whose answer was lost is asked for again.
TEST_F(WriteTest, DeletingAShopAgainGivesTheFirstAnswer) {
  v1::DeleteShopRequest request;
  request.set_shop_id(shop_);
  request.set_request_id("r-delete");
  request.mutable_actor()->set_name("admin");
  const auto first = client_.DeleteShop(request);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = client_.DeleteShop(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  request.mutable_actor()->set_name("somebody else");
  EXPECT_EQ(Fault(client_.DeleteShop(request)), "IDEMPOTENCY_KEY_REUSED request_id");
  request.set_request_id("r-delete-2");
  EXPECT_EQ(Fault(client_.DeleteShop(request)), "SHOP_NOT_FOUND shop_id");
  EXPECT_EQ(Fault(client_.AddNote(Note("r-1", "x"))), "SHOP_NOT_FOUND shop_id");
  // A shop beyond the token's scope is as unknown as before.
  const Client other = server_.Connect(server_.NewToken(v1::TOKEN_ROLE_ADMIN, {server_.NewShop()}));
  request.set_request_id("r-delete");
  request.mutable_actor()->set_name("admin");
  EXPECT_EQ(Fault(other.DeleteShop(request)), "SHOP_NOT_FOUND shop_id");
}

// A request that failed may be sent again under its id once the reason is gone.
TEST_F(WriteTest, RefusedRequestsLeaveTheirIdFree) {
  EXPECT_EQ(Fault(client_.AddNote(Note("r-early", "x"))), "MEMBER_NOT_FOUND member_id");
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm1'")).ok());
  EXPECT_TRUE(client_.AddNote(Note("r-early", "x")).ok());
}

// T70
TEST_F(WriteTest, StaleEtagsAreAborted) {
  ASSERT_TRUE(SaveGroup("g", "number_of_orders >= 1").ok());
  v1::GetGroupRequest get;
  get.set_shop_id(shop_);
  get.set_group_id("g");
  const auto read = client_.GetGroup(get);
  ASSERT_TRUE(read.ok()) << read.status();

  auto update = Proto<v1::UpdateGroupRequest>("update_mask { paths: 'display_name' }");
  update.set_shop_id(shop_);
  *update.mutable_group() = read->group();
  update.mutable_group()->set_display_name("first");
  const auto first = client_.UpdateGroup(update);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE(first->group().etag(), read->group().etag());

  update.mutable_group()->set_display_name("second");
  const auto second = client_.UpdateGroup(update);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Fault(second), "ETAG_STALE etag");
  update.mutable_group()->set_etag(first->group().etag());
  EXPECT_TRUE(client_.UpdateGroup(update).ok());

  v1::DeleteGroupRequest remove;
  remove.set_shop_id(shop_);
  remove.set_group_id("g");
  remove.set_etag(first->group().etag());
  EXPECT_EQ(Fault(client_.DeleteGroup(remove)), "ETAG_STALE etag");
}

// T70: of two that read the same state one wins, whatever else is written in the same batch.
TEST_F(WriteTest, OneOfManyConcurrentEditsWins) {
  ASSERT_TRUE(SaveGroup("g", "number_of_orders >= 1").ok());
  v1::GetGroupRequest get;
  get.set_shop_id(shop_);
  get.set_group_id("g");
  const auto read = client_.GetGroup(get);
  ASSERT_TRUE(read.ok());
  std::vector<std::string> outcomes(12);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    threads.emplace_back([&, i] {
      auto update = Proto<v1::UpdateGroupRequest>("update_mask { paths: 'description' }");
      update.set_shop_id(shop_);
      *update.mutable_group() = read->group();
      update.mutable_group()->set_description("by " + std::to_string(i));
      outcomes[i] = Fault(client_.UpdateGroup(update));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), "OK"), 1);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), "ETAG_STALE etag"), 11);
}

// T70: the mask decides which fields change; output-only fields are ignored.
TEST_F(WriteTest, TheMaskDecidesWhatChanges) {
  ASSERT_TRUE(AddMember(Proto<v1::Member>(R"pb(
                member_id: 'm1'
                blocked: true
                attributes {
                  attribute: 'city'
                  values { text_value: '上海' }
                }
                attributes {
                  attribute: 'occupation'
                  values { text_value: '教师' }
                })pb"))
                  .ok());
  auto update = Proto<v1::UpdateMemberRequest>(R"pb(
    member {
      member_id: 'm1'
      blocked: false
      created_at { seconds: 1 }
      attributes {
        attribute: 'city'
        values { text_value: '杭州' }
      }
    }
    update_mask { paths: 'attributes.city' })pb");
  update.set_shop_id(shop_);
  ASSERT_TRUE(client_.UpdateMember(update).ok());
  EXPECT_EQ(Count("city = '杭州' AND occupation = '教师' AND blocked = TRUE"), 1);
  update = Proto<v1::UpdateMemberRequest>(
      "member { member_id: 'm1' } update_mask { paths: 'attributes.occupation' paths: 'blocked' }");
  update.set_shop_id(shop_);
  ASSERT_TRUE(client_.UpdateMember(update).ok());
  EXPECT_EQ(Count("city = '杭州' AND occupation IS NULL AND blocked = FALSE"), 1);
  for (const char* mask : {"", "paths: 'created_at'", "paths: 'nonsense'", "paths: 'etag'"}) {
    update = Proto<v1::UpdateMemberRequest>("member { member_id: 'm1' } update_mask { " +
                                            std::string(mask) + " }");
    update.set_shop_id(shop_);
    EXPECT_EQ(Fault(client_.UpdateMember(update)), "UPDATE_MASK_INVALID update_mask") << mask;
  }
}

// A write's token makes any later read see it.
TEST_F(WriteTest, ReadsSeeTheWriteWhoseTokenTheyBring) {
  for (int i = 0; i < 50; ++i) {
    v1::UpsertMemberRequest request;
    request.set_shop_id(shop_);
    request.mutable_member()->set_member_id("m" + std::to_string(i));
    const auto written = client_.UpsertMember(request);
    ASSERT_TRUE(written.ok()) << written.status();
    EXPECT_EQ(Count("blocked = FALSE", written->revision_token()), i + 1);
  }
}

TEST_F(WriteTest, ForeignAndDamagedRevisionTokensAreRefused) {
  v1::UpsertMemberRequest request;
  request.set_shop_id(shop_);
  request.mutable_member()->set_member_id("m1");
  const auto written = client_.UpsertMember(request);
  ASSERT_TRUE(written.ok());
  const std::string token = written->revision_token();

  v1::GetShopRequest get;
  get.set_shop_id(server_.NewShop());
  get.set_min_revision_token(token);
  EXPECT_EQ(Fault(client_.GetShop(get)), "REVISION_TOKEN_INVALID min_revision_token")
      << "of another shop";
  get.set_shop_id(shop_);
  EXPECT_EQ(Fault(client_.GetShop(get)), "OK");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string damaged = token;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    get.set_min_revision_token(damaged);
    EXPECT_EQ(Fault(client_.GetShop(get)), "REVISION_TOKEN_INVALID min_revision_token")
        << "character " << i << " of " << token.size();
  }
  for (const std::string& damaged :
       {token.substr(0, token.size() - 1), token + "A", std::string("x"), std::string(5000, 'A')}) {
    get.set_min_revision_token(damaged);
    EXPECT_EQ(Fault(client_.GetShop(get)), "REVISION_TOKEN_INVALID min_revision_token");
  }
}

// Items of a batch are done or fail alone; those done are visible at one revision.
TEST_F(WriteTest, BatchItemsFailAlone) {
  auto batch = Proto<v1::BatchUpsertMembersRequest>(R"pb(
    members { member_id: 'a' }
    members {
      member_id: 'b'
      attributes {
        attribute: 'no_such'
        values { text_value: 'x' }
      }
    }
    members {
      member_id: 'c'
      identities { kind: IDENTITY_KIND_PHONE value: '138****8000' }
    }
    members { member_id: 'd' })pb");
  batch.set_shop_id(shop_);
  const auto done = client_.BatchUpsertMembers(batch);
  ASSERT_TRUE(done.ok()) << done.status();
  ASSERT_EQ(done->results_size(), 4);
  EXPECT_EQ(Fault(done->results(0).status()), "OK");
  EXPECT_EQ(Fault(done->results(1).status()),
            "ATTRIBUTE_NOT_FOUND members[1].attributes[0].attribute");
  EXPECT_EQ(Fault(done->results(2).status()), "IDENTITY_MASKED members[2].identities[0].value");
  EXPECT_EQ(Fault(done->results(3).status()), "OK");
  EXPECT_EQ(Count("member_id IN ('a', 'b', 'c', 'd')", done->revision_token()), 2);
}

}  // namespace
}  // namespace segmentation::integration
