// A random shop with every trap of the rules in it, through both stores: what is read back is what
// was written, to the byte, and both stores answer alike.
#include "server/base/strings.h"
#include "server/domain/order_policy.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"

namespace segmentation::storage {
namespace {

using ::testing::ElementsAreArray;
using testing_support::FillStore;
using testing_support::GeneratedShop;
using testing_support::TextOf;
using testing_support::TextsOf;

class GeneratedShopTest : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, GeneratedShopTest,
                         ::testing::Values(Backend::kModel, Backend::kMysql), BackendName);

// The canonical dump: pages of any size together are the whole.
template <typename Row, typename ReadPage>
std::vector<std::string> InPages(ReadPage read_page) {
  std::vector<std::string> texts;
  const Row* last = nullptr;
  std::vector<Row> page;
  for (;;) {
    std::vector<Row> next = Must(read_page(last));
    if (next.empty()) return texts;
    page = std::move(next);
    last = &page.back();
    for (const Row& row : page) texts.push_back(TextOf(row));
  }
}

TEST_P(GeneratedShopTest, EverythingIsReadBackAsWritten) {
  const uint64_t seed = testing_support::TestSeed();
  const GeneratedShop generated =
      testing_support::GenerateShop({.seed = seed, .member_count = 300});
  const domain::Shop shop = Must(FillStore(store(), FreshId("generated"), generated));
  auto snapshot = BeginRead(shop.number);

  const auto definitions = Must(snapshot->ReadDefinitions());
  domain::ShopDefinitions want = generated.definitions;
  want.shop.id = shop.id;
  want.shop.number = shop.number;
  want.definition_revision = 2;
  EXPECT_EQ(TextOf(*definitions), TextOf(want));

  const auto members = InPages<domain::Member>([&](const domain::Member* last) {
    return snapshot->ListMembers(last ? last->number : 0, 77, MemberParts::kAll);
  });
  EXPECT_THAT(members, ElementsAreArray(TextsOf(generated.members)));

  std::vector<domain::Order> orders = generated.orders;
  for (domain::Order& order : orders) {
    std::sort(order.reviews.begin(), order.reviews.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
  }
  const auto listed = InPages<domain::Order>([&](const domain::Order* last) {
    return snapshot->ListOrders(last ? last->member_no : 0, last ? last->number : 0, 91);
  });
  EXPECT_THAT(listed, ElementsAreArray(TextsOf(orders)));
  std::vector<domain::MemberNo> everyone;
  for (const domain::Member& member : generated.members) everyone.push_back(member.number);
  EXPECT_EQ(TextsOf(Must(snapshot->ReadOrdersOfMembers(everyone))), listed);
}

// T24, T83, T97: the totals are the sums over the members, in both stores and at every instant.
TEST(GeneratedShopTotals, AreSumsOfWhatOrdersAreWorthAsOf) {
  const GeneratedShop generated =
      testing_support::GenerateShop({.seed = testing_support::TestSeed(), .member_count = 300});
  testing_support::ModelStore model;
  std::vector<base::InstantMs> as_ofs = generated.as_ofs;
  as_ofs.push_back(domain::kNever - 1);  // all facts are known
  as_ofs.push_back(0);
  for (Store* store : {static_cast<Store*>(&model), static_cast<Store*>(&SharedMysqlStore())}) {
    const domain::Shop shop = Must(FillStore(*store, "counted", generated));
    const auto snapshot = Must(store->BeginRead(shop.number, absl::InfiniteFuture()));
    for (const base::InstantMs as_of : as_ofs) {
      ShopTotals want;
      want.member_count = static_cast<int64_t>(generated.members.size());
      for (const domain::Order& order : generated.orders) {
        ++want.order_count;
        if (order.measure.counted_from <= as_of) {
          ++want.paid_order_count;
          want.paid_minor += order.measure.paid_minor;
        }
        const bool counted = domain::IsCountedAt(order, as_of);
        if (counted || domain::IsReturnAt(order, as_of)) {
          want.net_minor += domain::NetAt(order, as_of);
        }
        if (!counted) continue;
        ++want.valid_order_count;
        const base::DayNumber day = order.measure.order_day;
        want.first_order_day = std::min(want.first_order_day.value_or(day), day);
        want.last_order_day = std::max(want.last_order_day.value_or(day), day);
      }
      EXPECT_EQ(TextOf(Must(snapshot->ReadShopTotals(as_of))), TextOf(want)) << as_of;
    }
  }
}

}  // namespace
}  // namespace segmentation::storage
