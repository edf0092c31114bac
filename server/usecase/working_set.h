// The unit of work of one batch of write commands: the rows it read, laid over by what its commands
// changed, with a savepoint a command. What is read here is always the state as changed by the
// commands before.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/storage/store.h"
#include "server/usecase/definition_index.h"
#include "server/usecase/journaled_rows.h"
#include "server/usecase/known_products.h"
#include "server/usecase/write_command.h"

namespace segmentation::audience {
struct ShopChanges;
}  // namespace segmentation::audience

namespace segmentation::usecase {

// Not thread-safe. Pointers to rows are valid until the same row is changed again or rolled back.
class WorkingSet {
 public:
  // Reads the rows named by `keys`: one statement a table, and one more for members that are known
  // by an identity or an order only. `definitions` must be those of reader.head(), and so must the
  // known products, which are not read again; null: none. `reader` outlives the set.
  static absl::StatusOr<std::unique_ptr<WorkingSet>> Load(
      storage::Reader& reader, std::shared_ptr<const DefinitionIndex> definitions,
      const WriteKeys& keys, base::InstantMs now_ms, const KnownProducts* known_products = nullptr);

  // The instant of the batch and the revision it will publish.
  base::InstantMs now_ms() const { return now_ms_; }
  domain::Revision revision() const { return head_.revision; }
  domain::ShopNo shop_no() const { return head_.shop_no; }

  // For the encoder of the answer, once the command has made its changes.
  AnswerContext answer_context() const {
    return {answer_revision_, answer_token_, now_ms_, definitions_.get()};
  }

  // For exact checks over rows that no key names (is a store in use?). Sees the state before the
  // batch, without the changes in here.
  storage::Reader& reader() { return reader_; }

  // A new place in this revision; every changed row gets one of its own.
  domain::Etag NextEtag() { return {head_.revision, ++ordinal_}; }
  domain::Stamp NewStamp(std::string_view actor);
  void Restamp(domain::Stamp& stamp, std::string_view actor);

  // --- Members. The parts that no command of the batch asked for are empty.
  const domain::Member* FindMember(std::string_view member_id) const;
  const domain::Member* FindMember(domain::MemberNo member_no) const;
  // Asks the store where no key of the batch did.
  absl::StatusOr<bool> IsMemberIdFree(const std::string& member_id) const;
  // The row for editing: blocked, attributes, consents and tags. Null if there is none. Restamp it
  // when the row, its identities or its attributes change; tags and consents have their own etags.
  domain::Member* MutableMember(domain::MemberNo member_no);
  // The id must be free. `parts` of the new member are empty and complete.
  domain::Member* CreateMember(std::string member_id, std::string_view actor);
  // Who holds an identity now; 0 nobody. The key must have been collected or held by a loaded
  // member.
  domain::MemberNo OwnerOf(const domain::IdentityKey& key) const;
  // The number it has with its owner; 0 if nobody holds it.
  domain::IdentityNo IdentityNoOf(const domain::IdentityKey& key) const;
  // The identity must be free; the member must have been loaded with its identities.
  domain::IdentityNo AddIdentity(domain::MemberNo member_no, const domain::IdentityKey& key);
  void RemoveIdentity(domain::MemberNo member_no, domain::IdentityNo identity_no);

  // --- Notes of the members asked for.
  const domain::Note* FindNote(domain::MemberNo member_no, std::string_view note_id) const;
  int64_t CountNotes(domain::MemberNo member_no) const;
  void PutNote(domain::Note note);
  void DeleteNote(domain::MemberNo member_no, const std::string& note_id);

  // --- Histories.
  void AddTagHistory(storage::TagHistoryRow row) { tag_history_.push_back(std::move(row)); }
  void AddConsentHistory(storage::ConsentHistoryRow row) {
    consent_history_.push_back(std::move(row));
  }

  // --- Orders and products.
  const domain::Order* FindOrder(const domain::OrderKey& key) const { return orders_.Find(key); }
  // New (its number is given here when it is 0) or replacing the one of the same key.
  const domain::Order& PutOrder(domain::Order order);
  const domain::Product* FindProduct(const std::string& product_id) const {
    return products_.Find(product_id);
  }
  // As PutOrder.
  const domain::Product& PutProduct(domain::Product product);
  const auto& products() const { return products_.slots(); }

  // --- Progress of imports and operations.
  const storage::ImportProgressRow* FindImport(const std::string& import_id) const {
    return imports_.Find(import_id);
  }
  void PutImport(storage::ImportProgressRow row) {
    const std::string key = row.import_id;
    imports_.Put(key, std::move(row));
  }
  const storage::OperationRow* FindOperation(const std::string& operation_id) const {
    return operations_.Find(operation_id);
  }
  void PutOperation(storage::OperationRow row) {
    const std::string key = row.id;
    operations_.Put(key, std::move(row));
  }

  // --- Definitions. A row that was put counts as changed when its stamp did: Restamp it. Numbers
  // come from the head's counters by the Take functions.
  const domain::ShopDefinitions& definitions() const { return *definitions_; }
  void PutShop(domain::Shop shop);
  void PutPolicy(domain::MetricPolicy policy);  // changed when its revision is
  void PutStore(domain::Store store);
  void DeleteStore(domain::StoreNo number);
  void PutPromotion(domain::Promotion promotion);
  void DeletePromotion(domain::PromotionNo number);
  void PutAttribute(domain::Attribute attribute);
  void DeleteAttribute(domain::AttributeNo number);
  void PutTagCategory(domain::TagCategory category);
  void DeleteTagCategory(domain::TagCategoryNo number);
  void PutTag(domain::Tag tag);
  void DeleteTag(domain::TagNo number);
  void PutGroup(domain::Group group);
  void DeleteGroup(domain::GroupNo number);  // its id is retired

  // By public id; null if there is none.
  const domain::Store* FindStore(std::string_view id) const;
  const domain::TagCategory* FindTagCategory(std::string_view id) const;
  // By value within its category, byte by byte; null if there is none.
  const domain::Tag* FindTag(domain::TagCategoryNo category_no, std::string_view value) const;

  domain::StoreNo TakeStoreNo() { return head_.next_store_no++; }
  domain::PromotionNo TakePromotionNo() { return head_.next_promotion_no++; }
  domain::AttributeNo TakeAttributeNo() { return head_.next_attribute_no++; }
  domain::TagCategoryNo TakeTagCategoryNo() { return head_.next_tag_category_no++; }
  domain::TagNo TakeTagNo() { return head_.next_tag_no++; }
  domain::GroupNo TakeGroupNo() { return head_.next_group_no++; }

  // --- Savepoints: of the writer, a command; of a command that answers its items one by one, an
  // item. They nest; going back to one makes later ones invalid.
  struct Savepoint;
  Savepoint Save() const;
  void RollbackTo(const Savepoint& savepoint);

  // --- For the writer. A command that answers from what is stored says so.
  void MarkReplayed() { replayed_ = true; }
  bool replayed() const { return replayed_; }
  void BeginCommand() { replayed_ = false; }
  // The revision that answers name from now on.
  void SetAnswerRevision(domain::Revision revision, std::string token) {
    answer_revision_ = revision;
    answer_token_ = std::move(token);
  }
  // Everything that differs from what was read; empty() if nothing does. No request rows.
  storage::WriteSet TakeWriteSet();
  // The same for the index, once the write set was taken and committed.
  audience::ShopChanges Changes() const;
  // The definitions as they are now, with their revision; the ones given when nothing changed.
  std::shared_ptr<const domain::ShopDefinitions> current_definitions() const {
    return definitions_;
  }

 private:
  struct Owner {
    domain::MemberNo member_no = 0;
    domain::IdentityNo identity_no = 0;
  };
  struct NoteKey {
    domain::MemberNo member_no = 0;
    std::string id;
    friend auto operator<=>(const NoteKey&, const NoteKey&) = default;
  };
  WorkingSet(storage::Reader& reader, std::shared_ptr<const DefinitionIndex> definitions,
             base::InstantMs now_ms);
  absl::Status LoadRows(const WriteKeys& given, const KnownProducts* known_products);
  void AddLoadedMembers(std::vector<domain::Member> members);
  domain::ShopDefinitions& EditDefinitions();
  template <typename Number, typename Row>
  void PutDefinition(std::map<Number, Row> domain::ShopDefinitions::*table, Row row);
  template <typename Number, typename Row>
  void DeleteDefinition(std::map<Number, Row> domain::ShopDefinitions::*table, Number number);
  void WriteMember(const domain::Member* before, const domain::Member& now,
                   storage::WriteSet& rows) const;
  void WriteDefinitions(storage::WriteSet& rows);

  storage::Reader& reader_;
  const base::InstantMs now_ms_;
  const storage::ShopHead loaded_head_;
  storage::ShopHead head_;
  int32_t ordinal_ = 0;
  domain::Revision answer_revision_ = 0;
  std::string answer_token_;
  bool replayed_ = false;

  JournaledRows<domain::MemberNo, domain::Member> members_;
  JournaledRows<std::string, domain::MemberNo> member_nos_;  // by public id
  std::set<std::string> looked_up_ids_;                      // found or not
  storage::MemberParts parts_ = storage::MemberParts::kRow;  // of the members that were loaded
  JournaledRows<domain::IdentityKey, Owner> owners_;
  JournaledRows<NoteKey, domain::Note> notes_;
  JournaledRows<domain::OrderKey, domain::Order> orders_;
  JournaledRows<std::string, domain::Product> products_;
  JournaledRows<std::string, storage::ImportProgressRow> imports_;
  JournaledRows<std::string, storage::OperationRow> operations_;
  std::vector<storage::TagHistoryRow> tag_history_;
  std::vector<storage::ConsentHistoryRow> consent_history_;

  const std::shared_ptr<const DefinitionIndex> loaded_definitions_;
  std::shared_ptr<domain::ShopDefinitions> edited_definitions_;  // null: none was changed yet
  std::shared_ptr<const domain::ShopDefinitions> definitions_;
  std::vector<std::function<void(domain::ShopDefinitions&)>> definition_undo_;
  std::vector<storage::GroupRevisionRow> overtaken_revisions_;  // of groups put more than once
  // Values put in this batch; an entry counts only while definitions_ agree with it.
  std::map<std::pair<domain::TagCategoryNo, std::string>, domain::TagNo> put_tag_values_;
};

struct WorkingSet::Savepoint {
  storage::ShopHead head;
  int32_t ordinal = 0;
  std::array<size_t, 8> rows{};  // of the tables with a journal
  size_t tag_history = 0;
  size_t consent_history = 0;
  size_t definition_changes = 0;
};

}  // namespace segmentation::usecase
