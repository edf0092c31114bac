// Statements of the program: each is a named constant with the index it must use, so that one test
// can EXPLAIN them all.
#pragma once

#include <string>
#include <string_view>

#include "server/storage/mysql/multi_row_statement.h"

namespace segmentation::storage::mysql {

// `index` is what every table of the statement must be read by ("PRIMARY", "a or b"); empty
// for statements that read no rows (INSERT) and kScan for tables that are read whole on purpose.
inline constexpr std::string_view kScan = "(scan)";

// One statement of fixed text. `name` is the name of the constant.
struct Statement {
  Statement(std::string_view statement_name, std::string_view statement_index, std::string text)
      : name(statement_name), index(statement_index), sql(std::move(text)) {}
  std::string name;
  std::string index;
  std::string sql;
};

// One statement over many rows or keys, in the fixed sizes of MultiRowStatement.
struct RowsStatement {
  RowsStatement(std::string_view statement_name, std::string_view statement_index,
                MultiRowStatement statement)
      : name(statement_name), index(statement_index), rows(std::move(statement)) {}
  std::string name;
  std::string index;
  MultiRowStatement rows;
};

// INSERT of whole rows; a row that is there already is ALREADY_EXISTS. `columns` is a list with
// commas; every row gives one value a column, in this order.
RowsStatement InsertRows(std::string_view name, std::string_view table, std::string_view columns);

// Whether a table has a unique key beside its primary key.
enum class OtherUniqueKey { kNone, kGuarded };

// INSERT, or UPDATE of the row with the same primary key. Columns in the order keys, fixed,
// changed; `fixed` ones are written by the INSERT alone. kGuarded: a row that is new but repeats
// another unique key would silently change the row that owns it; the guard sets a NOT NULL column
// to NULL then, which strict mode refuses (error 1048, which ShopSession::Write turns into
// ALREADY_EXISTS). The first column of `changed` must be NOT NULL.
RowsStatement UpsertRows(std::string_view name, std::string_view table, std::string_view keys,
                         std::string_view fixed, std::string_view changed, OtherUniqueKey other);

// DELETE by a list of primary keys: `DELETE FROM table WHERE shop_no=? AND (keys) IN (…)`.
RowsStatement DeleteByKeys(std::string_view name, std::string_view table, std::string_view keys,
                           std::string_view index = "PRIMARY");

// "?,?,?" for a list of columns with commas.
std::string PlaceholdersFor(std::string_view columns);

}  // namespace segmentation::storage::mysql
