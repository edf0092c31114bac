// What conditions name stays: cycles and deletions of things in use are refused, and the users
// told.
#include <thread>

#include "tests/integration/server_fixture.h"
#include "tests/support/seed.h"

namespace segmentation::integration {
namespace {

class ReferenceTest : public ShopTest {
 protected:
  template <typename Request>
  Request In(const std::string& text) const {
    Request request = Proto<Request>(text);
    request.set_shop_id(shop_);
    return request;
  }
  std::vector<std::string> UsersOf(const std::string& target) const {
    std::vector<std::string> ids;
    for (const v1::GroupReference& one :
         All(client_.ListReferences(In<v1::ListReferencesRequest>(target + " page_size: 1")))) {
      ids.push_back(one.group_id());
    }
    return ids;
  }
};

// T44
TEST_F(ReferenceTest, CyclesAreRefused) {
  ASSERT_TRUE(SaveGroup("a", "blocked = FALSE").ok());
  EXPECT_EQ(Fault(SaveGroup("a", "NOT IN GROUP 'a'")).substr(0, 21), "GROUP_REFERENCE_CYCLE");
  ASSERT_TRUE(SaveGroup("b", "IN GROUP 'a'").ok());
  ASSERT_TRUE(SaveGroup("c", "NOT IN GROUP 'b'").ok());
  const absl::Status cycle = SaveGroup("a", "blocked = TRUE OR IN GROUP 'c'");
  EXPECT_EQ(Fault(cycle).substr(0, 21), "GROUP_REFERENCE_CYCLE");
  EXPECT_EQ(cycle.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(SaveGroup("a", "blocked = TRUE").ok());
}

// T44: also when the edits that would close a circle come at the same time.
TEST_F(ReferenceTest, CyclesAreRefusedUnderConcurrentEdits) {
  constexpr int kGroups = 6;
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < kGroups; ++i) {
    ASSERT_TRUE(SaveGroup("g" + std::to_string(i), "blocked = FALSE").ok());
  }
  int refused = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> outcomes(4);
    std::vector<std::thread> threads;
    for (std::string& outcome : outcomes) {
      const auto from = std::to_string(random() % kGroups);
      const auto to = std::to_string(random() % kGroups);
      threads.emplace_back(
          [&, from, to] { outcome = Fault(SaveGroup("g" + from, "IN GROUP 'g" + to + "'")); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& outcome : outcomes) {
      if (outcome == "OK") continue;
      EXPECT_EQ(outcome.substr(0, 21), "GROUP_REFERENCE_CYCLE");
      ++refused;
    }
    // Follow the one reference each group has: every walk must end.
    std::map<std::string, std::string> next;
    for (const v1::Group& group : All(client_.ListGroups(In<v1::ListGroupsRequest>("")))) {
      if (group.references_size() > 0) next[group.group_id()] = group.references(0);
    }
    for (int i = 0; i < kGroups; ++i) {
      std::string at = "g" + std::to_string(i);
      int steps = 0;
      while (next.count(at) > 0 && ++steps <= kGroups) at = next[at];
      ASSERT_LE(steps, kGroups) << "a circle through g" << i << " in round " << round;
    }
    if (round % 8 == 7) {
      for (int i = 0; i < kGroups; ++i) {
        ASSERT_TRUE(SaveGroup("g" + std::to_string(i), "blocked = FALSE").ok());
      }
    }
  }
  EXPECT_GT(refused, 0) << "the rounds never tried to close a circle";
}

// T41
TEST_F(ReferenceTest, ThingsInUseAreNotDeleted) {
  ASSERT_TRUE(client_
                  .CreateTagCategory(In<v1::CreateTagCategoryRequest>(R"pb(
                    category {
                      category_id: 'skin'
                      display_name: '肤质'
                      kind: TAG_CATEGORY_KIND_LISTED
                      choice: TAG_CHOICE_SINGLE
                    }
                    tags { value: '油性' }
                    tags { value: '干性' })pb"))
                  .ok());
  ASSERT_TRUE(client_
                  .CreatePromotion(In<v1::CreatePromotionRequest>(R"pb(
                    promotion {
                      promotion_id: '店庆'
                      windows {
                        start { seconds: 1700000000 }
                        end { seconds: 1700086400 }
                      }
                    })pb"))
                  .ok());
  ASSERT_TRUE(client_
                  .CreateAttribute(In<v1::CreateAttributeRequest>(
                      "attribute { attribute: 'size' type: ATTRIBUTE_TYPE_ENUM enum_values: 'S' "
                      "enum_values: 'L' }"))
                  .ok());
  ASSERT_TRUE(SaveGroup("by-tag", "HAS TAG '肤质/油性'").ok());
  ASSERT_TRUE(SaveGroup("by-category", "NOT HAS TAG '肤质'").ok());
  ASSERT_TRUE(SaveGroup("by-promotion", "orders_placed MATCHES (DURING '店庆')").ok());
  ASSERT_TRUE(SaveGroup("by-attribute", "size = 'S'").ok());
  ASSERT_TRUE(SaveGroup("by-group", "IN GROUP 'by-tag'").ok());

  EXPECT_EQ(UsersOf("tag { category_id: 'skin' value: '油性' }"),
            std::vector<std::string>{"by-tag"});
  EXPECT_EQ(UsersOf("category_id: 'skin'"), (std::vector<std::string>{"by-category", "by-tag"}));
  EXPECT_EQ(UsersOf("promotion_id: '店庆'"), std::vector<std::string>{"by-promotion"});
  EXPECT_EQ(UsersOf("attribute: 'size'"), std::vector<std::string>{"by-attribute"});
  EXPECT_EQ(UsersOf("group_id: 'by-tag'"), std::vector<std::string>{"by-group"});

  const auto in_use = [](const absl::Status& status, const std::string& user) {
    EXPECT_EQ(Fault(status).substr(0, 15), "RESOURCE_IN_USE") << status;
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    std::string said(status.message());
    for (const auto& [key, value] : GetErrorMetadata(status)) said += " " + value;
    EXPECT_NE(said.find(user), std::string::npos) << user << " is not told in: " << said;
  };
  in_use(client_.DeleteTag(In<v1::DeleteTagRequest>("category_id: 'skin' value: '油性'")).status(),
         "by-tag");
  in_use(
      client_.DeleteTagCategory(In<v1::DeleteTagCategoryRequest>("category_id: 'skin'")).status(),
      "by-category");
  in_use(client_.DeletePromotion(In<v1::DeletePromotionRequest>("promotion_id: '店庆'")).status(),
         "by-promotion");
  in_use(client_.DeleteAttribute(In<v1::DeleteAttributeRequest>("attribute: 'size'")).status(),
         "by-attribute");
  in_use(client_
             .UpdateAttribute(In<v1::UpdateAttributeRequest>(R"pb(
               attribute { attribute: 'size' enum_values: 'L' }
               update_mask { paths: 'enum_values' })pb"))
             .status(),
         "by-attribute");
  in_use(client_.DeleteGroup(In<v1::DeleteGroupRequest>("group_id: 'by-tag'")).status(),
         "by-group");

  EXPECT_TRUE(client_.DeleteTag(In<v1::DeleteTagRequest>("category_id: 'skin' value: '干性'")).ok())
      << "nobody names it";
  const auto forced =
      client_.DeleteGroup(In<v1::DeleteGroupRequest>("group_id: 'by-tag' force: true"));
  ASSERT_TRUE(forced.ok()) << forced.status();
  ASSERT_EQ(forced->broken_group_ids_size(), 1);
  EXPECT_EQ(forced->broken_group_ids(0), "by-group");
}

TEST_F(ReferenceTest, GroupsKeepTheirRevisions) {
  ASSERT_TRUE(SaveGroup("g", "blocked = FALSE").ok());
  ASSERT_TRUE(SaveGroup("g", "blocked = TRUE").ok());
  const auto revisions = All(
      client_.ListGroupRevisions(In<v1::ListGroupRevisionsRequest>("group_id: 'g' page_size: 1")));
  ASSERT_EQ(revisions.size(), 2u);
  EXPECT_EQ(revisions[0].group_revision(), 2);
  EXPECT_EQ(revisions[0].condition_text(), "blocked = TRUE");
  EXPECT_EQ(revisions[1].condition_text(), "blocked = FALSE");
  ASSERT_TRUE(AddMember(Proto<v1::Member>("member_id: 'm'")).ok());
  EXPECT_EQ(Count("IN GROUP 'g'"), 0);
  EXPECT_EQ(Count("IN GROUP 'g'@1"), 1) << "a pinned revision stays";
}

TEST_F(ReferenceTest, DescribesConditionsAndTheirProblems) {
  auto request = In<v1::DescribeConditionRequest>("");
  request.mutable_condition()->set_text("购买次数>=3 且 NOT 城市 = '上海'");
  const auto good = client_.DescribeCondition(request);
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_TRUE(good->valid());
  EXPECT_EQ(good->condition_text(), "number_of_orders >= 3 AND NOT city = '上海'");
  EXPECT_NE(good->english().find("上海"), std::string::npos);
  EXPECT_NE(good->chinese().find("上海"), std::string::npos);
  EXPECT_NE(good->english(), good->chinese());
  // The tree of the answer is the same condition. T43
  auto again = In<v1::DescribeConditionRequest>("");
  *again.mutable_condition()->mutable_tree() = good->condition();
  const auto same = client_.DescribeCondition(again);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->condition_text(), good->condition_text());

  request.mutable_condition()->set_text("city = '上海'\n AND numbr_of_orders >= 3");
  const auto bad = client_.DescribeCondition(request);
  ASSERT_TRUE(bad.ok()) << bad.status();
  EXPECT_FALSE(bad->valid());
  ASSERT_EQ(bad->problems_size(), 1);
  EXPECT_EQ(bad->problems(0).line(), 2);
  EXPECT_EQ(bad->problems(0).column(), 6);
  ASSERT_GT(bad->problems(0).near_matches_size(), 0);
  EXPECT_EQ(bad->problems(0).near_matches(0), "number_of_orders");
}

}  // namespace
}  // namespace segmentation::integration
