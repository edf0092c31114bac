#include "tests/support/model_shop.h"

#include <algorithm>
#include <functional>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace segmentation::testing_support {
namespace {

using domain::Member;
using domain::MemberNo;
using domain::Order;

absl::Status AlreadyExists() {
  return base::MakeError(base::Reason::ALREADY_EXISTS, "", "a row with this key already exists");
}

// Puts `item` into a sorted vector at the place of its key, in place of the one that has it.
template <typename T, typename Key>
void PutByKey(std::vector<T>& items, T item, Key key) {
  const auto at = std::lower_bound(items.begin(), items.end(), item, [&](const T& a, const T& b) {
    return std::invoke(key, a) < std::invoke(key, b);
  });
  if (at != items.end() && std::invoke(key, *at) == std::invoke(key, item)) {
    *at = std::move(item);
  } else {
    items.insert(at, std::move(item));
  }
}

// Writes a definition: its public id stays as first written, and `unique` must differ from that of
// every other row.
template <typename Number, typename Row, typename Unique>
absl::Status PutDefinition(std::map<Number, Row>& table, Row row, Unique unique) {
  const auto existing = table.find(row.number);
  if constexpr (requires { row.id; }) {
    if (existing != table.end()) row.id = existing->second.id;
  }
  for (const auto& [number, other] : table) {
    if (number != row.number && unique(other, row)) return AlreadyExists();
  }
  table.insert_or_assign(row.number, std::move(row));
  return absl::OkStatus();
}

constexpr auto kSameId = [](const auto& a, const auto& b) { return a.id == b.id; };

}  // namespace

Member& ModelShop::EditMember(MemberNo member_no) {
  std::shared_ptr<const Member>& slot = members[member_no];
  auto copy = slot ? std::make_shared<Member>(*slot) : std::make_shared<Member>();
  copy->number = member_no;
  Member& edited = *copy;
  slot = std::move(copy);
  return edited;
}

void ModelShop::DeleteFacts(const storage::WriteSet& rows) {
  for (const auto& [member_no, identity_no] : rows.deleted_identities) {
    if (!members.contains(member_no)) continue;
    Member& member = EditMember(member_no);
    const auto at = std::find_if(member.identities.begin(), member.identities.end(),
                                 [&](const auto& item) { return item.number == identity_no; });
    if (at == member.identities.end()) continue;
    identities.erase({at->kind, at->value});
    member.identities.erase(at);
  }
  for (const auto& [member_no, tag_no] : rows.deleted_tag_assignments) {
    if (!members.contains(member_no)) continue;
    std::erase_if(EditMember(member_no).tags,
                  [&](const auto& tag) { return tag.tag_no == tag_no; });
  }
  for (const auto& key : rows.deleted_notes) notes.erase(key);
}

void ModelShop::DeleteDefinitions(const storage::WriteSet& rows) {
  for (const auto number : rows.deleted_stores) definitions.stores.erase(number);
  for (const auto number : rows.deleted_promotions) definitions.promotions.erase(number);
  for (const auto number : rows.deleted_tag_categories) definitions.tag_categories.erase(number);
  for (const auto number : rows.deleted_groups) definitions.groups.erase(number);
  definitions.retired_group_ids.insert(rows.retired_group_ids.begin(),
                                       rows.retired_group_ids.end());
  for (const auto number : rows.deleted_attribute_definitions) {
    definitions.attributes.erase(number);
  }
  for (const auto number : rows.deleted_tags) definitions.tags.erase(number);
  if (rows.deleted_attribute_definitions.empty() && rows.deleted_tags.empty()) return;
  std::vector<MemberNo> numbers;
  for (const auto& entry : members) numbers.push_back(entry.first);
  for (const MemberNo member_no : numbers) {
    Member& member = EditMember(member_no);
    for (const auto number : rows.deleted_attribute_definitions) member.attributes.erase(number);
    std::erase_if(member.tags, [&](const domain::TagAssignment& tag) {
      return std::find(rows.deleted_tags.begin(), rows.deleted_tags.end(), tag.tag_no) !=
             rows.deleted_tags.end();
    });
  }
}

absl::Status ModelShop::WriteMembers(const storage::WriteSet& rows) {
  for (const Member& row : rows.members) {
    const bool is_new = !members.contains(row.number);
    if (is_new && !member_nos.emplace(row.id, row.number).second) return AlreadyExists();
    Member& member = EditMember(row.number);
    if (is_new) member.id = row.id;
    member.blocked = row.blocked;
    member.next_identity_no = row.next_identity_no;
    member.stamp = row.stamp;
  }
  for (const storage::MemberAttributeRow& row : rows.attributes) {
    Member& member = EditMember(row.member_no);
    if (row.values.empty()) {
      member.attributes.erase(row.attribute_no);
    } else {
      member.attributes[row.attribute_no] = row.values;
    }
  }
  for (const auto& [member_no, consent] : rows.consents) {
    PutByKey(EditMember(member_no).consents, consent, &domain::Consent::channel);
  }
  for (const auto& [member_no, assignment] : rows.tag_assignments) {
    PutByKey(EditMember(member_no).tags, assignment, &domain::TagAssignment::tag_no);
  }
  for (const domain::Note& note : rows.notes) {
    notes.insert_or_assign({note.member_no, note.id}, note);
  }
  return absl::OkStatus();
}

absl::Status ModelShop::WriteIdentities(const storage::WriteSet& rows) {
  for (const auto& [member_no, identity] : rows.identities) {
    Member& member = EditMember(member_no);
    const auto old = std::find_if(member.identities.begin(), member.identities.end(),
                                  [&](const auto& item) { return item.number == identity.number; });
    if (old != member.identities.end()) identities.erase({old->kind, old->value});
    const domain::IdentityKey key{identity.kind, identity.value};
    if (!identities.emplace(key, std::pair(member_no, identity.number)).second) {
      return AlreadyExists();
    }
    PutByKey(member.identities, identity, &domain::Identity::number);
  }
  return absl::OkStatus();
}

absl::Status ModelShop::WriteHistories(const storage::WriteSet& rows) {
  for (storage::TagHistoryRow row : rows.tag_history) {
    row.assignment.stamp = {};
    const HistoryPlace place{row.member_no, row.at};
    if (!tag_history.emplace(place, std::move(row)).second) return AlreadyExists();
  }
  for (const storage::ConsentHistoryRow& row : rows.consent_history) {
    if (!consent_history.emplace(HistoryPlace{row.member_no, row.at}, row).second) {
      return AlreadyExists();
    }
  }
  return absl::OkStatus();
}

absl::Status ModelShop::WriteOrders(const storage::WriteSet& rows) {
  // All moves first, as the rows under the old members go before any is written.
  for (const storage::WriteSet::OrderWrite& write : rows.orders) {
    if (!write.moved_from) continue;
    const auto old = orders.find({*write.moved_from, write.order.number});
    if (old == orders.end()) continue;
    order_places.erase({old->second->source, old->second->external_id});
    orders.erase(old);
  }
  for (const storage::WriteSet::OrderWrite& write : rows.orders) {
    Order order = write.order;
    const OrderPlace place{order.member_no, order.number};
    const auto old = orders.find(place);
    if (old != orders.end()) {
      order.source = old->second->source;
      order.external_id = old->second->external_id;
    } else if (!order_places.emplace(domain::OrderKey{order.source, order.external_id}, place)
                    .second) {
      return AlreadyExists();
    }
    std::sort(order.reviews.begin(), order.reviews.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    orders.insert_or_assign(place, std::make_shared<const Order>(std::move(order)));
  }
  return absl::OkStatus();
}

absl::Status ModelShop::WriteProducts(const storage::WriteSet& rows) {
  for (domain::Product product : rows.products) {
    const auto old = products.find(product.number);
    if (old != products.end()) {
      product.id = old->second.id;
    } else if (!product_nos.emplace(product.id, product.number).second) {
      return AlreadyExists();
    }
    products.insert_or_assign(product.number, std::move(product));
  }
  return absl::OkStatus();
}

absl::Status ModelShop::WriteDefinitions(const storage::WriteSet& rows) {
  if (rows.shop) {
    const std::string id = definitions.shop.id;
    definitions.shop = *rows.shop;
    definitions.shop.id = id;
    definitions.shop.number = head.shop_no;
  }
  if (rows.policy && rows.policy->revision >= definitions.policy.revision) {
    definitions.policy = *rows.policy;
  }
  for (const auto& store : rows.stores) {
    RETURN_IF_ERROR(PutDefinition(definitions.stores, store, kSameId));
  }
  for (const auto& promotion : rows.promotions) {
    RETURN_IF_ERROR(PutDefinition(definitions.promotions, promotion, kSameId));
  }
  for (const auto& attribute : rows.attribute_definitions) {
    RETURN_IF_ERROR(PutDefinition(definitions.attributes, attribute,
                                  [](const auto& a, const auto& b) { return a.name == b.name; }));
  }
  for (const auto& category : rows.tag_categories) {
    RETURN_IF_ERROR(
        PutDefinition(definitions.tag_categories, category, [](const auto& a, const auto& b) {
          return a.id == b.id || (a.template_name == b.template_name && a.name == b.name);
        }));
  }
  for (const auto& tag : rows.tags) {
    RETURN_IF_ERROR(PutDefinition(definitions.tags, tag, [](const auto& a, const auto& b) {
      return a.id == b.id || (a.category_no == b.category_no && a.value == b.value);
    }));
  }
  for (const auto& group : rows.groups) {
    RETURN_IF_ERROR(PutDefinition(definitions.groups, group, kSameId));
    storage::GroupRevisionRow row;
    row.group_no = group.number;
    row.group_revision = group.group_revision;
    row.name = group.name;
    row.condition_text = group.condition_text;
    row.grammar_version = group.grammar_version;
    row.stamp = group.stamp;
    group_revisions.insert_or_assign({group.number, group.group_revision}, std::move(row));
  }
  for (const auto& row : rows.group_revisions) {
    group_revisions.insert_or_assign({row.group_no, row.group_revision}, row);
  }
  return absl::OkStatus();
}

absl::Status ModelShop::WriteLogs(const storage::WriteSet& rows) {
  for (const storage::RequestRow& request : rows.requests) {
    if (!requests.emplace(request.request_id, request).second) return AlreadyExists();
  }
  for (const auto& row : rows.import_progress) imports.insert_or_assign(row.import_id, row);
  for (const auto& row : rows.operations) operations.insert_or_assign(row.id, row);
  if (rows.head) {
    const storage::ShopHead before = head;
    head = *rows.head;
    head.shop_no = before.shop_no;
    head.revision = before.revision;
  }
  return absl::OkStatus();
}

absl::Status ModelShop::Apply(const storage::WriteSet& rows) {
  DeleteFacts(rows);
  DeleteDefinitions(rows);
  RETURN_IF_ERROR(WriteMembers(rows));
  RETURN_IF_ERROR(WriteIdentities(rows));
  RETURN_IF_ERROR(WriteHistories(rows));
  RETURN_IF_ERROR(WriteOrders(rows));
  RETURN_IF_ERROR(WriteProducts(rows));
  RETURN_IF_ERROR(WriteDefinitions(rows));
  return WriteLogs(rows);
}

}  // namespace segmentation::testing_support
