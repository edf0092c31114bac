// The change log: one entry a revision, in commit order, with after-images of what the audience
// index keeps; personal after-images in a table of their own, keyed by member. An entry's bytes lie
// in the row of change_log and, when they are too many for one row, go on in change_log_part.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/internal/change_log.pb.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// Bytes of an entry in one row (design D2).
inline constexpr size_t kMaxChangeLogRowBytes = 256 * 1024;
// Bytes of one entry: more than the largest batch makes of ordinary orders (500 of 500 lines each
// are half of it). It bounds what one transaction holds in memory here and in the database.
inline constexpr size_t kMaxChangeLogBytes = 16 * 1024 * 1024;

// Collects what one transaction writes. Not thread-safe.
class ChangeLogWriter {
 public:
  ChangeLogWriter();
  // `before` is the head before these rows. BATCH_TOO_LARGE when the entry outgrows
  // kMaxChangeLogBytes: the transaction must then be dropped and its commands run in smaller
  // batches.
  absl::Status Add(const ShopHead& before, const WriteSet& rows);
  // Inserts the rows of this revision.
  absl::Status Write(ShopSession& session, domain::Revision revision, ChangeCause cause);

 private:
  void AddMembers(const WriteSet& rows);
  void AddTags(const WriteSet& rows);
  void AddDefinitions(const ShopHead& before, const WriteSet& rows);

  internal::ChangeLogEntry entry_;
  std::map<domain::MemberNo, internal::PrivateChange> private_;
};

// As Reader::ListChanges.
absl::StatusOr<std::vector<ChangeRow>> ListChanges(ShopSession& session, domain::Revision after,
                                                   int limit);

// Removes at most `limit` rows of revisions committed before `before_ms`, oldest first, those of
// change_log_private included; how many went. Part of the caller's transaction.
absl::StatusOr<int64_t> TrimChanges(ShopSession& session, int64_t before_ms, int limit);

void ListChangeLogStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
