// What crosses the storage contract and is not a domain fact: heads, logs, progress, and the set of
// rows a transaction writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/domain/condition/bound_tree.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"

namespace segmentation::storage {

struct DatabaseIdentity {
  std::string incarnation;  // 16 bytes
  std::string token_key;    // 32 bytes, secret
};

// Counters hand out the next free number; a transaction that used some writes the head back in
// Apply.
struct ShopHead {
  domain::ShopNo shop_no = 0;
  domain::Revision revision = 0;
  domain::Revision definition_revision = 0;
  int64_t tick_at_ms = 0;
  uint32_t next_member_no = 1;
  uint32_t next_order_no = 1;
  uint32_t next_store_no = 1;
  uint32_t next_promotion_no = 1;
  uint32_t next_product_no = 1;
  uint32_t next_attribute_no = domain::kFirstCustomAttributeNo;
  uint32_t next_tag_category_no = 1;
  uint32_t next_tag_no = 1;
  uint32_t next_group_no = 1;
  friend bool operator==(const ShopHead&, const ShopHead&) = default;
};

struct ShopRevision {
  domain::ShopNo shop_no = 0;
  domain::Revision revision = 0;
};

// Which parts of a member to read; a bit set.
enum class MemberParts : uint32_t {
  kRow = 0,
  kIdentities = 1,
  kAttributes = 2,
  kConsents = 4,
  kTags = 8,
  kAll = 15,
};
constexpr MemberParts operator|(MemberParts a, MemberParts b) {
  return static_cast<MemberParts>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool Has(MemberParts parts, MemberParts part) {
  return (static_cast<uint32_t>(parts) & static_cast<uint32_t>(part)) != 0;
}

struct IdentityOwner {
  domain::IdentityKey key;
  domain::MemberNo member_no = 0;
  domain::IdentityNo identity_no = 0;
};

enum class ChangeCause : uint8_t {
  kFact = 1,
  kTime = 2,
  kDefinition = 3,
  kPolicy = 4,
  kMerge = 5,
  kErasure = 6,
  kImport = 7,
};

// What one revision changed, for whoever keeps something made of the rows.
struct ChangeRow {
  domain::Revision revision = 0;
  ChangeCause cause = ChangeCause::kFact;
  int64_t committed_at_ms = 0;  // by the database's clock
  // Read them again; what a deleted attribute or tag category had of values went with it.
  bool definitions_changed = false;
  // Ascending: whose row, parts or orders changed; of an order that moved, both. Deletions of
  // definitions name nobody.
  std::vector<domain::MemberNo> member_nos;
};

struct RequestRow {
  std::string request_id;
  std::string request_hash;  // SHA-256 of the request, 32 bytes
  domain::Revision revision = 0;
  int64_t created_at_ms = 0;
  std::string answer;  // serialised response, ≤ 64 KiB
};

struct TagHistoryRow {
  enum class Action : uint8_t { kAssigned = 1, kRemoved = 2, kReplaced = 3 };
  domain::MemberNo member_no = 0;
  domain::Etag at;  // (revision, ordinal): unique a shop
  Action action = Action::kAssigned;
  domain::TagAssignment
      assignment;  // for kRemoved and kReplaced: what was there; actor and source: who removed
  int64_t at_ms = 0;
};

struct ConsentHistoryRow {
  domain::MemberNo member_no = 0;
  domain::Etag at;
  domain::Consent consent;
  std::string actor;
};

struct GroupRevisionRow {
  domain::GroupNo group_no = 0;
  int32_t group_revision = 0;
  std::string name;
  std::string condition_text;
  int32_t grammar_version = 1;
  domain::Stamp stamp;
};

struct ImportProgressRow {
  enum class Kind : uint8_t { kOrders = 1, kProducts = 2, kMembers = 3 };
  std::string import_id;
  Kind kind = Kind::kOrders;
  int64_t last_sequence = 0;  // 0: nothing yet; chunks count from 1
  int64_t accepted_count = 0;
  int64_t unchanged_count = 0;
  int64_t rejected_count = 0;
  std::string last_answer;
  int64_t updated_at_ms = 0;
};

struct OperationRow {
  enum class State : uint8_t { kRunning = 1, kDone = 2, kFailed = 3, kCancelled = 4 };
  std::string id;
  std::string kind;
  State state = State::kRunning;
  bool cancel_requested = false;
  std::string arguments;  // opaque to storage
  std::string cursor;
  int64_t done_count = 0;
  int64_t total_count = 0;  // 0: unknown
  std::string error_reason, error_message;
  std::string lease_owner;
  int64_t lease_until_ms = 0;  // by the database's clock
  std::optional<int64_t> finished_at_ms;
  domain::Stamp stamp;
};

// Where a list of operations goes on: behind this one.
struct OperationPlace {
  int64_t created_at_ms = 0;
  std::string id;
};

struct ApiTokenRow {
  std::string id;
  std::string secret_hash;  // SHA-256 of the secret, 32 bytes
  std::string label;
  uint8_t role = 0;  // usecase::Role
  bool all_shops = false;
  std::vector<std::string> shop_ids;
  std::optional<int64_t> expires_at_ms;
  std::optional<int64_t> revoked_at_ms;
  int64_t created_at_ms = 0;
  std::string created_by;
};

struct NewShop {
  domain::Shop shop;  // number is given by the store
  domain::MetricPolicy policy;
  std::string request_id;
  std::string request_hash;
};

// Exact totals of a shop at the snapshot. Orders of live members.
struct ShopTotals {
  int64_t member_count = 0;
  int64_t order_count = 0;
  int64_t paid_order_count = 0;   // counted at as-of or before: wholly refunded ones included
  int64_t valid_order_count = 0;  // counted at as-of
  int64_t paid_minor = 0;         // of paid orders
  int64_t net_minor = 0;  // of valid orders, and of returns without order: what NetAt says (T97)
  std::optional<base::DayNumber> first_order_day, last_order_day;  // of valid orders
};

// A condition ready to run: names bound, groups resolved. `definitions` and `groups` outlive the
// call.
struct ConditionQuery {
  const domain::condition::BoundNode* condition = nullptr;
  const domain::condition::BoundGroups* groups =
      nullptr;  // bound trees of the groups it names, transitively
  const domain::ShopDefinitions* definitions = nullptr;
  base::InstantMs as_of_ms = 0;
};

struct MemberAttributeRow {
  domain::MemberNo member_no = 0;
  domain::AttributeNo attribute_no = 0;
  domain::ValueType type = domain::ValueType::kText;
  domain::TextFolding folding = domain::TextFolding::kExact;
  bool pii = false;
  std::vector<domain::Value> values;  // replaces all values; empty: absent (T03)
};

// Rows to write in one transaction. Every row is a whole after-image; writing the same row twice is
// the caller's error. Deletions name the key.
struct WriteSet {
  std::optional<ShopHead>
      head;  // counters and definition_revision; revision is the transaction's own

  std::vector<domain::Member>
      members;  // the member row alone; the parts follow as rows of their own
  std::vector<std::pair<domain::MemberNo, domain::Identity>> identities;
  std::vector<std::pair<domain::MemberNo, domain::IdentityNo>> deleted_identities;
  std::vector<MemberAttributeRow> attributes;
  std::vector<std::pair<domain::MemberNo, domain::Consent>> consents;
  std::vector<ConsentHistoryRow> consent_history;
  std::vector<std::pair<domain::MemberNo, domain::TagAssignment>> tag_assignments;
  std::vector<std::pair<domain::MemberNo, domain::TagNo>> deleted_tag_assignments;
  std::vector<TagHistoryRow> tag_history;
  std::vector<domain::Note> notes;
  std::vector<std::pair<domain::MemberNo, std::string>> deleted_notes;

  // Whole orders: lines, refunds, reviews, lists and address replace what was stored. `is_new`
  // spares the deletion of children that cannot exist.
  struct OrderWrite {
    domain::Order order;
    bool is_new = false;
    std::optional<domain::MemberNo>
        moved_from;  // its member changed: the rows under the old one go
  };
  std::vector<OrderWrite> orders;
  std::vector<domain::Product> products;

  std::optional<domain::Shop> shop;
  std::optional<domain::MetricPolicy> policy;  // a new revision
  std::vector<domain::Store> stores;
  std::vector<domain::StoreNo> deleted_stores;
  std::vector<domain::Promotion> promotions;  // windows replace what was stored
  std::vector<domain::PromotionNo> deleted_promotions;
  std::vector<domain::Attribute> attribute_definitions;
  std::vector<domain::AttributeNo> deleted_attribute_definitions;  // their values go too
  std::vector<domain::TagCategory> tag_categories;
  std::vector<domain::TagCategoryNo> deleted_tag_categories;
  std::vector<domain::Tag> tags;
  std::vector<domain::TagNo> deleted_tags;        // their assignments go too
  std::vector<domain::Group> groups;              // each also appends its revision row
  std::vector<GroupRevisionRow> group_revisions;  // overtaken within this write: history alone
  std::vector<domain::GroupNo> deleted_groups;
  std::vector<std::string> retired_group_ids;  // of deleted groups, new ones; kept for ever

  std::vector<RequestRow> requests;
  std::vector<ImportProgressRow> import_progress;
  std::vector<OperationRow> operations;

  bool empty() const;                // true if there is nothing but a head
  bool changes_definitions() const;  // true if what ReadDefinitions answers changes
};

}  // namespace segmentation::storage
