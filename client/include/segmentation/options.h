// Settings of a client and of one call. Precedence: a value set in CallOptions wins over the same
// value in ClientOptions, which wins over the default written here.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "segmentation/v1/common.pb.h"

namespace segmentation {

// When a call that failed for a passing reason is tried again. A call is given up when any of the
// limits is reached, or when its deadline would pass while waiting.
struct RetryPolicy {
  // Attempts in all, the first included. 1 = never try again.
  int max_attempts = 8;
  // From the first attempt's start; of a stream, from the first failure since it last moved. No
  // attempt begins later.
  absl::Duration max_elapsed = absl::Seconds(30);
  // Wait before the second attempt; each further wait is `backoff_multiplier` times longer, up to
  // `max_backoff`. The true wait is chosen at random between half of it and all of it. A server
  // that names a delay (RetryInfo) is not asked earlier than that.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(5);
  double backoff_multiplier = 2.0;
};

// Where time and chance come from; tests put their own here and never sleep.
struct TimeSource {
  std::function<absl::Time()> now = absl::Now;
  std::function<void(absl::Duration)> sleep = absl::SleepFor;
  // Uniform in [0, 1). Empty = the process's own generator.
  std::function<double()> random;
};

struct ClientOptions {
  // HOST:PORT or unix:PATH. The connection is not encrypted, so only addresses of this machine are
  // accepted: 127.0.0.0/8, [::1], localhost and unix sockets.
  std::string address = "127.0.0.1:50051";
  // Secret of an API token; sent with each call as "authorization: Bearer". Empty = none.
  std::string token;
  // Put into requests that change something and name no actor. `name` must not be empty then.
  v1::Actor actor;
  // Time for one call, all its attempts together; for each page of a list.
  absl::Duration deadline = absl::Seconds(20);
  // Time for one stream (StreamGroupMembers, imports) between two reconnects. A stream that moved
  // is resumed afterwards; one that did not ends with DEADLINE_EXCEEDED.
  absl::Duration stream_deadline = absl::Hours(1);
  RetryPolicy retry;
  // Largest answer accepted, in bytes.
  int max_response_bytes = 64 << 20;
  TimeSource time;
};

struct CallOptions {
  // Instead of ClientOptions::deadline, or stream_deadline for a stream.
  std::optional<absl::Duration> deadline;
  // Instead of ClientOptions::retry.
  std::optional<RetryPolicy> retry;
  // Put into requests that have this field and leave it empty: the answer is at least as new.
  std::string min_revision_token;
  // Put into requests that change something and name no request id; empty = a new UUID. Kept over
  // all attempts, so that a change happens once.
  std::string request_id;
};

}  // namespace segmentation
