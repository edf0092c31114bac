// Who calls, for which shop, until when. Made by rpc once a call has passed authentication and the
// shop's scope; the use cases trust it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/domain/shop.h"

namespace segmentation::usecase {

// Roles of API tokens; stored numbers, they never change.
enum class Role : uint8_t {
  kAdmin = 1,
  kOperator = 2,
  kAssistant = 3,  // the chat plugin: reads cards, writes tags, notes and consents
  kScheduler = 4,  // campaign programs
  kReader = 5,
  kPrivacy = 6,  // erasure and export
};

struct CallContext {
  domain::Shop shop;
  std::string actor;  // who acts, as shown in histories; from the request, else the token's label
  Role role = Role::kReader;
  std::string request_id;    // of a mutation; empty: none, the command is idempotent by itself
  std::string request_hash;  // SHA-256 of the request without its request_id, 32 bytes
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;  // whether the caller went away; thread-safe; empty: never
};

// CANCELLED or DEADLINE_PASSED when nobody waits for the answer any more.
inline absl::Status CheckStillWanted(const CallContext& context, absl::Time now) {
  if (context.cancelled && context.cancelled()) {
    return base::MakeError(base::Reason::CANCELLED, "", "the caller cancelled the call");
  }
  if (now >= context.deadline) {
    return base::MakeError(base::Reason::DEADLINE_PASSED, "",
                           "the deadline passed before the work began");
  }
  return absl::OkStatus();
}

}  // namespace segmentation::usecase
