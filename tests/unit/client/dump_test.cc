// The canonical dump: equal shops print equal text, whatever the order in which things arrived.
#include "client/cli/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>

#include "segmentation/mock_connection.h"

namespace segmentation::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::NiceMock;
using ::testing::Not;

// A shop whose server lists things in an order of its own and stamps them with its own times.
std::shared_ptr<Connection> ShopAsItCame(unsigned seed) {
  std::mt19937 random(seed);
  auto connection = std::make_shared<NiceMock<MockConnection>>();
  v1::ListMembersResponse members;
  v1::ListOrdersResponse orders;
  for (int i = 0; i < 30; ++i) {
    v1::Member& member = *members.add_members();
    member.set_member_id("m" + std::to_string(i));
    member.mutable_created_at()->set_seconds(static_cast<int64_t>(random()));
    member.set_etag(std::to_string(random()));
    for (const char* nick : {"a", "b"}) {
      v1::Identity& identity = *member.add_identities();
      identity.set_value(nick + std::to_string(i));
      identity.mutable_added_at()->set_seconds(static_cast<int64_t>(random()));
    }
    std::shuffle(member.mutable_identities()->begin(), member.mutable_identities()->end(), random);
    v1::Order& order = *orders.add_orders();
    order.set_source("tmall");
    order.set_external_id(std::to_string(i));
    order.mutable_created_at()->set_seconds(1'700'000'000 + i);
    order.set_etag(std::to_string(random()));
  }
  std::shuffle(members.mutable_members()->begin(), members.mutable_members()->end(), random);
  std::shuffle(orders.mutable_orders()->begin(), orders.mutable_orders()->end(), random);
  ON_CALL(*connection, ListMembers).WillByDefault(::testing::Return(members));
  ON_CALL(*connection, ListOrders).WillByDefault(::testing::Return(orders));
  ON_CALL(*connection, ListMemberTags)
      .WillByDefault([](const v1::ListMemberTagsRequest& request, const CallOptions&) {
        v1::ListMemberTagsResponse tags;
        v1::MemberTag& tag = *tags.add_tags();
        tag.set_category_id("skin");
        tag.set_value(request.member_id());
        return tags;
      });
  ON_CALL(*connection, GetShop).WillByDefault(::testing::Return(v1::GetShopResponse()));
  ON_CALL(*connection, GetMetricPolicy)
      .WillByDefault(::testing::Return(v1::GetMetricPolicyResponse()));
  ON_CALL(*connection, ListAttributes)
      .WillByDefault(::testing::Return(v1::ListAttributesResponse()));
  ON_CALL(*connection, ListStores).WillByDefault(::testing::Return(v1::ListStoresResponse()));
  ON_CALL(*connection, ListPromotions)
      .WillByDefault(::testing::Return(v1::ListPromotionsResponse()));
  ON_CALL(*connection, ListTagCategories)
      .WillByDefault(::testing::Return(v1::ListTagCategoriesResponse()));
  ON_CALL(*connection, ListTags).WillByDefault(::testing::Return(v1::ListTagsResponse()));
  ON_CALL(*connection, ListProducts).WillByDefault(::testing::Return(v1::ListProductsResponse()));
  ON_CALL(*connection, ListGroups).WillByDefault(::testing::Return(v1::ListGroupsResponse()));
  return connection;
}

std::string DumpOf(const std::shared_ptr<Connection>& connection) {
  Client client(connection);
  std::ostringstream out;
  const absl::Status status = DumpShop(client, "demo", "", {}, out);
  EXPECT_TRUE(status.ok()) << status;
  return out.str();
}

// T25
TEST(Dump, DoesNotDependOnArrival) {
  const std::string first = DumpOf(ShopAsItCame(1));
  for (unsigned seed = 2; seed < 10; ++seed) {
    EXPECT_EQ(DumpOf(ShopAsItCame(seed)), first) << "seed " << seed;
  }
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 2 + 30 + 30);
  EXPECT_THAT(first, HasSubstr("2023-11-14T22:13:20Z")) << "an order's own time is a fact";
  EXPECT_THAT(first, HasSubstr("\"category_id\":\"skin\""));
  EXPECT_THAT(first, Not(HasSubstr("etag")));
}

TEST(Dump, ShowsADifference) {
  auto connection = ShopAsItCame(1);
  const std::string first = DumpOf(connection);
  v1::GetShopResponse shop;
  shop.mutable_shop()->set_currency_code("EUR");
  ON_CALL(static_cast<NiceMock<MockConnection>&>(*connection), GetShop)
      .WillByDefault(::testing::Return(shop));
  EXPECT_NE(DumpOf(connection), first);
}

TEST(Dump, AnErrorIsNoShortDump) {
  auto connection = ShopAsItCame(1);
  ON_CALL(static_cast<NiceMock<MockConnection>&>(*connection), ListOrders)
      .WillByDefault(::testing::Return(absl::UnavailableError("down")));
  Client client(connection);
  std::ostringstream out;
  EXPECT_EQ(DumpShop(client, "demo", "", {}, out).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace segmentation::cli
