#include "server/storage/mysql/mysql_store.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/planted_fault.h"
#include "server/base/status_macros.h"
#include "server/storage/mysql/change_log.h"
#include "server/storage/mysql/database_identity.h"
#include "server/storage/mysql/definition_store.h"
#include "server/storage/mysql/group_store.h"
#include "server/storage/mysql/identity_store.h"
#include "server/storage/mysql/member_store.h"
#include "server/storage/mysql/migrator.h"
#include "server/storage/mysql/mysql_reader.h"
#include "server/storage/mysql/operation_store.h"
#include "server/storage/mysql/order_store.h"
#include "server/storage/mysql/product_store.h"
#include "server/storage/mysql/request_log.h"
#include "server/storage/mysql/server_check.h"
#include "server/storage/mysql/shop_purge.h"
#include "server/storage/mysql/shop_store.h"
#include "server/storage/mysql/sql_error.h"
#include "server/storage/mysql/tag_store.h"
#include "server/storage/mysql/token_store.h"
#include "server/storage/mysql/transaction.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;

class MysqlSnapshot final : public MysqlReader<ReadSnapshot> {
 public:
  using MysqlReader::MysqlReader;
};

class MysqlWriteTransaction final : public MysqlReader<WriteTransaction> {
 public:
  MysqlWriteTransaction(OpenShop shop, HeadCache& heads)
      : MysqlReader(std::move(shop)), heads_(heads) {}

  absl::Status Apply(const WriteSet& rows) override {
    RETURN_IF_ERROR(Usable());
    absl::Status status = ApplyRows(rows);
    failed_ = !status.ok();
    return status;
  }

  absl::Status Commit(ChangeCause cause) override {
    RETURN_IF_ERROR(Usable());
    ended_ = true;
    RETURN_IF_ERROR(log_.Write(shop_.session, shop_.head.revision, cause));
    const absl::Status status = shop_.lease->Commit();
    if (status.ok()) heads_.Put(shop_.head, shop_.session.identity_key());
    return base::PlantedFault("commit_errors_are_lost") ? absl::OkStatus() : status;
  }

 private:
  absl::Status Usable() const {
    if (!ended_ && !failed_) return absl::OkStatus();
    return base::MakeError(Reason::INTERNAL, "",
                           ended_ ? "the transaction has ended" : "the transaction has failed");
  }

  absl::Status ApplyRows(const WriteSet& rows) {
    ShopSession& session = shop_.session;
    RETURN_IF_ERROR(log_.Add(shop_.head, rows));
    RETURN_IF_ERROR(DeleteIdentityRows(session, rows));
    RETURN_IF_ERROR(DeleteTagRows(session, rows));
    RETURN_IF_ERROR(DeleteMemberRows(session, rows));
    RETURN_IF_ERROR(DeleteDefinitionRows(session, rows));
    RETURN_IF_ERROR(DeleteGroupRows(session, rows));

    RETURN_IF_ERROR(WriteMemberRows(session, rows));
    RETURN_IF_ERROR(WriteIdentityRows(session, rows));
    RETURN_IF_ERROR(WriteTagRows(session, rows));
    RETURN_IF_ERROR(WriteOrders(session, rows.orders));
    RETURN_IF_ERROR(WriteProducts(session, rows.products));
    if (rows.shop) RETURN_IF_ERROR(WriteShopRow(session, *rows.shop));
    RETURN_IF_ERROR(WriteDefinitionRows(session, rows, shop_.head.revision));
    RETURN_IF_ERROR(WriteGroupRows(session, rows));
    RETURN_IF_ERROR(InsertRequests(session, rows.requests));
    RETURN_IF_ERROR(WriteOperationRows(session, rows));
    if (!rows.head) return absl::OkStatus();
    ShopHead head = *rows.head;
    head.shop_no = shop_.head.shop_no;
    head.revision = shop_.head.revision;
    RETURN_IF_ERROR(WriteHead(session, head));
    shop_.head = head;
    return absl::OkStatus();
  }

  HeadCache& heads_;
  ChangeLogWriter log_;
  bool ended_ = false;
  bool failed_ = false;
};

// Prepared statements a connection keeps at least: the store has some two hundred, most of them in
// five sizes, and a batch of an import runs about a hundred.
constexpr int kStatementCacheSize = 256;

// Attempts to open a transaction: a connection may turn out to be lost only when it is used.
constexpr int kBeginAttempts = 3;

// Takes the head row, and reads it only if it is not the one remembered.
absl::StatusOr<HeadAndKey> TakeAndReadHead(Connection& connection, domain::ShopNo shop_no,
                                           HeadCache& heads) {
  if (std::optional<HeadAndKey> known = heads.Find(shop_no)) {
    ASSIGN_OR_RETURN(const bool taken, TakeHeadAt(connection, known->head));
    if (taken) {
      ++known->head.revision;
      return *std::move(known);
    }
    heads.Forget(shop_no);
  }
  RETURN_IF_ERROR(TakeHead(connection, shop_no));
  return ReadHead(connection, shop_no);
}

absl::StatusOr<OpenShop> OpenOn(ConnectionPool::Lease lease, HeadAndKey head, absl::Time deadline,
                                ShopSession::Kind kind) {
  ShopSession session(*lease, head.head.shop_no, std::move(head.identity_key), deadline, kind);
  return OpenShop{std::move(lease), head.head, std::move(session)};
}

absl::StatusOr<OpenShop> BeginWriteOnce(ConnectionPool& pool, domain::ShopNo shop_no,
                                        absl::Time deadline, HeadCache& heads) {
  ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool.Acquire(deadline));
  RETURN_IF_ERROR(lease->Begin());
  ASSIGN_OR_RETURN(HeadAndKey head, TakeAndReadHead(*lease, shop_no, heads));
  return OpenOn(std::move(lease), std::move(head), deadline, ShopSession::Kind::kWrite);
}

absl::StatusOr<OpenShop> BeginReadOnce(ConnectionPool& pool, domain::ShopNo shop_no,
                                       absl::Time deadline) {
  ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool.Acquire(deadline));
  RETURN_IF_ERROR(lease->BeginSnapshot());
  ASSIGN_OR_RETURN(HeadAndKey head, ReadHead(*lease, shop_no));
  return OpenOn(std::move(lease), std::move(head), deadline, ShopSession::Kind::kSnapshot);
}

bool LostBeforeAnything(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  return info && info->reason == Reason::DATABASE_UNAVAILABLE;
}

absl::StatusOr<OpenShop> BeginShop(absl::Time deadline,
                                   const std::function<absl::StatusOr<OpenShop>()>& begin_once) {
  for (int attempt = 1;; ++attempt) {
    if (absl::Now() >= deadline) {
      return base::MakeError(Reason::DEADLINE_PASSED, "", "the deadline passed");
    }
    absl::StatusOr<OpenShop> shop = begin_once();
    if (shop.ok() || attempt == kBeginAttempts || !LostBeforeAnything(shop.status())) return shop;
  }
}

// A call of its own over the database, with the retries of transaction.h.
template <typename Result>
absl::StatusOr<Result> InTransaction(
    ConnectionPool& pool, absl::Duration timeout,
    const std::function<absl::StatusOr<Result>(Connection&)>& body) {
  TransactionOptions options;
  options.deadline = absl::Now() + timeout;
  std::optional<Result> result;
  RETURN_IF_ERROR(RunTransaction(pool, options, [&](Connection& connection) -> absl::Status {
    absl::StatusOr<Result> value = body(connection);
    if (!value.ok()) return value.status();
    result = *std::move(value);
    return absl::OkStatus();
  }));
  return *std::move(result);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MysqlStore>> MysqlStore::Open(MysqlStoreOptions options) {
  int& cache_size = options.pool.connection.statement_cache_size;
  cache_size = std::max(cache_size, kStatementCacheSize);
  std::unique_ptr<MysqlStore> store(new MysqlStore(options));
  {
    ASSIGN_OR_RETURN(ConnectionPool::Lease lease,
                     store->pool_.Acquire(absl::Now() + store->call_timeout_));
    RETURN_IF_ERROR(CheckServer(*lease));
    RETURN_IF_ERROR(CheckSchema(*lease, EmbeddedMigrations()));
  }
  ASSIGN_OR_RETURN(store->identity_, InTransaction<DatabaseIdentity>(
                                         store->pool_, store->call_timeout_, MakeDatabaseIdentity));
  return store;
}

absl::Status MysqlStore::Check() {
  ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool_.Acquire(absl::Now() + call_timeout_));
  RETURN_IF_ERROR(lease->Ping());
  return CheckSchema(*lease, EmbeddedMigrations());
}

absl::StatusOr<std::unique_ptr<WriteTransaction>> MysqlStore::BeginWrite(domain::ShopNo shop_no,
                                                                         absl::Time deadline) {
  ASSIGN_OR_RETURN(OpenShop shop, BeginShop(deadline, [&] {
                     return BeginWriteOnce(pool_, shop_no, deadline, heads_);
                   }));
  return std::make_unique<MysqlWriteTransaction>(std::move(shop), heads_);
}

absl::StatusOr<std::unique_ptr<ReadSnapshot>> MysqlStore::BeginRead(domain::ShopNo shop_no,
                                                                    absl::Time deadline) {
  ASSIGN_OR_RETURN(OpenShop shop,
                   BeginShop(deadline, [&] { return BeginReadOnce(pool_, shop_no, deadline); }));
  return std::make_unique<MysqlSnapshot>(std::move(shop));
}

absl::StatusOr<domain::Shop> MysqlStore::CreateShop(const NewShop& shop) {
  // Its request row answers when the COMMIT's outcome is unknown.
  TransactionOptions options;
  options.deadline = absl::Now() + call_timeout_;
  options.rerun_unknown_outcome = true;
  domain::Shop created;
  RETURN_IF_ERROR(RunTransaction(pool_, options, [&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(created, mysql::CreateShop(connection, shop, options.deadline));
    return absl::OkStatus();
  }));
  return created;
}

absl::StatusOr<std::vector<domain::Shop>> MysqlStore::ListShops() {
  return InTransaction<std::vector<domain::Shop>>(pool_, call_timeout_, mysql::ListShops);
}

absl::StatusOr<std::optional<domain::Shop>> MysqlStore::ReadShop(std::string_view shop_id) {
  return InTransaction<std::optional<domain::Shop>>(
      pool_, call_timeout_,
      [shop_id](Connection& connection) { return mysql::ReadShop(connection, shop_id); });
}

absl::StatusOr<std::vector<ShopRevision>> MysqlStore::ReadRevisions(
    std::span<const domain::ShopNo> shop_nos) {
  // One statement and no transaction: it is asked many times a second, and a link that turns out to
  // be lost is another one the next time.
  ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool_.Acquire(absl::Now() + call_timeout_));
  return mysql::ReadRevisions(*lease, shop_nos);
}

absl::StatusOr<bool> MysqlStore::PurgeShop(domain::ShopNo shop_no, int max_rows) {
  ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool_.Acquire(absl::Now() + call_timeout_));
  return PurgeShopRows(*lease, shop_no, max_rows);
}

absl::Status MysqlStore::InsertApiToken(const ApiTokenRow& token) {
  TransactionOptions options;
  options.deadline = absl::Now() + call_timeout_;
  return RunTransaction(pool_, options, [&](Connection& connection) {
    return mysql::InsertApiToken(connection, token);
  });
}

absl::StatusOr<std::optional<ApiTokenRow>> MysqlStore::ReadApiToken(std::string_view secret_hash) {
  return InTransaction<std::optional<ApiTokenRow>>(
      pool_, call_timeout_, [secret_hash](Connection& connection) {
        return mysql::ReadApiToken(connection, secret_hash);
      });
}

absl::StatusOr<std::vector<ApiTokenRow>> MysqlStore::ListApiTokens() {
  return InTransaction<std::vector<ApiTokenRow>>(pool_, call_timeout_, mysql::ListApiTokens);
}

absl::StatusOr<bool> MysqlStore::RevokeApiToken(std::string_view token_id, int64_t at_ms) {
  return InTransaction<bool>(pool_, call_timeout_, [&](Connection& connection) {
    return mysql::RevokeApiToken(connection, token_id, at_ms);
  });
}

absl::StatusOr<int64_t> MysqlStore::TrimRequestLog(domain::ShopNo shop_no, int64_t before_ms,
                                                   int limit) {
  return InTransaction<int64_t>(pool_, call_timeout_, [&](Connection& connection) {
    ShopSession session(connection, shop_no, "", absl::Now() + call_timeout_);
    return TrimRequests(session, before_ms, limit);
  });
}

absl::StatusOr<int64_t> MysqlStore::TrimChangeLog(domain::ShopNo shop_no, int64_t before_ms,
                                                  int limit) {
  return InTransaction<int64_t>(pool_, call_timeout_, [&](Connection& connection) {
    ShopSession session(connection, shop_no, "", absl::Now() + call_timeout_);
    return TrimChanges(session, before_ms, limit);
  });
}

}  // namespace segmentation::storage::mysql
