// Who may see personal data in clear, and the record of it.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "server/rpc/call.h"
#include "server/usecase/call_context.h"

namespace segmentation::rpc {

// Admin, operator and privacy everywhere; the scheduler in audience streams too (TokenRole).
bool MayReveal(usecase::Role role, bool audience_stream = false);

// Whether this call sees personal data in clear: false without a purpose. Each call that does is
// logged with its token and a hash of the purpose. ROLE_INSUFFICIENT for a role that may not;
// FIELD_TOO_LONG, FIELD_INVALID and the errors of text, naming reveal_purpose.
absl::StatusOr<bool> CheckReveal(const Call& call, std::string_view purpose,
                                 bool audience_stream = false);

}  // namespace segmentation::rpc
