// sql/schema.sql is what the migrations make. After a change of sql/migrations, write it anew:
//   SEGMENTATION_WRITE_SCHEMA=1 build/bin/storage_tests --gtest_filter='SchemaTest.*'
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "server/base/strings.h"
#include "server/storage/mysql/shop_purge.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/mysql_server.h"

namespace segmentation::storage::mysql {
namespace {

using ::testing::UnorderedElementsAreArray;

// The migrator keeps its own books beside the schema.
bool IsMigratorTable(std::string_view table) { return table.substr(0, 7) == "schema_"; }

// One table as text that is the same on all servers: columns in order, then indexes by name.
std::string TableText(Connection& connection, const std::string& table) {
  std::string text = base::StrCat("CREATE TABLE ", table, " (\n");
  const ResultSet columns = Must(connection.Query(
      "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COALESCE(CHARACTER_SET_NAME, ''), "
      "COALESCE(COLLATION_NAME, ''), EXTRA FROM information_schema.COLUMNS "
      "WHERE TABLE_SCHEMA=DATABASE() AND TABLE_NAME=? ORDER BY ORDINAL_POSITION",
      {table}));
  // MariaDB still prints the display width of whole numbers, MySQL does not.
  static const std::regex width(R"((int)\(\d+\))");
  for (const ResultSet::Row row : columns) {
    const std::string type = std::regex_replace(std::string(row.Text(1)), width, "$1");
    base::StrAppend(&text, "  ", row.Text(0), " ", type,
                    row.Text(2) == "NO" ? " NOT NULL" : " NULL");
    if (!row.Text(3).empty()) {
      base::StrAppend(&text, " CHARACTER SET ", row.Text(3), " COLLATE ", row.Text(4));
    }
    if (!row.Text(5).empty()) base::StrAppend(&text, " ", row.Text(5));
    text += ",\n";
  }
  const ResultSet indexes = Must(connection.Query(
      "SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS "
      "WHERE TABLE_SCHEMA=DATABASE() AND TABLE_NAME=? "
      "ORDER BY INDEX_NAME<>'PRIMARY', INDEX_NAME, SEQ_IN_INDEX",
      {table}));
  std::string open;
  for (const ResultSet::Row row : indexes) {
    const std::string name(row.Text(0));
    if (name != open) {
      if (!open.empty()) text += "),\n";
      open = name;
      base::StrAppend(&text, "  ",
                      name == "PRIMARY"
                          ? "PRIMARY KEY"
                          : base::StrCat(row.Int64(1) == 0 ? "UNIQUE " : "", "KEY ", name),
                      " (");
    } else {
      text += ", ";
    }
    text += row.Text(2);
    if (!row.IsNull(3)) base::StrAppend(&text, "(", row.Int64(3), ")");
  }
  const ResultSet options =
      Must(connection.Query("SELECT ENGINE, TABLE_COLLATION FROM information_schema.TABLES "
                            "WHERE TABLE_SCHEMA=DATABASE() AND TABLE_NAME=?",
                            {table}));
  base::StrAppend(&text, ")\n) ENGINE=", options[0].Text(0), " COLLATE=", options[0].Text(1),
                  ";\n");
  return text;
}

std::vector<std::string> Tables(Connection& connection) {
  std::vector<std::string> tables;
  for (const ResultSet::Row row : Must(connection.Query(
           "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE() "
           "ORDER BY TABLE_NAME"))) {
    if (!IsMigratorTable(row.Text(0))) tables.emplace_back(row.Text(0));
  }
  return tables;
}

class SchemaTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> connection_ = Must(Connection::Open(SharedMysqlOptions()));
};

TEST_F(SchemaTest, SchemaFileIsWhatTheMigrationsMake) {
  std::string schema =
      "-- The schema after all migrations, written by tests/storage/schema_test.cc; never by "
      "hand.\n";
  for (const std::string& table : Tables(*connection_)) {
    schema += "\n" + TableText(*connection_, table);
  }
  const std::string path = base::StrCat(std::getenv("SEGMENTATION_SOURCE_DIR"), "/sql/schema.sql");
  if (std::getenv("SEGMENTATION_WRITE_SCHEMA") != nullptr) std::ofstream(path) << schema;
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), schema) << "write it anew as the head of this test says";
}

// Design D6: shops are the unit of placement.
TEST_F(SchemaTest, EveryKeyOfAShopsTableBeginsWithTheShop) {
  for (const std::string& table : Tables(*connection_)) {
    const ResultSet rows = Must(connection_->Query(
        "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE "
        "TABLE_SCHEMA=DATABASE() AND TABLE_NAME=? AND SEQ_IN_INDEX=1",
        {table}));
    bool has_primary = false;
    for (const ResultSet::Row row : rows) {
      has_primary |= row.Text(0) == "PRIMARY";
      if (table.substr(0, 9) == "api_token" || table == "service_secret") continue;
      if (row.Text(0) == "uq_shop_id") continue;
      EXPECT_EQ(row.Text(1), "shop_no") << table << " " << row.Text(0);
    }
    EXPECT_TRUE(has_primary) << table;
  }
}

TEST_F(SchemaTest, PurgeKnowsEveryTableOfAShop) {
  std::vector<std::string> want;
  for (const ResultSet::Row row : Must(connection_->Query(
           "SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA=DATABASE() AND "
           "COLUMN_NAME='shop_no'"))) {
    want.emplace_back(row.Text(0));
  }
  const std::vector<std::string> purged(ShopTables().begin(), ShopTables().end());
  EXPECT_THAT(purged, UnorderedElementsAreArray(want));
}

// Text that is matched or unique is bytes: no collation can equate two values.
TEST_F(SchemaTest, NoColumnHasACollation) {
  EXPECT_EQ(Must(connection_->Query("SELECT COUNT(*) FROM information_schema.COLUMNS WHERE "
                                    "TABLE_SCHEMA=DATABASE() AND COLLATION_NAME IS NOT NULL AND "
                                    "TABLE_NAME NOT LIKE 'schema\\_%'"))[0]
                .Int64(0),
            0);
}

}  // namespace
}  // namespace segmentation::storage::mysql
