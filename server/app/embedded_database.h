// The private database of segmentd: a MySQL or MariaDB server found on the machine, on a folder of
// its own, started, watched and stopped by this process. The machine's own database is never used.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/server_process.h"

namespace segmentation::app {

struct EmbeddedDatabaseOptions {
  // Absolute; made when missing. Everything the database keeps lies below it. It is handed to the
  // account the server runs as: the caller's, or `mysql`, else `nobody`, when root calls.
  std::string folder;
  int buffer_pool_mib = 256;
  // Made when missing, and selected by connection().
  std::string database = "segmentation";
  // A start, the first one's initialisation not counted.
  absl::Duration start_timeout = absl::Seconds(90);
  // After it a server that does not stop is killed; nothing committed is lost.
  absl::Duration stop_timeout = absl::Seconds(60);
  // The wait before a server that died is started again, doubled each time it dies again within a
  // minute, up to max_backoff.
  absl::Duration initial_backoff = absl::Milliseconds(200);
  absl::Duration max_backoff = absl::Seconds(10);
  // Told from the watching thread that the server died and how ("signal 9"), that a start failed,
  // or (OK) that it answers again. May be empty; must not call this object.
  std::function<void(const absl::Status&)> on_change;
  // Empty: the one of the machine (FindServerProgram).
  std::optional<storage::mysql::ServerProgram> program;
};

// The running database. Unix socket only; writes through to disk at every commit, binary log
// included. The server does not outlive this process: it is told to stop when this process dies,
// and a server that was left on the folder all the same is stopped at the next start.
//
// Thread-safe.
class EmbeddedDatabase {
 public:
  // Initialises the folder when it is new (seconds), starts the server and waits until it answers.
  // Errors: DATABASE_UNAVAILABLE with what to do about it (no server program, folder in use or not
  // reachable, the end of the server's log).
  static absl::StatusOr<std::unique_ptr<EmbeddedDatabase>> Start(EmbeddedDatabaseOptions options);
  // As Stop.
  ~EmbeddedDatabase();
  EmbeddedDatabase(const EmbeddedDatabase&) = delete;
  EmbeddedDatabase& operator=(const EmbeddedDatabase&) = delete;

  // How to connect; stays the same when the server is restarted. The password is new at each Start
  // and kept in this process alone.
  const storage::mysql::ConnectionOptions& connection() const { return connection_; }
  const storage::mysql::ServerVersion& version() const { return version_; }
  // The server's process; 0 while it does not run.
  pid_t pid() const;

  // Stops watching, then the server: SIGTERM, a wait, SIGKILL at last. OK when called again.
  absl::Status Stop();

 private:
  explicit EmbeddedDatabase(EmbeddedDatabaseOptions options);

  // The watching thread: it owns the process, since a child is told to stop when the thread that
  // started it ends.
  void Run();
  absl::Status FirstStart();
  absl::Status LaunchAndWait();
  absl::Status MakeDatabase();
  // Waits; true when Stop was called meanwhile.
  bool StopWithin(absl::Duration wait);
  void Tell(const absl::Status& status) const;

  const EmbeddedDatabaseOptions options_;
  // Of the watching thread alone.
  std::unique_ptr<storage::mysql::ServerProcess> process_;
  // Set before Start returns, then constant.
  storage::mysql::ConnectionOptions connection_;
  storage::mysql::ServerVersion version_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool started_ = false;
  absl::Status start_status_;
  bool stop_ = false;
  absl::Status stop_status_;
  pid_t pid_ = 0;

  std::mutex join_mutex_;  // guards thread_
  std::thread thread_;
};

}  // namespace segmentation::app
