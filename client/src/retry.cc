#include "client/src/retry.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace segmentation::internal {

bool IsPassing(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kUnavailable) return true;
  return status.code() == absl::StatusCode::kResourceExhausted &&
         GetErrorReason(status) == v1::ERROR_REASON_QUEUE_FULL;
}

RetryState::RetryState(RetryPolicy policy, Repeatability repeatability, TimeSource time,
                       absl::Time deadline)
    : RetryState(policy, repeatability, std::move(time), deadline, /*stream=*/false) {
  start_ = time_.now();
}

RetryState::RetryState(RetryPolicy policy, Repeatability repeatability, TimeSource time,
                       absl::Time deadline, bool stream)
    : policy_(policy),
      repeatability_(repeatability),
      time_(std::move(time)),
      deadline_(deadline),
      stream_(stream),
      backoff_(policy.initial_backoff) {}

RetryState RetryState::OfStream(RetryPolicy policy, TimeSource time) {
  return RetryState(policy, Repeatability::kRepeatable, std::move(time), absl::InfiniteFuture(),
                    /*stream=*/true);
}

bool RetryState::MayPass(const absl::Status& failure) const {
  return IsPassing(failure) || (stream_ && absl::IsCancelled(failure));
}

void RetryState::Reset() {
  start_.reset();
  attempt_count_ = 0;
  backoff_ = policy_.initial_backoff;
}

double RetryState::Random() const {
  if (time_.random) return time_.random();
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

absl::Status RetryState::WaitOrFail(const absl::Status& failure, const std::string& method) {
  ++attempt_count_;
  const absl::Time now = time_.now();
  if (!start_.has_value()) start_ = now;
  const auto end = [&](RetryEnd reason, const std::string& why) {
    return WithRetryOutcome(
        failure, {reason, attempt_count_},
        absl::StrCat(method, ": ", why, ", after ", attempt_count_,
                     attempt_count_ == 1 ? " attempt" : " attempts", " in ",
                     absl::FormatDuration(absl::Trunc(now - *start_, absl::Milliseconds(1)))));
  };
  if (!MayPass(failure)) {
    return attempt_count_ == 1 ? WithRetryOutcome(failure, {RetryEnd::kPermanent, 1}, "")
                               : end(RetryEnd::kPermanent, "this error does not pass by itself");
  }
  if (repeatability_ == Repeatability::kOnce) {
    return end(RetryEnd::kNotRepeatable, "not repeated, since a repeat would answer differently");
  }
  if (attempt_count_ >= policy_.max_attempts) {
    return end(RetryEnd::kAttemptsUsedUp, "no attempts left");
  }
  absl::Duration wait = backoff_ * (0.5 + 0.5 * Random());
  if (const std::optional<absl::Duration> asked = GetRetryDelay(failure)) {
    wait = std::max(wait, *asked);
  }
  if (now + wait >= deadline_) {
    return end(RetryEnd::kDeadlineTooClose, "the deadline would pass before the next attempt");
  }
  if (now + wait > *start_ + policy_.max_elapsed) {
    return end(RetryEnd::kTimeUsedUp, "no time left to retry");
  }
  backoff_ = std::min(backoff_ * policy_.backoff_multiplier, policy_.max_backoff);
  time_.sleep(wait);
  return absl::OkStatus();
}

}  // namespace segmentation::internal
