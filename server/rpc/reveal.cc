#include "server/rpc/reveal.h"

#include <spdlog/spdlog.h>

#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::rpc {

bool MayReveal(usecase::Role role, bool audience_stream) {
  using usecase::Role;
  return role == Role::kAdmin || role == Role::kOperator || role == Role::kPrivacy ||
         (audience_stream && role == Role::kScheduler);
}

absl::StatusOr<bool> CheckReveal(const Call& call, std::string_view purpose, bool audience_stream) {
  if (purpose.empty()) return false;
  RETURN_IF_ERROR(domain::ValidateName(purpose, domain::kMaxNameBytes, "reveal_purpose"));
  if (!MayReveal(call.context.role, audience_stream)) {
    return base::MakeError(base::Reason::ROLE_INSUFFICIENT, "reveal_purpose",
                           "the token's role may not see personal data in clear",
                           {{"want", audience_stream ? "admin, operator, privacy, scheduler"
                                                     : "admin, operator, privacy"}});
  }
  // Not the text, for people write names and numbers into it; enough to check what somebody says it
  // was.
  spdlog::info("reveal method={} shop={} token={} purpose_sha256={}", call.policy->method,
               call.context.shop.id, call.principal.token_id,
               base::HexEncode(base::BytesOf(base::Sha256(purpose))).substr(0, 16));
  return true;
}

}  // namespace segmentation::rpc
