#include "server/storage/mysql/matching_store.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/condition_sql.h"

namespace segmentation::storage::mysql {
namespace {

using domain::MemberNo;

// A page this short is a sample: looking its members up one by one beats listing every leaf's.
constexpr int kSampleSize = 100;

// Members listed by one statement.
constexpr MemberNo kRangeSize = 262'144;

// Members a filter asks for at once.
constexpr size_t kFilterSize = MultiRowStatement::kSizes[0];

const Statement kReadLastMember(
    "kReadLastMember", "PRIMARY",
    "SELECT member_no FROM member WHERE shop_no=? ORDER BY member_no DESC LIMIT 1");

std::string CountText(std::string_view condition) {
  return base::StrCat("SELECT COUNT(*) FROM member AS m WHERE m.shop_no=? AND m.live=1 AND (",
                      condition, ")");
}

std::string ListText(std::string_view condition) {
  return base::StrCat(
      "SELECT m.member_no FROM member AS m WHERE m.shop_no=? AND m.member_no>? AND m.member_no<=? "
      "AND m.live=1 AND (",
      condition, ") ORDER BY m.member_no LIMIT ?");
}

// `keys`: placeholders of that many members.
std::string FilterText(size_t keys, std::string_view condition) {
  std::string list = "?";
  for (size_t i = 1; i < keys; ++i) list += ",?";
  return base::StrCat("SELECT m.member_no FROM member AS m WHERE m.shop_no=? AND m.member_no IN (",
                      list, ") AND m.live=1 AND (", condition, ") ORDER BY m.member_no");
}

void AddNumbers(const ResultSet& rows, std::vector<MemberNo>& numbers) {
  for (const ResultSet::Row row : rows) numbers.push_back(static_cast<MemberNo>(row.Int64(0)));
}

}  // namespace

absl::StatusOr<int64_t> CountMatching(ShopSession& session, const ConditionQuery& query) {
  ASSIGN_OR_RETURN(const CompiledCondition condition,
                   CompileCondition(session.shop_no(), query, EvaluationForm::kWholeShop));
  Params params = {session.shop_no()};
  params.insert(params.end(), condition.params.begin(), condition.params.end());
  ASSIGN_OR_RETURN(const ResultSet rows, session.QueryLong(CountText(condition.sql), params));
  return rows[0].Int64(0);
}

absl::StatusOr<std::vector<MemberNo>> ListMatching(ShopSession& session,
                                                   const ConditionQuery& query, MemberNo after_no,
                                                   int limit) {
  std::vector<MemberNo> numbers;
  ASSIGN_OR_RETURN(const ResultSet last, session.Query(kReadLastMember, {session.shop_no()}));
  const auto last_no = last.empty() ? MemberNo{0} : static_cast<MemberNo>(last[0].Int64(0));
  const bool sample = limit <= kSampleSize;
  const auto form = sample ? EvaluationForm::kEachMember : EvaluationForm::kWholeShop;
  // Range after range, so that a large audience lists every leaf's members once in all, and no
  // answer of the database is larger than a range.
  while (after_no < last_no && numbers.size() < static_cast<size_t>(limit)) {
    MemberInterval range{after_no, last_no};
    if (!sample) range.until = after_no + std::min(kRangeSize, last_no - after_no);
    const bool everyone = sample || (range.after == 0 && range.until == last_no);
    ASSIGN_OR_RETURN(
        const CompiledCondition condition,
        CompileCondition(session.shop_no(), query, form, everyone ? MemberInterval() : range));
    Params params = {session.shop_no(), range.after, range.until};
    params.insert(params.end(), condition.params.begin(), condition.params.end());
    params.emplace_back(static_cast<int64_t>(limit) - static_cast<int64_t>(numbers.size()));
    ASSIGN_OR_RETURN(const ResultSet rows, session.QueryLong(ListText(condition.sql), params));
    AddNumbers(rows, numbers);
    after_no = range.until;
  }
  return numbers;
}

absl::StatusOr<std::vector<MemberNo>> FilterMatching(ShopSession& session,
                                                     const ConditionQuery& query,
                                                     std::span<const MemberNo> member_nos) {
  std::vector<MemberNo> sorted(member_nos.begin(), member_nos.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<MemberNo> numbers;
  if (sorted.empty()) return numbers;
  ASSIGN_OR_RETURN(const CompiledCondition condition,
                   CompileCondition(session.shop_no(), query, EvaluationForm::kEachMember));
  for (size_t done = 0; done < sorted.size(); done += kFilterSize) {
    const size_t count = std::min(kFilterSize, sorted.size() - done);
    Params keys = KeysOf(std::span<const MemberNo>(sorted).subspan(done, count));
    PadKeys(keys, 1);
    const std::string text = FilterText(keys.size(), condition.sql);
    Params params = {session.shop_no()};
    params.insert(params.end(), keys.begin(), keys.end());
    params.insert(params.end(), condition.params.begin(), condition.params.end());
    ASSIGN_OR_RETURN(const ResultSet rows, session.QueryLong(text, params));
    AddNumbers(rows, numbers);
  }
  return numbers;
}

void ListMatchingStatements(StatementCatalogue& catalogue) {
  constexpr std::string_view kAll = "m.blocked>=0";
  const Statement count("CountMatching", "PRIMARY", CountText(kAll));
  const Statement list("ListMatching", "PRIMARY", ListText(kAll));
  const Statement filter("FilterMatching", "PRIMARY", FilterText(8, kAll));
  catalogue.Add({&kReadLastMember, &count, &list, &filter});
}

}  // namespace segmentation::storage::mysql
