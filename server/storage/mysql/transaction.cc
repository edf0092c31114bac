#include "server/storage/mysql/transaction.h"

#include <algorithm>
#include <random>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/storage/mysql/sql_error.h"

namespace segmentation::storage::mysql {
namespace {

// Between half and all of `span`, so that those who met once do not meet again.
absl::Duration Jittered(absl::Duration span) {
  thread_local std::minstd_rand random(std::random_device{}());
  return span * std::uniform_real_distribution<double>(0.5, 1.0)(random);
}

absl::Status RunOnce(ConnectionPool& pool, const TransactionOptions& options,
                     absl::Status (Connection::*begin)(),
                     const std::function<absl::Status(Connection&)>& body) {
  ASSIGN_OR_RETURN(ConnectionPool::Lease connection, pool.Acquire(options.deadline));
  RETURN_IF_ERROR(((*connection).*begin)());
  if (absl::Status status = body(*connection); !status.ok()) {
    connection->Rollback().IgnoreError();  // a failure breaks the connection
    return status;
  }
  return connection->Commit();
}

absl::Status Run(ConnectionPool& pool, const TransactionOptions& options,
                 absl::Status (Connection::*begin)(),
                 const std::function<absl::Status(Connection&)>& body) {
  absl::Status status = base::MakeError(base::Reason::DEADLINE_PASSED, "",
                                        "the deadline had passed before the database was asked");
  absl::Duration backoff = options.initial_backoff;
  for (int attempt = 1; attempt <= options.max_attempts; ++attempt) {
    if (absl::Now() >= options.deadline) return status;
    status = RunOnce(pool, options, begin, body);
    const bool again =
        IsRetryable(status) || (options.rerun_unknown_outcome && IsOutcomeUnknown(status));
    if (!again || attempt == options.max_attempts) return status;
    const absl::Duration wait = Jittered(backoff);
    if (absl::Now() + wait >= options.deadline) return status;
    options.sleep(wait);
    backoff = std::min(backoff * 2, options.max_backoff);
  }
  return status;
}

}  // namespace

absl::Status RunTransaction(ConnectionPool& pool, const TransactionOptions& options,
                            const std::function<absl::Status(Connection&)>& body) {
  return Run(pool, options, &Connection::Begin, body);
}

absl::Status RunSnapshot(ConnectionPool& pool, const TransactionOptions& options,
                         const std::function<absl::Status(Connection&)>& body) {
  return Run(pool, options, &Connection::BeginSnapshot, body);
}

}  // namespace segmentation::storage::mysql
