#include "server/storage/mysql/multi_row_statement.h"

#include <algorithm>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::storage::mysql {
namespace {

size_t CountPlaceholders(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '?'));
}

}  // namespace

MultiRowStatement::MultiRowStatement(std::string_view head, std::string_view row,
                                     std::string_view tail)
    : row_placeholders_(CountPlaceholders(row)),
      other_placeholders_(CountPlaceholders(head) + CountPlaceholders(tail)) {
  for (size_t i = 0; i < kSizes.size(); ++i) {
    if (kSizes[i] * row_placeholders_ + other_placeholders_ > kMaxPlaceholders) continue;
    std::string& sql = sql_[i];
    sql.reserve(head.size() + kSizes[i] * (row.size() + 1) + tail.size());
    sql.append(head);
    for (size_t n = 0; n < kSizes[i]; ++n) {
      if (n > 0) sql.push_back(',');
      sql.append(row);
    }
    sql.append(tail);
  }
}

std::string_view MultiRowStatement::SqlForSize(size_t size) const {
  for (size_t i = 0; i < kSizes.size(); ++i) {
    if (kSizes[i] == size) return sql_[i];
  }
  return "";
}

template <typename Run>
absl::Status MultiRowStatement::ForEachPart(ParamSpan rows, ParamSpan leading, ParamSpan trailing,
                                            Run run) const {
  if (row_placeholders_ == 0 || rows.size() % row_placeholders_ != 0 ||
      leading.size() + trailing.size() != other_placeholders_) {
    return base::MakeError(
        base::Reason::INTERNAL, "",
        base::StrCat("statement parameters: got ", rows.size(), " for rows of ", row_placeholders_,
                     " and ", leading.size() + trailing.size(), " others, want ",
                     other_placeholders_));
  }
  Params with_others;
  size_t done = 0;
  size_t left = rows.size() / row_placeholders_;
  for (size_t i = 0; i < kSizes.size(); ++i) {
    if (sql_[i].empty()) continue;
    for (; left >= kSizes[i]; left -= kSizes[i]) {
      ParamSpan part = rows.subspan(done, kSizes[i] * row_placeholders_);
      done += part.size();
      if (other_placeholders_ > 0) {
        with_others.assign(leading.begin(), leading.end());
        with_others.insert(with_others.end(), part.begin(), part.end());
        with_others.insert(with_others.end(), trailing.begin(), trailing.end());
        part = with_others;
      }
      RETURN_IF_ERROR(run(sql_[i], part));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> MultiRowStatement::Execute(Connection& connection, ParamSpan rows,
                                                    ParamSpan leading, ParamSpan trailing) const {
  uint64_t affected = 0;
  RETURN_IF_ERROR(ForEachPart(
      rows, leading, trailing, [&](std::string_view sql, ParamSpan part) -> absl::Status {
        ASSIGN_OR_RETURN(const uint64_t count, connection.Execute(sql, part));
        affected += count;
        return absl::OkStatus();
      }));
  return affected;
}

absl::StatusOr<ResultSet> MultiRowStatement::Query(Connection& connection, ParamSpan rows,
                                                   ParamSpan leading, ParamSpan trailing) const {
  ResultSet all;
  RETURN_IF_ERROR(ForEachPart(rows, leading, trailing,
                              [&](std::string_view sql, ParamSpan part) -> absl::Status {
                                ASSIGN_OR_RETURN(const ResultSet some, connection.Query(sql, part));
                                all.Append(some);
                                return absl::OkStatus();
                              }));
  return all;
}

}  // namespace segmentation::storage::mysql
