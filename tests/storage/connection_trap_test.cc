// One test for each way in which the connector or a server would lose, cut, wrap or merge data if
// the wrapper let it.
#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/sql_error.h"
#include "tests/support/mysql_server.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;
using ::testing::HasSubstr;
using testing::MysqlServer;
using testing::TestDatabase;

Reason ReasonOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? info->reason : Reason::RESULT_TOO_LARGE;
}

class ConnectorTrap : public ::testing::Test {
 protected:
  void Run(std::string_view sql) {
    const absl::Status status = connection_->ExecuteText(sql);
    ASSERT_TRUE(status.ok()) << status << "\n" << sql;
  }
  absl::Status Insert(Connection& connection, int64_t id) {
    return connection.Execute("INSERT INTO t (id) VALUES (?)", {id}).status();
  }
  int64_t Count() {
    const auto rows = other_->Query("SELECT COUNT(*) FROM t");
    return rows.ok() ? (*rows)[0].Int64(0) : -1;
  }
  // Ends the session of `victim` and returns when the server has forgotten it.
  void Kill(const Connection& victim) {
    other_->ExecuteText(base::StrCat("KILL CONNECTION ", victim.server_session_id())).IgnoreError();
    WaitGone(victim);
  }
  void WaitGone(const Connection& victim) {
    while (true) {
      const auto rows =
          other_->Query("SELECT COUNT(*) FROM information_schema.processlist WHERE id=?",
                        {victim.server_session_id()});
      ASSERT_TRUE(rows.ok()) << rows.status();
      if ((*rows)[0].Int64(0) == 0) return;
    }
  }
  // Returns when a statement holding `text` is executed in the session. While it is prepared its
  // text shows too, and a link lost then is no unknown outcome.
  void WaitRunning(int64_t session, std::string_view text) {
    while (true) {
      const auto rows = other_->Query(
          "SELECT COUNT(*) FROM information_schema.processlist WHERE id=? AND INSTR(info, ?) > 0 "
          "AND command IN ('Execute', 'Query')",
          {session, text});
      ASSERT_TRUE(rows.ok()) << rows.status();
      if ((*rows)[0].Int64(0) == 1) return;
    }
  }
  void CreateTable() { Run("CREATE TABLE t (id INT PRIMARY KEY, v VARBINARY(64))"); }
  // A table `n` of the numbers 0 … 99,999.
  void CreateNumbers() {
    Run("CREATE TABLE n (x INT PRIMARY KEY)");
    Run("INSERT INTO n WITH RECURSIVE d (x) AS (SELECT 0 UNION ALL SELECT x+1 FROM d WHERE x<9) "
        "SELECT a.x+10*b.x+100*c.x+1000*e.x+10000*f.x FROM d a, d b, d c, d e, d f");
  }

  TestDatabase database_;
  std::unique_ptr<Connection> connection_ = database_.Connect();
  std::unique_ptr<Connection> other_ = database_.Connect();
};

TEST_F(ConnectorTrap, CommitOnALostLinkIsAnUnknownOutcomeAndNeverSilent) {
  CreateTable();
  ASSERT_TRUE(connection_->Begin().ok());
  ASSERT_TRUE(Insert(*connection_, 1).ok());
  Kill(*connection_);
  const absl::Status status = connection_->Commit();
  EXPECT_TRUE(IsOutcomeUnknown(status)) << status;
  EXPECT_TRUE(connection_->broken());
  EXPECT_EQ(Count(), 0);
}

TEST_F(ConnectorTrap, LostLinkInATransactionIsNeverFollowedByAutocommit) {
  CreateTable();
  ASSERT_TRUE(connection_->Begin().ok());
  ASSERT_TRUE(Insert(*connection_, 1).ok());
  Kill(*connection_);
  // A connector that reconnects by itself would commit row 2 alone.
  EXPECT_EQ(ReasonOf(Insert(*connection_, 2)), Reason::DATABASE_UNAVAILABLE);
  EXPECT_EQ(ReasonOf(Insert(*connection_, 3)), Reason::DATABASE_UNAVAILABLE);
  EXPECT_EQ(ReasonOf(connection_->Commit()), Reason::DATABASE_UNAVAILABLE);
  EXPECT_FALSE(connection_->Begin().ok());
  EXPECT_FALSE(connection_->Ping().ok());
  EXPECT_TRUE(connection_->broken());
  EXPECT_EQ(Count(), 0);
}

TEST_F(ConnectorTrap, LostLinkUnderAStatementThatCommitsItselfIsAnUnknownOutcome) {
  CreateTable();
  absl::Status status;
  std::thread runner(
      [&] { status = connection_->Execute("INSERT INTO t (id) SELECT 1+SLEEP(600)").status(); });
  WaitRunning(connection_->server_session_id(), "SLEEP(600)");
  Kill(*connection_);
  runner.join();
  EXPECT_TRUE(IsOutcomeUnknown(status)) << status;
  EXPECT_TRUE(connection_->broken());
}

TEST_F(ConnectorTrap, ErrorAfterManyRowsIsAnErrorAndNotAShortResult) {
  CreateNumbers();
  constexpr std::string_view kFailsLate =
      "SELECT IF(x<90000, x, 9223372036854775807 + x) FROM n ORDER BY x";
  EXPECT_FALSE(connection_->Query(kFailsLate).ok());
  EXPECT_FALSE(connection_->QueryText(kFailsLate).ok());
  EXPECT_FALSE(connection_->broken());
  const auto all = connection_->Query("SELECT x FROM n ORDER BY x");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->row_count(), 100000u);
}

TEST_F(ConnectorTrap, KilledQueryIsAnErrorAndNotAShortResult) {
  CreateNumbers();
  const int64_t session = connection_->server_session_id();
  std::atomic<bool> done = false;
  absl::StatusOr<ResultSet> rows;
  std::thread reader([&] {
    rows = connection_->Query("SELECT a.x FROM n AS a, n AS b WHERE a.x + b.x >= 0");
    done = true;
  });
  WaitRunning(session, "a.x + b.x");
  while (!done) other_->ExecuteText(base::StrCat("KILL QUERY ", session)).IgnoreError();
  reader.join();
  EXPECT_EQ(ReasonOf(rows.status()), Reason::CANCELLED) << rows.status();
  // The last KILL may hit a later statement; the session itself lives.
  EXPECT_FALSE(connection_->broken());
}

TEST_F(ConnectorTrap, ReadTimeoutLosesTheConnection) {
  ConnectionOptions options = database_.options();
  options.read_timeout = absl::Seconds(1);
  const std::unique_ptr<Connection> hasty = *Connection::Open(options);
  EXPECT_EQ(ReasonOf(hasty->Query("SELECT SLEEP(600)").status()), Reason::DATABASE_UNAVAILABLE);
  EXPECT_TRUE(hasty->broken());
  other_->ExecuteText(base::StrCat("KILL CONNECTION ", hasty->server_session_id())).IgnoreError();
}

TEST_F(ConnectorTrap, SessionClosedByTheServerAsIdleIsFoundBroken) {
  Run("SET SESSION wait_timeout=1");
  WaitGone(*connection_);
  EXPECT_EQ(ReasonOf(connection_->Query("SELECT 1").status()), Reason::DATABASE_UNAVAILABLE);
  EXPECT_TRUE(connection_->broken());
}

TEST_F(ConnectorTrap, JsonIsReadThroughACastAndRefusedOtherwise) {
  Run("CREATE TABLE j (id INT PRIMARY KEY, j JSON)");
  ASSERT_TRUE(connection_->Execute("INSERT INTO j VALUES (1, ?)", {"{\"标签\": [1, null]}"}).ok());
  const auto cast = connection_->Query("SELECT CAST(j AS CHAR) FROM j");
  ASSERT_TRUE(cast.ok()) << cast.status();
  EXPECT_EQ((*cast)[0].Text(0), "{\"标签\": [1, null]}");
  const auto raw = connection_->Query("SELECT j FROM j");
  if (MysqlServer::Shared().is_maria()) {
    EXPECT_TRUE(raw.ok());  // its JSON is text
  } else {
    EXPECT_EQ(ReasonOf(raw.status()), Reason::INTERNAL);
  }
}

TEST_F(ConnectorTrap, QueryRunAsExecuteLeavesNoRowsBehind) {
  EXPECT_EQ(ReasonOf(connection_->Execute("SELECT 1 UNION SELECT 2").status()), Reason::INTERNAL);
  EXPECT_EQ(ReasonOf(connection_->Query("SET @x=1").status()), Reason::INTERNAL);
  const auto next = connection_->Query("SELECT 3");
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ((*next)[0].Int64(0), 3);
}

TEST_F(ConnectorTrap, NegativeNumberAfterAnUnsignedOneStaysNegative) {
  constexpr std::string_view kEcho = "SELECT CAST(? AS CHAR)";
  EXPECT_EQ((*connection_->Query(kEcho, {uint64_t{5}}))[0].Text(0), "5");
  EXPECT_EQ((*connection_->Query(kEcho, {int64_t{-1}}))[0].Text(0), "-1");
  EXPECT_EQ((*connection_->Query(kEcho, {uint64_t{INT64_MAX}}))[0].Text(0), "9223372036854775807");
  EXPECT_TRUE((*connection_->Query(kEcho, {std::nullopt}))[0].IsNull(0));
  EXPECT_EQ((*connection_->Query(kEcho, {-7}))[0].Text(0), "-7");
}

TEST_F(ConnectorTrap, PlaceholderKeepsOneKindAndItsCount) {
  constexpr std::string_view kEcho = "SELECT CAST(? AS CHAR), CAST(? AS CHAR)";
  ASSERT_TRUE(connection_->Query(kEcho, {1, "a"}).ok());
  EXPECT_EQ(ReasonOf(connection_->Query(kEcho, {"1", "a"}).status()), Reason::INTERNAL);
  ASSERT_TRUE(connection_->Query(kEcho, {2, "b"}).ok());
  // The connector would send the values of the last time for those that are missing.
  EXPECT_EQ(ReasonOf(connection_->Query(kEcho, {3}).status()), Reason::INTERNAL);
  EXPECT_EQ(ReasonOf(connection_->Query(kEcho, {3, "c", 4}).status()), Reason::INTERNAL);
  EXPECT_FALSE(connection_->broken());
}

TEST_F(ConnectorTrap, KeepsNulBytesAndFourByteCharacters) {
  Run("CREATE TABLE s (id INT PRIMARY KEY, b VARBINARY(200), c VARCHAR(100))");
  const std::string nul("a\0b\0", 4);
  const std::string han = "会员 𠮷 😀🎉 é %_\\'\"";
  ASSERT_TRUE(connection_->Execute("INSERT INTO s VALUES (1,?,?)", {nul, han}).ok());
  ASSERT_TRUE(connection_->Execute("INSERT INTO s VALUES (2,?,?)", {han, ""}).ok());
  const auto rows = connection_->Query("SELECT b, c, LENGTH(b), CHAR_LENGTH(c) FROM s ORDER BY id");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0].Text(0), nul);
  EXPECT_EQ((*rows)[0].Int64(2), 4);
  EXPECT_EQ((*rows)[0].Text(1), han);
  EXPECT_EQ((*rows)[1].Text(0), han);
  EXPECT_EQ((*rows)[1].Text(1), "");
  EXPECT_FALSE((*rows)[1].IsNull(1));
  EXPECT_EQ(connection_->Query("SELECT id FROM s WHERE b=?", {nul})->row_count(), 1u);
}

TEST_F(ConnectorTrap, LongValuesAreSentWholeEveryTimeAndDoNotStick) {
  Run("CREATE TABLE b (id INT PRIMARY KEY, v LONGBLOB)");
  std::string big(300 * 1024, '\0');  // above the size that goes as a stream
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 31 >> 3);
  constexpr std::string_view kInsert = "INSERT INTO b VALUES (?,?)";
  ASSERT_TRUE(connection_->Execute(kInsert, {1, big}).ok());
  ASSERT_TRUE(connection_->Execute(kInsert, {2, big}).ok());
  ASSERT_TRUE(connection_->Execute(kInsert, {3, "short"}).ok());
  ASSERT_TRUE(connection_->Execute(kInsert, {4, std::nullopt}).ok());
  ASSERT_TRUE(connection_->Execute(kInsert, {5, ""}).ok());
  const auto rows = connection_->Query("SELECT v FROM b ORDER BY id");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->row_count(), 5u);
  EXPECT_TRUE((*rows)[0].Text(0) == big);
  EXPECT_TRUE((*rows)[1].Text(0) == big);
  EXPECT_EQ((*rows)[2].Text(0), "short");
  EXPECT_TRUE((*rows)[3].IsNull(0));
  EXPECT_EQ((*rows)[4].Text(0), "");
}

TEST_F(ConnectorTrap, OlderResultSurvivesTheNextRunOfItsStatement) {
  constexpr std::string_view kEcho = "SELECT CAST(? AS CHAR)";
  const auto first = connection_->Query(kEcho, {"first"});
  const auto second = connection_->Query(kEcho, {"second, which is longer"});
  EXPECT_EQ((*first)[0].Text(0), "first");
  EXPECT_EQ((*second)[0].Text(0), "second, which is longer");
}

TEST_F(ConnectorTrap, CachedStatementFollowsAChangedType) {
  Run("CREATE TABLE c (id INT PRIMARY KEY, v INT)");
  ASSERT_TRUE(connection_->Execute("INSERT INTO c VALUES (1, 5)").ok());
  constexpr std::string_view kValue = "SELECT v FROM c";
  EXPECT_EQ((*connection_->Query(kValue))[0].Int64(0), 5);
  Run("ALTER TABLE c MODIFY COLUMN v VARBINARY(400)");
  ASSERT_TRUE(connection_->Execute("UPDATE c SET v=REPEAT('long', 100)").ok());
  const auto rows = connection_->Query(kValue);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0].Text(0).size(), 400u);
}

TEST_F(ConnectorTrap, CachedStatementOfOtherColumnsIsNeverReadWrong) {
  CreateTable();
  ASSERT_TRUE(connection_->Execute("INSERT INTO t VALUES (1, 'a')").ok());
  constexpr std::string_view kAll = "SELECT * FROM t";
  EXPECT_EQ(connection_->Query(kAll)->column_count(), 2u);
  Run("ALTER TABLE t ADD COLUMN w BIGINT NOT NULL DEFAULT 7 FIRST");
  const absl::Status stale = connection_->Query(kAll).status();
  EXPECT_TRUE(IsRetryable(stale)) << stale;
  EXPECT_TRUE(connection_->broken());
  const auto rows = other_->Query(kAll);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0].Int64(0), 7);
  EXPECT_EQ((*rows)[0].Text(2), "a");
}

TEST_F(ConnectorTrap, TwinsOfAnIdAreDifferentKeys) {
  Run("CREATE TABLE k (id VARBINARY(64) PRIMARY KEY, note INT)");
  const std::string twins[] = {"vip",  "VIP",   "vip ", "víp", "vi\u0301p", std::string("vip\0", 4),
                               " vip", "ｖｉｐ"};
  int note = 0;
  for (const std::string& twin : twins) {
    const auto inserted = connection_->Execute("INSERT INTO k VALUES (?,?)", {twin, note++});
    ASSERT_TRUE(inserted.ok()) << inserted.status() << " " << twin;
  }
  for (size_t i = 0; i < std::size(twins); ++i) {
    const auto rows = connection_->Query("SELECT note FROM k WHERE id=?", {twins[i]});
    ASSERT_TRUE(rows.ok());
    ASSERT_EQ(rows->row_count(), 1u) << twins[i];
    EXPECT_EQ((*rows)[0].UInt64(0), i);
  }
}

TEST_F(ConnectorTrap, EverySessionIsStrictInUtcAndBinary) {
  Run("CREATE TABLE z (id INT PRIMARY KEY, d DATETIME, s VARCHAR(3), g INT)");
  EXPECT_FALSE(
      connection_->Execute("INSERT INTO z (id,d) VALUES (1,?)", {"0000-00-00 00:00:00"}).ok());
  EXPECT_FALSE(
      connection_->Execute("INSERT INTO z (id,d) VALUES (1,?)", {"2024-02-30 00:00:00"}).ok());
  EXPECT_EQ(ReasonOf(connection_->Execute("INSERT INTO z (id,s) VALUES (1,?)", {"long"}).status()),
            Reason::FIELD_TOO_LONG);
  EXPECT_EQ(
      ReasonOf(connection_->Execute("INSERT INTO z (id) VALUES (?)", {int64_t{1} << 40}).status()),
      Reason::FIELD_OUT_OF_RANGE);
  EXPECT_FALSE(connection_->Execute("INSERT INTO z (id,g) VALUES (1, 1/0)").ok());
  EXPECT_FALSE(connection_->Query("SELECT s, COUNT(*) FROM z GROUP BY g").ok());
  const auto rows = connection_->Query(
      "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()), 'a'='A', 'é'='e', @@autocommit");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0].Int64(0), 0);
  EXPECT_EQ((*rows)[0].Int64(1), 0);
  EXPECT_EQ((*rows)[0].Int64(2), 0);
  EXPECT_EQ((*rows)[0].Int64(3), 1);
}

TEST_F(ConnectorTrap, ServerCannotAskForOurFiles) {
  CreateTable();
  EXPECT_FALSE(
      connection_->ExecuteText("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t").ok());
  EXPECT_EQ(Count(), 0);
}

TEST_F(ConnectorTrap, DuplicateKeyKeepsTheTransactionAndNamesItsIndex) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, v VARBINARY(64), UNIQUE KEY uq_t_v (v))");
  ASSERT_TRUE(connection_->Begin().ok());
  constexpr std::string_view kInsert = "INSERT INTO t VALUES (?,?)";
  ASSERT_TRUE(connection_->Execute(kInsert, {1, "a"}).ok());
  const absl::Status by_value = connection_->Execute(kInsert, {2, "a"}).status();
  EXPECT_EQ(ReasonOf(by_value), Reason::ALREADY_EXISTS);
  EXPECT_EQ(DuplicateIndex(by_value), "uq_t_v");
  EXPECT_EQ(DuplicateIndex(connection_->Execute(kInsert, {1, "b"}).status()), "PRIMARY");
  ASSERT_TRUE(connection_->Execute(kInsert, {3, "c"}).ok());
  ASSERT_TRUE(connection_->Commit().ok());
  EXPECT_EQ(Count(), 2);
}

TEST_F(ConnectorTrap, AfterADeadlockNothingRunsUntilRollback) {
  CreateTable();
  ASSERT_TRUE(Insert(*connection_, 1).ok());
  ASSERT_TRUE(Insert(*connection_, 2).ok());
  constexpr std::string_view kTouch = "UPDATE t SET v=? WHERE id=?";
  const std::unique_ptr<Connection> second = database_.Connect();
  ASSERT_TRUE(connection_->Begin().ok());
  ASSERT_TRUE(second->Begin().ok());
  ASSERT_TRUE(connection_->Execute(kTouch, {"x", 1}).ok());
  ASSERT_TRUE(second->Execute(kTouch, {"y", 2}).ok());
  absl::Status first_status;
  std::thread first([&] { first_status = connection_->Execute(kTouch, {"x", 2}).status(); });
  const absl::Status second_status = second->Execute(kTouch, {"y", 1}).status();
  first.join();
  ASSERT_NE(first_status.ok(), second_status.ok()) << first_status << second_status;
  Connection& victim = first_status.ok() ? *second : *connection_;
  Connection& winner = first_status.ok() ? *connection_ : *second;
  const absl::Status& lost = first_status.ok() ? second_status : first_status;
  EXPECT_EQ(ReasonOf(lost), Reason::WRITE_CONFLICT);
  EXPECT_TRUE(IsRetryable(lost));
  // The server has rolled back and is in autocommit: this insert would stay on its own.
  EXPECT_EQ(ReasonOf(Insert(victim, 10)), Reason::WRITE_CONFLICT);
  EXPECT_EQ(ReasonOf(victim.Commit()), Reason::WRITE_CONFLICT);
  EXPECT_FALSE(victim.in_transaction());
  ASSERT_TRUE(winner.Commit().ok());
  EXPECT_EQ(Count(), 2);
  EXPECT_FALSE(victim.broken());
  EXPECT_TRUE(Insert(victim, 11).ok());
}

TEST_F(ConnectorTrap, LockWaitUndoesTheWholeTransaction) {
  CreateTable();
  ASSERT_TRUE(Insert(*connection_, 1).ok());
  ConnectionOptions options = database_.options();
  options.lock_wait = absl::Seconds(1);
  const std::unique_ptr<Connection> waiter = *Connection::Open(options);
  ASSERT_TRUE(connection_->Begin().ok());
  ASSERT_TRUE(connection_->Execute("UPDATE t SET v='x' WHERE id=1").ok());
  ASSERT_TRUE(waiter->Begin().ok());
  ASSERT_TRUE(Insert(*waiter, 2).ok());
  EXPECT_EQ(ReasonOf(waiter->Execute("UPDATE t SET v='y' WHERE id=1").status()),
            Reason::WRITE_CONFLICT);
  // The server undid only the update; committing now would keep row 2.
  EXPECT_EQ(ReasonOf(waiter->Commit()), Reason::WRITE_CONFLICT);
  ASSERT_TRUE(connection_->Commit().ok());
  EXPECT_EQ(Count(), 1);
}

}  // namespace
}  // namespace segmentation::storage::mysql
