// Definitions of a shop: policy, stores, promotions, custom attributes, tag categories and tags.
// Groups are in group_store.h.
#pragma once

#include "absl/status/status.h"
#include "server/domain/shop.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// Fills in all of them.
absl::Status ReadDefinitionTables(ShopSession& session, domain::ShopDefinitions& definitions);

// Deleted tags and attributes take their assignments and values with them.
absl::Status DeleteDefinitionRows(ShopSession& session, const WriteSet& rows);
// `revision` is the transaction's own.
absl::Status WriteDefinitionRows(ShopSession& session, const WriteSet& rows,
                                 domain::Revision revision);

// One revision of the policy.
absl::Status WritePolicy(ShopSession& session, const domain::MetricPolicy& policy,
                         domain::Revision revision);

void ListDefinitionStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
