// The laws of the text form over random trees.
#include <random>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/calendar.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/describe.h"
#include "server/domain/condition/normaliser.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/shape.h"
#include "tests/support/condition_generator.h"
#include "tests/support/law_cases.h"
#include "tests/support/seed.h"
#include "tests/unit/condition/example_shop.h"

namespace segmentation::domain::condition {
namespace {

constexpr int kCases = 3'000;

// Values for every kind of literal, as the example shop's members might have them.
testing_support::ValuePools SomePools() {
  testing_support::ValuePools pools;
  for (AttributeNo number : {kAttributeCity, kAttributeAddress, kAttributeName}) {
    pools.attributes[number] = {std::string("上海"), std::string("Beijing 路 1 号"),
                                std::string("it's")};
  }
  pools.attributes[kAttributeBirthday] = {int64_t{19'900'229}, int64_t{229}, int64_t{20'011'231}};
  pools.attributes[kAttributeAmountSpent] = {int64_t{0}, int64_t{12'345}, int64_t{30'000}};
  pools.rows[RowField::kTitle] = {std::string("蕾丝 Bra"), std::string("100% cotton")};
  pools.properties["尺码"] = {std::string("35码"), std::string("M")};
  pools.property_numbers["尺码"] = {int64_t{350'000}};
  return pools;
}

EvaluationContext SomeContext() {
  EvaluationContext context;
  context.zone = *base::LoadTimeZone("Asia/Shanghai", "zone");
  context.as_of = 1'731'390'000'000;  // 2024-11-12 13:40 in Shanghai
  return context;
}

// T43
TEST(ConditionLaw, ParseOfPrintIsTheTreeForAnyTree) {
  const uint64_t seed = testing_support::TestSeed();
  std::mt19937_64 random(seed);
  int deep = 0;
  for ([[maybe_unused]] const int i : testing_support::LawCases("T43", kCases, seed)) {
    const Node tree = testing_support::ArbitraryTree(random, 12);
    ASSERT_TRUE(CheckShape(tree).ok()) << CheckShape(tree) << "\n" << Print(tree);
    const std::string text = Print(tree);
    const absl::StatusOr<Node> parsed = Parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status() << "\n" << text;
    ASSERT_TRUE(*parsed == tree) << text << "\n" << Print(*parsed);
    ASSERT_EQ(Print(*parsed), text);
    deep += CountNodes(tree) > 8 ? 1 : 0;
  }
  EXPECT_GT(deep, kCases / 5) << "the trees are too small to show anything";
}

// T43, T42: well-typed conditions bind, before and after normalising, and stay themselves in text.
TEST(ConditionLaw, GeneratedConditionsBindAndSurviveTextAndNormalising) {
  const ShopDefinitions shop = ExampleShop();
  testing_support::ConditionGenerator generator(shop, SomePools(), SomeContext(),
                                                testing_support::TestSeed(), {});
  std::set<std::string> seen;
  for (int i = 0; i < kCases; ++i) {
    const auto [tree, features] = generator.Next();
    seen.insert(features.begin(), features.end());
    const std::string text = Print(tree);
    const absl::StatusOr<Node> parsed = Parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status() << "\n" << text;
    ASSERT_TRUE(*parsed == tree) << text;
    const absl::StatusOr<BoundNode> bound = Bind(tree, shop);
    ASSERT_TRUE(bound.ok()) << bound.status() << "\n" << text;
    const Node normal = Normalise(tree, shop);
    ASSERT_TRUE(CheckShape(normal).ok()) << text;
    ASSERT_TRUE(Bind(normal, shop).ok()) << Print(normal);
    ASSERT_TRUE(Normalise(normal, shop) == normal) << text << "\n" << Print(normal);
    ASSERT_LE(CountNodes(normal), CountNodes(tree)) << text;
    ASSERT_FALSE(Describe(tree, shop, Language::kEnglish).empty());
    ASSERT_FALSE(Describe(tree, shop, Language::kChinese).empty());
  }
  for (const std::string& feature : generator.AllFeatures()) {
    EXPECT_TRUE(seen.contains(feature)) << feature;
  }
}

// Text of any bytes is refused or read, never more.
TEST(ConditionLaw, DamagedTextIsRefusedOrReadAgainAsItself) {
  std::mt19937_64 random(testing_support::TestSeed());
  int refused = 0;
  for (int i = 0; i < kCases; ++i) {
    std::string text = Print(testing_support::ArbitraryTree(random, 4));
    for (int edits = static_cast<int>(random() % 3) + 1; edits > 0 && !text.empty(); --edits) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text.erase(at, 1 + random() % 4);
          break;
        case 1:
          text.insert(at, 1, static_cast<char>(random() % 256));
          break;
        default:
          text[at] = "()',=<>@ 0aN"[random() % 12];
      }
    }
    const absl::StatusOr<Node> parsed = Parse(text);
    if (!parsed.ok()) {
      ++refused;
      continue;
    }
    const absl::StatusOr<Node> again = Parse(Print(*parsed));
    ASSERT_TRUE(again.ok()) << again.status() << "\n" << text;
    ASSERT_TRUE(*again == *parsed) << text;
  }
  EXPECT_GT(refused, kCases / 4);
}

}  // namespace
}  // namespace segmentation::domain::condition
