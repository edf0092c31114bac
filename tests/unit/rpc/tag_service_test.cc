#include <set>

#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

class Tags : public testing::Test {
 protected:
  using Stub = v1::TagService::Stub;

  Tags() {
    auto order = harness_.Write<v1::UpsertOrderRequest>();
    *order.mutable_order() = SimpleOrder(1, "buyer");
    v1::UpsertOrderResponse made;
    const auto orders = v1::OrderService::NewStub(harness_.channel());
    EXPECT_TRUE(orders->UpsertOrder(harness_.Context().get(), order, &made).ok());
    member_id_ = made.order().member_id();
  }

  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    response->Clear();
    return FaultOf((stub_.get()->*method)(harness_.Context().get(), request, response));
  }

  void MakeCategory(const std::string& id, v1::TagCategoryKind kind, v1::TagChoice choice,
                    const std::vector<std::string>& values) {
    auto request = harness_.Write<v1::CreateTagCategoryRequest>();
    request.mutable_category()->set_category_id(id);
    request.mutable_category()->set_display_name("name of " + id);
    request.mutable_category()->set_kind(kind);
    request.mutable_category()->set_choice(choice);
    for (const std::string& value : values) request.add_tags()->set_value(value);
    v1::CreateTagCategoryResponse made;
    ASSERT_EQ(Call(&Stub::CreateTagCategory, request, &made), "OK");
    EXPECT_EQ(made.category().tag_count(), static_cast<int64_t>(values.size()));
  }
  v1::TagMemberResponse Put(const std::string& category, const std::string& value,
                            int64_t expires_at = 0, const std::string& number = "") {
    auto request = harness_.Write<v1::TagMemberRequest>();
    request.set_member_id(member_id_);
    v1::TagAssignment* const tag = request.add_tags();
    tag->set_category(category);
    tag->set_value(value);
    tag->set_number(number);
    tag->set_source(v1::TAG_SOURCE_AGENT);
    if (expires_at != 0) tag->mutable_expires_at()->set_seconds(expires_at);
    v1::TagMemberResponse response;
    EXPECT_EQ(Call(&Stub::TagMember, request, &response), "OK");
    return response;
  }
  std::vector<std::string> Held(int page_size = 0) {
    std::vector<std::string> held;
    auto request = harness_.Read<v1::ListMemberTagsRequest>();
    request.set_member_id(member_id_);
    request.set_page_size(page_size);
    v1::ListMemberTagsResponse page;
    do {
      EXPECT_EQ(Call(&Stub::ListMemberTags, request, &page), "OK");
      for (const v1::MemberTag& tag : page.tags()) {
        held.push_back(tag.category_id() + "/" + tag.value());
      }
      request.set_page_token(page.next_page_token());
    } while (!page.next_page_token().empty());
    return held;
  }

  ServiceHarness harness_;
  std::unique_ptr<Stub> stub_ = v1::TagService::NewStub(harness_.channel());
  std::string member_id_;
};

TEST_F(Tags, CategoriesAreMadeReadChangedAndDeleted) {
  MakeCategory("skin", v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_SINGLE, {"油性", "干性"});
  auto get = harness_.Read<v1::GetTagCategoryRequest>();
  get.set_category_id("skin");
  v1::GetTagCategoryResponse found;
  ASSERT_EQ(Call(&Stub::GetTagCategory, get, &found), "OK");
  EXPECT_EQ(found.category().tag_count(), 2);

  auto update = harness_.Write<v1::UpdateTagCategoryRequest>();
  *update.mutable_category() = found.category();
  update.mutable_category()->set_description("new");
  update.mutable_category()->set_display_name("not named by the mask");
  v1::UpdateTagCategoryResponse updated;
  EXPECT_EQ(Call(&Stub::UpdateTagCategory, update, &updated), "UPDATE_MASK_INVALID update_mask");
  update.mutable_update_mask()->add_paths("description");
  ASSERT_EQ(Call(&Stub::UpdateTagCategory, update, &updated), "OK");
  EXPECT_EQ(updated.category().description(), "new");
  EXPECT_EQ(updated.category().display_name(), "name of skin");
  auto again = harness_.Write<v1::UpdateTagCategoryRequest>();
  *again.mutable_category() = found.category();  // T70: with the etag before
  again.mutable_update_mask()->add_paths("description");
  EXPECT_EQ(Call(&Stub::UpdateTagCategory, again, &updated).substr(0, 10), "ETAG_STALE");
  again = harness_.Write<v1::UpdateTagCategoryRequest>();
  again.mutable_category()->set_category_id("skin");
  again.mutable_category()->set_etag("%");
  again.mutable_update_mask()->add_paths("description");
  EXPECT_EQ(Call(&Stub::UpdateTagCategory, again, &updated), "FIELD_INVALID category.etag");

  auto remove = harness_.Write<v1::DeleteTagCategoryRequest>();
  remove.set_category_id("skin");
  v1::DeleteTagCategoryResponse removed;
  ASSERT_EQ(Call(&Stub::DeleteTagCategory, remove, &removed), "OK");
  EXPECT_NE(removed.revision_token(), "");
  EXPECT_EQ(Call(&Stub::GetTagCategory, get, &found), "TAG_CATEGORY_NOT_FOUND category_id");
}

TEST_F(Tags, FirstValuesKeepTheirOrder) {
  MakeCategory("size", v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_MULTI, {"S", "M", "L", "XL"});
  auto list = harness_.Read<v1::ListTagsRequest>();
  list.set_category_id("size");
  v1::ListTagsResponse page;
  ASSERT_EQ(Call(&Stub::ListTags, list, &page), "OK");
  ASSERT_EQ(page.tags_size(), 4);
  EXPECT_EQ(page.tags(0).value(), "S");
  EXPECT_EQ(page.tags(3).value(), "XL");
  list.set_category_id("none");
  EXPECT_EQ(Call(&Stub::ListTags, list, &page), "TAG_CATEGORY_NOT_FOUND category_id");
  auto create = harness_.Write<v1::CreateTagCategoryRequest>();
  create.mutable_category()->set_category_id("x");
  create.mutable_category()->set_display_name("x");
  create.mutable_category()->set_kind(v1::TAG_CATEGORY_KIND_LISTED);
  v1::CreateTagCategoryResponse made;
  EXPECT_EQ(Call(&Stub::CreateTagCategory, create, &made), "ENUM_UNKNOWN category.choice");
  create.mutable_category()->set_choice(v1::TAG_CHOICE_MULTI);
  create.add_tags()->set_category_id("x");
  EXPECT_EQ(Call(&Stub::CreateTagCategory, create, &made), "FIELD_INVALID tags[0].category_id");
}

// T66
TEST_F(Tags, ListsAreTheSameInPages) {
  for (const char* id : {"c", "a", "b", "e", "d"}) {
    MakeCategory(id, v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_MULTI, {"2", "1", "3"});
  }
  std::vector<std::string> categories, values;
  auto list = harness_.Read<v1::ListTagCategoriesRequest>();
  list.set_page_size(2);
  v1::ListTagCategoriesResponse page;
  do {
    ASSERT_EQ(Call(&Stub::ListTagCategories, list, &page), "OK");
    for (const auto& category : page.categories()) categories.push_back(category.category_id());
    list.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(categories, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  auto tags = harness_.Read<v1::ListTagsRequest>();
  tags.set_page_size(4);
  v1::ListTagsResponse tag_page;
  do {
    ASSERT_EQ(Call(&Stub::ListTags, tags, &tag_page), "OK");
    for (const auto& tag : tag_page.tags()) values.push_back(tag.category_id() + tag.value());
    tags.set_page_token(tag_page.next_page_token());
  } while (!tag_page.next_page_token().empty());
  ASSERT_EQ(values.size(), 15u);
  EXPECT_EQ(values[0], "a2");
  EXPECT_EQ(values[2], "a3");
  EXPECT_EQ(std::set<std::string>(values.begin(), values.end()).size(), 15u);
}

TEST_F(Tags, APageWhoseLastRowIsGoneMustStartAgain) {
  MakeCategory("c", v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_MULTI, {"1", "2", "3"});
  auto list = harness_.Read<v1::ListTagsRequest>();
  list.set_page_size(1);
  v1::ListTagsResponse page;
  ASSERT_EQ(Call(&Stub::ListTags, list, &page), "OK");
  list.set_page_token(page.next_page_token());
  auto remove = harness_.Write<v1::DeleteTagRequest>();
  remove.set_category_id("c");
  remove.set_value("1");
  v1::DeleteTagResponse removed;
  ASSERT_EQ(Call(&Stub::DeleteTag, remove, &removed), "OK");
  EXPECT_EQ(Call(&Stub::ListTags, list, &page), "PAGE_TOKEN_EXPIRED page_token");
}

TEST_F(Tags, ValuesAreMadeReadAndChanged) {
  MakeCategory("c", v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_MULTI, {});
  auto create = harness_.Write<v1::CreateTagRequest>();
  create.mutable_tag()->set_category_id("c");
  create.mutable_tag()->set_value("v");
  v1::CreateTagResponse made;
  ASSERT_EQ(Call(&Stub::CreateTag, create, &made), "OK");
  auto update = harness_.Write<v1::UpdateTagRequest>();
  *update.mutable_tag() = made.tag();
  update.mutable_tag()->set_position(7);
  update.mutable_tag()->add_synonyms("w");
  update.mutable_update_mask()->add_paths("position");
  v1::UpdateTagResponse updated;
  ASSERT_EQ(Call(&Stub::UpdateTag, update, &updated), "OK");
  EXPECT_EQ(updated.tag().position(), 7);
  EXPECT_EQ(updated.tag().synonyms_size(), 0);
  auto get = harness_.Read<v1::GetTagRequest>();
  get.set_category_id("c");
  get.set_value("v");
  v1::GetTagResponse found;
  ASSERT_EQ(Call(&Stub::GetTag, get, &found), "OK");
  EXPECT_EQ(found.tag().etag(), updated.tag().etag());
  get.set_value("V");
  EXPECT_EQ(Call(&Stub::GetTag, get, &found), "TAG_NOT_FOUND value");
}

TEST_F(Tags, AnswersSayWhatChanged) {
  MakeCategory("skin", v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_SINGLE, {"油性", "干性"});
  v1::TagMemberResponse response = Put("skin", "油性");
  EXPECT_EQ(response.changes(0).outcome(), v1::TAG_OUTCOME_APPLIED);
  EXPECT_EQ(Put("skin", "油性").changes(0).outcome(), v1::TAG_OUTCOME_ALREADY_PRESENT);
  harness_.clock().Advance(absl::Seconds(1));
  response = Put("name of skin", "干性");
  ASSERT_EQ(response.changes(0).replaced_size(), 1);
  EXPECT_EQ(response.changes(0).replaced(0).value(), "油性");
  EXPECT_EQ(Held(), std::vector<std::string>{"skin/干性"});

  auto untag = harness_.Write<v1::UntagMemberRequest>();
  untag.set_member_id(member_id_);
  untag.add_tags()->set_category("skin");
  v1::UntagMemberResponse untagged;
  ASSERT_EQ(Call(&Stub::UntagMember, untag, &untagged), "OK");
  EXPECT_EQ(untagged.changes(0).outcome(), v1::TAG_OUTCOME_REMOVED);
  EXPECT_TRUE(Held().empty());

  auto history = harness_.Read<v1::ListTagHistoryRequest>();
  history.set_member_id(member_id_);
  history.set_page_size(1);
  std::vector<v1::TagEventKind> kinds;
  v1::ListTagHistoryResponse page;
  do {
    ASSERT_EQ(Call(&Stub::ListTagHistory, history, &page), "OK");
    for (const v1::TagEvent& event : page.events()) kinds.push_back(event.kind());
    history.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  ASSERT_EQ(kinds.size(), 4u);
  EXPECT_EQ(kinds.front(), v1::TAG_EVENT_KIND_REMOVED);
  EXPECT_EQ(kinds.back(), v1::TAG_EVENT_KIND_ASSIGNED);
}

// T51: what TagMember can put on, one call takes off.
TEST_F(Tags, AFullCategoryIsTakenOffAtOnce) {
  MakeCategory("brand", v1::TAG_CATEGORY_KIND_FREE, v1::TAG_CHOICE_MULTI, {});
  const std::string longest(200, 'b');
  for (int call = 0; call < 20; ++call) {
    auto request = harness_.Write<v1::TagMemberRequest>();
    request.set_member_id(member_id_);
    for (int i = 0; i < 100; ++i) {
      v1::TagAssignment* const tag = request.add_tags();
      tag->set_category("brand");
      tag->set_value(longest + std::to_string(call * 100 + i));
      tag->set_source(v1::TAG_SOURCE_AGENT);
    }
    v1::TagMemberResponse response;
    ASSERT_EQ(Call(&Stub::TagMember, request, &response), "OK");
  }
  auto untag = harness_.Write<v1::UntagMemberRequest>();
  untag.set_member_id(member_id_);
  untag.add_tags()->set_category("brand");
  v1::UntagMemberResponse untagged;
  ASSERT_EQ(Call(&Stub::UntagMember, untag, &untagged), "OK");
  EXPECT_EQ(untagged.changes_size() + untagged.left_out_change_count(), 2'000);
  EXPECT_EQ(untagged.changes(0).outcome(), v1::TAG_OUTCOME_REMOVED);
  EXPECT_TRUE(Held().empty());
  // A repeat gets the first answer. T69
  v1::UntagMemberResponse again;
  ASSERT_EQ(Call(&Stub::UntagMember, untag, &again), "OK");
  EXPECT_EQ(again.SerializeAsString(), untagged.SerializeAsString());
}

TEST_F(Tags, OnlyLiveTagsAreListed) {
  MakeCategory("c", v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_MULTI, {"1", "2", "3", "4", "5"});
  MakeCategory("n", v1::TAG_CATEGORY_KIND_NUMERIC, v1::TAG_CHOICE_MULTI, {"胸围"});
  for (const char* value : {"4", "2", "5", "1"}) Put("c", value);
  Put("c", "3", absl::ToUnixSeconds(harness_.clock().Now()) + 3'600);
  Put("n", "胸围", 0, "80.5");
  const std::vector<std::string> all = {"c/1", "c/2", "c/3", "c/4", "c/5", "n/胸围"};
  EXPECT_EQ(Held(), all);
  EXPECT_EQ(Held(2), all);
  harness_.clock().Advance(absl::Hours(2));
  EXPECT_EQ(Held(2), (std::vector<std::string>{"c/1", "c/2", "c/4", "c/5", "n/胸围"}));
  auto request = harness_.Read<v1::ListMemberTagsRequest>();
  request.set_member_id("nobody");
  v1::ListMemberTagsResponse page;
  EXPECT_EQ(Call(&Stub::ListMemberTags, request, &page), "MEMBER_NOT_FOUND member_id");
}

TEST_F(Tags, BatchItemsFailAlone) {
  MakeCategory("c", v1::TAG_CATEGORY_KIND_LISTED, v1::TAG_CHOICE_MULTI, {"1", "2"});
  auto request = harness_.Write<v1::BatchTagMembersRequest>();
  v1::BatchTagMembersResponse response;
  EXPECT_EQ(Call(&Stub::BatchTagMembers, request, &response), "FIELD_REQUIRED items");
  for (const char* value : {"1", "2", "1", "404"}) {
    v1::TagMemberItem* const item = request.add_items();
    item->set_member_id(member_id_);
    v1::TagAssignment* const tag = item->add_tags();
    tag->set_category("c");
    tag->set_value(value);
    tag->set_source(v1::TAG_SOURCE_BATCH);
  }
  request.mutable_items(1)->mutable_tags(0)->clear_source();
  request.mutable_items(2)->set_member_id("nobody");
  ASSERT_EQ(Call(&Stub::BatchTagMembers, request, &response), "OK");
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.results(0).changes(0).outcome(), v1::TAG_OUTCOME_APPLIED);
  EXPECT_EQ(response.results(1).status().field(), "items[1].tags[0].source");
  EXPECT_EQ(response.results(2).status().field(), "items[2].member_id");
  EXPECT_EQ(response.results(3).status().reason(), v1::ERROR_REASON_TAG_NOT_FOUND);
  EXPECT_TRUE(response.results(3).status().field().starts_with("items[3].tags[0]"));
  EXPECT_EQ(Held(), std::vector<std::string>{"c/1"});
}

}  // namespace
}  // namespace segmentation::rpc
