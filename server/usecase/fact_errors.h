// Errors about shops, members and orders that several commands answer.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/domain/ids.h"

namespace segmentation::usecase {

inline absl::Status ShopNotFound() {
  return base::MakeError(base::Reason::SHOP_NOT_FOUND, "shop_id", "no such shop");
}

inline absl::Status MemberNotFound(std::string_view member_id, std::string_view field) {
  return base::MakeError(base::Reason::MEMBER_NOT_FOUND, field,
                         base::StrCat("got '", member_id, "', no such member in this shop"));
}

inline absl::Status OrderNotFound(std::string_view source, std::string_view external_id,
                                  std::string_view field) {
  return base::MakeError(
      base::Reason::ORDER_NOT_FOUND, field,
      base::StrCat("got ", source, " '", external_id, "', no such order in this shop"));
}

inline absl::Status StaleEtag(std::string_view field) {
  return base::MakeError(base::Reason::ETAG_STALE, field,
                         "was changed since it was read; read it again, then decide");
}

// OK when nothing was expected or the row is still in the expected state. A row that does not exist
// has no state.
inline absl::Status CheckEtagOf(const domain::Stamp* stored,
                                const std::optional<domain::Etag>& expected,
                                std::string_view field) {
  if (!expected || (stored != nullptr && stored->etag == *expected)) return absl::OkStatus();
  return StaleEtag(field);
}

}  // namespace segmentation::usecase
