#include "server/storage/mysql/server_check.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::storage::mysql {
namespace {

// The same names on both servers; doublewrite is ON/OFF with MariaDB before 11 and one of
// ON, OFF, DETECT_AND_RECOVER, DETECT_ONLY with MySQL.
constexpr std::string_view kShowDurability =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit',"
    "'sync_binlog','log_bin','innodb_doublewrite')";

bool IsOn(const std::string& value) { return value == "ON" || value == "1"; }

bool DoublewriteRepairs(const std::string& value) {
  return IsOn(value) || value == "DETECT_AND_RECOVER" || value == "FAST";
}

}  // namespace

absl::Status CheckServer(Connection& connection) {
  std::vector<std::string> problems;
  const ServerVersion& version = connection.server_version();
  const bool maria = version.kind == ServerKind::kMariaDb;
  const std::pair<int, int> least = maria ? std::pair(10, 6) : std::pair(8, 0);
  if (std::pair(version.major, version.minor) < least) {
    problems.push_back(base::StrCat("version: found ", version.text, ", want ",
                                    maria ? "MariaDB" : "MySQL", " ", least.first, ".",
                                    least.second, " or later"));
  }
  ASSIGN_OR_RETURN(const ResultSet variables, connection.QueryText(kShowDurability));
  std::map<std::string, std::string> found;
  for (const ResultSet::Row row : variables) {
    found[std::string(row.Text(0))] = absl::AsciiStrToUpper(base::ToAbsl(row.Text(1)));
  }
  const auto want = [&](const std::string& name, bool right, std::string_view wanted) {
    if (!right) {
      problems.push_back(base::StrCat(
          name, ": found ", found[name].empty() ? "nothing" : found[name], ", want ", wanted));
    }
  };
  want("innodb_flush_log_at_trx_commit", found["innodb_flush_log_at_trx_commit"] == "1", "1");
  want("sync_binlog", !IsOn(found["log_bin"]) || found["sync_binlog"] == "1", "1");
  want("innodb_doublewrite", DoublewriteRepairs(found["innodb_doublewrite"]), "ON");
  if (problems.empty()) return absl::OkStatus();
  return base::MakeError(
      base::Reason::DATABASE_UNAVAILABLE, "",
      base::StrCat("the database server is refused, ", absl::StrJoin(problems, "; ")));
}

}  // namespace segmentation::storage::mysql
