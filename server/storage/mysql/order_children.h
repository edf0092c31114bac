// The tables below an order: lines, their properties, refunds, their parts, promotion sources,
// coupons, reviews and the receiver address.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/order.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"

namespace segmentation::storage::mysql {

// An order's key in its own table and those below it.
struct OrderPlace {
  domain::MemberNo member_no = 0;
  domain::OrderNo order_no = 0;
  friend auto operator<=>(const OrderPlace&, const OrderPlace&) = default;
};

// All orders between two places, both included.
struct OrderRange {
  OrderPlace first;
  OrderPlace last;
};

// Whose children are wanted: these orders, all orders of these members, or a range. Lists are
// without duplicates.
using OrderSelection =
    std::variant<std::span<const OrderPlace>, std::span<const domain::MemberNo>, OrderRange>;

// Fills in what belongs to `orders`, which are the orders of the selection.
absl::Status ReadOrderChildren(ShopSession& session, const OrderSelection& selection,
                               std::vector<domain::Order>& orders);

// Removes all children of these orders.
absl::Status DeleteOrderChildren(ShopSession& session, std::span<const OrderPlace> places);

// Inserts the children of orders that have none stored.
absl::Status InsertOrderChildren(ShopSession& session,
                                 std::span<const domain::Order* const> orders);

void ListOrderChildStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
