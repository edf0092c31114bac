// Orders out of the order report of Tmall and Taobao shops (订单报表), with the goods file
// (宝贝报表) for their lines.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/import/import_rules.h"
#include "segmentation/v1/order.pb.h"

namespace segmentation::cli {

// Columns of the order report: 订单编号, 买家实际支付金额, 订单创建时间 are needed; 订单付款时间,
// 退款金额, 总金额, 收货地址, 买家会员名, 订单状态, 物流公司, 确认收货时间, 发货时间 are read where
// they are.
// - 买家实际支付金额 is net of refunds: what was paid for goods is it plus 退款金额, and the refund
// is a
//   row of the order without a time.
// - An order without 订单付款时间 is not paid.
// - The buyer is 买家会员名; where the column is missing, empty or masked, the order's own id.
// Columns of the goods file: 订单编号 and 标题 (宝贝标题, 商品标题); 购买数量, 价格, 商品属性 (SKU
// properties), 商家编码, 商品编号, 子订单编号 are read where they are. Goods of orders that are not
// among `files` are rejected. Orders come sorted by id.
// An order that two files have, of orders or of goods, is two snapshots of it, never the sum of
// both: the server keeps the one that holds (T87). Equal ones are handed out once; the others are
// skipped as "same_in_other_file".
absl::Status ReadTmallOrders(const std::vector<std::string>& files,
                             const std::vector<std::string>& item_files, const ImportRules& rules,
                             RowSink<v1::Order>& sink);

// "颜色分类:红色;尺码:35码" as properties; parts without a name are dropped. Both colons and
// semicolons may be full-width.
std::vector<v1::LineProperty> ParseSkuProperties(std::string_view text);

}  // namespace segmentation::cli
