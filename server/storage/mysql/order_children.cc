#include "server/storage/mysql/order_children.h"

#include <functional>
#include <string>
#include <unordered_map>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/condition/property_number.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

using domain::Order;
using domain::OrderNo;

// One table below customer_order: how it is read, in three ways, written and cleared. `columns` are
// those behind (shop_no, member_no, order_no); reading takes only `read` of them, by `order`.
struct OrderChild {
  OrderChild(std::string_view name, std::string_view table, std::string_view columns,
             std::string_view read, std::string_view order)
      : of_orders(
            base::StrCat(name, ".of_orders"), "PRIMARY",
            MultiRowStatement(base::StrCat("SELECT order_no, ", read, " FROM ", table,
                                           " WHERE shop_no=? AND (member_no, order_no) IN ("),
                              "(?,?)", base::StrCat(") ORDER BY member_no, order_no", order))),
        of_members(base::StrCat(name, ".of_members"), "PRIMARY",
                   MultiRowStatement(base::StrCat("SELECT order_no, ", read, " FROM ", table,
                                                  " WHERE shop_no=? AND member_no IN ("),
                                     "?", base::StrCat(") ORDER BY member_no, order_no", order))),
        in_range(base::StrCat(name, ".in_range"), "PRIMARY",
                 base::StrCat("SELECT order_no, ", read, " FROM ", table,
                              " WHERE shop_no=? AND member_no BETWEEN ? AND ? AND (member_no>? OR "
                              "order_no>=?) AND (member_no<? OR order_no<=?) "
                              "ORDER BY member_no, order_no",
                              order)),
        insert(InsertRows(base::StrCat(name, ".insert"), table,
                          base::StrCat("shop_no, member_no, order_no, ", columns))),
        remove(DeleteByKeys(base::StrCat(name, ".remove"), table, "member_no, order_no")) {}

  RowsStatement of_orders;
  RowsStatement of_members;
  Statement in_range;
  RowsStatement insert;
  RowsStatement remove;
};

const OrderChild kOrderLines(
    "kOrderLines", "order_line",
    "line_no, line_id, product_no, product_id, sku, title, title_folded, category, "
    "category_folded, brand, brand_folded, quantity, unit_price_minor, line_discount_minor, "
    "source_paid_minor, gift_flag, paid_minor, is_gift",
    "line_no, line_id, product_no, product_id, sku, title, category, brand, quantity, "
    "unit_price_minor, line_discount_minor, source_paid_minor, gift_flag, paid_minor, is_gift",
    ", line_no");
const OrderChild kOrderLineProperties("kOrderLineProperties", "order_line_property",
                                      "line_no, name, name_folded, value, value_folded, "
                                      "number_value",
                                      "line_no, name, value", ", line_no, name");
constexpr std::string_view kRefundColumns =
    "refund_no, refund_id, kind, status, refunded_at_ms, amount_minor, line_id, "
    "returned_quantity, effective_at_ms, time_unknown";
const OrderChild kOrderRefunds("kOrderRefunds", "order_refund", kRefundColumns, kRefundColumns,
                               ", refund_no");
const OrderChild kOrderRefundParts("kOrderRefundParts", "order_refund_part",
                                   "refund_no, line_no, amount_minor, returned_quantity, "
                                   "effective_at_ms",
                                   "refund_no, line_no, amount_minor, returned_quantity",
                                   ", refund_no, line_no");
const OrderChild kOrderPromotionSources("kOrderPromotionSources", "order_promotion_source",
                                        "position, promotion_source, promotion_source_folded",
                                        "promotion_source", ", position");
const OrderChild kOrderCoupons("kOrderCoupons", "order_coupon", "position, coupon_id", "coupon_id",
                               ", position");
const OrderChild kOrderReviews(
    "kOrderReviews", "order_review",
    "review_id, reviewed_at_ms, rating, automatic, key_no, text, text_folded",
    "review_id, reviewed_at_ms, rating, automatic, text", ", review_id");
const OrderChild kOrderAddresses("kOrderAddresses", "order_address",
                                 "key_no, province, province_folded, city, city_folded, district, "
                                 "street, full_text, full_text_folded",
                                 "province, city, district, street, full_text", "");

const OrderChild* const kAllChildren[] = {
    &kOrderLines,       &kOrderLineProperties,   &kOrderRefunds,
    &kOrderRefundParts, &kOrderPromotionSources, &kOrderCoupons,
    &kOrderReviews,     &kOrderAddresses};

Params KeysOfPlaces(std::span<const OrderPlace> places) {
  Params keys;
  keys.reserve(places.size() * 2);
  for (const OrderPlace& place : places) Append(keys, {place.member_no, place.order_no});
  return keys;
}

absl::StatusOr<ResultSet> QueryChild(ShopSession& session, const OrderChild& child,
                                     const OrderSelection& selection) {
  if (const auto* places = std::get_if<std::span<const OrderPlace>>(&selection)) {
    return session.QueryKeys(child.of_orders, KeysOfPlaces(*places));
  }
  if (const auto* members = std::get_if<std::span<const domain::MemberNo>>(&selection)) {
    return session.QueryKeys(child.of_members, KeysOf(*members));
  }
  const auto& [first, last] = std::get<OrderRange>(selection);
  return session.Query(child.in_range,
                       {session.shop_no(), first.member_no, last.member_no, first.member_no,
                        first.order_no, last.member_no, last.order_no});
}

// Orders by number, to hang child rows on.
using OrdersByNo = std::unordered_map<OrderNo, Order*>;

// Reads one table and hands each row of a wanted order to `add`, behind the order number.
absl::Status ReadChild(ShopSession& session, const OrderChild& child,
                       const OrderSelection& selection, const OrdersByNo& orders,
                       const std::function<void(RowCursor&, Order&)>& add) {
  ASSIGN_OR_RETURN(const ResultSet rows, QueryChild(session, child, selection));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    const auto order = orders.find(cells.Number<OrderNo>());
    if (order != orders.end()) add(cells, *order->second);
  }
  return absl::OkStatus();
}

void AddLine(RowCursor& cells, Order& order) {
  domain::OrderLine line;
  line.number = cells.Number<domain::LineNo>();
  line.id = cells.Text();
  line.product_no = cells.Number<domain::ProductNo>();
  line.product_id = cells.Text();
  line.sku = cells.Text();
  line.title = cells.Text();
  line.category = cells.Text();
  line.brand = cells.Text();
  line.quantity = cells.Number<int64_t>();
  line.unit_price_minor = cells.Number<int64_t>();
  line.line_discount_minor = cells.Number<int64_t>();
  line.source_paid_minor = cells.OptionalNumber();
  line.gift_flag = cells.Flag();
  line.paid_minor = cells.Number<int64_t>();
  line.is_gift = cells.Flag();
  order.lines.push_back(std::move(line));
}

void AddProperty(RowCursor& cells, Order& order) {
  const domain::LineNo line_no = cells.Number<domain::LineNo>();
  for (domain::OrderLine& line : order.lines) {
    if (line.number != line_no) continue;
    std::string name = cells.Text();
    line.properties.emplace(std::move(name), cells.Text());
    return;
  }
}

void AddRefund(RowCursor& cells, Order& order) {
  domain::Refund refund;
  refund.number = cells.Number<domain::RefundNo>();
  refund.id = cells.Text();
  refund.kind = cells.Number<domain::RefundKind>();
  refund.status = cells.Number<domain::RefundStatus>();
  refund.refunded_at = cells.OptionalNumber();
  refund.amount_minor = cells.Number<int64_t>();
  refund.line_id = cells.Text();
  refund.returned_quantity = cells.Number<int64_t>();
  refund.effective_at = cells.Number<base::InstantMs>();
  refund.time_unknown = cells.Flag();
  order.refunds.push_back(std::move(refund));
}

void AddRefundPart(RowCursor& cells, Order& order) {
  const domain::RefundNo refund_no = cells.Number<domain::RefundNo>();
  for (domain::Refund& refund : order.refunds) {
    if (refund.number != refund_no) continue;
    domain::RefundPart part;
    part.line_no = cells.Number<domain::LineNo>();
    part.amount_minor = cells.Number<int64_t>();
    part.returned_quantity = cells.Number<int64_t>();
    refund.parts.push_back(part);
    return;
  }
}

void AddReview(RowCursor& cells, Order& order) {
  domain::Review review;
  review.id = cells.Text();
  review.reviewed_at = cells.Number<base::InstantMs>();
  review.rating = cells.Number<int32_t>();
  review.automatic = cells.Flag();
  review.text = cells.Text();
  order.reviews.push_back(std::move(review));
}

void AddAddress(RowCursor& cells, Order& order) {
  domain::ReceiverAddress& address = order.address.emplace();
  address.province = cells.Text();
  address.city = cells.Text();
  address.district = cells.Text();
  address.street = cells.Text();
  address.full_text = cells.Text();
}

// A text and its folded form.
void AppendFolded(Params& params, const std::string& text) {
  params.emplace_back(text);
  params.emplace_back(base::FoldNfkcCase(text));
}

struct ChildParams {
  Params lines, properties, refunds, parts, sources, coupons, reviews, addresses;
};

void AppendLines(domain::ShopNo shop_no, const Order& order, ChildParams& rows) {
  for (const domain::OrderLine& line : order.lines) {
    Append(rows.lines, {shop_no, order.member_no, order.number, line.number, line.id,
                        line.product_no, line.product_id, line.sku});
    AppendFolded(rows.lines, line.title);
    AppendFolded(rows.lines, line.category);
    AppendFolded(rows.lines, line.brand);
    Append(rows.lines, {line.quantity, line.unit_price_minor, line.line_discount_minor,
                        line.source_paid_minor, line.gift_flag, line.paid_minor, line.is_gift});
    for (const auto& [name, value] : line.properties) {
      Append(rows.properties, {shop_no, order.member_no, order.number, line.number});
      AppendFolded(rows.properties, name);
      AppendFolded(rows.properties, value);
      rows.properties.emplace_back(domain::condition::PropertyNumber(value));
    }
  }
}

void AppendRefunds(domain::ShopNo shop_no, const Order& order, ChildParams& rows) {
  for (const domain::Refund& refund : order.refunds) {
    Append(rows.refunds, {shop_no, order.member_no, order.number, refund.number, refund.id,
                          static_cast<int>(refund.kind), static_cast<int>(refund.status),
                          refund.refunded_at, refund.amount_minor, refund.line_id,
                          refund.returned_quantity, refund.effective_at, refund.time_unknown});
    for (const domain::RefundPart& part : refund.parts) {
      Append(rows.parts, {shop_no, order.member_no, order.number, refund.number, part.line_no,
                          part.amount_minor, part.returned_quantity, refund.effective_at});
    }
  }
}

void AppendRest(domain::ShopNo shop_no, const Order& order, ChildParams& rows) {
  int position = 0;
  for (const std::string& source : order.promotion_sources) {
    Append(rows.sources, {shop_no, order.member_no, order.number, position++});
    AppendFolded(rows.sources, source);
  }
  position = 0;
  for (const std::string& coupon : order.coupon_ids) {
    Append(rows.coupons, {shop_no, order.member_no, order.number, position++, coupon});
  }
  for (const domain::Review& review : order.reviews) {
    Append(rows.reviews, {shop_no, order.member_no, order.number, review.id, review.reviewed_at,
                          review.rating, review.automatic, 0});
    AppendFolded(rows.reviews, review.text);
  }
  if (order.address) {
    const domain::ReceiverAddress& address = *order.address;
    Append(rows.addresses, {shop_no, order.member_no, order.number, 0});
    AppendFolded(rows.addresses, address.province);
    AppendFolded(rows.addresses, address.city);
    Append(rows.addresses, {address.district, address.street});
    AppendFolded(rows.addresses, address.full_text);
  }
}

}  // namespace

absl::Status ReadOrderChildren(ShopSession& session, const OrderSelection& selection,
                               std::vector<Order>& orders) {
  if (orders.empty()) return absl::OkStatus();
  OrdersByNo by_no;
  for (Order& order : orders) by_no.emplace(order.number, &order);
  const auto read = [&](const OrderChild& child,
                        const std::function<void(RowCursor&, Order&)>& add) {
    return ReadChild(session, child, selection, by_no, add);
  };
  // Lines before their properties, refunds before their parts.
  RETURN_IF_ERROR(read(kOrderLines, AddLine));
  RETURN_IF_ERROR(read(kOrderLineProperties, AddProperty));
  RETURN_IF_ERROR(read(kOrderRefunds, AddRefund));
  RETURN_IF_ERROR(read(kOrderRefundParts, AddRefundPart));
  RETURN_IF_ERROR(read(kOrderPromotionSources, [](RowCursor& cells, Order& order) {
    order.promotion_sources.push_back(cells.Text());
  }));
  RETURN_IF_ERROR(read(kOrderCoupons, [](RowCursor& cells, Order& order) {
    order.coupon_ids.push_back(cells.Text());
  }));
  RETURN_IF_ERROR(read(kOrderReviews, AddReview));
  return read(kOrderAddresses, AddAddress);
}

absl::Status DeleteOrderChildren(ShopSession& session, std::span<const OrderPlace> places) {
  for (const OrderChild* child : kAllChildren) {
    RETURN_IF_ERROR(session.DeleteKeys(child->remove, KeysOfPlaces(places)));
  }
  return absl::OkStatus();
}

absl::Status InsertOrderChildren(ShopSession& session, std::span<const Order* const> orders) {
  ChildParams rows;
  for (const Order* order : orders) {
    AppendLines(session.shop_no(), *order, rows);
    AppendRefunds(session.shop_no(), *order, rows);
    AppendRest(session.shop_no(), *order, rows);
  }
  RETURN_IF_ERROR(session.Write(kOrderLines.insert, rows.lines));
  RETURN_IF_ERROR(session.Write(kOrderLineProperties.insert, rows.properties));
  RETURN_IF_ERROR(session.Write(kOrderRefunds.insert, rows.refunds));
  RETURN_IF_ERROR(session.Write(kOrderRefundParts.insert, rows.parts));
  RETURN_IF_ERROR(session.Write(kOrderPromotionSources.insert, rows.sources));
  RETURN_IF_ERROR(session.Write(kOrderCoupons.insert, rows.coupons));
  RETURN_IF_ERROR(session.Write(kOrderReviews.insert, rows.reviews));
  return session.Write(kOrderAddresses.insert, rows.addresses);
}

void ListOrderChildStatements(StatementCatalogue& catalogue) {
  for (const OrderChild* child : kAllChildren) {
    catalogue.Add({&child->in_range});
    catalogue.Add({&child->of_orders, &child->of_members, &child->insert, &child->remove});
  }
}

}  // namespace segmentation::storage::mysql
