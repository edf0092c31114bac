#include "server/storage/mysql/connection.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/storage/mysql/multi_row_statement.h"
#include "server/storage/mysql/server_check.h"
#include "server/storage/mysql/sql_error.h"
#include "tests/support/mysql_server.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;
using ::testing::HasSubstr;
using testing::TestDatabase;

Reason ReasonOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? info->reason : Reason::RESULT_TOO_LARGE;
}

class ConnectionTest : public ::testing::Test {
 protected:
  void Create(std::string_view table) {
    const absl::Status status = connection_->ExecuteText(table);
    ASSERT_TRUE(status.ok()) << status;
  }
  ResultSet Read(std::string_view sql, std::initializer_list<Parameter> params = {}) {
    absl::StatusOr<ResultSet> rows = connection_->Query(sql, params);
    EXPECT_TRUE(rows.ok()) << rows.status() << "\n" << sql;
    return rows.ok() ? *std::move(rows) : ResultSet();
  }

  TestDatabase database_;
  std::unique_ptr<Connection> connection_ = database_.Connect();
};

TEST_F(ConnectionTest, RoundTripsNumbersAtTheEdgesOfTheirRange) {
  Create("CREATE TABLE n (id INT PRIMARY KEY, s BIGINT, u BIGINT UNSIGNED, t TINYINT UNSIGNED)");
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr std::string_view kInsert = "INSERT INTO n VALUES (?,?,?,?)";
  ASSERT_TRUE(connection_->Execute(kInsert, {1, kMin, uint64_t{kMax}, 255}).ok());
  ASSERT_TRUE(connection_->Execute(kInsert, {2, kMax, 0, 0}).ok());
  ASSERT_TRUE(connection_->Execute(kInsert, {3, std::nullopt, std::nullopt, std::nullopt}).ok());
  ASSERT_TRUE(connection_->ExecuteText("INSERT INTO n VALUES (4,0,18446744073709551615,0)").ok());
  const ResultSet rows = Read("SELECT s, u, t FROM n ORDER BY id");
  ASSERT_EQ(rows.row_count(), 4u);
  EXPECT_EQ(rows[0].Int64(0), kMin);
  EXPECT_EQ(rows[0].UInt64(1), uint64_t{kMax});
  EXPECT_EQ(rows[0].Int64(1), kMax);
  EXPECT_EQ(rows[0].Int64(2), 255);
  EXPECT_EQ(rows[1].Int64(0), kMax);
  EXPECT_TRUE(rows[2].IsNull(0));
  EXPECT_EQ(rows[2].OptionalInt64(1), std::nullopt);
  EXPECT_EQ(rows[3].UInt64(1), std::numeric_limits<uint64_t>::max());
}

TEST_F(ConnectionTest, ReadsSumsAverageAndDatesAsDocumented) {
  const ResultSet rows = Read(
      "SELECT SUM(x), AVG(x), CAST('12345678901234567890.25' AS DECIMAL(40,2)), 1e-9, "
      "CAST('2024-02-29' AS DATE), CAST('0001-01-01 00:00:00.000' AS DATETIME(3)), "
      "CAST('9999-12-31 23:59:59.123' AS DATETIME(3)), COUNT(*) "
      "FROM (SELECT 1 AS x UNION ALL SELECT 2) AS t");
  EXPECT_EQ(rows[0].Int64(0), 3);
  EXPECT_EQ(rows[0].Text(1), "1.5000");
  EXPECT_EQ(rows[0].Text(2), "12345678901234567890.25");
  EXPECT_EQ(std::stod(std::string(rows[0].Text(3))), 1e-9);
  EXPECT_EQ(rows[0].Text(4), "2024-02-29");
  EXPECT_EQ(rows[0].Text(5), "0001-01-01 00:00:00");
  EXPECT_THAT(std::string(rows[0].Text(6)), HasSubstr("9999-12-31 23:59:59.123"));
  EXPECT_EQ(rows[0].Int64(7), 2);
}

TEST_F(ConnectionTest, CountsRowsMatchedAndUpsertsAsDocumented) {
  Create("CREATE TABLE c (id INT PRIMARY KEY, v INT)");
  constexpr std::string_view kUpsert =
      "INSERT INTO c VALUES (1, ?) ON DUPLICATE KEY UPDATE v=VALUES(v)";
  EXPECT_EQ(*connection_->Execute(kUpsert, {5}), 1u);
  EXPECT_EQ(*connection_->Execute(kUpsert, {6}), 2u);
  EXPECT_EQ(*connection_->Execute(kUpsert, {6}), 1u);
  EXPECT_EQ(*connection_->Execute("UPDATE c SET v=? WHERE id=1", {6}), 1u);
  EXPECT_EQ(*connection_->Execute("UPDATE c SET v=? WHERE id=2", {6}), 0u);
}

TEST_F(ConnectionTest, CommitsAndRollsBack) {
  Create("CREATE TABLE c (id INT PRIMARY KEY)");
  ASSERT_TRUE(connection_->Begin().ok());
  EXPECT_TRUE(connection_->in_transaction());
  ASSERT_TRUE(connection_->Execute("INSERT INTO c VALUES (?)", {1}).ok());
  ASSERT_TRUE(connection_->Commit().ok());
  EXPECT_FALSE(connection_->in_transaction());
  ASSERT_TRUE(connection_->Begin().ok());
  ASSERT_TRUE(connection_->Execute("INSERT INTO c VALUES (?)", {2}).ok());
  ASSERT_TRUE(connection_->Rollback().ok());
  const std::unique_ptr<Connection> other = database_.Connect();
  EXPECT_EQ((*other->Query("SELECT COUNT(*), MAX(id) FROM c"))[0].Int64(0), 1);
  EXPECT_TRUE(connection_->Rollback().ok());  // none is open: nothing to undo
  EXPECT_EQ(ReasonOf(connection_->Commit()), Reason::INTERNAL);
}

TEST_F(ConnectionTest, RefusesWhatWouldCommitByTheWay) {
  Create("CREATE TABLE c (id INT PRIMARY KEY)");
  ASSERT_TRUE(connection_->Begin().ok());
  ASSERT_TRUE(connection_->Execute("INSERT INTO c VALUES (?)", {1}).ok());
  EXPECT_EQ(ReasonOf(connection_->Begin()), Reason::INTERNAL);
  EXPECT_EQ(ReasonOf(connection_->ExecuteText("CREATE TABLE d (id INT PRIMARY KEY)")),
            Reason::INTERNAL);
  ASSERT_TRUE(connection_->Rollback().ok());
  EXPECT_EQ(Read("SELECT COUNT(*) FROM c")[0].Int64(0), 0);
}

TEST_F(ConnectionTest, SnapshotSeesOneMomentAndLeavesReadCommitted) {
  Create("CREATE TABLE c (id INT PRIMARY KEY)");
  const std::unique_ptr<Connection> writer = database_.Connect();
  constexpr std::string_view kCount = "SELECT COUNT(*) FROM c";
  ASSERT_TRUE(connection_->BeginSnapshot().ok());
  ASSERT_TRUE(writer->Execute("INSERT INTO c VALUES (1)").ok());
  EXPECT_EQ(Read(kCount)[0].Int64(0), 0);
  EXPECT_FALSE(connection_->Execute("INSERT INTO c VALUES (7)").ok());  // read only
  ASSERT_TRUE(connection_->Rollback().ok());

  // The next transaction is at READ COMMITTED again: it sees what is committed meanwhile.
  ASSERT_TRUE(connection_->Begin().ok());
  EXPECT_EQ(Read(kCount)[0].Int64(0), 1);
  ASSERT_TRUE(writer->Execute("INSERT INTO c VALUES (2)").ok());
  EXPECT_EQ(Read(kCount)[0].Int64(0), 2);
  ASSERT_TRUE(connection_->Execute("INSERT INTO c VALUES (3)").ok());
  ASSERT_TRUE(connection_->Commit().ok());
}

TEST_F(ConnectionTest, KeepsAtMostTheConfiguredStatements) {
  ConnectionOptions options = database_.options();
  options.statement_cache_size = 4;
  const std::unique_ptr<Connection> small = *Connection::Open(options);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) {
      const auto rows = small->Query(base::StrCat("SELECT ", i, " + ?"), {100});
      ASSERT_TRUE(rows.ok()) << rows.status();
      EXPECT_EQ((*rows)[0].Int64(0), 100 + i);
      EXPECT_LE(small->cached_statement_count(), 4);
    }
  }
  EXPECT_EQ(small->cached_statement_count(), 4);
  // The server holds no more either.
  const auto held = small->QueryText("SHOW SESSION STATUS LIKE 'Prepared_stmt_count'");
  ASSERT_TRUE(held.ok());
}

TEST_F(ConnectionTest, SplitsManyRowsIntoFixedSizes) {
  Create("CREATE TABLE m (a INT NOT NULL, b VARBINARY(20) NOT NULL, PRIMARY KEY (a))");
  const MultiRowStatement insert("INSERT INTO m (a, b) VALUES ", "(?,?)",
                                 " ON DUPLICATE KEY UPDATE b=VALUES(b)");
  const MultiRowStatement select("SELECT a, b FROM m WHERE a>=? AND a IN (", "?",
                                 ") AND b<>? ORDER BY a");
  for (const size_t count : {0, 1, 7, 8, 9, 31, 32, 33, 127, 128, 129, 511, 512, 513, 1100}) {
    ASSERT_TRUE(connection_->Execute("DELETE FROM m").ok());
    Params rows;
    Params keys;
    for (size_t i = 0; i < count; ++i) {
      rows.emplace_back(i);
      rows.emplace_back(base::StrCat("row ", i));
      keys.emplace_back(i);
    }
    const auto affected = insert.Execute(*connection_, rows);
    ASSERT_TRUE(affected.ok()) << affected.status();
    EXPECT_EQ(*affected, count);
    const auto found = select.Query(*connection_, keys, {Parameter(0)}, {Parameter("no such row")});
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->row_count(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ((*found)[i].UInt64(0), i);
      EXPECT_EQ((*found)[i].Text(1), base::StrCat("row ", i));
    }
  }
  // Five sizes a statement, however many rows there were.
  EXPECT_LE(connection_->cached_statement_count(), 12);
}

TEST_F(ConnectionTest, LeavesOutSizesAboveThePlaceholderLimit) {
  std::string row = "(?";
  for (int i = 1; i < 200; ++i) row += ",?";
  row += ")";
  const MultiRowStatement wide("INSERT INTO w VALUES ", row);
  EXPECT_EQ(wide.SqlForSize(512), "");  // 102,400 placeholders
  EXPECT_NE(wide.SqlForSize(128), "");
  EXPECT_EQ(wide.placeholders_per_row(), 200u);
  Params some(201, Parameter(1));
  EXPECT_EQ(ReasonOf(wide.Execute(*connection_, some).status()), Reason::INTERNAL);
}

TEST_F(ConnectionTest, TellsTheServerAndItsVersion) {
  const ServerVersion& version = connection_->server_version();
  EXPECT_EQ(version.kind == ServerKind::kMariaDb, testing::MysqlServer::Shared().is_maria());
  EXPECT_GE(version.major, 8);
  EXPECT_GT(connection_->server_session_id(), 0);
}

TEST(ServerVersionTest, ParsesBothServersAndRefusesOthers) {
  const auto maria = ParseServerVersion("10.11.6-MariaDB-0+deb12u1");
  ASSERT_TRUE(maria.ok());
  EXPECT_EQ(maria->kind, ServerKind::kMariaDb);
  EXPECT_EQ(maria->major * 10000 + maria->minor * 100 + maria->patch, 101106);
  const auto prefixed = ParseServerVersion("5.5.5-10.6.1-MariaDB-log");
  ASSERT_TRUE(prefixed.ok());
  EXPECT_EQ(prefixed->major, 10);
  const auto mysql = ParseServerVersion("9.7.4-2");
  ASSERT_TRUE(mysql.ok());
  EXPECT_EQ(mysql->kind, ServerKind::kMySql);
  EXPECT_EQ(mysql->minor, 7);
  for (const char* bad : {"", "MariaDB", "8.0", "x.y.z"}) {
    EXPECT_FALSE(ParseServerVersion(bad).ok()) << bad;
  }
}

TEST_F(ConnectionTest, DurableServerIsAcceptedAndWeakOneIsRefusedByName) {
  const absl::Status accepted = CheckServer(*connection_);
  EXPECT_TRUE(accepted.ok()) << accepted;
  ASSERT_TRUE(connection_->ExecuteText("SET GLOBAL innodb_flush_log_at_trx_commit=2").ok());
  ASSERT_TRUE(connection_->ExecuteText("SET GLOBAL sync_binlog=0").ok());
  const absl::Status refused = CheckServer(*connection_);
  ASSERT_TRUE(connection_->ExecuteText("SET GLOBAL innodb_flush_log_at_trx_commit=1").ok());
  ASSERT_TRUE(connection_->ExecuteText("SET GLOBAL sync_binlog=1").ok());
  EXPECT_EQ(ReasonOf(refused), Reason::DATABASE_UNAVAILABLE);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("innodb_flush_log_at_trx_commit: found 2, want 1"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("sync_binlog: found 0, want 1"));
  EXPECT_TRUE(CheckServer(*connection_).ok());
}

TEST_F(ConnectionTest, OpenTellsAnOperatorWhatIsWrong) {
  ConnectionOptions options = database_.options();
  options.password = "wrong";
  absl::Status status = Connection::Open(options).status();
  EXPECT_EQ(ReasonOf(status), Reason::DATABASE_UNAVAILABLE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("access denied"));

  options = database_.options();
  options.database = "no_such_database";
  EXPECT_THAT(std::string(Connection::Open(options).status().message()),
              HasSubstr("does not exist"));

  options = database_.options();
  options.socket = "/nowhere/mysql.sock";
  EXPECT_THAT(std::string(Connection::Open(options).status().message()),
              HasSubstr("/nowhere/mysql.sock"));
}

TEST(ConnectionOptionsTest, RefusesOptionsThatContradictEachOther) {
  const auto refuse = [](auto change) {
    ConnectionOptions options;
    change(options);
    const absl::Status status = Connection::Open(options).status();
    EXPECT_EQ(ReasonOf(status), Reason::FIELD_INVALID) << status;
  };
  refuse([](ConnectionOptions& o) { o.tls.enabled = true; });
  refuse([](ConnectionOptions& o) { o.tls.ca_file = "ca.pem"; });
  refuse([](ConnectionOptions& o) {
    o.tls = {.enabled = true, .ca_file = "ca.pem", .cert_file = "c.pem", .key_file = ""};
  });
  refuse([](ConnectionOptions& o) {
    o.tls = {.enabled = true, .ca_file = "ca.pem", .cert_file = "", .key_file = ""};
    o.socket = "/tmp/s.sock";
  });
  refuse([](ConnectionOptions& o) { o.statement_cache_size = 0; });
}

TEST(ResultSetDeathTest, ReadingACellAsWhatItIsNotEndsTheProcess) {
  ResultSet rows({"number", "text", "nothing"});
  rows.AddInt64(-1);
  rows.AddBytes("x");
  rows.AddNull();
  EXPECT_DEATH(rows[0].Text(0), "column 'number'");
  EXPECT_DEATH(rows[0].UInt64(0), "column 'number'");
  EXPECT_DEATH(rows[0].Int64(1), "column 'text'");
  EXPECT_DEATH(rows[0].Int64(2), "column 'nothing'");
  EXPECT_DEATH(rows[1].IsNull(0), "cell 3 of 3");
  EXPECT_DEATH(Parameter(uint64_t{1} << 63), "2\\^63");
}

}  // namespace
}  // namespace segmentation::storage::mysql
