// storage::Store over MySQL or MariaDB.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/mysql/connection_pool.h"
#include "server/storage/mysql/head_cache.h"
#include "server/storage/store.h"

namespace segmentation::storage::mysql {

struct MysqlStoreOptions {
  ConnectionPoolOptions pool;
  // Bounds calls that have no deadline of their own (shops, tokens, purges).
  absl::Duration call_timeout = absl::Seconds(30);
};

// Thread-safe. A transaction holds one connection of the pool until it is destroyed; transactions
// must not outlive the store.
class MysqlStore final : public Store {
 public:
  // Connects, checks that server and schema are right and makes or reads the database's identity.
  // Errors: DATABASE_UNAVAILABLE with a text an operator can act on.
  static absl::StatusOr<std::unique_ptr<MysqlStore>> Open(MysqlStoreOptions options);

  const DatabaseIdentity& identity() const override { return identity_; }
  absl::Status Check() override;
  absl::StatusOr<std::unique_ptr<WriteTransaction>> BeginWrite(domain::ShopNo shop_no,
                                                               absl::Time deadline) override;
  absl::StatusOr<std::unique_ptr<ReadSnapshot>> BeginRead(domain::ShopNo shop_no,
                                                          absl::Time deadline) override;
  absl::StatusOr<domain::Shop> CreateShop(const NewShop& shop) override;
  absl::StatusOr<std::vector<domain::Shop>> ListShops() override;
  absl::StatusOr<std::optional<domain::Shop>> ReadShop(std::string_view shop_id) override;
  absl::StatusOr<std::vector<ShopRevision>> ReadRevisions(
      std::span<const domain::ShopNo> shop_nos) override;
  absl::StatusOr<bool> PurgeShop(domain::ShopNo shop_no, int max_rows) override;
  absl::Status InsertApiToken(const ApiTokenRow& token) override;
  absl::StatusOr<std::optional<ApiTokenRow>> ReadApiToken(std::string_view secret_hash) override;
  absl::StatusOr<std::vector<ApiTokenRow>> ListApiTokens() override;
  absl::StatusOr<bool> RevokeApiToken(std::string_view token_id, int64_t at_ms) override;
  absl::StatusOr<int64_t> TrimRequestLog(domain::ShopNo shop_no, int64_t before_ms,
                                         int limit) override;
  absl::StatusOr<int64_t> TrimChangeLog(domain::ShopNo shop_no, int64_t before_ms,
                                        int limit) override;

  // Answers SHUTTING_DOWN from now on; open transactions go on.
  void Close() { pool_.Close(); }
  const ConnectionPool& pool() const { return pool_; }

 private:
  explicit MysqlStore(const MysqlStoreOptions& options)
      : pool_(options.pool), call_timeout_(options.call_timeout) {}

  ConnectionPool pool_;
  const absl::Duration call_timeout_;
  DatabaseIdentity identity_;
  HeadCache heads_;
};

}  // namespace segmentation::storage::mysql
