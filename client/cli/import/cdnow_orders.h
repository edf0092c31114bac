// Orders of the CDNOW data set: one purchase a line, blanks between customer, yyyymmdd, number of
// CDs and dollars. In the 1/10 sample a line begins with the customer's number in the master file;
// the customer is the second number then.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/import/import_rules.h"
#include "segmentation/v1/order.pb.h"

namespace segmentation::cli {

// An order's id is customer/date/CDs/dollars/n, where n counts equal lines of the file from 1, so
// that the same file in any order gives the same orders. The day's first instant is the order's
// time, the customer its member. Orders come sorted by id within a file.
absl::Status ReadCdnowOrders(const std::vector<std::string>& files, const ImportRules& rules,
                             RowSink<v1::Order>& sink);

}  // namespace segmentation::cli
