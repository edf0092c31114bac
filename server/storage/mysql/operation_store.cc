#include "server/storage/mysql/operation_store.h"

#include <limits>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

constexpr std::string_view kImportColumns =
    "kind, last_sequence, accepted_count, unchanged_count, rejected_count, last_answer, "
    "updated_at_ms";
const Statement kReadImportProgress("kReadImportProgress", "PRIMARY",
                                    base::StrCat("SELECT ", kImportColumns,
                                                 " FROM import_progress WHERE shop_no=? AND "
                                                 "import_id=?"));
const RowsStatement kUpsertImportProgress =
    UpsertRows("kUpsertImportProgress", "import_progress", "shop_no, import_id", "", kImportColumns,
               OtherUniqueKey::kNone);

const std::string kOperationColumns = base::StrCat(
    "kind, state, cancel_requested, arguments, cursor_value, done_count, total_count, "
    "error_reason, error_message, lease_owner, lease_until_ms, finished_at_ms, ",
    kStampColumns);
const Statement kReadOperation("kReadOperation", "PRIMARY",
                               base::StrCat("SELECT operation_id, ", kOperationColumns,
                                            " FROM operation WHERE shop_no=? AND operation_id=?"));
const Statement kListOperations(
    "kListOperations", "ix_operation_created",
    base::StrCat("SELECT operation_id, ", kOperationColumns,
                 " FROM operation FORCE INDEX (ix_operation_created) WHERE shop_no=? AND "
                 "created_at_ms<=? AND (created_at_ms<? OR operation_id<?) "
                 "ORDER BY created_at_ms DESC, operation_id DESC LIMIT ?"));
const RowsStatement kUpsertOperations =
    UpsertRows("kUpsertOperations", "operation", "shop_no, operation_id", "", kOperationColumns,
               OtherUniqueKey::kNone);

OperationRow OperationOf(ResultSet::Row row) {
  RowCursor cells(row);
  OperationRow operation;
  operation.id = cells.Text();
  operation.kind = cells.Text();
  operation.state = cells.Number<OperationRow::State>();
  operation.cancel_requested = cells.Flag();
  operation.arguments = cells.Text();
  operation.cursor = cells.Text();
  operation.done_count = cells.Number<int64_t>();
  operation.total_count = cells.Number<int64_t>();
  operation.error_reason = cells.Text();
  operation.error_message = cells.Text();
  operation.lease_owner = cells.Text();
  operation.lease_until_ms = cells.Number<int64_t>();
  operation.finished_at_ms = cells.OptionalNumber();
  operation.stamp = cells.Stamp();
  return operation;
}

}  // namespace

absl::StatusOr<std::optional<ImportProgressRow>> ReadImportProgress(ShopSession& session,
                                                                    std::string_view import_id) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kReadImportProgress, {session.shop_no(), import_id}));
  if (rows.empty()) return std::nullopt;
  RowCursor cells(rows[0]);
  ImportProgressRow progress;
  progress.import_id = std::string(import_id);
  progress.kind = cells.Number<ImportProgressRow::Kind>();
  progress.last_sequence = cells.Number<int64_t>();
  progress.accepted_count = cells.Number<int64_t>();
  progress.unchanged_count = cells.Number<int64_t>();
  progress.rejected_count = cells.Number<int64_t>();
  progress.last_answer = cells.Text();
  progress.updated_at_ms = cells.Number<int64_t>();
  return progress;
}

absl::StatusOr<std::optional<OperationRow>> ReadOperation(ShopSession& session,
                                                          std::string_view operation_id) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kReadOperation, {session.shop_no(), operation_id}));
  if (rows.empty()) return std::nullopt;
  return OperationOf(rows[0]);
}

absl::StatusOr<std::vector<OperationRow>> ListOperations(ShopSession& session,
                                                         const std::optional<OperationPlace>& after,
                                                         int limit) {
  const OperationPlace end =
      after.value_or(OperationPlace{std::numeric_limits<int64_t>::max(), ""});
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kListOperations, {session.shop_no(), end.created_at_ms,
                                                   end.created_at_ms, end.id, limit}));
  std::vector<OperationRow> operations;
  for (const ResultSet::Row row : rows) operations.push_back(OperationOf(row));
  return operations;
}

absl::Status WriteOperationRows(ShopSession& session, const WriteSet& rows) {
  Params imports;
  for (const ImportProgressRow& progress : rows.import_progress) {
    Append(imports, {session.shop_no(), progress.import_id, static_cast<int>(progress.kind),
                     progress.last_sequence, progress.accepted_count, progress.unchanged_count,
                     progress.rejected_count, progress.last_answer, progress.updated_at_ms});
  }
  RETURN_IF_ERROR(session.Write(kUpsertImportProgress, imports));
  Params operations;
  for (const OperationRow& operation : rows.operations) {
    Append(operations,
           {session.shop_no(), operation.id, operation.kind, static_cast<int>(operation.state),
            operation.cancel_requested, operation.arguments, operation.cursor, operation.done_count,
            operation.total_count, operation.error_reason, operation.error_message,
            operation.lease_owner, operation.lease_until_ms, operation.finished_at_ms});
    AppendStamp(operations, operation.stamp);
  }
  return session.Write(kUpsertOperations, operations);
}

void ListOperationStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kReadImportProgress, &kReadOperation, &kListOperations});
  catalogue.Add({&kUpsertImportProgress, &kUpsertOperations});
}

}  // namespace segmentation::storage::mysql
