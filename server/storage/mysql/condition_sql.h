// The SQL evaluator: a bound condition as one boolean expression over the alias `m` of table
// member. It is the way for shops beyond one machine's memory and must agree with the naive
// evaluator, member by member (T71).
//
// Rules. Every leaf is `(…) IS TRUE`, so only 0 and 1 meet NOT, AND and OR. Text is matched on the
// folded VARBINARY columns with = and INSTR alone. Zones, windows and anniversaries arrive as
// instants, day numbers and month-days computed here, bound as parameters. Money and numbers are
// integers; an average is compared as sum against bound × count. Every sub-query names its shop.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "absl/status/statusor.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/parameter.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// Beyond these a condition, its groups written out, is refused with CONDITION_TOO_LARGE. A
// statement holds 65,535 placeholders; some are left to what stands around the condition.
inline constexpr size_t kMaxCompiledParams = 60'000;
inline constexpr size_t kMaxCompiledBytes = 8 * 1024 * 1024;  // half of the smallest packet limit
inline constexpr int kMaxCompiledNodes = 4'096;               // AND, OR, NOT and leaves

// How leaves reach their rows; the answers are the same.
enum class EvaluationForm {
  // A look-up a member and leaf: for a few members of a large shop.
  kEachMember,
  // Each leaf lists its members once, and every member is looked up among them: for whole shops,
  // where it takes about half the time. Conditions of more than kMaxListedLeaves leaves are looked
  // up all the same: servers run out of memory over statements with hundreds of lists.
  kWholeShop,
};

// Members by number, after < number <= until: with kWholeShop, leaves list those alone.
struct MemberInterval {
  domain::MemberNo after = 0;
  domain::MemberNo until = std::numeric_limits<domain::MemberNo>::max();
  bool everyone() const { return *this == MemberInterval(); }
  friend bool operator==(const MemberInterval&, const MemberInterval&) = default;
};

// Leaves that one statement lists. MariaDB 10.11 failed over a few hundred, not over this many.
inline constexpr int kMaxListedLeaves = 64;

struct CompiledCondition {
  std::string sql;  // 0 or 1 for every row of `member AS m`, never NULL
  Params params;    // in the order of the placeholders; texts are owned
};

// `m` must be rows of live members of the shop within `range`. Errors: CONDITION_TOO_LARGE;
// INTERNAL when the query's groups or definitions do not fit its condition; TIME_ZONE_UNKNOWN.
absl::StatusOr<CompiledCondition> CompileCondition(domain::ShopNo shop_no,
                                                   const ConditionQuery& query, EvaluationForm form,
                                                   MemberInterval range = {});

}  // namespace segmentation::storage::mysql
