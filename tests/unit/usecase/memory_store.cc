#include "tests/unit/usecase/memory_store.h"

#include <algorithm>
#include <sstream>

#include "server/base/error.h"

namespace segmentation::usecase {
namespace {

using storage::Has;
using storage::MemberParts;

absl::Status NotKept() {
  return absl::UnimplementedError("not kept by the store of the write side's tests");
}

domain::Member WithParts(domain::Member member, MemberParts parts) {
  if (!Has(parts, MemberParts::kIdentities)) member.identities.clear();
  if (!Has(parts, MemberParts::kAttributes)) member.attributes.clear();
  if (!Has(parts, MemberParts::kConsents)) member.consents.clear();
  if (!Has(parts, MemberParts::kTags)) member.tags.clear();
  return member;
}

// Puts a row into a vector sorted by a member of the row, or replaces the one of its key.
template <typename Row, typename Key>
void PutSorted(std::vector<Row>& rows, const Row& row, Key Row::*key) {
  std::erase_if(rows, [&](const Row& one) { return one.*key == row.*key; });
  rows.insert(std::lower_bound(rows.begin(), rows.end(), row,
                               [&](const Row& a, const Row& b) { return a.*key < b.*key; }),
              row);
}

template <typename Number, typename Row>
void PutAll(const std::vector<Row>& rows, const std::vector<Number>& deleted,
            std::map<Number, Row>& table) {
  for (const Number number : deleted) table.erase(number);
  for (const Row& row : rows) table[row.number] = row;
}

void ApplyMembers(const storage::WriteSet& rows, MemoryState& state) {
  for (const domain::Member& row : rows.members) {
    domain::Member& member = state.members[row.number];
    member.number = row.number;
    member.id = row.id;
    member.blocked = row.blocked;
    member.next_identity_no = row.next_identity_no;
    member.stamp = row.stamp;
  }
  for (const auto& [no, identity_no] : rows.deleted_identities) {
    std::erase_if(state.members[no].identities,
                  [&](const domain::Identity& one) { return one.number == identity_no; });
  }
  for (const auto& [no, identity] : rows.identities) {
    PutSorted(state.members[no].identities, identity, &domain::Identity::number);
  }
  for (const storage::MemberAttributeRow& row : rows.attributes) {
    auto& attributes = state.members[row.member_no].attributes;
    if (row.values.empty()) {
      attributes.erase(row.attribute_no);
    } else {
      attributes[row.attribute_no] = row.values;
    }
  }
  for (const auto& [no, consent] : rows.consents) {
    PutSorted(state.members[no].consents, consent, &domain::Consent::channel);
  }
  for (const auto& [no, tag_no] : rows.deleted_tag_assignments) {
    std::erase_if(state.members[no].tags,
                  [&](const domain::TagAssignment& one) { return one.tag_no == tag_no; });
  }
  for (const auto& [no, tag] : rows.tag_assignments) {
    PutSorted(state.members[no].tags, tag, &domain::TagAssignment::tag_no);
  }
}

void ApplyRows(const storage::WriteSet& rows, MemoryState& state) {
  if (rows.head) {
    const domain::Revision revision = state.head.revision;
    state.head = *rows.head;
    state.head.revision = revision;
  }
  ApplyMembers(rows, state);
  for (const auto& [no, note_id] : rows.deleted_notes) state.notes.erase({no, note_id});
  for (const domain::Note& note : rows.notes) state.notes[{note.member_no, note.id}] = note;
  for (const auto& write : rows.orders) {
    state.orders[{write.order.source, write.order.external_id}] = write.order;
  }
  for (const domain::Product& product : rows.products) state.products[product.id] = product;
  for (const storage::RequestRow& row : rows.requests) state.requests[row.request_id] = row;
  for (const auto& row : rows.import_progress) state.imports[row.import_id] = row;
  for (const storage::OperationRow& row : rows.operations) state.operations[row.id] = row;
  state.tag_history.insert(state.tag_history.end(), rows.tag_history.begin(),
                           rows.tag_history.end());
  state.consent_history.insert(state.consent_history.end(), rows.consent_history.begin(),
                               rows.consent_history.end());
  domain::ShopDefinitions& definitions = state.definitions;
  if (rows.shop) definitions.shop = *rows.shop;
  if (rows.policy) definitions.policy = *rows.policy;
  PutAll(rows.stores, rows.deleted_stores, definitions.stores);
  PutAll(rows.promotions, rows.deleted_promotions, definitions.promotions);
  PutAll(rows.attribute_definitions, rows.deleted_attribute_definitions, definitions.attributes);
  PutAll(rows.tag_categories, rows.deleted_tag_categories, definitions.tag_categories);
  PutAll(rows.tags, rows.deleted_tags, definitions.tags);
  PutAll(rows.groups, rows.deleted_groups, definitions.groups);
  for (const domain::Group& group : rows.groups) {
    state.group_revisions[{group.number, group.group_revision}] = {
        group.number,         group.group_revision,  group.name,
        group.condition_text, group.grammar_version, group.stamp};
  }
  for (const storage::GroupRevisionRow& row : rows.group_revisions) {
    state.group_revisions[{row.group_no, row.group_revision}] = row;
  }
  definitions.retired_group_ids.insert(rows.retired_group_ids.begin(),
                                       rows.retired_group_ids.end());
  definitions.definition_revision = state.head.definition_revision;
}

std::string Text(const domain::Value& value) {
  const std::string* const text = std::get_if<std::string>(&value);
  return text != nullptr ? "'" + *text + "'" : std::to_string(std::get<int64_t>(value));
}

}  // namespace

// Works on a copy of the state; the head is held from begin to end, as the contract says.
class MemoryTransaction final : public storage::WriteTransaction {
 public:
  explicit MemoryTransaction(MemoryStore& store) : store_(store), state_(store.state()) {
    ++state_.head.revision;
  }

  const storage::ShopHead& head() const override { return state_.head; }

  absl::StatusOr<std::shared_ptr<const domain::ShopDefinitions>> ReadDefinitions() override {
    std::lock_guard lock(store_.mutex_);
    ++store_.definition_reads_;
    return std::make_shared<const domain::ShopDefinitions>(state_.definitions);
  }
  absl::StatusOr<std::vector<domain::Member>> ReadMembersById(std::span<const std::string> ids,
                                                              MemberParts parts) override {
    std::vector<domain::Member> found;
    for (const auto& [no, member] : state_.members) {
      if (std::find(ids.begin(), ids.end(), member.id) != ids.end()) {
        found.push_back(WithParts(member, parts));
      }
    }
    return found;
  }
  absl::StatusOr<std::vector<domain::Member>> ReadMembersByNo(
      std::span<const domain::MemberNo> numbers, MemberParts parts) override {
    std::vector<domain::Member> found;
    for (const domain::MemberNo number : numbers) {
      const auto member = state_.members.find(number);
      if (member != state_.members.end()) found.push_back(WithParts(member->second, parts));
    }
    return found;
  }
  absl::StatusOr<std::vector<storage::IdentityOwner>> ReadIdentityOwners(
      std::span<const domain::IdentityKey> keys) override {
    std::vector<storage::IdentityOwner> owners;
    for (const auto& [no, member] : state_.members) {
      for (const domain::Identity& identity : member.identities) {
        const domain::IdentityKey key{identity.kind, identity.value};
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
          owners.push_back({key, no, identity.number});
        }
      }
    }
    return owners;
  }
  absl::StatusOr<std::vector<domain::Order>> ReadOrders(
      std::span<const domain::OrderKey> keys) override {
    return Find(state_.orders, keys);
  }
  absl::StatusOr<std::vector<domain::Product>> ReadProducts(
      std::span<const std::string> ids) override {
    return Find(state_.products, ids);
  }
  absl::StatusOr<std::vector<domain::Note>> ListNotes(domain::MemberNo member_no) override {
    std::vector<domain::Note> notes;
    for (const auto& [key, note] : state_.notes) {
      if (key.first == member_no) notes.push_back(note);
    }
    return notes;
  }
  absl::StatusOr<std::vector<storage::ChangeRow>> ListChanges(domain::Revision, int) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<storage::RequestRow>> ReadRequests(
      std::span<const std::string> ids) override {
    return Find(state_.requests, ids);
  }
  absl::StatusOr<std::optional<storage::ImportProgressRow>> ReadImportProgress(
      std::string_view id) override {
    const auto found = state_.imports.find(std::string(id));
    if (found == state_.imports.end()) return std::nullopt;
    return found->second;
  }
  absl::StatusOr<std::optional<storage::OperationRow>> ReadOperation(std::string_view id) override {
    const auto found = state_.operations.find(std::string(id));
    if (found == state_.operations.end()) return std::nullopt;
    return found->second;
  }

  absl::StatusOr<std::vector<domain::Member>> ListMembers(domain::MemberNo, int,
                                                          MemberParts) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<domain::Order>> ReadOrdersOfMembers(
      std::span<const domain::MemberNo>) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<domain::Order>> ListOrders(domain::MemberNo, domain::OrderNo,
                                                        int) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<domain::Product>> ListProducts(domain::ProductNo, int) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<storage::TagHistoryRow>> ListTagHistory(domain::MemberNo,
                                                                     std::optional<domain::Etag>,
                                                                     int) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<storage::ConsentHistoryRow>> ListConsentHistory(
      domain::MemberNo, std::optional<domain::Etag>, int) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<storage::GroupRevisionRow>> ListGroupRevisions(
      domain::GroupNo group_no, int32_t before, int limit) override {
    std::vector<storage::GroupRevisionRow> rows;
    for (const auto& [key, row] : state_.group_revisions) {
      if (key.first == group_no && (before == 0 || key.second < before)) rows.push_back(row);
    }
    std::reverse(rows.begin(), rows.end());
    if (rows.size() > static_cast<size_t>(limit)) rows.resize(static_cast<size_t>(limit));
    return rows;
  }
  absl::StatusOr<std::vector<storage::OperationRow>> ListOperations(
      const std::optional<storage::OperationPlace>&, int) override {
    return NotKept();
  }
  absl::StatusOr<bool> IsStoreUsed(domain::StoreNo store_no) override {
    return std::any_of(state_.orders.begin(), state_.orders.end(),
                       [&](const auto& entry) { return entry.second.store_no == store_no; });
  }
  // Of text values, which are all that tests of definitions need.
  absl::StatusOr<bool> IsAttributeUsed(const domain::Attribute& attribute,
                                       const std::optional<std::string>& value) override {
    for (const auto& [no, member] : state_.members) {
      const auto found = member.attributes.find(attribute.number);
      if (found == member.attributes.end()) continue;
      if (!value || std::find(found->second.begin(), found->second.end(), domain::Value(*value)) !=
                        found->second.end()) {
        return true;
      }
    }
    return false;
  }
  absl::StatusOr<int64_t> CountMembers() override { return NotKept(); }
  absl::StatusOr<storage::ShopTotals> ReadShopTotals(base::InstantMs) override { return NotKept(); }
  absl::StatusOr<int64_t> CountMatching(const storage::ConditionQuery&) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<domain::MemberNo>> ListMatching(const storage::ConditionQuery&,
                                                             domain::MemberNo, int) override {
    return NotKept();
  }
  absl::StatusOr<std::vector<domain::MemberNo>> FilterMatching(
      const storage::ConditionQuery&, std::span<const domain::MemberNo>) override {
    return NotKept();
  }

  absl::Status Apply(const storage::WriteSet& rows) override {
    if (store_.on_apply) {
      if (absl::Status status = store_.on_apply(rows); !status.ok()) return status;
    }
    ApplyRows(rows, state_);
    return absl::OkStatus();
  }

  absl::Status Commit(storage::ChangeCause cause) override {
    const CommitFault fault = store_.on_commit ? store_.on_commit() : CommitFault::kNone;
    if (fault == CommitFault::kConflict) {
      return base::MakeError(base::Reason::WRITE_CONFLICT, "", "deadlock");
    }
    if (fault != CommitFault::kUnknownLost) {
      state_.causes.push_back(cause);
      store_.EditState([this](MemoryState& stored) { stored = std::move(state_); });
    }
    if (fault == CommitFault::kNone) return absl::OkStatus();
    return base::MakeError(base::Reason::OUTCOME_UNKNOWN, "", "the link was lost at COMMIT");
  }

 private:
  template <typename Key, typename Row, typename Wanted>
  static std::vector<Row> Find(const std::map<Key, Row>& table, std::span<const Wanted> keys) {
    std::vector<Row> rows;
    for (const Wanted& key : keys) {
      if (const auto found = table.find(key); found != table.end()) rows.push_back(found->second);
    }
    return rows;
  }

  MemoryStore& store_;
  MemoryState state_;
};

std::string MemoryState::CanonicalDump() const {
  std::ostringstream out;
  std::map<std::string, const domain::Member*> by_id;
  for (const auto& [no, member] : members) by_id[member.id] = &member;
  const auto tag_name = [&](domain::TagNo no) {
    const domain::Tag& tag = definitions.tags.at(no);
    return definitions.tag_categories.at(tag.category_no).id + "/" + tag.value;
  };
  for (const auto& [id, member] : by_id) {
    out << "member " << id << (member->blocked ? " blocked" : "") << "\n";
    std::vector<std::string> lines;
    for (const domain::Identity& one : member->identities) {
      lines.push_back(" identity " + std::to_string(static_cast<int>(one.kind)) + " " + one.value);
    }
    for (const auto& [no, values] : member->attributes) {
      std::string line = " attribute " + std::to_string(no);
      for (const domain::Value& value : values) line += " " + Text(value);
      lines.push_back(line);
    }
    for (const domain::Consent& one : member->consents) {
      lines.push_back(" consent " + std::to_string(static_cast<int>(one.channel)) + " " +
                      std::to_string(static_cast<int>(one.state)) + " " +
                      std::to_string(one.changed_at_ms) + " " + one.evidence);
    }
    for (const domain::TagAssignment& one : member->tags) {
      lines.push_back(" tag " + tag_name(one.tag_no) + " " +
                      std::to_string(static_cast<int>(one.source)) + " " +
                      std::to_string(one.confidence_percent) + " " +
                      std::to_string(one.number.value_or(-1)));
    }
    for (const auto& [key, note] : notes) {
      if (key.first == member->number) lines.push_back(" note " + note.id + " " + note.text);
    }
    std::sort(lines.begin(), lines.end());
    for (const std::string& line : lines) out << line << "\n";
  }
  for (const auto& [key, order] : orders) {
    out << "order " << key.source << "/" << key.external_id << " of "
        << members.at(order.member_no).id << " status " << static_cast<int>(order.status)
        << " paid " << order.measure.paid_minor << " refunded "
        << order.measure.goods_refunded_minor << " reason "
        << static_cast<int>(order.measure.reason) << " day " << order.measure.order_day
        << " excluded '" << order.exclusion_reason << "'\n";
    for (const domain::OrderLine& line : order.lines) {
      out << " line " << line.id << " " << line.title << " x" << line.quantity << " paid "
          << line.paid_minor << " product " << line.product_id << "\n";
    }
    for (const domain::Refund& refund : order.refunds) {
      out << " refund " << refund.id << " " << refund.amount_minor << "\n";
    }
    for (const domain::Review& review : order.reviews) {
      out << " review " << review.id << " " << review.rating << "\n";
    }
  }
  for (const auto& [id, product] : products)
    out << "product " << id << " " << product.title << "\n";
  return out.str();
}

MemoryStore::MemoryStore() : identity_{std::string(16, 'i'), std::string(32, 'k')} {
  state_.head.shop_no = 1;
  state_.definitions.shop.number = 1;
  state_.definitions.shop.id = "shop";
  state_.definitions.shop.time_zone = "Asia/Shanghai";
  state_.definitions.shop.currency = "CNY";
}

MemoryState MemoryStore::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

void MemoryStore::EditState(const std::function<void(MemoryState&)>& edit) {
  std::lock_guard lock(mutex_);
  edit(state_);
}

void MemoryStore::CloseGate() {
  std::lock_guard lock(mutex_);
  gate_closed_ = true;
}

void MemoryStore::OpenGate() {
  std::lock_guard lock(mutex_);
  gate_closed_ = false;
  changed_.notify_all();
}

void MemoryStore::WaitForArrival() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_ > 0; });
}

absl::StatusOr<std::unique_ptr<storage::WriteTransaction>> MemoryStore::BeginWrite(
    domain::ShopNo shop_no, absl::Time) {
  {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !gate_closed_; });
    --waiting_;
  }
  if (on_begin) {
    if (absl::Status status = on_begin(); !status.ok()) return status;
  }
  if (shop_no != 1) return base::MakeError(base::Reason::SHOP_NOT_FOUND, "", "no such shop");
  return std::make_unique<MemoryTransaction>(*this);
}

absl::StatusOr<std::unique_ptr<storage::ReadSnapshot>> MemoryStore::BeginRead(domain::ShopNo,
                                                                              absl::Time) {
  return NotKept();
}
absl::StatusOr<domain::Shop> MemoryStore::CreateShop(const storage::NewShop&) { return NotKept(); }
absl::StatusOr<std::vector<domain::Shop>> MemoryStore::ListShops() { return NotKept(); }
absl::StatusOr<std::optional<domain::Shop>> MemoryStore::ReadShop(std::string_view) {
  return NotKept();
}
absl::StatusOr<bool> MemoryStore::PurgeShop(domain::ShopNo, int) { return NotKept(); }
absl::Status MemoryStore::InsertApiToken(const storage::ApiTokenRow&) { return NotKept(); }
absl::StatusOr<std::optional<storage::ApiTokenRow>> MemoryStore::ReadApiToken(std::string_view) {
  return NotKept();
}
absl::StatusOr<std::vector<storage::ApiTokenRow>> MemoryStore::ListApiTokens() { return NotKept(); }
absl::StatusOr<bool> MemoryStore::RevokeApiToken(std::string_view, int64_t) { return NotKept(); }
absl::StatusOr<int64_t> MemoryStore::TrimRequestLog(domain::ShopNo, int64_t, int) {
  return NotKept();
}
absl::StatusOr<std::vector<storage::ShopRevision>> MemoryStore::ReadRevisions(
    std::span<const domain::ShopNo>) {
  return NotKept();
}
absl::StatusOr<int64_t> MemoryStore::TrimChangeLog(domain::ShopNo, int64_t, int) {
  return NotKept();
}

}  // namespace segmentation::usecase
