// Removal of a deleted shop's rows, a bounded part at a time.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/statement_catalogue.h"

namespace segmentation::storage::mysql {

// Removes at most `max_rows` rows; true when nothing is left but the row in `shop`, the tombstone
// that keeps id and number from being used again (T68). Each statement stands alone, so that a cut
// leaves less to do. FAILED_PRECONDITION (SHOP_NOT_EMPTY) if the shop is not marked deleted.
absl::StatusOr<bool> PurgeShopRows(Connection& connection, domain::ShopNo shop_no, int max_rows);

// Every table of the schema with a shop_no, in the order they are emptied, the tombstones' last: a
// test compares.
absl::Span<const std::string_view> ShopTables();

void ListPurgeStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
