// Reads a ModelShop as storage::Reader says.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/status_macros.h"
#include "server/storage/store.h"
#include "tests/support/model_shop.h"

namespace segmentation::testing_support {

std::vector<domain::Member> ModelMembersById(const ModelShop& shop,
                                             std::span<const std::string> ids,
                                             storage::MemberParts parts);
std::vector<domain::Member> ModelMembersByNo(const ModelShop& shop,
                                             std::span<const domain::MemberNo> nos,
                                             storage::MemberParts parts);
std::vector<domain::Member> ModelListMembers(const ModelShop& shop, domain::MemberNo after_no,
                                             int limit, storage::MemberParts parts);
std::vector<storage::IdentityOwner> ModelIdentityOwners(const ModelShop& shop,
                                                        std::span<const domain::IdentityKey> keys);
std::vector<domain::Order> ModelOrders(const ModelShop& shop,
                                       std::span<const domain::OrderKey> keys);
std::vector<domain::Order> ModelOrdersOfMembers(const ModelShop& shop,
                                                std::span<const domain::MemberNo> nos);
std::vector<domain::Order> ModelListOrders(const ModelShop& shop, domain::MemberNo after_member_no,
                                           domain::OrderNo after_order_no, int limit);
std::vector<domain::Product> ModelProducts(const ModelShop& shop,
                                           std::span<const std::string> product_ids);
std::vector<domain::Product> ModelListProducts(const ModelShop& shop, domain::ProductNo after_no,
                                               int limit);
std::vector<domain::Note> ModelNotes(const ModelShop& shop, domain::MemberNo member_no);
std::vector<storage::GroupRevisionRow> ModelGroupRevisions(const ModelShop& shop,
                                                           domain::GroupNo group_no, int32_t before,
                                                           int limit);
std::vector<storage::OperationRow> ModelOperations(
    const ModelShop& shop, const std::optional<storage::OperationPlace>& after, int limit);
absl::StatusOr<storage::ShopTotals> ModelTotals(const ModelShop& shop, base::InstantMs as_of);
// By the naive evaluator, ascending.
absl::StatusOr<std::vector<domain::MemberNo>> ModelMatching(const ModelShop& shop,
                                                            const storage::ConditionQuery& query);

// Implements Reader for `Base`, which is ReadSnapshot or WriteTransaction.
template <typename Base>
class ModelReader : public Base {
 public:
  const storage::ShopHead& head() const override { return state().head; }
  absl::StatusOr<std::shared_ptr<const domain::ShopDefinitions>> ReadDefinitions() override {
    auto definitions = std::make_shared<domain::ShopDefinitions>(state().definitions);
    definitions->definition_revision = state().head.definition_revision;
    return definitions;
  }
  absl::StatusOr<std::vector<domain::Member>> ReadMembersById(std::span<const std::string> ids,
                                                              storage::MemberParts parts) override {
    return ModelMembersById(state(), ids, parts);
  }
  absl::StatusOr<std::vector<domain::Member>> ReadMembersByNo(std::span<const domain::MemberNo> nos,
                                                              storage::MemberParts parts) override {
    return ModelMembersByNo(state(), nos, parts);
  }
  absl::StatusOr<std::vector<domain::Member>> ListMembers(domain::MemberNo after_no, int limit,
                                                          storage::MemberParts parts) override {
    return ModelListMembers(state(), after_no, limit, parts);
  }
  absl::StatusOr<std::vector<storage::IdentityOwner>> ReadIdentityOwners(
      std::span<const domain::IdentityKey> keys) override {
    return ModelIdentityOwners(state(), keys);
  }
  absl::StatusOr<std::vector<domain::Order>> ReadOrders(
      std::span<const domain::OrderKey> keys) override {
    return ModelOrders(state(), keys);
  }
  absl::StatusOr<std::vector<domain::Order>> ReadOrdersOfMembers(
      std::span<const domain::MemberNo> nos) override {
    return ModelOrdersOfMembers(state(), nos);
  }
  absl::StatusOr<std::vector<domain::Order>> ListOrders(domain::MemberNo after_member_no,
                                                        domain::OrderNo after_order_no,
                                                        int limit) override {
    return ModelListOrders(state(), after_member_no, after_order_no, limit);
  }
  absl::StatusOr<std::vector<domain::Product>> ReadProducts(
      std::span<const std::string> ids) override {
    return ModelProducts(state(), ids);
  }
  absl::StatusOr<std::vector<domain::Product>> ListProducts(domain::ProductNo after_no,
                                                            int limit) override {
    return ModelListProducts(state(), after_no, limit);
  }
  absl::StatusOr<std::vector<storage::TagHistoryRow>> ListTagHistory(
      domain::MemberNo member_no, std::optional<domain::Etag> before, int limit) override {
    return NewestFirst(state().tag_history, member_no, before, limit);
  }
  absl::StatusOr<std::vector<storage::ConsentHistoryRow>> ListConsentHistory(
      domain::MemberNo member_no, std::optional<domain::Etag> before, int limit) override {
    return NewestFirst(state().consent_history, member_no, before, limit);
  }
  absl::StatusOr<std::vector<domain::Note>> ListNotes(domain::MemberNo member_no) override {
    return ModelNotes(state(), member_no);
  }
  absl::StatusOr<std::vector<storage::GroupRevisionRow>> ListGroupRevisions(
      domain::GroupNo group_no, int32_t before, int limit) override {
    return ModelGroupRevisions(state(), group_no, before, limit);
  }
  absl::StatusOr<std::vector<storage::ChangeRow>> ListChanges(domain::Revision after,
                                                              int limit) override {
    std::vector<storage::ChangeRow> changes;
    for (auto next = state().changes.upper_bound(after);
         next != state().changes.end() && changes.size() < static_cast<size_t>(limit); ++next) {
      changes.push_back(next->second);
    }
    return changes;
  }
  absl::StatusOr<std::vector<storage::RequestRow>> ReadRequests(
      std::span<const std::string> ids) override {
    std::vector<storage::RequestRow> rows;
    for (const auto& [id, row] : state().requests) {
      if (std::find(ids.begin(), ids.end(), id) != ids.end()) rows.push_back(row);
    }
    return rows;
  }
  absl::StatusOr<std::optional<storage::ImportProgressRow>> ReadImportProgress(
      std::string_view id) override {
    return Find(state().imports, id);
  }
  absl::StatusOr<std::optional<storage::OperationRow>> ReadOperation(std::string_view id) override {
    return Find(state().operations, id);
  }
  absl::StatusOr<std::vector<storage::OperationRow>> ListOperations(
      const std::optional<storage::OperationPlace>& after, int limit) override {
    return ModelOperations(state(), after, limit);
  }
  absl::StatusOr<bool> IsStoreUsed(domain::StoreNo store_no) override {
    for (const auto& entry : state().orders) {
      if (entry.second->store_no == store_no) return true;
    }
    return false;
  }
  absl::StatusOr<bool> IsAttributeUsed(const domain::Attribute& attribute,
                                       const std::optional<std::string>& text_value) override {
    for (const auto& entry : state().members) {
      const auto found = entry.second->attributes.find(attribute.number);
      if (found == entry.second->attributes.end()) continue;
      if (!text_value) return true;
      const domain::Value wanted = *text_value;
      if (std::find(found->second.begin(), found->second.end(), wanted) != found->second.end()) {
        return true;
      }
    }
    return false;
  }
  absl::StatusOr<int64_t> CountMembers() override {
    ASSIGN_OR_RETURN(const storage::ShopTotals totals, ReadShopTotals(0));
    return totals.member_count;
  }
  absl::StatusOr<storage::ShopTotals> ReadShopTotals(base::InstantMs as_of_ms) override {
    return ModelTotals(state(), as_of_ms);
  }

  absl::StatusOr<int64_t> CountMatching(const storage::ConditionQuery& query) override {
    auto all = ModelMatching(state(), query);
    if (!all.ok()) return all.status();
    return static_cast<int64_t>(all->size());
  }
  absl::StatusOr<std::vector<domain::MemberNo>> ListMatching(const storage::ConditionQuery& query,
                                                             domain::MemberNo after_no,
                                                             int limit) override {
    auto all = ModelMatching(state(), query);
    if (!all.ok()) return all.status();
    std::erase_if(*all, [&](domain::MemberNo no) { return no <= after_no; });
    if (all->size() > static_cast<size_t>(limit)) all->resize(static_cast<size_t>(limit));
    return all;
  }
  absl::StatusOr<std::vector<domain::MemberNo>> FilterMatching(
      const storage::ConditionQuery& query, std::span<const domain::MemberNo> nos) override {
    auto all = ModelMatching(state(), query);
    if (!all.ok()) return all.status();
    std::erase_if(*all, [&](domain::MemberNo no) {
      return std::find(nos.begin(), nos.end(), no) == nos.end();
    });
    return all;
  }

 protected:
  virtual const ModelShop& state() const = 0;

 private:
  template <typename Row>
  static std::optional<Row> Find(const std::map<std::string, Row>& rows, std::string_view id) {
    const auto found = rows.find(std::string(id));
    if (found == rows.end()) return std::nullopt;
    return found->second;
  }
  template <typename Row>
  static std::vector<Row> NewestFirst(const std::map<ModelShop::HistoryPlace, Row>& rows,
                                      domain::MemberNo member_no,
                                      std::optional<domain::Etag> before, int limit) {
    std::vector<Row> found;
    for (auto it = rows.rbegin(); it != rows.rend(); ++it) {
      if (it->first.first != member_no || (before && it->first.second >= *before)) continue;
      if (found.size() == static_cast<size_t>(limit)) break;
      found.push_back(it->second);
    }
    return found;
  }
};

}  // namespace segmentation::testing_support
