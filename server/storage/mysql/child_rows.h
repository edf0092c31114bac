// Rows of tables below members: read for a list of members or for a range of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement.h"
#include "server/storage/mysql/statement_catalogue.h"

namespace segmentation::storage::mysql {

struct MemberRange {
  domain::MemberNo first = 0;
  domain::MemberNo last = 0;  // included
};

// The members whose rows are wanted; a list is sorted and without duplicates.
using MemberSelection = std::variant<std::span<const domain::MemberNo>, MemberRange>;

// The two statements that read `columns` of a table by members; rows come by primary key.
// `columns` begins with member_no.
struct ChildStatement {
  ChildStatement(std::string_view name, std::string_view table, std::string_view columns,
                 std::string_view order);
  RowsStatement of_members;
  Statement in_range;
};

absl::StatusOr<ResultSet> QueryChildren(ShopSession& session, const ChildStatement& statement,
                                        const MemberSelection& selection);

// Numbers as keys of a statement.
template <typename Number>
Params KeysOf(std::span<const Number> numbers) {
  Params keys;
  keys.reserve(numbers.size());
  for (const Number number : numbers) keys.emplace_back(number);
  return keys;
}

}  // namespace segmentation::storage::mysql
