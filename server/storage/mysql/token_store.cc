#include "server/storage/mysql/token_store.h"

#include <map>
#include <string>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

constexpr std::string_view kTokenColumns =
    "token_id, secret_hash, label, role, all_shops, expires_at_ms, revoked_at_ms, created_at_ms, "
    "created_by";
const RowsStatement kInsertTokens = InsertRows("kInsertTokens", "api_token", kTokenColumns);
const Statement kReadToken("kReadToken", "uq_api_token_secret",
                           base::StrCat("SELECT ", kTokenColumns,
                                        " FROM api_token WHERE secret_hash=?"));
// There are few tokens, and all are wanted.
const Statement kListTokens("kListTokens", kScan,
                            base::StrCat("SELECT ", kTokenColumns,
                                         " FROM api_token ORDER BY created_at_ms, token_id"));
const Statement kRevokeToken("kRevokeToken", "PRIMARY",
                             "UPDATE api_token SET revoked_at_ms=COALESCE(revoked_at_ms, ?) "
                             "WHERE token_id=?");
const RowsStatement kInsertTokenShops =
    InsertRows("kInsertTokenShops", "api_token_shop", "token_id, shop_id");
const Statement kReadTokenShops("kReadTokenShops", "PRIMARY",
                                "SELECT shop_id FROM api_token_shop WHERE token_id=? "
                                "ORDER BY shop_id");
const Statement kListTokenShops("kListTokenShops", kScan,
                                "SELECT token_id, shop_id FROM api_token_shop "
                                "ORDER BY token_id, shop_id");

ApiTokenRow TokenOf(ResultSet::Row row) {
  RowCursor cells(row);
  ApiTokenRow token;
  token.id = cells.Text();
  token.secret_hash = cells.Text();
  token.label = cells.Text();
  token.role = cells.Number<uint8_t>();
  token.all_shops = cells.Flag();
  token.expires_at_ms = cells.OptionalNumber();
  token.revoked_at_ms = cells.OptionalNumber();
  token.created_at_ms = cells.Number<int64_t>();
  token.created_by = cells.Text();
  return token;
}

}  // namespace

absl::Status InsertApiToken(Connection& connection, const ApiTokenRow& token) {
  const Params row = {
      token.id,        token.secret_hash,   token.label,         token.role,
      token.all_shops, token.expires_at_ms, token.revoked_at_ms, token.created_at_ms,
      token.created_by};
  RETURN_IF_ERROR(kInsertTokens.rows.Execute(connection, row).status());
  Params shops;
  for (const std::string& shop_id : token.shop_ids) Append(shops, {token.id, shop_id});
  return kInsertTokenShops.rows.Execute(connection, shops).status();
}

absl::StatusOr<std::optional<ApiTokenRow>> ReadApiToken(Connection& connection,
                                                        std::string_view secret_hash) {
  ASSIGN_OR_RETURN(const ResultSet rows, connection.Query(kReadToken.sql, {secret_hash}));
  if (rows.empty()) return std::nullopt;
  ApiTokenRow token = TokenOf(rows[0]);
  ASSIGN_OR_RETURN(const ResultSet shops, connection.Query(kReadTokenShops.sql, {token.id}));
  for (const ResultSet::Row row : shops) token.shop_ids.emplace_back(row.Text(0));
  return token;
}

absl::StatusOr<std::vector<ApiTokenRow>> ListApiTokens(Connection& connection) {
  ASSIGN_OR_RETURN(const ResultSet rows, connection.Query(kListTokens.sql));
  ASSIGN_OR_RETURN(const ResultSet shops, connection.Query(kListTokenShops.sql));
  std::map<std::string, std::vector<std::string>> shops_of;
  for (const ResultSet::Row row : shops) {
    shops_of[std::string(row.Text(0))].emplace_back(row.Text(1));
  }
  std::vector<ApiTokenRow> tokens;
  for (const ResultSet::Row row : rows) {
    tokens.push_back(TokenOf(row));
    tokens.back().shop_ids = std::move(shops_of[tokens.back().id]);
  }
  return tokens;
}

absl::StatusOr<bool> RevokeApiToken(Connection& connection, std::string_view token_id,
                                    int64_t at_ms) {
  // Rows matched are counted, also those that were revoked before.
  ASSIGN_OR_RETURN(const uint64_t matched, connection.Execute(kRevokeToken.sql, {at_ms, token_id}));
  return matched > 0;
}

void ListTokenStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kReadToken, &kListTokens, &kRevokeToken, &kReadTokenShops, &kListTokenShops});
  catalogue.Add({&kInsertTokens, &kInsertTokenShops});
}

}  // namespace segmentation::storage::mysql
