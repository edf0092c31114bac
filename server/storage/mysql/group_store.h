// Saved groups, their revisions and which group names which.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/shop.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

absl::Status ReadGroups(ShopSession& session, domain::ShopDefinitions& definitions);
// As in storage/store.h.
absl::StatusOr<std::vector<GroupRevisionRow>> ListGroupRevisions(ShopSession& session,
                                                                 domain::GroupNo group_no,
                                                                 int32_t before_group_revision,
                                                                 int limit);

// A deleted group's revisions stay: results that name one keep their meaning.
absl::Status DeleteGroupRows(ShopSession& session, const WriteSet& rows);
absl::Status WriteGroupRows(ShopSession& session, const WriteSet& rows);

void ListGroupStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
