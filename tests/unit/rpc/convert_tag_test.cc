#include "server/rpc/convert_tag.h"

#include <functional>
#include <string>

#include "server/domain/limits.h"
#include "tests/unit/rpc/error_matchers.h"

namespace segmentation::rpc {
namespace {

domain::ShopDefinitions Definitions() {
  domain::ShopDefinitions definitions;
  definitions.tag_categories[1] = {
      .number = 1, .id = "skin", .template_name = "化妆品", .name = "肤质"};
  definitions.tags[5] = {.number = 5, .category_no = 1, .id = "tag-5", .value = "油性"};
  definitions.tags[6] = {.number = 6, .category_no = 1, .id = "tag-6", .value = "干性"};
  return definitions;
}

v1::TagAssignment Assignment() {
  v1::TagAssignment assignment;
  assignment.set_category("化妆品.肤质");
  assignment.set_value("油性");
  assignment.set_source(v1::TAG_SOURCE_AGENT);
  return assignment;
}

std::string FaultAfter(const std::function<void(v1::TagAssignment&)>& edit) {
  v1::TagAssignment assignment = Assignment();
  edit(assignment);
  return Fault(FromProto(assignment, "tags[2]", "conv-1"));
}

TEST(ConvertTag, CategoriesAndValuesComeBack) {
  v1::TagCategory message;
  message.set_category_id("skin");
  message.set_template_key("化妆品");
  message.set_display_name("肤质");
  message.set_kind(v1::TAG_CATEGORY_KIND_LISTED);
  message.set_choice(v1::TAG_CHOICE_SINGLE);
  message.set_description("what the skin is like");
  const auto category = FromProto(message, "category");
  ASSERT_TRUE(category.ok()) << category.status();
  v1::TagCategory shown = ToProto(*category, 3);
  EXPECT_EQ(shown.tag_count(), 3);
  shown.clear_tag_count();
  shown.clear_created_at();
  shown.clear_updated_at();
  shown.clear_etag();
  EXPECT_EQ(shown.SerializeAsString(), message.SerializeAsString());

  v1::Tag tag;
  tag.set_category_id("skin");
  tag.set_value("油性");
  tag.set_exclusion_set(7);
  tag.set_position(2);
  tag.add_synonyms("油皮");
  tag.set_description("oily");
  v1::Tag again = ToProto(FromProto(tag), *category);
  again.clear_created_at();
  again.clear_updated_at();
  again.clear_etag();
  EXPECT_EQ(again.SerializeAsString(), tag.SerializeAsString());
}

TEST(ConvertTag, CategoriesNeedKindAndChoice) {
  v1::TagCategory message;
  EXPECT_EQ(Fault(FromProto(message, "category")), "ENUM_UNKNOWN category.kind");
  message.set_kind(v1::TAG_CATEGORY_KIND_FREE);
  EXPECT_EQ(Fault(FromProto(message, "category")), "ENUM_UNKNOWN category.choice");
}

TEST(ConvertTag, AssignmentsAreReadExactly) {
  v1::TagAssignment message = Assignment();
  message.set_number("80.25");
  message.set_confidence_percent(60);
  message.mutable_expires_at()->set_seconds(1'800'000'000);
  const auto input = FromProto(message, "tags[0]", "conv-1");
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(input->category, "化妆品.肤质");
  EXPECT_EQ(input->number, 802'500);
  EXPECT_EQ(input->confidence_percent, 60);
  EXPECT_EQ(input->expires_at, 1'800'000'000'000);
  EXPECT_EQ(input->reference, "conv-1");
  message.set_reference("tmall/T-1");
  EXPECT_EQ(FromProto(message, "tags[0]", "conv-1")->reference, "tmall/T-1");
}

TEST(ConvertTag, ErrorsNameTheAssignment) {
  EXPECT_EQ(FaultAfter([](auto& a) { a.clear_source(); }), "ENUM_UNKNOWN tags[2].source");
  EXPECT_EQ(FaultAfter([](auto& a) { a.set_number("1e5"); }), "MONEY_INVALID tags[2].number");
  EXPECT_EQ(FaultAfter([](auto& a) { a.set_number("0.00001"); }), "MONEY_INVALID tags[2].number");
  EXPECT_EQ(FaultAfter([](auto& a) { a.set_number(std::string(33, '1')); }),
            "FIELD_TOO_LONG tags[2].number");
  EXPECT_EQ(FaultAfter([](auto& a) { a.set_confidence_percent(101); }),
            "FIELD_OUT_OF_RANGE tags[2].confidence_percent");
  EXPECT_EQ(FaultAfter([](auto& a) { a.set_confidence_percent(-1); }),
            "FIELD_OUT_OF_RANGE tags[2].confidence_percent");
  EXPECT_EQ(FaultAfter([](auto& a) { a.mutable_expires_at()->set_nanos(1'000'000'000); }),
            "FIELD_INVALID tags[2].expires_at");
}

TEST(ConvertTag, ChangesTellWhatHappened) {
  const domain::ShopDefinitions definitions = Definitions();
  usecase::TagChange change;
  change.outcome = usecase::TagChangeOutcome::kApplied;
  change.category_no = 1;
  change.assignment = {.tag_no = 5,
                       .source = domain::TagSource::kAgent,
                       .actor = "agent:x",
                       .assigned_at_ms = 1'000,
                       .number = -5'000};
  change.replaced.push_back({.tag_no = 6});
  v1::TagChange shown = ToProto(change, definitions);
  EXPECT_EQ(shown.outcome(), v1::TAG_OUTCOME_APPLIED);
  EXPECT_EQ(shown.tag().category_id(), "skin");
  EXPECT_EQ(shown.tag().template_key(), "化妆品");
  EXPECT_EQ(shown.tag().value(), "油性");
  EXPECT_EQ(shown.tag().number(), "-0.5000");
  EXPECT_EQ(shown.replaced(0).value(), "干性");

  const std::pair<usecase::TagChangeOutcome, v1::TagOutcome> kOutcomes[] = {
      {usecase::TagChangeOutcome::kUpdated, v1::TAG_OUTCOME_ALREADY_PRESENT},
      {usecase::TagChangeOutcome::kAlreadyPresent, v1::TAG_OUTCOME_ALREADY_PRESENT},
      {usecase::TagChangeOutcome::kOverruled, v1::TAG_OUTCOME_OVERRULED},
      {usecase::TagChangeOutcome::kRemoved, v1::TAG_OUTCOME_REMOVED},
      {usecase::TagChangeOutcome::kNotPresent, v1::TAG_OUTCOME_NOT_PRESENT},
      {usecase::TagChangeOutcome::kKeptForPerson, v1::TAG_OUTCOME_OVERRULED},
  };
  for (const auto& [outcome, api] : kOutcomes) {
    change.outcome = outcome;
    EXPECT_EQ(ToProto(change, definitions).outcome(), api);
  }

  usecase::TagChange none;  // a whole category of which the member had nothing
  none.outcome = usecase::TagChangeOutcome::kNotPresent;
  none.category_no = 1;
  shown = ToProto(none, definitions);
  EXPECT_EQ(shown.tag().category_id(), "skin");
  EXPECT_EQ(shown.tag().value(), "");
}

TEST(ConvertTag, HistoryOutlivesTheTag) {
  storage::TagHistoryRow row;
  row.action = storage::TagHistoryRow::Action::kReplaced;
  row.assignment = {.tag_no = 99, .source = domain::TagSource::kBuyer, .actor = "form"};
  row.at_ms = 5'000;
  const v1::TagEvent event = ToProto(row, "m-1", Definitions());
  EXPECT_EQ(event.kind(), v1::TAG_EVENT_KIND_REPLACED);
  EXPECT_EQ(event.member_id(), "m-1");
  EXPECT_EQ(event.actor_name(), "form");
  EXPECT_EQ(event.occurred_at().seconds(), 5);
  EXPECT_EQ(event.tag().source(), v1::TAG_SOURCE_BUYER);
}

TEST(ConvertTag, ItemsThatCannotBeReadFailAlone) {
  v1::BatchTagMembersRequest request;
  for (int i = 0; i < 4; ++i) {
    v1::TagMemberItem* const item = request.add_items();
    item->set_member_id("m-" + std::to_string(i));
    *item->add_tags() = Assignment();
  }
  request.mutable_items(1)->mutable_tags(0)->clear_source();
  const TagBatch batch = FromProto(request);
  ASSERT_EQ(batch.items.size(), 3u);
  ASSERT_EQ(batch.unreadable.size(), 4u);
  EXPECT_EQ(Fault(batch.unreadable[1]), "ENUM_UNKNOWN items[1].tags[0].source");

  usecase::BatchTagMembersResult result;
  result.items.resize(3);
  result.items[0].changes.emplace_back();
  // The use case saw the request's item 3 as its item 2.
  result.items[2].status =
      base::MakeError(base::Reason::MEMBER_NOT_FOUND, "items[2].member_id", "no such member");
  const v1::BatchTagMembersResponse response = ToProto(result, batch.unreadable, Definitions());
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.results(0).status().code(), 0);
  EXPECT_EQ(response.results(0).changes_size(), 1);
  EXPECT_EQ(response.results(1).status().reason(), v1::ERROR_REASON_ENUM_UNKNOWN);
  EXPECT_EQ(response.results(2).status().code(), 0);
  EXPECT_EQ(response.results(3).status().reason(), v1::ERROR_REASON_MEMBER_NOT_FOUND);
  EXPECT_EQ(response.results(3).status().field(), "items[3].member_id");
  EXPECT_EQ(response.results(3).status().message(), "items[3].member_id: no such member");
}

TEST(ConvertTag, AnswersTooLongToKeepNameTheirTags) {
  v1::TagMemberResponse response;
  for (int i = 0; i < 100; ++i) {
    v1::TagChange* const change = response.add_changes();
    change->mutable_tag()->set_category_id(std::string(64, 'c'));
    change->mutable_tag()->set_value(std::string(256, 'v'));
    change->mutable_tag()->set_reference(std::string(128, 'r'));
    *change->add_replaced() = change->tag();
  }
  response.set_revision_token(std::string(60, 't'));
  ASSERT_GT(response.ByteSizeLong(), domain::kMaxAnswerBytes);
  BoundAnswer(response);
  EXPECT_LE(response.ByteSizeLong(), domain::kMaxAnswerBytes);
  EXPECT_EQ(response.changes(99).tag().value().size(), 256u);
}

TEST(ConvertTag, RemovalsTooLongToKeepNameTheirTagsOrAreCounted) {
  for (const int count : {300, 2'000}) {
    for (const size_t bytes : {4, 256}) {
      v1::UntagMemberResponse response;
      for (int i = 0; i < count; ++i) {
        v1::TagChange* const change = response.add_changes();
        change->set_outcome(v1::TAG_OUTCOME_REMOVED);
        change->mutable_tag()->set_category_id("brand");
        change->mutable_tag()->set_value(std::string(bytes, 'v'));
        change->mutable_tag()->set_reference(std::string(128, 'r'));
        change->mutable_tag()->set_actor_name(std::string(128, 'a'));
      }
      response.set_revision_token(std::string(60, 't'));
      BoundAnswer(response);
      EXPECT_LE(response.ByteSizeLong(), domain::kMaxAnswerBytes);
      EXPECT_EQ(response.changes_size() + response.left_out_change_count(), count);
      EXPECT_EQ(response.changes(0).tag().value().size(), bytes);
      EXPECT_EQ(response.left_out_change_count() > 0, bytes == 256);
      // No more is left out than must be.
      if (response.left_out_change_count() > 0) {
        EXPECT_GT(response.ByteSizeLong() + 600, domain::kMaxAnswerBytes);
      }
    }
  }
}

}  // namespace
}  // namespace segmentation::rpc
