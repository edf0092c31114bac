// The retry loop, with a sleeper that only writes down how long it was asked to sleep.
#include "client/src/retry.h"

#include <gtest/gtest.h>

#include <vector>

#include "client/src/status_details.h"
#include "segmentation/errors.h"
#include "tests/unit/client/fake_time.h"

namespace segmentation {
namespace {

using internal::CallWithRetry;
using internal::Repeatability;
using internal::RetryState;

// Runs a call that fails with `failures` in turn, then answers 7.
class RetryLoop : public ::testing::Test {
 protected:
  absl::StatusOr<int> Run(std::vector<absl::Status> failures,
                          Repeatability repeatability = Repeatability::kRepeatable) {
    attempts_ = 0;
    return CallWithRetry<int>(
        RetryState(policy_, repeatability, time_.source(), time_.now() + deadline_), time_.source(),
        "TagMember", [&](absl::Duration left) -> absl::StatusOr<int> {
          time_left_.push_back(left);
          const size_t attempt = attempts_++;
          time_.Advance(attempt_takes_);
          if (attempt < failures.size()) return failures[attempt];
          return 7;
        });
  }

  FakeTime time_;
  RetryPolicy policy_;
  absl::Duration deadline_ = absl::Seconds(20);
  absl::Duration attempt_takes_ = absl::ZeroDuration();
  size_t attempts_ = 0;
  std::vector<absl::Duration> time_left_;
};

const absl::Status kDown = absl::UnavailableError("connection refused");

TEST_F(RetryLoop, TriesAgainAfterUnavailableWithGrowingWaits) {
  time_.random = 0.999;
  const absl::StatusOr<int> answer = Run({kDown, kDown, kDown});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, 7);
  EXPECT_EQ(attempts_, 4u);
  ASSERT_EQ(time_.slept.size(), 3u);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(time_.slept[0]), 100, 1);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(time_.slept[1]), 200, 1);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(time_.slept[2]), 400, 1);
}

TEST_F(RetryLoop, JitterWaitsAtLeastHalf) {
  time_.random = 0;
  ASSERT_TRUE(Run({kDown}).ok());
  EXPECT_EQ(time_.slept, std::vector<absl::Duration>{absl::Milliseconds(50)});
}

TEST_F(RetryLoop, WaitsNeverExceedTheGreatest) {
  time_.random = 0.999;
  policy_.max_attempts = 20;
  policy_.max_elapsed = absl::Hours(1);
  policy_.max_backoff = absl::Seconds(1);
  deadline_ = absl::Hours(1);
  ASSERT_TRUE(Run(std::vector<absl::Status>(15, kDown)).ok());
  for (const absl::Duration wait : time_.slept) EXPECT_LE(wait, absl::Seconds(1));
}

TEST_F(RetryLoop, PermanentErrorsAreNotRepeated) {
  for (const absl::Status& permanent :
       {absl::InvalidArgumentError("x"), absl::AbortedError("x"), absl::DeadlineExceededError("x"),
        absl::ResourceExhaustedError("no queue"), absl::InternalError("x")}) {
    const absl::StatusOr<int> answer = Run({permanent});
    EXPECT_EQ(attempts_, 1u) << permanent;
    EXPECT_EQ(answer.status().code(), permanent.code());
    EXPECT_EQ(answer.status().message(), permanent.message());
    ASSERT_TRUE(GetRetryOutcome(answer.status()).has_value());
    EXPECT_EQ(GetRetryOutcome(answer.status())->end, RetryEnd::kPermanent);
  }
}

TEST_F(RetryLoop, MethodsThatAreNotRepeatableAreTriedOnce) {
  const absl::StatusOr<int> answer = Run({kDown}, Repeatability::kOnce);
  EXPECT_EQ(attempts_, 1u);
  ASSERT_TRUE(GetRetryOutcome(answer.status()).has_value());
  EXPECT_EQ(GetRetryOutcome(answer.status())->end, RetryEnd::kNotRepeatable);
}

TEST_F(RetryLoop, SaysThatAttemptsAreUsedUp) {
  policy_.max_attempts = 3;
  const absl::StatusOr<int> answer = Run(std::vector<absl::Status>(9, kDown));
  EXPECT_EQ(attempts_, 3u);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  const std::optional<RetryOutcome> outcome = GetRetryOutcome(answer.status());
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->end, RetryEnd::kAttemptsUsedUp);
  EXPECT_EQ(outcome->attempt_count, 3);
  EXPECT_NE(answer.status().message().find("TagMember: no attempts left, after 3 attempts"),
            absl::string_view::npos)
      << answer.status();
}

TEST_F(RetryLoop, StopsWhenTheTimeForRetriesIsUsedUp) {
  policy_.max_elapsed = absl::Seconds(1);
  attempt_takes_ = absl::Milliseconds(400);
  const absl::StatusOr<int> answer = Run(std::vector<absl::Status>(9, kDown));
  EXPECT_EQ(GetRetryOutcome(answer.status())->end, RetryEnd::kTimeUsedUp);
  EXPECT_EQ(attempts_, 2u);
}

// A stream that ran for an hour without a failure has not used up its time to retry.
TEST(StreamRetry, ElapsedTimeCountsFromTheFirstFailureSinceProgress) {
  FakeTime time;
  RetryPolicy policy;
  policy.max_elapsed = absl::Seconds(30);
  RetryState state = RetryState::OfStream(policy, time.source());
  time.Advance(absl::Hours(1));
  EXPECT_TRUE(state.WaitOrFail(kDown, "ImportOrders").ok());
  state.Reset();
  time.Advance(absl::Minutes(2));
  EXPECT_TRUE(state.WaitOrFail(kDown, "ImportOrders").ok());
  time.Advance(absl::Seconds(31));
  const absl::Status end = state.WaitOrFail(kDown, "ImportOrders");
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(GetRetryOutcome(end).has_value());
  EXPECT_EQ(GetRetryOutcome(end)->end, RetryEnd::kTimeUsedUp);
  EXPECT_EQ(time.slept.size(), 2u);
}

TEST(StreamRetry, CancelledPassesForAStreamAlone) {
  FakeTime time;
  const absl::Status cut = absl::CancelledError("the reader took nothing for a minute");
  EXPECT_TRUE(
      RetryState::OfStream(RetryPolicy(), time.source()).WaitOrFail(cut, "ImportOrders").ok());
  RetryState call(RetryPolicy(), Repeatability::kRepeatable, time.source(), absl::InfiniteFuture());
  EXPECT_TRUE(absl::IsCancelled(call.WaitOrFail(cut, "TagMember")));
}

TEST_F(RetryLoop, DoesNotSleepPastTheDeadline) {
  deadline_ = absl::Milliseconds(120);
  time_.random = 0.999;
  const absl::StatusOr<int> answer = Run(std::vector<absl::Status>(9, kDown));
  EXPECT_EQ(GetRetryOutcome(answer.status())->end, RetryEnd::kDeadlineTooClose);
  EXPECT_EQ(attempts_, 2u);
}

TEST_F(RetryLoop, EachAttemptGetsTheTimeThatIsLeft) {
  time_.random = 0.999;
  attempt_takes_ = absl::Seconds(2);
  ASSERT_TRUE(Run({kDown}).ok());
  ASSERT_EQ(time_left_.size(), 2u);
  EXPECT_EQ(time_left_[0], absl::Seconds(20));
  EXPECT_NEAR(absl::ToDoubleSeconds(time_left_[1]), 17.9, 0.01);
}

TEST_F(RetryLoop, AFullQueueIsAskedAgainNotBeforeTheServerSays) {
  // As the server sends it: RetryInfo of 3.5 seconds, in wire form (field 1 = Duration).
  absl::Status full = MakeServiceError(absl::StatusCode::kResourceExhausted,
                                       v1::ERROR_REASON_QUEUE_FULL, "", "the queue is full");
  full.SetPayload("type.googleapis.com/google.rpc.RetryInfo",
                  absl::Cord(std::string("\x0a\x08\x08\x03\x10\x80\xca\xb5\xee\x01", 10)));
  ASSERT_EQ(GetRetryDelay(full), absl::Milliseconds(3500));
  ASSERT_TRUE(Run({full}).ok());
  EXPECT_EQ(time_.slept, std::vector<absl::Duration>{absl::Milliseconds(3500)});
}

TEST(ErrorDetails, TravelThroughGrpcAndBack) {
  const absl::Status error = MakeServiceError(
      absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_FIELD_TOO_LONG,
      "member.identities[2].value", "too long", {{"limit", "190"}, {"got", "200"}});
  const absl::Status back = internal::FromGrpc(internal::ToGrpc(error));
  EXPECT_EQ(back.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorReason(back), v1::ERROR_REASON_FIELD_TOO_LONG);
  EXPECT_EQ(GetErrorField(back), "member.identities[2].value");
  EXPECT_EQ(GetErrorMetadata(back),
            (std::map<std::string, std::string>{{"got", "200"}, {"limit", "190"}}));
}

TEST(ErrorDetails, DamagedOrForeignDetailsAreLeftOut) {
  const absl::Status damaged =
      internal::FromGrpc(grpc::Status(grpc::StatusCode::NOT_FOUND, "gone", "\x0a\xff\xff"));
  EXPECT_EQ(damaged.code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(GetErrorReason(damaged).has_value());
  EXPECT_EQ(GetErrorField(damaged), "");
  EXPECT_TRUE(GetErrorMetadata(damaged).empty());
  EXPECT_FALSE(GetRetryDelay(damaged).has_value());
}

}  // namespace
}  // namespace segmentation
