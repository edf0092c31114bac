#include "server/storage/mysql/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/random.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "spdlog/spdlog.h"

namespace segmentation::storage::mysql {
namespace {

namespace fs = std::filesystem;
using base::MakeError;
using base::Reason;

constexpr absl::Duration kInitialiseTimeout = absl::Minutes(3);
constexpr absl::Duration kOrphanTimeout = absl::Minutes(1);
constexpr absl::Duration kPoll = absl::Milliseconds(20);
constexpr size_t kLogTailBytes = 1500;
constexpr char kUser[] = "segmentd";

absl::Status Unavailable(std::string_view text) {
  return MakeError(Reason::DATABASE_UNAVAILABLE, "", text);
}

std::string ErrnoText(std::string_view what) {
  return base::StrCat(what, ": ", std::strerror(errno));
}

std::string FindProgram(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::vector<std::string> folders =
      absl::StrSplit(absl::string_view(path ? path : ""), ':', absl::SkipEmpty());
  for (const char* folder : {"/usr/sbin", "/usr/bin", "/usr/libexec", "/usr/local/sbin"}) {
    folders.emplace_back(folder);
  }
  for (const std::string& folder : folders) {
    const std::string candidate = base::StrCat(folder, "/", name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

// The first line a program prints when asked for its version.
std::string VersionLine(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& part : command) {
    // In single quotes, a single quote itself as '\''.
    line += base::StrCat("'", absl::StrReplaceAll(part, {{"'", "'\\''"}}), "' ");
  }
  line += "--version 2>/dev/null </dev/null";
  FILE* pipe = popen(line.c_str(), "re");
  if (pipe == nullptr) return "";
  char text[512] = "";
  if (fgets(text, sizeof text, pipe) == nullptr) text[0] = '\0';
  pclose(pipe);
  return text;
}

// A folder that only `account` can open, or root.
absl::Status MakePrivateFolder(const std::string& folder, const Account& account) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Unavailable(base::StrCat(folder, ": ", error.message()));
  struct stat info;
  if (lstat(folder.c_str(), &info) != 0) return Unavailable(ErrnoText(folder));
  if (!S_ISDIR(info.st_mode)) return Unavailable(base::StrCat(folder, ": got no folder"));
  if (info.st_uid != account.uid) {
    if (info.st_uid != geteuid()) {
      return Unavailable(
          base::StrCat(folder, ": belongs to account ", info.st_uid, ", want ", account.name));
    }
    if (chown(folder.c_str(), account.uid, account.gid) != 0) return Unavailable(ErrnoText(folder));
  }
  if (chmod(folder.c_str(), 0700) != 0) return Unavailable(ErrnoText(folder));
  return absl::OkStatus();
}

// Writes a file that only `account` can read.
absl::Status WritePrivateFile(const std::string& path, std::string_view text,
                              const Account& account) {
  unlink(path.c_str());
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Unavailable(ErrnoText(path));
  const bool written = fchown(fd, account.uid, account.gid) == 0 &&
                       write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const absl::Status status = written ? absl::OkStatus() : Unavailable(ErrnoText(path));
  close(fd);
  return status;
}

// Ids of running processes that were started with exactly this argument.
std::vector<pid_t> ProcessesWithArgument(const std::string& argument) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", error)) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (absl::string_view part : absl::StrSplit(text, '\0')) {
      if (part == argument) found.push_back(pid);
    }
  }
  return found;
}

// Stable over versions of this program, since a restarted one looks for the same socket.
uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char byte : text) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

}  // namespace

absl::StatusOr<ServerProgram> DescribeServerProgram(std::vector<std::string> command,
                                                    std::vector<std::string> settings) {
  // "/usr/sbin/mariadbd  Ver 10.11.6-MariaDB-… for …" or "… Ver 9.7.4-2 for Linux …".
  const std::string line = VersionLine(command);
  std::string_view rest = line;
  const size_t at = rest.find("Ver ");
  if (at == std::string_view::npos) {
    return Unavailable(base::StrCat(command.back(), ": does not tell its version"));
  }
  rest.remove_prefix(at + 4);
  rest = rest.substr(0, rest.find(' '));
  ServerProgram program;
  ASSIGN_OR_RETURN(program.version, ParseServerVersion(rest));
  program.command = std::move(command);
  program.settings = std::move(settings);
  if (program.version.kind == ServerKind::kMariaDb) {
    program.install_program = FindProgram("mariadb-install-db");
    if (program.install_program.empty()) {
      return Unavailable("mariadb-install-db was not found: install package mariadb-server-core");
    }
  }
  return program;
}

absl::StatusOr<ServerProgram> FindServerProgram() {
  for (const char* name : {"mariadbd", "mysqld"}) {
    const std::string path = FindProgram(name);
    if (!path.empty()) return DescribeServerProgram({path}, {});
  }
  return Unavailable(
      "no mariadbd or mysqld was found: install package mariadb-server-core or name a database "
      "server");
}

ServerProcess::ServerProcess(ServerProgram program, ServerProcessOptions options)
    : program_(std::move(program)), options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Create(const ServerProgram& program,
                                                                     ServerProcessOptions options) {
  if (!fs::path(options.folder).is_absolute()) {
    return MakeError(Reason::FIELD_INVALID, "folder",
                     base::StrCat("got '", options.folder, "', want an absolute path"));
  }
  ASSIGN_OR_RETURN(const Account account, UnprivilegedAccount());
  RETURN_IF_ERROR(MakePrivateFolder(options.folder, account));
  std::unique_ptr<ServerProcess> process(new ServerProcess(program, std::move(options)));
  RETURN_IF_ERROR(process->Lock());
  RETURN_IF_ERROR(process->EndOrphan());
  RETURN_IF_ERROR(process->ChooseSocket());
  RETURN_IF_ERROR(process->WriteConfiguration());
  RETURN_IF_ERROR(process->Initialise());
  return process;
}

ServerProcess::~ServerProcess() {
  if (pid_ != 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (lock_fd_ >= 0) close(lock_fd_);
}

absl::Status ServerProcess::Lock() {
  const std::string path = base::StrCat(options_.folder, "/lock");
  lock_fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd_ < 0) return Unavailable(ErrnoText(path));
  if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    return Unavailable(base::StrCat(options_.folder, ": in use by another process"));
  }
  return absl::OkStatus();
}

// We hold the lock, so whoever started a server that still runs here is gone.
absl::Status ServerProcess::EndOrphan() {
  const std::string argument = base::StrCat("--defaults-file=", options_.folder, "/my.cnf");
  const absl::Time kill_at = absl::Now() + kOrphanTimeout;
  int signal_number = SIGTERM;
  std::vector<pid_t> running = ProcessesWithArgument(argument);
  for (pid_t pid : running) {
    spdlog::warn("database process {} was left by an earlier run on {}: stopping it", pid,
                 options_.folder);
    kill(pid, SIGTERM);
  }
  while (!(running = ProcessesWithArgument(argument)).empty()) {
    if (absl::Now() > kill_at) {
      if (signal_number == SIGKILL && absl::Now() > kill_at + kOrphanTimeout) {
        return Unavailable(base::StrCat(options_.folder, ": process ", running[0],
                                        " of an earlier run does not end"));
      }
      signal_number = SIGKILL;
      for (pid_t pid : running) kill(pid, SIGKILL);
    }
    absl::SleepFor(kPoll);
  }
  return absl::OkStatus();
}

absl::Status ServerProcess::ChooseSocket() {
  ASSIGN_OR_RETURN(const Account account, UnprivilegedAccount());
  std::string path = base::StrCat(options_.folder, "/mysql.sock");
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    const std::string folder =
        absl::StrFormat("/tmp/segmentd-%d-%016x", account.uid, Fnv1a(options_.folder));
    RETURN_IF_ERROR(MakePrivateFolder(folder, account));
    path = base::StrCat(folder, "/mysql.sock");
  }
  connection_.socket = path;
  connection_.user = kUser;
  ASSIGN_OR_RETURN(const std::string random, base::RandomBytes(24));
  connection_.password = absl::BytesToHexString(random);
  return absl::OkStatus();
}

absl::Status ServerProcess::WriteConfiguration() {
  const std::string& folder = options_.folder;
  std::string text = base::StrCat(
      "# Written at every start of the embedded database.\n[mysqld]\n", "datadir=", folder,
      "/data\nsocket=", connection_.socket, "\npid_file=", folder,
      "/mysqld.pid\nlog_error=", folder, "/error.log\ntmpdir=", folder, "/tmp\ninit_file=", folder,
      "/account.sql\nserver_id=1\n",
      // Every commit is on disk before it is answered.
      "innodb_flush_log_at_trx_commit=1\nsync_binlog=1\ninnodb_doublewrite=ON\nlog_bin=binlog\n"
      "binlog_expire_logs_seconds=86400\nmax_binlog_size=268435456\n",
      "character_set_server=utf8mb4\ncollation_server=utf8mb4_bin\n"
      "transaction_isolation=READ-COMMITTED\nskip_name_resolve=ON\nlocal_infile=OFF\n"
      "max_connections=250\nmax_allowed_packet=67108864\nperformance_schema=OFF\n",
      "innodb_buffer_pool_size=", options_.buffer_pool_mib, "M\n");
  if (options_.port == 0) {
    base::StrAppend(&text, "skip_networking=ON\n");
  } else {
    base::StrAppend(&text, "bind_address=127.0.0.1\nport=", options_.port, "\n");
  }
  if (program_.version.kind == ServerKind::kMySql) {
    base::StrAppend(&text, "mysqlx=OFF\nsecure_file_priv=NULL\n");
  } else {
    base::StrAppend(&text, "binlog_format=ROW\n");
  }
  for (const std::string& line : program_.settings) base::StrAppend(&text, line, "\n");
  for (const std::string& line : options_.settings) base::StrAppend(&text, line, "\n");
  ASSIGN_OR_RETURN(const Account account, UnprivilegedAccount());
  RETURN_IF_ERROR(MakePrivateFolder(base::StrCat(folder, "/tmp"), account));
  return WritePrivateFile(base::StrCat(folder, "/my.cnf"), text, account);
}

// The data is made beside its place and then renamed, so that a start that was killed half-way is
// begun anew.
absl::Status ServerProcess::Initialise() {
  const std::string& folder = options_.folder;
  const std::string data = base::StrCat(folder, "/data");
  if (fs::exists(data)) return absl::OkStatus();
  const std::string fresh = base::StrCat(folder, "/data.new");
  std::error_code error;
  fs::remove_all(fresh, error);
  if (error) return Unavailable(base::StrCat(fresh, ": ", error.message()));

  ASSIGN_OR_RETURN(const Account account, UnprivilegedAccount());
  const std::string log = base::StrCat(folder, "/initialise.log");
  unlink(log.c_str());
  ChildOptions child{
      .command = {}, .account = account, .writable_folder = folder, .output_file = log};
  if (program_.version.kind == ServerKind::kMariaDb) {
    child.command = {program_.install_program,
                     "--no-defaults",
                     base::StrCat("--datadir=", fresh),
                     "--auth-root-authentication-method=normal",
                     "--skip-test-db",
                     base::StrCat("--tmpdir=", folder, "/tmp")};
  } else {
    child.command = program_.command;
    child.command.push_back("--no-defaults");
    for (const std::string& line : program_.settings) {
      child.command.push_back(base::StrCat("--", line));
    }
    for (const std::string& option :
         {std::string("--initialize-insecure"), base::StrCat("--datadir=", fresh),
          std::string("--secure_file_priv=NULL"), base::StrCat("--tmpdir=", folder, "/tmp")}) {
      child.command.push_back(option);
    }
  }
  if (absl::Status status = RunChild(child, kInitialiseTimeout); !status.ok()) {
    return Unavailable(base::StrCat("cannot initialise the database in ", folder, ": ",
                                    status.message(), "\n", EndOfLog("initialise.log")));
  }
  // On disk before it takes its name.
  const int fd = open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || syncfs(fd) != 0 || rename(fresh.c_str(), data.c_str()) != 0) {
    const std::string text = ErrnoText(fresh);
    if (fd >= 0) close(fd);
    return Unavailable(text);
  }
  close(fd);
  return absl::OkStatus();
}

// Run by the server itself before it listens; each statement is one line.
absl::Status ServerProcess::WriteAccount() {
  ASSIGN_OR_RETURN(const Account account, UnprivilegedAccount());
  const std::string who = base::StrCat("'", kUser, "'@'localhost'");
  return WritePrivateFile(
      base::StrCat(options_.folder, "/account.sql"),
      base::StrCat("SET SESSION sql_log_bin=0;\n", "CREATE USER IF NOT EXISTS ", who,
                   " IDENTIFIED BY '", connection_.password, "';\n", "ALTER USER ", who,
                   " IDENTIFIED BY '", connection_.password, "';\n",
                   "GRANT ALL PRIVILEGES ON *.* TO ", who, " WITH GRANT OPTION;\n",
                   "ALTER USER 'root'@'localhost' ACCOUNT LOCK;\n"),
      account);
}

absl::Status ServerProcess::Launch() {
  RETURN_IF_ERROR(WriteAccount());
  ASSIGN_OR_RETURN(child_.account, UnprivilegedAccount());
  child_.command = program_.command;
  child_.command.push_back(base::StrCat("--defaults-file=", options_.folder, "/my.cnf"));
  child_.writable_folder = options_.folder;
  child_.output_file = base::StrCat(options_.folder, "/output.log");
  how_ended_.clear();
  ASSIGN_OR_RETURN(pid_, SpawnChild(child_));
  return absl::OkStatus();
}

absl::Status ServerProcess::WaitReady(absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  absl::Status last;
  while (true) {
    std::string how;
    if (HasEnded(&how)) {
      return Unavailable(base::StrCat("the database server ended while it started (", how, ")\n",
                                      EndOfLog("error.log"), EndOfLog("output.log")));
    }
    if (access(connection_.socket.c_str(), F_OK) == 0) {
      last = Connection::Open(connection_).status();
      if (last.ok()) {
        unlink(base::StrCat(options_.folder, "/account.sql").c_str());
        return last;
      }
    }
    if (absl::Now() >= end) {
      return Unavailable(base::StrCat("the database server did not answer within ",
                                      absl::FormatDuration(timeout), ": ", last.message(), "\n",
                                      EndOfLog("error.log")));
    }
    absl::SleepFor(kPoll);
  }
}

bool ServerProcess::HasEnded(std::string* how) {
  int wait_status = 0;
  const pid_t ended = pid_ == 0 ? 0 : waitpid(pid_, &wait_status, WNOHANG);
  if (ended != 0) {
    // Below 0: somebody else has taken its end already.
    how_ended_ = ended < 0 ? "unknown" : DescribeExit(wait_status, child_);
    pid_ = 0;
  }
  if (pid_ == 0 && how != nullptr) *how = how_ended_;
  return pid_ == 0;
}

absl::Status ServerProcess::Stop(absl::Duration timeout) {
  if (HasEnded(nullptr)) return absl::OkStatus();
  kill(pid_, SIGTERM);
  const absl::Time end = absl::Now() + timeout;
  while (!HasEnded(nullptr)) {
    if (absl::Now() >= end) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
      return Unavailable(base::StrCat("the database server did not stop within ",
                                      absl::FormatDuration(timeout), " and was killed"));
    }
    absl::SleepFor(kPoll);
  }
  return absl::OkStatus();
}

std::string ServerProcess::EndOfLog(const std::string& name) const {
  std::ifstream file(base::StrCat(options_.folder, "/", name), std::ios::binary | std::ios::ate);
  if (!file) return "";
  const std::streamoff size = file.tellg();
  const std::streamoff from = std::max<std::streamoff>(0, size - kLogTailBytes);
  file.seekg(from);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace segmentation::storage::mysql
