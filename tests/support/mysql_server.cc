#include "tests/support/mysql_server.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/base/hash.h"
#include "server/base/random.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::testing {
namespace {

namespace fs = std::filesystem;
using storage::mysql::Connection;
using storage::mysql::DescribeServerProgram;
using storage::mysql::FindServerProgram;
using storage::mysql::ServerProcess;
using storage::mysql::ServerProcessOptions;
using storage::mysql::ServerProgram;

constexpr char kPrefix[] = "segmentation-test-";

template <typename T>
T OrEnd(absl::StatusOr<T> value, const char* what) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s: %s\n", what, std::string(value.status().message()).c_str());
    std::_Exit(1);
  }
  return *std::move(value);
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path FolderRoot() {
  const std::string chosen = Variable("TMPDIR");
  if (!chosen.empty()) return chosen;
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

// A folder is dead when nobody holds its lock; one without a lock may be just being made.
bool IsDead(const fs::path& folder) {
  const int fd = open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool dead = flock(fd, LOCK_EX | LOCK_NB) == 0;
  close(fd);
  return dead;
}

absl::StatusOr<ServerProgram> GenuineMysql(const std::string& tree) {
  const auto missing = [&](const char* what) {
    return absl::NotFoundError(base::StrCat(what, " in SEGMENTATION_MYSQL_DIR='", tree,
                                            "': run tests/support/mysql-genuine.sh DIR fetch"));
  };
  std::string loader;
  std::string libraries;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(tree + "/root/usr/lib", error)) {
    if (!fs::exists(entry.path() / "libc.so.6")) continue;
    libraries = entry.path();
    for (const fs::directory_entry& file : fs::directory_iterator(entry.path())) {
      if (file.path().filename().string().rfind("ld-linux", 0) == 0) loader = file.path();
    }
  }
  if (loader.empty()) return missing("no system libraries");
  const std::string usr = tree + "/root/usr";
  if (!fs::exists(usr + "/sbin/mysqld")) return missing("no mysqld");
  return DescribeServerProgram({loader, "--library-path", libraries, usr + "/sbin/mysqld"},
                               {"basedir=" + usr, "plugin_dir=" + usr + "/lib/mysql/plugin",
                                "lc_messages_dir=" + usr + "/share/mysql",
                                "character_sets_dir=" + usr + "/share/mysql/charsets"});
}

}  // namespace

absl::StatusOr<ServerProgram> TestServerProgram() {
  const std::string lane = Variable("SEGMENTATION_TEST_DATABASE");
  if (lane == "mysql") return GenuineMysql(Variable("SEGMENTATION_MYSQL_DIR"));
  if (!lane.empty() && lane != "mariadb") {
    return absl::InvalidArgumentError(
        base::StrCat("SEGMENTATION_TEST_DATABASE: got '", lane, "', want mariadb or mysql"));
  }
  ASSIGN_OR_RETURN(ServerProgram program, FindServerProgram());
  if (program.version.kind != storage::mysql::ServerKind::kMariaDb) {
    return absl::NotFoundError("mariadbd was not found: install package mariadb-server-core");
  }
  return program;
}

TestFolder::TestFolder() {
  const fs::path root = FolderRoot();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, error)) {
    if (entry.path().filename().string().rfind(kPrefix, 0) == 0 && IsDead(entry.path())) {
      fs::remove_all(entry.path(), error);
    }
  }
  std::string pattern = (root / base::StrCat(kPrefix, "XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) {
    std::perror(pattern.c_str());
    std::_Exit(1);
  }
  path_ = pattern;
}

TestFolder::~TestFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

MysqlServer& MysqlServer::Shared() {
  static MysqlServer server;
  return server;
}

MysqlServer::MysqlServer() {
  const ServerProgram program = OrEnd(TestServerProgram(), "test database");
  kind_ = program.version.kind;
  // In memory there is no direct I/O; fsync is what makes a commit durable.
  ServerProcessOptions options{
      .folder = folder_.path(), .buffer_pool_mib = 128, .settings = {"innodb_flush_method=fsync"}};
  process_ = OrEnd(ServerProcess::Create(program, std::move(options)), "test database");
  absl::Status status = process_->Launch();
  if (status.ok()) status = process_->WaitReady(absl::Seconds(90));
  if (!status.ok()) {
    OrEnd(absl::StatusOr<int>(status), "test database");
  }
}

TestDatabase::TestDatabase() : options_(MysqlServer::Shared().options()) {
  const std::string name =
      "t_" + base::HexEncode(OrEnd(base::RandomBytes(6), "name of a test database"));
  const std::unique_ptr<Connection> connection = OrEnd(Connection::Open(options_), "test database");
  const absl::Status made = connection->ExecuteText(
      base::StrCat("CREATE DATABASE ", name, " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
  if (!made.ok()) OrEnd(absl::StatusOr<int>(made), "test database");
  options_.database = name;
}

TestDatabase::~TestDatabase() {
  // A test may have stopped the server; then the database goes with its folder.
  const auto connection = Connection::Open(MysqlServer::Shared().options());
  if (connection.ok()) {
    (*connection)->ExecuteText(base::StrCat("DROP DATABASE ", options_.database)).IgnoreError();
  }
}

std::unique_ptr<Connection> TestDatabase::Connect() const {
  return OrEnd(Connection::Open(options_), "test database");
}

}  // namespace segmentation::testing
