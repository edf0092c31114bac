#include "server/storage/mysql/shop_store.h"

#include <charconv>

#include "server/base/error.h"
#include "server/base/random.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/change_log.h"
#include "server/storage/mysql/database_identity.h"
#include "server/storage/mysql/definition_store.h"
#include "server/storage/mysql/request_log.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;
using domain::Shop;

constexpr int kIdentityKeyBytes = 32;

const Statement kTakeHead("kTakeHead", "PRIMARY",
                          "UPDATE shop_head SET revision=LAST_INSERT_ID(revision+1) "
                          "WHERE shop_no=?");
const Statement kTakeHeadAt("kTakeHeadAt", "PRIMARY",
                            "UPDATE shop_head SET revision=revision+1 WHERE shop_no=? AND "
                            "revision=? AND definition_revision=? AND tick_at_ms=? AND "
                            "next_member_no=? AND next_order_no=? AND next_store_no=? AND "
                            "next_promotion_no=? AND next_product_no=? AND next_attribute_no=? AND "
                            "next_tag_category_no=? AND next_tag_no=? AND next_group_no=?");
const Statement kReadHead(
    "kReadHead", "PRIMARY",
    "SELECT h.revision, h.definition_revision, h.tick_at_ms, h.next_member_no, h.next_order_no, "
    "h.next_store_no, h.next_promotion_no, h.next_product_no, h.next_attribute_no, "
    "h.next_tag_category_no, h.next_tag_no, h.next_group_no, s.identity_key "
    "FROM shop_head AS h JOIN shop AS s ON s.shop_no=h.shop_no WHERE h.shop_no=?");
const Statement kWriteHead(
    "kWriteHead", "PRIMARY",
    "UPDATE shop_head SET definition_revision=?, tick_at_ms=?, next_member_no=?, next_order_no=?, "
    "next_store_no=?, next_promotion_no=?, next_product_no=?, next_attribute_no=?, "
    "next_tag_category_no=?, next_tag_no=?, next_group_no=? WHERE shop_no=?");
const RowsStatement kInsertHead = InsertRows(
    "kInsertHead", "shop_head",
    "shop_no, revision, definition_revision, tick_at_ms, next_member_no, next_order_no, "
    "next_store_no, next_promotion_no, next_product_no, next_attribute_no, next_tag_category_no, "
    "next_tag_no, next_group_no");

const std::string kShopColumns =
    base::StrCat("name, time_zone, currency, currency_digits, deleted, ", kStampColumns);
const Statement kReadShopByNo("kReadShopByNo", "PRIMARY",
                              base::StrCat("SELECT shop_no, shop_id, ", kShopColumns,
                                           " FROM shop WHERE shop_no=?"));
const Statement kReadShopById("kReadShopById", "uq_shop_id",
                              base::StrCat("SELECT shop_no, shop_id, ", kShopColumns,
                                           " FROM shop WHERE shop_id=?"));
const Statement kListShops("kListShops", kScan,
                           base::StrCat("SELECT shop_no, shop_id, ", kShopColumns,
                                        " FROM shop ORDER BY shop_no"));
const RowsStatement kReadRevisions(
    "kReadRevisions", "PRIMARY",
    MultiRowStatement("SELECT shop_no, revision FROM shop_head WHERE shop_no IN (", "?", ")"));
const RowsStatement kInsertShop = InsertRows(
    "kInsertShop", "shop", base::StrCat("shop_no, shop_id, identity_key, ", kShopColumns));
const Statement kWriteShop("kWriteShop", "PRIMARY",
                           "UPDATE shop SET name=?, time_zone=?, currency=?, currency_digits=?, "
                           "deleted=?, revision=?, ordinal=?, created_at_ms=?, updated_at_ms=?, "
                           "created_by=?, updated_by=? WHERE shop_no=?");

const Statement kCountMembers("kCountMembers", "PRIMARY",
                              "SELECT COUNT(*) FROM member AS m WHERE m.shop_no=? AND m.live=1");
// Sums may pass 64 bits, so they come as text. One pass over the orders; only those with refunds
// look at their parts. not_counted_reason 7 is a return without its order (T97).
const Statement kSumOrders(
    "kSumOrders", "PRIMARY",
    "SELECT COUNT(*), CAST(SUM(o.counted_from_ms<=?) AS SIGNED), "
    "CAST(SUM(o.counted_from_ms<=? AND o.counted_until_ms>?) AS SIGNED), "
    "CAST(SUM(IF(o.counted_from_ms<=?, o.paid_minor, 0)) AS CHAR), "
    "CAST(SUM(IF((o.counted_from_ms<=? AND o.counted_until_ms>?) OR "
    "(o.not_counted_reason=7 AND o.order_at_ms<=?), "
    "o.paid_minor-IF(o.goods_refunded_minor=0, 0, (SELECT COALESCE(SUM(q.amount_minor), 0) "
    "FROM order_refund_part AS q WHERE q.shop_no=? AND q.member_no=o.member_no AND "
    "q.order_no=o.order_no AND q.effective_at_ms<=?)), 0)) AS CHAR), "
    "MIN(IF(o.counted_from_ms<=? AND o.counted_until_ms>?, o.order_day, NULL)), "
    "MAX(IF(o.counted_from_ms<=? AND o.counted_until_ms>?, o.order_day, NULL)) "
    "FROM customer_order AS o STRAIGHT_JOIN member AS m FORCE INDEX (PRIMARY) "
    "ON m.shop_no=o.shop_no AND m.member_no=o.member_no WHERE o.shop_no=? AND m.live=1");

absl::Status ShopNotFound() {
  return base::MakeError(Reason::SHOP_NOT_FOUND, "shop_id", "there is no such shop");
}

Shop ShopOf(ResultSet::Row row) {
  RowCursor cells(row);
  Shop shop;
  shop.number = cells.Number<domain::ShopNo>();
  shop.id = cells.Text();
  shop.name = cells.Text();
  shop.time_zone = cells.Text();
  shop.currency = cells.Text();
  shop.currency_digits = cells.Number<int32_t>();
  shop.deleted = cells.Flag();
  shop.stamp = cells.Stamp();
  return shop;
}

// Nothing for NULL (a sum over no rows).
absl::StatusOr<int64_t> SumOf(std::optional<std::string> text) {
  if (!text) return 0;
  int64_t sum = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), sum);
  if (error == std::errc() && end == text->data() + text->size()) return sum;
  return base::MakeError(Reason::RESULT_TOO_LARGE, "",
                         "a total of the shop exceeds 64 bits of minor units");
}

// The shop that this request made before; ALREADY_EXISTS for anybody else's.
absl::StatusOr<Shop> AnswerRepeat(ShopSession& session, const NewShop& wanted, const Shop& found) {
  const std::string ids[] = {wanted.request_id};
  ASSIGN_OR_RETURN(const std::vector<RequestRow> requests, ReadRequests(session, ids));
  if (requests.empty() || found.deleted) {
    return base::MakeError(Reason::ALREADY_EXISTS, "shop_id",
                           "got the id of an existing shop, want a new one");
  }
  if (requests[0].request_hash != wanted.request_hash) {
    return base::MakeError(Reason::IDEMPOTENCY_KEY_REUSED, "request_id",
                           "this request id was used by another request");
  }
  return found;
}

absl::Status InsertShopRows(Connection& connection, ShopSession& session, const NewShop& shop,
                            const ShopHead& head, const Shop& row) {
  Params params = {row.number,    row.id,       session.identity_key(), row.name,
                   row.time_zone, row.currency, row.currency_digits,    row.deleted};
  AppendStamp(params, row.stamp);
  RETURN_IF_ERROR(kInsertShop.rows.Execute(connection, params).status());
  const Params head_row = {head.shop_no,
                           head.revision,
                           head.definition_revision,
                           head.tick_at_ms,
                           head.next_member_no,
                           head.next_order_no,
                           head.next_store_no,
                           head.next_promotion_no,
                           head.next_product_no,
                           head.next_attribute_no,
                           head.next_tag_category_no,
                           head.next_tag_no,
                           head.next_group_no};
  RETURN_IF_ERROR(kInsertHead.rows.Execute(connection, head_row).status());
  RETURN_IF_ERROR(WritePolicy(session, shop.policy, head.revision));
  RequestRow request;
  request.request_id = shop.request_id;
  request.request_hash = shop.request_hash;
  request.revision = head.revision;
  request.created_at_ms = row.stamp.created_at_ms;
  RETURN_IF_ERROR(InsertRequests(session, {request}));
  ChangeLogWriter log;
  WriteSet rows;
  rows.shop = row;
  RETURN_IF_ERROR(log.Add(head, rows));
  return log.Write(session, head.revision, ChangeCause::kDefinition);
}

}  // namespace

absl::Status TakeHead(Connection& connection, domain::ShopNo shop_no) {
  ASSIGN_OR_RETURN(const uint64_t matched, connection.Execute(kTakeHead.sql, {shop_no}));
  return matched == 0 ? ShopNotFound() : absl::OkStatus();
}

absl::StatusOr<bool> TakeHeadAt(Connection& connection, const ShopHead& head) {
  ASSIGN_OR_RETURN(
      const uint64_t matched,
      connection.Execute(kTakeHeadAt.sql,
                         {head.shop_no, head.revision, head.definition_revision, head.tick_at_ms,
                          head.next_member_no, head.next_order_no, head.next_store_no,
                          head.next_promotion_no, head.next_product_no, head.next_attribute_no,
                          head.next_tag_category_no, head.next_tag_no, head.next_group_no}));
  return matched > 0;
}

absl::StatusOr<HeadAndKey> ReadHead(Connection& connection, domain::ShopNo shop_no) {
  ASSIGN_OR_RETURN(const ResultSet rows, connection.Query(kReadHead.sql, {shop_no}));
  if (rows.empty()) return ShopNotFound();
  RowCursor cells(rows[0]);
  HeadAndKey result;
  ShopHead& head = result.head;
  head.shop_no = shop_no;
  head.revision = cells.Number<domain::Revision>();
  head.definition_revision = cells.Number<domain::Revision>();
  head.tick_at_ms = cells.Number<int64_t>();
  head.next_member_no = cells.Number<uint32_t>();
  head.next_order_no = cells.Number<uint32_t>();
  head.next_store_no = cells.Number<uint32_t>();
  head.next_promotion_no = cells.Number<uint32_t>();
  head.next_product_no = cells.Number<uint32_t>();
  head.next_attribute_no = cells.Number<uint32_t>();
  head.next_tag_category_no = cells.Number<uint32_t>();
  head.next_tag_no = cells.Number<uint32_t>();
  head.next_group_no = cells.Number<uint32_t>();
  result.identity_key = cells.Text();
  return result;
}

absl::Status WriteHead(ShopSession& session, const ShopHead& head) {
  return session
      .Execute(kWriteHead, {head.definition_revision, head.tick_at_ms, head.next_member_no,
                            head.next_order_no, head.next_store_no, head.next_promotion_no,
                            head.next_product_no, head.next_attribute_no, head.next_tag_category_no,
                            head.next_tag_no, head.next_group_no, session.shop_no()})
      .status();
}

absl::StatusOr<Shop> ReadShopRow(ShopSession& session) {
  ASSIGN_OR_RETURN(const ResultSet rows, session.Query(kReadShopByNo, {session.shop_no()}));
  if (rows.empty()) return ShopNotFound();
  return ShopOf(rows[0]);
}

absl::Status WriteShopRow(ShopSession& session, const Shop& shop) {
  const domain::Stamp& stamp = shop.stamp;
  return session
      .Execute(kWriteShop,
               {shop.name, shop.time_zone, shop.currency, shop.currency_digits, shop.deleted,
                stamp.etag.revision, stamp.etag.ordinal, stamp.created_at_ms, stamp.updated_at_ms,
                stamp.created_by, stamp.updated_by, session.shop_no()})
      .status();
}

absl::StatusOr<Shop> CreateShop(Connection& connection, const NewShop& shop, absl::Time deadline) {
  // The counter is locked first: creations come one after the other.
  ASSIGN_OR_RETURN(const domain::ShopNo shop_no, TakeShopNo(connection));
  ASSIGN_OR_RETURN(const ResultSet found, connection.Query(kReadShopById.sql, {shop.shop.id}));
  if (!found.empty()) {
    const Shop existing = ShopOf(found[0]);
    ShopSession session(connection, existing.number, "", deadline);
    return AnswerRepeat(session, shop, existing);
  }
  Shop row = shop.shop;
  row.number = shop_no;
  row.deleted = false;
  row.stamp.etag = {1, 0};
  ShopHead head;
  head.shop_no = shop_no;
  head.revision = 1;
  head.definition_revision = 1;
  ASSIGN_OR_RETURN(std::string identity_key, base::RandomBytes(kIdentityKeyBytes));
  ShopSession session(connection, shop_no, std::move(identity_key), deadline);
  RETURN_IF_ERROR(InsertShopRows(connection, session, shop, head, row));
  return row;
}

absl::StatusOr<std::vector<Shop>> ListShops(Connection& connection) {
  ASSIGN_OR_RETURN(const ResultSet rows, connection.Query(kListShops.sql));
  std::vector<Shop> shops;
  for (const ResultSet::Row row : rows) shops.push_back(ShopOf(row));
  return shops;
}

absl::StatusOr<std::optional<Shop>> ReadShop(Connection& connection, std::string_view shop_id) {
  ASSIGN_OR_RETURN(const ResultSet rows, connection.Query(kReadShopById.sql, {shop_id}));
  if (rows.empty()) return std::nullopt;
  Shop shop = ShopOf(rows[0]);
  if (shop.deleted) return std::nullopt;
  return shop;
}

absl::StatusOr<int64_t> CountMembers(ShopSession& session) {
  ASSIGN_OR_RETURN(const ResultSet members, session.Query(kCountMembers, {session.shop_no()}));
  return members[0].Int64(0);
}

absl::StatusOr<ShopTotals> ReadShopTotals(ShopSession& session, base::InstantMs as_of_ms) {
  ShopTotals totals;
  ASSIGN_OR_RETURN(totals.member_count, CountMembers(session));
  const base::InstantMs t = as_of_ms;
  const Params params = {t, t, t, t, t, t, t, session.shop_no(), t, t, t, t, t, session.shop_no()};
  ASSIGN_OR_RETURN(const ResultSet orders, session.QueryLong(kSumOrders.sql, params));
  RowCursor cells(orders[0]);
  totals.order_count = cells.Number<int64_t>();
  totals.paid_order_count = cells.OptionalNumber().value_or(0);
  totals.valid_order_count = cells.OptionalNumber().value_or(0);
  ASSIGN_OR_RETURN(totals.paid_minor, SumOf(cells.OptionalText()));
  ASSIGN_OR_RETURN(totals.net_minor, SumOf(cells.OptionalText()));
  if (const std::optional<int64_t> day = cells.OptionalNumber()) {
    totals.first_order_day = static_cast<base::DayNumber>(*day);
  }
  if (const std::optional<int64_t> day = cells.OptionalNumber()) {
    totals.last_order_day = static_cast<base::DayNumber>(*day);
  }
  return totals;
}

absl::StatusOr<std::vector<ShopRevision>> ReadRevisions(Connection& connection,
                                                        std::span<const domain::ShopNo> shop_nos) {
  Params keys;
  for (const domain::ShopNo shop_no : shop_nos) keys.emplace_back(shop_no);
  if (keys.empty()) return std::vector<ShopRevision>();
  ASSIGN_OR_RETURN(const ResultSet rows, kReadRevisions.rows.Query(connection, keys));
  std::vector<ShopRevision> revisions;
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    ShopRevision one;
    one.shop_no = cells.Number<domain::ShopNo>();
    one.revision = cells.Number<domain::Revision>();
    revisions.push_back(one);
  }
  return revisions;
}

void ListShopStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kTakeHead, &kTakeHeadAt, &kReadHead, &kWriteHead, &kReadShopByNo, &kReadShopById,
                 &kListShops, &kWriteShop, &kCountMembers, &kSumOrders});
  catalogue.Add({&kInsertHead, &kInsertShop, &kReadRevisions});
}

}  // namespace segmentation::storage::mysql
