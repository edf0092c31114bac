// Personal data: masked unless a purpose is stated by a role that may, and never in logs or errors.
#include "tests/integration/raw_call.h"
#include "tests/integration/server_fixture.h"
#include "tests/integration/shop_data.h"

namespace segmentation::integration {
namespace {

class PrivacyTest : public ShopTest {
 protected:
  PrivacyTest() {
    EXPECT_TRUE(AddMember(Proto<v1::Member>(R"pb(
                  member_id: 'm1'
                  identities { kind: IDENTITY_KIND_PHONE value: '13812345678' }
                  identities { kind: IDENTITY_KIND_EMAIL value: 'lan@qq.com' }
                  attributes {
                    attribute: 'name'
                    values { text_value: '王小兰' }
                  }
                  attributes {
                    attribute: 'birthday'
                    values { date_value { year: 1990 month: 5 day: 20 } }
                  }
                  attributes {
                    attribute: 'city'
                    values { text_value: '上海' }
                  })pb"))
                    .ok());
  }

  absl::StatusOr<v1::GetMemberResponse> Get(v1::TokenRole role, const std::string& purpose) {
    v1::GetMemberRequest request;
    request.set_shop_id(shop_);
    request.set_member_id("m1");
    request.set_reveal_purpose(purpose);
    return server_.Connect(server_.NewToken(role, {shop_})).GetMember(request);
  }
};

TEST_F(PrivacyTest, MaskedWithoutAPurposeForEveryRole) {
  for (int role = v1::TOKEN_ROLE_ADMIN; role <= v1::TOKEN_ROLE_PRIVACY; ++role) {
    const auto answer = Get(static_cast<v1::TokenRole>(role), "");
    ASSERT_TRUE(answer.ok()) << answer.status();
    const std::string text = answer->ShortDebugString() + answer->SerializeAsString();
    for (const char* personal : {"13812345678", "lan@qq.com", "王小兰"}) {
      EXPECT_EQ(text.find(personal), std::string::npos) << personal << " for role " << role;
    }
    for (const v1::Identity& identity : answer->member().identities()) {
      EXPECT_TRUE(identity.masked());
      EXPECT_NE(identity.value().find('*'), std::string::npos);
    }
    EXPECT_EQ(answer->member().masked_attributes_size(), 2);
    EXPECT_NE(text.find("上海"), std::string::npos) << "what is not personal is shown";
  }
}

TEST_F(PrivacyTest, RevealedForAPurposeToThoseWhoMay) {
  for (const auto role : {v1::TOKEN_ROLE_ADMIN, v1::TOKEN_ROLE_OPERATOR, v1::TOKEN_ROLE_PRIVACY}) {
    const auto answer = Get(role, "客诉 4711");
    ASSERT_TRUE(answer.ok()) << answer.status();
    const std::string text = answer->SerializeAsString();
    for (const char* personal : {"13812345678", "lan@qq.com", "王小兰"}) {
      EXPECT_NE(text.find(personal), std::string::npos) << personal;
    }
    EXPECT_EQ(answer->member().masked_attributes_size(), 0);
  }
  for (const auto role :
       {v1::TOKEN_ROLE_ASSISTANT, v1::TOKEN_ROLE_SCHEDULER, v1::TOKEN_ROLE_READER}) {
    EXPECT_EQ(Fault(Get(role, "客诉 4711")), "ROLE_INSUFFICIENT reveal_purpose");
  }
  EXPECT_EQ(Fault(Get(v1::TOKEN_ROLE_ADMIN, std::string(257, 'x'))),
            "FIELD_TOO_LONG reveal_purpose");
}

TEST_F(PrivacyTest, AudiencesOfIdentitiesNeedAPurpose) {
  ASSERT_TRUE(SaveGroup("g", "city = '上海'").ok());
  v1::StreamGroupMembersRequest request;
  request.set_shop_id(shop_);
  request.set_group_id("g");
  request.set_identity_kind(v1::IDENTITY_KIND_PHONE);
  const Client scheduler = server_.Connect(server_.NewToken(v1::TOKEN_ROLE_SCHEDULER, {shop_}));
  {
    MemberStream stream = scheduler.StreamGroupMembers(request);
    EXPECT_EQ(Fault(stream.NextChunk()), "FIELD_REQUIRED reveal_purpose");
  }
  request.set_reveal_purpose("短信 双11");
  MemberStream stream = scheduler.StreamGroupMembers(request);
  const auto chunk = stream.NextChunk();
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  ASSERT_EQ(chunk->size(), 1u);
  EXPECT_EQ((*chunk)[0], "+8613812345678");
  const auto end = stream.NextChunk();
  ASSERT_TRUE(end.ok() && end->empty());
  request.set_identity_kind(v1::IDENTITY_KIND_CARD);
  MemberStream none = scheduler.StreamGroupMembers(request);
  const auto empty = none.NextChunk();
  ASSERT_TRUE(empty.ok() && empty->empty()) << empty.status();
  EXPECT_EQ(none.summary()->skipped_count(), 1);
}

// Values that look like people's, put into every field that takes personal data, then every way to
// read and to fail: none may be in the log or in an error's text.
TEST_F(PrivacyTest, NoPersonalValueInLogsAndErrors) {
  const std::string phone = "13900004242";
  std::vector<std::string> canaries = {phone};
  const auto canary = [&](const std::string& what) {
    canaries.push_back("PII-CANARY-" + what);
    return canaries.back();
  };
  std::string errors;
  int calls = 0;
  const auto told = [&](const absl::Status& status) {
    ++calls;
    errors += status.ToString() + "\n" + GetErrorField(status) + "\n";
    for (const auto& [key, value] : GetErrorMetadata(status)) errors += key + "=" + value + "\n";
  };

  v1::Member member;
  member.set_member_id("canary");
  const auto identity = [&](v1::Member& to, v1::IdentityKind kind, const std::string& value) {
    v1::Identity* const added = to.add_identities();
    added->set_kind(kind);
    added->set_value(value);
  };
  identity(member, v1::IDENTITY_KIND_PHONE, phone);
  identity(member, v1::IDENTITY_KIND_NICK, canary("nick"));
  identity(member, v1::IDENTITY_KIND_EMAIL, canary("email") + "@qq.com");
  identity(member, v1::IDENTITY_KIND_OPEN_ID, canary("openid"));
  for (const char* attribute : {"name", "address", "school", "employer", "postal_code"}) {
    v1::AttributeValues* const values = member.add_attributes();
    values->set_attribute(attribute);
    values->add_values()->set_text_value(canary(attribute));
  }
  told(AddMember(member));
  EXPECT_NE(errors.find("OK"), std::string::npos) << errors;

  v1::AddNoteRequest note;
  note.set_shop_id(shop_);
  note.set_member_id("canary");
  note.set_text(canary("note"));
  told(client_.AddNote(note).status());
  v1::RecordConsentRequest consent = Proto<v1::RecordConsentRequest>(
      "member_id: 'canary' consents { channel: CONSENT_CHANNEL_SMS state: CONSENT_STATE_OPTED_IN "
      "}");
  consent.set_shop_id(shop_);
  consent.mutable_consents(0)->set_evidence(canary("evidence"));
  told(client_.RecordConsent(consent).status());
  v1::Order order = PaidOrder("canary-1", "x", absl::CivilDay(2024, 3, 1), 100);
  order.mutable_buyer_identities(0)->set_value(canary("buyer"));
  order.mutable_receiver_address()->set_street(canary("street"));
  order.mutable_receiver_address()->set_full_text(canary("fulltext"));
  v1::Review* const review = order.add_reviews();
  review->set_review_id("r");
  review->set_rating(5);
  review->set_text(canary("review"));
  *review->mutable_reviewed_at() = order.paid_at();
  v1::UpsertOrderRequest upsert;
  upsert.set_shop_id(shop_);
  *upsert.mutable_order() = order;
  told(client_.UpsertOrder(upsert).status());

  // Reads, masked and revealed.
  for (const std::string& purpose : {std::string(), canary("purpose")}) {
    v1::GetMemberRequest get;
    get.set_shop_id(shop_);
    get.set_member_id("canary");
    get.set_reveal_purpose(purpose);
    told(client_.GetMember(get).status());
    v1::ListMemberTimelineRequest timeline;
    timeline.set_shop_id(shop_);
    timeline.set_member_id("canary");
    timeline.set_reveal_purpose(purpose);
    told(FirstError(client_.ListMemberTimeline(timeline)));
    v1::ListOrdersRequest orders;
    orders.set_shop_id(shop_);
    orders.set_reveal_purpose(purpose);
    told(FirstError(client_.ListOrders(orders)));
    v1::LookupMemberRequest lookup;
    lookup.set_shop_id(shop_);
    lookup.mutable_identity()->set_kind(v1::IDENTITY_KIND_PHONE);
    lookup.mutable_identity()->set_value(phone);
    lookup.set_reveal_purpose(purpose);
    told(client_.LookupMember(lookup).status());
  }
  // Failures whose cause is the personal value itself.
  v1::Member taken;
  taken.set_member_id("other");
  identity(taken, v1::IDENTITY_KIND_PHONE, phone);
  told(AddMember(taken));
  v1::LookupMemberRequest lookup;
  lookup.set_shop_id(shop_);
  lookup.mutable_identity()->set_kind(v1::IDENTITY_KIND_NICK);
  lookup.mutable_identity()->set_value(canary("unknown-nick"));
  told(client_.LookupMember(lookup).status());
  lookup.mutable_identity()->set_value(canary("masked") + "***");
  told(client_.LookupMember(lookup).status());
  v1::Member too_long;
  too_long.set_member_id("long");
  identity(too_long, v1::IDENTITY_KIND_EMAIL,
           canary("long-email") + std::string(400, 'x') + "@qq.com");
  told(AddMember(too_long));
  v1::Member bad_value;
  bad_value.set_member_id("bad");
  v1::AttributeValues* const values = bad_value.add_attributes();
  values->set_attribute("birthday");
  values->add_values()->set_text_value(canary("birthday-text"));
  told(AddMember(bad_value));
  note.set_text(canary("note-with-nul") + std::string("\0", 1));
  told(client_.AddNote(note).status());
  // Conditions name personal values, too.
  v1::PreviewGroupRequest preview;
  preview.set_shop_id(shop_);
  preview.mutable_condition()->set_text("name = '" + canary("condition") + "' AND city = '上海'");
  told(client_.PreviewGroup(preview).status());
  told(SaveGroup("canary-group", "name = '" + canary("group-condition") + "'"));

  EXPECT_GE(calls, 20);
  const std::string log = server_.Log();
  EXPECT_NE(log.find("MemberService/LookupMember"), std::string::npos) << "the log was captured";
  EXPECT_NE(log.find("reveal method=MemberService/GetMember shop=" + shop_), std::string::npos);
  for (const std::string& value : canaries) {
    EXPECT_EQ(log.find(value), std::string::npos) << value << " is in the log";
    EXPECT_EQ(errors.find(value), std::string::npos) << value << " is in an error";
  }
  // Whole values only: parts may not be there either.
  EXPECT_EQ(log.find("PII-CANARY"), std::string::npos);
  EXPECT_EQ(errors.find("PII-CANARY"), std::string::npos) << errors;
}

// A shop id is logged for a caller who may name that shop, and for nobody else: any text may stand
// in it, a line break too.
TEST_F(PrivacyTest, ShopIdsOfStrangersAreNotLogged) {
  const std::string stranger = server_.NewToken(v1::TOKEN_ROLE_ADMIN, {server_.NewShop()});
  const auto call = [&](const std::string& token, const std::string& shop_id) {
    v1::ListNotesRequest request;
    request.set_shop_id(shop_id);
    return Fault(RawCall(server_.address(), "/segmentation.v1.MemberService/ListNotes", token,
                         request.SerializeAsString()));
  };
  const auto stream = [&](const std::string& token, const std::string& shop_id) {
    v1::StreamGroupMembersRequest request;
    request.set_shop_id(shop_id);
    return Fault(RawCall(server_.address(), "/segmentation.v1.GroupService/StreamGroupMembers",
                         token, request.SerializeAsString()));
  };
  const auto send_import = [&](const std::string& token, const std::string& shop_id) {
    v1::ImportMembersRequest request;
    request.set_shop_id(shop_id);
    request.mutable_header()->set_import_id("i");
    return Fault(RawCall(server_.address(), "/segmentation.v1.MemberService/ImportMembers", token,
                         request.SerializeAsString()));
  };
  const std::string forged = "x\nlevel=info call FORGED-LINE";
  for (const auto& made : std::vector<std::function<std::string(std::string, std::string)>>{
           call, stream, send_import}) {
    EXPECT_EQ(made("", forged), "TOKEN_MISSING authorization");
    EXPECT_EQ(made("", "LOG-CANARY-missing"), "TOKEN_MISSING authorization");
    EXPECT_EQ(made("wrong", "LOG-CANARY-wrong"), "TOKEN_INVALID authorization");
    EXPECT_EQ(made(server_.admin_token(), forged), "ID_MALFORMED shop_id");
    EXPECT_EQ(made(stranger, "LOG-CANARY-scope"), "SHOP_NOT_FOUND shop_id");
    EXPECT_NE(made(server_.admin_token(), shop_), "OK") << "each lacks a field";
  }
  const std::string log = server_.Log();
  EXPECT_EQ(log.find("FORGED-LINE"), std::string::npos);
  EXPECT_EQ(log.find("LOG-CANARY"), std::string::npos);
  for (const char* method : {"MemberService/ListNotes", "GroupService/StreamGroupMembers",
                             "MemberService/ImportMembers"}) {
    EXPECT_NE(log.find("method=" + std::string(method) + " shop=" + shop_ + " "), std::string::npos)
        << method;
  }
}

}  // namespace
}  // namespace segmentation::integration
