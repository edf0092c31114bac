#include "server/app/embedded_database.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/storage/mysql/connection_pool.h"
#include "server/storage/mysql/server_check.h"
#include "server/storage/mysql/transaction.h"
#include "tests/support/mysql_server.h"

namespace segmentation::app {
namespace {

using storage::mysql::Connection;
using ::testing::HasSubstr;
using testing::TestFolder;

EmbeddedDatabaseOptions OptionsFor(const std::string& folder) {
  EmbeddedDatabaseOptions options;
  options.folder = folder;
  options.buffer_pool_mib = 64;
  absl::StatusOr<storage::mysql::ServerProgram> program = testing::TestServerProgram();
  EXPECT_TRUE(program.ok()) << program.status();
  if (program.ok()) options.program = *program;
  return options;
}

std::unique_ptr<EmbeddedDatabase> StartOn(const EmbeddedDatabaseOptions& options) {
  absl::StatusOr<std::unique_ptr<EmbeddedDatabase>> database = EmbeddedDatabase::Start(options);
  if (!database.ok()) {
    ADD_FAILURE() << database.status();
    return nullptr;
  }
  return *std::move(database);
}

bool Runs(pid_t pid) { return kill(pid, 0) == 0; }

// Processes end in their own time; ctest bounds the wait.
void WaitUntil(const std::function<bool()>& done) {
  while (!done()) sched_yield();
}

TEST(EmbeddedDatabaseTest, StartsDurableAndKeepsItsDataAcrossStarts) {
  const TestFolder folder;
  pid_t first_pid = 0;
  {
    const auto database = StartOn(OptionsFor(folder.path()));
    ASSERT_NE(database, nullptr);
    first_pid = database->pid();
    EXPECT_TRUE(Runs(first_pid));
    const auto connection = Connection::Open(database->connection());
    ASSERT_TRUE(connection.ok()) << connection.status();
    const absl::Status durable = storage::mysql::CheckServer(**connection);
    EXPECT_TRUE(durable.ok()) << durable;
    const auto settings = (*connection)
                              ->Query(
                                  "SELECT @@log_bin, @@skip_networking, @@character_set_server, "
                                  "@@local_infile, @@port");
    ASSERT_TRUE(settings.ok()) << settings.status();
    EXPECT_EQ((*settings)[0].Int64(0), 1);
    EXPECT_EQ((*settings)[0].Int64(1), 1);
    EXPECT_EQ((*settings)[0].Text(2), "utf8mb4");
    EXPECT_EQ((*settings)[0].Int64(3), 0);
    ASSERT_TRUE((*connection)->ExecuteText("CREATE TABLE t (id INT PRIMARY KEY)").ok());
    ASSERT_TRUE((*connection)->Execute("INSERT INTO t VALUES (7)").ok());
    EXPECT_TRUE(database->Stop().ok());
    EXPECT_TRUE(database->Stop().ok());
  }
  EXPECT_FALSE(Runs(first_pid));
  const auto database = StartOn(OptionsFor(folder.path()));
  ASSERT_NE(database, nullptr);
  const auto connection = Connection::Open(database->connection());
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*(*connection)->Query("SELECT id FROM t"))[0].Int64(0), 7);
}

TEST(EmbeddedDatabaseTest, OnlyItsOwnProcessCanLogIn) {
  const TestFolder folder;
  const auto database = StartOn(OptionsFor(folder.path()));
  ASSERT_NE(database, nullptr);
  storage::mysql::ConnectionOptions options = database->connection();
  for (const char* user : {"root", "segmentd", ""}) {
    options.user = user;
    options.password = "";
    EXPECT_FALSE(Connection::Open(options).ok()) << user;
  }
  // The password is kept nowhere; the folder is closed to others.
  struct stat info;
  ASSERT_EQ(stat(folder.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/account.sql"));
  if (geteuid() == 0) {
    ASSERT_EQ(stat(base::StrCat("/proc/", database->pid()).c_str(), &info), 0);
    EXPECT_NE(info.st_uid, 0u);  // root's server runs as somebody else
  }
}

TEST(EmbeddedDatabaseTest, KilledServerIsReportedAndStartedAgain) {
  const TestFolder folder;
  EmbeddedDatabaseOptions options = OptionsFor(folder.path());
  std::atomic<int> failures = 0;
  std::atomic<int> recoveries = 0;
  std::mutex mutex;
  std::string told;
  options.on_change = [&](const absl::Status& status) {
    if (status.ok()) {
      ++recoveries;
      return;
    }
    ++failures;
    std::lock_guard<std::mutex> lock(mutex);
    told = std::string(status.message());
  };
  const auto database = StartOn(options);
  ASSERT_NE(database, nullptr);
  storage::mysql::ConnectionPool pool({.connection = database->connection()});
  const auto run = [&](std::string_view sql) {
    return storage::mysql::RunTransaction(
        pool, {}, [&](Connection& connection) { return connection.Execute(sql).status(); });
  };
  ASSERT_TRUE((*pool.Acquire(absl::InfiniteFuture()))
                  ->ExecuteText("CREATE TABLE t (id INT PRIMARY KEY)")
                  .ok());
  for (int round = 1; round <= 2; ++round) {
    ASSERT_TRUE(run(base::StrCat("INSERT INTO t VALUES (", round, ")")).ok());
    const pid_t pid = database->pid();
    kill(pid, SIGKILL);
    WaitUntil([&] { return recoveries == round; });
    EXPECT_EQ(failures, round);
    EXPECT_NE(database->pid(), pid);
    std::lock_guard<std::mutex> lock(mutex);
    EXPECT_THAT(told, HasSubstr("signal 9"));
  }
  // The pool finds its dead connections by itself.
  const absl::Status read =
      storage::mysql::RunSnapshot(pool, {}, [](Connection& connection) -> absl::Status {
        const auto rows = connection.Query("SELECT COUNT(*) FROM t");
        if (!rows.ok()) return rows.status();
        EXPECT_EQ((*rows)[0].Int64(0), 2);
        return absl::OkStatus();
      });
  EXPECT_TRUE(read.ok()) << read;
}

TEST(EmbeddedDatabaseTest, SecondOwnerOfAFolderIsRefused) {
  const TestFolder folder;
  const auto database = StartOn(OptionsFor(folder.path()));
  ASSERT_NE(database, nullptr);
  const absl::Status refused = EmbeddedDatabase::Start(OptionsFor(folder.path())).status();
  EXPECT_THAT(std::string(refused.message()), HasSubstr("in use by another process"));
  EXPECT_TRUE(Connection::Open(database->connection()).ok());
}

TEST(EmbeddedDatabaseTest, LongFolderGetsAShortSocketPath) {
  const TestFolder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  const std::string deep = folder.path() + "/" + std::string(120, 'x');
  const auto database = StartOn(OptionsFor(deep));
  ASSERT_NE(database, nullptr);
  EXPECT_LT(database->connection().socket.size(), 108u);
  EXPECT_TRUE(Connection::Open(database->connection()).ok());
}

TEST(EmbeddedDatabaseTest, CutOffInitialisationIsBegunAnew) {
  const TestFolder folder;
  std::filesystem::create_directories(folder.path() + "/data.new/mysql");
  std::ofstream(folder.path() + "/data.new/ibdata1") << "half";
  EXPECT_NE(StartOn(OptionsFor(folder.path())), nullptr);
}

TEST(EmbeddedDatabaseTest, SaysWhatIsWrongWhenItCannotStart) {
  EmbeddedDatabaseOptions options = OptionsFor("relative/folder");
  EXPECT_THAT(std::string(EmbeddedDatabase::Start(options).status().message()),
              HasSubstr("want an absolute path"));
  const TestFolder folder;
  options.folder = folder.path();
  options.program->settings.push_back("no_such_setting_at_all=1");
  const absl::Status status = EmbeddedDatabase::Start(options).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("no_such_setting_at_all")) << status;
  if (geteuid() == 0) {
    const TestFolder closed;
    ASSERT_EQ(chmod(closed.path().c_str(), 0700), 0);
    const absl::Status unreachable =
        EmbeddedDatabase::Start(OptionsFor(closed.path() + "/below")).status();
    EXPECT_THAT(std::string(unreachable.message()), HasSubstr("cannot reach"));
  }
}

class KilledOwner : public ::testing::Test {
 protected:
  // Starts an owner in another process and returns its id once its database runs.
  pid_t StartOwner() {
    const pid_t owner = fork();
    if (owner == 0) {
      const auto database = StartOn(OptionsFor(folder_.path()));
      if (database == nullptr) _exit(1);
      std::ofstream(folder_.path() + "/owner.new") << database->pid();
      std::filesystem::rename(folder_.path() + "/owner.new", folder_.path() + "/owner");
      while (true) pause();
    }
    const std::string file = folder_.path() + "/owner";
    WaitUntil(
        [&] { return std::filesystem::exists(file) || waitpid(owner, nullptr, WNOHANG) == owner; });
    std::ifstream(file) >> server_;
    return owner;
  }

  const TestFolder folder_;
  pid_t server_ = 0;
};

TEST_F(KilledOwner, TakesItsServerWithIt) {
  const pid_t owner = StartOwner();
  ASSERT_GT(server_, 0);
  ASSERT_TRUE(Runs(server_));
  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  WaitUntil([&] { return !Runs(server_); });
}

TEST_F(KilledOwner, LeavesAFolderThatTheNextOwnerCanUseAtOnce) {
  const pid_t owner = StartOwner();
  ASSERT_GT(server_, 0);
  // Frozen, so that it is still there when the next owner comes.
  kill(server_, SIGSTOP);
  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  ASSERT_TRUE(Runs(server_));
  kill(server_, SIGCONT);
  const auto database = StartOn(OptionsFor(folder_.path()));
  ASSERT_NE(database, nullptr);
  EXPECT_NE(database->pid(), server_);
  EXPECT_TRUE(Connection::Open(database->connection()).ok());
  WaitUntil([&] { return !Runs(server_); });
}

}  // namespace
}  // namespace segmentation::app
