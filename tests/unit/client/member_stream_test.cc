// The audience stream: nothing lost, nothing twice, nothing damaged goes unnoticed.
#include "segmentation/member_stream.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "client/src/checksum.h"
#include "segmentation/errors.h"
#include "segmentation/mock_connection.h"
#include "tests/unit/client/fake_time.h"

namespace segmentation {
namespace {

using Responses = std::vector<v1::StreamGroupMembersResponse>;

TEST(Checksum, IsCrc32c) {
  EXPECT_EQ(internal::Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(internal::Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(internal::Crc32c("6789", internal::Crc32c("12345")), 0xE3069283u);
}

class MemberStreamTest : public ::testing::Test {
 protected:
  // The messages of an audience, one chunk a list.
  static Responses Audience(const std::vector<std::vector<std::string>>& chunks) {
    Responses responses;
    uint32_t checksum = 0;
    int64_t count = 0;
    for (const std::vector<std::string>& values : chunks) {
      v1::MemberChunkData& chunk = *responses.emplace_back().mutable_chunk();
      for (const std::string& value : values) {
        *chunk.mutable_packed_values() += static_cast<char>(value.size());
        *chunk.mutable_packed_values() += value;
      }
      checksum = internal::Crc32c(chunk.packed_values(), checksum);
      count += static_cast<int64_t>(values.size());
      chunk.set_sequence(static_cast<int64_t>(responses.size()));
      chunk.set_value_count(static_cast<int32_t>(values.size()));
      chunk.set_count_so_far(count);
      chunk.set_running_crc32c(checksum);
      chunk.set_cursor("after " + std::to_string(responses.size()));
    }
    v1::StreamSummary& summary = *responses.emplace_back().mutable_summary();
    summary.set_value_count(count);
    summary.set_crc32c(checksum);
    return responses;
  }

  void Serve(Responses responses, absl::Status end = absl::OkStatus()) {
    served_.push_back({std::move(responses), std::move(end)});
  }

  MemberStream Open(const std::string& cursor = "") {
    v1::StreamGroupMembersRequest request;
    request.set_group_id("vip");
    request.set_resume_cursor(cursor);
    return MemberStream(
        request,
        [this](const v1::StreamGroupMembersRequest& attempt) -> std::unique_ptr<MemberChunkStream> {
          cursors_.push_back(attempt.resume_cursor());
          if (served_.empty()) {
            return std::make_unique<ListedStream<v1::StreamGroupMembersResponse>>(
                Responses(), absl::UnavailableError("down"));
          }
          auto next = std::move(served_.front());
          served_.pop_front();
          return std::make_unique<ListedStream<v1::StreamGroupMembersResponse>>(
              std::move(next.first), std::move(next.second));
        },
        RetryPolicy(), time_.source());
  }

  // Reads to the end; the values, and the error if there is one.
  std::vector<std::string> ReadAll(MemberStream& stream, absl::Status* error) {
    std::vector<std::string> values;
    for (const auto& value : stream) {
      if (value.ok()) {
        values.emplace_back(*value);
      } else {
        *error = value.status();
      }
    }
    return values;
  }

  // The code that a stream of these messages ends with.
  absl::Status EndOf(Responses responses) {
    Serve(std::move(responses));
    MemberStream stream = Open();
    absl::Status error;
    ReadAll(stream, &error);
    EXPECT_FALSE(stream.summary().has_value());
    return error;
  }

  FakeTime time_;
  std::deque<std::pair<Responses, absl::Status>> served_;
  std::vector<std::string> cursors_;
};

TEST_F(MemberStreamTest, GivesAllValuesOfAllChunks) {
  Serve(Audience({{"a", "b"}, {}, {"丙"}, {std::string(255, 'x')}}));
  MemberStream stream = Open();
  absl::Status error;
  EXPECT_EQ(ReadAll(stream, &error),
            (std::vector<std::string>{"a", "b", "丙", std::string(255, 'x')}));
  EXPECT_TRUE(error.ok()) << error;
  ASSERT_TRUE(stream.summary().has_value());
  EXPECT_EQ(stream.summary()->value_count(), 4);
}

TEST_F(MemberStreamTest, AnEmptyAudienceIsComplete) {
  Serve(Audience({}));
  MemberStream stream = Open();
  absl::Status error;
  EXPECT_TRUE(ReadAll(stream, &error).empty());
  EXPECT_TRUE(error.ok()) << error;
  EXPECT_TRUE(stream.summary().has_value());
}

TEST_F(MemberStreamTest, AStreamWithoutItsLastMessageIsAnError) {
  Responses responses = Audience({{"a"}, {"b"}});
  responses.pop_back();
  EXPECT_EQ(EndOf(responses).code(), absl::StatusCode::kDataLoss);
}

TEST_F(MemberStreamTest, EveryDamageIsFound) {
  const Responses good = Audience({{"a", "b"}, {"c"}, {"d"}});
  const std::vector<std::function<void(Responses&)>> damages = {
      [](Responses& r) { (*r[1].mutable_chunk()->mutable_packed_values())[1] = 'x'; },
      [](Responses& r) { r[1].mutable_chunk()->set_running_crc32c(1); },
      [](Responses& r) { r.erase(r.begin() + 1); },
      [](Responses& r) { r.insert(r.begin() + 1, r[1]); },
      [](Responses& r) { std::swap(r[0], r[1]); },
      [](Responses& r) { r[1].mutable_chunk()->set_value_count(2); },
      [](Responses& r) { r[1].mutable_chunk()->set_count_so_far(9); },
      [](Responses& r) { r[0].mutable_chunk()->mutable_packed_values()->pop_back(); },
      [](Responses& r) { (*r[0].mutable_chunk()->mutable_packed_values())[0] = 0; },
      [](Responses& r) { r.back().mutable_summary()->set_value_count(3); },
      [](Responses& r) { r.back().mutable_summary()->set_crc32c(0); },
      [](Responses& r) { r.push_back(r[0]); },
      [](Responses& r) { r[1].Clear(); },
  };
  for (size_t i = 0; i < damages.size(); ++i) {
    Responses responses = good;
    damages[i](responses);
    const absl::Status end = EndOf(responses);
    EXPECT_EQ(end.code(), absl::StatusCode::kDataLoss) << "damage " << i << ": " << end;
  }
  EXPECT_TRUE(time_.slept.empty()) << "damage is not retried";
}

TEST_F(MemberStreamTest, GoesOnAfterABrokenConnectionWithoutLossOrRepeat) {
  const Responses all = Audience({{"a", "b"}, {"c"}, {"d"}});
  Serve({all[0], all[1]}, absl::UnavailableError("reset"));
  Serve({}, absl::UnavailableError("still down"));
  Serve({all[2], all[3]});
  MemberStream stream = Open();
  absl::Status error;
  EXPECT_EQ(ReadAll(stream, &error), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_TRUE(error.ok()) << error;
  EXPECT_EQ(cursors_, (std::vector<std::string>{"", "after 2", "after 2"}));
  EXPECT_EQ(time_.slept.size(), 2u);
  EXPECT_EQ(stream.summary()->value_count(), 4);
}

TEST_F(MemberStreamTest, GivesUpByThePolicyAndSaysWhereToGoOn) {
  const Responses all = Audience({{"a"}, {"b"}});
  Serve({all[0]}, absl::UnavailableError("reset"));
  MemberStream stream = Open();
  absl::Status error;
  EXPECT_EQ(ReadAll(stream, &error), std::vector<std::string>{"a"});
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetRetryOutcome(error)->end, RetryEnd::kAttemptsUsedUp);
  EXPECT_EQ(stream.cursor(), "after 1");
  EXPECT_FALSE(stream.summary().has_value());
}

// As the server cuts a reader that took nothing for a minute.
TEST_F(MemberStreamTest, GoesOnAfterTheServerCutASlowReader) {
  const Responses all = Audience({{"a"}, {"b"}});
  Serve({all[0]}, absl::CancelledError("the reader took nothing for a minute"));
  Serve({all[1], all[2]});
  MemberStream stream = Open();
  const auto first = stream.NextChunk();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, std::vector<std::string_view>{"a"});
  time_.Advance(absl::Minutes(5));  // the slow reader
  absl::Status error;
  EXPECT_EQ(ReadAll(stream, &error), std::vector<std::string>{"b"});
  EXPECT_TRUE(error.ok()) << error;
  EXPECT_EQ(cursors_, (std::vector<std::string>{"", "after 1"}));
}

TEST_F(MemberStreamTest, ADeadlineAfterProgressIsNoEnd) {
  const Responses all = Audience({{"a"}, {"b"}});
  Serve({all[0]}, absl::DeadlineExceededError("an hour"));
  Serve({all[1], all[2]});
  MemberStream stream = Open();
  absl::Status error;
  EXPECT_EQ(ReadAll(stream, &error), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(error.ok()) << error;
}

TEST_F(MemberStreamTest, ADeadlineWithoutProgressIsTheEnd) {
  Serve({}, absl::DeadlineExceededError("an hour"));
  MemberStream stream = Open();
  absl::Status error;
  ReadAll(stream, &error);
  EXPECT_EQ(error.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(MemberStreamTest, ACursorOfAnotherProcessIsTakenUp) {
  const Responses all = Audience({{"a"}, {"b"}, {"c"}});
  Serve({all[1], all[2], all[3]});
  MemberStream stream = Open("after 1");
  absl::Status error;
  EXPECT_EQ(ReadAll(stream, &error), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(error.ok()) << error;

  Responses damaged = {all[1], all[2], all[3]};
  (*damaged[1].mutable_chunk()->mutable_packed_values())[1] = 'x';
  Serve(damaged);
  MemberStream second = Open("after 1");
  ReadAll(second, &error);
  EXPECT_EQ(error.code(), absl::StatusCode::kDataLoss);
}

TEST_F(MemberStreamTest, OtherErrorsEndIt) {
  Serve({}, absl::NotFoundError("no such group"));
  MemberStream stream = Open();
  absl::Status error;
  ReadAll(stream, &error);
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(time_.slept.empty());
}

}  // namespace
}  // namespace segmentation
