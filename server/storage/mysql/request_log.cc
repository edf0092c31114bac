#include "server/storage/mysql/request_log.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

const RowsStatement kReadRequests(
    "kReadRequests", "PRIMARY",
    MultiRowStatement("SELECT request_id, request_hash, revision, created_at_ms, answer FROM "
                      "request_log WHERE shop_no=? AND request_id IN (",
                      "?", ")"));
const RowsStatement kInsertRequests =
    InsertRows("kInsertRequests", "request_log",
               "shop_no, request_id, request_hash, revision, created_at_ms, answer");
const Statement kTrimRequests("kTrimRequests", "ix_request_log_created",
                              "DELETE FROM request_log WHERE shop_no=? AND created_at_ms<? "
                              "ORDER BY created_at_ms LIMIT ?");

}  // namespace

absl::StatusOr<std::vector<RequestRow>> ReadRequests(ShopSession& session,
                                                     std::span<const std::string> request_ids) {
  std::vector<std::string_view> sorted(request_ids.begin(), request_ids.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  ASSIGN_OR_RETURN(
      const ResultSet rows,
      session.QueryKeys(kReadRequests, KeysOf(std::span<const std::string_view>(sorted))));
  std::vector<RequestRow> requests;
  requests.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    RequestRow request;
    request.request_id = cells.Text();
    request.request_hash = cells.Text();
    request.revision = cells.Number<domain::Revision>();
    request.created_at_ms = cells.Number<int64_t>();
    request.answer = cells.Text();
    requests.push_back(std::move(request));
  }
  return requests;
}

absl::Status InsertRequests(ShopSession& session, const std::vector<RequestRow>& requests) {
  Params rows;
  for (const RequestRow& request : requests) {
    Append(rows, {session.shop_no(), request.request_id, request.request_hash, request.revision,
                  request.created_at_ms, request.answer});
  }
  return session.Write(kInsertRequests, rows);
}

absl::StatusOr<int64_t> TrimRequests(ShopSession& session, int64_t before_ms, int limit) {
  ASSIGN_OR_RETURN(const uint64_t count,
                   session.Execute(kTrimRequests, {session.shop_no(), before_ms, limit}));
  return static_cast<int64_t>(count);
}

void ListRequestStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kTrimRequests});
  catalogue.Add({&kReadRequests, &kInsertRequests});
}

}  // namespace segmentation::storage::mysql
