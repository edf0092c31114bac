// T71, T49: the index selects the members that the naive evaluator does, for any condition, also
// after members and orders were changed, page by page, and in versions published before.
#include "server/audience/condition_plan.h"

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "server/audience/root_writer.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/naive_evaluator.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/domain/order_policy.h"
#include "tests/support/condition_generator.h"
#include "tests/support/law_cases.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"

namespace segmentation::audience {
namespace {

using domain::MemberNo;
using domain::condition::BoundNode;
using testing_support::GeneratedShop;

absl::Status StillWanted() { return absl::OkStatus(); }

std::vector<domain::Order> OrdersOf(const GeneratedShop& shop, MemberNo member_no) {
  const auto orders = shop.OrdersOf(member_no);
  return {orders.begin(), orders.end()};
}

// Gives the members numbers on both sides of the edges of pages and blocks.
void Scatter(GeneratedShop* shop) {
  std::vector<MemberNo> numbers;
  const auto count = static_cast<MemberNo>(shop->members.size());
  for (const MemberNo edge : {256u, 4'096u, 65'536u, 64u * 4'096u, 64u * 65'536u}) {
    for (MemberNo i = 0; i < count / 5 + 1; ++i) numbers.push_back(edge - count / 10 + i);
  }
  std::map<MemberNo, MemberNo> now;
  for (size_t i = 0; i < shop->members.size(); ++i) {
    now[shop->members[i].number] = numbers[i];
    shop->members[i].number = numbers[i];
  }
  for (domain::Order& order : shop->orders) order.member_no = now.at(order.member_no);
}

void PutAll(const GeneratedShop& shop, RootWriter* writer) {
  for (const domain::Member& member : shop.members) {
    writer->PutMember(member, shop.definitions);
    writer->PutOrders(member.number, OrdersOf(shop, member.number));
  }
}

std::vector<MemberNo> SelectNaively(const GeneratedShop& shop,
                                    const domain::condition::Population& population,
                                    const BoundNode& condition, base::InstantMs as_of) {
  const auto evaluator = domain::condition::NaiveEvaluator::Create(
      condition, {{as_of, shop.zone}, &shop.definitions, nullptr, &population});
  std::vector<MemberNo> members;
  for (const domain::condition::MemberFacts& facts : population.members()) {
    if (evaluator->Selects(facts)) members.push_back(facts.member.number);
  }
  return members;
}

// Compares `cases` random conditions over a shop.
void Compare(const GeneratedShop& shop, const std::shared_ptr<const ShopRoot>& root, int cases,
             uint64_t seed) {
  const base::InstantMs as_of = shop.as_ofs[seed % shop.as_ofs.size()];
  testing_support::ConditionGenerator generator(
      shop.definitions, testing_support::CollectPools(shop.definitions, shop.members, shop.orders),
      {as_of, shop.zone}, seed, {.max_leaves = 6, .groups = false});
  const domain::condition::Population population(shop.Facts());
  for (int i = 0; i < cases; ++i) {
    const domain::condition::Node tree = generator.Next().tree;
    const auto bound = domain::condition::Bind(tree, shop.definitions);
    ASSERT_TRUE(bound.ok()) << bound.status();
    auto plan = ConditionPlan::Make(root, {&*bound, nullptr, &shop.definitions, as_of}, shop.zone);
    ASSERT_TRUE(plan.ok()) << plan.status();
    const std::vector<MemberNo> naive = SelectNaively(shop, population, *bound, as_of);
    const auto members = plan->Members(StillWanted);
    ASSERT_TRUE(members.ok()) << members.status();
    ASSERT_EQ(*members, naive) << "seed " << seed << ", shop " << shop.seed << ": "
                               << domain::condition::Print(tree);
    ASSERT_EQ(*plan->Count(StillWanted), static_cast<int64_t>(naive.size()));
    if (naive.empty()) continue;
    ASSERT_TRUE(plan->Selects(naive.front())) << domain::condition::Print(tree);
  }
}

TEST(ConditionPlanTest, T71SelectsWhatTheNaiveEvaluatorDoes) {
  const uint64_t seed = testing_support::TestSeed();
  for (const int i : testing_support::LawCases("T71 T49", 1'000, seed)) {
    static GeneratedShop shop;
    static std::shared_ptr<const ShopRoot> root;
    if (i % 50 == 0) {
      shop = testing_support::GenerateShop({seed + static_cast<uint64_t>(i), 300 + i % 7 * 40});
      if (i % 100 == 0) Scatter(&shop);
      RootWriter writer;
      PutAll(shop, &writer);
      root = writer.Publish(1, 0);
    }
    Compare(shop, root, 4, seed + static_cast<uint64_t>(i));
    if (HasFatalFailure()) return;
  }
}

// The facts of one shop give way to those of another, member by member; what was published in
// between stays as it was.
TEST(ConditionPlanTest, ChangesShowInTheNextVersionAlone) {
  const uint64_t seed = testing_support::TestSeed();
  GeneratedShop shop = testing_support::GenerateShop({seed, 400});
  GeneratedShop other = testing_support::GenerateShop({seed + 1, 400});
  Scatter(&shop);
  Scatter(&other);
  RootWriter writer;
  PutAll(shop, &writer);
  const std::shared_ptr<const ShopRoot> before = writer.Publish(1, 0);
  const GeneratedShop shop_before = shop;

  testing_support::GeneratorRandom random(seed);
  std::vector<domain::Order> orders;
  for (size_t i = 0; i < shop.members.size(); ++i) {
    domain::Member& member = shop.members[i];
    std::vector<domain::Order> own = OrdersOf(shop, member.number);
    if (random.Percent(30)) {
      const domain::Member& taken = other.members[i];
      member.attributes = taken.attributes;
      member.consents = taken.consents;
      member.identities = taken.identities;
      member.tags = taken.tags;
      member.blocked = taken.blocked;
      own = OrdersOf(other, member.number);
      // The other shop may lie in another zone, where an order's day is another.
      for (domain::Order& order : own) {
        domain::ApplyPolicy(shop.definitions.policy, shop.zone, order);
      }
      writer.PutMember(member, shop.definitions);
      writer.PutOrders(member.number, own);
    }
    orders.insert(orders.end(), own.begin(), own.end());
  }
  shop.orders = std::move(orders);
  const std::shared_ptr<const ShopRoot> after = writer.Publish(2, 0);
  Compare(shop, after, 1'500, seed);
  Compare(shop_before, before, 1'500, seed);
}

TEST(ConditionPlanTest, RemovedMembersAreSelectedByNothing) {
  const uint64_t seed = testing_support::TestSeed();
  GeneratedShop shop = testing_support::GenerateShop({seed, 300});
  RootWriter writer;
  PutAll(shop, &writer);
  writer.Publish(1, 0);
  std::vector<domain::Member> kept;
  std::vector<domain::Order> orders;
  for (domain::Member& member : shop.members) {
    if (member.number % 3 == 0) {
      writer.RemoveMember(member.number);
      continue;
    }
    const std::vector<domain::Order> own = OrdersOf(shop, member.number);
    orders.insert(orders.end(), own.begin(), own.end());
    kept.push_back(std::move(member));
  }
  shop.members = std::move(kept);
  shop.orders = std::move(orders);
  Compare(shop, writer.Publish(2, 0), 1'000, seed);

  // One that comes back has nothing of what it had.
  domain::Member back;
  back.number = 3;
  back.id = "back";
  writer.PutMember(back, shop.definitions);
  shop.members.insert(shop.members.begin() + 2, back);
  Compare(shop, writer.Publish(3, 0), 1'000, seed + 1);
}

// Sums that no column can hold are read from the orders, also after others of their page changed.
TEST(ConditionPlanTest, SumsBeyondTheColumnsStayRight) {
  const uint64_t seed = testing_support::TestSeed();
  GeneratedShop shop = testing_support::GenerateShop({seed, 100});
  domain::Order huge;
  huge.member_no = 1;
  huge.source = "tmall";
  huge.measure.counted_from = huge.measure.order_at = huge.created_at = shop.as_ofs.front();
  huge.measure.paid_minor = INT64_MAX / 3 * 2;
  std::erase_if(shop.orders, [](const domain::Order& order) { return order.member_no == 1; });
  for (domain::OrderNo number = 1; number <= 2; ++number) {
    huge.number = number;
    shop.orders.insert(shop.orders.begin() + number - 1, huge);
  }
  RootWriter writer;
  PutAll(shop, &writer);
  writer.Publish(1, 0);
  writer.PutOrders(2, OrdersOf(shop, 2));  // the page is built anew
  const std::shared_ptr<const ShopRoot> root = writer.Publish(2, 0);
  const auto bound =
      domain::condition::Bind(*domain::condition::Parse("amount_spent >= 1"), shop.definitions);
  ASSERT_TRUE(bound.ok()) << bound.status();
  const base::InstantMs as_of = shop.as_ofs.back();
  auto plan = ConditionPlan::Make(root, {&*bound, nullptr, &shop.definitions, as_of}, shop.zone);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_TRUE(plan->Selects(1));
  const domain::condition::Population population(shop.Facts());
  EXPECT_EQ(*plan->Members(StillWanted), SelectNaively(shop, population, *bound, as_of));
}

// Groups that name each other often are made and filled once each.
TEST(ConditionPlanTest, T47ManyReferencesToOneGroupCostNoMoreThanOne) {
  using domain::condition::BoundGroup;
  const uint64_t seed = testing_support::TestSeed();
  const GeneratedShop shop = testing_support::GenerateShop({seed, 300});
  RootWriter writer;
  PutAll(shop, &writer);
  const std::shared_ptr<const ShopRoot> root = writer.Publish(1, 0);
  const base::InstantMs as_of = shop.as_ofs.front();
  domain::condition::BoundGroups groups;
  constexpr domain::GroupNo kGroups = 200;
  const auto first =
      domain::condition::Bind(*domain::condition::Parse("number_of_orders >= 1"), shop.definitions);
  ASSERT_TRUE(first.ok()) << first.status();
  groups.conditions[{1, std::nullopt}] = *first;
  for (domain::GroupNo group = 2; group <= kGroups; ++group) {
    const BoundNode before{BoundGroup{group - 1, std::nullopt}};
    groups.conditions[{group, std::nullopt}] =
        BoundNode{domain::condition::BoundOr{{before, before}}};
  }
  const BoundNode last{BoundGroup{kGroups, std::nullopt}};
  auto plan = ConditionPlan::Make(root, {&last, &groups, &shop.definitions, as_of}, shop.zone);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const domain::condition::Population population(shop.Facts());
  EXPECT_EQ(*plan->Members(StillWanted), SelectNaively(shop, population, *first, as_of));

  groups.conditions[{1, std::nullopt}] = last;
  EXPECT_FALSE(
      ConditionPlan::Make(root, {&last, &groups, &shop.definitions, as_of}, shop.zone).ok());
}

}  // namespace
}  // namespace segmentation::audience
