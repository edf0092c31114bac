// Time as the service counts it. Instants are UTC milliseconds, civil days are day numbers; nothing
// below app/ reads a clock: it is handed one.
#pragma once

#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace segmentation::base {

// Milliseconds since 1970-01-01T00:00:00Z; the stored form of every instant.
// Range: 0001-01-01 to 9999-12-31, so it may be negative.
using InstantMs = int64_t;

// Days since 1970-01-01 of a civil calendar; no zone. Range as InstantMs.
using DayNumber = int32_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  InstantMs NowMs() const { return absl::ToUnixMillis(Now()); }
};

// The machine's wall clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace segmentation::base
