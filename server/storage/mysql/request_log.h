// Request rows: one an acknowledged mutation, written in its transaction; they answer a repeat.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

absl::StatusOr<std::vector<RequestRow>> ReadRequests(ShopSession& session,
                                                     std::span<const std::string> request_ids);
// ALREADY_EXISTS when a request id has a row.
absl::Status InsertRequests(ShopSession& session, const std::vector<RequestRow>& requests);
// How many went, oldest first, at most `limit`.
absl::StatusOr<int64_t> TrimRequests(ShopSession& session, int64_t before_ms, int limit);

void ListRequestStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
