// Brings a database to the schema this program was built with, and tells whether it has it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/storage/mysql/connection.h"

namespace segmentation::storage::mysql {

// One step of the schema: a file NNNN_verb_object.sql with one statement.
struct Migration {
  int version;            // NNNN, from 1 without gaps
  std::string_view name;  // the file's name without its ending
  std::string_view sql;
};

// The files of sql/migrations, compiled in, by version.
absl::Span<const Migration> EmbeddedMigrations();

struct MigratorOptions {
  // How long to wait for another migrator that is at work.
  absl::Duration lease_wait = absl::Minutes(2);
  // A migrator that died loses its lease after this; a living one renews it, also during a long
  // step.
  absl::Duration lease_length = absl::Seconds(30);
  // Told of each step before it runs; may be empty.
  std::function<void(const Migration&)> on_step;
};

// Runs the missing steps in order and records each with its checksum in table schema_migration,
// which it makes itself. Forward only. One migrator works at a time over any number of machines, by
// a lease row on the database's clock. A step that was cut off by a crash is run again: servers
// make one DDL statement wholly or not at all, so an answer "exists already" then means it was
// done.
//
// Errors: INTERNAL for steps that are not numbered 1, 2, … or hold more or less than one statement;
// RESOURCE_IN_USE when a recorded step's text has changed, or the database has steps unknown here;
// WRITE_CONFLICT when another migrator kept the lease; otherwise what the step's statement
// answered, with the step named.
absl::Status Migrate(const ConnectionOptions& options, absl::Span<const Migration> migrations,
                     const MigratorOptions& migrator_options = {});

// OK when exactly these steps are recorded. DATABASE_UNAVAILABLE with the version found, the one
// needed and the command to run.
absl::Status CheckSchema(Connection& connection, absl::Span<const Migration> migrations);

}  // namespace segmentation::storage::mysql
