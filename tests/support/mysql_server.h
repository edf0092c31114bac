// A database server for one test program, and a database for each test.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/server_process.h"

namespace segmentation::testing {

// Which server the tests run against: SEGMENTATION_TEST_DATABASE = mariadb (default, the Debian
// package) or mysql (genuine, from the tree SEGMENTATION_MYSQL_DIR that
// tests/support/mysql-genuine.sh fetches).
absl::StatusOr<storage::mysql::ServerProgram> TestServerProgram();

// A new folder in memory (/dev/shm, or TMPDIR when that is set), removed with this object. Folders
// that killed test programs left are removed on the way.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The server of this test program: durable settings, unix socket only. Started at first use; a
// program that cannot start one ends with 1, so a missing server fails and never skips. Killed with
// the program, however that ends.
class MysqlServer {
 public:
  static MysqlServer& Shared();

  bool is_maria() const { return kind_ == storage::mysql::ServerKind::kMariaDb; }
  // As the server's own administrator; no database is selected.
  const storage::mysql::ConnectionOptions& options() const { return process_->connection(); }
  storage::mysql::ServerProcess& process() { return *process_; }

 private:
  MysqlServer();
  TestFolder folder_;
  storage::mysql::ServerKind kind_;
  std::unique_ptr<storage::mysql::ServerProcess> process_;
};

// A fresh, empty database of a random name on the shared server, dropped with this object.
class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const storage::mysql::ConnectionOptions& options() const { return options_; }
  // A new connection; ends the program with 1 when there is none.
  std::unique_ptr<storage::mysql::Connection> Connect() const;

 private:
  storage::mysql::ConnectionOptions options_;
};

}  // namespace segmentation::testing
