// The committed state of one shop in memory, and how a write set changes it: the model that the
// storage contract is checked against, and the store of use-case tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"

namespace segmentation::testing_support {

// Rows are shared between states and never changed in place, so that copying a state is cheap.
struct ModelShop {
  using OrderPlace = std::pair<domain::MemberNo, domain::OrderNo>;
  using HistoryPlace = std::pair<domain::MemberNo, domain::Etag>;

  storage::ShopHead head;
  domain::ShopDefinitions definitions;  // definition_revision is head's
  std::map<domain::MemberNo, std::shared_ptr<const domain::Member>> members;  // with all parts
  std::map<OrderPlace, std::shared_ptr<const domain::Order>> orders;
  std::map<domain::ProductNo, domain::Product> products;
  std::map<std::pair<domain::MemberNo, std::string>, domain::Note> notes;
  std::map<HistoryPlace, storage::TagHistoryRow> tag_history;
  std::map<HistoryPlace, storage::ConsentHistoryRow> consent_history;
  std::map<std::pair<domain::GroupNo, int32_t>, storage::GroupRevisionRow> group_revisions;
  std::map<std::string, storage::RequestRow> requests;
  std::map<std::string, storage::ImportProgressRow> imports;
  std::map<std::string, storage::OperationRow> operations;
  std::map<domain::Revision, storage::ChangeRow> changes;  // those not trimmed

  // Unique keys beside the numbers.
  std::map<std::string, domain::MemberNo> member_nos;
  std::map<domain::IdentityKey, std::pair<domain::MemberNo, domain::IdentityNo>> identities;
  std::map<domain::OrderKey, OrderPlace> order_places;
  std::map<std::string, domain::ProductNo> product_nos;

  // As WriteTransaction::Apply; after an error the state is half changed and must be dropped.
  absl::Status Apply(const storage::WriteSet& rows);

 private:
  domain::Member& EditMember(domain::MemberNo member_no);
  void DeleteFacts(const storage::WriteSet& rows);
  void DeleteDefinitions(const storage::WriteSet& rows);
  absl::Status WriteMembers(const storage::WriteSet& rows);
  absl::Status WriteIdentities(const storage::WriteSet& rows);
  absl::Status WriteHistories(const storage::WriteSet& rows);
  absl::Status WriteOrders(const storage::WriteSet& rows);
  absl::Status WriteProducts(const storage::WriteSet& rows);
  absl::Status WriteDefinitions(const storage::WriteSet& rows);
  absl::Status WriteLogs(const storage::WriteSet& rows);
};

}  // namespace segmentation::testing_support
