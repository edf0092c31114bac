#include "server/domain/condition/row_field.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "server/base/strings.h"

namespace segmentation::domain::condition {
namespace {

using enum ValueType;
constexpr TextFolding kExact = TextFolding::kExact;
constexpr TextFolding kFold = TextFolding::kNfkcCase;

std::vector<RowFieldInfo> MakeRowFields() {
  using enum RowField;
  constexpr bool kOfOrder = false, kOfLine = true, kAlways = false, kMaybe = true, kMany = true;
  return {
      {kDate,
       "date",
       {"日期", "下单日期"},
       kInstant,
       kExact,
       kOfOrder,
       kAlways,
       false,
       "order date",
       "订单日期"},
      {kCreatedAt,
       "created_at",
       {"下单时间"},
       kInstant,
       kExact,
       kOfOrder,
       kAlways,
       false,
       "creation time",
       "下单时间"},
      {kPaidAt,
       "paid_at",
       {"付款时间"},
       kInstant,
       kExact,
       kOfOrder,
       kMaybe,
       false,
       "payment time",
       "付款时间"},
      {kShippedAt,
       "shipped_at",
       {"发货时间"},
       kInstant,
       kExact,
       kOfOrder,
       kMaybe,
       false,
       "shipping time",
       "发货时间"},
      {kReceivedAt,
       "received_at",
       {"签收时间"},
       kInstant,
       kExact,
       kOfOrder,
       kMaybe,
       false,
       "receipt time",
       "签收时间"},
      {kFinishedAt,
       "finished_at",
       {"完成时间"},
       kInstant,
       kExact,
       kOfOrder,
       kMaybe,
       false,
       "completion time",
       "完成时间"},
      {kStatus,
       "status",
       {"订单状态", "状态"},
       kEnum,
       kExact,
       kOfOrder,
       kAlways,
       false,
       "status",
       "订单状态"},
      {kStore, "store", {"店铺"}, kText, kExact, kOfOrder, kMaybe, false, "store", "店铺"},
      {kSource, "source", {"来源"}, kText, kExact, kOfOrder, kAlways, false, "source", "来源"},
      {kTerminal, "terminal", {"终端"}, kText, kFold, kOfOrder, kMaybe, false, "terminal", "终端"},
      {kPromotionSource,
       "promotion_source",
       {"推广来源"},
       kText,
       kFold,
       kOfOrder,
       kMaybe,
       kMany,
       "promotion source",
       "推广来源"},
      {kCoupon, "coupon", {"优惠券"}, kText, kExact, kOfOrder, kMaybe, kMany, "coupon", "优惠券"},
      {kLogisticsCompany,
       "logistics_company",
       {"物流公司"},
       kText,
       kFold,
       kOfOrder,
       kMaybe,
       false,
       "logistics company",
       "物流公司"},
      {kPresale,
       "presale",
       {"预售"},
       kBoolean,
       kExact,
       kOfOrder,
       kAlways,
       false,
       "presale",
       "预售"},
      {kCashOnDelivery,
       "cash_on_delivery",
       {"货到付款"},
       kBoolean,
       kExact,
       kOfOrder,
       kAlways,
       false,
       "cash on delivery",
       "货到付款"},
      {kReceiptAutomatic,
       "receipt_automatic",
       {"自动确认收货"},
       kBoolean,
       kExact,
       kOfOrder,
       kAlways,
       false,
       "automatic receipt",
       "自动确认收货"},
      {kAmount, "amount", {"金额"}, kMoney, kExact, kOfOrder, kAlways, false, "net amount", "净额"},
      {kFreight, "freight", {"运费"}, kMoney, kExact, kOfOrder, kAlways, false, "freight", "运费"},
      {kRefundedAmount,
       "refunded_amount",
       {"退款金额"},
       kMoney,
       kExact,
       kOfOrder,
       kAlways,
       false,
       "refunded amount",
       "退款金额"},
      {kRating,
       "rating",
       {"评分"},
       kInteger,
       kExact,
       kOfOrder,
       kMaybe,
       kMany,
       "review rating",
       "评价评分"},
      {kReviewText,
       "review_text",
       {"评价内容", "评价"},
       kText,
       kFold,
       kOfOrder,
       kMaybe,
       kMany,
       "review text",
       "评价内容"},
      {kShippingCity,
       "shipping_city",
       {"收货城市"},
       kText,
       kFold,
       kOfOrder,
       kMaybe,
       false,
       "receiver's city",
       "收货城市"},
      {kShippingProvince,
       "shipping_province",
       {"收货省份"},
       kText,
       kFold,
       kOfOrder,
       kMaybe,
       false,
       "receiver's province",
       "收货省份"},
      {kShippingAddress,
       "shipping_address",
       {"收货地址"},
       kText,
       kFold,
       kOfOrder,
       kMaybe,
       false,
       "receiver's address",
       "收货地址"},
      {kProductId,
       "product_id",
       {"商品编号", "商品id"},
       kText,
       kExact,
       kOfLine,
       kMaybe,
       false,
       "product id",
       "商品编号"},
      {kSku, "sku", {"货号"}, kText, kExact, kOfLine, kMaybe, false, "SKU", "SKU"},
      {kTitle,
       "title",
       {"标题", "商品标题"},
       kText,
       kFold,
       kOfLine,
       kMaybe,
       false,
       "title",
       "商品标题"},
      {kCategory,
       "category",
       {"类目", "商品类目"},
       kText,
       kFold,
       kOfLine,
       kMaybe,
       false,
       "product category",
       "商品类目"},
      {kBrand, "brand", {"品牌"}, kText, kFold, kOfLine, kMaybe, false, "brand", "品牌"},
      {kProperty, "property", {"属性"}, kText, kFold, kOfLine, kMaybe, false, "property", "属性"},
      {kQuantity,
       "quantity",
       {"数量"},
       kInteger,
       kExact,
       kOfLine,
       kAlways,
       false,
       "quantity",
       "数量"},
      {kUnitPrice,
       "unit_price",
       {"单价"},
       kMoney,
       kExact,
       kOfLine,
       kAlways,
       false,
       "unit price",
       "单价"},
      {kLineAmount,
       "line_amount",
       {"行金额"},
       kMoney,
       kExact,
       kOfLine,
       kAlways,
       false,
       "net line amount",
       "行净额"},
      {kIsGift, "is_gift", {"赠品"}, kBoolean, kExact, kOfLine, kAlways, false, "gift", "赠品"},
  };
}

std::vector<RowAggregateInfo> MakeRowAggregates() {
  using enum RowAggregate;
  return {
      {kCount, "count", {"次数"}, kInteger, false, "number of orders", "订单数"},
      {kCountLines, "count_lines", {"行数"}, kInteger, true, "number of lines", "订单行数"},
      {kSumQuantity, "sum_quantity", {"总件数"}, kInteger, true, "total quantity", "总件数"},
      {kSumAmount, "sum_amount", {"总金额"}, kMoney, false, "total net amount", "总净额"},
      {kAvgAmount, "avg_amount", {"平均金额"}, kMoney, false, "average net amount", "平均净额"},
      {kMinAmount, "min_amount", {"最小金额"}, kMoney, false, "least net amount", "最小净额"},
      {kMaxAmount, "max_amount", {"最大金额"}, kMoney, false, "greatest net amount", "最大净额"},
      {kFirstDate, "first_date", {"首次日期"}, kInstant, false, "first order date", "首次订单日期"},
      {kLastDate, "last_date", {"最近日期"}, kInstant, false, "latest order date", "最近订单日期"},
  };
}

template <typename Infos>
auto FindByName(const Infos& infos, std::string_view name) {
  return std::find_if(infos.begin(), infos.end(), [&](const auto& info) {
    return absl::EqualsIgnoreCase(base::ToAbsl(info.name), base::ToAbsl(name)) ||
           std::find(info.aliases.begin(), info.aliases.end(), name) != info.aliases.end();
  });
}

}  // namespace

std::span<const RowFieldInfo> RowFields() {
  static const auto* const kAll = new std::vector<RowFieldInfo>(MakeRowFields());
  return *kAll;
}

std::span<const RowAggregateInfo> RowAggregates() {
  static const auto* const kAll = new std::vector<RowAggregateInfo>(MakeRowAggregates());
  return *kAll;
}

const RowFieldInfo& InfoOf(RowField field) {
  const auto all = RowFields();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const RowFieldInfo& info) { return info.field == field; });
  return found == all.end() ? all.front() : *found;
}

const RowAggregateInfo& InfoOf(RowAggregate aggregate) {
  const auto all = RowAggregates();
  const auto found = std::find_if(all.begin(), all.end(), [&](const RowAggregateInfo& info) {
    return info.aggregate == aggregate;
  });
  return found == all.end() ? all.front() : *found;
}

std::optional<RowField> FindRowField(std::string_view name) {
  const auto all = RowFields();
  const auto found = FindByName(all, name);
  return found == all.end() ? std::nullopt : std::optional(found->field);
}

std::optional<RowAggregate> FindRowAggregate(std::string_view name) {
  const auto all = RowAggregates();
  const auto found = FindByName(all, name);
  return found == all.end() ? std::nullopt : std::optional(found->aggregate);
}

}  // namespace segmentation::domain::condition
