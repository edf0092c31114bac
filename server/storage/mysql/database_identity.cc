#include "server/storage/mysql/database_identity.h"

#include <charconv>
#include <string>

#include "server/base/error.h"
#include "server/base/random.h"
#include "server/base/status_macros.h"

namespace segmentation::storage::mysql {
namespace {

constexpr std::string_view kIncarnation = "incarnation";
constexpr std::string_view kTokenKey = "token_key";
constexpr std::string_view kNextShopNo = "next_shop_no";

// A row that is there stays as it is.
const Statement kMakeSecret("kMakeSecret", "",
                            "INSERT INTO service_secret (name, value) VALUES (?, ?) "
                            "ON DUPLICATE KEY UPDATE value=service_secret.value");
const Statement kReadSecret("kReadSecret", "PRIMARY",
                            "SELECT value FROM service_secret WHERE name=?");
const Statement kLockSecret("kLockSecret", "PRIMARY",
                            "SELECT value FROM service_secret WHERE name=? FOR UPDATE");
const Statement kSetSecret("kSetSecret", "PRIMARY",
                           "UPDATE service_secret SET value=? WHERE name=?");

absl::StatusOr<std::string> ReadSecret(Connection& connection, std::string_view name) {
  ASSIGN_OR_RETURN(const ResultSet rows, connection.Query(kReadSecret.sql, {name}));
  if (rows.empty()) return base::MakeError(base::Reason::INTERNAL, "", "internal error");
  return std::string(rows[0].Text(0));
}

}  // namespace

absl::StatusOr<DatabaseIdentity> MakeDatabaseIdentity(Connection& connection) {
  ASSIGN_OR_RETURN(const std::string incarnation, base::RandomBytes(16));
  ASSIGN_OR_RETURN(const std::string token_key, base::RandomBytes(32));
  RETURN_IF_ERROR(connection.Execute(kMakeSecret.sql, {kIncarnation, incarnation}).status());
  RETURN_IF_ERROR(connection.Execute(kMakeSecret.sql, {kTokenKey, token_key}).status());
  RETURN_IF_ERROR(connection.Execute(kMakeSecret.sql, {kNextShopNo, "1"}).status());
  DatabaseIdentity identity;
  ASSIGN_OR_RETURN(identity.incarnation, ReadSecret(connection, kIncarnation));
  ASSIGN_OR_RETURN(identity.token_key, ReadSecret(connection, kTokenKey));
  return identity;
}

absl::StatusOr<domain::ShopNo> TakeShopNo(Connection& connection) {
  ASSIGN_OR_RETURN(const ResultSet rows, connection.Query(kLockSecret.sql, {kNextShopNo}));
  if (rows.empty()) return base::MakeError(base::Reason::INTERNAL, "", "internal error");
  const std::string_view text = rows[0].Text(0);
  domain::ShopNo shop_no = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), shop_no);
  if (error != std::errc() || end != text.data() + text.size() || shop_no == 0) {
    return base::MakeError(base::Reason::INTERNAL, "", "internal error");
  }
  RETURN_IF_ERROR(
      connection.Execute(kSetSecret.sql, {std::to_string(uint64_t{shop_no} + 1), kNextShopNo})
          .status());
  return shop_no;
}

void ListIdentityRowStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kMakeSecret, &kReadSecret, &kLockSecret, &kSetSecret});
}

}  // namespace segmentation::storage::mysql
