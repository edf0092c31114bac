#include "segmentation/member_stream.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/src/checksum.h"
#include "client/src/retry.h"

namespace segmentation {

// Reads chunks in sequence over one or more connections and holds the sums.
class MemberStream::Reader {
 public:
  Reader(v1::StreamGroupMembersRequest request, OpenStream open, RetryPolicy retry, TimeSource time)
      : request_(std::move(request)),
        open_(std::move(open)),
        resumed_from_outside_(!request_.resume_cursor().empty()),
        retry_(internal::RetryState::OfStream(retry, std::move(time))) {}

  ~Reader() {
    if (stream_ != nullptr) stream_->Cancel();
  }

  // The next chunk's values, or none after the summary.
  absl::StatusOr<std::vector<std::string_view>> Next() {
    if (!end_.ok()) return end_;
    if (summary_.has_value()) return std::vector<std::string_view>();
    absl::StatusOr<std::vector<std::string_view>> values = ReadChunk();
    if (!values.ok()) {
      end_ = values.status();
      stream_.reset();
    }
    return values;
  }

  const std::optional<v1::StreamSummary>& summary() const { return summary_; }
  const std::string& cursor() const { return request_.resume_cursor(); }

 private:
  absl::StatusOr<std::vector<std::string_view>> ReadChunk() {
    while (true) {
      if (stream_ == nullptr) stream_ = open_(request_);
      if (stream_->Read(&response_)) {
        retry_.Reset();
        switch (response_.message_case()) {
          case v1::StreamGroupMembersResponse::kChunk: {
            absl::StatusOr<std::vector<std::string_view>> values = TakeChunk(response_.chunk());
            // To the caller no values mean the end, so a chunk without any is passed over.
            if (values.ok() && values->empty()) continue;
            return values;
          }
          case v1::StreamGroupMembersResponse::kSummary:
            return TakeSummary(response_.summary());
          default:
            return absl::DataLossError("the stream has a message without content");
        }
      }
      absl::Status broken = stream_->Finish();
      stream_.reset();
      if (broken.ok()) {
        return absl::DataLossError(absl::StrCat("the stream ended without its last message, after ",
                                                sequence_, " chunks and ", count_, " values"));
      }
      // A stretch that moved may outlive one deadline; the next one goes on from the cursor.
      if (broken.code() == absl::StatusCode::kDeadlineExceeded && moved_since_open_) {
        moved_since_open_ = false;
        continue;
      }
      moved_since_open_ = false;
      if (absl::Status end = retry_.WaitOrFail(broken, "StreamGroupMembers"); !end.ok()) return end;
    }
  }

  absl::StatusOr<std::vector<std::string_view>> TakeChunk(const v1::MemberChunkData& chunk) {
    if (resumed_from_outside_) {
      // What came before the caller's cursor is not known here: take it from the first chunk.
      resumed_from_outside_ = false;
      sequence_ = chunk.sequence() - 1;
      count_ = chunk.count_so_far() - chunk.value_count();
      checksum_known_ = false;
    }
    if (chunk.sequence() != sequence_ + 1) {
      return absl::DataLossError(
          absl::StrCat("chunk: got sequence ", chunk.sequence(), ", want ", sequence_ + 1));
    }
    std::vector<std::string_view> values;
    values.reserve(static_cast<size_t>(std::max(0, chunk.value_count())));
    const std::string& packed = chunk.packed_values();
    for (size_t at = 0; at < packed.size();) {
      const size_t length = static_cast<uint8_t>(packed[at]);
      if (length == 0 || packed.size() - at - 1 < length) {
        return absl::DataLossError(
            absl::StrCat("chunk ", chunk.sequence(), ": its values are cut at byte ", at));
      }
      values.emplace_back(packed.data() + at + 1, length);
      at += 1 + length;
    }
    const int64_t count = count_ + static_cast<int64_t>(values.size());
    if (static_cast<int64_t>(values.size()) != chunk.value_count() ||
        count != chunk.count_so_far()) {
      return absl::DataLossError(absl::StrCat("chunk ", chunk.sequence(), ": got ", values.size(),
                                              " values and ", count, " so far, the server counts ",
                                              chunk.value_count(), " and ", chunk.count_so_far()));
    }
    const uint32_t checksum = checksum_known_ ? internal::Crc32c(packed, checksum_)
                                              : static_cast<uint32_t>(chunk.running_crc32c());
    if (checksum != chunk.running_crc32c()) {
      return absl::DataLossError(absl::StrCat("chunk ", chunk.sequence(), ": got checksum ",
                                              checksum, ", want ", chunk.running_crc32c()));
    }
    sequence_ = chunk.sequence();
    count_ = count;
    checksum_ = checksum;
    checksum_known_ = true;
    moved_since_open_ = true;
    request_.set_resume_cursor(chunk.cursor());
    return values;
  }

  absl::StatusOr<std::vector<std::string_view>> TakeSummary(const v1::StreamSummary& summary) {
    // A resume after the very last chunk brings nothing to compare with.
    if (!resumed_from_outside_) {
      if (summary.value_count() != count_) {
        return absl::DataLossError(absl::StrCat(
            "last message: got ", count_, " values, the server sent ", summary.value_count()));
      }
      if (summary.crc32c() != checksum_) {
        return absl::DataLossError(
            absl::StrCat("last message: got checksum ", checksum_, ", want ", summary.crc32c()));
      }
    }
    summary_ = summary;
    if (stream_->Read(&response_)) {
      summary_.reset();
      return absl::DataLossError("the stream goes on after its last message");
    }
    // The audience is complete: how the connection ends changes nothing.
    stream_->Finish().IgnoreError();
    stream_.reset();
    return std::vector<std::string_view>();
  }

  v1::StreamGroupMembersRequest request_;
  const OpenStream open_;
  bool resumed_from_outside_;
  internal::RetryState retry_;
  std::unique_ptr<MemberChunkStream> stream_;
  v1::StreamGroupMembersResponse response_;
  int64_t sequence_ = 0;
  int64_t count_ = 0;
  uint32_t checksum_ = 0;
  bool checksum_known_ = true;
  bool moved_since_open_ = false;
  absl::Status end_;
  std::optional<v1::StreamSummary> summary_;
};

MemberStream::MemberStream(v1::StreamGroupMembersRequest request, OpenStream open,
                           RetryPolicy retry, TimeSource time)
    : reader_(
          std::make_unique<Reader>(std::move(request), std::move(open), retry, std::move(time))) {}
MemberStream::MemberStream(MemberStream&&) noexcept = default;
MemberStream& MemberStream::operator=(MemberStream&&) noexcept = default;
MemberStream::~MemberStream() = default;

absl::StatusOr<std::vector<std::string_view>> MemberStream::NextChunk() { return reader_->Next(); }

const std::optional<v1::StreamSummary>& MemberStream::summary() const { return reader_->summary(); }

const std::string& MemberStream::cursor() const { return reader_->cursor(); }

bool MemberStream::Next() {
  if (ended_) return false;
  if (position_ == values_.size()) {
    absl::StatusOr<std::vector<std::string_view>> values = reader_->Next();
    if (!values.ok()) {
      ended_ = true;
      current_ = values.status();
      return true;
    }
    if (values->empty()) {
      ended_ = true;
      return false;
    }
    values_ = *std::move(values);
    position_ = 0;
  }
  current_ = values_[position_++];
  return true;
}

}  // namespace segmentation
