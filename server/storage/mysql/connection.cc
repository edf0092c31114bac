#include "server/storage/mysql/connection.h"

#include <cppconn/datatype.h>
#include <cppconn/exception.h>
#include <cppconn/parameter_metadata.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_connection.h>
#include <mysql_driver.h>

#include <algorithm>
#include <functional>
#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/sql_error.h"
#include "spdlog/spdlog.h"

namespace segmentation::storage::mysql {
namespace {

using base::MakeError;
using base::Reason;

// The same on every server; MariaDB's own default lacks several of them.
constexpr std::string_view kSqlMode =
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

// Shorter, and the statements that tidy up would be stopped as well.
constexpr absl::Duration kShortestStatement = absl::Milliseconds(10);

constexpr std::string_view kShowSession =
    "SHOW SESSION VARIABLES WHERE Variable_name IN ('sql_mode','time_zone','autocommit',"
    "'character_set_client','character_set_connection','character_set_results',"
    "'collation_connection','tx_isolation','transaction_isolation','innodb_lock_wait_timeout')";

// The driver keeps its instances in a map without a lock, so it is asked once.
sql::mysql::MySQL_Driver* Driver() {
  static sql::mysql::MySQL_Driver* const driver = sql::mysql::get_driver_instance();
  return driver;
}

sql::SQLString ToDriver(std::string_view text) { return sql::SQLString(text.data(), text.size()); }

int WholeSeconds(absl::Duration span) {
  return static_cast<int>(
      std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(span, absl::Seconds(1)))));
}

absl::Status CheckOptions(const ConnectionOptions& options) {
  if (options.tls.enabled && options.tls.ca_file.empty()) {
    return MakeError(Reason::FIELD_INVALID, "tls.ca_file",
                     "got none, want the certificate authority that signed the server's");
  }
  if (options.tls.enabled && !options.socket.empty()) {
    return MakeError(Reason::FIELD_INVALID, "tls", "got a unix socket, want TCP for TLS");
  }
  if (options.tls.cert_file.empty() != options.tls.key_file.empty()) {
    return MakeError(Reason::FIELD_INVALID, "tls.cert_file",
                     "got one of certificate and key, want both or neither");
  }
  if (!options.tls.enabled && !(options.tls.ca_file.empty() && options.tls.cert_file.empty())) {
    return MakeError(Reason::FIELD_INVALID, "tls.enabled", "got TLS files, want TLS enabled");
  }
  if (options.statement_cache_size < 1) {
    return MakeError(Reason::FIELD_INVALID, "statement_cache_size",
                     base::StrCat("got ", options.statement_cache_size, ", want at least 1"));
  }
  return absl::OkStatus();
}

// The connector ignores names it does not know and throws for other types than these.
sql::ConnectOptionsMap DriverOptions(const ConnectionOptions& options) {
  sql::ConnectOptionsMap map;
  if (options.socket.empty()) {
    map["hostName"] = ToDriver(base::StrCat("tcp://", options.host));
    map["port"] = options.port;
  } else {
    map["hostName"] = ToDriver(base::StrCat("unix://", options.socket));
  }
  map["userName"] = ToDriver(options.user);
  map["password"] = ToDriver(options.password);
  if (!options.database.empty()) map["schema"] = ToDriver(options.database);
  map["OPT_CONNECT_TIMEOUT"] = WholeSeconds(options.connect_timeout);
  map["OPT_READ_TIMEOUT"] = WholeSeconds(options.read_timeout);
  map["OPT_WRITE_TIMEOUT"] = WholeSeconds(options.write_timeout);
  map["OPT_LOCAL_INFILE"] = 0;  // on by default: a hostile server could ask for our files
  map["CLIENT_FOUND_ROWS"] = true;
  if (options.tls.enabled) {
    // Only all three together refuse a server without TLS.
    map["sslEnforce"] = true;
    map["sslVerify"] = true;
    map["sslCA"] = ToDriver(options.tls.ca_file);
    if (!options.tls.cert_file.empty()) {
      map["sslCert"] = ToDriver(options.tls.cert_file);
      map["sslKey"] = ToDriver(options.tls.key_file);
    }
  }
  return map;
}

std::string AddressOf(const ConnectionOptions& options) {
  return options.socket.empty() ? base::StrCat(options.host, ":", options.port) : options.socket;
}

// Why a connection was not made, for an operator: no user names, no secrets.
std::string ConnectFailure(const DriverError& error, const ConnectionOptions& options) {
  std::string_view why = "no answer";
  switch (error.number) {
    case 1044:
    case 1045:
    case 1698:
      why = "access denied, check user and password";
      break;
    case 1049:
      why = "the database does not exist";
      break;
    case 1040:
    case 1203:
      why = "too many connections";
      break;
    case 2026:
      why = "TLS failed, check certificate, host name and that the server offers TLS";
      break;
    default:
      break;
  }
  return base::StrCat("database at ", AddressOf(options), ": ", why, " (error ", error.number, ")");
}

enum class ParameterKind : uint8_t { kUnset, kNumber, kBytes };

// How a result's column becomes a cell.
enum class ColumnKind : uint8_t { kSigned, kUnsigned, kWholeDecimal, kDouble, kBytes };

ColumnKind KindOf(sql::ResultSetMetaData& metadata, unsigned column) {
  switch (metadata.getColumnType(column)) {
    case sql::DataType::TINYINT:
    case sql::DataType::SMALLINT:
    case sql::DataType::MEDIUMINT:
    case sql::DataType::INTEGER:
    case sql::DataType::BIGINT:
    case sql::DataType::YEAR:
      return metadata.isSigned(column) ? ColumnKind::kSigned : ColumnKind::kUnsigned;
    case sql::DataType::DECIMAL:
    case sql::DataType::NUMERIC:
      return metadata.getScale(column) == 0 ? ColumnKind::kWholeDecimal : ColumnKind::kBytes;
    case sql::DataType::REAL:
    case sql::DataType::DOUBLE:
      return ColumnKind::kDouble;
    default:
      return ColumnKind::kBytes;
  }
}

void AddCell(sql::ResultSet& rows, unsigned column, ColumnKind kind, ResultSet& into) {
  if (rows.isNull(column)) return into.AddNull();
  switch (kind) {
    case ColumnKind::kSigned:
      return into.AddInt64(rows.getInt64(column));
    case ColumnKind::kUnsigned:
      return into.AddUInt64(rows.getUInt64(column));
    case ColumnKind::kDouble:  // getString would cut it to six places
      return into.AddBytes(absl::StrFormat("%.17g", static_cast<double>(rows.getDouble(column))));
    case ColumnKind::kWholeDecimal: {
      const sql::SQLString text = rows.getString(column);
      int64_t value = 0;
      if (absl::SimpleAtoi(text.asStdString(), &value)) return into.AddInt64(value);
      return into.AddBytes(text.asStdString());
    }
    case ColumnKind::kBytes:
      return into.AddBytes(rows.getString(column).asStdString());
  }
}

// Copies a result. The count is compared with what the driver stored: a row lost on the way would
// otherwise end the rows without an error.
absl::StatusOr<ResultSet> ReadAll(sql::ResultSet& rows) {
  sql::ResultSetMetaData* metadata = rows.getMetaData();  // owned by the rows
  const unsigned columns = metadata->getColumnCount();
  std::vector<ColumnKind> kinds;
  std::vector<std::string> names;
  for (unsigned column = 1; column <= columns; ++column) {
    kinds.push_back(KindOf(*metadata, column));
    names.push_back(metadata->getColumnLabel(column).asStdString());
  }
  ResultSet result(std::move(names));
  const size_t want = rows.rowsCount();
  result.Reserve(want);
  while (rows.next()) {
    for (unsigned column = 1; column <= columns; ++column) {
      AddCell(rows, column, kinds[column - 1], result);
    }
  }
  if (result.row_count() != want) {
    spdlog::error("mysql result cut: read {} rows of {}", result.row_count(), want);
    return MakeError(Reason::INTERNAL, "", "internal error");
  }
  return result;
}

}  // namespace

absl::StatusOr<ServerVersion> ParseServerVersion(std::string_view text) {
  ServerVersion version;
  version.text = std::string(text);
  version.kind =
      text.find("MariaDB") == std::string_view::npos ? ServerKind::kMySql : ServerKind::kMariaDb;
  // Behind a replication-compatible prefix MariaDB says "5.5.5-10.11.6-MariaDB".
  std::string_view numbers = text;
  if (version.kind == ServerKind::kMariaDb && numbers.substr(0, 6) == "5.5.5-")
    numbers.remove_prefix(6);
  numbers = numbers.substr(0, numbers.find_first_not_of("0123456789."));
  const std::vector<std::string> parts = absl::StrSplit(base::ToAbsl(numbers), '.');
  if (parts.size() < 3 || !absl::SimpleAtoi(parts[0], &version.major) ||
      !absl::SimpleAtoi(parts[1], &version.minor) || !absl::SimpleAtoi(parts[2], &version.patch)) {
    return MakeError(Reason::INTERNAL, "",
                     base::StrCat("server version: got '", text, "', want major.minor.patch"));
  }
  return version;
}

class Connection::Impl {
 public:
  Impl(std::unique_ptr<sql::Connection> session, const ConnectionOptions& options)
      : session_(std::move(session)),
        cache_size_(static_cast<size_t>(options.statement_cache_size)),
        longest_statement_(absl::Seconds(WholeSeconds(options.read_timeout)) * 0.9) {}

  // Members close in reverse order: statements before their session.

  absl::Status SetSession(const ConnectionOptions& options);

  absl::StatusOr<uint64_t> Execute(std::string_view sql, ParamSpan params);
  absl::StatusOr<ResultSet> Query(std::string_view sql, ParamSpan params);
  // `writes`: the statement may change something, so that losing its answer is an unknown outcome.
  absl::StatusOr<ResultSet> RunText(std::string_view sql, bool writes = false);
  absl::Status ExecuteText(std::string_view sql);
  absl::Status Start(std::initializer_list<std::string_view> statements);
  absl::Status Commit();
  absl::Status Rollback();
  absl::Status LimitStatements(absl::Duration limit);
  absl::Status ClearStatementLimit();

  bool in_transaction() const { return in_transaction_; }
  bool broken() const { return broken_; }
  int64_t session_id() const { return session_id_; }
  const ServerVersion& version() const { return version_; }
  size_t cached() const { return statements_.size(); }

 private:
  struct Prepared {
    std::string sql;
    std::unique_ptr<sql::PreparedStatement> statement;
    bool answers_rows;
    std::vector<ParameterKind> kinds;  // of each placeholder, once it was given a value
  };

  // Runs `call` and turns what it throws into a status, with the consequences for connection and
  // transaction. `sent` tells whether the statement may have reached the server.
  absl::Status Guard(std::string_view sql, const std::function<absl::Status()>& call,
                     const bool& sent);
  absl::Status Fail(const DriverError& error, std::string_view sql, bool sent);
  // Why no statement may run now.
  absl::Status Usable() const;
  Prepared& Prepare(std::string_view sql);
  void Forget(std::string_view sql);
  absl::Status Bind(Prepared& prepared, ParamSpan params);

  std::unique_ptr<sql::Connection> session_;
  // The most recently used first.
  std::list<Prepared> statements_;
  std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_sql_;
  const size_t cache_size_;
  const absl::Duration longest_statement_;
  bool limited_ = false;  // the session may have a statement limit
  bool in_transaction_ = false;
  bool broken_ = false;
  absl::Status doomed_;  // why the open transaction can only be rolled back
  int64_t session_id_ = 0;
  ServerVersion version_;
};

absl::Status Connection::Impl::Fail(const DriverError& error, std::string_view sql, bool sent) {
  absl::Status status = SqlErrorToStatus(error, sql);
  if (BreaksConnection(error.number)) {
    broken_ = true;
    if (sent && !in_transaction_ && !ProvesNotCommitted(error.number)) {
      status = MakeError(Reason::OUTCOME_UNKNOWN, "",
                         "the connection was lost while a statement ran; it may have taken effect");
    }
  }
  if (in_transaction_ && !KeepsTransaction(error.number)) doomed_ = status;
  return status;
}

absl::Status Connection::Impl::Guard(std::string_view sql,
                                     const std::function<absl::Status()>& call, const bool& sent) {
  try {
    return call();
  } catch (const sql::SQLException& error) {
    return Fail({error.getErrorCode(), error.getSQLState(), error.what()}, sql, sent);
  } catch (const std::exception& error) {
    return Fail({0, "", error.what()}, sql, sent);
  }
}

absl::Status Connection::Impl::Usable() const {
  if (broken_) {
    return MakeError(Reason::DATABASE_UNAVAILABLE, "", "the connection to the database was lost");
  }
  return doomed_;
}

Connection::Impl::Prepared& Connection::Impl::Prepare(std::string_view sql) {
  const auto found = by_sql_.find(sql);
  if (found != by_sql_.end()) {
    statements_.splice(statements_.begin(), statements_, found->second);
    return statements_.front();
  }
  std::unique_ptr<sql::PreparedStatement> statement(session_->prepareStatement(ToDriver(sql)));
  const size_t placeholders = statement->getParameterMetaData()->getParameterCount();
  if (statements_.size() >= cache_size_) Forget(statements_.back().sql);
  const bool answers_rows = statement->getMetaData()->getColumnCount() > 0;
  statements_.push_front({std::string(sql), std::move(statement), answers_rows,
                          std::vector<ParameterKind>(placeholders, ParameterKind::kUnset)});
  by_sql_.emplace(statements_.front().sql, statements_.begin());
  return statements_.front();
}

void Connection::Impl::Forget(std::string_view sql) {
  const auto found = by_sql_.find(sql);
  if (found == by_sql_.end()) return;
  const std::list<Prepared>::iterator entry = found->second;
  by_sql_.erase(found);  // its key is text of the entry
  statements_.erase(entry);
}

absl::Status Connection::Impl::Bind(Prepared& prepared, ParamSpan params) {
  // Left to itself the connector would run again with the values of the last time.
  if (params.size() != prepared.kinds.size()) {
    return MakeError(Reason::INTERNAL, "",
                     base::StrCat("statement parameters: got ", params.size(), ", want ",
                                  prepared.kinds.size()));
  }
  for (size_t i = 0; i < params.size(); ++i) {
    const unsigned position = static_cast<unsigned>(i + 1);
    const Parameter& value = params[i];
    if (value.is_null()) {
      prepared.statement->setNull(position, 0);
      continue;
    }
    const ParameterKind kind = value.number() ? ParameterKind::kNumber : ParameterKind::kBytes;
    if (prepared.kinds[i] != ParameterKind::kUnset && prepared.kinds[i] != kind) {
      return MakeError(Reason::INTERNAL, "",
                       base::StrCat("statement parameter ", position,
                                    ": got another kind than before, want one kind for all uses"));
    }
    prepared.kinds[i] = kind;
    if (kind == ParameterKind::kNumber) {
      prepared.statement->setInt64(position, *value.number());
    } else {
      prepared.statement->setString(position, ToDriver(value.bytes()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Connection::Impl::Execute(std::string_view sql, ParamSpan params) {
  RETURN_IF_ERROR(Usable());
  bool sent = false;
  uint64_t affected = 0;
  const absl::Status status = Guard(
      sql,
      [&]() -> absl::Status {
        Prepared& prepared = Prepare(sql);
        if (prepared.answers_rows) {
          // Left unread, the rows would fail the next statement.
          return MakeError(Reason::INTERNAL, "", "the statement answers rows: it is a query");
        }
        RETURN_IF_ERROR(Bind(prepared, params));
        sent = true;
        affected = static_cast<uint64_t>(prepared.statement->executeUpdate());
        return absl::OkStatus();
      },
      sent);
  if (!status.ok()) {
    const std::optional<int> number = MysqlErrorNumber(status);
    if (!number || !KeepsTransaction(*number)) Forget(sql);
    return status;
  }
  return affected;
}

absl::StatusOr<ResultSet> Connection::Impl::Query(std::string_view sql, ParamSpan params) {
  RETURN_IF_ERROR(Usable());
  // A lost read has no unknown outcome.
  const bool sent = false;
  ResultSet result;
  const absl::Status status = Guard(
      sql,
      [&]() -> absl::Status {
        Prepared& prepared = Prepare(sql);
        if (!prepared.answers_rows) {
          return MakeError(Reason::INTERNAL, "", "the statement answers no rows: it is no query");
        }
        RETURN_IF_ERROR(Bind(prepared, params));
        std::unique_ptr<sql::ResultSet> rows(prepared.statement->executeQuery());
        ASSIGN_OR_RETURN(result, ReadAll(*rows));
        return absl::OkStatus();
      },
      sent);
  if (!status.ok()) {
    Forget(sql);
    return status;
  }
  return result;
}

absl::StatusOr<ResultSet> Connection::Impl::RunText(std::string_view sql, bool writes) {
  RETURN_IF_ERROR(Usable());
  ResultSet result;
  RETURN_IF_ERROR(Guard(
      sql,
      [&]() -> absl::Status {
        std::unique_ptr<sql::Statement> statement(session_->createStatement());
        if (!statement->execute(ToDriver(sql))) return absl::OkStatus();
        std::unique_ptr<sql::ResultSet> rows(statement->getResultSet());
        ASSIGN_OR_RETURN(result, ReadAll(*rows));
        return absl::OkStatus();
      },
      writes));
  return result;
}

absl::Status Connection::Impl::ExecuteText(std::string_view sql) {
  if (in_transaction_) {
    return MakeError(Reason::INTERNAL, "", "a text statement inside a transaction may commit it");
  }
  return RunText(sql, /*writes=*/true).status();
}

absl::Status Connection::Impl::Start(std::initializer_list<std::string_view> statements) {
  RETURN_IF_ERROR(Usable());
  if (in_transaction_) {
    return MakeError(Reason::INTERNAL, "", "a transaction is open already");
  }
  // From here on a lost link has no unknown outcome: nothing was written.
  in_transaction_ = true;
  for (std::string_view statement : statements) {
    if (absl::Status status = RunText(statement).status(); !status.ok()) {
      if (!broken_) Rollback().IgnoreError();
      in_transaction_ = false;
      doomed_ = absl::OkStatus();
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Connection::Impl::Commit() {
  if (!in_transaction_) return MakeError(Reason::INTERNAL, "", "no transaction is open");
  if (absl::Status usable = Usable(); !usable.ok()) {
    Rollback().IgnoreError();
    return usable;
  }
  int number = 0;
  const bool sent = true;
  const absl::Status status = Guard(
      "COMMIT",
      [&]() -> absl::Status {
        try {
          std::unique_ptr<sql::Statement> statement(session_->createStatement());
          statement->execute("COMMIT");
        } catch (const sql::SQLException& error) {
          number = error.getErrorCode();
          throw;
        }
        return absl::OkStatus();
      },
      sent);
  if (status.ok()) {
    in_transaction_ = false;
    return status;
  }
  if (ProvesNotCommitted(number)) {
    Rollback().IgnoreError();
    return status;
  }
  broken_ = true;
  in_transaction_ = false;
  doomed_ = absl::OkStatus();
  return MakeError(Reason::OUTCOME_UNKNOWN, "",
                   "the connection was lost while the transaction was committed; it may have taken "
                   "effect");
}

absl::Status Connection::Impl::Rollback() {
  doomed_ = absl::OkStatus();
  if (!in_transaction_) return absl::OkStatus();
  absl::Status status = broken_ ? Usable() : RunText("ROLLBACK").status();
  in_transaction_ = false;
  doomed_ = absl::OkStatus();
  if (!status.ok()) broken_ = true;
  return status;
}

absl::Status Connection::Impl::LimitStatements(absl::Duration limit) {
  const int64_t ms =
      absl::ToInt64Milliseconds(std::clamp(limit, kShortestStatement, longest_statement_));
  limited_ = true;
  return RunText(
             version_.kind == ServerKind::kMariaDb
                 ? absl::StrFormat("SET SESSION max_statement_time=%d.%03d", ms / 1000, ms % 1000)
                 : absl::StrFormat("SET SESSION max_execution_time=%d", ms))
      .status();
}

absl::Status Connection::Impl::ClearStatementLimit() {
  if (!limited_) return absl::OkStatus();
  absl::Status status =
      RunText(version_.kind == ServerKind::kMariaDb ? "SET SESSION max_statement_time=DEFAULT"
                                                    : "SET SESSION max_execution_time=DEFAULT")
          .status();
  limited_ = !status.ok();
  if (!status.ok()) broken_ = true;
  return status;
}

absl::Status Connection::Impl::SetSession(const ConnectionOptions& options) {
  const int lock_wait = WholeSeconds(options.lock_wait);
  RETURN_IF_ERROR(ExecuteText("SET NAMES utf8mb4 COLLATE utf8mb4_bin"));
  RETURN_IF_ERROR(ExecuteText(base::StrCat("SET SESSION sql_mode='", kSqlMode,
                                           "', time_zone='+00:00', autocommit=1, "
                                           "innodb_lock_wait_timeout=",
                                           lock_wait, ", lock_wait_timeout=", lock_wait)));
  // After the connector's own choice on connecting, which is REPEATABLE READ.
  RETURN_IF_ERROR(ExecuteText("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));

  ASSIGN_OR_RETURN(const ResultSet identity, RunText("SELECT VERSION(), CONNECTION_ID()"));
  ASSIGN_OR_RETURN(version_, ParseServerVersion(identity[0].Text(0)));
  session_id_ = identity[0].Int64(1);
  if (version_.kind == ServerKind::kMariaDb) {
    // Else lists of a thousand values become temporary tables, and the table is scanned.
    RETURN_IF_ERROR(ExecuteText("SET SESSION in_predicate_conversion_threshold=0"));
  }

  ASSIGN_OR_RETURN(const ResultSet variables, RunText(kShowSession));
  const std::unordered_map<std::string_view, std::string> wanted = {
      {"sql_mode", std::string(kSqlMode)},
      {"time_zone", "+00:00"},
      {"autocommit", "ON"},
      {"character_set_client", "utf8mb4"},
      {"character_set_connection", "utf8mb4"},
      {"character_set_results", "utf8mb4"},
      {"collation_connection", "utf8mb4_bin"},
      {"tx_isolation", "READ-COMMITTED"},
      {"transaction_isolation", "READ-COMMITTED"},
      {"innodb_lock_wait_timeout", base::StrCat(lock_wait)}};
  size_t checked = 0;
  for (const ResultSet::Row row : variables) {
    // sql_mode is a set, printed in the server's own order; the others have one word.
    const std::set<std::string> got = absl::StrSplit(base::ToAbsl(row.Text(1)), ',');
    const std::set<std::string> want = absl::StrSplit(wanted.at(row.Text(0)), ',');
    if (got != want) {
      return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                       base::StrCat("session variable ", row.Text(0), ": got ", row.Text(1),
                                    ", want ", absl::StrJoin(want, ",")));
    }
    ++checked;
  }
  if (checked + 1 < wanted.size()) {  // the isolation level has two names, one a server at least
    return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                     base::StrCat("session variables: got ", checked, " of ", wanted.size() - 1));
  }
  if (options.tls.enabled) {
    ASSIGN_OR_RETURN(const ResultSet cipher, RunText("SHOW SESSION STATUS LIKE 'Ssl_cipher'"));
    if (cipher.empty() || cipher[0].Text(1).empty()) {
      return MakeError(
          Reason::DATABASE_UNAVAILABLE, "",
          "TLS to the database: got a connection in clear text, want an encrypted one");
    }
  }
  return absl::OkStatus();
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  std::unique_ptr<sql::Connection> session;
  try {
    sql::ConnectOptionsMap map = DriverOptions(options);
    session.reset(Driver()->connect(map));
  } catch (const sql::SQLException& error) {
    const DriverError driver{error.getErrorCode(), error.getSQLState(), error.what()};
    return MakeError(Reason::DATABASE_UNAVAILABLE, "", ConnectFailure(driver, options));
  } catch (const std::exception& error) {
    return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                     base::StrCat("database at ", AddressOf(options), ": cannot connect"));
  }
  auto impl = std::make_unique<Impl>(std::move(session), options);
  if (absl::Status status = impl->SetSession(options); !status.ok()) {
    return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                     base::StrCat("database at ", AddressOf(options), ": ", status.message()));
  }
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

absl::StatusOr<uint64_t> Connection::Execute(std::string_view sql, ParamSpan params) {
  return impl_->Execute(sql, params);
}
absl::StatusOr<ResultSet> Connection::Query(std::string_view sql, ParamSpan params) {
  return impl_->Query(sql, params);
}
absl::Status Connection::ExecuteText(std::string_view sql) { return impl_->ExecuteText(sql); }
absl::StatusOr<ResultSet> Connection::QueryText(std::string_view sql) {
  return impl_->RunText(sql);
}
absl::Status Connection::Begin() { return impl_->Start({"START TRANSACTION READ WRITE"}); }
absl::Status Connection::BeginSnapshot() {
  // Without SESSION the level is the next transaction's alone, so there is nothing to put back.
  return impl_->Start({"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                       "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"});
}
absl::Status Connection::Commit() { return impl_->Commit(); }
absl::Status Connection::Rollback() { return impl_->Rollback(); }
absl::Status Connection::LimitStatements(absl::Duration limit) {
  return impl_->LimitStatements(limit);
}
absl::Status Connection::ClearStatementLimit() { return impl_->ClearStatementLimit(); }
absl::Status Connection::Ping() { return impl_->RunText("SELECT 1").status(); }
bool Connection::in_transaction() const { return impl_->in_transaction(); }
bool Connection::broken() const { return impl_->broken(); }
int64_t Connection::server_session_id() const { return impl_->session_id(); }
const ServerVersion& Connection::server_version() const { return impl_->version(); }
int Connection::cached_statement_count() const { return static_cast<int>(impl_->cached()); }

}  // namespace segmentation::storage::mysql
