#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

class Groups : public testing::Test {
 protected:
  using Stub = v1::GroupService::Stub;

  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    response->Clear();
    return FaultOf((stub_.get()->*method)(harness_.Context().get(), request, response));
  }
  std::string Create(const std::string& id, const std::string& condition,
                     v1::CreateGroupResponse* response) {
    auto request = harness_.Write<v1::CreateGroupRequest>();
    request.mutable_group()->set_group_id(id);
    request.mutable_condition()->set_text(condition);
    return Call(&Stub::CreateGroup, request, response);
  }
  void Order(int number, const std::string& buyer) {
    auto request = harness_.Write<v1::UpsertOrderRequest>();
    *request.mutable_order() = SimpleOrder(number, buyer);
    v1::UpsertOrderResponse response;
    const auto orders = v1::OrderService::NewStub(harness_.channel());
    ASSERT_EQ(FaultOf(orders->UpsertOrder(harness_.Context().get(), request, &response)), "OK");
    member_ids_.push_back(response.order().member_id());
  }
  v1::DescribeConditionResponse Describe(const std::string& text) {
    auto request = harness_.Read<v1::DescribeConditionRequest>();
    request.mutable_condition()->set_text(text);
    v1::DescribeConditionResponse response;
    EXPECT_EQ(Call(&Stub::DescribeCondition, request, &response), "OK");
    return response;
  }

  ServiceHarness harness_;
  std::unique_ptr<Stub> stub_ = v1::GroupService::NewStub(harness_.channel());
  std::vector<std::string> member_ids_;
};

TEST_F(Groups, AreMadeReadAndChangedByMask) {
  v1::CreateGroupResponse made;
  ASSERT_EQ(Create("vip", "购买次数 >= 3", &made), "OK");
  EXPECT_EQ(made.group().condition_text(), "number_of_orders >= 3");
  EXPECT_EQ(made.group().condition().attribute().values(0).integer(), 3);
  EXPECT_EQ(made.group().group_revision(), 1);
  EXPECT_EQ(made.group().owner(), "tester");
  EXPECT_EQ(Create("vip", "number_of_orders >= 3", &made).substr(0, 14), "ALREADY_EXISTS");
  EXPECT_EQ(Create("bad", "number_of_orders >=", &made), "CONDITION_SYNTAX condition");
  EXPECT_EQ(Create("", "number_of_orders >= 3", &made), "FIELD_REQUIRED group.group_id");

  auto update = harness_.Write<v1::UpdateGroupRequest>();
  update.mutable_group()->set_group_id("vip");
  update.mutable_group()->set_display_name("VIP");
  update.mutable_group()->set_description("not named");
  update.mutable_update_mask()->add_paths("display_name");
  update.mutable_update_mask()->add_paths("condition");
  v1::UpdateGroupResponse updated;
  EXPECT_EQ(Call(&Stub::UpdateGroup, update, &updated), "FIELD_REQUIRED condition");
  *update.mutable_condition()->mutable_tree() = made.group().condition();
  update.mutable_condition()->mutable_tree()->mutable_attribute()->set_attribute(
      "number_of_orders");
  update.mutable_condition()->mutable_tree()->mutable_attribute()->set_op(
      v1::OPERATOR_GREATER_OR_EQUAL);
  update.mutable_condition()->mutable_tree()->mutable_attribute()->add_values()->set_integer(5);
  ASSERT_EQ(Call(&Stub::UpdateGroup, update, &updated), "OK");
  EXPECT_EQ(updated.group().display_name(), "VIP");
  EXPECT_EQ(updated.group().description(), "");
  EXPECT_EQ(updated.group().condition_text(), "number_of_orders >= 5");
  EXPECT_EQ(updated.group().group_revision(), 2);

  auto get = harness_.Read<v1::GetGroupRequest>();
  get.set_group_id("vip");
  get.set_group_revision(1);
  v1::GetGroupResponse found;
  ASSERT_EQ(Call(&Stub::GetGroup, get, &found), "OK");
  EXPECT_EQ(found.group().condition_text(), "number_of_orders >= 3");
  get.set_group_revision(3);
  EXPECT_EQ(Call(&Stub::GetGroup, get, &found), "GROUP_NOT_FOUND group_id");
  get.set_group_revision(-1);
  EXPECT_EQ(Call(&Stub::GetGroup, get, &found), "FIELD_OUT_OF_RANGE group_revision");

  auto revisions = harness_.Read<v1::ListGroupRevisionsRequest>();
  revisions.set_group_id("vip");
  revisions.set_page_size(1);
  v1::ListGroupRevisionsResponse page;
  ASSERT_EQ(Call(&Stub::ListGroupRevisions, revisions, &page), "OK");
  EXPECT_EQ(page.revisions(0).group_revision(), 2);
  revisions.set_page_token(page.next_page_token());
  ASSERT_EQ(Call(&Stub::ListGroupRevisions, revisions, &page), "OK");
  EXPECT_EQ(page.revisions(0).group_revision(), 1);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(Groups, ListsGoPageByPageAndAreStampedWhenEmpty) {
  v1::ListGroupsResponse page;
  auto list = harness_.Read<v1::ListGroupsRequest>();
  ASSERT_EQ(Call(&Stub::ListGroups, list, &page), "OK");
  EXPECT_NE(page.stamp().revision_token(), "");
  v1::CreateGroupResponse made;
  for (const char* id : {"b", "c", "a"}) ASSERT_EQ(Create(id, "blocked = true", &made), "OK");
  std::string ids;
  list.set_page_size(1);
  do {
    ASSERT_EQ(Call(&Stub::ListGroups, list, &page), "OK");
    for (const v1::Group& group : page.groups()) ids += group.group_id();
    list.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(ids, "abc");
}

// T51: an answer beyond what is kept for replay comes without its condition, the group is stored.
TEST_F(Groups, LargeConditionsAreStoredAndReadBack) {
  std::string condition = "city IN (";
  for (int i = 0; i < 9'999; ++i) {
    condition += (i > 0 ? ", '" : "'") + std::string(8, 'x') + std::to_string(i) + "'";
  }
  condition += ")";
  v1::CreateGroupResponse made;
  ASSERT_EQ(Create("large", condition, &made), "OK");
  EXPECT_FALSE(made.group().has_condition());
  EXPECT_EQ(made.group().group_id(), "large");
  auto get = harness_.Read<v1::GetGroupRequest>();
  get.set_group_id("large");
  v1::GetGroupResponse found;
  ASSERT_EQ(Call(&Stub::GetGroup, get, &found), "OK");
  EXPECT_EQ(found.group().condition().attribute().values_size(), 9'999);
}

// A tree within all its limits whose text would be too long to be read again.
TEST_F(Groups, TreesWhoseTextIsTooLongAreRefused) {
  auto request = harness_.Write<v1::CreateGroupRequest>();
  request.mutable_group()->set_group_id("g");
  v1::AttributeCondition* const leaf =
      request.mutable_condition()->mutable_tree()->mutable_attribute();
  leaf->set_attribute("city");
  leaf->set_op(v1::OPERATOR_IN);
  for (int i = 0; i < 300; ++i)
    leaf->add_values()->set_text(std::string(1'000, 'a') + char('a' + i % 26) + std::to_string(i));
  v1::CreateGroupResponse response;
  EXPECT_EQ(Call(&Stub::CreateGroup, request, &response), "CONDITION_TOO_LARGE condition");
}

TEST_F(Groups, ReferencesHoldAGroupInPlace) {
  v1::CreateGroupResponse made;
  ASSERT_EQ(Create("inner", "number_of_orders >= 1", &made), "OK");
  ASSERT_EQ(Create("outer", "IN GROUP 'inner' AND blocked = false", &made), "OK");
  EXPECT_EQ(made.group().references(0), "inner");
  auto list = harness_.Read<v1::ListReferencesRequest>();
  v1::ListReferencesResponse page;
  EXPECT_EQ(Call(&Stub::ListReferences, list, &page), "FIELD_REQUIRED target");
  list.set_group_id("inner");
  ASSERT_EQ(Call(&Stub::ListReferences, list, &page), "OK");
  ASSERT_EQ(page.references_size(), 1);
  EXPECT_EQ(page.references(0).group_id(), "outer");
  EXPECT_EQ(page.references(0).group_revision(), 1);
  list.set_attribute("number_of_orders");
  ASSERT_EQ(Call(&Stub::ListReferences, list, &page), "OK");
  EXPECT_EQ(page.references(0).group_id(), "inner");
  list.set_promotion_id("none");
  EXPECT_EQ(Call(&Stub::ListReferences, list, &page), "PROMOTION_NOT_FOUND target");

  auto remove = harness_.Write<v1::DeleteGroupRequest>();
  remove.set_group_id("inner");
  v1::DeleteGroupResponse removed;
  EXPECT_EQ(Call(&Stub::DeleteGroup, remove, &removed), "RESOURCE_IN_USE group_id");
  remove.set_request_id("forced");
  remove.set_force(true);
  ASSERT_EQ(Call(&Stub::DeleteGroup, remove, &removed), "OK");
  EXPECT_EQ(removed.broken_group_ids(0), "outer");
}

TEST_F(Groups, PreviewCountsClauseByClauseAndMasksItsSamples) {
  for (int i = 0; i < 12; ++i) Order(i, i < 8 ? "once-" + std::to_string(i) : "often");
  auto request = harness_.Read<v1::PreviewGroupRequest>();
  request.mutable_condition()->set_text("number_of_orders >= 1 AND number_of_orders >= 4");
  request.set_split_clauses(true);
  request.set_sample_size(10);
  v1::PreviewGroupResponse preview;
  ASSERT_EQ(Call(&Stub::PreviewGroup, request, &preview), "OK");
  EXPECT_EQ(preview.member_count(), 1);
  EXPECT_EQ(preview.population_count(), 9);
  EXPECT_EQ(preview.clause_join(), v1::CLAUSE_JOIN_AND);
  ASSERT_EQ(preview.clauses_size(), 2);
  EXPECT_EQ(preview.clauses(0).member_count(), 9);
  EXPECT_EQ(preview.clauses(1).running_count(), 1);
  ASSERT_EQ(preview.samples_size(), 1);
  EXPECT_EQ(preview.samples(0).member_id(), member_ids_.back());
  EXPECT_EQ(preview.SerializeAsString().find("often"), std::string::npos);
  request.set_sample_size(11);
  EXPECT_EQ(Call(&Stub::PreviewGroup, request, &preview), "FIELD_OUT_OF_RANGE sample_size");
  request.set_sample_size(0);
  // T24
  request.mutable_as_of()->set_seconds(absl::ToUnixSeconds(harness_.clock().Now()) + 1'000);
  EXPECT_EQ(Call(&Stub::PreviewGroup, request, &preview), "FIELD_OUT_OF_RANGE as_of");
  request.mutable_as_of()->set_seconds(1'600'000'000);
  ASSERT_EQ(Call(&Stub::PreviewGroup, request, &preview), "OK");
  EXPECT_EQ(preview.member_count(), 0);
  request.clear_condition();
  EXPECT_EQ(Call(&Stub::PreviewGroup, request, &preview), "FIELD_REQUIRED condition");
}

TEST_F(Groups, MembershipIsCheckedMemberByMember) {
  Order(1, "a");
  Order(2, "b");
  Order(3, "b");
  v1::CreateGroupResponse made;
  ASSERT_EQ(Create("twice", "number_of_orders >= 2", &made), "OK");
  auto request = harness_.Read<v1::CheckMembershipRequest>();
  request.set_group_id("twice");
  v1::CheckMembershipResponse response;
  EXPECT_EQ(Call(&Stub::CheckMembership, request, &response), "FIELD_REQUIRED member_ids");
  for (const std::string& id : {member_ids_[0], std::string("nobody"), member_ids_[1]}) {
    request.add_member_ids(id);
  }
  ASSERT_EQ(Call(&Stub::CheckMembership, request, &response), "OK");
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_FALSE(response.results(0).in_group());
  EXPECT_EQ(response.results(1).status().reason(), v1::ERROR_REASON_MEMBER_NOT_FOUND);
  EXPECT_EQ(response.results(1).status().field(), "member_ids[1]");
  EXPECT_TRUE(response.results(2).in_group());
  EXPECT_EQ(response.group_revision(), 1);
  // T51
  while (request.member_ids_size() < 512) request.add_member_ids("nobody");
  EXPECT_EQ(Call(&Stub::CheckMembership, request, &response), "OK");
  request.add_member_ids("nobody");
  EXPECT_EQ(Call(&Stub::CheckMembership, request, &response), "BATCH_TOO_LARGE member_ids");
}

TEST_F(Groups, GroupsOfAMemberGoPageByPageWithTheBrokenOnes) {
  Order(1, "a");
  v1::CreateGroupResponse made;
  for (const char* id : {"a", "c", "e"}) ASSERT_EQ(Create(id, "number_of_orders = 1", &made), "OK");
  ASSERT_EQ(Create("b", "number_of_orders = 2", &made), "OK");
  ASSERT_EQ(Create("d", "IN GROUP 'b'", &made), "OK");
  auto remove = harness_.Write<v1::DeleteGroupRequest>();
  remove.set_group_id("b");
  remove.set_force(true);
  v1::DeleteGroupResponse removed;
  ASSERT_EQ(Call(&Stub::DeleteGroup, remove, &removed), "OK");

  auto list = harness_.Read<v1::ListGroupsOfMemberRequest>();
  v1::ListGroupsOfMemberResponse page;
  EXPECT_EQ(Call(&Stub::ListGroupsOfMember, list, &page), "FIELD_REQUIRED member_id");
  list.set_member_id("nobody");
  EXPECT_EQ(Call(&Stub::ListGroupsOfMember, list, &page), "MEMBER_NOT_FOUND member_id");
  list.set_member_id(member_ids_[0]);
  list.set_page_size(1);
  std::string groups;
  do {
    ASSERT_EQ(Call(&Stub::ListGroupsOfMember, list, &page), "OK");
    for (const v1::MemberGroup& group : page.groups()) {
      groups += group.group_id();
      if (group.status().code() == 0) continue;
      EXPECT_EQ(group.status().reason(), v1::ERROR_REASON_CONDITION_UNKNOWN_REFERENCE);
      groups += "!";
    }
    list.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(groups, "acd!e");
  list.clear_page_token();
  list.mutable_as_of()->set_seconds(1'600'000'000);
  ASSERT_EQ(Call(&Stub::ListGroupsOfMember, list, &page), "OK");
  ASSERT_EQ(page.groups_size(), 1) << "before its order the member is in none of them";
  EXPECT_EQ(page.groups(0).group_id(), "d");
}

TEST_F(Groups, ExplanationsNameWhatDecidesAndWhenItChanges) {
  Order(1, "a");
  v1::CreateGroupResponse made;
  ASSERT_EQ(Create("recent", "number_of_orders >= 1 AND days_since_last_order <= 30", &made), "OK");
  auto request = harness_.Read<v1::ExplainMembershipRequest>();
  v1::ExplainMembershipResponse answer;
  EXPECT_EQ(Call(&Stub::ExplainMembership, request, &answer), "FIELD_REQUIRED group_id");
  request.set_group_id("recent");
  EXPECT_EQ(Call(&Stub::ExplainMembership, request, &answer), "FIELD_REQUIRED member_id");
  request.set_member_id(member_ids_[0]);
  // The order is of 2023-11-15 06:13 in Shanghai: 30 days later it is still recent, then no more.
  request.mutable_as_of()->set_seconds(1'700'000'000 + 86'400);
  ASSERT_EQ(Call(&Stub::ExplainMembership, request, &answer), "OK");
  EXPECT_TRUE(answer.in_group());
  EXPECT_TRUE(answer.complete());
  EXPECT_EQ(answer.group_revision(), 1);
  ASSERT_EQ(answer.parts_size(), 3);
  EXPECT_EQ(answer.parts(0).kind(), v1::CONDITION_PART_KIND_AND);
  EXPECT_EQ(answer.parts(2).depth(), 1);
  EXPECT_EQ(answer.parts(2).kind(), v1::CONDITION_PART_KIND_LEAF);
  EXPECT_EQ(answer.parts(2).text(), "days_since_last_order <= 30");
  EXPECT_TRUE(answer.parts(2).holds() && answer.parts(2).decides());
  EXPECT_EQ(answer.parts(2).values(0), "1");
  EXPECT_EQ(answer.next_change_at().seconds(), 1'702'656'000);  // 2023-12-16 00:00 in Shanghai
  EXPECT_EQ(answer.looked_until().seconds(), 1'700'000'000 + 401 * 86'400);

  request.mutable_as_of()->set_seconds(1'702'656'000);
  ASSERT_EQ(Call(&Stub::ExplainMembership, request, &answer), "OK");
  EXPECT_FALSE(answer.in_group());
  EXPECT_FALSE(answer.parts(1).decides()) << "it holds; the other part fails";
  EXPECT_TRUE(answer.parts(2).decides());
  EXPECT_FALSE(answer.has_next_change_at());

  ASSERT_EQ(Create("best", "TOP 1 BY amount_spent", &made), "OK");
  request.set_group_id("best");
  ASSERT_EQ(Call(&Stub::ExplainMembership, request, &answer), "OK");
  EXPECT_TRUE(answer.in_group());
  EXPECT_EQ(answer.parts(0).values(0), "10.01");
  EXPECT_FALSE(answer.has_looked_until());
}

TEST_F(Groups, ComparisonsCountPairsAndWhatIsLeft) {
  for (int i = 0; i < 12; ++i) Order(i, i < 6 ? "once-" + std::to_string(i) : "often");
  v1::CreateGroupResponse made;
  ASSERT_EQ(Create("buyers", "number_of_orders >= 1", &made), "OK");
  auto request = harness_.Read<v1::CompareGroupsRequest>();
  v1::CompareGroupsResponse answer;
  EXPECT_EQ(Call(&Stub::CompareGroups, request, &answer), "FIELD_REQUIRED rows");
  request.add_rows()->set_group_id("buyers");
  request.add_rows();
  EXPECT_EQ(Call(&Stub::CompareGroups, request, &answer), "FIELD_REQUIRED rows[1]");
  request.mutable_rows(1)->mutable_condition()->set_text("number_of_orders >=");
  EXPECT_EQ(Call(&Stub::CompareGroups, request, &answer), "CONDITION_SYNTAX rows[1].condition");
  request.mutable_rows(1)->mutable_condition()->set_text("number_of_orders = 6");
  request.add_columns()->set_group_id("none");
  EXPECT_EQ(Call(&Stub::CompareGroups, request, &answer), "GROUP_NOT_FOUND columns[0].group_id");
  request.mutable_columns(0)->mutable_condition()->set_text("number_of_orders >= 2");
  ASSERT_EQ(Call(&Stub::CompareGroups, request, &answer), "OK");
  EXPECT_EQ(answer.within_count(), 7);
  EXPECT_EQ(answer.neither_count(), 0);
  EXPECT_EQ(answer.rows(0).condition_text(), "IN GROUP 'buyers'");
  EXPECT_EQ(answer.rows(0).member_count(), 7);
  EXPECT_EQ(answer.rows(0).alone_count(), 6);
  EXPECT_EQ(answer.rows(1).member_count(), 1);
  EXPECT_EQ(answer.columns(0).alone_count(), 0);
  EXPECT_EQ(answer.cells(0).member_counts(0), 1);
  EXPECT_EQ(answer.cells(1).member_counts(0), 1);

  request.clear_columns();
  request.mutable_within()->mutable_condition()->set_text("number_of_orders = 1");
  ASSERT_EQ(Call(&Stub::CompareGroups, request, &answer), "OK");
  EXPECT_EQ(answer.within_count(), 6);
  EXPECT_EQ(answer.rows(1).member_count(), 0);
  EXPECT_EQ(answer.cells_size(), 2);
  EXPECT_EQ(answer.cells(0).member_counts_size(), 0);
  // T51
  while (request.rows_size() < 32) *request.add_rows() = request.rows(0);
  EXPECT_EQ(Call(&Stub::CompareGroups, request, &answer), "OK");
  *request.add_rows() = request.rows(0);
  EXPECT_EQ(Call(&Stub::CompareGroups, request, &answer), "BATCH_TOO_LARGE rows");
}

TEST_F(Groups, DescribeAnswersWhatIsWrong) {
  const v1::DescribeConditionResponse good = Describe("购买次数 >= 3 且 城市 = '上海'");
  EXPECT_TRUE(good.valid());
  EXPECT_EQ(good.condition_text(), "number_of_orders >= 3 AND city = '上海'");
  EXPECT_TRUE(good.condition().has_all_of());
  EXPECT_NE(good.english().find("上海"), std::string::npos);
  EXPECT_NE(good.chinese().find("上海"), std::string::npos);

  const v1::DescribeConditionResponse bad = Describe("city = '上海'\nAND numbr_of_orders >= 3");
  EXPECT_FALSE(bad.valid());
  EXPECT_EQ(bad.condition_text(), "");
  EXPECT_NE(bad.stamp().revision_token(), "");
  ASSERT_EQ(bad.problems_size(), 1);
  EXPECT_EQ(bad.problems(0).line(), 2);
  EXPECT_EQ(bad.problems(0).column(), 5);
  EXPECT_EQ(bad.problems(0).length(), 15);
  EXPECT_EQ(bad.problems(0).near_matches(0), "number_of_orders");
  EXPECT_EQ(bad.problems(0).message().find("condition:"), std::string::npos);

  auto request = harness_.Read<v1::DescribeConditionRequest>();
  v1::DescribeConditionResponse response;
  EXPECT_EQ(Call(&Stub::DescribeCondition, request, &response), "FIELD_REQUIRED condition");
  request.mutable_condition()->mutable_tree()->mutable_negation();
  ASSERT_EQ(Call(&Stub::DescribeCondition, request, &response), "OK");
  EXPECT_EQ(response.problems(0).path(), "negation.operand");
  request.mutable_condition()->set_text("IN GROUP 'none'");
  ASSERT_EQ(Call(&Stub::DescribeCondition, request, &response), "OK");
  EXPECT_FALSE(response.valid());
}

}  // namespace
}  // namespace segmentation::rpc
