#include "server/storage/mysql/connection_pool.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/storage/mysql/sql_error.h"
#include "server/storage/mysql/transaction.h"
#include "tests/support/mysql_server.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;
using testing::TestDatabase;

Reason ReasonOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? info->reason : Reason::RESULT_TOO_LARGE;
}

class ConnectionPoolTest : public ::testing::Test {
 protected:
  ConnectionPool::Lease Take() {
    absl::StatusOr<ConnectionPool::Lease> lease = pool_.Acquire(absl::InfiniteFuture());
    if (!lease.ok()) ADD_FAILURE() << lease.status();
    return *std::move(lease);
  }
  void Kill(int64_t session) {
    const auto other = database_.Connect();
    other->ExecuteText(base::StrCat("KILL CONNECTION ", session)).IgnoreError();
    while ((*other->Query("SELECT COUNT(*) FROM information_schema.processlist WHERE id=?",
                          {session}))[0]
               .Int64(0) != 0) {
    }
  }
  int64_t Value(std::string_view sql) { return (*Take()->Query(sql))[0].Int64(0); }

  TestDatabase database_;
  ConnectionPool pool_{{.connection = database_.options(), .max_connections = 3}};
};

TEST_F(ConnectionPoolTest, ReusesConnectionsAndCountsThem) {
  const int64_t session = Take()->server_session_id();
  EXPECT_EQ(Take()->server_session_id(), session);
  const ConnectionPool::Lease first = Take();
  const ConnectionPool::Lease second = Take();
  EXPECT_NE(first->server_session_id(), second->server_session_id());
  EXPECT_EQ(pool_.counts().in_use, 2);
  EXPECT_EQ(pool_.counts().idle, 0);
  EXPECT_EQ(pool_.counts().opened, 2);
}

TEST_F(ConnectionPoolTest, GivesNoMoreThanItsLimitAndAnswersAtTheDeadline) {
  std::vector<ConnectionPool::Lease> all;
  for (int i = 0; i < 3; ++i) all.push_back(Take());
  const absl::Time begin = absl::Now();
  EXPECT_EQ(ReasonOf(pool_.Acquire(begin + absl::Milliseconds(50)).status()), Reason::QUEUE_FULL);
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(45));
  EXPECT_EQ(ReasonOf(pool_.Acquire(absl::InfinitePast()).status()), Reason::QUEUE_FULL);
  all.pop_back();
  EXPECT_TRUE(pool_.Acquire(absl::InfinitePast()).ok());
}

TEST_F(ConnectionPoolTest, WaiterGetsAConnectionThatIsGivenBack) {
  std::vector<ConnectionPool::Lease> all;
  for (int i = 0; i < 3; ++i) all.push_back(Take());
  std::atomic<bool> got = false;
  std::thread waiter([&] { got = pool_.Acquire(absl::InfiniteFuture()).ok(); });
  all.pop_back();
  waiter.join();
  EXPECT_TRUE(got);
}

TEST_F(ConnectionPoolTest, RollsBackWhatALeaseLeftOpen) {
  ASSERT_TRUE(Take()->ExecuteText("CREATE TABLE t (id INT PRIMARY KEY)").ok());
  {
    const ConnectionPool::Lease lease = Take();
    ASSERT_TRUE(lease->Begin().ok());
    ASSERT_TRUE(lease->Execute("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), 0);
  EXPECT_EQ(pool_.counts().opened, 1);
}

TEST_F(ConnectionPoolTest, DiscardsABrokenConnectionAndChecksThoseThatWereIdle) {
  std::vector<int64_t> sessions;
  {
    const ConnectionPool::Lease first = Take();
    const ConnectionPool::Lease second = Take();
    const ConnectionPool::Lease third = Take();
    for (const ConnectionPool::Lease* lease : {&first, &second, &third}) {
      sessions.push_back((*lease)->server_session_id());
    }
  }
  for (int64_t session : sessions) Kill(session);
  {
    const ConnectionPool::Lease lease = Take();
    EXPECT_FALSE(lease->Ping().ok());  // nothing told the pool yet
    EXPECT_TRUE(lease->broken());
  }
  // From now on the other two are not handed out unasked.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Take()->Ping().ok());
  EXPECT_EQ(pool_.counts().discarded, 3);
  EXPECT_EQ(pool_.counts().in_use, 0);
}

TEST_F(ConnectionPoolTest, CloseEndsWaitsAndRefusesNewLeases) {
  std::vector<ConnectionPool::Lease> all;
  for (int i = 0; i < 3; ++i) all.push_back(Take());
  absl::Status waited;
  std::thread waiter([&] { waited = pool_.Acquire(absl::InfiniteFuture()).status(); });
  pool_.Close();
  waiter.join();
  EXPECT_EQ(ReasonOf(waited), Reason::SHUTTING_DOWN);
  all.clear();
  EXPECT_EQ(pool_.counts().idle, 0);
}

TEST_F(ConnectionPoolTest, SaysWhenNoConnectionCanBeOpened) {
  ConnectionPool nowhere({.connection = {.socket = "/nowhere/mysql.sock"}});
  EXPECT_EQ(ReasonOf(nowhere.Acquire(absl::InfiniteFuture()).status()),
            Reason::DATABASE_UNAVAILABLE);
  EXPECT_EQ(nowhere.counts().in_use, 0);
}

TEST_F(ConnectionPoolTest, ManyThreadsShareFewConnections) {
  ASSERT_TRUE(Take()->ExecuteText("CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL)").ok());
  ASSERT_TRUE(Take()->Execute("INSERT INTO t VALUES (1, 0)").ok());
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        const absl::Status status = RunTransaction(pool_, {}, [](Connection& connection) {
          return connection.Execute("UPDATE t SET n=n+1 WHERE id=1").status();
        });
        if (!status.ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Value("SELECT n FROM t"), 200);
  EXPECT_LE(pool_.counts().opened, 3);
}

class TransactionTest : public ConnectionPoolTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Take()->ExecuteText("CREATE TABLE t (id INT PRIMARY KEY)").ok());
    options_.sleep = [this](absl::Duration wait) { waits_.push_back(wait); };
  }
  TransactionOptions options_;
  std::vector<absl::Duration> waits_;
};

TEST_F(TransactionTest, CommitsOnceAndRollsBackOnTheBodysError) {
  ASSERT_TRUE(RunTransaction(pool_, options_, [](Connection& connection) {
                return connection.Execute("INSERT INTO t VALUES (1)").status();
              }).ok());
  const absl::Status status = RunTransaction(pool_, options_, [](Connection& connection) {
    connection.Execute("INSERT INTO t VALUES (2)").status().IgnoreError();
    return base::MakeError(Reason::ETAG_STALE, "etag", "stale");
  });
  EXPECT_EQ(ReasonOf(status), Reason::ETAG_STALE);
  EXPECT_EQ(Value("SELECT SUM(id) FROM t"), 1);
  EXPECT_TRUE(waits_.empty());
}

TEST_F(TransactionTest, RunsAgainAfterAConflictWithGrowingWaits) {
  int runs = 0;
  const absl::Status status = RunTransaction(pool_, options_, [&](Connection& connection) {
    if (++runs < 4) return base::MakeError(Reason::WRITE_CONFLICT, "", "deadlock");
    return connection.Execute("INSERT INTO t VALUES (1)").status();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 4);
  ASSERT_EQ(waits_.size(), 3u);
  for (size_t i = 0; i < waits_.size(); ++i) {
    const absl::Duration full = options_.initial_backoff * (1 << i);
    EXPECT_GE(waits_[i], full / 2);
    EXPECT_LE(waits_[i], full);
  }
}

TEST_F(TransactionTest, GivesUpAfterItsAttempts) {
  int runs = 0;
  const absl::Status status = RunTransaction(pool_, options_, [&](Connection&) {
    ++runs;
    return base::MakeError(Reason::WRITE_CONFLICT, "", "deadlock");
  });
  EXPECT_EQ(ReasonOf(status), Reason::WRITE_CONFLICT);
  EXPECT_EQ(runs, options_.max_attempts);
}

TEST_F(TransactionTest, RunsAgainOnAFreshConnectionAfterALostLink) {
  int runs = 0;
  const absl::Status status = RunTransaction(pool_, options_, [&](Connection& connection) {
    if (++runs == 1) Kill(connection.server_session_id());
    return connection.Execute("INSERT INTO t VALUES (1)").status();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), 1);
}

TEST_F(TransactionTest, UnknownCommitIsRerunOnlyWhenTheBodyCanTell) {
  int runs = 0;
  const auto lost_at_commit = [&](Connection& connection) {
    const absl::Status status =
        connection.Execute("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE id=id").status();
    if (++runs == 1) Kill(connection.server_session_id());
    return status;
  };
  EXPECT_TRUE(IsOutcomeUnknown(RunTransaction(pool_, options_, lost_at_commit)));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), 0);
  runs = 0;
  options_.rerun_unknown_outcome = true;
  EXPECT_TRUE(RunTransaction(pool_, options_, lost_at_commit).ok());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM t"), 1);
}

TEST_F(TransactionTest, BeginsNothingAfterItsDeadline) {
  options_.deadline = absl::Now() - absl::Seconds(1);
  int runs = 0;
  const absl::Status status = RunTransaction(pool_, options_, [&](Connection&) {
    ++runs;
    return absl::OkStatus();
  });
  EXPECT_EQ(ReasonOf(status), Reason::DEADLINE_PASSED);
  EXPECT_EQ(runs, 0);
}

TEST_F(TransactionTest, SnapshotIsReadOnly) {
  EXPECT_FALSE(RunSnapshot(pool_, options_, [](Connection& connection) {
                 return connection.Execute("INSERT INTO t VALUES (1)").status();
               }).ok());
  EXPECT_TRUE(RunSnapshot(pool_, options_, [](Connection& connection) {
                return connection.Query("SELECT COUNT(*) FROM t").status();
              }).ok());
}

}  // namespace
}  // namespace segmentation::storage::mysql
