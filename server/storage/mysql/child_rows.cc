#include "server/storage/mysql/child_rows.h"

#include "server/base/strings.h"

namespace segmentation::storage::mysql {

ChildStatement::ChildStatement(std::string_view name, std::string_view table,
                               std::string_view columns, std::string_view order)
    : of_members(base::StrCat(name, ".of_members"), "PRIMARY",
                 MultiRowStatement(base::StrCat("SELECT ", columns, " FROM ", table,
                                                " WHERE shop_no=? AND member_no IN ("),
                                   "?", base::StrCat(") ORDER BY ", order))),
      in_range(base::StrCat(name, ".in_range"), "PRIMARY",
               base::StrCat("SELECT ", columns, " FROM ", table,
                            " WHERE shop_no=? AND member_no BETWEEN ? AND ? ORDER BY ", order)) {}

absl::StatusOr<ResultSet> QueryChildren(ShopSession& session, const ChildStatement& statement,
                                        const MemberSelection& selection) {
  if (const MemberRange* range = std::get_if<MemberRange>(&selection)) {
    return session.Query(statement.in_range, {session.shop_no(), range->first, range->last});
  }
  return session.QueryKeys(statement.of_members,
                           KeysOf(std::get<std::span<const domain::MemberNo>>(selection)));
}

}  // namespace segmentation::storage::mysql
