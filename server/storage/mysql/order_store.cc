#include "server/storage/mysql/order_store.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/order_children.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

using domain::MemberNo;
using domain::Order;
using domain::OrderNo;

// Of the order's own row, as ReadOrderRow takes them.
const std::string kOrderColumns = base::StrCat(
    "member_no, order_no, identity_no, store_no, source, external_id, status, "
    "source_updated_at_ms, ordered_at_ms, paid_at_ms, final_paid_at_ms, shipped_at_ms, "
    "received_at_ms, finished_at_ms, closed_at_ms, presale, cash_on_delivery, receipt_automatic, "
    "terminal, logistics_company, goods_paid_minor, freight_minor, platform_discount_minor, "
    "exclusion_reason, order_at_ms, order_day, counted_from_ms, counted_until_ms, "
    "not_counted_reason, paid_minor, goods_refunded_minor, quantity, policy_revision, ",
    kStampColumns);

const RowsStatement kReadOrders(
    "kReadOrders", "uq_customer_order_external",
    MultiRowStatement(base::StrCat("SELECT ", kOrderColumns,
                                   " FROM customer_order WHERE shop_no=? AND (source, external_id) "
                                   "IN ("),
                      "(?,?)", ")"));
const RowsStatement kReadOrdersOfMembers(
    "kReadOrdersOfMembers", "PRIMARY",
    MultiRowStatement(base::StrCat("SELECT ", kOrderColumns,
                                   " FROM customer_order WHERE shop_no=? AND member_no IN ("),
                      "?", ") ORDER BY member_no, order_no"));
const Statement kListOrders(
    "kListOrders", "PRIMARY",
    base::StrCat("SELECT ", kOrderColumns,
                 " FROM customer_order WHERE shop_no=? AND (member_no>? OR (member_no=? AND "
                 "order_no>?)) ORDER BY member_no, order_no LIMIT ?"));
// No index by store: it would cost every order, and only the deletion of a store asks.
const Statement kIsStoreUsed("kIsStoreUsed", "PRIMARY",
                             "SELECT 1 FROM customer_order WHERE shop_no=? AND store_no=? LIMIT 1");
const RowsStatement kUpsertOrders = UpsertRows(
    "kUpsertOrders", "customer_order", "shop_no, member_no, order_no", "source, external_id",
    base::StrCat("status, identity_no, store_no, source_updated_at_ms, ordered_at_ms, paid_at_ms, "
                 "final_paid_at_ms, shipped_at_ms, received_at_ms, finished_at_ms, closed_at_ms, "
                 "presale, cash_on_delivery, receipt_automatic, terminal, terminal_folded, "
                 "logistics_company, logistics_company_folded, goods_paid_minor, freight_minor, "
                 "platform_discount_minor, exclusion_reason, order_at_ms, order_day, "
                 "counted_from_ms, counted_until_ms, not_counted_reason, paid_minor, "
                 "goods_refunded_minor, quantity, policy_revision, ",
                 kStampColumns),
    OtherUniqueKey::kGuarded);
const RowsStatement kDeleteOrders =
    DeleteByKeys("kDeleteOrders", "customer_order", "member_no, order_no");

Order ReadOrderRow(ResultSet::Row row) {
  RowCursor cells(row);
  Order order;
  order.member_no = cells.Number<MemberNo>();
  order.number = cells.Number<OrderNo>();
  order.identity_no = cells.Number<domain::IdentityNo>();
  order.store_no = cells.Number<domain::StoreNo>();
  order.source = cells.Text();
  order.external_id = cells.Text();
  order.status = cells.Number<domain::OrderStatus>();
  order.source_updated_at = cells.Number<base::InstantMs>();
  order.created_at = cells.Number<base::InstantMs>();
  order.paid_at = cells.OptionalNumber();
  order.final_paid_at = cells.OptionalNumber();
  order.shipped_at = cells.OptionalNumber();
  order.received_at = cells.OptionalNumber();
  order.finished_at = cells.OptionalNumber();
  order.closed_at = cells.OptionalNumber();
  order.presale = cells.Flag();
  order.cash_on_delivery = cells.Flag();
  order.receipt_automatic = cells.Flag();
  order.terminal = cells.Text();
  order.logistics_company = cells.Text();
  order.goods_paid_minor = cells.Number<int64_t>();
  order.freight_minor = cells.Number<int64_t>();
  order.platform_discount_minor = cells.Number<int64_t>();
  order.exclusion_reason = cells.Text();
  domain::OrderMeasure& measure = order.measure;
  measure.order_at = cells.Number<base::InstantMs>();
  measure.order_day = cells.Number<base::DayNumber>();
  measure.counted_from = cells.Number<base::InstantMs>();
  measure.counted_until = cells.Number<base::InstantMs>();
  measure.reason = cells.Number<domain::NotCountedReason>();
  measure.paid_minor = cells.Number<int64_t>();
  measure.goods_refunded_minor = cells.Number<int64_t>();
  measure.quantity = cells.Number<int64_t>();
  measure.policy_revision = cells.Number<int32_t>();
  order.stamp = cells.Stamp();
  return order;
}

void AppendOrder(domain::ShopNo shop_no, const Order& order, Params& rows) {
  const domain::OrderMeasure& measure = order.measure;
  Append(rows, {shop_no,
                order.member_no,
                order.number,
                order.source,
                order.external_id,
                static_cast<int>(order.status),
                order.identity_no,
                order.store_no,
                order.source_updated_at,
                order.created_at,
                order.paid_at,
                order.final_paid_at,
                order.shipped_at,
                order.received_at,
                order.finished_at,
                order.closed_at,
                order.presale,
                order.cash_on_delivery,
                order.receipt_automatic,
                order.terminal,
                base::FoldNfkcCase(order.terminal),
                order.logistics_company,
                base::FoldNfkcCase(order.logistics_company),
                order.goods_paid_minor,
                order.freight_minor,
                order.platform_discount_minor,
                order.exclusion_reason,
                measure.order_at,
                measure.order_day,
                measure.counted_from,
                measure.counted_until,
                static_cast<int>(measure.reason),
                measure.paid_minor,
                measure.goods_refunded_minor,
                measure.quantity,
                measure.policy_revision});
  AppendStamp(rows, order.stamp);
}

std::vector<Order> OrdersOf(const ResultSet& rows) {
  std::vector<Order> orders;
  orders.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) orders.push_back(ReadOrderRow(row));
  return orders;
}

}  // namespace

absl::StatusOr<std::vector<Order>> ReadOrders(ShopSession& session,
                                              std::span<const domain::OrderKey> keys) {
  std::vector<domain::OrderKey> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  Params params;
  for (const domain::OrderKey& key : sorted) Append(params, {key.source, key.external_id});
  ASSIGN_OR_RETURN(const ResultSet rows, session.QueryKeys(kReadOrders, std::move(params)));
  std::vector<Order> orders = OrdersOf(rows);
  std::vector<OrderPlace> places;
  for (const Order& order : orders) places.push_back({order.member_no, order.number});
  std::sort(places.begin(), places.end());
  RETURN_IF_ERROR(ReadOrderChildren(session, std::span<const OrderPlace>(places), orders));
  return orders;
}

absl::StatusOr<std::vector<Order>> ReadOrdersOfMembers(ShopSession& session,
                                                       std::span<const MemberNo> member_nos) {
  std::vector<MemberNo> sorted(member_nos.begin(), member_nos.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const std::span<const MemberNo> members(sorted);
  ASSIGN_OR_RETURN(const ResultSet rows, session.QueryKeys(kReadOrdersOfMembers, KeysOf(members)));
  std::vector<Order> orders = OrdersOf(rows);
  RETURN_IF_ERROR(ReadOrderChildren(session, members, orders));
  return orders;
}

absl::StatusOr<std::vector<Order>> ListOrders(ShopSession& session, MemberNo after_member_no,
                                              OrderNo after_order_no, int limit) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kListOrders, {session.shop_no(), after_member_no, after_member_no,
                                               after_order_no, limit}));
  std::vector<Order> orders = OrdersOf(rows);
  if (orders.empty()) return orders;
  const OrderRange range{{orders.front().member_no, orders.front().number},
                         {orders.back().member_no, orders.back().number}};
  RETURN_IF_ERROR(ReadOrderChildren(session, range, orders));
  return orders;
}

absl::StatusOr<bool> IsStoreUsed(ShopSession& session, domain::StoreNo store_no) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kIsStoreUsed, {session.shop_no(), store_no}));
  return !rows.empty();
}

absl::Status WriteOrders(ShopSession& session, const std::vector<WriteSet::OrderWrite>& orders) {
  std::vector<OrderPlace> replaced;
  Params moved;
  Params rows;
  std::vector<const Order*> all;
  for (const WriteSet::OrderWrite& write : orders) {
    const Order& order = write.order;
    if (write.moved_from) {
      replaced.push_back({*write.moved_from, order.number});
      Append(moved, {*write.moved_from, order.number});
    } else if (!write.is_new) {
      replaced.push_back({order.member_no, order.number});
    }
    AppendOrder(session.shop_no(), order, rows);
    all.push_back(&order);
  }
  std::sort(replaced.begin(), replaced.end());
  RETURN_IF_ERROR(DeleteOrderChildren(session, replaced));
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteOrders, std::move(moved)));
  RETURN_IF_ERROR(session.Write(kUpsertOrders, rows));
  return InsertOrderChildren(session, all);
}

void ListOrderStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kListOrders, &kIsStoreUsed});
  catalogue.Add({&kReadOrders, &kReadOrdersOfMembers, &kUpsertOrders, &kDeleteOrders});
  ListOrderChildStatements(catalogue);
}

}  // namespace segmentation::storage::mysql
