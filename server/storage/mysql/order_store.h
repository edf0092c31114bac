// Orders, whole, and products.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/order.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// As the methods of the same names in storage/store.h. Reviews come by their id.
absl::StatusOr<std::vector<domain::Order>> ReadOrders(ShopSession& session,
                                                      std::span<const domain::OrderKey> keys);
absl::StatusOr<std::vector<domain::Order>> ReadOrdersOfMembers(
    ShopSession& session, std::span<const domain::MemberNo> member_nos);
absl::StatusOr<std::vector<domain::Order>> ListOrders(ShopSession& session,
                                                      domain::MemberNo after_member_no,
                                                      domain::OrderNo after_order_no, int limit);
absl::StatusOr<bool> IsStoreUsed(ShopSession& session, domain::StoreNo store_no);
absl::Status WriteOrders(ShopSession& session, const std::vector<WriteSet::OrderWrite>& orders);

void ListOrderStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
