#include "tests/support/fill_store.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"

namespace segmentation::testing_support {
namespace {

// Small enough that a chunk of large orders stays below the change log's limit.
constexpr size_t kMembersAtOnce = 100;
constexpr size_t kOrdersAtOnce = 100;

template <typename Number, typename Row>
std::vector<Row> RowsOf(const std::map<Number, Row>& table) {
  std::vector<Row> rows;
  for (const auto& entry : table) rows.push_back(entry.second);
  return rows;
}

template <typename Number, typename Row>
uint32_t NextOf(const std::map<Number, Row>& table, uint32_t first) {
  return table.empty() ? first : table.rbegin()->first + 1;
}

absl::Status WriteDefinitions(storage::Store& store, const domain::Shop& shop,
                              const GeneratedShop& generated) {
  const domain::ShopDefinitions& definitions = generated.definitions;
  ASSIGN_OR_RETURN(auto transaction, store.BeginWrite(shop.number, absl::InfiniteFuture()));
  storage::WriteSet rows;
  rows.shop = definitions.shop;
  rows.shop->id = shop.id;
  rows.shop->number = shop.number;
  rows.policy = definitions.policy;
  rows.stores = RowsOf(definitions.stores);
  rows.promotions = RowsOf(definitions.promotions);
  rows.attribute_definitions = RowsOf(definitions.attributes);
  rows.tag_categories = RowsOf(definitions.tag_categories);
  rows.tags = RowsOf(definitions.tags);
  rows.groups = RowsOf(definitions.groups);
  rows.head = transaction->head();
  rows.head->definition_revision = rows.head->revision;
  rows.head->next_store_no = NextOf(definitions.stores, 1);
  rows.head->next_promotion_no = NextOf(definitions.promotions, 1);
  rows.head->next_attribute_no = NextOf(definitions.attributes, domain::kFirstCustomAttributeNo);
  rows.head->next_tag_category_no = NextOf(definitions.tag_categories, 1);
  rows.head->next_tag_no = NextOf(definitions.tags, 1);
  rows.head->next_group_no = NextOf(definitions.groups, 1);
  rows.head->next_member_no = static_cast<uint32_t>(generated.members.size()) + 1;
  for (const domain::Order& order : generated.orders) {
    rows.head->next_order_no = std::max(rows.head->next_order_no, order.number + 1);
  }
  RETURN_IF_ERROR(transaction->Apply(rows));
  return transaction->Commit(storage::ChangeCause::kDefinition);
}

// The attribute's catalogue entry, built in or custom.
const domain::Attribute* FindAttribute(const domain::ShopDefinitions& definitions,
                                       domain::AttributeNo number) {
  const auto custom = definitions.attributes.find(number);
  if (custom != definitions.attributes.end()) return &custom->second;
  for (const domain::Attribute& attribute : domain::BuiltinAttributes()) {
    if (attribute.number == number) return &attribute;
  }
  return nullptr;
}

void AddMember(const domain::ShopDefinitions& definitions, const domain::Member& member,
               storage::WriteSet& rows) {
  rows.members.push_back(member);
  for (const auto& identity : member.identities) {
    rows.identities.emplace_back(member.number, identity);
  }
  for (const auto& [number, values] : member.attributes) {
    const domain::Attribute* attribute = FindAttribute(definitions, number);
    storage::MemberAttributeRow row;
    row.member_no = member.number;
    row.attribute_no = number;
    row.type = attribute->type;
    row.folding = attribute->folding;
    row.pii = attribute->pii;
    row.values = values;
    rows.attributes.push_back(std::move(row));
  }
  for (const auto& consent : member.consents) rows.consents.emplace_back(member.number, consent);
  for (const auto& tag : member.tags) rows.tag_assignments.emplace_back(member.number, tag);
}

}  // namespace

storage::NewShop NewShopOf(const std::string& shop_id) {
  storage::NewShop shop;
  shop.shop.id = shop_id;
  shop.shop.name = "店铺 " + shop_id;
  shop.shop.time_zone = "Asia/Shanghai";
  shop.shop.currency = "CNY";
  shop.shop.stamp.created_at_ms = 1'700'000'000'000;
  shop.shop.stamp.updated_at_ms = 1'700'000'000'000;
  shop.shop.stamp.created_by = "tester";
  shop.shop.stamp.updated_by = "tester";
  shop.request_id = "create-" + shop_id;
  shop.request_hash = std::string(base::BytesOf(base::Sha256(shop_id)));
  return shop;
}

absl::StatusOr<domain::Revision> WriteRows(storage::Store& store, domain::ShopNo shop_no,
                                           const storage::WriteSet& rows) {
  ASSIGN_OR_RETURN(auto transaction, store.BeginWrite(shop_no, absl::InfiniteFuture()));
  RETURN_IF_ERROR(transaction->Apply(rows));
  const domain::Revision revision = transaction->head().revision;
  RETURN_IF_ERROR(transaction->Commit(storage::ChangeCause::kFact));
  return revision;
}

absl::StatusOr<domain::Shop> FillStore(storage::Store& store, const std::string& shop_id,
                                       const GeneratedShop& generated) {
  ASSIGN_OR_RETURN(const domain::Shop shop, store.CreateShop(NewShopOf(shop_id)));
  RETURN_IF_ERROR(WriteDefinitions(store, shop, generated));
  for (size_t i = 0; i < generated.members.size(); i += kMembersAtOnce) {
    storage::WriteSet rows;
    const size_t end = std::min(i + kMembersAtOnce, generated.members.size());
    for (size_t k = i; k < end; ++k) {
      AddMember(generated.definitions, generated.members[k], rows);
    }
    RETURN_IF_ERROR(WriteRows(store, shop.number, rows).status());
  }
  for (size_t i = 0; i < generated.orders.size(); i += kOrdersAtOnce) {
    storage::WriteSet rows;
    const size_t end = std::min(i + kOrdersAtOnce, generated.orders.size());
    for (size_t k = i; k < end; ++k) {
      rows.orders.push_back({generated.orders[k], /*is_new=*/true, std::nullopt});
    }
    RETURN_IF_ERROR(WriteRows(store, shop.number, rows).status());
  }
  return shop;
}

}  // namespace segmentation::testing_support
