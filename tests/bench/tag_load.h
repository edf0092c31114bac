// TagMember through gRPC from a load generator that costs little: one thread, one completion queue,
// so that the cores are the server's.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "tests/bench/measure.h"

namespace segmentation::bench {

struct TagLoad {
  std::string address;
  std::string token;
  std::string shop_id;
  int in_flight = 1;
  int channels = 2;  // each a connection of its own
  double seconds = 5;
  // Member id and tag value of the next call; none twice in a run, so that each call writes.
  std::function<std::pair<std::string, std::string>()> next;
};

// Requests are built, sent, answered and looked at call by call, as a client would.
absl::StatusOr<Measured> RunTagLoad(const TagLoad& load);

}  // namespace segmentation::bench
