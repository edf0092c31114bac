#include "tests/support/model_store.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/storage/mysql/change_log.h"
#include "tests/support/model_reader.h"

namespace segmentation::testing_support {
namespace {

using base::MakeError;
using base::Reason;

class ModelSnapshot final : public ModelReader<storage::ReadSnapshot> {
 public:
  explicit ModelSnapshot(std::shared_ptr<const ModelShop> shop) : shop_(std::move(shop)) {}

 private:
  const ModelShop& state() const override { return *shop_; }
  const std::shared_ptr<const ModelShop> shop_;
};

absl::Status ShopNotFound() {
  return MakeError(Reason::SHOP_NOT_FOUND, "shop_id", "there is no such shop");
}

}  // namespace

class ModelWriteTransaction final : public ModelReader<storage::WriteTransaction> {
 public:
  ModelWriteTransaction(ModelStore& store, const ModelShop& shop)
      : store_(store), shop_(std::make_shared<ModelShop>(shop)) {
    ++shop_->head.revision;
  }
  ~ModelWriteTransaction() override {
    if (!ended_) store_.EndWrite(shop_->head.shop_no);
  }

  absl::Status Apply(const storage::WriteSet& rows) override {
    RETURN_IF_ERROR(Usable());
    failed_ = true;
    RETURN_IF_ERROR(store_.Available());
    RETURN_IF_ERROR(log_.Add(shop_->head, rows));
    RETURN_IF_ERROR(shop_->Apply(rows));
    AddChanges(rows);
    failed_ = false;
    return absl::OkStatus();
  }

  absl::Status Commit(storage::ChangeCause cause) override {
    RETURN_IF_ERROR(Usable());
    ended_ = true;
    storage::ChangeRow& change = shop_->changes[shop_->head.revision];
    change.revision = shop_->head.revision;
    change.cause = cause;
    change.committed_at_ms = absl::ToUnixMillis(absl::Now());
    change.definitions_changed = definitions_changed_;
    change.member_nos.assign(members_.begin(), members_.end());
    return store_.Publish(shop_->head.shop_no, shop_);
  }

 private:
  const ModelShop& state() const override { return *shop_; }
  void AddChanges(const storage::WriteSet& rows) {
    definitions_changed_ = definitions_changed_ || rows.changes_definitions();
    for (const auto& member : rows.members) members_.insert(member.number);
    for (const auto& attribute : rows.attributes) members_.insert(attribute.member_no);
    for (const auto& [member_no, row] : rows.identities) members_.insert(member_no);
    for (const auto& [member_no, row] : rows.deleted_identities) members_.insert(member_no);
    for (const auto& [member_no, row] : rows.consents) members_.insert(member_no);
    for (const auto& [member_no, row] : rows.tag_assignments) members_.insert(member_no);
    for (const auto& [member_no, row] : rows.deleted_tag_assignments) members_.insert(member_no);
    for (const auto& write : rows.orders) {
      members_.insert(write.order.member_no);
      if (write.moved_from) members_.insert(*write.moved_from);
    }
  }
  absl::Status Usable() const {
    if (!ended_ && !failed_) return absl::OkStatus();
    return MakeError(Reason::INTERNAL, "", "the transaction has ended");
  }

  ModelStore& store_;
  const std::shared_ptr<ModelShop> shop_;
  std::set<domain::MemberNo> members_;  // whose rows changed
  bool definitions_changed_ = false;
  storage::mysql::ChangeLogWriter log_;  // for the limit on what one write changes
  bool ended_ = false;
  bool failed_ = false;
};

ModelStore::ModelStore() : identity_{std::string(16, 'i'), std::string(32, 'k')} {}

void ModelStore::FailCommits(CommitFault fault, int count) {
  std::lock_guard lock(mutex_);
  fault_ = fault;
  faults_left_ = count;
}

void ModelStore::SetUnavailable(bool unavailable) {
  std::lock_guard lock(mutex_);
  unavailable_ = unavailable;
}

int64_t ModelStore::commit_count() const {
  std::lock_guard lock(mutex_);
  return commit_count_;
}

absl::Status ModelStore::Available() const {
  std::lock_guard lock(mutex_);
  if (!unavailable_) return absl::OkStatus();
  return MakeError(Reason::DATABASE_UNAVAILABLE, "", "the model is switched off");
}

absl::Status ModelStore::Check() { return Available(); }

absl::StatusOr<std::unique_ptr<storage::WriteTransaction>> ModelStore::BeginWrite(
    domain::ShopNo shop_no, absl::Time deadline) {
  RETURN_IF_ERROR(Available());
  if (absl::Now() >= deadline) return MakeError(Reason::DEADLINE_PASSED, "", "the deadline passed");
  std::unique_lock lock(mutex_);
  if (Find(shop_no) == nullptr) return ShopNotFound();
  const auto free = [&] { return !shops_[shop_no].writing; };
  if (deadline == absl::InfiniteFuture()) {
    writer_done_.wait(lock, free);
  } else if (!writer_done_.wait_until(lock, absl::ToChronoTime(deadline), free)) {
    return MakeError(Reason::DEADLINE_PASSED, "", "the deadline passed");
  }
  Slot& slot = shops_[shop_no];
  slot.writing = true;
  return std::make_unique<ModelWriteTransaction>(*this, *slot.committed);
}

absl::StatusOr<std::unique_ptr<storage::ReadSnapshot>> ModelStore::BeginRead(domain::ShopNo shop_no,
                                                                             absl::Time deadline) {
  RETURN_IF_ERROR(Available());
  if (absl::Now() >= deadline) return MakeError(Reason::DEADLINE_PASSED, "", "the deadline passed");
  std::lock_guard lock(mutex_);
  const Slot* const slot = Find(shop_no);
  if (slot == nullptr) return ShopNotFound();
  return std::make_unique<ModelSnapshot>(slot->committed);
}

ModelStore::Slot* ModelStore::Find(domain::ShopNo shop_no) {
  const auto slot = shops_.find(shop_no);
  return slot == shops_.end() || slot->second.purged ? nullptr : &slot->second;
}

absl::Status ModelStore::Publish(domain::ShopNo shop_no, std::shared_ptr<const ModelShop> state) {
  std::lock_guard lock(mutex_);
  Slot& slot = shops_[shop_no];
  slot.writing = false;
  writer_done_.notify_all();
  CommitFault fault = CommitFault::kNone;
  if (faults_left_ > 0) {
    --faults_left_;
    fault = fault_;
  }
  if (unavailable_ || fault == CommitFault::kUnavailable) {
    return MakeError(Reason::DATABASE_UNAVAILABLE, "", "the model is switched off");
  }
  if (fault == CommitFault::kConflict) return MakeError(Reason::WRITE_CONFLICT, "", "deadlock");
  if (fault != CommitFault::kUnknownNotDone) {
    slot.committed = std::move(state);
    ++commit_count_;
  }
  if (fault == CommitFault::kNone) return absl::OkStatus();
  return MakeError(Reason::OUTCOME_UNKNOWN, "", "the answer to the commit was lost");
}

void ModelStore::EndWrite(domain::ShopNo shop_no) {
  std::lock_guard lock(mutex_);
  shops_[shop_no].writing = false;
  writer_done_.notify_all();
}

absl::StatusOr<domain::Shop> ModelStore::CreateShop(const storage::NewShop& shop) {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  for (const auto& entry : shops_) {
    const ModelShop& found = *entry.second.committed;
    if (found.definitions.shop.id != shop.shop.id) continue;
    const auto request = found.requests.find(shop.request_id);
    if (request == found.requests.end() || found.definitions.shop.deleted) {
      return MakeError(Reason::ALREADY_EXISTS, "shop_id", "got the id of an existing shop");
    }
    if (request->second.request_hash != shop.request_hash) {
      return MakeError(Reason::IDEMPOTENCY_KEY_REUSED, "request_id", "used by another request");
    }
    return found.definitions.shop;
  }
  auto created = std::make_shared<ModelShop>();
  created->head.shop_no = next_shop_no_++;
  created->head.revision = 1;
  created->head.definition_revision = 1;
  created->definitions.shop = shop.shop;
  created->definitions.shop.number = created->head.shop_no;
  created->definitions.shop.deleted = false;
  created->definitions.shop.stamp.etag = {1, 0};
  created->definitions.policy = shop.policy;
  storage::RequestRow request;
  request.request_id = shop.request_id;
  request.request_hash = shop.request_hash;
  request.revision = 1;
  request.created_at_ms = shop.shop.stamp.created_at_ms;
  created->requests.emplace(shop.request_id, std::move(request));
  created->changes[1] = {
      1, storage::ChangeCause::kDefinition, absl::ToUnixMillis(absl::Now()), true, {}};
  domain::Shop row = created->definitions.shop;
  shops_[row.number].committed = std::move(created);
  return row;
}

absl::StatusOr<std::vector<domain::Shop>> ModelStore::ListShops() {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  std::vector<domain::Shop> shops;
  for (const auto& entry : shops_) shops.push_back(entry.second.committed->definitions.shop);
  return shops;
}

absl::StatusOr<std::optional<domain::Shop>> ModelStore::ReadShop(std::string_view shop_id) {
  ASSIGN_OR_RETURN(const std::vector<domain::Shop> shops, ListShops());
  for (const domain::Shop& shop : shops) {
    if (shop.id == shop_id && !shop.deleted) return shop;
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<storage::ShopRevision>> ModelStore::ReadRevisions(
    std::span<const domain::ShopNo> shop_nos) {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  std::vector<storage::ShopRevision> revisions;
  for (const domain::ShopNo shop_no : shop_nos) {
    if (const Slot* const slot = Find(shop_no); slot != nullptr) {
      revisions.push_back({shop_no, slot->committed->head.revision});
    }
  }
  return revisions;
}

absl::StatusOr<bool> ModelStore::PurgeShop(domain::ShopNo shop_no, int max_rows) {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  Slot* const slot = Find(shop_no);
  if (slot == nullptr) return true;
  if (!slot->committed->definitions.shop.deleted) {
    return MakeError(Reason::SHOP_NOT_EMPTY, "shop_id", "got a shop in use, want a deleted one");
  }
  // Members stand for all rows: what is bounded is how much goes in one call.
  auto shop = std::make_shared<ModelShop>(*slot->committed);
  for (int i = 0; i < max_rows; ++i) {
    if (shop->members.empty()) {
      slot->purged = true;
      return true;
    }
    shop->members.erase(shop->members.begin());
  }
  slot->committed = std::move(shop);
  return false;
}

absl::Status ModelStore::InsertApiToken(const storage::ApiTokenRow& token) {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  for (const auto& entry : tokens_) {
    if (entry.second.id == token.id || entry.second.secret_hash == token.secret_hash) {
      return MakeError(Reason::ALREADY_EXISTS, "", "a row with this key already exists");
    }
  }
  storage::ApiTokenRow row = token;
  std::sort(row.shop_ids.begin(), row.shop_ids.end());
  tokens_.emplace(token.id, std::move(row));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<storage::ApiTokenRow>> ModelStore::ReadApiToken(
    std::string_view secret_hash) {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  for (const auto& entry : tokens_) {
    if (entry.second.secret_hash == secret_hash) return entry.second;
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<storage::ApiTokenRow>> ModelStore::ListApiTokens() {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  std::vector<storage::ApiTokenRow> tokens;
  for (const auto& entry : tokens_) tokens.push_back(entry.second);
  std::sort(tokens.begin(), tokens.end(), [](const auto& a, const auto& b) {
    return std::tie(a.created_at_ms, a.id) < std::tie(b.created_at_ms, b.id);
  });
  return tokens;
}

absl::StatusOr<bool> ModelStore::RevokeApiToken(std::string_view token_id, int64_t at_ms) {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  const auto token = tokens_.find(std::string(token_id));
  if (token == tokens_.end()) return false;
  if (!token->second.revoked_at_ms) token->second.revoked_at_ms = at_ms;
  return true;
}

absl::StatusOr<int64_t> ModelStore::TrimRequestLog(domain::ShopNo shop_no, int64_t before_ms,
                                                   int limit) {
  RETURN_IF_ERROR(Available());
  std::unique_lock lock(mutex_);
  // An open writer would bring back what goes here.
  writer_done_.wait(lock, [&] { return !shops_.contains(shop_no) || !shops_[shop_no].writing; });
  const auto slot = shops_.find(shop_no);
  if (slot == shops_.end()) return 0;
  auto shop = std::make_shared<ModelShop>(*slot->second.committed);
  std::vector<std::pair<int64_t, std::string>> old;
  for (const auto& [id, row] : shop->requests) {
    if (row.created_at_ms < before_ms) old.emplace_back(row.created_at_ms, id);
  }
  std::sort(old.begin(), old.end());
  if (old.size() > static_cast<size_t>(limit)) old.resize(static_cast<size_t>(limit));
  for (const auto& entry : old) shop->requests.erase(entry.second);
  slot->second.committed = std::move(shop);
  return static_cast<int64_t>(old.size());
}

absl::StatusOr<int64_t> ModelStore::TrimChangeLog(domain::ShopNo shop_no, int64_t before_ms,
                                                  int limit) {
  RETURN_IF_ERROR(Available());
  std::lock_guard lock(mutex_);
  Slot* const slot = Find(shop_no);
  if (slot == nullptr) return 0;
  auto left = std::make_shared<ModelShop>(*slot->committed);
  int64_t trimmed = 0;
  auto oldest = left->changes.begin();
  while (trimmed < limit && oldest != left->changes.end() &&
         oldest->second.committed_at_ms < before_ms) {
    oldest = left->changes.erase(oldest);
    ++trimmed;
  }
  slot->committed = std::move(left);
  return trimmed;
}

}  // namespace segmentation::testing_support
