// Page tokens and stream cursors: signed, URL-safe, bound to method, arguments, shop and revision.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "segmentation/internal/tokens.pb.h"
#include "server/base/clock.h"
#include "server/domain/ids.h"

namespace segmentation::rpc {

// Lists may be gone on with for this long.
inline constexpr absl::Duration kPageTokenLife = absl::Hours(1);
// Streams of millions are resumed later.
inline constexpr absl::Duration kStreamCursorLife = absl::Hours(24);

// Thread-safe.
class PageTokenCodec {
 public:
  // `key`: the secret of the database's identity; `clock` outlives it.
  PageTokenCodec(std::string key, const base::Clock& clock) : key_(std::move(key)), clock_(clock) {}

  // Sets format version and issue time, signs.
  std::string Encode(internal::PageToken token) const;
  std::string Encode(internal::StreamCursor cursor) const;

  // PAGE_TOKEN_INVALID (naming `field`) unless it was made here for the same shop and arguments;
  // PAGE_TOKEN_EXPIRED when it is too old.
  absl::StatusOr<internal::PageToken> DecodePage(std::string_view text, domain::ShopNo shop_no,
                                                 std::string_view arguments_hash,
                                                 std::string_view field) const;
  absl::StatusOr<internal::StreamCursor> DecodeCursor(std::string_view text, domain::ShopNo shop_no,
                                                      std::string_view arguments_hash,
                                                      std::string_view field) const;

 private:
  template <typename Payload>
  std::string Sign(Payload& payload, std::string_view kind) const;
  template <typename Payload>
  absl::StatusOr<Payload> Verify(std::string_view text, std::string_view kind,
                                 domain::ShopNo shop_no, std::string_view arguments_hash,
                                 absl::Duration life, std::string_view field) const;

  const std::string key_;
  const base::Clock& clock_;
};

}  // namespace segmentation::rpc
