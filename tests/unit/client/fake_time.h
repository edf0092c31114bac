// Time for tests: moves only when something sleeps or the test says so.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "segmentation/options.h"

namespace segmentation {

class FakeTime {
 public:
  absl::Time now() const { return now_; }
  void Advance(absl::Duration duration) { now_ += duration; }

  // Refers to this object.
  TimeSource source() {
    TimeSource source;
    source.now = [this] { return now_; };
    source.sleep = [this](absl::Duration duration) {
      slept.push_back(duration);
      now_ += duration;
    };
    source.random = [this] { return random; };
    return source;
  }

  std::vector<absl::Duration> slept;
  double random = 0.5;

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

}  // namespace segmentation
