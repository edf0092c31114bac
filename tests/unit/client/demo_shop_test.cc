// The demo shop: made up the same every time, as large as it says, and with something of
// everything.
#include "client/cli/demo/demo_shop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/import/proto_time.h"

namespace segmentation::cli {
namespace {

struct Shop {
  std::vector<v1::Member> members;
  std::vector<v1::Order> orders;
};

Shop Make(const DemoOptions& options) {
  Shop shop;
  EXPECT_TRUE(MakeDemoMembers(options, [&](v1::Member member) {
                shop.members.push_back(std::move(member));
                return absl::OkStatus();
              }).ok());
  EXPECT_TRUE(MakeDemoOrders(options, [&](v1::Order order) {
                shop.orders.push_back(std::move(order));
                return absl::OkStatus();
              }).ok());
  return shop;
}

std::string Text(const Shop& shop) {
  std::string text;
  for (const v1::Member& member : shop.members) text += member.SerializeAsString();
  for (const v1::Order& order : shop.orders) text += order.SerializeAsString();
  return text;
}

DemoOptions Options(int32_t member_count) {
  DemoOptions options;
  options.last_day = absl::CivilDay(2024, 5, 31);
  options.member_count = member_count;
  return options;
}

// The whole shop, made once for all tests.
const Shop& WholeShop() {
  static const auto* const shop = new Shop(Make(Options(DemoOptions().member_count)));
  return *shop;
}

TEST(DemoShop, IsTheSameEveryTime) {
  const std::string text = Text(Make(Options(300)));
  EXPECT_EQ(Text(Make(Options(300))), text);
  DemoOptions next_day = Options(300);
  ++next_day.last_day;
  EXPECT_NE(Text(Make(next_day)), text);
  // A smaller shop is the beginning of a larger one.
  const Shop small = Make(Options(300));
  for (size_t i = 0; i < small.members.size(); ++i) {
    ASSERT_EQ(small.members[i].SerializeAsString(), WholeShop().members[i].SerializeAsString());
  }
}

TEST(DemoShop, EndsAtTheFirstErrorOfItsTaker) {
  int taken = 0;
  const absl::Status status = MakeDemoOrders(Options(300), [&](const v1::Order&) {
    return ++taken == 3 ? absl::UnavailableError("down") : absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(taken, 3);
}

TEST(DemoShop, HasTwentyThousandMembersAndTwoYearsOfOrdersInTwoStores) {
  const Shop& shop = WholeShop();
  std::set<std::string> members, orders;
  for (const v1::Member& member : shop.members) members.insert(member.member_id());
  EXPECT_EQ(members.size(), 20'000u);
  EXPECT_EQ(shop.members.size(), members.size());

  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone(kDemoTimeZone, &zone));
  const absl::CivilDay last = Options(0).last_day;
  absl::CivilDay first_seen = last, last_seen = last - 10'000;
  std::map<std::string, int> by_store;
  for (const v1::Order& order : shop.orders) {
    EXPECT_TRUE(orders.insert(order.external_id()).second) << order.external_id();
    ASSERT_TRUE(members.contains(order.member_id())) << order.external_id();
    ++by_store[order.store_id()];
    const absl::CivilDay day = absl::ToCivilDay(FromTimestamp(order.created_at()), zone);
    first_seen = std::min(first_seen, day);
    last_seen = std::max(last_seen, day);
  }
  EXPECT_NEAR(static_cast<double>(shop.orders.size()), 60'000, 6'000);
  EXPECT_EQ(last_seen, last);
  EXPECT_GT(first_seen, last - 730);
  EXPECT_LT(first_seen, last - 700);

  std::set<std::string> stores;
  for (const v1::Store& store : DemoStores()) stores.insert(store.store_id());
  EXPECT_EQ(stores.size(), 2u);
  EXPECT_EQ(by_store.size(), 2u);
  for (const auto& [store, count] : by_store) {
    EXPECT_TRUE(stores.contains(store)) << store;
    EXPECT_GT(count, 10'000) << store;
  }
}

TEST(DemoShop, HasSomethingOfEverything) {
  std::map<std::string, int> seen;
  for (const v1::Order& order : WholeShop().orders) {
    const v1::ReceiverAddress& address = order.receiver_address();
    for (const char* place : {"大学", "医院", "银行", "政府"}) {
      if (absl::StrContains(address.street(), place)) ++seen[place];
    }
    for (const v1::OrderLine& line : order.lines()) {
      for (const char* word : {"蕾丝", "补水", "铆钉"}) {
        if (absl::StrContains(line.title(), word)) ++seen[word];
      }
      for (const v1::LineProperty& property : line.properties()) {
        if (property.name() == "尺码") ++seen["尺码 " + property.value()];
      }
      if (line.gift()) ++seen["gift"];
    }
    if (order.presale()) ++seen[order.has_final_paid_at() ? "presale paid" : "presale deposit"];
    if (!order.coupon_ids().empty()) ++seen["coupon"];
    if (!order.has_paid_at()) ++seen["unpaid"];
    for (const v1::Refund& refund : order.refunds()) {
      ++seen["refund"];
      ++seen[refund.amount_minor_units() < order.goods_paid_minor_units() ? "part of the order"
                                                                          : "the whole order"];
    }
    for (const v1::Review& review : order.reviews()) {
      ++seen[review.automatic() ? "auto" : "review"];
      ++seen[absl::StrCat("stars ", review.rating())];
    }
    ++seen[order.terminal()];
    for (const std::string& source : order.promotion_sources()) ++seen[source];
  }
  for (const char* feature : {"大学",
                              "医院",
                              "银行",
                              "政府",
                              "蕾丝",
                              "补水",
                              "铆钉",
                              "尺码 35码",
                              "尺码 80cm",
                              "gift",
                              "presale paid",
                              "presale deposit",
                              "coupon",
                              "unpaid",
                              "refund",
                              "part of the order",
                              "the whole order",
                              "auto",
                              "review",
                              "手机端",
                              "PC",
                              "聚划算",
                              "直播",
                              "搜索",
                              "淘宝客"}) {
    EXPECT_GT(seen[feature], 100) << feature;
  }
  for (int stars = 1; stars <= 5; ++stars) EXPECT_GT(seen[absl::StrCat("stars ", stars)], 20);
}

// The share of the whole that the largest tenth of `counts` has.
double ShareOfTopTenth(const std::map<std::string, int64_t>& counts) {
  std::vector<int64_t> sorted;
  int64_t sum = 0;
  for (const auto& [key, count] : counts) {
    sorted.push_back(count);
    sum += count;
  }
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  int64_t top = 0;
  for (size_t i = 0; i < sorted.size() / 10; ++i) top += sorted[i];
  return static_cast<double>(top) / static_cast<double>(sum);
}

TEST(DemoShop, IsSkewedLikeARealOne) {
  std::map<std::string, int64_t> orders_of_buyer, lines_of_product, orders_of_city;
  for (const v1::Order& order : WholeShop().orders) {
    ++orders_of_buyer[order.member_id()];
    ++orders_of_city[order.receiver_address().city()];
    for (const v1::OrderLine& line : order.lines()) ++lines_of_product[line.product_id()];
  }
  int64_t single = 0;
  for (const auto& [buyer, count] : orders_of_buyer) single += count == 1 ? 1 : 0;
  const auto buyers = static_cast<double>(orders_of_buyer.size());
  EXPECT_NEAR(buyers / 20'000, 0.77, 0.02) << "the others are prospects";
  EXPECT_NEAR(static_cast<double>(single) / buyers, 0.46, 0.02);
  EXPECT_GT(ShareOfTopTenth(orders_of_buyer), 0.35);
  EXPECT_GT(ShareOfTopTenth(lines_of_product), 0.25);
  int64_t largest_city = 0;
  for (const auto& [city, count] : orders_of_city) largest_city = std::max(largest_city, count);
  EXPECT_GT(orders_of_city.size(), 5u);
  EXPECT_GT(largest_city, static_cast<int64_t>(WholeShop().orders.size()) / 4);
}

}  // namespace
}  // namespace segmentation::cli
