#include "server/storage/mysql/statement_catalogue.h"

#include "server/base/strings.h"
#include "server/storage/mysql/change_log.h"
#include "server/storage/mysql/database_identity.h"
#include "server/storage/mysql/definition_store.h"
#include "server/storage/mysql/group_store.h"
#include "server/storage/mysql/identity_store.h"
#include "server/storage/mysql/matching_store.h"
#include "server/storage/mysql/member_store.h"
#include "server/storage/mysql/operation_store.h"
#include "server/storage/mysql/order_store.h"
#include "server/storage/mysql/product_store.h"
#include "server/storage/mysql/request_log.h"
#include "server/storage/mysql/shop_purge.h"
#include "server/storage/mysql/shop_store.h"
#include "server/storage/mysql/tag_store.h"
#include "server/storage/mysql/token_store.h"

namespace segmentation::storage::mysql {

void StatementCatalogue::Add(std::initializer_list<const Statement*> statements) {
  for (const Statement* statement : statements) {
    entries_.push_back({statement->name, statement->index, statement->sql});
  }
}

void StatementCatalogue::Add(std::initializer_list<const RowsStatement*> statements) {
  for (const RowsStatement* statement : statements) {
    for (const size_t size : MultiRowStatement::kSizes) {
      const std::string_view sql = statement->rows.SqlForSize(size);
      if (sql.empty()) continue;
      entries_.push_back(
          {base::StrCat(statement->name, "/", size), statement->index, std::string(sql)});
    }
  }
}

StatementCatalogue AllStatements() {
  StatementCatalogue catalogue;
  ListShopStatements(catalogue);
  ListPurgeStatements(catalogue);
  ListIdentityRowStatements(catalogue);
  ListTokenStatements(catalogue);
  ListDefinitionStatements(catalogue);
  ListGroupStatements(catalogue);
  ListMemberStatements(catalogue);
  ListIdentityStatements(catalogue);
  ListTagStatements(catalogue);
  ListOrderStatements(catalogue);
  ListProductStatements(catalogue);
  ListRequestStatements(catalogue);
  ListOperationStatements(catalogue);
  ListChangeLogStatements(catalogue);
  ListMatchingStatements(catalogue);
  return catalogue;
}

}  // namespace segmentation::storage::mysql
