// The opaque token that names a revision of a shop: returned by every write, accepted by every read
// as "at least this". It carries the database it was made in and a signature, so that a token of
// another database or a made-up one is refused instead of being waited for.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/ids.h"
#include "server/storage/rows.h"

namespace segmentation::usecase {

// Thread-safe.
class RevisionTokenCodec {
 public:
  explicit RevisionTokenCodec(storage::DatabaseIdentity identity);

  // URL-safe text of 60 characters.
  std::string Encode(domain::ShopNo shop_no, domain::Revision revision) const;

  // The revision in a token of this database and shop; REVISION_TOKEN_INVALID (naming `field`) for
  // anything else. The empty text is invalid too: "no token" is the caller's case.
  absl::StatusOr<domain::Revision> Decode(domain::ShopNo shop_no, std::string_view token,
                                          std::string_view field) const;

 private:
  std::string Sign(std::string_view body) const;

  storage::DatabaseIdentity identity_;
};

}  // namespace segmentation::usecase
