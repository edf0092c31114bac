// T71, T49: the naive evaluator, the index and the SQL select the same members for every generated
// condition.
// Flags beside GoogleTest's: --conditions=N; --quotas: how often each test must occur and decide is
// checked too; --first: stops at the first difference, as it is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/status_macros.h"
#include "server/storage/mysql/migrator.h"
#include "server/storage/mysql/mysql_store.h"
#include "tests/differential/differential_run.h"
#include "tests/support/law_cases.h"
#include "tests/support/mysql_server.h"
#include "tests/support/seed.h"

namespace segmentation::differential {
namespace {

int g_conditions = 2'000;
bool g_quotas = false;
bool g_first = false;

// Of every test there is, over all conditions.
constexpr Quotas kQuotas{200, 50};

void Add(const RunReport& report, RunReport* all) {
  all->conditions += report.conditions;
  all->shops += report.shops;
  all->whole_shop += report.whole_shop;
  all->each_member += report.each_member;
  all->balanced += report.balanced;
  all->complements += report.complements;
  all->double_negations += report.double_negations;
  all->de_morgan += report.de_morgan;
  all->mismatches.insert(all->mismatches.end(), report.mismatches.begin(), report.mismatches.end());
  all->missing.insert(all->missing.end(), report.missing.begin(), report.missing.end());
}

// Two at a time, each with shops and a connection of its own: the database is what takes the time.
constexpr int kWorkers = 2;

absl::StatusOr<RunReport> RunWorker(uint64_t seed, int worker, storage::Store& store,
                                    storage::mysql::ConnectionOptions connection_options) {
  RunOptions options;
  options.seed = seed + static_cast<uint64_t>(worker) * 500'000'003;
  options.conditions = g_conditions / kWorkers;
  options.quotas = {kQuotas.uses / kWorkers, kQuotas.deciding / kWorkers};
  options.demand_quotas = g_quotas;
  if (g_first) {
    options.max_mismatches = 1;
    options.max_shrink_steps = 0;
  }
  // Every statement is run once, and is large: none is kept.
  connection_options.statement_cache_size = 1;
  connection_options.read_timeout = absl::Minutes(5);
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::mysql::Connection> connection,
                   storage::mysql::Connection::Open(connection_options));
  return DifferentialRun(options, store, *connection).Run();
}

TEST(DifferentialTest, T71AllEvaluatorsSelectTheSameMembers) {
  const uint64_t seed = testing_support::TestSeed();
  testing::TestDatabase database;
  ASSERT_TRUE(
      storage::mysql::Migrate(database.options(), storage::mysql::EmbeddedMigrations()).ok());
  storage::mysql::MysqlStoreOptions store_options;
  store_options.pool.connection = database.options();
  auto store = storage::mysql::MysqlStore::Open(store_options);
  ASSERT_TRUE(store.ok()) << store.status();

  std::vector<std::future<absl::StatusOr<RunReport>>> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.push_back(std::async(std::launch::async, RunWorker, seed, worker, std::ref(**store),
                                 database.options()));
  }
  RunReport all;
  for (auto& worker : workers) {
    const absl::StatusOr<RunReport> report = worker.get();
    EXPECT_TRUE(report.ok()) << "seed " << seed << ": " << report.status();
    if (report.ok()) Add(*report, &all);
  }
  std::cout << all.conditions << " conditions over " << all.shops << " shops, " << all.whole_shop
            << " batches for whole shops, " << all.each_member << " member by member, "
            << all.balanced * 100 / std::max(all.conditions, 1) << " % select 2 to 98 %, "
            << all.complements << " complements, " << all.de_morgan
            << " by De Morgan, tests below quota: " << all.missing.size() << std::endl;
  for (const std::string& mismatch : all.mismatches) ADD_FAILURE() << mismatch;
  if (::testing::Test::HasFailure()) return;

  EXPECT_GE(all.conditions, g_conditions);
  EXPECT_GE(all.balanced * 100, all.conditions * 60);
  if (!g_quotas) return;
  testing_support::ExpectLawCases("T71", 20'000, all.conditions, seed);
  testing_support::ExpectLawCases("T01", 1'000, all.complements, seed);
  EXPECT_GE(all.double_negations, 1'000);  // T01
  EXPECT_GE(all.de_morgan, 1'000);
  for (const std::string& feature : all.missing) ADD_FAILURE() << "below quota: " << feature;
}

}  // namespace
}  // namespace segmentation::differential

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    constexpr std::string_view kConditions = "--conditions=";
    if (argument.substr(0, kConditions.size()) == kConditions) {
      segmentation::differential::g_conditions =
          std::atoi(std::string(argument.substr(kConditions.size())).c_str());
    } else if (argument == "--quotas") {
      segmentation::differential::g_quotas = true;
    } else if (argument == "--first") {
      segmentation::differential::g_first = true;
    } else {
      std::cerr << "unknown flag " << argument << std::endl;
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
