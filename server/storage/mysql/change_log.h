// The change log: one row a revision, in commit order, with after-images of what the audience index
// keeps; personal after-images in a table of their own, keyed by member.
#pragma once

#include <cstddef>
#include <map>

#include "absl/status/status.h"
#include "segmentation/internal/change_log.pb.h"
#include "server/domain/ids.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// Bytes of one entry; a larger write must be split by the caller.
inline constexpr size_t kMaxChangeLogBytes = 256 * 1024;

// Collects what one transaction writes. Not thread-safe.
class ChangeLogWriter {
 public:
  ChangeLogWriter();
  // `before` is the head before these rows. BATCH_TOO_LARGE when the entry outgrows its limit: the
  // transaction must then be dropped and its commands run in smaller batches.
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

void ListChangeLogStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
