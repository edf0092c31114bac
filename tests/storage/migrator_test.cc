#include "server/storage/mysql/migrator.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/storage/mysql/sql_error.h"
#include "tests/support/mysql_server.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestDatabase;

Reason ReasonOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? info->reason : Reason::RESULT_TOO_LARGE;
}

constexpr Migration kCreateA = {1, "0001_create_a",
                                "-- A comment; with a semicolon.\n"
                                "CREATE TABLE a (id INT PRIMARY KEY, /* x; */ v VARBINARY(9));\n"};
constexpr Migration kFillA = {2, "0002_fill_a", "INSERT INTO a VALUES (1, 'x;y'), (2, '-- no')"};
constexpr Migration kAlterA = {3, "0003_alter_a",
                               "ALTER TABLE a ADD COLUMN w INT NOT NULL DEFAULT 4"};
const std::vector<Migration> kThree = {kCreateA, kFillA, kAlterA};

class MigratorTest : public ::testing::Test {
 protected:
  absl::Status Run(const std::vector<Migration>& migrations) {
    ran_.clear();
    MigratorOptions options;
    options.lease_wait = absl::Seconds(30);
    options.on_step = [this](const Migration& step) { ran_.push_back(step.version); };
    return Migrate(database_.options(), migrations, options);
  }
  int64_t Number(std::string_view sql) {
    const auto rows = connection_->Query(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? (*rows)[0].Int64(0) : -1;
  }

  TestDatabase database_;
  std::unique_ptr<Connection> connection_ = database_.Connect();
  std::vector<int> ran_;
};

TEST_F(MigratorTest, RunsMissingStepsInOrderAndOnlyOnce) {
  absl::Status status = Run({kCreateA, kFillA});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ran_, ElementsAre(1, 2));
  status = Run(kThree);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(ran_, ElementsAre(3));
  status = Run(kThree);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(ran_.empty());
  EXPECT_EQ(Number("SELECT SUM(id)*100+SUM(w) FROM a"), 308);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM a WHERE v IN ('x;y', '-- no')"), 2);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM schema_migration WHERE done=1"), 3);
}

TEST_F(MigratorTest, CheckTellsVersionsAndTheCommand) {
  absl::Status status = CheckSchema(*connection_, kThree);
  EXPECT_EQ(ReasonOf(status), Reason::DATABASE_UNAVAILABLE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("found version 0, need 3"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("segmentd migrate"));
  ASSERT_TRUE(Run({kCreateA}).ok());
  status = CheckSchema(*connection_, kThree);
  EXPECT_THAT(std::string(status.message()), HasSubstr("found version 1, need 3"));
  ASSERT_TRUE(Run(kThree).ok());
  EXPECT_TRUE(CheckSchema(*connection_, kThree).ok());
  status = CheckSchema(*connection_, {kCreateA, kFillA});
  EXPECT_EQ(ReasonOf(status), Reason::DATABASE_UNAVAILABLE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("found version 3 (0003_alter_a)"));
}

TEST_F(MigratorTest, RefusesAStepWhoseTextHasChanged) {
  ASSERT_TRUE(Run({kCreateA}).ok());
  Migration changed = kCreateA;
  changed.sql = "CREATE TABLE a (id INT PRIMARY KEY, v VARBINARY(10))";
  const absl::Status status = Run({changed, kFillA});
  EXPECT_EQ(ReasonOf(status), Reason::RESOURCE_IN_USE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("0001_create_a"));
  EXPECT_TRUE(ran_.empty());
  EXPECT_EQ(ReasonOf(CheckSchema(*connection_, {changed, kFillA})), Reason::DATABASE_UNAVAILABLE);
}

TEST_F(MigratorTest, RefusesADatabaseOfANewerProgram) {
  ASSERT_TRUE(Run(kThree).ok());
  EXPECT_EQ(ReasonOf(Run({kCreateA, kFillA})), Reason::RESOURCE_IN_USE);
}

TEST_F(MigratorTest, RefusesListsWithGapsAndFilesOfSeveralStatements) {
  EXPECT_EQ(ReasonOf(Run({kFillA})), Reason::INTERNAL);
  EXPECT_EQ(ReasonOf(Run({kCreateA, kAlterA})), Reason::INTERNAL);
  for (const char* sql : {"", "-- nothing\n", "CREATE TABLE x (id INT); CREATE TABLE y (id INT)",
                          "CREATE TABLE x (id INT);; "}) {
    EXPECT_EQ(ReasonOf(Run({Migration{1, "0001_bad_file", sql}})), Reason::INTERNAL) << sql;
  }
  EXPECT_EQ(Number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema=DATABASE()"),
            0);
}

TEST_F(MigratorTest, FailedStepIsNamedAndRunsAgainOnceMended) {
  const Migration bad = {2, "0002_alter_missing", "ALTER TABLE missing ADD COLUMN x INT"};
  const absl::Status status = Run({kCreateA, bad});
  EXPECT_THAT(std::string(status.message()), HasSubstr("0002_alter_missing"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("1146"));
  EXPECT_FALSE(CheckSchema(*connection_, {kCreateA, bad}).ok());
  ASSERT_TRUE(connection_->ExecuteText("CREATE TABLE missing (id INT PRIMARY KEY)").ok());
  EXPECT_TRUE(Run({kCreateA, bad}).ok());
  EXPECT_THAT(ran_, ElementsAre(2));
}

TEST_F(MigratorTest, FailedDataStepLeavesNothingBehind) {
  const Migration twice = {2, "0002_fill_twice", "INSERT INTO a (id) VALUES (1), (2), (1)"};
  EXPECT_FALSE(Run({kCreateA, twice}).ok());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM a"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM schema_migration"), 1);
}

// A crash after a DDL statement and before its record: the statement runs again and is there.
TEST_F(MigratorTest, StepCutOffAfterItsStatementIsTakenAsDone) {
  ASSERT_TRUE(Run(kThree).ok());
  ASSERT_TRUE(connection_->Execute("UPDATE schema_migration SET done=0 WHERE version=3").ok());
  EXPECT_FALSE(CheckSchema(*connection_, kThree).ok());
  absl::Status status = Run(kThree);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(ran_, ElementsAre(3));

  ASSERT_TRUE(connection_->Execute("DELETE FROM schema_migration WHERE version>1").ok());
  ASSERT_TRUE(connection_->Execute("UPDATE schema_migration SET done=0").ok());
  status = Run({kCreateA});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Number("SELECT COUNT(*) FROM a"), 2);
  EXPECT_TRUE(CheckSchema(*connection_, {kCreateA}).ok());
}

TEST_F(MigratorTest, ManyMigratorsAtOnceRunEachStepOnce) {
  std::atomic<int> steps = 0;
  std::vector<absl::Status> statuses(4);
  std::vector<std::thread> threads;
  for (absl::Status& status : statuses) {
    threads.emplace_back([&] {
      MigratorOptions options;
      options.on_step = [&](const Migration&) { ++steps; };
      status = Migrate(database_.options(), kThree, options);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(steps, 3);
  EXPECT_TRUE(CheckSchema(*connection_, kThree).ok());
}

TEST_F(MigratorTest, LeaseOfALivingMigratorIsRespectedAndADeadOnesRunsOut) {
  ASSERT_TRUE(Run({kCreateA}).ok());
  constexpr std::string_view kHold =
      "UPDATE schema_lease SET owner='another', "
      "ends_at_ms=CAST(UNIX_TIMESTAMP(NOW(3))*1000 AS SIGNED)+?";
  ASSERT_TRUE(connection_->Execute(kHold, {600000}).ok());
  MigratorOptions options;
  options.lease_wait = absl::ZeroDuration();
  EXPECT_EQ(ReasonOf(Migrate(database_.options(), kThree, options)), Reason::WRITE_CONFLICT);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM schema_migration"), 1);
  ASSERT_TRUE(connection_->Execute(kHold, {300}).ok());
  options.lease_wait = absl::Seconds(60);
  EXPECT_TRUE(Migrate(database_.options(), kThree, options).ok());
}

TEST_F(MigratorTest, EmbeddedMigrationsAreTheFilesOfTheSourceTree) {
  const absl::Span<const Migration> embedded = EmbeddedMigrations();
  ASSERT_FALSE(embedded.empty());
  const absl::Status migrated = Migrate(database_.options(), embedded);
  ASSERT_TRUE(migrated.ok()) << migrated;
  EXPECT_TRUE(CheckSchema(*connection_, embedded).ok());
  // Every table can be replicated by a cluster and has one engine and one collation.
  EXPECT_EQ(Number("SELECT COUNT(*) FROM information_schema.tables AS t "
                   "WHERE t.table_schema=DATABASE() AND (t.engine<>'InnoDB' OR "
                   "t.table_collation<>'utf8mb4_bin' OR NOT EXISTS (SELECT 1 FROM "
                   "information_schema.table_constraints AS c WHERE c.table_schema=t.table_schema "
                   "AND c.table_name=t.table_name AND c.constraint_type='PRIMARY KEY'))"),
            0);
}

}  // namespace
}  // namespace segmentation::storage::mysql
