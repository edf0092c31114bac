// storage::Store in memory: what the contract says, in plain maps. For use-case tests and as the
// yardstick of the MySQL store.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/store.h"
#include "tests/support/model_shop.h"

namespace segmentation::testing_support {

// Thread-safe, as storage::Store is. Transactions must not outlive it.
class ModelStore final : public storage::Store {
 public:
  // What the next Commit does instead of succeeding.
  enum class CommitFault {
    kNone,
    kUnknownDone,     // OUTCOME_UNKNOWN, and it was committed
    kUnknownNotDone,  // OUTCOME_UNKNOWN, and it was not
    kConflict,        // WRITE_CONFLICT
    kUnavailable,     // DATABASE_UNAVAILABLE, not committed
  };

  ModelStore();

  // For the next `count` commits.
  void FailCommits(CommitFault fault, int count = 1);
  // From now on every call answers DATABASE_UNAVAILABLE, until called with false.
  void SetUnavailable(bool unavailable);
  // Commits that succeeded, of all shops.
  int64_t commit_count() const;

  const storage::DatabaseIdentity& identity() const override { return identity_; }
  absl::Status Check() override;
  absl::StatusOr<std::unique_ptr<storage::WriteTransaction>> BeginWrite(
      domain::ShopNo shop_no, absl::Time deadline) override;
  absl::StatusOr<std::unique_ptr<storage::ReadSnapshot>> BeginRead(domain::ShopNo shop_no,
                                                                   absl::Time deadline) override;
  absl::StatusOr<domain::Shop> CreateShop(const storage::NewShop& shop) override;
  absl::StatusOr<std::vector<domain::Shop>> ListShops() override;
  absl::StatusOr<std::optional<domain::Shop>> ReadShop(std::string_view shop_id) override;
  absl::StatusOr<std::vector<storage::ShopRevision>> ReadRevisions(
      std::span<const domain::ShopNo> shop_nos) override;
  absl::StatusOr<bool> PurgeShop(domain::ShopNo shop_no, int max_rows) override;
  absl::Status InsertApiToken(const storage::ApiTokenRow& token) override;
  absl::StatusOr<std::optional<storage::ApiTokenRow>> ReadApiToken(
      std::string_view secret_hash) override;
  absl::StatusOr<std::vector<storage::ApiTokenRow>> ListApiTokens() override;
  absl::StatusOr<bool> RevokeApiToken(std::string_view token_id, int64_t at_ms) override;
  absl::StatusOr<int64_t> TrimRequestLog(domain::ShopNo shop_no, int64_t before_ms,
                                         int limit) override;
  absl::StatusOr<int64_t> TrimChangeLog(domain::ShopNo shop_no, int64_t before_ms,
                                        int limit) override;

 private:
  friend class ModelWriteTransaction;
  struct Slot {
    std::shared_ptr<const ModelShop> committed;
    bool writing = false;
    bool purged = false;  // a tombstone: only its id and number count
  };

  absl::Status Available() const;
  // Null: no such shop, or only its tombstone. By mutex_.
  Slot* Find(domain::ShopNo shop_no);
  // Publishes `state`, unless a fault is due; the writer's place is free again afterwards.
  absl::Status Publish(domain::ShopNo shop_no, std::shared_ptr<const ModelShop> state);
  void EndWrite(domain::ShopNo shop_no);

  const storage::DatabaseIdentity identity_;
  mutable std::mutex mutex_;
  std::condition_variable writer_done_;
  // Guarded by mutex_.
  std::map<domain::ShopNo, Slot> shops_;
  domain::ShopNo next_shop_no_ = 1;
  std::map<std::string, storage::ApiTokenRow> tokens_;
  CommitFault fault_ = CommitFault::kNone;
  int faults_left_ = 0;
  bool unavailable_ = false;
  int64_t commit_count_ = 0;
};

}  // namespace segmentation::testing_support
