// Keeps out of server/ the calls and SQL that lose or merge data, by reading its sources.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "server/base/strings.h"

namespace segmentation {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

struct Rule {
  const char* pattern;
  // Files it is looked for in, by their path below the source folder; the empty one means all.
  const char* only_in;
  // Files it is allowed in.
  const char* but_not_in;
  const char* reason;
};

constexpr Rule kRules[] = {
    {R"((->|\.)\s*commit\s*\()", "", "", "commit() of the connector cannot fail"},
    {R"((->|\.)\s*rollback\s*\()", "", "", "rollback() of the connector cannot fail"},
    {R"(setAutoCommit\s*\()", "", "", "setAutoCommit() of the connector cannot fail"},
    {R"(OPT_RECONNECT|(->|\.)\s*reconnect\s*\()", "", "", "reconnecting tears transactions apart"},
    {R"(setUInt(64)?\s*\()", "", "", "a placeholder stays unsigned for ever"},
    {R"(setResultSetType\s*\()", "", "", "unbuffered results end without an error"},
    {R"(#include\s*[<"](cppconn/|mysql_driver|mysql_connection|mysql\.h))", "",
     "server/storage/mysql/connection.cc", "one file owns the connector"},
    {R"(\b(LIKE|FLOAT|DOUBLE|CONVERT_TZ|COLLATE|REGEXP)\b)", "condition_sql", "",
     "SQL of conditions means the same on every server"},
};

std::vector<std::string> Breaches(const Rule& rule, const std::string& path,
                                  const std::string& text) {
  std::vector<std::string> found;
  if (path.find(rule.only_in) == std::string::npos || path == rule.but_not_in) return found;
  std::istringstream lines(text);
  const re2::RE2 pattern(rule.pattern);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    // Comments may speak of what is forbidden.
    if (re2::RE2::PartialMatch(line.substr(0, line.find("//")), pattern)) {
      found.push_back(base::StrCat(path, ":", number, ": ", rule.reason));
    }
  }
  return found;
}

TEST(ForbiddenCalls, AreNotInTheServer) {
  const char* root = std::getenv("SEGMENTATION_SOURCE_DIR");
  ASSERT_NE(root, nullptr) << "run by ctest, which sets SEGMENTATION_SOURCE_DIR";
  std::vector<std::string> breaches;
  size_t files = 0;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(root) / "server")) {
    const std::string extension = entry.path().extension();
    if (extension != ".cc" && extension != ".h") continue;
    ++files;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const Rule& rule : kRules) {
      for (std::string& breach : Breaches(rule, fs::relative(entry.path(), root), text)) {
        breaches.push_back(std::move(breach));
      }
    }
  }
  EXPECT_GT(files, 20u);
  EXPECT_THAT(breaches, IsEmpty());
}

TEST(ForbiddenCalls, AreFoundWhereTheyStand) {
  const auto count = [](const std::string& path, const std::string& text) {
    size_t all = 0;
    for (const Rule& rule : kRules) all += Breaches(rule, path, text).size();
    return all;
  };
  const std::string file = "server/storage/mysql/member_store.cc";
  EXPECT_EQ(count(file, "session->commit();"), 1u);
  EXPECT_EQ(count(file, "session.rollback ();\nsession->setAutoCommit(false);"), 2u);
  EXPECT_EQ(count(file, "map[\"OPT_RECONNECT\"] = true;"), 1u);
  EXPECT_EQ(count(file, "statement->setUInt64(1, 2);"), 1u);
  EXPECT_EQ(count(file, "#include <cppconn/statement.h>"), 1u);
  EXPECT_EQ(count("server/storage/mysql/connection.cc", "#include <cppconn/statement.h>"), 0u);
  EXPECT_EQ(count("server/storage/mysql/condition_sql.cc", "\"a LIKE ?\""), 1u);
  EXPECT_EQ(count("server/storage/mysql/condition_sql_leaf.cc", "\"CONVERT_TZ(a, ?, ?)\""), 1u);
  EXPECT_EQ(count(file, "\"a LIKE ?\""), 0u);
  EXPECT_EQ(count(file, "// never commit() here: x->commit()"), 0u);
  EXPECT_EQ(count(file, "connection->Commit(); // fine"), 0u);
}

}  // namespace
}  // namespace segmentation
