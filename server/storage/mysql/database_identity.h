// What identifies a database to the outside: its incarnation and the key that signs tokens; and the
// counter of shop numbers beside them.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// Makes the rows when they are missing; several servers may start at once and read the same. In the
// caller's transaction.
absl::StatusOr<DatabaseIdentity> MakeDatabaseIdentity(Connection& connection);

// The next free shop number, kept locked to the end of the caller's transaction.
absl::StatusOr<domain::ShopNo> TakeShopNo(Connection& connection);

void ListIdentityRowStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
