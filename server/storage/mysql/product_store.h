// Products of a shop.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/order.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"

namespace segmentation::storage::mysql {

// As the methods of the same names in storage/store.h.
absl::StatusOr<std::vector<domain::Product>> ReadProducts(ShopSession& session,
                                                          std::span<const std::string> product_ids);
absl::StatusOr<std::vector<domain::Product>> ListProducts(ShopSession& session,
                                                          domain::ProductNo after_no, int limit);
absl::Status WriteProducts(ShopSession& session, const std::vector<domain::Product>& products);

void ListProductStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
