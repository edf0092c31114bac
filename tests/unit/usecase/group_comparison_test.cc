// T71: the index counts the overlaps of random conditions as the rows do, pair by pair.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/domain/condition/printer.h"
#include "server/usecase/group_query_usecase.h"
#include "tests/support/condition_generator.h"
#include "tests/support/generator_random.h"
#include "tests/support/law_cases.h"
#include "tests/support/seed.h"
#include "tests/unit/usecase/indexed_shop.h"

namespace segmentation::usecase {
namespace {

class GroupComparisonTest : public IndexedShopTest {
 protected:
  void Remember() override {
    by_index_ = std::make_unique<GroupQueryUsecase>(*reader_, indexes_.get());
    by_rows_ = std::make_unique<GroupQueryUsecase>(*reader_);
  }
  void Forget() override {
    by_index_.reset();
    by_rows_.reset();
  }
  std::unique_ptr<GroupQueryUsecase> by_index_, by_rows_;
};

bool Same(const std::vector<ComparedTotal>& a, const std::vector<ComparedTotal>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ComparedTotal& one, const ComparedTotal& other) {
                      return one.text == other.text && one.member_count == other.member_count &&
                             one.alone_count == other.alone_count;
                    });
}

TEST_F(GroupComparisonTest, T71OverlapsAreCountedAsTheRowsSay) {
  const uint64_t seed = testing_support::TestSeed();
  testing_support::GeneratorRandom random(seed);
  std::unique_ptr<testing_support::ConditionGenerator> generator;
  int64_t overlaps = 0;
  for (const int i : testing_support::LawCases("T71", 1'000, seed)) {
    if (i % 250 == 0) {
      Start(seed + static_cast<uint64_t>(i), 60);
      PutRandomGroups(8, seed + static_cast<uint64_t>(i));
      if (HasFatalFailure()) return;
      read_.as_of_ms = random.Pick(generated_.as_ofs);
      generator = std::make_unique<testing_support::ConditionGenerator>(
          generated_.definitions,
          testing_support::CollectPools(generated_.definitions, generated_.members,
                                        generated_.orders),
          domain::condition::EvaluationContext{*read_.as_of_ms, generated_.zone},
          seed + static_cast<uint64_t>(i),
          testing_support::ConditionGenerator::Options{.max_leaves = 2});
    }
    const auto any_side = [&] {
      ComparedInput side;
      if (random.Percent(20)) {
        auto group = generated_.definitions.groups.begin();
        std::advance(group,
                     random.Below(static_cast<int64_t>(generated_.definitions.groups.size())));
        side.group_id = group->second.id;
      } else {
        side.condition = generator->Next().tree;
      }
      return side;
    };
    std::vector<ComparedInput> rows, columns;
    for (int64_t n = random.Between(1, 3); n > 0; --n) rows.push_back(any_side());
    for (int64_t n = random.Between(0, 2); n > 0; --n) columns.push_back(any_side());
    std::optional<ComparedInput> within;
    if (random.Percent(50)) within = any_side();
    const auto indexed = by_index_->Compare(context_, rows, columns, within, read_);
    const auto counted = by_rows_->Compare(context_, rows, columns, within, read_);
    ASSERT_TRUE(indexed.ok()) << indexed.status();
    ASSERT_TRUE(counted.ok()) << counted.status();
    EXPECT_TRUE(Same(indexed->rows, counted->rows));
    EXPECT_TRUE(Same(indexed->columns, counted->columns));
    EXPECT_EQ(indexed->cells, counted->cells);
    EXPECT_EQ(indexed->within_count, counted->within_count);
    EXPECT_EQ(indexed->neither_count, counted->neither_count);
    for (const int64_t cell : indexed->cells) overlaps += cell;
    if (HasFailure()) {
      for (const ComparedTotal& row : indexed->rows) std::cout << "row " << row.text << "\n";
      for (const ComparedTotal& one : indexed->columns) std::cout << "column " << one.text << "\n";
      return;
    }
  }
  EXPECT_GT(overlaps, 1'000);
}

}  // namespace
}  // namespace segmentation::usecase
