#include "tests/bench/raw_rows.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"

namespace segmentation::bench {
namespace {

constexpr size_t kRowsPerStatement = 256;
constexpr int64_t kFirstTwinShop = 1'000'000;
constexpr char kTakeHead[] =
    "UPDATE bench_shop_head SET revision = LAST_INSERT_ID(revision + 1) WHERE shop_no = ?";

int64_t MemberNo(int64_t sequence) { return 1 + sequence % kMembers; }
std::string RequestId(int64_t sequence) {
  return absl::StrCat("0192f3c4-5d6e-7a8b-9c0d-", sequence);
}

// Statement texts live as long as the program, since connections know statements by them.
const std::string& Kept(const std::string& sql) {
  static std::mutex mutex;
  static auto* const kTexts = new std::map<std::string, std::string>;
  const std::lock_guard lock(mutex);
  return kTexts->emplace(sql, sql).first->second;
}

std::string InsertSql(const TableRows& table, size_t rows) {
  std::string row = "(?";
  for (size_t i = 1; i < table.columns.size(); ++i) row += ",?";
  row += ")";
  std::string sql = absl::StrCat("INSERT INTO bench_", table.table, " (",
                                 absl::StrJoin(table.columns, ","), ") VALUES ", row);
  for (size_t i = 1; i < rows; ++i) absl::StrAppend(&sql, ",", row);
  return sql;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> TablesOfShop(mysql::Connection& connection,
                                                      int64_t shop_no) {
  ASSIGN_OR_RETURN(
      const mysql::ResultSet names,
      connection.Query("SELECT c.table_name FROM information_schema.columns c "
                       "JOIN information_schema.tables t ON t.table_schema = c.table_schema AND "
                       "t.table_name = c.table_name WHERE c.table_schema = DATABASE() AND "
                       "c.column_name = 'shop_no' AND t.table_type = 'BASE TABLE' AND "
                       "c.table_name NOT LIKE 'bench%' ORDER BY c.table_name"));
  std::vector<std::string> tables;
  for (const auto row : names) {
    const std::string table(row.Text(0));
    ASSIGN_OR_RETURN(
        const mysql::ResultSet some,
        connection.Query(Kept(absl::StrCat("SELECT 1 FROM ", table, " WHERE shop_no = ? LIMIT 1")),
                         {shop_no}));
    if (!some.empty()) tables.push_back(table);
  }
  return tables;
}

absl::StatusOr<TableRows> ReadTable(mysql::Connection& connection, const std::string& table,
                                    int64_t shop_no) {
  ASSIGN_OR_RETURN(
      const mysql::ResultSet described,
      connection.Query("SELECT column_name, numeric_precision IS NOT NULL FROM "
                       "information_schema.columns WHERE table_schema = DATABASE() AND "
                       "table_name = ? ORDER BY ordinal_position",
                       {table}));
  TableRows read;
  read.table = table;
  std::vector<bool> numeric;
  for (const auto row : described) {
    read.columns.emplace_back(row.Text(0));
    numeric.push_back(row.Int64(1) != 0);
  }
  ASSIGN_OR_RETURN(const mysql::ResultSet rows,
                   connection.Query(Kept(absl::StrCat("SELECT ", absl::StrJoin(read.columns, ","),
                                                      " FROM ", table, " WHERE shop_no = ?")),
                                    {shop_no}));
  for (const auto row : rows) {
    mysql::Params cells;
    for (size_t i = 0; i < read.columns.size(); ++i) {
      if (row.IsNull(i)) {
        cells.emplace_back(std::nullopt);
      } else if (numeric[i]) {
        cells.emplace_back(row.Int64(i));
        read.bytes += 8;
      } else {
        cells.emplace_back(std::string(row.Text(i)));
        read.bytes += row.Text(i).size();
      }
    }
    read.rows.push_back(std::move(cells));
  }
  return read;
}

absl::Status MakeTwin(mysql::Connection& connection, const std::string& table) {
  RETURN_IF_ERROR(connection.ExecuteText(
      absl::StrCat("CREATE TABLE IF NOT EXISTS bench_", table, " LIKE ", table)));
  return connection.ExecuteText(absl::StrCat("TRUNCATE TABLE bench_", table));
}

absl::Status InsertRows(mysql::Connection& connection, const TableRows& table, size_t begin,
                        size_t end) {
  for (size_t at = begin; at < end; at += kRowsPerStatement) {
    const size_t rows = std::min(kRowsPerStatement, end - at);
    mysql::Params cells;
    for (size_t i = at; i < at + rows; ++i) {
      cells.insert(cells.end(), table.rows[i].begin(), table.rows[i].end());
    }
    if (auto done = connection.Execute(Kept(InsertSql(table, rows)), cells); !done.ok()) {
      return done.status();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<TagRows> TagRows::Make(mysql::Connection& connection, int64_t shop_no, int writers) {
  TagRows made;
  ASSIGN_OR_RETURN(
      const mysql::ResultSet answer,
      connection.Query("SELECT answer FROM request_log WHERE shop_no = ? ORDER BY revision DESC "
                       "LIMIT 1",
                       {shop_no}));
  ASSIGN_OR_RETURN(
      const mysql::ResultSet payload,
      connection.Query("SELECT payload FROM change_log WHERE shop_no = ? ORDER BY revision DESC "
                       "LIMIT 1",
                       {shop_no}));
  if (answer.empty() || payload.empty()) {
    return absl::InternalError("the server has written nothing that could be written again");
  }
  made.answer_ = std::string(answer[0].Text(0));
  made.payload_ = std::string(payload[0].Text(0));
  for (const char* table : {"shop", "shop_head", "member", "tag_assignment", "tag_history",
                            "request_log", "change_log"}) {
    RETURN_IF_ERROR(MakeTwin(connection, table));
  }
  ASSIGN_OR_RETURN(TableRows head, ReadTable(connection, "shop_head", shop_no));
  for (int i = 0; i < writers; ++i) {
    head.rows[0][0] = kFirstTwinShop + i;  // shop_no
    head.rows[0][1] = int64_t{0};          // revision
    RETURN_IF_ERROR(InsertRows(connection, head, 0, 1));
  }
  for (const char* table : {"shop", "member"}) {
    ASSIGN_OR_RETURN(TableRows rows, ReadTable(connection, table, shop_no));
    for (mysql::Params& row : rows.rows) row[0] = kFirstTwinShop;  // shop_no
    RETURN_IF_ERROR(InsertRows(connection, rows, 0, rows.rows.size()));
  }
  return made;
}

absl::Status TagRows::InsertAll(mysql::Connection& connection, int64_t shop_no, int64_t member_no,
                                int64_t sequence) const {
  const int64_t tag_no = 1 + sequence / kMembers;
  const int64_t now = 1'700'000'000'000 + sequence;
  const std::string hash(32, 'h');
  for (const auto& done :
       {connection.Execute("INSERT INTO bench_tag_assignment VALUES "
                           "(?,?,?,1,100,?,NULL,NULL,'bench','',?,0,?,?,'bench','bench')",
                           {shop_no, member_no, tag_no, now, sequence, now, now}),
        connection.Execute("INSERT INTO bench_tag_history VALUES "
                           "(?,?,?,0,?,1,1,100,?,?,NULL,NULL,'bench','')",
                           {shop_no, member_no, sequence, tag_no, now, now}),
        connection.Execute("INSERT INTO bench_request_log VALUES (?,?,?,?,?,?)",
                           {shop_no, RequestId(sequence), hash, sequence, now, answer_}),
        connection.Execute("INSERT INTO bench_change_log VALUES (?,?,1,?,?)",
                           {shop_no, sequence, now, payload_})}) {
    if (!done.ok()) return done.status();
  }
  return absl::OkStatus();
}

absl::Status TagRows::Write(mysql::Connection& connection, int number, int64_t sequence) const {
  const int64_t shop_no = kFirstTwinShop + number;
  RETURN_IF_ERROR(connection.Begin());
  if (auto done = connection.Execute(kTakeHead, {shop_no}); !done.ok()) return done.status();
  RETURN_IF_ERROR(InsertAll(connection, shop_no, MemberNo(sequence), sequence));
  return connection.Commit();
}

absl::Status TagRows::WriteLikeServer(mysql::Connection& connection, int64_t sequence) const {
  const int64_t shop_no = kFirstTwinShop;
  RETURN_IF_ERROR(connection.Begin());
  if (auto done = connection.Execute(kTakeHead, {shop_no}); !done.ok()) return done.status();
  ASSIGN_OR_RETURN(
      const mysql::ResultSet requests,
      connection.Query("SELECT request_id, request_hash, revision, created_at_ms, answer FROM "
                       "bench_request_log WHERE shop_no=? AND request_id IN (?)",
                       {shop_no, RequestId(sequence)}));
  ASSIGN_OR_RETURN(
      const mysql::ResultSet members,
      connection.Query("SELECT member_no, member_id, blocked, next_identity_no, revision, ordinal, "
                       "created_at_ms, updated_at_ms, created_by, updated_by FROM bench_member "
                       "WHERE shop_no=? AND member_id IN (?) AND live=1",
                       {shop_no, absl::StrCat("m", sequence % kMembers)}));
  if (members.empty()) return absl::InternalError("the twins lack rows");
  const int64_t member_no = members[0].Int64(0);
  ASSIGN_OR_RETURN(
      const mysql::ResultSet tags,
      connection.Query("SELECT member_no, tag_no, source, confidence_percent, assigned_at_ms, "
                       "expires_at_ms, number_value, actor, reference, revision, ordinal, "
                       "created_at_ms, updated_at_ms, created_by, updated_by FROM "
                       "bench_tag_assignment WHERE shop_no=? AND member_no IN (?) ORDER BY "
                       "member_no, tag_no",
                       {shop_no, member_no}));
  RETURN_IF_ERROR(InsertAll(connection, shop_no, member_no, sequence));
  return connection.Commit();
}

namespace {

// "SELECT a FROM t WHERE …" → "SELECT t".
std::string WithoutValues(std::string_view statement) {
  const std::vector<std::string> words =
      absl::StrSplit(absl::string_view(statement.data(), statement.size()), ' ');
  const auto after = [&](std::string_view word) -> std::string {
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end() || found + 1 == words.end()) return "";
    return std::string(absl::StripPrefix(*(found + 1), "bench_"));
  };
  if (words[0] == "SELECT") return absl::StrCat("SELECT ", after("FROM"));
  if (words[0] == "INSERT") return absl::StrCat("INSERT ", after("INTO"));
  if (words[0] == "UPDATE") return absl::StrCat("UPDATE ", after("UPDATE"));
  return words[0];
}

}  // namespace

absl::StatusOr<std::vector<std::string>> StatementsOf(mysql::Connection& connection,
                                                      const std::function<absl::Status()>& call) {
  RETURN_IF_ERROR(connection.ExecuteText("SET GLOBAL log_output='TABLE'"));
  RETURN_IF_ERROR(connection.ExecuteText("SET GLOBAL general_log=ON"));
  // The first call prepares statements and looks up token and shop; the second is like all others.
  absl::Status called = call();
  RETURN_IF_ERROR(connection.ExecuteText("TRUNCATE TABLE mysql.general_log"));
  called.Update(call());
  RETURN_IF_ERROR(connection.ExecuteText("SET GLOBAL general_log=OFF"));
  RETURN_IF_ERROR(called);
  ASSIGN_OR_RETURN(const mysql::ResultSet logged,
                   connection.Query("SELECT argument, command_type FROM mysql.general_log WHERE "
                                    "thread_id<>CONNECTION_ID()"));
  std::vector<std::string> statements;
  for (const auto row : logged) {
    const std::string type(row.Text(1));
    // The index asks now and then whether others wrote; that belongs to no call.
    if (row.Text(0).find("shop_head WHERE shop_no IN") != std::string_view::npos) continue;
    const bool runs = type == "Query" || type == "Execute";
    statements.push_back(
        absl::StrCat(runs ? "" : absl::StrCat(type, " "), WithoutValues(row.Text(0))));
  }
  return statements;
}

}  // namespace segmentation::bench
