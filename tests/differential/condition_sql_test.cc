// The text the SQL evaluator writes, without a database: parameters, forbidden words, limits. What
// it means is held to the naive evaluator by tests/differential.
#include "server/storage/mysql/condition_sql.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "re2/re2.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/domain/condition/checker.h"
#include "tests/support/condition_generator.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"

namespace segmentation::storage::mysql {
namespace {

using domain::condition::AttributeLeaf;
using domain::condition::BoundGroup;
using domain::condition::BoundGroups;
using domain::condition::BoundNode;
using domain::condition::BoundOr;
using domain::condition::Node;
using domain::condition::Operator;

class ConditionSqlTest : public ::testing::Test {
 protected:
  absl::StatusOr<CompiledCondition> Compile(
      const BoundNode& condition, EvaluationForm form = EvaluationForm::kEachMember) const {
    return CompileCondition(7, {&condition, &groups_, &shop_.definitions, shop_.as_ofs.front()},
                            form);
  }
  BoundNode Bound(const Node& tree) const {
    absl::StatusOr<BoundNode> bound = domain::condition::Bind(tree, shop_.definitions);
    EXPECT_TRUE(bound.ok()) << bound.status();
    return *std::move(bound);
  }
  static Node IntegerList(int64_t size) {
    AttributeLeaf leaf{"children", Operator::kIn, {}};
    for (int64_t i = 0; i < size; ++i) leaf.literals.push_back({i, {}});
    return Node{std::move(leaf), {}};
  }
  static base::Reason ReasonOf(const absl::Status& status) {
    return base::GetErrorInfo(status)
        .value_or(base::ErrorInfo{base::Reason::INTERNAL, "", {}})
        .reason;
  }

  testing_support::GeneratedShop shop_ =
      testing_support::GenerateShop({.seed = 5, .member_count = 60});
  BoundGroups groups_;
};

// Every value is a parameter, every sub-query names its shop, and nothing is asked of the server
// that servers answer differently.
TEST_F(ConditionSqlTest, TextHasPlaceholdersOnlyAndNoForbiddenWord) {
  const uint64_t seed = testing_support::TestSeed();
  testing_support::ConditionGenerator generator(
      shop_.definitions,
      testing_support::CollectPools(shop_.definitions, shop_.members, shop_.orders),
      {shop_.as_ofs.front(), shop_.zone}, seed, {});
  const RE2 forbidden(R"((?i)\b(FLOAT|DOUBLE|LIKE|CONVERT_TZ|COLLATE|NOW|SYSDATE|RAND|REGEXP)\b)");
  for (int i = 0; i < 2'000; ++i) {
    const auto compiled =
        Compile(Bound(generator.Next().tree),
                i % 2 == 0 ? EvaluationForm::kEachMember : EvaluationForm::kWholeShop);
    ASSERT_TRUE(compiled.ok()) << "seed " << seed << ": " << compiled.status();
    const std::string& sql = compiled->sql;
    EXPECT_EQ(static_cast<size_t>(std::count(sql.begin(), sql.end(), '?')),
              compiled->params.size());
    EXPECT_FALSE(RE2::PartialMatch(sql, forbidden)) << sql;
    // The only quoted text is the empty one.
    std::string unquoted = sql;
    RE2::GlobalReplace(&unquoted, "''", "");
    EXPECT_EQ(unquoted.find_first_of("'\"`"), std::string::npos) << sql;
    // A derived table reads no table of its own; every other SELECT is bound to the shop.
    const auto count = [&](const std::string& word) {
      int found = 0;
      for (size_t at = sql.find(word); at != std::string::npos; at = sql.find(word, at + 1)) {
        ++found;
      }
      return found;
    };
    EXPECT_GE(count(".shop_no = ?"), count("SELECT ") - count("SELECT r.member_no") -
                                         count("SELECT v.member_no") - count("SELECT g.member_no"))
        << sql;
    EXPECT_GE(count("IS TRUE"), 1) << sql;
  }
}

// T51: the last size that is taken, and one more.
TEST_F(ConditionSqlTest, T51ValuesBeyondTheLimitAreRefused) {
  BoundOr lists;
  for (int i = 0; i < 6; ++i) lists.children.push_back(Bound(IntegerList(9'990)));
  // A leaf has a parameter for the shop and one for the attribute.
  const auto rest = static_cast<int64_t>(kMaxCompiledParams) - 6 * (9'990 + 2) - 2;
  lists.children.push_back(Bound(IntegerList(rest)));
  const auto full = Compile(BoundNode{lists});
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->params.size(), kMaxCompiledParams);
  lists.children.back() = Bound(IntegerList(rest + 1));
  const auto beyond = Compile(BoundNode{lists});
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(ReasonOf(beyond.status()), base::Reason::CONDITION_TOO_LARGE);
}

// T51: groups are written out where they are named; ten levels of two each are a thousand leaves.
TEST_F(ConditionSqlTest, T51GroupsThatGrowWithoutBoundAreRefused) {
  groups_.conditions[{1, std::nullopt}] = Bound(IntegerList(1));
  const auto twice = [](domain::GroupNo number) {
    return BoundNode{BoundOr{{BoundNode{BoundGroup{number, std::nullopt}},
                              BoundNode{BoundGroup{number, std::nullopt}}}}};
  };
  for (domain::GroupNo number = 2; number <= 30; ++number) {
    groups_.conditions[{number, std::nullopt}] = twice(number - 1);
  }
  EXPECT_TRUE(Compile(twice(9)).ok());
  const auto beyond = Compile(twice(30));
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(ReasonOf(beyond.status()), base::Reason::CONDITION_TOO_LARGE);
}

TEST_F(ConditionSqlTest, GroupsThatWereNotBoundAreTheCallersError) {
  const auto compiled = Compile(BoundNode{BoundGroup{99, std::nullopt}});
  ASSERT_FALSE(compiled.ok());
  EXPECT_EQ(ReasonOf(compiled.status()), base::Reason::INTERNAL);
}

}  // namespace
}  // namespace segmentation::storage::mysql
