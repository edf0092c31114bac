// One shop inside one transaction: what the stores of the nouns run their statements on.
#pragma once

#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/statement.h"

namespace segmentation::storage::mysql {

// Every call answers DEADLINE_PASSED once the deadline has passed, before it sends anything. Not
// thread-safe. Borrows the connection.
class ShopSession {
 public:
  enum class Kind { kWrite, kSnapshot };

  ShopSession(Connection& connection, domain::ShopNo shop_no, std::string identity_key,
              absl::Time deadline, Kind kind = Kind::kWrite)
      : connection_(connection),
        shop_no_(shop_no),
        identity_key_(std::move(identity_key)),
        deadline_(deadline),
        kind_(kind) {}

  domain::ShopNo shop_no() const { return shop_no_; }
  // The shop's key for identity look-ups.
  const std::string& identity_key() const { return identity_key_; }

  // Affected rows.
  absl::StatusOr<uint64_t> Execute(const Statement& statement,
                                   std::initializer_list<Parameter> params);
  absl::StatusOr<ResultSet> Query(const Statement& statement,
                                  std::initializer_list<Parameter> params);
  // A query that may read all of a shop, as those made from conditions do. In a snapshot the server
  // stops it at the deadline: DEADLINE_PASSED.
  absl::StatusOr<ResultSet> QueryLong(std::string_view sql, ParamSpan params);

  // INSERTs and upserts: row-major values, each row beginning with shop_no. ALREADY_EXISTS when a
  // unique key belongs to another row.
  absl::Status Write(const RowsStatement& statement, const Params& rows);

  // Queries and deletions by key: the statement's head takes shop_no. A list between two sizes is
  // filled up with its last key, so keys must not be repeated across it by the caller.
  absl::StatusOr<ResultSet> QueryKeys(const RowsStatement& statement, Params keys);
  absl::Status DeleteKeys(const RowsStatement& statement, Params keys);

 private:
  absl::Status CheckDeadline() const;

  Connection& connection_;
  const domain::ShopNo shop_no_;
  const std::string identity_key_;
  const absl::Time deadline_;
  const Kind kind_;
};

// Fills a list of keys of `width` values each up to a size that runs in few statements, by
// repeating the last key: 2 → 8, 9 → 32, 40 → 2·32, 100 → 128, 200 → 2·128, 300 → 512.
void PadKeys(Params& keys, size_t width);

}  // namespace segmentation::storage::mysql
