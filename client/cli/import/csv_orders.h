// Orders out of any CSV file, one or several lines an order.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/import/column_map.h"
#include "client/cli/import/import_rules.h"
#include "segmentation/v1/order.pb.h"

namespace segmentation::cli {

// Every field a column can fill, with its meaning for the help text.
const std::vector<FieldName>& OrderFields();

struct CsvOrderRules {
  FieldColumns columns;
  // Orders whose id begins so are cancellations: their negative lines make a return of its own
  // date. Empty = negative amounts alone make a return.
  std::string cancellation_prefix;
  // What to do with a line that has quantity 0 or less outside a cancellation or price 0, with
  // cancellations, and with lines without a buyer: take it, leave it out (counted), or reject it.
  enum class Choice { kTake, kSkip, kReject };
  Choice unpriced = Choice::kTake;          // kTake or kSkip
  Choice returns = Choice::kTake;           // kTake or kSkip
  Choice without_member = Choice::kReject;  // kSkip or kReject
};

// - Lines of one order id in one file make one order, wherever they stand: rows are sorted by order
//   id, in memory up to ImportRules::sort_memory_bytes and in temporary files beyond.
// - The same order in two files is two snapshots of it, never the sum of both: the server keeps the
//   one that holds (T87). Equal ones are handed out once; the lines of the others are skipped as
//   "same_in_other_file".
// - Without a mapped line_id the lines of an order are put in the order of their content, so that
// the
//   same rows in any order give the same orders.
// - Fields of the order are taken from the first of its lines that has them; a time is the
// earliest.
//   Lines that name different buyers are rejected.
// - What was paid is the field goods_paid; without it the sum of the lines' amounts: line_paid,
// else
//   quantity × unit_price, rounded half up to the minor unit, less line_discount.
// - A line that cannot be read rejects its whole order, since a part of it would be a wrong amount;
//   each of its lines is listed.
// - Without a status column an order is paid when paid_at is filled; without that column it is paid
//   when created.
absl::Status ReadCsvOrders(const std::vector<std::string>& files, const CsvOrderRules& csv_rules,
                           const ImportRules& rules, RowSink<v1::Order>& sink);

}  // namespace segmentation::cli
