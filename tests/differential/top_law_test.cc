// T33 [law]: TOP and its complement over random shops, by the naive evaluator.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/naive_evaluator.h"
#include "tests/support/law_cases.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"

namespace segmentation::differential {
namespace {

using domain::MemberNo;
using domain::condition::BoundNode;
using domain::condition::BoundTop;
using domain::condition::EvaluationContext;
using domain::condition::MemberFacts;
using domain::condition::Node;
using domain::condition::Population;
using domain::condition::TopLeaf;

constexpr int kCases = 1'200;
constexpr int kCasesPerShop = 24;

class TopLaw {
 public:
  TopLaw(const testing_support::GeneratedShop& shop, uint64_t seed) : shop_(shop), random_(seed) {
    for (const domain::Attribute* attribute : domain::AttributeCatalogue(shop.definitions).All()) {
      const TopLeaf leaf{TopLeaf::Unit::kCount, 1, attribute->name};
      if (domain::condition::Bind(Node{leaf, {}}, shop.definitions).ok()) {
        attributes_.push_back(attribute->name);
      }
    }
  }

  void CheckOnce() {
    const std::string& attribute = attributes_[random_() % attributes_.size()];
    const EvaluationContext context{shop_.as_ofs[random_() % shop_.as_ofs.size()], shop_.zone};
    const auto top = [&](const Population& population, TopLeaf::Unit unit, int64_t amount) {
      const BoundNode bound =
          *domain::condition::Bind(Node{TopLeaf{unit, amount, attribute}, {}}, shop_.definitions);
      return population.Top(std::get<BoundTop>(bound.body), context);
    };
    std::vector<MemberFacts> facts = shop_.Facts();
    const Population in_order(facts);
    std::vector<size_t> order(facts.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random_);
    std::vector<MemberFacts> shuffled;
    for (size_t i : order) shuffled.push_back(facts[i]);
    const Population arrived(shuffled);

    const auto everybody = static_cast<int64_t>(facts.size());
    const std::set<MemberNo> ranked = top(in_order, TopLeaf::Unit::kCount, everybody);
    const auto n = static_cast<int64_t>(ranked.size());
    const auto small = static_cast<int64_t>(1 + random_() % 9'999);
    const auto large = small + static_cast<int64_t>(random_() % (10'001 - small));
    const std::set<MemberNo> tier = top(in_order, TopLeaf::Unit::kPercent, small);
    const std::set<MemberNo> wider = top(in_order, TopLeaf::Unit::kPercent, large);
    // k = ceil(n × p / 100), in integers.
    const auto k = static_cast<int64_t>(tier.size());
    EXPECT_GE(k * 10'000, n * small) << attribute;
    EXPECT_LT((k - 1) * 10'000, n * small + (n == 0 ? 10'000 : 0)) << attribute;
    // A tier lies within every wider one, the widest is the population.
    EXPECT_TRUE(std::includes(wider.begin(), wider.end(), tier.begin(), tier.end())) << attribute;
    EXPECT_EQ(top(in_order, TopLeaf::Unit::kPercent, 10'000), ranked) << attribute;
    // The same whatever the order of arrival.
    EXPECT_EQ(top(arrived, TopLeaf::Unit::kPercent, small), tier) << attribute;
    const int64_t count = std::max<int64_t>(k, 1);
    EXPECT_EQ(top(arrived, TopLeaf::Unit::kCount, count),
              top(in_order, TopLeaf::Unit::kCount, count))
        << attribute;
  }

 private:
  const testing_support::GeneratedShop& shop_;
  std::mt19937_64 random_;
  std::vector<std::string> attributes_;
};

TEST(TopLawTest, T33TiersAreNestedAndIndependentOfArrival) {
  const uint64_t seed = testing_support::TestSeed();
  std::optional<testing_support::GeneratedShop> shop;
  std::optional<TopLaw> law;
  testing_support::ShopGeneratorOptions options;
  for (const int i : testing_support::LawCases("T33", kCases, seed)) {
    if (i % kCasesPerShop == 0) {
      options.seed = seed + static_cast<uint64_t>(i / kCasesPerShop);
      options.member_count = 20 + i / kCasesPerShop;
      law.reset();
      shop = testing_support::GenerateShop(options);
      law.emplace(*shop, options.seed);
    }
    law->CheckOnce();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << options.seed;
  }
}

}  // namespace
}  // namespace segmentation::differential
