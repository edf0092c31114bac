#include "server/rpc/stall_watch.h"

#include <atomic>

#include "gtest/gtest.h"

namespace segmentation::rpc {
namespace {

class FakeClock final : public base::Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMillis(now_ms.load()); }
  std::atomic<base::InstantMs> now_ms = 1'700'000'000'000;
};

// Looked at by hand: its own thread looks once an hour.
class Stalls : public testing::Test {
 protected:
  FakeClock clock_;
  StallWatch watch_{clock_, {absl::Seconds(60), absl::Hours(1)}};
  int cuts_ = 0;
};

TEST_F(Stalls, CutsAWriteThatNobodyTakes) {
  const auto stream = watch_.Watch([this] { ++cuts_; });
  stream->BeginWrite();
  clock_.now_ms += 59'999;
  watch_.Check();
  EXPECT_EQ(cuts_, 0);
  clock_.now_ms += 1;
  watch_.Check();
  EXPECT_EQ(cuts_, 1);
  watch_.Check();
  EXPECT_EQ(cuts_, 1) << "one write is cut once";
}

TEST_F(Stalls, SparesStreamsThatMoveOrRest) {
  const auto moving = watch_.Watch([this] { ++cuts_; });
  const auto resting = watch_.Watch([this] { ++cuts_; });
  for (int i = 0; i < 5; ++i) {
    moving->BeginWrite();
    clock_.now_ms += 50'000;
    watch_.Check();
    moving->EndWrite();
    clock_.now_ms += 500'000;
    watch_.Check();
  }
  EXPECT_EQ(cuts_, 0);
}

TEST_F(Stalls, ForgetsStreamsThatEnded) {
  auto stream = watch_.Watch([this] { ++cuts_; });
  stream->BeginWrite();
  clock_.now_ms += 100'000;
  stream.reset();
  watch_.Check();
  EXPECT_EQ(cuts_, 0);
}

}  // namespace
}  // namespace segmentation::rpc
