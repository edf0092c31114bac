// A bounded set of connections to one database.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/mysql/connection.h"

namespace segmentation::storage::mysql {

struct ConnectionPoolOptions {
  ConnectionOptions connection;
  // Connections at most, in use and idle together. Each costs the server about 1 MiB.
  int max_connections = 16;
  // A connection idle for longer is asked for a sign of life before it is handed out.
  absl::Duration check_after_idle = absl::Seconds(10);
};

// Thread-safe. Connections are opened when needed, kept while they are sound and thrown away when
// broken, never revived. Once one is lost, the others that were idle then are checked before use.
class ConnectionPool {
 public:
  // A connection on loan; gives it back when destroyed, after rolling back what was left open and
  // taking a limit of statements back. Must not outlive its pool. Empty after it was moved from.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    friend class ConnectionPool;
    Lease(ConnectionPool* pool, std::unique_ptr<Connection> connection);
    void GiveBack();
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  struct Counts {
    int in_use = 0;
    int idle = 0;
    int64_t opened = 0;     // since the pool was made
    int64_t discarded = 0;  // of those, thrown away as broken
  };

  explicit ConnectionPool(ConnectionPoolOptions options);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // Waits for a connection until `deadline`; one that is free is given also when it has passed.
  // Errors: QUEUE_FULL when none became free in time; DATABASE_UNAVAILABLE when none can be opened
  // (at once, without waiting for the deadline).
  absl::StatusOr<Lease> Acquire(absl::Time deadline);

  // From now on every Acquire answers SHUTTING_DOWN, also those that wait; idle connections close.
  void Close();

  Counts counts() const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Idle {
    std::unique_ptr<Connection> connection;
    SteadyTime since;
  };

  void Return(std::unique_ptr<Connection> connection);

  const ConnectionPoolOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable freed_;
  // Guarded by mutex_; the one used last at the end, which is taken first.
  std::vector<Idle> idle_;
  Counts counts_;
  SteadyTime last_loss_ = SteadyTime::min();
  bool closed_ = false;
};

}  // namespace segmentation::storage::mysql
