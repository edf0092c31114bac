#include "server/storage/mysql/sql_error.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"

#include "server/base/error.h"
#include "server/base/strings.h"
#include "spdlog/spdlog.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;

constexpr std::string_view kNumberPayload = "segmentation/mysql-error";

// What the logged head of a statement may be long.
constexpr size_t kStatementHeadBytes = 120;

enum class Log { kNever, kWarning, kError };

// What an error leaves behind. A link error leaves no connection either.
enum class Leaves { kTransaction, kConnection, kNothing };

struct ErrorRow {
  int number;
  Reason reason;
  Leaves leaves;
  bool proves_not_committed;
  Log log;
  std::string_view text;
};

constexpr ErrorRow kErrors[] = {
    {1062, Reason::ALREADY_EXISTS, Leaves::kTransaction, true, Log::kNever,
     "a row with this key already exists"},
    // Conflicts. 3572 is MySQL's NOWAIT; 1180, 3100 and 3101 are certification in a cluster.
    {1205, Reason::WRITE_CONFLICT, Leaves::kConnection, true, Log::kNever, "lock wait timed out"},
    {1213, Reason::WRITE_CONFLICT, Leaves::kConnection, true, Log::kNever, "deadlock"},
    {3572, Reason::WRITE_CONFLICT, Leaves::kConnection, true, Log::kNever, "row is locked"},
    {1180, Reason::WRITE_CONFLICT, Leaves::kConnection, true, Log::kWarning,
     "the cluster refused the commit"},
    {3100, Reason::WRITE_CONFLICT, Leaves::kConnection, true, Log::kWarning,
     "the cluster refused the commit"},
    {3101, Reason::WRITE_CONFLICT, Leaves::kConnection, true, Log::kWarning,
     "the cluster refused the commit"},
    {1451, Reason::RESOURCE_IN_USE, Leaves::kTransaction, true, Log::kWarning,
     "other rows refer to this row"},
    {1452, Reason::RESOURCE_IN_USE, Leaves::kTransaction, true, Log::kWarning,
     "the row refers to a row that does not exist"},
    // Values that validation should have refused before they came here.
    {1264, Reason::FIELD_OUT_OF_RANGE, Leaves::kTransaction, true, Log::kWarning,
     "a value is out of the range of its column"},
    {1366, Reason::FIELD_INVALID, Leaves::kTransaction, true, Log::kWarning,
     "a value is not valid for its column"},
    {1406, Reason::FIELD_TOO_LONG, Leaves::kTransaction, true, Log::kWarning,
     "a value is too long for its column"},
    {1317, Reason::CANCELLED, Leaves::kConnection, false, Log::kNever, "the statement was stopped"},
    {1969, Reason::DEADLINE_PASSED, Leaves::kConnection, false, Log::kNever,
     "the statement ran out of time"},
    {3024, Reason::DEADLINE_PASSED, Leaves::kConnection, false, Log::kNever,
     "the statement ran out of time"},
    {1040, Reason::QUEUE_FULL, Leaves::kNothing, true, Log::kWarning,
     "the database has too many connections"},
    {1203, Reason::QUEUE_FULL, Leaves::kNothing, true, Log::kWarning,
     "the database has too many connections"},
    // The link: 1047 is a cluster node outside the primary component, 1053 a server that shuts
    // down, 1927 MariaDB's killed session, 4031 MySQL's idle timeout.
    {1047, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the database is not ready"},
    {1053, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the database is shutting down"},
    {1927, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the connection to the database was lost"},
    {2002, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "cannot connect to the database"},
    {2003, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "cannot connect to the database"},
    {2006, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the connection to the database was lost"},
    {2013, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the connection to the database was lost"},
    {2026, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "no TLS connection to the database"},
    {2027, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the connection to the database was lost"},
    {2055, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the connection to the database was lost"},
    // The driver's buffers for a statement do not fit the table any more.
    {2057, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the database schema has changed"},
    {4031, Reason::DATABASE_UNAVAILABLE, Leaves::kNothing, false, Log::kWarning,
     "the connection to the database was closed as idle"},
    {1290, Reason::DATABASE_UNAVAILABLE, Leaves::kConnection, true, Log::kWarning,
     "the database is read-only"},
    {1836, Reason::DATABASE_UNAVAILABLE, Leaves::kConnection, true, Log::kWarning,
     "the database is read-only"},
    // Statements that do not fit the schema: an older or newer one is installed.
    {1054, Reason::INTERNAL, Leaves::kConnection, true, Log::kError,
     "the database schema does not fit this version: run segmentd migrate"},
    {1146, Reason::INTERNAL, Leaves::kConnection, true, Log::kError,
     "the database schema does not fit this version: run segmentd migrate"},
    // Limits of one transaction: packet or write set (1105), binary log cache (1197).
    {1105, Reason::INTERNAL, Leaves::kConnection, true, Log::kError, "internal error"},
    {1197, Reason::INTERNAL, Leaves::kConnection, true, Log::kError, "internal error"},
    // Numbers up to 1999 and from 3000 are the server's, the rest are the client library's.
};

constexpr ErrorRow kOtherServerError = {0,     Reason::INTERNAL, Leaves::kConnection,
                                        false, Log::kError,      "internal error"};
constexpr ErrorRow kOtherClientError = {0,     Reason::INTERNAL, Leaves::kNothing,
                                        false, Log::kError,      "internal error"};

const ErrorRow& RowOf(int number) {
  for (const ErrorRow& row : kErrors) {
    if (row.number == number) return row;
  }
  // 0 is an exception of the connector itself: it is not known what it had already sent.
  return number == 0 || (number >= 2000 && number < 3000) ? kOtherClientError : kOtherServerError;
}

// "Duplicate entry '…' for key 'table.index'" (MySQL) or "… for key 'index'" (MariaDB). The entry
// comes first and may hold anything, so the search is from the end.
std::string IndexOfDuplicate(std::string_view message) {
  constexpr std::string_view kMark = "for key '";
  const size_t at = message.rfind(kMark);
  if (at == std::string_view::npos) return "";
  std::string_view name = message.substr(at + kMark.size());
  name = name.substr(0, name.find('\''));
  const size_t dot = name.rfind('.');
  return std::string(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

std::string_view Head(std::string_view statement) {
  return statement.substr(0, kStatementHeadBytes);
}

}  // namespace

absl::Status SqlErrorToStatus(const DriverError& error, std::string_view statement) {
  const ErrorRow& row = RowOf(error.number);
  if (row.log != Log::kNever) {
    spdlog::log(row.log == Log::kError ? spdlog::level::err : spdlog::level::warn,
                "mysql error number={} sqlstate={} statement=\"{}\"", error.number, error.sql_state,
                Head(statement));
  }
  std::vector<std::pair<std::string, std::string>> metadata;
  if (error.number == 1062) metadata.emplace_back("index", IndexOfDuplicate(error.message));
  absl::Status status = base::MakeError(row.reason, "", row.text, std::move(metadata));
  status.SetPayload(base::ToAbsl(kNumberPayload), absl::Cord(base::StrCat(error.number)));
  return status;
}

std::optional<int> MysqlErrorNumber(const absl::Status& status) {
  const auto payload = status.GetPayload(base::ToAbsl(kNumberPayload));
  int number = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &number)) return std::nullopt;
  return number;
}

std::string DuplicateIndex(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  if (!info || MysqlErrorNumber(status) != 1062) return "";
  for (const auto& [key, value] : info->metadata) {
    if (key == "index") return value;
  }
  return "";
}

bool BreaksConnection(int number) { return RowOf(number).leaves == Leaves::kNothing; }

bool KeepsTransaction(int number) { return RowOf(number).leaves == Leaves::kTransaction; }

bool ProvesNotCommitted(int number) { return RowOf(number).proves_not_committed; }

bool IsRetryable(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  return info &&
         (info->reason == Reason::WRITE_CONFLICT || info->reason == Reason::DATABASE_UNAVAILABLE);
}

bool IsOutcomeUnknown(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  return info && info->reason == Reason::OUTCOME_UNKNOWN;
}

}  // namespace segmentation::storage::mysql
