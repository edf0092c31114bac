// One statement for many rows or keys, in a few fixed sizes so that the cache of prepared
// statements stays bounded.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/storage/mysql/connection.h"

namespace segmentation::storage::mysql {

// The text `head` + `row` repeated with commas + `tail`, for 512, 128, 32, 8 and 1 rows:
//   MultiRowStatement("INSERT INTO t (a, b) VALUES ", "(?,?)", " ON DUPLICATE KEY UPDATE
//   b=VALUES(b)") MultiRowStatement("SELECT a, b FROM t WHERE shop_no=? AND a IN (", "?", ") ORDER
//   BY a")
// N rows run as the largest sizes that fit, one after the other (600 = 512 + 2·32 + 3·8). Sizes
// that would need more than 65535 placeholders are left out.
//
// Immutable, so constants of a file may be shared between threads.
class MultiRowStatement {
 public:
  static constexpr std::array<size_t, 5> kSizes = {512, 128, 32, 8, 1};
  static constexpr size_t kMaxPlaceholders = 65535;

  MultiRowStatement(std::string_view head, std::string_view row, std::string_view tail = "");

  // Runs for every row of `rows` (row-major, a whole number of rows); the placeholders of head and
  // tail get `leading` and `trailing` each time. Returns the affected rows of all parts; on an
  // error the parts before it have run, so more than one part belongs in a transaction. No rows: 0,
  // nothing is sent.
  absl::StatusOr<uint64_t> Execute(Connection& connection, ParamSpan rows, ParamSpan leading = {},
                                   ParamSpan trailing = {}) const;
  // The same for a query: the rows of all parts, part after part (so an ORDER BY holds within a
  // part only).
  absl::StatusOr<ResultSet> Query(Connection& connection, ParamSpan rows, ParamSpan leading = {},
                                  ParamSpan trailing = {}) const;

  // The statement of one of kSizes; empty for a size that was left out.
  std::string_view SqlForSize(size_t size) const;
  size_t placeholders_per_row() const { return row_placeholders_; }

 private:
  template <typename Run>
  absl::Status ForEachPart(ParamSpan rows, ParamSpan leading, ParamSpan trailing, Run run) const;

  size_t row_placeholders_;
  size_t other_placeholders_;
  std::array<std::string, kSizes.size()> sql_;
};

}  // namespace segmentation::storage::mysql
