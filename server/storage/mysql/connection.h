// The one wrapper round Connector/C++: no other file includes the connector. It exists because the
// connector's own calls lose errors: commit() cannot fail, unbuffered reads end without one,
// reconnection tears transactions apart, TLS options are ignored. Here COMMIT is a statement, every
// result is buffered and counted, and a connection that lost its link is never used again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/mysql/parameter.h"
#include "server/storage/mysql/result_set.h"

namespace segmentation::storage::mysql {

// TLS of a TCP connection, always with the server's certificate verified against `ca_file` and the
// host's name; there is no mode that encrypts without verifying.
struct TlsOptions {
  bool enabled = false;
  std::string ca_file;    // required when enabled
  std::string cert_file;  // both or neither: the client's own certificate
  std::string key_file;
};

struct ConnectionOptions {
  // A path makes a unix-socket connection and then host and port are not used.
  std::string socket;
  std::string host = "127.0.0.1";
  int port = 3306;
  std::string user;
  std::string password;
  std::string database;  // empty: none selected
  TlsOptions tls;
  // Whole seconds, 1 at least. A read that takes longer loses the connection, while the statement
  // may go on in the server: keep it well above lock_wait.
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration read_timeout = absl::Seconds(60);
  absl::Duration write_timeout = absl::Seconds(60);
  // Row and table locks; then WRITE_CONFLICT.
  absl::Duration lock_wait = absl::Seconds(5);
  // Prepared statements kept open a connection; the one longest unused is closed.
  int statement_cache_size = 64;
};

enum class ServerKind { kMySql, kMariaDb };

struct ServerVersion {
  ServerKind kind = ServerKind::kMySql;
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string text;  // as the server says it
};

// One session with the server. One thread at a time; may move between threads. It commits every
// statement by itself until Begin.
//
// Errors: as sql_error.h maps them. After a transport error broken() is true and every call answers
// DATABASE_UNAVAILABLE. A statement that commits by itself, and Commit, answer OUTCOME_UNKNOWN when
// the link was lost: the effect may be there or not. In a transaction, an error that may have
// undone more than its own statement dooms it: further calls but Rollback answer that error.
//
// Affected rows: rows matched by WHERE, also when nothing in them changed; an upsert counts 1 for
// an inserted row, 2 for a changed one, 1 for one that was equal.
class Connection {
 public:
  // Connects, sets the session (strict sql_mode equal on all servers, time zone +00:00, utf8mb4
  // with binary comparison, READ COMMITTED, lock waits) and checks that the server took it. With
  // TLS the session is refused unless a cipher is in use.
  // Errors: DATABASE_UNAVAILABLE with a text an operator can act on; FIELD_INVALID for options that
  // contradict each other.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs one prepared statement that answers no rows; returns affected rows. `sql` is a constant
  // with at most 65535 placeholders; each placeholder keeps one kind (number or bytes, or NULL) for
  // all its uses.
  absl::StatusOr<uint64_t> Execute(std::string_view sql, ParamSpan params);
  absl::StatusOr<uint64_t> Execute(std::string_view sql,
                                   std::initializer_list<Parameter> params = {}) {
    return Execute(sql, ParamSpan(params.begin(), params.size()));
  }

  // Runs one prepared statement that answers rows, and reads them all. JSON columns must be
  // selected as CAST(j AS CHAR): MySQL's own are refused.
  absl::StatusOr<ResultSet> Query(std::string_view sql, ParamSpan params);
  absl::StatusOr<ResultSet> Query(std::string_view sql,
                                  std::initializer_list<Parameter> params = {}) {
    return Query(sql, ParamSpan(params.begin(), params.size()));
  }

  // Runs one statement as text, for DDL and session settings; never with values in it. Refused
  // inside a transaction, which DDL would commit.
  absl::Status ExecuteText(std::string_view sql);
  // The same for statements that answer rows and cannot be prepared (SHOW, EXPLAIN); all cells are
  // as in Query. Allowed inside a transaction.
  absl::StatusOr<ResultSet> QueryText(std::string_view sql);

  // Starts a transaction at READ COMMITTED. INTERNAL when one is open already.
  absl::Status Begin();
  // Starts a read-only transaction over one snapshot of the whole database, taken now. Ended by
  // Commit or Rollback; then the session is at READ COMMITTED again.
  absl::Status BeginSnapshot();
  // Commits. OK: durable. OUTCOME_UNKNOWN: see above. Any other error: nothing was committed.
  absl::Status Commit();
  // Undoes the transaction; OK also when there is none. A failure breaks the connection.
  absl::Status Rollback();

  // From now on, until ClearStatementLimit, the server itself stops a statement that takes longer:
  // DEADLINE_PASSED (MySQL stops queries alone). Never less than 10 ms, and never so long that the
  // answer would come after read_timeout, to nobody. Not for sessions that write: a COMMIT must not
  // be stopped.
  absl::Status LimitStatements(absl::Duration limit);
  // Takes the limit back; OK also when there is none. A failure breaks the connection.
  absl::Status ClearStatementLimit();

  // Asks the server for an answer; breaks the connection when there is none.
  absl::Status Ping();

  bool in_transaction() const;
  // True: throw this connection away.
  bool broken() const;
  // The server's number of this session, for KILL from another one.
  int64_t server_session_id() const;
  const ServerVersion& server_version() const;
  // Prepared statements open now.
  int cached_statement_count() const;

 private:
  class Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// "8.4.3-log" and "10.11.6-MariaDB-1" taken apart; INTERNAL for anything else.
absl::StatusOr<ServerVersion> ParseServerVersion(std::string_view text);

}  // namespace segmentation::storage::mysql
