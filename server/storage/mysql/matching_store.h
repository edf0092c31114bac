// Conditions run over a shop's live members in SQL.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// As the methods of the same names in storage/store.h.
absl::StatusOr<int64_t> CountMatching(ShopSession& session, const ConditionQuery& query);
absl::StatusOr<std::vector<domain::MemberNo>> ListMatching(ShopSession& session,
                                                           const ConditionQuery& query,
                                                           domain::MemberNo after_no, int limit);
absl::StatusOr<std::vector<domain::MemberNo>> FilterMatching(
    ShopSession& session, const ConditionQuery& query,
    std::span<const domain::MemberNo> member_nos);

// With a condition that holds for every member.
void ListMatchingStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
