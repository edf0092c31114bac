// The audience of a group, streamed and checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/connection.h"
#include "segmentation/options.h"

namespace segmentation {

// A single-pass range of StatusOr<string_view>: member ids, or identities when the request asks for
// them; a view lives until the iterator moves. Chunks must come in sequence and agree with their
// running counts and checksums, and the last message must agree with all of them: otherwise the
// range ends with DATA_LOSS. A stream that ends without its last message is an error. When the
// connection breaks (UNAVAILABLE), the stream goes on from the last complete chunk, by the retry
// policy, so that each value comes once. Not thread-safe; an iterator must not outlive its stream.
class MemberStream {
 public:
  using OpenStream =
      std::function<std::unique_ptr<MemberChunkStream>(const v1::StreamGroupMembersRequest&)>;

  MemberStream(v1::StreamGroupMembersRequest request, OpenStream open, RetryPolicy retry,
               TimeSource time);
  MemberStream(MemberStream&&) noexcept;
  MemberStream& operator=(MemberStream&&) noexcept;
  // Cancels what is still running.
  ~MemberStream();

  // Reads the next chunk, for callers that hand on many values at once: use this or the iterators.
  // Empty = the end was reached and everything agreed. The views live until the next call.
  absl::StatusOr<std::vector<std::string_view>> NextChunk();

  // What the server said at the end; set once everything was read and agreed.
  const std::optional<v1::StreamSummary>& summary() const;

  // Resumes after the last chunk read, in this process or another (as `resume_cursor`). Empty
  // before the first chunk. Sums of what came before a given cursor are then taken from the
  // server's word.
  const std::string& cursor() const;

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = absl::StatusOr<std::string_view>;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    iterator() = default;
    reference operator*() const { return stream_->current_; }
    pointer operator->() const { return &stream_->current_; }
    iterator& operator++() {
      if (!stream_->Next()) stream_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.stream_ == b.stream_; }
    friend bool operator!=(const iterator& a, const iterator& b) { return a.stream_ != b.stream_; }

   private:
    friend class MemberStream;
    explicit iterator(MemberStream* stream) : stream_(stream) {}
    MemberStream* stream_ = nullptr;
  };

  iterator begin() { return Next() ? iterator(this) : iterator(); }
  iterator end() { return iterator(); }

 private:
  class Reader;

  // False at the end.
  bool Next();

  std::unique_ptr<Reader> reader_;
  std::vector<std::string_view> values_;
  size_t position_ = 0;
  bool ended_ = false;
  absl::StatusOr<std::string_view> current_;
};

}  // namespace segmentation
