#include "server/storage/mysql/connection_pool.h"

#include <algorithm>
#include <utility>

#include "server/base/error.h"
#include "server/base/strings.h"

namespace segmentation::storage::mysql {

using base::MakeError;
using base::Reason;

ConnectionPool::Lease::Lease(ConnectionPool* pool, std::unique_ptr<Connection> connection)
    : pool_(pool), connection_(std::move(connection)) {}

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(other.pool_), connection_(std::move(other.connection_)) {}

ConnectionPool::Lease& ConnectionPool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    GiveBack();
    pool_ = other.pool_;
    connection_ = std::move(other.connection_);
  }
  return *this;
}

ConnectionPool::Lease::~Lease() { GiveBack(); }

void ConnectionPool::Lease::GiveBack() {
  if (connection_) pool_->Return(std::move(connection_));
}

ConnectionPool::ConnectionPool(ConnectionPoolOptions options) : options_(std::move(options)) {}

ConnectionPool::~ConnectionPool() { Close(); }

absl::StatusOr<ConnectionPool::Lease> ConnectionPool::Acquire(absl::Time deadline) {
  // Waits count on the steady clock, so that a step of the wall clock neither ends nor extends
  // them. The cap keeps the sum below within its range.
  const absl::Duration wait =
      std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(24));
  const SteadyTime until = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(wait);

  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    const bool free = freed_.wait_until(lock, until, [this] {
      return closed_ || !idle_.empty() || counts_.in_use < options_.max_connections;
    });
    if (closed_) return MakeError(Reason::SHUTTING_DOWN, "", "the database connections are closed");
    if (!free) {
      return MakeError(Reason::QUEUE_FULL, "",
                       base::StrCat("no database connection became free in time, all ",
                                    options_.max_connections, " are in use"));
    }
    ++counts_.in_use;
    if (!idle_.empty()) {
      Idle candidate = std::move(idle_.back());
      idle_.pop_back();
      counts_.idle = static_cast<int>(idle_.size());
      const bool check =
          candidate.since <= last_loss_ || std::chrono::steady_clock::now() - candidate.since >
                                               absl::ToChronoNanoseconds(options_.check_after_idle);
      if (!check) return Lease(this, std::move(candidate.connection));
      lock.unlock();
      if (candidate.connection->Ping().ok()) return Lease(this, std::move(candidate.connection));
      Return(std::move(candidate.connection));
      lock.lock();
      continue;
    }
    lock.unlock();
    absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(options_.connection);
    lock.lock();
    if (!opened.ok()) {
      --counts_.in_use;
      freed_.notify_one();
      return opened.status();
    }
    ++counts_.opened;
    return Lease(this, *std::move(opened));
  }
}

void ConnectionPool::Return(std::unique_ptr<Connection> connection) {
  // Each breaks the connection when it fails.
  if (!connection->broken()) connection->Rollback().IgnoreError();
  if (!connection->broken()) connection->ClearStatementLimit().IgnoreError();
  std::unique_lock<std::mutex> lock(mutex_);
  --counts_.in_use;
  if (connection->broken()) {
    ++counts_.discarded;
    last_loss_ = std::chrono::steady_clock::now();
  } else if (!closed_) {
    idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
    counts_.idle = static_cast<int>(idle_.size());
  }
  lock.unlock();
  freed_.notify_one();
  connection.reset();  // a broken one is closed here, outside the lock
}

void ConnectionPool::Close() {
  std::vector<Idle> closing;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    closing.swap(idle_);
    counts_.idle = 0;
  }
  freed_.notify_all();
}

ConnectionPool::Counts ConnectionPool::counts() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

}  // namespace segmentation::storage::mysql
