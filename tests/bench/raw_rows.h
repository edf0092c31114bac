// The yardsticks: plain statements that write the rows the server wrote, with nothing of the server
// in between. They write to twins of its tables (CREATE TABLE … LIKE), on the same database server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/storage/mysql/connection.h"

namespace segmentation::bench {

namespace mysql = storage::mysql;

constexpr int kMembers = 20'000;  // m0, m1, … of a shop

// Rows of one table, as they can be written again.
struct TableRows {
  std::string table;
  std::vector<std::string> columns;
  std::vector<mysql::Params> rows;
  size_t bytes = 0;  // of the cells
};

// The rows of a shop in a table, in key order; owned, so that they outlive the query.
absl::StatusOr<TableRows> ReadTable(mysql::Connection& connection, const std::string& table,
                                    int64_t shop_no);

// Names of the tables that hold rows of a shop.
absl::StatusOr<std::vector<std::string>> TablesOfShop(mysql::Connection& connection,
                                                      int64_t shop_no);

// "bench_" + table, emptied; made when missing.
absl::Status MakeTwin(mysql::Connection& connection, const std::string& table);

// Inserts rows [begin, end) into the twin, by multi-row statements of at most 256 rows.
absl::Status InsertRows(mysql::Connection& connection, const TableRows& table, size_t begin,
                        size_t end);

// What one TagMember writes, written by hand: the head row is incremented first, then one row each
// into the tag's tables, the request's and the change log's, of the sizes that the server's have.
class TagRows {
 public:
  // Reads the sizes of what the server wrote last in this shop, and makes the twins with one head
  // row for each of `writers`; the first writer has the shop's members too.
  static absl::StatusOr<TagRows> Make(mysql::Connection& connection, int64_t shop_no, int writers);

  // One transaction that writes the rows and reads nothing, of writer `number` on a connection of
  // its own; `sequence` is its own count.
  absl::Status Write(mysql::Connection& connection, int number, int64_t sequence) const;

  // One transaction of all the statements that the server's runs, of the first writer.
  absl::Status WriteLikeServer(mysql::Connection& connection, int64_t sequence) const;

  size_t answer_bytes() const { return answer_.size(); }
  size_t log_bytes() const { return payload_.size(); }

 private:
  absl::Status InsertAll(mysql::Connection& connection, int64_t shop_no, int64_t member_no,
                         int64_t sequence) const;

  std::string answer_;
  std::string payload_;
};

// The statements that the database server ran while `call` did, in order and without their values:
// "UPDATE shop_head", "SELECT request_log", "COMMIT". Twins are named as what they are twins of.
absl::StatusOr<std::vector<std::string>> StatementsOf(mysql::Connection& connection,
                                                      const std::function<absl::Status()>& call);

}  // namespace segmentation::bench
