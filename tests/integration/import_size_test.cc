// Chunks of the SDK's default size whose rows are wide: more than one row of the change log holds.
#include "tests/integration/server_fixture.h"
#include "tests/integration/shop_data.h"

namespace segmentation::integration {
namespace {

class ImportSizeTest : public ShopTest {
 protected:
  int64_t RevisionOf() const {
    v1::GetShopStatsRequest request;
    request.set_shop_id(shop_);
    const auto answer = client_.GetShopStats(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->stats().revision() : -1;
  }
};

TEST_F(ImportSizeTest, AChunkOfMembersWithManyAttributesGoesIn) {
  constexpr int kAttributes = 15;
  for (int a = 0; a < kAttributes; ++a) {
    auto create = Proto<v1::CreateAttributeRequest>(
        "attribute { attribute: 'note_" + std::to_string(a) + "' type: ATTRIBUTE_TYPE_TEXT }");
    create.set_shop_id(shop_);
    const auto made = client_.CreateAttribute(create);
    ASSERT_TRUE(made.ok()) << made.status();
  }
  std::vector<v1::Member> members(500);
  for (size_t m = 0; m < members.size(); ++m) {
    members[m].set_member_id("m" + std::to_string(m));
    for (int a = 0; a < kAttributes; ++a) {
      v1::AttributeValues* const value = members[m].add_attributes();
      value->set_attribute("note_" + std::to_string(a));
      std::string text = "value " + std::to_string(m) + " of " + std::to_string(a);
      text.resize(30, '.');
      value->add_values()->set_text_value(text);
    }
  }
  const int64_t before = RevisionOf();
  ImportOptions options;
  options.import_id = "wide-members";
  options.chunk_rows = 500;
  for (int run = 0; run < 2; ++run) {
    MemberImport import = client_.ImportMembers(shop_, options);
    for (const v1::Member& member : members) ASSERT_TRUE(import.Add(member).ok());
    const auto result = import.Finish();
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->progress.totals.accepted_count(), 500);
    EXPECT_EQ(result->progress.totals.rejected_count(), 0);
    EXPECT_EQ(result->unreported_rows, run == 0 ? 0 : 500);
    EXPECT_EQ(RevisionOf(), before + 1) << "one chunk is one revision, once";
  }
  EXPECT_EQ(Count("note_14 CONTAINS 'value 499 of 14'"), 1);
}

TEST_F(ImportSizeTest, AChunkOfOrdersWithManyLinesGoesIn) {
  std::vector<v1::Order> orders;
  for (int o = 0; o < 500; ++o) {
    v1::Order order = PaidOrder("o" + std::to_string(o), "buyer " + std::to_string(o),
                                absl::CivilDay(2024, 5, 1), 30'000'000'00);
    order.clear_lines();
    for (int l = 0; l < 30; ++l) {
      v1::OrderLine* const line = order.add_lines();
      line->set_line_id(std::to_string(l));
      line->set_product_id("p" + std::to_string(l));
      line->set_quantity(1);
      line->set_unit_price_minor_units(1'000'000'00);
    }
    orders.push_back(std::move(order));
  }
  const int64_t before = RevisionOf();
  ImportOptions options;
  options.import_id = "wide-orders";
  options.chunk_rows = 500;
  for (int run = 0; run < 2; ++run) {
    const auto result = ImportAll(client_, shop_, orders, options);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->progress.totals.accepted_count(), 500);
    EXPECT_EQ(result->progress.totals.rejected_count(), 0);
    EXPECT_EQ(RevisionOf(), before + 1) << "one chunk is one revision, once";
  }
  EXPECT_EQ(Count("number_of_items = 30"), 500);
}

}  // namespace
}  // namespace segmentation::integration
