// The reading half of a transaction over MySQL, shared by snapshots and write transactions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/mysql/connection_pool.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/store.h"

namespace segmentation::storage::mysql {

// A shop in an open transaction on a connection of its own, which is rolled back when this is
// destroyed.
struct OpenShop {
  ConnectionPool::Lease lease;
  ShopHead head;
  ShopSession session;
};

// Implements Reader for `Base`, which is ReadSnapshot or WriteTransaction.
template <typename Base>
class MysqlReader : public Base {
 public:
  explicit MysqlReader(OpenShop shop) : shop_(std::move(shop)) {}

  const ShopHead& head() const override { return shop_.head; }
  absl::StatusOr<std::shared_ptr<const domain::ShopDefinitions>> ReadDefinitions() override;
  absl::StatusOr<std::vector<domain::Member>> ReadMembersById(
      std::span<const std::string> member_ids, MemberParts parts) override;
  absl::StatusOr<std::vector<domain::Member>> ReadMembersByNo(
      std::span<const domain::MemberNo> member_nos, MemberParts parts) override;
  absl::StatusOr<std::vector<domain::Member>> ListMembers(domain::MemberNo after_no, int limit,
                                                          MemberParts parts) override;
  absl::StatusOr<std::vector<IdentityOwner>> ReadIdentityOwners(
      std::span<const domain::IdentityKey> keys) override;
  absl::StatusOr<std::vector<domain::Order>> ReadOrders(
      std::span<const domain::OrderKey> keys) override;
  absl::StatusOr<std::vector<domain::Order>> ReadOrdersOfMembers(
      std::span<const domain::MemberNo> member_nos) override;
  absl::StatusOr<std::vector<domain::Order>> ListOrders(domain::MemberNo after_member_no,
                                                        domain::OrderNo after_order_no,
                                                        int limit) override;
  absl::StatusOr<std::vector<domain::Product>> ReadProducts(
      std::span<const std::string> product_ids) override;
  absl::StatusOr<std::vector<domain::Product>> ListProducts(domain::ProductNo after_no,
                                                            int limit) override;
  absl::StatusOr<std::vector<TagHistoryRow>> ListTagHistory(domain::MemberNo member_no,
                                                            std::optional<domain::Etag> before,
                                                            int limit) override;
  absl::StatusOr<std::vector<ConsentHistoryRow>> ListConsentHistory(
      domain::MemberNo member_no, std::optional<domain::Etag> before, int limit) override;
  absl::StatusOr<std::vector<domain::Note>> ListNotes(domain::MemberNo member_no) override;
  absl::StatusOr<std::vector<GroupRevisionRow>> ListGroupRevisions(domain::GroupNo group_no,
                                                                   int32_t before_group_revision,
                                                                   int limit) override;
  absl::StatusOr<std::vector<ChangeRow>> ListChanges(domain::Revision after, int limit) override;
  absl::StatusOr<std::vector<RequestRow>> ReadRequests(
      std::span<const std::string> request_ids) override;
  absl::StatusOr<std::optional<ImportProgressRow>> ReadImportProgress(
      std::string_view import_id) override;
  absl::StatusOr<std::optional<OperationRow>> ReadOperation(std::string_view operation_id) override;
  absl::StatusOr<std::vector<OperationRow>> ListOperations(
      const std::optional<OperationPlace>& after, int limit) override;
  absl::StatusOr<bool> IsStoreUsed(domain::StoreNo store_no) override;
  absl::StatusOr<bool> IsAttributeUsed(const domain::Attribute& attribute,
                                       const std::optional<std::string>& text_value) override;
  absl::StatusOr<int64_t> CountMembers() override;
  absl::StatusOr<ShopTotals> ReadShopTotals(base::InstantMs as_of_ms) override;
  absl::StatusOr<int64_t> CountMatching(const ConditionQuery& query) override;
  absl::StatusOr<std::vector<domain::MemberNo>> ListMatching(const ConditionQuery& query,
                                                             domain::MemberNo after_no,
                                                             int limit) override;
  absl::StatusOr<std::vector<domain::MemberNo>> FilterMatching(
      const ConditionQuery& query, std::span<const domain::MemberNo> member_nos) override;

 protected:
  OpenShop shop_;
};

extern template class MysqlReader<ReadSnapshot>;
extern template class MysqlReader<WriteTransaction>;

}  // namespace segmentation::storage::mysql
