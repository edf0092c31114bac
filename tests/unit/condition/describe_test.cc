// Sentences, references and the smaller parts of the language.
#include "server/domain/condition/describe.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/keyword.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/property_number.h"
#include "server/domain/condition/references.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/near_match.h"
#include "tests/unit/condition/example_shop.h"

namespace segmentation::domain::condition {
namespace {

TEST(Describe, SaysWhatATreeSelects) {
  struct Row {
    std::string text;
    std::string english;
    std::string chinese;
  };
  const Row rows[] = {
      {"number_of_orders >= 3 AND city = '上海'",
       "Members where number of orders is at least 3 and city is '上海'.",
       "满足以下条件的会员：购买次数不少于3，且城市为“上海”。"},
      {"(city = 'a' OR amount_spent < 99.9) AND NOT blocked = TRUE",
       "Members where (city is 'a' or amount spent is less than 99.9 CNY) and not (blocked is "
       "true).",
       "满足以下条件的会员：（城市为“a”，或累计消费小于99.9 CNY），且不满足（黑名单为是）。"},
      {"last_order_at BETWEEN -90d AND today",
       "Members where last order at is between 90 days ago and today.",
       "满足以下条件的会员：最近购买时间介于90天前与今天之间。"},
      {"last_order_at WITHIN 1 HOURS", "Members where last order at is within the last 1 hour.",
       "满足以下条件的会员：最近购买时间在最近1小时内。"},
      {"anniversary(birthday) BETWEEN today AND +1m",
       "Members where the anniversary of birthday is between today and in 1 month.",
       "满足以下条件的会员：生日的周年日介于今天与1个月后之间。"},
      {"HAS TAG '肤质/油性' FROM ('agent', 'rule') SINCE '2024-01-01'",
       "Members where the tag '肤质/油性' is set by agent or rule since 2024-01-01.",
       "满足以下条件的会员：有标签“肤质/油性”，来源为客服或规则，自2024-01-01起。"},
      {"IN GROUP 'vip'@2", "Members where the member is in the group 'vip' at its revision 2.",
       "满足以下条件的会员：属于人群“vip”的第2版。"},
      {"HAS IDENTITY phone AND consent('sms') IS NULL",
       "Members where an identity of kind phone is known and the consent for sms is unknown.",
       "满足以下条件的会员：已知手机，且短信订阅意愿未知。"},
      {"orders_placed MATCHES (date >= -14d, status = '未付款', count > 1)",
       "Members where over the orders with (order date is not before 14 days ago and status is "
       "'unpaid'), the number of orders is more than 1.",
       "满足以下条件的会员：在满足（订单日期不早于14天前且订单状态为“未付款”）的订单中，订单数大于1"
       "。"},
      {"products_purchased MATCHES (property('尺码') = 35)",
       "Members where there are bought products with (property '尺码' is 35).",
       "满足以下条件的会员：有满足（属性“尺码”为35）的购买的商品。"},
      {"BUCKET('s') < 12.5 AND TOP 10 PERCENT BY amount_spent",
       "Members where the member's place in the split 's' is less than 12.5 percent and the member "
       "is among the top 10 percent by amount spent.",
       "满足以下条件的会员：在分桶“s”中的位置小于12.5%，且按累计消费排在前10%。"},
  };
  const ShopDefinitions shop = ExampleShop();
  for (const Row& row : rows) {
    const absl::StatusOr<Node> tree = Parse(row.text);
    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_EQ(Describe(*tree, shop, Language::kEnglish), row.english);
    EXPECT_EQ(Describe(*tree, shop, Language::kChinese), row.chinese);
  }
}

TEST(Describe, LongListsShowTheirLength) {
  std::string text = "pet_count IN (0";
  for (int i = 1; i < 25; ++i) text += ", " + std::to_string(i);
  const absl::StatusOr<Node> tree = Parse(text + ")");
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(Describe(*tree, ExampleShop(), Language::kEnglish),
            "Members where pet count is one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … (25 in all).");
}

BoundNode Bound(const std::string& text, const ShopDefinitions& shop) {
  const absl::StatusOr<Node> tree = Parse(text);
  EXPECT_TRUE(tree.ok()) << tree.status();
  absl::StatusOr<BoundNode> bound = Bind(*tree, shop);
  EXPECT_TRUE(bound.ok()) << bound.status();
  return *std::move(bound);
}

TEST(References, NamesEverythingAConditionLeansOn) {
  const ShopDefinitions shop = ExampleShop();
  const References all = CollectReferences(
      Bound("(IN GROUP 'vip' OR NOT IN GROUP 'lost'@1) AND HAS TAG '肤质/油性' AND "
            "orders_placed MATCHES (DURING '店庆2024', store != 'jd-1') AND "
            "TOP 3 BY amount_spent AND anniversary(wedding_day) = today",
            shop));
  EXPECT_EQ(all.groups, (std::set<GroupNo>{1, 2}));
  EXPECT_EQ(all.tag_categories, (std::set<TagCategoryNo>{1}));
  EXPECT_EQ(all.tags, (std::set<TagNo>{2}));
  EXPECT_EQ(all.promotions, (std::set<PromotionNo>{1}));
  EXPECT_EQ(all.stores, (std::set<StoreNo>{2}));
  EXPECT_EQ(all.attributes, (std::set<AttributeNo>{kAttributeAmountSpent, 1003}));
  EXPECT_TRUE(all.uses_orders);
  EXPECT_TRUE(all.uses_time);
  EXPECT_TRUE(all.uses_ranking);
  const References still =
      CollectReferences(Bound("city = 'x' AND registered_at > '2020-01-01'", shop));
  EXPECT_FALSE(still.uses_orders);
  EXPECT_FALSE(still.uses_time);
  EXPECT_FALSE(still.uses_ranking);
  EXPECT_TRUE(CollectReferences(Bound("registered_at > -3d", shop)).uses_time);
  EXPECT_TRUE(CollectReferences(Bound("HAS TAG '肤质'", shop)).uses_time);  // tags expire
}

std::string CycleOf(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  if (!info || info->reason != base::Reason::GROUP_REFERENCE_CYCLE) return status.ToString();
  return info->metadata.at(0).second;
}

// T44
TEST(References, GroupsMayNotContainThemselves) {
  const ShopDefinitions shop = ExampleShop();  // lost-vip (3) names vip (1) and lost (2)
  EXPECT_TRUE(CheckGroupCycle(3, std::vector<GroupNo>{1, 2}, shop).ok());
  EXPECT_TRUE(CheckGroupCycle(4, std::vector<GroupNo>{1, 2, 3}, shop).ok());
  EXPECT_EQ(CycleOf(CheckGroupCycle(1, std::vector<GroupNo>{1}, shop)), "vip → vip");
  EXPECT_EQ(CycleOf(CheckGroupCycle(1, std::vector<GroupNo>{3}, shop)), "vip → lost-vip → vip");
  EXPECT_EQ(GroupsReferringTo(1, shop), (std::vector<GroupNo>{3}));
  EXPECT_TRUE(GroupsReferringTo(3, shop).empty());
}

// T44, T94: a pinned revision is a definition of its own; what it names counts, not what the newest
// one does.
TEST(References, CyclesThroughPinnedRevisionsAreFound) {
  const ShopDefinitions shop = ExampleShop();
  const BoundNode condition = Bound("IN GROUP 'vip'@1", shop);
  BoundGroups groups;
  groups.conditions[{1, 1}] = Bound("NOT IN GROUP 'lost'", shop);
  groups.conditions[{2, std::nullopt}] = Bound("city = 'x'", shop);
  EXPECT_TRUE(CheckGroupCycle(3, condition, groups, shop).ok());
  EXPECT_EQ(CycleOf(CheckGroupCycle(2, condition, groups, shop)), "lost → vip@1 → lost");
  // A group may build on an earlier revision of itself.
  EXPECT_TRUE(CheckGroupCycle(1, condition, groups, shop).ok());
  groups.conditions[{1, 1}] = Bound("IN GROUP 'vip'", shop);
  EXPECT_EQ(CycleOf(CheckGroupCycle(1, condition, groups, shop)), "vip → vip@1 → vip");
}

TEST(Catalogue, NamesAreUniqueAndFreeForConditions) {
  std::set<std::string> seen;
  for (const Attribute& attribute : BuiltinAttributes()) {
    EXPECT_TRUE(seen.insert(attribute.name).second) << attribute.name;
    EXPECT_FALSE(attribute.aliases.empty()) << attribute.name;
    EXPECT_FALSE(attribute.description.empty()) << attribute.name;
    for (const std::string& alias : attribute.aliases) {
      EXPECT_TRUE(seen.insert(alias).second) << alias;
    }
  }
  for (const std::string& name : seen) EXPECT_FALSE(IsReservedWord(name)) << name;
  std::set<std::string_view> fields;
  for (const RowFieldInfo& info : RowFields()) {
    EXPECT_TRUE(fields.insert(info.name).second) << info.name;
    EXPECT_FALSE(IsReservedWord(info.name)) << info.name;
    EXPECT_EQ(FindRowField(info.name), info.field);
    for (std::string_view alias : info.aliases) {
      EXPECT_TRUE(fields.insert(alias).second) << alias;
      EXPECT_EQ(FindRowField(alias), info.field);
    }
  }
  for (const RowAggregateInfo& info : RowAggregates()) {
    EXPECT_TRUE(fields.insert(info.name).second) << info.name;
    EXPECT_EQ(FindRowAggregate(info.name), info.aggregate);
  }
}

TEST(Catalogue, FindsByNameAliasAndNumber) {
  const ShopDefinitions shop = ExampleShop();
  const AttributeCatalogue catalogue(shop);
  ASSERT_NE(catalogue.Find("购买次数"), nullptr);
  EXPECT_EQ(catalogue.Find("购买次数")->name, "number_of_orders");
  EXPECT_EQ(catalogue.Find("City"), catalogue.Find(kAttributeCity));
  EXPECT_EQ(catalogue.Find("爱好")->number, 1000u);
  EXPECT_EQ(catalogue.Find("nothing"), nullptr);
  EXPECT_EQ(catalogue.Find(AttributeNo{999}), nullptr);
  EXPECT_EQ(catalogue.NearMatches("nubmer_of_orders").front(), "number_of_orders");
}

TEST(NearMatch, CountsSwapsAsOneEdit) {
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("ADN", "AND"), 1u);
  EXPECT_EQ(EditDistance("上海市", "上海"), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("City", "cITY"), 0u);
  const std::vector<std::string_view> words = {"a", "b", "city", "cities"};
  EXPECT_TRUE(NearMatches("x", words).empty());
  EXPECT_EQ(NearMatches("citi", words), (std::vector<std::string>{"city", "cities"}));
  EXPECT_TRUE(NearMatches(std::string(65, 'a'), words).empty());
}

TEST(PropertyNumber, ReadsTheFirstNumber) {
  const std::vector<std::pair<std::string, std::optional<int64_t>>> rows = {
      {"35", 350'000},
      {"35码", 350'000},
      {"80cm", 800'000},
      {"尺码：３５．５", 355'000},
      {"70-80", 700'000},
      {"-3", -30'000},
      {"约-3", 30'000},
      {"0.12345", 1'234},
      {"M", std::nullopt},
      {"", std::nullopt},
      {"1.", 10'000},
      {"007", 70'000},
      {"0", 0},
      {"99999999999999", 999'999'999'999'990'000},
      {"999999999999999", std::nullopt}};
  for (const auto& [text, number] : rows) {
    EXPECT_EQ(PropertyNumber(text), number) << text;
  }
}

}  // namespace
}  // namespace segmentation::domain::condition
