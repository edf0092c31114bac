#include "server/storage/mysql/migrator.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/random.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/sql_error.h"
#include "spdlog/spdlog.h"

namespace segmentation::storage::mysql {
namespace {

using base::MakeError;
using base::Reason;

constexpr std::string_view kCreateSchemaMigration =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    "version INT UNSIGNED NOT NULL, "
    "name VARBINARY(200) NOT NULL, "
    "checksum VARBINARY(64) NOT NULL, "  // SHA-256 of the text, in hex
    "done TINYINT UNSIGNED NOT NULL, "   // 0: begun, and perhaps cut off
    "begun_at_ms BIGINT NOT NULL, "
    "PRIMARY KEY (version)"
    ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
constexpr std::string_view kCreateSchemaLease =
    "CREATE TABLE IF NOT EXISTS schema_lease ("
    "lease_no TINYINT UNSIGNED NOT NULL, "
    "owner VARBINARY(64) NOT NULL, "
    "ends_at_ms BIGINT NOT NULL, "
    "PRIMARY KEY (lease_no)"
    ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
constexpr std::string_view kInsertLease =
    "INSERT INTO schema_lease (lease_no, owner, ends_at_ms) VALUES (1, '', 0) "
    "ON DUPLICATE KEY UPDATE lease_no=lease_no";
// Affects one row when the lease is ours now. All times are the database's.
constexpr std::string_view kTakeLease =
    "UPDATE schema_lease SET owner=?, "
    "ends_at_ms=CAST(UNIX_TIMESTAMP(NOW(3))*1000 AS SIGNED)+? "
    "WHERE lease_no=1 AND (owner=? OR ends_at_ms<CAST(UNIX_TIMESTAMP(NOW(3))*1000 AS SIGNED))";
constexpr std::string_view kReleaseLease =
    "UPDATE schema_lease SET owner='', ends_at_ms=0 WHERE lease_no=1 AND owner=?";
constexpr std::string_view kSelectTable =
    "SELECT 1 FROM information_schema.tables "
    "WHERE table_schema=DATABASE() AND table_name='schema_migration'";
constexpr std::string_view kSelectMigrations =
    "SELECT version, name, checksum, done FROM schema_migration ORDER BY version";
constexpr std::string_view kInsertMigration =
    "INSERT INTO schema_migration (version, name, checksum, done, begun_at_ms) "
    "VALUES (?, ?, ?, 0, CAST(UNIX_TIMESTAMP(NOW(3))*1000 AS SIGNED))";
constexpr std::string_view kUpdateMigrationDone =
    "UPDATE schema_migration SET done=1 WHERE version=?";

constexpr absl::Duration kLeasePoll = absl::Milliseconds(200);

std::string ChecksumOf(const Migration& migration) {
  return base::HexEncode(base::BytesOf(base::Sha256(migration.sql)));
}

// The text without comments; a quoted part stays as it is.
std::string WithoutComments(std::string_view sql) {
  std::string text;
  for (size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    if (c == '#' || (c == '-' && sql.substr(i, 3) == "-- ") || sql.substr(i, 3) == "--\n") {
      i = std::min(sql.size(), sql.find('\n', i));
    } else if (sql.substr(i, 2) == "/*") {
      const size_t end = sql.find("*/", i + 2);
      i = end == std::string_view::npos ? sql.size() : end + 2;
    } else if (c == '\'' || c == '"' || c == '`') {
      // A doubled quote ends one part and begins the next, which comes to the same; a backslash
      // takes the next character with it.
      size_t end = i + 1;
      while (end < sql.size() && sql[end] != c) end += sql[end] == '\\' && c != '`' ? 2 : 1;
      end = std::min(sql.size(), end + 1);
      text.append(sql.substr(i, end - i));
      i = end;
      continue;
    } else {
      text.push_back(c);
      ++i;
      continue;
    }
    text.push_back(' ');
  }
  return text;
}

// The statement of a migration without comments and closing semicolon; nothing when there is not
// exactly one.
std::optional<std::string> TheStatement(std::string_view sql) {
  std::string text = WithoutComments(sql);
  absl::StripAsciiWhitespace(&text);
  if (!text.empty() && text.back() == ';') text.pop_back();
  absl::StripAsciiWhitespace(&text);
  if (text.empty()) return std::nullopt;
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == '\\' && quote != '`') {
        ++i;
      } else if (c == quote) {
        quote = '\0';
      }
    } else if (c == '\'' || c == '"' || c == '`') {
      quote = c;
    } else if (c == ';') {
      return std::nullopt;
    }
  }
  return text;
}

bool IsDdl(std::string_view statement) {
  const std::string word =
      absl::AsciiStrToUpper(base::ToAbsl(statement.substr(0, statement.find_first_of(" \t\r\n("))));
  return word == "CREATE" || word == "ALTER" || word == "DROP" || word == "RENAME" ||
         word == "TRUNCATE";
}

// What a DDL statement answers when it was done before: table, column or key is there already, or
// what it drops is gone.
bool SaysDoneAlready(const absl::Status& status) {
  const std::optional<int> number = MysqlErrorNumber(status);
  return number == 1050 || number == 1060 || number == 1061 || number == 1091 || number == 1051;
}

absl::Status CheckList(absl::Span<const Migration> migrations) {
  for (size_t i = 0; i < migrations.size(); ++i) {
    const Migration& migration = migrations[i];
    if (migration.version != static_cast<int>(i) + 1) {
      return MakeError(Reason::INTERNAL, "",
                       base::StrCat("migration ", migration.name, ": got version ",
                                    migration.version, ", want ", i + 1));
    }
    if (!TheStatement(migration.sql)) {
      return MakeError(Reason::INTERNAL, "",
                       base::StrCat("migration ", migration.name, ": want exactly one statement"));
    }
  }
  return absl::OkStatus();
}

// Compares what is recorded with the list. Returns how many steps are done; one that was begun is
// not counted.
absl::StatusOr<int> CompareRecorded(Connection& connection,
                                    absl::Span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const ResultSet recorded, connection.Query(kSelectMigrations));
  int done = 0;
  for (const ResultSet::Row row : recorded) {
    const int64_t version = row.Int64(0);
    if (version > static_cast<int64_t>(migrations.size())) {
      return MakeError(
          Reason::RESOURCE_IN_USE, "",
          base::StrCat("database schema: found version ", version, " (", row.Text(1),
                       "), this program knows ", migrations.size(), ": run a newer segmentd"));
    }
    const Migration& migration = migrations[static_cast<size_t>(version - 1)];
    if (row.Text(2) != ChecksumOf(migration)) {
      return MakeError(Reason::RESOURCE_IN_USE, "",
                       base::StrCat("migration ", migration.name,
                                    ": its text has changed since it was run on this database; "
                                    "restore the file and add a new one"));
    }
    if (row.Int64(3) == 1) done = static_cast<int>(version);
  }
  return done;
}

// Renews a lease from a thread and a connection of its own, so that it also lives through a long
// statement.
class LeaseKeeper {
 public:
  LeaseKeeper(std::unique_ptr<Connection> connection, std::string owner, absl::Duration length)
      : connection_(std::move(connection)), owner_(std::move(owner)), length_(length) {}

  ~LeaseKeeper() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    connection_->Execute(kReleaseLease, {owner_}).IgnoreError();  // else it runs out by itself
  }

  // Waits for the lease, then keeps it.
  absl::Status Take(absl::Duration wait) {
    const absl::Time end = absl::Now() + wait;
    while (true) {
      ASSIGN_OR_RETURN(const bool taken, Renew());
      if (taken) break;
      if (absl::Now() >= end) {
        return MakeError(Reason::WRITE_CONFLICT, "",
                         "another migration of this database is running: try again later");
      }
      absl::SleepFor(kLeasePoll);
    }
    thread_ = std::thread([this] { Keep(); });
    return absl::OkStatus();
  }

  // False once a renewal failed: another migrator may be at work.
  bool held() const { return held_; }

 private:
  absl::StatusOr<bool> Renew() {
    ASSIGN_OR_RETURN(
        const uint64_t rows,
        connection_->Execute(kTakeLease, {owner_, absl::ToInt64Milliseconds(length_), owner_}));
    return rows == 1;
  }

  void Keep() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (
        !wake_.wait_for(lock, absl::ToChronoMilliseconds(length_ / 3), [this] { return stop_; })) {
      const absl::StatusOr<bool> renewed = Renew();
      if (!renewed.ok() || !*renewed) {
        held_ = false;
        return;
      }
    }
  }

  const std::unique_ptr<Connection> connection_;
  const std::string owner_;
  const absl::Duration length_;
  std::atomic<bool> held_ = true;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;  // guarded by mutex_
  std::thread thread_;
};

absl::Status RunDdl(Connection& connection, std::string_view statement, const Migration& migration,
                    bool begun_before) {
  if (!begun_before) {
    RETURN_IF_ERROR(
        connection
            .Execute(kInsertMigration, {migration.version, migration.name, ChecksumOf(migration)})
            .status());
  }
  if (absl::Status status = connection.ExecuteText(statement); !status.ok()) {
    if (!begun_before || !SaysDoneAlready(status)) return status;
    spdlog::info("migration {} had been done before it was cut off", migration.name);
  }
  return connection.Execute(kUpdateMigrationDone, {migration.version}).status();
}

absl::Status RunDml(Connection& connection, std::string_view statement,
                    const Migration& migration) {
  RETURN_IF_ERROR(connection.Begin());
  absl::Status status = [&]() -> absl::Status {
    RETURN_IF_ERROR(
        connection
            .Execute(kInsertMigration, {migration.version, migration.name, ChecksumOf(migration)})
            .status());
    RETURN_IF_ERROR(connection.Execute(statement).status());
    return connection.Execute(kUpdateMigrationDone, {migration.version}).status();
  }();
  if (!status.ok()) {
    connection.Rollback().IgnoreError();
    return status;
  }
  return connection.Commit();
}

absl::Status RunStep(Connection& connection, const Migration& migration) {
  const std::string statement = *TheStatement(migration.sql);
  if (!IsDdl(statement)) return RunDml(connection, statement, migration);
  ASSIGN_OR_RETURN(
      const ResultSet begun,
      connection.Query("SELECT 1 FROM schema_migration WHERE version=?", {migration.version}));
  return RunDdl(connection, statement, migration, !begun.empty());
}

// The same error with the step named.
absl::Status InStep(const Migration& migration, const absl::Status& status) {
  const std::optional<int> number = MysqlErrorNumber(status);
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  return MakeError(info ? info->reason : Reason::INTERNAL, "",
                   base::StrCat("migration ", migration.name, ": ", status.message(),
                                number ? base::StrCat(" (error ", *number, ")") : std::string()));
}

}  // namespace

absl::Status Migrate(const ConnectionOptions& options, absl::Span<const Migration> migrations,
                     const MigratorOptions& migrator_options) {
  RETURN_IF_ERROR(CheckList(migrations));
  ConnectionOptions patient = options;
  patient.read_timeout = absl::Hours(24);  // a step may rebuild a table
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection, Connection::Open(patient));
  RETURN_IF_ERROR(connection->ExecuteText(kCreateSchemaMigration));
  RETURN_IF_ERROR(connection->ExecuteText(kCreateSchemaLease));
  RETURN_IF_ERROR(connection->Execute(kInsertLease).status());

  ASSIGN_OR_RETURN(std::string owner, base::RandomUuid());
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> keeper_connection, Connection::Open(options));
  LeaseKeeper lease(std::move(keeper_connection), std::move(owner), migrator_options.lease_length);
  RETURN_IF_ERROR(lease.Take(migrator_options.lease_wait));

  ASSIGN_OR_RETURN(const int done, CompareRecorded(*connection, migrations));
  for (const Migration& migration : migrations.subspan(static_cast<size_t>(done))) {
    if (!lease.held()) {
      return MakeError(Reason::WRITE_CONFLICT, "",
                       base::StrCat("lost the lease before migration ", migration.name));
    }
    if (migrator_options.on_step) migrator_options.on_step(migration);
    if (absl::Status status = RunStep(*connection, migration); !status.ok()) {
      return InStep(migration, status);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSchema(Connection& connection, absl::Span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const ResultSet table, connection.Query(kSelectTable));
  absl::StatusOr<int> done = 0;
  if (!table.empty()) done = CompareRecorded(connection, migrations);
  if (!done.ok()) {
    const std::optional<base::ErrorInfo> info = base::GetErrorInfo(done.status());
    if (!info || info->reason != Reason::RESOURCE_IN_USE) return done.status();
    return MakeError(Reason::DATABASE_UNAVAILABLE, "", base::FromAbsl(done.status().message()));
  }
  if (*done == static_cast<int>(migrations.size())) return absl::OkStatus();
  return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                   base::StrCat("database schema: found version ", *done, ", need ",
                                migrations.size(), ": run 'segmentd migrate'"));
}

}  // namespace segmentation::storage::mysql
