// What a driver error means: the one table from MySQL/MariaDB error numbers to statuses, and what
// an error leaves of the connection and of the transaction it happened in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace segmentation::storage::mysql {

// An error as the driver reports it. The message may hold values of rows: it is never sent on.
struct DriverError {
  int number = 0;
  std::string sql_state;
  std::string message;
};

// The status of an error, with the number kept (MysqlErrorNumber) and, for 1062, the name of the
// index as metadata "index". Errors that are our fault or unknown are logged here with number,
// SQLSTATE and the head of the statement's text (statements are constants with placeholders; values
// are parameters), and their status has a generic text. Thread-safe.
absl::Status SqlErrorToStatus(const DriverError& error, std::string_view statement);

// The driver error number a status was made from; nothing for other statuses.
std::optional<int> MysqlErrorNumber(const absl::Status& status);

// The unique index a 1062 named ("uq_member_id", "PRIMARY"); empty for any other status.
std::string DuplicateIndex(const absl::Status& status);

// True when the link failed or is at an unknown place: the connection must be thrown away.
bool BreaksConnection(int number);

// True when the server undid the failed statement alone, so that the transaction may go on. After
// any other error it must be rolled back, whatever the server did already (1213 rolls back all,
// 1205 only the statement).
bool KeepsTransaction(int number);

// True when an error answering COMMIT proves that nothing was committed.
bool ProvesNotCommitted(int number);

// True when the same transaction may succeed if run again: conflicts, lock waits and servers that
// are gone or not writable. Never true for an unknown outcome.
bool IsRetryable(const absl::Status& status);

// True when a COMMIT (or a statement that commits by itself) was sent and no answer came.
bool IsOutcomeUnknown(const absl::Status& status);

}  // namespace segmentation::storage::mysql
