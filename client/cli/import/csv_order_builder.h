// One order out of its lines in a CSV file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/import/import_rules.h"
#include "segmentation/v1/order.pb.h"

namespace segmentation::cli {

// A line: mapped fields with their texts, cleaned. Unmapped fields are absent.
using CsvLine = std::map<std::string, std::string>;

// The price of a line and how many: for the choices that look at them before an order is built.
struct LineAmounts {
  int64_t quantity = 1;
  bool has_price = false;
  bool price_is_zero = false;
};
absl::StatusOr<LineAmounts> ReadLineAmounts(const CsvLine& line);

// The problem of one line, by its index, or an order.
struct BuiltOrder {
  v1::Order order;
  absl::Status status;
  size_t bad_line = 0;
};

// `lines` is not empty and all have the order's id. Errors name the field.
BuiltOrder BuildCsvOrder(const std::string& id, const std::vector<CsvLine>& lines,
                         const ImportRules& rules);

}  // namespace segmentation::cli
