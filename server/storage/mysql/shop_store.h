// Shops, their heads and totals.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/shop.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

struct HeadAndKey {
  ShopHead head;
  std::string identity_key;
};

// The first statement of a write transaction: takes the head row and counts its revision up.
// SHOP_NOT_FOUND if there is no such shop.
absl::Status TakeHead(Connection& connection, domain::ShopNo shop_no);
// The same, if the head is still `head`. The revision alone would not do: after a failover that
// lost a commit, another server may have given the same one. False, and nothing is taken, if it
// moved on or is gone.
absl::StatusOr<bool> TakeHeadAt(Connection& connection, const ShopHead& head);
// The head as the open transaction sees it. SHOP_NOT_FOUND if there is no such shop.
absl::StatusOr<HeadAndKey> ReadHead(Connection& connection, domain::ShopNo shop_no);
// Everything but the revision.
absl::Status WriteHead(ShopSession& session, const ShopHead& head);

absl::StatusOr<domain::Shop> ReadShopRow(ShopSession& session);
// Name, time zone, currency, deleted and stamp; the id stays.
absl::Status WriteShopRow(ShopSession& session, const domain::Shop& shop);

// As the methods of the same names in storage/store.h; each runs in the caller's transaction.
absl::StatusOr<domain::Shop> CreateShop(Connection& connection, const NewShop& shop,
                                        absl::Time deadline);
// By number, deleted ones included.
absl::StatusOr<std::vector<domain::Shop>> ListShops(Connection& connection);
absl::StatusOr<std::optional<domain::Shop>> ReadShop(Connection& connection,
                                                     std::string_view shop_id);
absl::StatusOr<std::vector<ShopRevision>> ReadRevisions(Connection& connection,
                                                        std::span<const domain::ShopNo> shop_nos);
absl::StatusOr<int64_t> CountMembers(ShopSession& session);
absl::StatusOr<ShopTotals> ReadShopTotals(ShopSession& session, base::InstantMs as_of_ms);

void ListShopStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
