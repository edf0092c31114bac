// When to try a call again, how long to wait, and what to say when it ends.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "segmentation/errors.h"
#include "segmentation/options.h"

namespace segmentation::internal {

enum class Repeatability { kRepeatable, kOnce };

// Errors of a call that may pass by themselves: UNAVAILABLE, and RESOURCE_EXHAUSTED from a full
// queue.
bool IsPassing(const absl::Status& status);

// `status` with the outcome readable by GetRetryOutcome and `why` in brackets after the message.
absl::Status WithRetryOutcome(const absl::Status& status, const RetryOutcome& outcome,
                              const std::string& why);

// The attempts of one call, or of one stretch of a stream without progress.
class RetryState {
 public:
  // `deadline`: no attempt may begin after it.
  RetryState(RetryPolicy policy, Repeatability repeatability, TimeSource time, absl::Time deadline);

  // Of a stream, which may run for hours: without a deadline; elapsed time counts from the first
  // failure since the last progress; and CANCELLED passes, since a server cuts a slow reader with
  // it and the client's own cancelling ends in no attempt.
  static RetryState OfStream(RetryPolicy policy, TimeSource time);

  // After a failed attempt: waits and returns OK to try again, or returns the final error, which
  // says why there was no further attempt. `method` names the call in it.
  absl::Status WaitOrFail(const absl::Status& failure, const std::string& method);

  // The work of a stream moved: attempts, elapsed time and waits count anew.
  void Reset();

  // Whether the failure may pass by itself.
  bool MayPass(const absl::Status& failure) const;

  absl::Time deadline() const { return deadline_; }

 private:
  RetryState(RetryPolicy policy, Repeatability repeatability, TimeSource time, absl::Time deadline,
             bool stream);

  double Random() const;

  const RetryPolicy policy_;
  const Repeatability repeatability_;
  const TimeSource time_;
  const absl::Time deadline_;
  const bool stream_;
  std::optional<absl::Time> start_;  // nothing: the next failure is the start
  int attempt_count_ = 0;
  absl::Duration backoff_;
};

// Runs `attempt` (time left → StatusOr<Response>) until it succeeds or the state gives up.
template <typename Response, typename Attempt>
absl::StatusOr<Response> CallWithRetry(RetryState state, const TimeSource& time,
                                       const std::string& method, const Attempt& attempt) {
  while (true) {
    absl::StatusOr<Response> response = attempt(state.deadline() - time.now());
    if (response.ok()) return response;
    if (absl::Status end = state.WaitOrFail(response.status(), method); !end.ok()) return end;
  }
}

}  // namespace segmentation::internal
