// T71, T49: the naive evaluator and the SQL select the same members for every generated condition.
// Flags beside GoogleTest's: --conditions=N; --quotas: how often each test must occur and decide is
// checked too; --first: stops at the first difference, as it is found.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "server/storage/mysql/migrator.h"
#include "server/storage/mysql/mysql_store.h"
#include "tests/differential/differential_run.h"
#include "tests/support/mysql_server.h"
#include "tests/support/seed.h"

namespace segmentation::differential {
namespace {

int g_conditions = 2'000;
bool g_quotas = false;
bool g_first = false;

TEST(DifferentialTest, T71NaiveAndSqlSelectTheSameMembers) {
  RunOptions options;
  options.seed = testing_support::TestSeed();
  options.conditions = g_conditions;
  if (g_first) {
    options.max_mismatches = 1;
    options.max_shrink_steps = 0;
  }

  testing::TestDatabase database;
  ASSERT_TRUE(
      storage::mysql::Migrate(database.options(), storage::mysql::EmbeddedMigrations()).ok());
  storage::mysql::MysqlStoreOptions store_options;
  store_options.pool.connection = database.options();
  auto store = storage::mysql::MysqlStore::Open(store_options);
  ASSERT_TRUE(store.ok()) << store.status();
  // Every statement is run once, and is large: none is kept.
  storage::mysql::ConnectionOptions connection_options = database.options();
  connection_options.statement_cache_size = 1;
  connection_options.read_timeout = absl::Minutes(5);
  auto connection = storage::mysql::Connection::Open(connection_options);
  ASSERT_TRUE(connection.ok()) << connection.status();

  const absl::StatusOr<RunReport> report = DifferentialRun(options, **store, **connection).Run();
  ASSERT_TRUE(report.ok()) << "seed " << options.seed << ": " << report.status();
  std::cout << report->conditions << " conditions over " << report->shops << " shops, "
            << report->balanced * 100 / report->conditions << " % select 2 to 98 %, "
            << report->complements << " complements, " << report->de_morgan
            << " by De Morgan, features below quota: " << report->missing.size() << std::endl;
  for (const std::string& mismatch : report->mismatches) ADD_FAILURE() << mismatch;
  if (!report->mismatches.empty()) return;

  EXPECT_GE(report->conditions, g_conditions);
  EXPECT_GE(report->balanced * 100, report->conditions * 60);
  if (!g_quotas) return;
  EXPECT_GE(report->complements, 1'000);       // T01
  EXPECT_GE(report->double_negations, 1'000);  // T01
  EXPECT_GE(report->de_morgan, 1'000);
  for (const std::string& feature : report->missing) ADD_FAILURE() << "below quota: " << feature;
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
