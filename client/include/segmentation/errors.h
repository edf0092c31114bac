// What a failed call says beyond code and message. Errors of the service carry a reason (an enum,
// stable for ever), the path of the offending field and further facts. All functions are pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "segmentation/v1/error_reason.pb.h"

namespace segmentation {

// Nothing for statuses that do not come from the service, and for reasons newer than this client.
std::optional<v1::ErrorReason> GetErrorReason(const absl::Status& status);

// Path from the request's root, e.g. "member.identities[0].value"; empty = none.
std::string GetErrorField(const absl::Status& status);

// Facts by key, as the reason's comment in error_reason.proto lists them.
std::map<std::string, std::string> GetErrorMetadata(const absl::Status& status);

// How long the service asks to wait before the next attempt.
std::optional<absl::Duration> GetRetryDelay(const absl::Status& status);

// Why a failed call was not tried (again).
enum class RetryEnd {
  kPermanent,         // this kind of error does not pass by itself
  kNotRepeatable,     // repeating this method would not give the same answer
  kAttemptsUsedUp,    // RetryPolicy::max_attempts
  kTimeUsedUp,        // RetryPolicy::max_elapsed
  kDeadlineTooClose,  // the call's deadline would have passed while waiting
};

struct RetryOutcome {
  RetryEnd end;
  int attempt_count;
};

// Nothing for statuses that did not come out of a call.
std::optional<RetryOutcome> GetRetryOutcome(const absl::Status& status);

// Makes an error as the service sends it: for mocks and fakes.
absl::Status MakeServiceError(absl::StatusCode code, v1::ErrorReason reason,
                              const std::string& field, const std::string& message,
                              const std::map<std::string, std::string>& metadata = {});

}  // namespace segmentation
