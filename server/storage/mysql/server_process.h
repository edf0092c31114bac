// A private MySQL or MariaDB server: its program found on the machine, its folder made, the process
// started and ended. What keeps it running (embedded_database) and the tests build on this.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/mysql/child_process.h"
#include "server/storage/mysql/connection.h"

namespace segmentation::storage::mysql {

// A server program that can be run.
struct ServerProgram {
  // The program, after whatever must start it (a loader with its options).
  std::vector<std::string> command;
  // MariaDB's separate program that makes a data folder; empty for MySQL, which does it itself.
  std::string install_program;
  ServerVersion version;
  // Further lines of the configuration file that this program needs to find its own files.
  std::vector<std::string> settings;
};

// The server of the Debian packages: mariadbd or mysqld in PATH, /usr/sbin or /usr/libexec.
// DATABASE_UNAVAILABLE naming the package to install when there is none.
absl::StatusOr<ServerProgram> FindServerProgram();

// The same for a program given by its command; asks it for its version.
absl::StatusOr<ServerProgram> DescribeServerProgram(std::vector<std::string> command,
                                                    std::vector<std::string> settings);

struct ServerProcessOptions {
  // Absolute; made when missing, and then owned by the account the server runs as. Holds data/,
  // my.cnf, error.log and, when its path is short enough, the socket.
  std::string folder;
  // MiB of the server's page cache.
  int buffer_pool_mib = 256;
  // Lines of the configuration file after the built-in ones, "name=value".
  std::vector<std::string> settings;
  // TCP port on 127.0.0.1; 0: the unix socket alone.
  int port = 0;
};

// One server on one folder. Runs as the calling account, or, called by root, as `mysql` or else
// `nobody`. It writes through to disk at every commit (redo log and binary log). The only account
// that can log in is made anew at each Create, with a random password that is nowhere kept.
//
// The process gets SIGTERM when the thread that called Launch ends, so that thread must live as
// long as the server shall. Not thread-safe.
class ServerProcess {
 public:
  // Makes the folder ready: takes its lock, ends a server that an earlier, killed owner left on it,
  // initialises the data when there is none (seconds), writes the configuration.
  // Errors: DATABASE_UNAVAILABLE with what to do (folder in use by another process, not reachable
  // for the server's account, initialisation failed with the end of its log).
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Create(const ServerProgram& program,
                                                               ServerProcessOptions options);
  // Kills the process when it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Starts the process; at once after its end also again.
  absl::Status Launch();
  // Waits until it answers a connection. DATABASE_UNAVAILABLE with the end of its log when it ended
  // or did not answer in time.
  absl::Status WaitReady(absl::Duration timeout);
  // True when it is not running; `how` then tells how it ended ("signal 9", "exit 1").
  bool HasEnded(std::string* how);
  // SIGTERM, and SIGKILL when it has not ended within `timeout`. OK also when it is not running.
  absl::Status Stop(absl::Duration timeout);

  // How to connect over the socket; no database is selected.
  const ConnectionOptions& connection() const { return connection_; }
  // 0 when not running.
  pid_t pid() const { return pid_; }
  const std::string& folder() const { return options_.folder; }

 private:
  ServerProcess(ServerProgram program, ServerProcessOptions options);

  absl::Status Lock();
  absl::Status EndOrphan();
  absl::Status ChooseSocket();
  absl::Status Initialise();
  absl::Status WriteConfiguration();
  absl::Status WriteAccount();
  std::string EndOfLog(const std::string& name) const;

  const ServerProgram program_;
  const ServerProcessOptions options_;
  ConnectionOptions connection_;
  int lock_fd_ = -1;
  ChildOptions child_;
  pid_t pid_ = 0;
  std::string how_ended_;
};

}  // namespace segmentation::storage::mysql
