#include "server/storage/mysql/shop_purge.h"

#include <deque>
#include <string>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::storage::mysql {
namespace {

// The head comes last of those that are emptied: as long as it is there, the purge can be taken up
// again; once it is gone, the shop is a tombstone.
constexpr std::string_view kTables[] = {
    "request_log",
    "change_log_private",
    "change_log_part",
    "change_log",
    "import_progress",
    "operation",
    "member_group_reference",
    "member_group_revision",
    "member_group",
    "retired_group",
    "tag_history",
    "tag_assignment",
    "tag",
    "tag_category",
    "definition_text",
    "attribute_definition",
    "order_address",
    "order_review",
    "order_coupon",
    "order_promotion_source",
    "order_refund_part",
    "order_refund",
    "order_line_property",
    "order_line",
    "customer_order",
    "product",
    "promotion_window",
    "promotion",
    "store",
    "member_note",
    "consent_history",
    "member_consent",
    "member_private_attribute",
    "member_attribute",
    "member_identity",
    "member",
    "metric_policy",
    "shop_head",
    "shop",
};

constexpr std::string_view kTombstones = "shop";

const Statement kReadDeleted("kReadDeleted", "PRIMARY",
                             "SELECT s.deleted, h.revision FROM shop AS s LEFT JOIN shop_head AS h "
                             "ON h.shop_no=s.shop_no WHERE s.shop_no=?");

// Any index that begins with shop_no will do; all of them do.
Statement PurgeStatement(std::string_view table) {
  return {base::StrCat("Purge.", table), "",
          base::StrCat("DELETE FROM ", table, " WHERE shop_no=? LIMIT ?")};
}

const std::deque<Statement>& PurgeStatements() {
  static const auto* const statements = [] {
    auto* list = new std::deque<Statement>;
    for (const std::string_view table : kTables) {
      if (table != kTombstones) list->push_back(PurgeStatement(table));
    }
    return list;
  }();
  return *statements;
}

}  // namespace

absl::StatusOr<bool> PurgeShopRows(Connection& connection, domain::ShopNo shop_no, int max_rows) {
  ASSIGN_OR_RETURN(const ResultSet shop, connection.Query(kReadDeleted.sql, {shop_no}));
  if (shop.empty()) return true;
  if (shop[0].Int64(0) == 0) {
    return base::MakeError(base::Reason::SHOP_NOT_EMPTY, "shop_id",
                           "got a shop in use, want a deleted one");
  }
  if (shop[0].IsNull(1)) return true;
  int64_t left = max_rows;
  for (const Statement& statement : PurgeStatements()) {
    if (left <= 0) return false;
    ASSIGN_OR_RETURN(const uint64_t removed, connection.Execute(statement.sql, {shop_no, left}));
    left -= static_cast<int64_t>(removed);
    // As many as asked for: there may be more.
    if (left <= 0 && statement.name != PurgeStatements().back().name) return false;
  }
  return true;
}

absl::Span<const std::string_view> ShopTables() { return kTables; }

void ListPurgeStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kReadDeleted});
  for (const Statement& statement : PurgeStatements()) catalogue.Add({&statement});
}

}  // namespace segmentation::storage::mysql
