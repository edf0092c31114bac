#include "server/storage/mysql/statement.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/strings.h"

namespace segmentation::storage::mysql {
namespace {

std::vector<std::string> ColumnsOf(std::string_view list) {
  std::vector<std::string> columns;
  for (absl::string_view column : absl::StrSplit(base::ToAbsl(list), ',', absl::SkipWhitespace())) {
    columns.emplace_back(absl::StripAsciiWhitespace(column));
  }
  return columns;
}

std::string Joined(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return base::StrCat(a, b);
  return base::StrCat(a, ", ", b);
}

}  // namespace

std::string PlaceholdersFor(std::string_view columns) {
  std::string text = "?";
  for (size_t i = 1; i < ColumnsOf(columns).size(); ++i) text += ",?";
  return text;
}

RowsStatement InsertRows(std::string_view name, std::string_view table, std::string_view columns) {
  return {name, "",
          MultiRowStatement(base::StrCat("INSERT INTO ", table, " (", columns, ") VALUES "),
                            base::StrCat("(", PlaceholdersFor(columns), ")"))};
}

RowsStatement UpsertRows(std::string_view name, std::string_view table, std::string_view keys,
                         std::string_view fixed, std::string_view changed, OtherUniqueKey other) {
  const std::string columns = Joined(Joined(keys, fixed), changed);
  std::string tail = " ON DUPLICATE KEY UPDATE ";
  bool first = true;
  for (const std::string& column : ColumnsOf(changed)) {
    if (!first) tail += ", ";
    if (first && other == OtherUniqueKey::kGuarded) {
      std::string same;
      for (const std::string& key : ColumnsOf(keys)) {
        base::StrAppend(&same, same.empty() ? "" : " AND ", key, "=VALUES(", key, ")");
      }
      base::StrAppend(&tail, column, "=IF(", same, ", VALUES(", column, "), NULL)");
    } else {
      base::StrAppend(&tail, column, "=VALUES(", column, ")");
    }
    first = false;
  }
  return {name, "",
          MultiRowStatement(base::StrCat("INSERT INTO ", table, " (", columns, ") VALUES "),
                            base::StrCat("(", PlaceholdersFor(columns), ")"), tail)};
}

RowsStatement DeleteByKeys(std::string_view name, std::string_view table, std::string_view keys,
                           std::string_view index) {
  const bool one = keys.find(',') == std::string_view::npos;
  const std::string row = PlaceholdersFor(keys);
  return {name, index,
          MultiRowStatement(
              base::StrCat("DELETE FROM ", table, " WHERE shop_no=? AND ",
                           one ? std::string(keys) : base::StrCat("(", keys, ")"), " IN ("),
              one ? row : base::StrCat("(", row, ")"), ")")};
}

}  // namespace segmentation::storage::mysql
