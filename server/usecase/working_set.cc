#include "server/usecase/working_set.h"

#include <algorithm>
#include <set>
#include <type_traits>

#include "server/audience/shop_index.h"
#include "server/base/status_macros.h"

namespace segmentation::usecase {
namespace {

template <typename T>
void SortUnique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

absl::StatusOr<std::unique_ptr<WorkingSet>> WorkingSet::Load(
    storage::Reader& reader, std::shared_ptr<const DefinitionIndex> definitions,
    const WriteKeys& keys, base::InstantMs now_ms, const KnownProducts* known_products) {
  std::unique_ptr<WorkingSet> ws(new WorkingSet(reader, std::move(definitions), now_ms));
  RETURN_IF_ERROR(ws->LoadRows(keys, known_products));
  return ws;
}

WorkingSet::WorkingSet(storage::Reader& reader, std::shared_ptr<const DefinitionIndex> definitions,
                       base::InstantMs now_ms)
    : reader_(reader),
      now_ms_(now_ms),
      loaded_head_(reader.head()),
      head_(loaded_head_),
      answer_revision_(head_.revision),
      loaded_definitions_(std::move(definitions)),
      definitions_(loaded_definitions_->definitions()) {}

absl::Status WorkingSet::LoadRows(const WriteKeys& given, const KnownProducts* known_products) {
  WriteKeys keys = given;
  SortUnique(keys.identities);
  SortUnique(keys.orders);
  SortUnique(keys.product_ids);
  SortUnique(keys.notes_of_member_ids);
  SortUnique(keys.import_ids);
  SortUnique(keys.operation_ids);

  parts_ = keys.parts;
  std::vector<domain::MemberNo> wanted = keys.member_nos;
  if (!keys.identities.empty()) {
    ASSIGN_OR_RETURN(const auto owners, reader_.ReadIdentityOwners(keys.identities));
    for (const storage::IdentityOwner& owner : owners) {
      owners_.AddLoaded(owner.key, Owner{owner.member_no, owner.identity_no});
      wanted.push_back(owner.member_no);
    }
  }
  if (!keys.orders.empty()) {
    ASSIGN_OR_RETURN(auto orders, reader_.ReadOrders(keys.orders));
    for (domain::Order& order : orders) {
      wanted.push_back(order.member_no);
      domain::OrderKey key{order.source, order.external_id};
      orders_.AddLoaded(std::move(key), std::move(order));
    }
  }
  for (WriteKeys::FreshMember& fresh : keys.fresh_members) {
    const bool owned = std::any_of(fresh.identities.begin(), fresh.identities.end(),
                                   [this](const auto& key) { return OwnerOf(key) != 0; });
    if (!owned) keys.member_ids.push_back(std::move(fresh.member_id));
  }
  SortUnique(keys.member_ids);
  looked_up_ids_.insert(keys.member_ids.begin(), keys.member_ids.end());
  if (!keys.member_ids.empty()) {
    ASSIGN_OR_RETURN(auto members, reader_.ReadMembersById(keys.member_ids, keys.parts));
    AddLoadedMembers(std::move(members));
  }
  SortUnique(wanted);
  std::erase_if(wanted, [this](domain::MemberNo no) { return members_.Find(no) != nullptr; });
  if (!wanted.empty()) {
    ASSIGN_OR_RETURN(auto members, reader_.ReadMembersByNo(wanted, keys.parts));
    AddLoadedMembers(std::move(members));
  }
  if (known_products != nullptr) {
    std::erase_if(keys.product_ids, [&](const std::string& product_id) {
      KnownProducts::Row known = known_products->Find(product_id);
      if (known == nullptr) return false;
      products_.AddLoaded(product_id, std::move(known));
      return true;
    });
  }
  if (!keys.product_ids.empty()) {
    ASSIGN_OR_RETURN(auto products, reader_.ReadProducts(keys.product_ids));
    for (domain::Product& product : products) {
      std::string key = product.id;
      products_.AddLoaded(std::move(key), std::move(product));
    }
  }
  for (const std::string& member_id : keys.notes_of_member_ids) {
    const domain::MemberNo* const member_no = member_nos_.Find(member_id);
    if (member_no == nullptr) continue;
    ASSIGN_OR_RETURN(auto notes, reader_.ListNotes(*member_no));
    for (domain::Note& note : notes) {
      NoteKey key{note.member_no, note.id};
      notes_.AddLoaded(std::move(key), std::move(note));
    }
  }
  for (const std::string& import_id : keys.import_ids) {
    ASSIGN_OR_RETURN(auto row, reader_.ReadImportProgress(import_id));
    if (row) imports_.AddLoaded(import_id, *std::move(row));
  }
  for (const std::string& operation_id : keys.operation_ids) {
    ASSIGN_OR_RETURN(auto row, reader_.ReadOperation(operation_id));
    if (row) operations_.AddLoaded(operation_id, *std::move(row));
  }
  return absl::OkStatus();
}

void WorkingSet::AddLoadedMembers(std::vector<domain::Member> members) {
  for (domain::Member& member : members) {
    member_nos_.AddLoaded(member.id, member.number);
    for (const domain::Identity& identity : member.identities) {
      owners_.AddLoaded({identity.kind, identity.value}, Owner{member.number, identity.number});
    }
    const domain::MemberNo number = member.number;
    members_.AddLoaded(number, std::move(member));
  }
}

domain::Stamp WorkingSet::NewStamp(std::string_view actor) {
  domain::Stamp stamp;
  stamp.created_at_ms = now_ms_;
  stamp.created_by = actor;
  Restamp(stamp, actor);
  return stamp;
}

void WorkingSet::Restamp(domain::Stamp& stamp, std::string_view actor) {
  stamp.etag = NextEtag();
  stamp.updated_at_ms = now_ms_;
  stamp.updated_by = actor;
}

const domain::Member* WorkingSet::FindMember(std::string_view member_id) const {
  const domain::MemberNo* const number = member_nos_.Find(member_id);
  return number == nullptr ? nullptr : members_.Find(*number);
}

const domain::Member* WorkingSet::FindMember(domain::MemberNo member_no) const {
  return members_.Find(member_no);
}

absl::StatusOr<bool> WorkingSet::IsMemberIdFree(const std::string& member_id) const {
  if (FindMember(member_id) != nullptr) return false;
  if (looked_up_ids_.contains(member_id)) return true;
  ASSIGN_OR_RETURN(const auto stored,
                   reader_.ReadMembersById(std::span(&member_id, 1), storage::MemberParts::kRow));
  return stored.empty();
}

domain::Member* WorkingSet::MutableMember(domain::MemberNo member_no) {
  return members_.Mutable(member_no);
}

domain::Member* WorkingSet::CreateMember(std::string member_id, std::string_view actor) {
  domain::Member member;
  member.number = head_.next_member_no++;
  member.id = std::move(member_id);
  member.stamp = NewStamp(actor);
  member_nos_.Put(member.id, member.number);
  const domain::MemberNo number = member.number;
  return members_.Put(number, std::move(member));
}

domain::MemberNo WorkingSet::OwnerOf(const domain::IdentityKey& key) const {
  const Owner* const owner = owners_.Find(key);
  return owner == nullptr ? 0 : owner->member_no;
}

domain::IdentityNo WorkingSet::IdentityNoOf(const domain::IdentityKey& key) const {
  const Owner* const owner = owners_.Find(key);
  return owner == nullptr ? 0 : owner->identity_no;
}

domain::IdentityNo WorkingSet::AddIdentity(domain::MemberNo member_no,
                                           const domain::IdentityKey& key) {
  domain::Member& member = *MutableMember(member_no);
  domain::Identity identity{member.next_identity_no++, key.kind, key.value, now_ms_};
  member.identities.push_back(identity);
  owners_.Put(key, Owner{member_no, identity.number});
  return identity.number;
}

void WorkingSet::RemoveIdentity(domain::MemberNo member_no, domain::IdentityNo identity_no) {
  domain::Member& member = *MutableMember(member_no);
  const auto found =
      std::find_if(member.identities.begin(), member.identities.end(),
                   [&](const domain::Identity& one) { return one.number == identity_no; });
  if (found == member.identities.end()) return;
  owners_.Erase({found->kind, found->value});
  member.identities.erase(found);
}

const domain::Note* WorkingSet::FindNote(domain::MemberNo member_no,
                                         std::string_view note_id) const {
  return notes_.Find(NoteKey{member_no, std::string(note_id)});
}

int64_t WorkingSet::CountNotes(domain::MemberNo member_no) const {
  int64_t count = 0;
  for (auto slot = notes_.slots().lower_bound(NoteKey{member_no, ""});
       slot != notes_.slots().end() && slot->first.member_no == member_no; ++slot) {
    if (slot->second.current != nullptr) ++count;
  }
  return count;
}

void WorkingSet::PutNote(domain::Note note) {
  NoteKey key{note.member_no, note.id};
  notes_.Put(key, std::move(note));
}

void WorkingSet::DeleteNote(domain::MemberNo member_no, const std::string& note_id) {
  notes_.Erase(NoteKey{member_no, note_id});
}

const domain::Order& WorkingSet::PutOrder(domain::Order order) {
  if (order.number == 0) order.number = head_.next_order_no++;
  const domain::OrderKey key{order.source, order.external_id};
  return *orders_.Put(key, std::move(order));
}

const domain::Product& WorkingSet::PutProduct(domain::Product product) {
  if (product.number == 0) product.number = head_.next_product_no++;
  const std::string key = product.id;
  return *products_.Put(key, std::move(product));
}

WorkingSet::Savepoint WorkingSet::Save() const {
  return {head_,
          ordinal_,
          {members_.Mark(), member_nos_.Mark(), owners_.Mark(), notes_.Mark(), orders_.Mark(),
           products_.Mark(), imports_.Mark(), operations_.Mark()},
          tag_history_.size(),
          consent_history_.size(),
          definition_undo_.size()};
}

void WorkingSet::RollbackTo(const Savepoint& savepoint) {
  head_ = savepoint.head;
  ordinal_ = savepoint.ordinal;
  members_.RollbackTo(savepoint.rows[0]);
  member_nos_.RollbackTo(savepoint.rows[1]);
  owners_.RollbackTo(savepoint.rows[2]);
  notes_.RollbackTo(savepoint.rows[3]);
  orders_.RollbackTo(savepoint.rows[4]);
  products_.RollbackTo(savepoint.rows[5]);
  imports_.RollbackTo(savepoint.rows[6]);
  operations_.RollbackTo(savepoint.rows[7]);
  tag_history_.resize(savepoint.tag_history);
  consent_history_.resize(savepoint.consent_history);
  for (; definition_undo_.size() > savepoint.definition_changes; definition_undo_.pop_back()) {
    definition_undo_.back()(*edited_definitions_);
  }
}

storage::WriteSet WorkingSet::TakeWriteSet() {
  storage::WriteSet rows;
  for (const auto& [number, slot] : members_.slots()) {
    if (slot.changed() && slot.current != nullptr) {
      WriteMember(slot.loaded.get(), *slot.current, rows);
    }
  }
  for (const auto& [key, slot] : notes_.slots()) {
    if (!slot.changed()) continue;
    if (slot.current != nullptr) {
      rows.notes.push_back(*slot.current);
    } else if (slot.loaded != nullptr) {
      rows.deleted_notes.emplace_back(key.member_no, key.id);
    }
  }
  for (const auto& [key, slot] : orders_.slots()) {
    if (!slot.changed() || slot.current == nullptr) continue;
    storage::WriteSet::OrderWrite write{*slot.current, slot.loaded == nullptr, std::nullopt};
    if (slot.loaded != nullptr && slot.loaded->member_no != slot.current->member_no) {
      write.moved_from = slot.loaded->member_no;
    }
    rows.orders.push_back(std::move(write));
  }
  for (const auto& [key, slot] : products_.slots()) {
    if (slot.changed() && slot.current != nullptr) rows.products.push_back(*slot.current);
  }
  for (const auto& [key, slot] : imports_.slots()) {
    if (slot.changed() && slot.current != nullptr) rows.import_progress.push_back(*slot.current);
  }
  for (const auto& [key, slot] : operations_.slots()) {
    if (slot.changed() && slot.current != nullptr) rows.operations.push_back(*slot.current);
  }
  rows.tag_history = std::move(tag_history_);
  tag_history_.clear();
  rows.consent_history = std::move(consent_history_);
  consent_history_.clear();
  if (edited_definitions_ != nullptr) WriteDefinitions(rows);
  if (head_ != loaded_head_) rows.head = head_;
  return rows;
}

audience::ShopChanges WorkingSet::Changes() const {
  audience::ShopChanges changes;
  changes.revision = head_.revision;
  changes.tick_at_ms = head_.tick_at_ms;
  changes.definitions = definitions_;
  for (const auto& [number, slot] : members_.slots()) {
    if (!slot.changed() || slot.current == nullptr) continue;
    // A new member has all its parts here, be they empty.
    changes.members.push_back(
        {slot.current, slot.loaded == nullptr ? storage::MemberParts::kAll : parts_});
  }
  for (const auto& [key, slot] : orders_.slots()) {
    if (!slot.changed() || slot.current == nullptr) continue;
    const bool moved = slot.loaded != nullptr && slot.loaded->member_no != slot.current->member_no;
    changes.orders.push_back({slot.current, moved ? slot.loaded->member_no : 0});
  }
  return changes;
}

void WorkingSet::WriteMember(const domain::Member* before, const domain::Member& now,
                             storage::WriteSet& rows) const {
  static const domain::Member kNothing;
  const domain::Member& old = before == nullptr ? kNothing : *before;
  if (before == nullptr || old.stamp.etag != now.stamp.etag) {
    domain::Member row;
    row.number = now.number;
    row.id = now.id;
    row.blocked = now.blocked;
    row.next_identity_no = now.next_identity_no;
    row.stamp = now.stamp;
    rows.members.push_back(std::move(row));
  }

  std::set<domain::IdentityNo> kept;
  for (const domain::Identity& identity : now.identities) {
    kept.insert(identity.number);
    if (std::find(old.identities.begin(), old.identities.end(), identity) == old.identities.end()) {
      rows.identities.emplace_back(now.number, identity);
    }
  }
  for (const domain::Identity& identity : old.identities) {
    if (!kept.contains(identity.number)) {
      rows.deleted_identities.emplace_back(now.number, identity.number);
    }
  }

  std::set<domain::AttributeNo> attributes;
  for (const auto& [number, values] : now.attributes) {
    const auto was = old.attributes.find(number);
    if (was == old.attributes.end() || was->second != values) attributes.insert(number);
  }
  for (const auto& [number, values] : old.attributes) {
    if (!now.attributes.contains(number)) attributes.insert(number);
  }
  const domain::AttributeCatalogue catalogue(*definitions_);
  for (const domain::AttributeNo number : attributes) {
    const domain::Attribute* const attribute = catalogue.Find(number);
    if (attribute == nullptr) continue;  // its definition was deleted, and its values with it
    const auto values = now.attributes.find(number);
    rows.attributes.push_back(
        {now.number, number, attribute->type, attribute->folding, attribute->pii,
         values == now.attributes.end() ? std::vector<domain::Value>() : values->second});
  }

  for (const domain::Consent& consent : now.consents) {
    if (std::find(old.consents.begin(), old.consents.end(), consent) == old.consents.end()) {
      rows.consents.emplace_back(now.number, consent);
    }
  }

  std::map<domain::TagNo, domain::Etag> tags;
  for (const domain::TagAssignment& tag : old.tags) tags.emplace(tag.tag_no, tag.stamp.etag);
  for (const domain::TagAssignment& tag : now.tags) {
    const auto was = tags.find(tag.tag_no);
    if (was == tags.end() || was->second != tag.stamp.etag) {
      rows.tag_assignments.emplace_back(now.number, tag);
    }
    if (was != tags.end()) tags.erase(was);
  }
  for (const auto& [tag_no, etag] : tags) {
    rows.deleted_tag_assignments.emplace_back(now.number, tag_no);
  }
}

}  // namespace segmentation::usecase
