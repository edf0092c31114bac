#include "server/storage/mysql/mysql_reader.h"

#include "server/base/status_macros.h"
#include "server/storage/mysql/change_log.h"
#include "server/storage/mysql/definition_store.h"
#include "server/storage/mysql/group_store.h"
#include "server/storage/mysql/identity_store.h"
#include "server/storage/mysql/matching_store.h"
#include "server/storage/mysql/member_store.h"
#include "server/storage/mysql/operation_store.h"
#include "server/storage/mysql/order_store.h"
#include "server/storage/mysql/product_store.h"
#include "server/storage/mysql/request_log.h"
#include "server/storage/mysql/shop_store.h"
#include "server/storage/mysql/tag_store.h"

namespace segmentation::storage::mysql {

template <typename Base>
absl::StatusOr<std::shared_ptr<const domain::ShopDefinitions>>
MysqlReader<Base>::ReadDefinitions() {
  auto definitions = std::make_shared<domain::ShopDefinitions>();
  definitions->definition_revision = shop_.head.definition_revision;
  ASSIGN_OR_RETURN(definitions->shop, ReadShopRow(shop_.session));
  RETURN_IF_ERROR(ReadDefinitionTables(shop_.session, *definitions));
  RETURN_IF_ERROR(ReadGroups(shop_.session, *definitions));
  return definitions;
}

template <typename Base>
absl::StatusOr<std::vector<domain::Member>> MysqlReader<Base>::ReadMembersById(
    std::span<const std::string> member_ids, MemberParts parts) {
  return mysql::ReadMembersById(shop_.session, member_ids, parts);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Member>> MysqlReader<Base>::ReadMembersByNo(
    std::span<const domain::MemberNo> member_nos, MemberParts parts) {
  return mysql::ReadMembersByNo(shop_.session, member_nos, parts);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Member>> MysqlReader<Base>::ListMembers(
    domain::MemberNo after_no, int limit, MemberParts parts) {
  return mysql::ListMembers(shop_.session, after_no, limit, parts);
}

template <typename Base>
absl::StatusOr<std::vector<IdentityOwner>> MysqlReader<Base>::ReadIdentityOwners(
    std::span<const domain::IdentityKey> keys) {
  return mysql::ReadIdentityOwners(shop_.session, keys);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Order>> MysqlReader<Base>::ReadOrders(
    std::span<const domain::OrderKey> keys) {
  return mysql::ReadOrders(shop_.session, keys);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Order>> MysqlReader<Base>::ReadOrdersOfMembers(
    std::span<const domain::MemberNo> member_nos) {
  return mysql::ReadOrdersOfMembers(shop_.session, member_nos);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Order>> MysqlReader<Base>::ListOrders(
    domain::MemberNo after_member_no, domain::OrderNo after_order_no, int limit) {
  return mysql::ListOrders(shop_.session, after_member_no, after_order_no, limit);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Product>> MysqlReader<Base>::ReadProducts(
    std::span<const std::string> product_ids) {
  return mysql::ReadProducts(shop_.session, product_ids);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Product>> MysqlReader<Base>::ListProducts(
    domain::ProductNo after_no, int limit) {
  return mysql::ListProducts(shop_.session, after_no, limit);
}

template <typename Base>
absl::StatusOr<std::vector<TagHistoryRow>> MysqlReader<Base>::ListTagHistory(
    domain::MemberNo member_no, std::optional<domain::Etag> before, int limit) {
  return mysql::ListTagHistory(shop_.session, member_no, before, limit);
}

template <typename Base>
absl::StatusOr<std::vector<ConsentHistoryRow>> MysqlReader<Base>::ListConsentHistory(
    domain::MemberNo member_no, std::optional<domain::Etag> before, int limit) {
  return mysql::ListConsentHistory(shop_.session, member_no, before, limit);
}

template <typename Base>
absl::StatusOr<std::vector<domain::Note>> MysqlReader<Base>::ListNotes(domain::MemberNo member_no) {
  return mysql::ListNotes(shop_.session, member_no);
}

template <typename Base>
absl::StatusOr<std::vector<GroupRevisionRow>> MysqlReader<Base>::ListGroupRevisions(
    domain::GroupNo group_no, int32_t before_group_revision, int limit) {
  return mysql::ListGroupRevisions(shop_.session, group_no, before_group_revision, limit);
}

template <typename Base>
absl::StatusOr<std::vector<ChangeRow>> MysqlReader<Base>::ListChanges(domain::Revision after,
                                                                      int limit) {
  return mysql::ListChanges(shop_.session, after, limit);
}

template <typename Base>
absl::StatusOr<std::vector<RequestRow>> MysqlReader<Base>::ReadRequests(
    std::span<const std::string> request_ids) {
  return mysql::ReadRequests(shop_.session, request_ids);
}

template <typename Base>
absl::StatusOr<std::optional<ImportProgressRow>> MysqlReader<Base>::ReadImportProgress(
    std::string_view import_id) {
  return mysql::ReadImportProgress(shop_.session, import_id);
}

template <typename Base>
absl::StatusOr<std::optional<OperationRow>> MysqlReader<Base>::ReadOperation(
    std::string_view operation_id) {
  return mysql::ReadOperation(shop_.session, operation_id);
}

template <typename Base>
absl::StatusOr<std::vector<OperationRow>> MysqlReader<Base>::ListOperations(
    const std::optional<OperationPlace>& after, int limit) {
  return mysql::ListOperations(shop_.session, after, limit);
}

template <typename Base>
absl::StatusOr<bool> MysqlReader<Base>::IsStoreUsed(domain::StoreNo store_no) {
  return mysql::IsStoreUsed(shop_.session, store_no);
}

template <typename Base>
absl::StatusOr<bool> MysqlReader<Base>::IsAttributeUsed(
    const domain::Attribute& attribute, const std::optional<std::string>& text_value) {
  return mysql::IsAttributeUsed(shop_.session, attribute, text_value);
}

template <typename Base>
absl::StatusOr<int64_t> MysqlReader<Base>::CountMembers() {
  return mysql::CountMembers(shop_.session);
}

template <typename Base>
absl::StatusOr<ShopTotals> MysqlReader<Base>::ReadShopTotals(base::InstantMs as_of_ms) {
  return mysql::ReadShopTotals(shop_.session, as_of_ms);
}

template <typename Base>
absl::StatusOr<int64_t> MysqlReader<Base>::CountMatching(const ConditionQuery& query) {
  return mysql::CountMatching(shop_.session, query);
}

template <typename Base>
absl::StatusOr<std::vector<domain::MemberNo>> MysqlReader<Base>::ListMatching(
    const ConditionQuery& query, domain::MemberNo after_no, int limit) {
  return mysql::ListMatching(shop_.session, query, after_no, limit);
}

template <typename Base>
absl::StatusOr<std::vector<domain::MemberNo>> MysqlReader<Base>::FilterMatching(
    const ConditionQuery& query, std::span<const domain::MemberNo> member_nos) {
  return mysql::FilterMatching(shop_.session, query, member_nos);
}

template class MysqlReader<ReadSnapshot>;
template class MysqlReader<WriteTransaction>;

}  // namespace segmentation::storage::mysql
