// Runs a function as one transaction, again when the database asks for it.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/storage/mysql/connection_pool.h"

namespace segmentation::storage::mysql {

struct TransactionOptions {
  // Attempts at most, the first included.
  int max_attempts = 4;
  // The wait before the second attempt, doubled for each further one up to max_backoff; half of it
  // is random.
  absl::Duration initial_backoff = absl::Milliseconds(5);
  absl::Duration max_backoff = absl::Milliseconds(200);
  // No attempt begins after it; waits for a connection end at it.
  absl::Time deadline = absl::InfiniteFuture();
  // Also run again after an unknown COMMIT. Only for functions that find out by themselves, under
  // the locks they take, that they were done already (by their request rows).
  bool rerun_unknown_outcome = false;
  // How to wait; tests give their own.
  std::function<void(absl::Duration)> sleep = absl::SleepFor;
};

// Begins a transaction on a connection of the pool, calls `body` and commits; an error of the body
// rolls back. Conflicts (1213, 1205 and those of clusters) and servers that went away before COMMIT
// are retried on a fresh transaction, so the body may run several times: it must have no effect
// outside the database and keep no state between runs.
// Errors: the last attempt's; OUTCOME_UNKNOWN as Connection::Commit; QUEUE_FULL when no connection
// became free; DEADLINE_PASSED before the first attempt. Thread-safe.
absl::Status RunTransaction(ConnectionPool& pool, const TransactionOptions& options,
                            const std::function<absl::Status(Connection&)>& body);

// Calls `body` in a read-only snapshot of the database, with the same retries.
absl::Status RunSnapshot(ConnectionPool& pool, const TransactionOptions& options,
                         const std::function<absl::Status(Connection&)>& body);

}  // namespace segmentation::storage::mysql
