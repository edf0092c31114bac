// Whether a server is fit to hold the data: recent enough, and durable at every commit.
#pragma once

#include "absl/status/status.h"
#include "server/storage/mysql/connection.h"

namespace segmentation::storage::mysql {

// Refuses a server older than MySQL 8.0 or MariaDB 10.6, and one whose settings may lose a commit
// that was answered: innodb_flush_log_at_trx_commit other than 1; sync_binlog other than 1 with a
// binary log; innodb_doublewrite off.
// Errors: DATABASE_UNAVAILABLE naming each variable with what was found and what is wanted.
absl::Status CheckServer(Connection& connection);

}  // namespace segmentation::storage::mysql
