#include "client/cli/import/tmall_orders.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/cli/import/csv_header.h"
#include "client/cli/import/csv_reader.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/packed_fields.h"
#include "client/cli/import/proto_time.h"
#include "client/cli/import/spool_sort.h"
#include "client/src/text.h"

namespace segmentation::cli {
namespace {

// More rows of one order id are a mistake in the file; they would have to be held in memory.
constexpr size_t kMaxRowsOfOrder = 10'000;

// What is kept of a row while it is sorted; two more fields behind these tell where it stands.
enum OrderField {
  kPaid,
  kRefund,
  kAddress,
  kCreated,
  kPaidAt,
  kNick,
  kStatus,
  kLogistics,
  kShippedAt,
  kReceivedAt,
  kOrderFieldCount,
};
enum ItemField {
  kTitle,
  kQuantity,
  kPrice,
  kProperties,
  kSku,
  kProductId,
  kLineId,
  kItemFieldCount,
};

using Names = std::vector<std::string>;

const Names kOrderIdNames = {"订单编号", "主订单编号"};
const std::vector<Names>& OrderColumns() {
  static const auto* columns = new std::vector<Names>{
      {"买家实际支付金额"}, {"退款金额"},     {"收货地址"},
      {"订单创建时间"},     {"订单付款时间"}, {"买家会员名", "买家昵称", "买家旺旺"},
      {"订单状态"},         {"物流公司"},     {"发货时间"},
      {"确认收货时间"},
  };
  return *columns;
}
const std::vector<Names>& ItemColumns() {
  static const auto* columns = new std::vector<Names>{
      {"标题", "宝贝标题", "商品标题"},
      {"购买数量", "数量", "宝贝数量"},
      {"价格", "商品价格"},
      {"商品属性", "SKU属性", "宝贝属性"},
      {"商家编码", "外部系统编号", "SKU编码"},
      {"商品编号", "商品ID", "宝贝ID"},
      {"子订单编号"},
  };
  return *columns;
}

// Puts the rows of one file into the sort under their order id, marked 'O' or 'I'.
absl::Status SortFile(const std::string& file, char mark, size_t file_index,
                      const std::vector<Names>& columns, const std::vector<size_t>& required,
                      const ImportRules& rules, RowSink<v1::Order>& sink, SpoolSort* rows) {
  absl::StatusOr<std::unique_ptr<CsvReader>> reader =
      CsvReader::Open(file, rules.encoding, rules.delimiter);
  if (!reader.ok()) return reader.status();
  CsvRow row;
  absl::StatusOr<bool> more = (*reader)->Next(&row);
  if (!more.ok()) return more.status();
  if (!*more) return absl::InvalidArgumentError(absl::StrCat(file, " is empty"));
  const CsvHeader header(row.fields);
  const std::optional<size_t> id_column = header.Find(kOrderIdNames);
  if (!id_column.has_value()) return header.Require(kOrderIdNames[0], file).status();
  std::vector<std::optional<size_t>> indexes;
  for (const Names& names : columns) indexes.push_back(header.Find(names));
  for (const size_t field : required) {
    if (!indexes[field].has_value()) return header.Require(columns[field][0], file).status();
  }
  std::string note = absl::StrCat(file, ": ", NameOf((*reader)->encoding()), ", 订单编号");
  for (size_t i = 0; i < columns.size(); ++i) {
    if (indexes[i].has_value()) absl::StrAppend(&note, ", ", header.names()[*indexes[i]]);
  }
  sink.Note(note);
  while (true) {
    more = (*reader)->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    sink.Reading(row.line, (*reader)->Fraction());
    const RowPlace place{file, row.line};
    std::vector<std::string> fields;
    bool clean = true;
    for (const std::optional<size_t>& index : indexes) {
      fields.push_back(CleanText(FieldAt(row.fields, index)));
      clean = clean && IsCleanUtf8(fields.back());
    }
    absl::StatusOr<std::string> id = CleanId(FieldAt(row.fields, id_column));
    absl::Status status;
    if (!id.ok()) {
      status = sink.Reject(place, "id_damaged", absl::StrCat("订单编号: ", id.status().message()));
    } else if (id->empty()) {
      status = sink.Reject(place, "field_required", "订单编号: is empty");
    } else if (!clean || !IsCleanUtf8(*id)) {
      status = sink.Reject(place, "text_invalid",
                           absl::StrCat("the row is not valid ", NameOf((*reader)->encoding())));
    } else {
      fields.push_back(absl::StrCat(file_index));
      fields.push_back(absl::StrCat(row.line));
      status = rows->Add(*id, absl::StrCat(std::string(1, mark), PackFields(fields)));
    }
    if (!status.ok()) return status;
  }
}

// A problem with one column of a row.
absl::Status InColumn(const char* column, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(column, ": ", status.message()));
}

v1::OrderStatus StatusOf(const std::string& text, bool paid) {
  if (text == "交易成功") return v1::ORDER_STATUS_FINISHED;
  if (text == "交易关闭" || text == "已关闭") return v1::ORDER_STATUS_CLOSED;
  if (text == "卖家已发货，等待买家确认" || text == "卖家已发货") return v1::ORDER_STATUS_SHIPPED;
  return paid ? v1::ORDER_STATUS_PAID : v1::ORDER_STATUS_UNPAID;
}

// "广东省 深圳市 南山区 科技路 1 号": the first three parts, where blanks part it; a province alone
// else.
v1::ReceiverAddress ParseAddress(const std::string& text) {
  v1::ReceiverAddress address;
  const std::vector<std::string> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 3), absl::SkipWhitespace());
  if (!parts.empty()) address.set_province(parts[0]);
  if (parts.size() > 1) address.set_city(parts[1]);
  if (parts.size() > 2) address.set_district(parts[2]);
  if (parts.size() > 3) address.set_street(parts[3]);
  address.set_full_text(text);
  return address;
}

absl::Status AddItem(const std::vector<std::string>& fields, const ImportRules& rules,
                     v1::Order* order) {
  v1::OrderLine line;
  line.set_title(fields[kTitle]);
  int64_t quantity = 1;
  if (!fields[kQuantity].empty()) {
    absl::StatusOr<int64_t> number = ParseWholeNumber(fields[kQuantity]);
    if (!number.ok()) return InColumn("购买数量", number.status());
    quantity = *number;
  }
  line.set_quantity(quantity);
  if (!fields[kPrice].empty()) {
    absl::StatusOr<int64_t> price = ParseMoney(fields[kPrice], rules.currency_digits);
    if (!price.ok()) return InColumn("价格", price.status());
    line.set_unit_price_minor_units(*price);
  }
  for (v1::LineProperty& property : ParseSkuProperties(fields[kProperties])) {
    *line.add_properties() = std::move(property);
  }
  line.set_sku(fields[kSku]);
  absl::StatusOr<std::string> product_id = CleanId(fields[kProductId]);
  if (!product_id.ok()) return InColumn("商品编号", product_id.status());
  line.set_product_id(*product_id);
  absl::StatusOr<std::string> line_id = CleanId(fields[kLineId]);
  if (!line_id.ok()) return InColumn("子订单编号", line_id.status());
  line.set_line_id(*line_id);
  *order->add_lines() = std::move(line);
  return absl::OkStatus();
}

absl::StatusOr<v1::Order> MakeOrder(const std::string& id, const std::vector<std::string>& fields,
                                    const std::vector<std::vector<std::string>>& items,
                                    const ImportRules& rules) {
  v1::Order order;
  order.set_source(rules.source);
  order.set_external_id(id);
  order.set_store_id(rules.store_id);
  // A masked name (t**8) says nothing about who bought.
  const std::string& nick = fields[kNick];
  if (nick.empty() || nick.find('*') != std::string::npos) {
    order.set_member_id(id);
  } else {
    v1::Identity& identity = *order.add_buyer_identities();
    identity.set_kind(v1::IDENTITY_KIND_NICK);
    identity.set_value(nick);
  }
  struct TimeColumn {
    OrderField field;
    const char* name;
    google::protobuf::Timestamp* (v1::Order::*mutable_time)();
  };
  for (const TimeColumn& column :
       {TimeColumn{kCreated, "订单创建时间", &v1::Order::mutable_created_at},
        TimeColumn{kPaidAt, "订单付款时间", &v1::Order::mutable_paid_at},
        TimeColumn{kShippedAt, "发货时间", &v1::Order::mutable_shipped_at},
        TimeColumn{kReceivedAt, "确认收货时间", &v1::Order::mutable_received_at}}) {
    absl::StatusOr<std::optional<absl::Time>> time = ParseTime(fields[column.field], rules.zone);
    if (!time.ok()) return InColumn(column.name, time.status());
    if (time->has_value()) *(order.*column.mutable_time)() = ToTimestamp(**time);
  }
  if (!order.has_created_at()) return absl::InvalidArgumentError("订单创建时间: is empty");
  order.set_status(StatusOf(fields[kStatus], order.has_paid_at()));

  absl::StatusOr<int64_t> actual = ParseMoney(fields[kPaid], rules.currency_digits);
  if (!actual.ok()) return InColumn("买家实际支付金额", actual.status());
  int64_t refunded = 0;
  if (!fields[kRefund].empty()) {
    absl::StatusOr<int64_t> refund = ParseMoney(fields[kRefund], rules.currency_digits);
    if (!refund.ok()) return InColumn("退款金额", refund.status());
    refunded = *refund;
  }
  if (*actual < 0 || refunded < 0) {
    return absl::InvalidArgumentError("买家实际支付金额, 退款金额: got a negative amount");
  }
  int64_t paid = 0;
  if (__builtin_add_overflow(*actual, refunded, &paid)) {
    return absl::OutOfRangeError("买家实际支付金额: the amount is beyond 64 bits");
  }
  order.set_goods_paid_minor_units(order.has_paid_at() ? paid : 0);
  if (refunded > 0 && order.has_paid_at()) {
    v1::Refund& refund = *order.add_refunds();
    refund.set_refund_id("report");
    refund.set_status(v1::REFUND_STATUS_SUCCEEDED);
    refund.set_kind(v1::REFUND_KIND_REFUND_ONLY);
    refund.set_amount_minor_units(refunded);
  }
  if (!fields[kAddress].empty()) *order.mutable_receiver_address() = ParseAddress(fields[kAddress]);
  order.set_logistics_company(fields[kLogistics]);
  if (rules.exported_at.has_value()) {
    *order.mutable_source_updated_at() = ToTimestamp(*rules.exported_at);
  }
  for (const std::vector<std::string>& item : items) {
    if (absl::Status status = AddItem(item, rules, &order); !status.ok()) return status;
  }
  return order;
}

// The rows of one order id.
struct OrderRows {
  std::string id;
  std::vector<std::vector<std::string>> orders, items;
};

absl::StatusOr<RowPlace> PlaceOf(const std::vector<std::string>& fields, size_t field_count,
                                 const std::vector<std::string>& files) {
  size_t file = 0;
  RowPlace place;
  if (fields.size() != field_count + 2 || !absl::SimpleAtoi(fields[field_count], &file) ||
      file >= files.size() || !absl::SimpleAtoi(fields[field_count + 1], &place.line)) {
    return absl::InternalError("a spooled row lost its place");
  }
  place.file = files[file];
  return place;
}

// Hands out an order with the goods of one file, unless it is one of `snapshots` already.
absl::Status EmitSnapshot(const std::string& id, const std::vector<std::string>& fields,
                          const std::vector<std::vector<std::string>>& items, const RowPlace& place,
                          const ImportRules& rules, RowSink<v1::Order>& sink,
                          std::set<std::string>* snapshots) {
  absl::StatusOr<v1::Order> order = MakeOrder(id, fields, items, rules);
  if (!order.ok()) {
    return sink.Reject(place, "field_invalid", std::string(order.status().message()));
  }
  if (!snapshots->insert(order->SerializeAsString()).second) {
    sink.Skip("same_in_other_file");
    return absl::OkStatus();
  }
  return sink.Take(*std::move(order), place);
}

absl::Status Emit(OrderRows* rows, const std::vector<std::string>& files,
                  const std::vector<std::string>& item_files, const ImportRules& rules,
                  RowSink<v1::Order>& sink) {
  // By content, so that the lines of an order do not depend on the order of the goods file.
  std::sort(rows->items.begin(), rows->items.end());
  if (rows->orders.empty()) {
    for (const std::vector<std::string>& item : rows->items) {
      absl::StatusOr<RowPlace> place = PlaceOf(item, kItemFieldCount, item_files);
      if (!place.ok()) return place.status();
      const absl::Status status = sink.Reject(
          *place, "order_missing", absl::StrCat("订单编号: no order file has order ", rows->id));
      if (!status.ok()) return status;
    }
  }
  // The same order in two files, of orders or of goods, is two snapshots of it and never their sum:
  // the server keeps the one that holds.
  std::map<std::string, std::vector<std::vector<std::string>>> items_of_file;
  for (std::vector<std::string>& item : rows->items) {
    items_of_file[item[kItemFieldCount]].push_back(std::move(item));
  }
  if (items_of_file.empty()) items_of_file[""];
  std::set<std::string> snapshots;
  for (const std::vector<std::string>& fields : rows->orders) {
    absl::StatusOr<RowPlace> place = PlaceOf(fields, kOrderFieldCount, files);
    if (!place.ok()) return place.status();
    for (const auto& [file, items] : items_of_file) {
      const absl::Status status =
          EmitSnapshot(rows->id, fields, items, *place, rules, sink, &snapshots);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<v1::LineProperty> ParseSkuProperties(std::string_view text) {
  const std::string plain = absl::StrReplaceAll(internal::ToAbsl(text), {{"：", ":"}, {"；", ";"}});
  std::vector<v1::LineProperty> properties;
  for (const absl::string_view part : absl::StrSplit(plain, ';', absl::SkipWhitespace())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(part, absl::MaxSplits(':', 1));
    v1::LineProperty property;
    property.set_name(CleanText(pair.first));
    property.set_value(CleanText(pair.second));
    const bool known = std::any_of(
        properties.begin(), properties.end(),
        [&property](const v1::LineProperty& other) { return other.name() == property.name(); });
    if (!property.name().empty() && !property.value().empty() && !known) {
      properties.push_back(std::move(property));
    }
  }
  return properties;
}

absl::Status ReadTmallOrders(const std::vector<std::string>& files,
                             const std::vector<std::string>& item_files, const ImportRules& rules,
                             RowSink<v1::Order>& sink) {
  SpoolSort sorted(rules.sort_memory_bytes);
  for (size_t i = 0; i < files.size(); ++i) {
    if (absl::Status status =
            SortFile(files[i], 'O', i, OrderColumns(), {kPaid, kCreated}, rules, sink, &sorted);
        !status.ok()) {
      return status;
    }
  }
  for (size_t i = 0; i < item_files.size(); ++i) {
    if (absl::Status status =
            SortFile(item_files[i], 'I', i, ItemColumns(), {kTitle}, rules, sink, &sorted);
        !status.ok()) {
      return status;
    }
  }
  OrderRows rows;
  std::string id, value;
  while (true) {
    absl::StatusOr<bool> more = sorted.Next(&id, &value);
    if (!more.ok()) return more.status();
    if (!*more || id != rows.id) {
      if (absl::Status status = Emit(&rows, files, item_files, rules, sink); !status.ok()) {
        return status;
      }
      if (!*more) return absl::OkStatus();
      rows = OrderRows{id, {}, {}};
    }
    std::vector<std::string> fields = UnpackFields(std::string_view(value).substr(1));
    const bool is_order = value[0] == 'O';
    auto& list = is_order ? rows.orders : rows.items;
    if (list.size() < kMaxRowsOfOrder) {
      list.push_back(std::move(fields));
      continue;
    }
    absl::StatusOr<RowPlace> place = is_order ? PlaceOf(fields, kOrderFieldCount, files)
                                              : PlaceOf(fields, kItemFieldCount, item_files);
    if (!place.ok()) return place.status();
    const absl::Status status =
        sink.Reject(*place, "order_too_long",
                    absl::StrCat("order ", id, " has more than ", kMaxRowsOfOrder, " rows"));
    if (!status.ok()) return status;
  }
}

}  // namespace segmentation::cli
