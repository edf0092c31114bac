// The storage contract. Implemented by storage/mysql and, for tests, by a model in memory; one
// suite holds both to it.
//
// Consistency. A WriteTransaction holds the shop's head row from its first statement to its end, so
// its reads are exact and one shop has one writer at a time, over all processes (design D2). A
// ReadSnapshot sees one committed state throughout. Results come in the order stated; an item that
// does not exist is left out, never an error.
//
// Errors of every method, beside those stated: UNAVAILABLE (DATABASE_UNAVAILABLE) when the database
// cannot be reached or the link was lost; ABORTED (WRITE_CONFLICT) on a deadlock or certification
// conflict, the whole transaction is then rolled back; DEADLINE_EXCEEDED when `deadline` passed;
// INTERNAL otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"

namespace segmentation::storage {

// What can be read inside a snapshot or a write transaction. Not thread-safe: one thread at a time.
class Reader {
 public:
  virtual ~Reader() = default;

  // The head row as this transaction sees it.
  virtual const ShopHead& head() const = 0;

  // Everything but members, orders and products. Callers cache it by head().definition_revision.
  virtual absl::StatusOr<std::shared_ptr<const domain::ShopDefinitions>> ReadDefinitions() = 0;

  // Members by public id or number, in no order; `parts` says what is filled in beside the member
  // row.
  virtual absl::StatusOr<std::vector<domain::Member>> ReadMembersById(
      std::span<const std::string> member_ids, MemberParts parts) = 0;
  virtual absl::StatusOr<std::vector<domain::Member>> ReadMembersByNo(
      std::span<const domain::MemberNo> member_nos, MemberParts parts) = 0;
  // Live members after `after_no`, ascending by number, at most `limit`.
  virtual absl::StatusOr<std::vector<domain::Member>> ListMembers(domain::MemberNo after_no,
                                                                  int limit, MemberParts parts) = 0;
  // Who owns these normalised identities.
  virtual absl::StatusOr<std::vector<IdentityOwner>> ReadIdentityOwners(
      std::span<const domain::IdentityKey> keys) = 0;

  // Whole orders with lines, refunds, reviews and address.
  virtual absl::StatusOr<std::vector<domain::Order>> ReadOrders(
      std::span<const domain::OrderKey> keys) = 0;
  // All orders of these members, by (member, order number).
  virtual absl::StatusOr<std::vector<domain::Order>> ReadOrdersOfMembers(
      std::span<const domain::MemberNo> member_nos) = 0;
  // Orders after (member_no, order_no), ascending, at most `limit`; for canonical dumps, rebuilds
  // and lists.
  virtual absl::StatusOr<std::vector<domain::Order>> ListOrders(domain::MemberNo after_member_no,
                                                                domain::OrderNo after_order_no,
                                                                int limit) = 0;

  virtual absl::StatusOr<std::vector<domain::Product>> ReadProducts(
      std::span<const std::string> product_ids) = 0;
  virtual absl::StatusOr<std::vector<domain::Product>> ListProducts(domain::ProductNo after_no,
                                                                    int limit) = 0;

  // Newest first, strictly before `before` (nothing: from the newest), at most `limit`.
  virtual absl::StatusOr<std::vector<TagHistoryRow>> ListTagHistory(
      domain::MemberNo member_no, std::optional<domain::Etag> before, int limit) = 0;
  virtual absl::StatusOr<std::vector<ConsentHistoryRow>> ListConsentHistory(
      domain::MemberNo member_no, std::optional<domain::Etag> before, int limit) = 0;
  // By note id.
  virtual absl::StatusOr<std::vector<domain::Note>> ListNotes(domain::MemberNo member_no) = 0;

  // All revisions of a group, newest first, before `before_group_revision` (0: from the newest).
  virtual absl::StatusOr<std::vector<GroupRevisionRow>> ListGroupRevisions(
      domain::GroupNo group_no, int32_t before_group_revision, int limit) = 0;

  // What the revisions after `after` changed, ascending, at most `limit`. Revisions are counted
  // without gaps, so a first one that is not after + 1 says that older ones were trimmed.
  virtual absl::StatusOr<std::vector<ChangeRow>> ListChanges(domain::Revision after, int limit) = 0;

  virtual absl::StatusOr<std::vector<RequestRow>> ReadRequests(
      std::span<const std::string> request_ids) = 0;
  virtual absl::StatusOr<std::optional<ImportProgressRow>> ReadImportProgress(
      std::string_view import_id) = 0;
  virtual absl::StatusOr<std::optional<OperationRow>> ReadOperation(
      std::string_view operation_id) = 0;
  // Newest first by (created_at, id), behind `after` (nothing: from the newest), at most `limit`.
  virtual absl::StatusOr<std::vector<OperationRow>> ListOperations(
      const std::optional<OperationPlace>& after, int limit) = 0;

  // Whether any order names the store.
  virtual absl::StatusOr<bool> IsStoreUsed(domain::StoreNo store_no) = 0;
  // Whether any member has a value of the attribute; `text_value`: this one, byte by byte.
  virtual absl::StatusOr<bool> IsAttributeUsed(const domain::Attribute& attribute,
                                               const std::optional<std::string>& text_value) = 0;

  // As of an instant: later facts of orders are unseen (T24), but all orders stored are counted.
  // Live members, prospects included.
  virtual absl::StatusOr<int64_t> CountMembers() = 0;
  virtual absl::StatusOr<ShopTotals> ReadShopTotals(base::InstantMs as_of_ms) = 0;

  // How many live members the condition selects. Exact (T83).
  virtual absl::StatusOr<int64_t> CountMatching(const ConditionQuery& query) = 0;
  // Their numbers after `after_no`, ascending, at most `limit`.
  virtual absl::StatusOr<std::vector<domain::MemberNo>> ListMatching(const ConditionQuery& query,
                                                                     domain::MemberNo after_no,
                                                                     int limit) = 0;
  // Which of `member_nos` the condition selects, ascending.
  virtual absl::StatusOr<std::vector<domain::MemberNo>> FilterMatching(
      const ConditionQuery& query, std::span<const domain::MemberNo> member_nos) = 0;
};

// One committed state of a shop. Kept open no longer than a call.
class ReadSnapshot : public Reader {};

// The right to change one shop. The head row's revision is already incremented: head().revision is
// the revision this transaction publishes. Destroyed without Commit: everything is rolled back.
class WriteTransaction : public Reader {
 public:
  // Writes rows; may be called several times. Order inside one set: deletions, then rows as listed.
  // All or nothing with the transaction. An error of data (a value the database refuses) is
  // INVALID_ARGUMENT or ALREADY_EXISTS; the transaction must then be dropped.
  virtual absl::Status Apply(const WriteSet& rows) = 0;

  // Appends the change-log row of this revision (cause, what Apply wrote) and commits. After an
  // error with reason OUTCOME_UNKNOWN the caller runs the same batch again: its request rows
  // answer.
  virtual absl::Status Commit(ChangeCause cause) = 0;
};

class Store {
 public:
  virtual ~Store() = default;

  // Of this database, made once: tokens carry the first 16 bytes and are signed with the key.
  virtual const DatabaseIdentity& identity() const = 0;

  // Readiness: OK when the database answers and the schema is right; else a message a person can
  // act on.
  virtual absl::Status Check() = 0;

  // Takes the shop's head row. NOT_FOUND (SHOP_NOT_FOUND) if the shop does not exist.
  virtual absl::StatusOr<std::unique_ptr<WriteTransaction>> BeginWrite(domain::ShopNo shop_no,
                                                                       absl::Time deadline) = 0;
  virtual absl::StatusOr<std::unique_ptr<ReadSnapshot>> BeginRead(domain::ShopNo shop_no,
                                                                  absl::Time deadline) = 0;

  // Shops. Creation is idempotent by request id: the same shop made by the same request is
  // returned; another is ALREADY_EXISTS.
  virtual absl::StatusOr<domain::Shop> CreateShop(const NewShop& shop) = 0;
  // Deleted ones too: their rows stay when all else of them is purged.
  virtual absl::StatusOr<std::vector<domain::Shop>> ListShops() = 0;
  // By public id, deleted ones left out.
  virtual absl::StatusOr<std::optional<domain::Shop>> ReadShop(std::string_view shop_id) = 0;
  // Where the shops are: the last committed revision of each, deleted ones too, in no order.
  virtual absl::StatusOr<std::vector<ShopRevision>> ReadRevisions(
      std::span<const domain::ShopNo> shop_nos) = 0;
  // Removes a bounded part of a deleted shop's rows; true when only its own is left, which stays so
  // that neither id nor number is ever given to another shop (T68).
  virtual absl::StatusOr<bool> PurgeShop(domain::ShopNo shop_no, int max_rows) = 0;

  // API tokens.
  virtual absl::Status InsertApiToken(const ApiTokenRow& token) = 0;
  virtual absl::StatusOr<std::optional<ApiTokenRow>> ReadApiToken(std::string_view secret_hash) = 0;
  virtual absl::StatusOr<std::vector<ApiTokenRow>> ListApiTokens() = 0;
  // False if there is no such token. Revoking twice keeps the first time.
  virtual absl::StatusOr<bool> RevokeApiToken(std::string_view token_id, int64_t at_ms) = 0;

  // Drop rows older than `before_ms`, oldest first and at most `limit`; return how many went: fewer
  // than `limit` means that no older one is left. Of the change log, with the personal rows beside
  // it; times there are the database's.
  virtual absl::StatusOr<int64_t> TrimRequestLog(domain::ShopNo shop_no, int64_t before_ms,
                                                 int limit) = 0;
  virtual absl::StatusOr<int64_t> TrimChangeLog(domain::ShopNo shop_no, int64_t before_ms,
                                                int limit) = 0;
};

}  // namespace segmentation::storage
