#include "server/storage/mysql/shop_session.h"

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/storage/mysql/sql_error.h"

namespace segmentation::storage::mysql {
namespace {

// "Column cannot be null": the guard of UpsertRows.
constexpr int kGuardError = 1048;
constexpr int kStoppedError = 1317;

constexpr auto kSizes = MultiRowStatement::kSizes;

}  // namespace

void PadKeys(Params& keys, size_t width) {
  const size_t count = keys.size() / width;
  if (count <= 1) return;
  const size_t rest = count % kSizes[0];
  const auto up_to_whole = [rest](size_t size) { return (rest + size - 1) / size * size; };
  size_t target = rest;
  if (rest > 2 * kSizes[1]) {
    target = kSizes[0];
  } else if (rest > 2 * kSizes[2]) {
    target = up_to_whole(kSizes[1]);
  } else if (rest > kSizes[3]) {
    target = up_to_whole(kSizes[2]);
  } else if (rest > 1) {
    target = kSizes[3];
  }
  const Params last(keys.end() - static_cast<ptrdiff_t>(width), keys.end());
  for (size_t i = rest; i < target; ++i) keys.insert(keys.end(), last.begin(), last.end());
}

absl::Status ShopSession::CheckDeadline() const {
  if (absl::Now() < deadline_) return absl::OkStatus();
  return base::MakeError(base::Reason::DEADLINE_PASSED, "", "the deadline passed");
}

absl::StatusOr<uint64_t> ShopSession::Execute(const Statement& statement,
                                              std::initializer_list<Parameter> params) {
  RETURN_IF_ERROR(CheckDeadline());
  return connection_.Execute(statement.sql, params);
}

absl::StatusOr<ResultSet> ShopSession::Query(const Statement& statement,
                                             std::initializer_list<Parameter> params) {
  RETURN_IF_ERROR(CheckDeadline());
  return connection_.Query(statement.sql, params);
}

absl::StatusOr<ResultSet> ShopSession::QueryLong(std::string_view sql, ParamSpan params) {
  RETURN_IF_ERROR(CheckDeadline());
  if (kind_ == Kind::kWrite) return connection_.Query(sql, params);
  RETURN_IF_ERROR(connection_.LimitStatements(deadline_ - absl::Now()));
  absl::StatusOr<ResultSet> rows = connection_.Query(sql, params);
  // Some servers say that they stopped the query, and not why.
  if (MysqlErrorNumber(rows.status()) == kStoppedError) RETURN_IF_ERROR(CheckDeadline());
  return rows;
}

absl::Status ShopSession::Write(const RowsStatement& statement, const Params& rows) {
  if (rows.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckDeadline());
  absl::Status status = statement.rows.Execute(connection_, rows).status();
  if (MysqlErrorNumber(status) == kGuardError) {
    return base::MakeError(base::Reason::ALREADY_EXISTS, "",
                           "a unique value of a row belongs to another row already");
  }
  return status;
}

absl::StatusOr<ResultSet> ShopSession::QueryKeys(const RowsStatement& statement, Params keys) {
  if (keys.empty()) return ResultSet();
  RETURN_IF_ERROR(CheckDeadline());
  PadKeys(keys, statement.rows.placeholders_per_row());
  const Parameter leading[] = {shop_no_};
  return statement.rows.Query(connection_, keys, leading);
}

absl::Status ShopSession::DeleteKeys(const RowsStatement& statement, Params keys) {
  if (keys.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckDeadline());
  PadKeys(keys, statement.rows.placeholders_per_row());
  const Parameter leading[] = {shop_no_};
  return statement.rows.Execute(connection_, keys, leading).status();
}

}  // namespace segmentation::storage::mysql
