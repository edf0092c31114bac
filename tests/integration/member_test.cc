// Members: identities, consents, notes, tags and the timeline.
#include <atomic>
#include <set>
#include <thread>

#include "tests/integration/server_fixture.h"
#include "tests/integration/shop_data.h"

namespace segmentation::integration {
namespace {

class MemberTest : public ShopTest {
 protected:
  template <typename Request>
  Request In(const std::string& text) const {
    Request request = Proto<Request>(text);
    request.set_shop_id(shop_);
    return request;
  }
  void Consent(const std::string& state, int64_t at) const {
    auto request = In<v1::RecordConsentRequest>(
        "member_id: 'm1' consents { channel: CONSENT_CHANNEL_SMS state: CONSENT_STATE_" + state +
        " changed_at { seconds: " + std::to_string(at) + " } evidence: 'form 7' }");
    const auto done = client_.RecordConsent(request);
    ASSERT_TRUE(done.ok()) << done.status();
  }
};

// An identity finds its member whatever its kind; two members never share one.
TEST_F(MemberTest, IdentitiesFindTheirMember) {
  ASSERT_TRUE(AddMember(Proto<v1::Member>(R"pb(
                member_id: 'm1'
                identities { kind: IDENTITY_KIND_PHONE value: '13812345678' }
                identities { kind: IDENTITY_KIND_EMAIL value: 'Lan@QQ.com' })pb"))
                  .ok());
  const auto lookup = [&](const std::string& identity) -> std::string {
    const auto found =
        client_.LookupMember(In<v1::LookupMemberRequest>("identity { " + identity + " }"));
    return found.ok() ? found->member().member_id() : Fault(found);
  };
  EXPECT_EQ(lookup("kind: IDENTITY_KIND_PHONE value: '13812345678'"), "m1");
  EXPECT_EQ(lookup("kind: IDENTITY_KIND_PHONE value: '+86 138 1234 5678'"), "m1");
  EXPECT_EQ(lookup("kind: IDENTITY_KIND_EMAIL value: 'Lan@qq.com'"), "m1");
  EXPECT_EQ(lookup("kind: IDENTITY_KIND_NICK value: 'lan'"), "MEMBER_NOT_FOUND identity");
  EXPECT_EQ(lookup("kind: IDENTITY_KIND_PHONE value: '138****5678'"),
            "IDENTITY_MASKED identity.value");
  EXPECT_EQ(Fault(AddMember(Proto<v1::Member>(
                "member_id: 'm2' identities { kind: IDENTITY_KIND_PHONE value: '13812345678' }"))),
            "IDENTITY_TAKEN member.identities[0].value");
  EXPECT_EQ(Count("HAS IDENTITY phone AND email_domain = 'qq.com'"), 1);
}

// An older choice than the one in force is history only; at equal times opting out wins.
TEST_F(MemberTest, TheLatestConsentIsInForce) {
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm1'")).ok());
  EXPECT_EQ(Count("consent('sms') IS NULL"), 1);
  Consent("OPTED_IN", 1'700'000'000);
  EXPECT_EQ(Count("consent('sms') = 'opted_in'"), 1);
  Consent("OPTED_OUT", 1'600'000'000);
  EXPECT_EQ(Count("consent('sms') = 'opted_in'"), 1) << "older";
  Consent("OPTED_OUT", 1'700'000'000);
  EXPECT_EQ(Count("consent('sms') = 'opted_out'"), 1) << "at the same time";
  Consent("OPTED_IN", 1'700'000'000);
  EXPECT_EQ(Count("consent('sms') = 'opted_out'"), 1) << "opting out stays";
  const auto history =
      All(client_.ListConsents(In<v1::ListConsentsRequest>("member_id: 'm1' page_size: 1")));
  ASSERT_GE(history.size(), 3u);
  EXPECT_EQ(history.front().evidence(), "form 7");
  EXPECT_EQ(Fault(client_.RecordConsent(In<v1::RecordConsentRequest>(R"pb(
              member_id: 'm1'
              consents {
                channel: CONSENT_CHANNEL_SMS
                state: CONSENT_STATE_OPTED_IN
                changed_at { seconds: 32503680000 }
              })pb"))),
            "FIELD_OUT_OF_RANGE consents[0].changed_at");
}

TEST_F(MemberTest, NotesComeNewestFirstAndGo) {
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm1'")).ok());
  std::vector<std::string> ids;
  for (const char* text : {"one", "two", "three"}) {
    const auto note = client_.AddNote(
        In<v1::AddNoteRequest>("member_id: 'm1' text: '" + std::string(text) + "'"));
    ASSERT_TRUE(note.ok()) << note.status();
    ids.push_back(note->note().note_id());
  }
  auto notes = All(client_.ListNotes(
      In<v1::ListNotesRequest>("member_id: 'm1' page_size: 2 reveal_purpose: 'service'")));
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_EQ(notes[0].text(), "three");
  EXPECT_EQ(notes[2].text(), "one");
  EXPECT_EQ(notes[0].actor_name(), "integration-test");
  notes = All(client_.ListNotes(In<v1::ListNotesRequest>("member_id: 'm1'")));
  EXPECT_EQ(notes[0].text(), "") << "personal, so only for a purpose";
  const auto remove = In<v1::DeleteNoteRequest>("member_id: 'm1' note_id: '" + ids[1] + "'");
  ASSERT_TRUE(client_.DeleteNote(remove).ok());
  EXPECT_EQ(Fault(client_.DeleteNote(remove)), "NOTE_NOT_FOUND note_id");
  EXPECT_EQ(All(client_.ListNotes(In<v1::ListNotesRequest>("member_id: 'm1'"))).size(), 2u);
}

TEST_F(MemberTest, TheTimelineHasEverythingNewestFirst) {
  ASSERT_TRUE(
      AddMember(Proto<v1::Member>(
                    "member_id: 'm1' identities { kind: IDENTITY_KIND_OUID value: 'buyer' }"))
          .ok());
  v1::Order order = PaidOrder("1", "buyer", absl::CivilDay(2024, 1, 1), 100'00);
  *order.add_refunds() = Proto<v1::Refund>(
      "refund_id: 'f' status: REFUND_STATUS_SUCCEEDED kind: REFUND_KIND_REFUND_ONLY "
      "amount_minor_units: 2000");
  *order.mutable_refunds(0)->mutable_refunded_at() = NoonOf(absl::CivilDay(2024, 1, 5));
  v1::Review* const review = order.add_reviews();
  review->set_review_id("v");
  review->set_rating(4);
  *review->mutable_reviewed_at() = NoonOf(absl::CivilDay(2024, 1, 9));
  ASSERT_TRUE(ImportAll(client_, shop_, {order}).ok());
  auto category = In<v1::CreateTagCategoryRequest>(R"pb(
    category {
      category_id: 'skin'
      display_name: '肤质'
      kind: TAG_CATEGORY_KIND_LISTED
      choice: TAG_CHOICE_SINGLE
    }
    tags { value: '油性' }
    tags { value: '干性' })pb");
  ASSERT_TRUE(client_.CreateTagCategory(category).ok());
  for (const char* value : {"油性", "干性"}) {
    const auto tagged = client_.TagMember(
        In<v1::TagMemberRequest>("member_id: 'm1' tags { category: '肤质' value: '" +
                                 std::string(value) + "' source: TAG_SOURCE_AGENT }"));
    ASSERT_TRUE(tagged.ok()) << tagged.status();
    EXPECT_EQ(tagged->changes(0).outcome(), v1::TAG_OUTCOME_APPLIED);
    EXPECT_EQ(tagged->changes(0).replaced_size(), std::string(value) == "干性" ? 1 : 0);
  }
  Consent("OPTED_IN", 1'704'300'000);  // 4 January 2024
  ASSERT_TRUE(client_.AddNote(In<v1::AddNoteRequest>("member_id: 'm1' text: 'x'")).ok());

  const auto entries = All(client_.ListMemberTimeline(
      In<v1::ListMemberTimelineRequest>("member_id: 'm1' page_size: 2")));
  std::map<int, int> kinds;
  for (size_t i = 0; i < entries.size(); ++i) {
    ++kinds[entries[i].event_case()];
    if (i == 0) continue;
    EXPECT_GE(entries[i - 1].occurred_at().seconds(), entries[i].occurred_at().seconds());
  }
  EXPECT_EQ(kinds[v1::TimelineEntry::kOrder], 1);
  EXPECT_EQ(kinds[v1::TimelineEntry::kRefund], 1);
  EXPECT_EQ(kinds[v1::TimelineEntry::kReview], 1);
  EXPECT_GE(kinds[v1::TimelineEntry::kTag], 2);
  EXPECT_EQ(kinds[v1::TimelineEntry::kConsent], 1);
  EXPECT_EQ(kinds[v1::TimelineEntry::kNote], 1);
  EXPECT_TRUE(entries.back().has_order());
  EXPECT_EQ(entries.back().order().net_minor_units(), 80'00);
}

// Every order says whether it counts and, if not, why.
TEST_F(MemberTest, OrdersSayWhetherTheyCount) {
  v1::Order unpaid = PaidOrder("unpaid", "b", absl::CivilDay(2024, 1, 1), 1'00);
  unpaid.set_status(v1::ORDER_STATUS_UNPAID);
  unpaid.clear_paid_at();
  v1::Order refunded = PaidOrder("refunded", "b", absl::CivilDay(2024, 1, 1), 1'00);
  *refunded.add_refunds() = Proto<v1::Refund>(
      "refund_id: 'f' status: REFUND_STATUS_SUCCEEDED kind: REFUND_KIND_REFUND_ONLY "
      "amount_minor_units: 100");
  *refunded.mutable_refunds(0)->mutable_refunded_at() = NoonOf(absl::CivilDay(2024, 1, 5));
  const v1::Order paid = PaidOrder("paid", "b", absl::CivilDay(2024, 1, 1), 1'00);
  ASSERT_TRUE(ImportAll(client_, shop_, {unpaid, refunded, paid}).ok());
  const auto reason = [&](const std::string& id) {
    const auto order = client_.GetOrder(
        In<v1::GetOrderRequest>("key { source: 'test' external_id: '" + id + "' }"));
    EXPECT_TRUE(order.ok()) << order.status();
    EXPECT_EQ(order->order().policy_revision(), 1);  // T84
    EXPECT_EQ(order->order().counted(),
              order->order().not_counted_reason() == v1::NOT_COUNTED_REASON_UNSPECIFIED);
    return order->order().not_counted_reason();
  };
  EXPECT_EQ(reason("paid"), v1::NOT_COUNTED_REASON_UNSPECIFIED);
  EXPECT_EQ(reason("unpaid"), v1::NOT_COUNTED_REASON_NOT_PAID);
  EXPECT_EQ(reason("refunded"), v1::NOT_COUNTED_REASON_WHOLLY_REFUNDED);
  ASSERT_TRUE(client_
                  .ExcludeOrders(In<v1::ExcludeOrdersRequest>(
                      "keys { source: 'test' external_id: 'paid' } reason: '样品'"))
                  .ok());
  EXPECT_EQ(reason("paid"), v1::NOT_COUNTED_REASON_EXCLUDED);
  EXPECT_EQ(Count("number_of_orders >= 1"), 0);
  ASSERT_TRUE(client_
                  .ExcludeOrders(In<v1::ExcludeOrdersRequest>(
                      "keys { source: 'test' external_id: 'paid' } include_again: true"))
                  .ok());
  EXPECT_EQ(Count("number_of_orders = 1 AND amount_spent = 1"), 1);
}

// A page of the largest rows ends before it is more than a message can carry; together the pages
// are everything, and what has no pages says that it is too much.
TEST_F(MemberTest, PagesOfLargeRowsEndEarlier) {
  constexpr int kNotes = 1'000;  // as many as a member may have, 4 KiB each
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm1'")).ok());
  std::vector<std::thread> writers;
  std::atomic<int> next = 0;
  std::atomic<int> failed = 0;
  for (int w = 0; w < 8; ++w) {
    writers.emplace_back([&] {
      auto request = In<v1::AddNoteRequest>("member_id: 'm1'");
      request.mutable_actor()->set_name(std::string(128, 'a'));
      request.set_text(std::string(4096, 'x'));
      while (next++ < kNotes) failed += client_.AddNote(request).ok() ? 0 : 1;
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_EQ(failed, 0);
  auto notes =
      In<v1::ListNotesRequest>("member_id: 'm1' page_size: 1000 reveal_purpose: 'service'");
  const auto first = client_.connection()->ListNotes(notes, {});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_LT(first->notes_size(), kNotes);
  EXPECT_FALSE(first->next_page_token().empty());
  std::set<std::string> ids;
  for (const v1::Note& note : All(client_.ListNotes(notes))) ids.insert(note.note_id());
  EXPECT_EQ(ids.size(), size_t{kNotes});
  EXPECT_EQ(All(client_.ListMemberTimeline(In<v1::ListMemberTimelineRequest>(
                    "member_id: 'm1' page_size: 1000 reveal_purpose: 'service'")))
                .size(),
            size_t{kNotes});

  // Members of 50 KB each: 100 of them are more than 4 MiB.
  constexpr int kMembers = 100;
  ASSERT_TRUE(client_
                  .CreateAttribute(In<v1::CreateAttributeRequest>(
                      "attribute { attribute: 'essays' type: ATTRIBUTE_TYPE_TEXT "
                      "multi_valued: true folding: TEXT_FOLDING_EXACT }"))
                  .ok());
  auto batch = In<v1::BatchGetMembersRequest>("");
  for (int i = 0; i < kMembers; ++i) {
    v1::Member member;
    member.set_member_id("large-" + std::to_string(i));
    v1::AttributeValues* const essays = member.add_attributes();
    essays->set_attribute("essays");
    for (int v = 0; v < 50; ++v) {
      essays->add_values()->set_text_value(std::to_string(v) + std::string(1000, 'y'));
    }
    const absl::Status added = AddMember(member);
    ASSERT_TRUE(added.ok()) << added;
    batch.add_member_ids(member.member_id());
  }
  auto members = In<v1::ListMembersRequest>("page_size: 1000");
  const auto page = client_.connection()->ListMembers(members, {});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_LT(page->members_size(), kMembers);
  EXPECT_EQ(All(client_.ListMembers(members)).size(), size_t{kMembers} + 1);
  EXPECT_EQ(Fault(client_.BatchGetMembers(batch)), "BATCH_TOO_LARGE member_ids");
  batch.mutable_member_ids()->DeleteSubrange(kMembers / 2, kMembers / 2);
  const auto half = client_.BatchGetMembers(batch);
  ASSERT_TRUE(half.ok()) << half.status();
  EXPECT_EQ(half->results_size(), kMembers / 2);
}

}  // namespace
}  // namespace segmentation::integration
