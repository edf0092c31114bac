// The storage contract: definitions of a shop, groups and their revisions.
#include "server/base/strings.h"
#include "tests/storage/store_fixture.h"

namespace segmentation::storage {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_support::TextOf;
using testing_support::TextsOf;

class DefinitionContract : public StoreTest {
 protected:
  DefinitionContract() : shop_(MakeShop()) {}
  const domain::Shop shop_;
};

INSTANTIATE_TEST_SUITE_P(Stores, DefinitionContract,
                         ::testing::Values(Backend::kModel, Backend::kMysql), BackendName);

domain::Store StoreOf(domain::StoreNo number, const std::string& id) {
  return {number, id, "旗舰店 🏬", "tmall", StampOf(1)};
}

domain::Promotion PromotionOf(domain::PromotionNo number, const std::string& id) {
  return {number, id, "店庆", {{100, 200}, {-50, 0}, {300, 400}}, StampOf(2)};
}

domain::Attribute AttributeOf(domain::AttributeNo number, const std::string& name) {
  domain::Attribute attribute;
  attribute.number = number;
  attribute.name = name;
  attribute.aliases = {"爱好", "别名 "};
  attribute.type = domain::ValueType::kEnum;
  attribute.folding = domain::TextFolding::kNfkcCase;
  attribute.multi_valued = true;
  attribute.pii = true;
  attribute.enum_values = {"高", "低", "中"};
  attribute.description = "what they like";
  attribute.stamp = StampOf(3);
  return attribute;
}

domain::TagCategory CategoryOf(domain::TagCategoryNo number, const std::string& name) {
  return {number,
          base::StrCat("c-", number),
          "服装",
          name,
          domain::TagCategoryKind::kNumeric,
          domain::TagChoice::kSingle,
          "描述",
          StampOf(4)};
}

domain::Tag TagOf(domain::TagNo number, domain::TagCategoryNo category, const std::string& value) {
  return {number,          category,  base::StrCat("t-", number), value, -3, -7, {"甜", "可爱"},
          "a sweet style", StampOf(5)};
}

domain::Group GroupOf(domain::GroupNo number, const std::string& id) {
  domain::Group group;
  group.number = number;
  group.id = id;
  group.name = "重要客户 ⭐";
  group.condition_text = "number_of_orders >= 3";
  group.grammar_version = 2;
  group.group_revision = 1;
  group.references = {3, 9};
  group.note = "note";
  group.owner = "小王";
  group.stamp = StampOf(6);
  return group;
}

WriteSet FullDefinitions() {
  WriteSet rows;
  rows.stores = {StoreOf(1, "s1"), StoreOf(2, "S1"), StoreOf(3, "s1 ")};
  rows.promotions = {PromotionOf(1, "店庆2024"), PromotionOf(2, "店庆2025")};
  rows.attribute_definitions = {AttributeOf(1000, "hobby"), AttributeOf(1001, "hobby_two")};
  rows.tag_categories = {CategoryOf(1, "风格"), CategoryOf(2, "肤质")};
  rows.tags = {TagOf(1, 1, "甜美"), TagOf(2, 1, "甜美 "), TagOf(3, 2, "甜美")};
  rows.groups = {GroupOf(1, "vip"), GroupOf(2, "VIP")};
  return rows;
}

domain::ShopDefinitions Expected(const domain::Shop& shop, const WriteSet& rows) {
  domain::ShopDefinitions want;
  want.shop = shop;
  want.definition_revision = 1;
  for (const auto& row : rows.stores) want.stores[row.number] = row;
  for (const auto& row : rows.promotions) want.promotions[row.number] = row;
  for (const auto& row : rows.attribute_definitions) want.attributes[row.number] = row;
  for (const auto& row : rows.tag_categories) want.tag_categories[row.number] = row;
  for (const auto& row : rows.tags) want.tags[row.number] = row;
  for (const auto& row : rows.groups) want.groups[row.number] = row;
  want.retired_group_ids.insert(rows.retired_group_ids.begin(), rows.retired_group_ids.end());
  return want;
}

TEST_P(DefinitionContract, AllDefinitionsAreReadBack) {
  const WriteSet rows = FullDefinitions();
  Write(shop_.number, rows);
  EXPECT_EQ(TextOf(*Definitions(shop_.number)), TextOf(Expected(shop_, rows)));
}

TEST_P(DefinitionContract, RewrittenDefinitionsReplaceTheirLists) {
  WriteSet rows = FullDefinitions();
  Write(shop_.number, rows);
  rows.stores = {rows.stores[0]};
  rows.stores[0].name = "改名";
  rows.promotions[0].windows = {{1, 2}};
  rows.promotions[1].windows.clear();
  rows.attribute_definitions[0].name = "renamed";
  rows.attribute_definitions[0].aliases.clear();
  rows.attribute_definitions[0].enum_values = {"一"};
  rows.tag_categories[0].name = "新风格";
  rows.tags[0].value = "淑女";
  rows.tags[0].synonyms = {"一个"};
  rows.groups[0].references = {2};
  rows.groups[0].group_revision = 2;
  rows.groups[0].condition_text = std::string(200'000, 'c');
  Write(shop_.number, rows);
  WriteSet want = FullDefinitions();
  want.stores[0] = rows.stores[0];
  want.promotions = rows.promotions;
  want.attribute_definitions = rows.attribute_definitions;
  want.tag_categories = rows.tag_categories;
  want.tags = rows.tags;
  want.groups = rows.groups;
  EXPECT_EQ(TextOf(*Definitions(shop_.number)), TextOf(Expected(shop_, want)));
}

TEST_P(DefinitionContract, UniqueNamesBelongToOneDefinition) {
  Write(shop_.number, FullDefinitions());
  const auto refused = [&](auto edit) {
    WriteSet rows;
    edit(rows);
    EXPECT_EQ(ReasonOf(TryWrite(shop_.number, rows)), Reason::ALREADY_EXISTS);
  };
  refused([](WriteSet& rows) { rows.stores = {StoreOf(9, "s1")}; });
  refused([](WriteSet& rows) { rows.promotions = {PromotionOf(9, "店庆2024")}; });
  refused([](WriteSet& rows) { rows.attribute_definitions = {AttributeOf(1009, "hobby")}; });
  refused([](WriteSet& rows) { rows.tag_categories = {CategoryOf(9, "风格")}; });
  refused([](WriteSet& rows) { rows.tags = {TagOf(9, 1, "甜美")}; });
  refused([](WriteSet& rows) { rows.groups = {GroupOf(9, "vip")}; });
  // Renaming onto a name in use.
  refused([](WriteSet& rows) { rows.attribute_definitions = {AttributeOf(1001, "hobby")}; });
  refused([](WriteSet& rows) { rows.tags = {TagOf(2, 1, "甜美")}; });
  EXPECT_EQ(TextOf(*Definitions(shop_.number)), TextOf(Expected(shop_, FullDefinitions())));
}

TEST_P(DefinitionContract, DeletedDefinitionsTakeWhatDependsOnThemAlong) {
  WriteSet rows = FullDefinitions();
  for (domain::MemberNo no = 1; no <= 3; ++no) {
    rows.members.push_back(MemberOf(no, base::StrCat("m", no)));
    for (const domain::TagNo tag_no : {1, 3}) {
      domain::TagAssignment tag;
      tag.tag_no = tag_no;
      rows.tag_assignments.emplace_back(no, tag);
    }
    for (const domain::AttributeNo attribute_no : {1000, 1001, 1002}) {
      MemberAttributeRow row;
      row.member_no = no;
      row.attribute_no = attribute_no;
      row.pii = attribute_no != 1001;
      row.values = {std::string("v")};
      rows.attributes.push_back(row);
    }
  }
  Write(shop_.number, rows);
  WriteSet deletion;
  deletion.deleted_stores = {2, 77};
  deletion.deleted_promotions = {1};
  deletion.deleted_attribute_definitions = {1000, 1001};
  deletion.deleted_tags = {1};
  deletion.deleted_tag_categories = {2};
  deletion.deleted_groups = {1};
  deletion.retired_group_ids = {"vip"};
  Write(shop_.number, deletion);
  WriteSet want = FullDefinitions();
  want.retired_group_ids = {"vip"};
  want.stores.erase(want.stores.begin() + 1);
  want.promotions.erase(want.promotions.begin());
  want.attribute_definitions.clear();
  want.tags.erase(want.tags.begin());
  want.tag_categories.pop_back();
  want.groups.erase(want.groups.begin());
  EXPECT_EQ(TextOf(*Definitions(shop_.number)), TextOf(Expected(shop_, want)));
  for (const domain::Member& member :
       Must(BeginRead(shop_.number)->ListMembers(0, 10, MemberParts::kAll))) {
    ASSERT_EQ(member.tags.size(), 1u);
    EXPECT_EQ(member.tags[0].tag_no, 3u);
    ASSERT_EQ(member.attributes.size(), 1u);
    EXPECT_TRUE(member.attributes.contains(1002));
  }
  // A name that went is free again, but for groups (T68), which the use case sees to.
  WriteSet again;
  again.stores = {StoreOf(4, "S1")};
  again.tags = {TagOf(4, 1, "甜美")};
  Write(shop_.number, again);
}

// T68: what is replaced within one write is deleted first.
TEST_P(DefinitionContract, DeletionsComeBeforeWrites) {
  Write(shop_.number, FullDefinitions());
  WriteSet rows;
  rows.deleted_tags = {1};
  rows.tags = {TagOf(8, 1, "甜美")};
  rows.deleted_stores = {1};
  rows.stores = {StoreOf(8, "s1")};
  Write(shop_.number, rows);
  const auto definitions = Definitions(shop_.number);
  EXPECT_TRUE(definitions->tags.contains(8));
  EXPECT_TRUE(definitions->stores.contains(8));
}

TEST_P(DefinitionContract, UseOfStoresAndAttributesIsFound) {
  WriteSet rows;
  rows.members = {MemberOf(1, "m")};
  rows.orders = {{OrderOf(1, 1, "o"), true, std::nullopt}};
  domain::Attribute open = AttributeOf(1000, "open");
  open.pii = false;
  domain::Attribute personal = AttributeOf(1001, "personal");
  for (const domain::Attribute& attribute : {open, personal}) {
    MemberAttributeRow row;
    row.member_no = 1;
    row.attribute_no = attribute.number;
    row.type = attribute.type;
    row.folding = attribute.folding;
    row.pii = attribute.pii;
    row.values = {std::string("高"), std::string("ＡＢ")};
    rows.attributes.push_back(row);
  }
  Write(shop_.number, rows);
  auto snapshot = BeginRead(shop_.number);
  EXPECT_TRUE(Must(snapshot->IsStoreUsed(3)));
  EXPECT_FALSE(Must(snapshot->IsStoreUsed(1)));
  for (const domain::Attribute& attribute : {open, personal}) {
    EXPECT_TRUE(Must(snapshot->IsAttributeUsed(attribute, std::nullopt)));
    EXPECT_TRUE(Must(snapshot->IsAttributeUsed(attribute, "高")));
    EXPECT_TRUE(Must(snapshot->IsAttributeUsed(attribute, "ＡＢ")));
    EXPECT_FALSE(Must(snapshot->IsAttributeUsed(attribute, "ab")));  // same folded, other bytes
    EXPECT_FALSE(Must(snapshot->IsAttributeUsed(attribute, "")));
  }
  EXPECT_FALSE(Must(snapshot->IsAttributeUsed(AttributeOf(1002, "other"), std::nullopt)));
  domain::Attribute none = open;
  none.number = 1003;
  EXPECT_FALSE(Must(snapshot->IsAttributeUsed(none, std::nullopt)));
}

TEST_P(DefinitionContract, GroupRevisionsAreKeptNewestFirst) {
  domain::Group group = GroupOf(1, "vip");
  std::vector<std::string> want;
  for (int revision = 1; revision <= 4; ++revision) {
    group.group_revision = revision;
    group.name = base::StrCat("name ", revision);
    group.condition_text = base::StrCat("number_of_orders >= ", revision);
    group.stamp = StampOf(revision);
    WriteSet rows;
    rows.groups = {group, GroupOf(2, "other")};
    Write(shop_.number, rows);
    GroupRevisionRow row{
        1, revision, group.name, group.condition_text, group.grammar_version, group.stamp};
    want.insert(want.begin(), TextOf(row));
  }
  const auto list = [&](int32_t before, int limit) {
    return TextsOf(Must(BeginRead(shop_.number)->ListGroupRevisions(1, before, limit)));
  };
  EXPECT_THAT(list(0, 10), ElementsAre(want[0], want[1], want[2], want[3]));
  EXPECT_THAT(list(4, 2), ElementsAre(want[1], want[2]));
  // One that was overtaken within its write.
  GroupRevisionRow overtaken{1, 5, "name 5", "blocked = TRUE", group.grammar_version, StampOf(5)};
  group.group_revision = 6;
  WriteSet both;
  both.groups = {group};
  both.group_revisions = {overtaken};
  Write(shop_.number, both);
  EXPECT_THAT(list(6, 1), ElementsAre(TextOf(overtaken)));
  EXPECT_THAT(list(1, 2), IsEmpty());
  WriteSet deletion;
  deletion.deleted_groups = {1};
  Write(shop_.number, deletion);
  EXPECT_THAT(list(6, 2), ElementsAre(TextOf(overtaken), want[0]));  // they outlive the group
}

}  // namespace
}  // namespace segmentation::storage
