// Long operations and how far imports have come.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// As the methods of the same names in storage/store.h.
absl::StatusOr<std::optional<ImportProgressRow>> ReadImportProgress(ShopSession& session,
                                                                    std::string_view import_id);
absl::StatusOr<std::optional<OperationRow>> ReadOperation(ShopSession& session,
                                                          std::string_view operation_id);
absl::StatusOr<std::vector<OperationRow>> ListOperations(ShopSession& session,
                                                         const std::optional<OperationPlace>& after,
                                                         int limit);

absl::Status WriteOperationRows(ShopSession& session, const WriteSet& rows);

void ListOperationStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
