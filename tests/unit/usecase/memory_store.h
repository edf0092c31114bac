// A store of one shop in memory for the tests of the write side, with faults on order: what the
// contract says of transactions, nothing of its queries (those are held by the contract suite).
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/store.h"

namespace segmentation::usecase {

// What a commit does beside, or instead of, committing.
enum class CommitFault { kNone, kConflict, kUnknownCommitted, kUnknownLost };

struct MemoryState {
  storage::ShopHead head;
  domain::ShopDefinitions definitions;
  std::map<domain::MemberNo, domain::Member> members;
  std::map<domain::OrderKey, domain::Order> orders;
  std::map<std::string, domain::Product> products;
  std::map<std::pair<domain::MemberNo, std::string>, domain::Note> notes;
  std::map<std::string, storage::RequestRow> requests;
  std::map<std::string, storage::ImportProgressRow> imports;
  std::map<std::string, storage::OperationRow> operations;
  std::map<std::pair<domain::GroupNo, int32_t>, storage::GroupRevisionRow> group_revisions;
  std::vector<storage::TagHistoryRow> tag_history;
  std::vector<storage::ConsentHistoryRow> consent_history;
  std::vector<storage::ChangeCause> causes;  // one a revision

  // Everything but revisions, etags, internal numbers and the order of arrival.
  std::string CanonicalDump() const;
};

class MemoryStore final : public storage::Store {
 public:
  MemoryStore();

  // --- For tests.
  MemoryState state() const;
  void EditState(const std::function<void(MemoryState&)>& edit);
  // Asked at every commit, and at every Apply: a status that is not OK is returned instead.
  std::function<CommitFault()> on_commit;
  std::function<absl::Status(const storage::WriteSet&)> on_apply;
  // Asked when a transaction begins, before the head row is taken.
  std::function<absl::Status()> on_begin;
  // While closed, transactions wait at their begin. WaitForArrival returns when one waits.
  void CloseGate();
  void OpenGate();
  void WaitForArrival();
  int definition_reads() const { return definition_reads_; }

  // --- storage::Store.
  const storage::DatabaseIdentity& identity() const override { return identity_; }
  absl::Status Check() override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<storage::WriteTransaction>> BeginWrite(
      domain::ShopNo shop_no, absl::Time deadline) override;
  absl::StatusOr<std::unique_ptr<storage::ReadSnapshot>> BeginRead(domain::ShopNo,
                                                                   absl::Time) override;
  absl::StatusOr<domain::Shop> CreateShop(const storage::NewShop&) override;
  absl::StatusOr<std::vector<domain::Shop>> ListShops() override;
  absl::StatusOr<std::optional<domain::Shop>> ReadShop(std::string_view) override;
  absl::StatusOr<std::vector<storage::ShopRevision>> ReadRevisions(
      std::span<const domain::ShopNo>) override;
  absl::StatusOr<bool> PurgeShop(domain::ShopNo, int) override;
  absl::Status InsertApiToken(const storage::ApiTokenRow&) override;
  absl::StatusOr<std::optional<storage::ApiTokenRow>> ReadApiToken(std::string_view) override;
  absl::StatusOr<std::vector<storage::ApiTokenRow>> ListApiTokens() override;
  absl::StatusOr<bool> RevokeApiToken(std::string_view, int64_t) override;
  absl::StatusOr<int64_t> TrimRequestLog(domain::ShopNo, int64_t, int) override;
  absl::StatusOr<int64_t> TrimChangeLog(domain::ShopNo, int64_t, int) override;

 private:
  friend class MemoryTransaction;

  storage::DatabaseIdentity identity_;
  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  MemoryState state_;
  bool gate_closed_ = false;
  int waiting_ = 0;
  int definition_reads_ = 0;
};

}  // namespace segmentation::usecase
