// Tags on members and their history. Categories and values are definitions (definition_store.h).
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/member.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// By (member, tag number), expired ones included.
absl::StatusOr<std::vector<std::pair<domain::MemberNo, domain::TagAssignment>>> ReadTagAssignments(
    ShopSession& session, const MemberSelection& selection);
// As in storage/store.h. The stamps of the assignments are empty: `at` is what is kept.
absl::StatusOr<std::vector<TagHistoryRow>> ListTagHistory(ShopSession& session,
                                                          domain::MemberNo member_no,
                                                          std::optional<domain::Etag> before,
                                                          int limit);

absl::Status DeleteTagRows(ShopSession& session, const WriteSet& rows);
absl::Status WriteTagRows(ShopSession& session, const WriteSet& rows);
// Removes every assignment of tags that go.
absl::Status DeleteAssignmentsOfTags(ShopSession& session, std::span<const domain::TagNo> tag_nos);

void ListTagStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
