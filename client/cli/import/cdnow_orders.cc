#include "client/cli/import/cdnow_orders.h"

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/line_reader.h"
#include "client/cli/import/proto_time.h"
#include "client/cli/import/spool_sort.h"

namespace segmentation::cli {
namespace {

// A line as it is read; texts as the file has them, since the id is made of them.
struct Purchase {
  std::string customer, date, cds, dollars;
};

absl::StatusOr<v1::Order> MakeOrder(const Purchase& purchase, int64_t copy,
                                    const ImportRules& rules) {
  absl::StatusOr<std::optional<absl::Time>> time = ParseTime(purchase.date, rules.zone);
  if (!time.ok())
    return absl::InvalidArgumentError(absl::StrCat("date: ", time.status().message()));
  if (!time->has_value() || purchase.date.size() != 8) {
    return absl::InvalidArgumentError(
        absl::StrCat("date: got '", purchase.date, "', want yyyymmdd"));
  }
  int64_t cds = 0;
  if (!absl::SimpleAtoi(purchase.cds, &cds) || cds < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("CDs: got '", purchase.cds, "', want a number of pieces"));
  }
  absl::StatusOr<int64_t> dollars = ParseMoney(purchase.dollars, rules.currency_digits);
  if (!dollars.ok() || *dollars < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "dollars: ", dollars.ok() ? "got a negative amount" : dollars.status().message()));
  }
  v1::Order order;
  order.set_source(rules.source);
  order.set_external_id(absl::StrCat(purchase.customer, "/", purchase.date, "/", purchase.cds, "/",
                                     purchase.dollars, "/", copy));
  order.set_member_id(purchase.customer);
  order.set_store_id(rules.store_id);
  order.set_status(v1::ORDER_STATUS_PAID);
  *order.mutable_created_at() = *order.mutable_paid_at() = ToTimestamp(**time);
  order.set_goods_paid_minor_units(*dollars);
  v1::OrderLine& line = *order.add_lines();
  line.set_title("CD");
  line.set_quantity(cds);
  // The file has the sum only: the price of one is its whole part, the sum is exact.
  line.set_unit_price_minor_units(cds > 0 ? *dollars / cds : 0);
  line.set_source_paid_minor_units(*dollars);
  if (rules.exported_at.has_value()) {
    *order.mutable_source_updated_at() = ToTimestamp(*rules.exported_at);
  }
  return order;
}

absl::Status ReadFile(const std::string& file, const ImportRules& rules, RowSink<v1::Order>& sink) {
  absl::StatusOr<std::unique_ptr<LineReader>> lines = LineReader::Open(file, rules.encoding);
  if (!lines.ok()) return lines.status();
  SpoolSort purchases(rules.sort_memory_bytes);
  std::string line;
  while (true) {
    absl::StatusOr<bool> more = (*lines)->Next(&line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
    sink.Reading((*lines)->line_number(), (*lines)->Fraction());
    if (parts.empty()) continue;
    if (parts.size() != 4 && parts.size() != 5) {
      const absl::Status status = sink.Reject(
          {file, (*lines)->line_number()}, "column_count",
          absl::StrCat("got ", parts.size(),
                       " columns, want customer, date, CDs and dollars, or five with the master's "
                       "customer first"));
      if (!status.ok()) return status;
      continue;
    }
    const size_t first = parts.size() - 4;
    const absl::Status status = purchases.Add(absl::StrCat(parts[first], " ", parts[first + 1], " ",
                                                           parts[first + 2], " ", parts[first + 3]),
                                              absl::StrCat((*lines)->line_number()));
    if (!status.ok()) return status;
  }
  std::string key, value, last;
  int64_t copy = 0;
  while (true) {
    absl::StatusOr<bool> more = purchases.Next(&key, &value);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    copy = key == last ? copy + 1 : 1;
    last = key;
    const std::vector<std::string> parts = absl::StrSplit(key, ' ');
    RowPlace place{file, 0};
    if (!absl::SimpleAtoi(value, &place.line)) return absl::InternalError("a spooled line number");
    absl::StatusOr<v1::Order> order =
        MakeOrder({parts[0], parts[1], parts[2], parts[3]}, copy, rules);
    const absl::Status status =
        order.ok() ? sink.Take(*std::move(order), place)
                   : sink.Reject(place, "field_invalid", std::string(order.status().message()));
    if (!status.ok()) return status;
  }
}

}  // namespace

absl::Status ReadCdnowOrders(const std::vector<std::string>& files, const ImportRules& rules,
                             RowSink<v1::Order>& sink) {
  for (const std::string& file : files) {
    if (absl::Status status = ReadFile(file, rules, sink); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace segmentation::cli
