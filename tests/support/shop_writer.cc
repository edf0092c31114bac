#include "tests/support/shop_writer.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/status_macros.h"
#include "server/domain/attribute_catalogue.h"

namespace segmentation::testing_support {
namespace {

// Small enough for one change-log row each.
constexpr size_t kMembersPerTransaction = 50;

absl::Time Deadline() { return absl::Now() + absl::Minutes(2); }

storage::WriteSet DefinitionsOf(const GeneratedShop& shop) {
  storage::WriteSet rows;
  for (const auto& [number, store] : shop.definitions.stores) rows.stores.push_back(store);
  for (const auto& [number, promotion] : shop.definitions.promotions) {
    rows.promotions.push_back(promotion);
  }
  for (const auto& [number, attribute] : shop.definitions.attributes) {
    rows.attribute_definitions.push_back(attribute);
  }
  for (const auto& [number, category] : shop.definitions.tag_categories) {
    rows.tag_categories.push_back(category);
  }
  for (const auto& [number, tag] : shop.definitions.tags) rows.tags.push_back(tag);
  return rows;
}

void AddMember(const GeneratedShop& shop, const domain::Member& member, storage::WriteSet& rows) {
  const domain::AttributeCatalogue catalogue(shop.definitions);
  rows.members.push_back(member);
  for (const domain::Identity& identity : member.identities) {
    rows.identities.emplace_back(member.number, identity);
  }
  for (const auto& [number, values] : member.attributes) {
    const domain::Attribute* attribute = catalogue.Find(number);
    if (values.empty()) continue;
    rows.attributes.push_back(
        {member.number, number, attribute->type, attribute->folding, attribute->pii, values});
  }
  for (const domain::Consent& consent : member.consents) {
    rows.consents.emplace_back(member.number, consent);
  }
  for (const domain::TagAssignment& tag : member.tags) {
    rows.tag_assignments.emplace_back(member.number, tag);
  }
  for (const domain::Order& order : shop.OrdersOf(member.number)) {
    rows.orders.push_back({order, true, std::nullopt});
  }
}

absl::Status Write(storage::Store& store, domain::ShopNo shop_no, storage::WriteSet rows,
                   const GeneratedShop& shop, bool definitions) {
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::WriteTransaction> transaction,
                   store.BeginWrite(shop_no, Deadline()));
  storage::ShopHead head = transaction->head();
  head.next_member_no = static_cast<uint32_t>(shop.members.size()) + 1;
  head.next_order_no = static_cast<uint32_t>(shop.orders.size()) + 1;
  if (definitions) {
    head.next_store_no = static_cast<uint32_t>(shop.definitions.stores.size()) + 1;
    head.next_promotion_no = static_cast<uint32_t>(shop.definitions.promotions.size()) + 1;
    head.next_attribute_no =
        domain::kFirstCustomAttributeNo + static_cast<uint32_t>(shop.definitions.attributes.size());
    head.next_tag_category_no = static_cast<uint32_t>(shop.definitions.tag_categories.size()) + 1;
    head.next_tag_no = static_cast<uint32_t>(shop.definitions.tags.size()) + 1;
    head.definition_revision = head.revision;
  }
  rows.head = head;
  RETURN_IF_ERROR(transaction->Apply(rows));
  return transaction->Commit(definitions ? storage::ChangeCause::kDefinition
                                         : storage::ChangeCause::kImport);
}

}  // namespace

absl::StatusOr<domain::ShopNo> WriteShop(storage::Store& store, const GeneratedShop& shop) {
  storage::NewShop new_shop;
  new_shop.shop = shop.definitions.shop;
  new_shop.policy = shop.definitions.policy;
  new_shop.request_id = "write-" + shop.definitions.shop.id;
  new_shop.request_hash = std::string(32, 'h');
  ASSIGN_OR_RETURN(const domain::Shop created, store.CreateShop(new_shop));
  RETURN_IF_ERROR(Write(store, created.number, DefinitionsOf(shop), shop, true));
  for (size_t begin = 0; begin < shop.members.size(); begin += kMembersPerTransaction) {
    const size_t end = std::min(begin + kMembersPerTransaction, shop.members.size());
    storage::WriteSet rows;
    for (size_t i = begin; i < end; ++i) AddMember(shop, shop.members[i], rows);
    RETURN_IF_ERROR(Write(store, created.number, std::move(rows), shop, false));
  }
  return created.number;
}

}  // namespace segmentation::testing_support
