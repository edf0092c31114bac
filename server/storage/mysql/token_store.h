// API tokens. Not a shop's data: a token may name several shops.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// As the methods of the same names in storage/store.h; each runs in the caller's transaction.
absl::Status InsertApiToken(Connection& connection, const ApiTokenRow& token);
absl::StatusOr<std::optional<ApiTokenRow>> ReadApiToken(Connection& connection,
                                                        std::string_view secret_hash);
// By (created_at, id).
absl::StatusOr<std::vector<ApiTokenRow>> ListApiTokens(Connection& connection);
absl::StatusOr<bool> RevokeApiToken(Connection& connection, std::string_view token_id,
                                    int64_t at_ms);

void ListTokenStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
