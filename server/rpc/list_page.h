// Pages of lists: from a request to where its page begins, and the token of the next one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "segmentation/internal/tokens.pb.h"
#include "server/base/status_macros.h"
#include "server/rpc/call.h"
#include "server/rpc/convert_time.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::rpc {

// Rows of a page together; a page of larger ones ends earlier. Half of what a message may have.
inline constexpr size_t kMaxPageBytes = 2 * 1024 * 1024;
// Rows of an answer that has no pages: a message less some room for what stands beside them.
inline constexpr size_t kMaxRowsBytes = 2 * kMaxPageBytes - 64 * 1024;

// One call of a List method.
struct Page {
  int size = 0;
  // Where the page before ended; nothing for the first page.
  std::optional<internal::PageToken> after;
  // At least as new as the call and the pages before ask for; later pages have the first one's
  // as-of.
  usecase::ReadOptions read;
  std::string arguments_hash;

  // The parts of `after`, 0 or empty on the first page.
  int64_t NumberAfter(int index) const;
  std::string TextAfter(int index) const;

  // The token of the next page. `position` holds after_numbers and after_texts alone.
  std::string NextToken(const Call& call, const usecase::ReadStamp& stamp,
                        internal::PageToken position) const;
};

// PageSizeOf's error, PAGE_TOKEN_INVALID, PAGE_TOKEN_EXPIRED.
absl::StatusOr<Page> MakePage(const Call& call, int32_t page_size, std::string_view page_token,
                              std::string arguments_hash);

// The first 16 bytes of the hash over a request without what may differ from page to page.
template <typename Request>
std::string ArgumentsHash(Request request) {
  if constexpr (requires { request.clear_page_size(); }) request.clear_page_size();
  if constexpr (requires { request.clear_page_token(); }) request.clear_page_token();
  if constexpr (requires { request.clear_resume_cursor(); }) request.clear_resume_cursor();
  if constexpr (requires { request.clear_chunk_size(); }) request.clear_chunk_size();
  if constexpr (requires { request.clear_min_revision_token(); }) {
    request.clear_min_revision_token();
  }
  return HashOfBytes(request).substr(0, 16);
}

// The page that a List request asks for.
template <typename Request>
absl::StatusOr<Page> OpenPage(const Call& call, const Request& request) {
  return MakePage(call, request.page_size(), request.page_token(), ArgumentsHash(request));
}

// Adds what `show` makes of the rows until the page is full in number or bytes; how many went in,
// at least one if there is one.
template <typename Rows, typename Message, typename Show>
size_t AddRows(const Page& page, const Rows& rows, google::protobuf::RepeatedPtrField<Message>* out,
               Show show) {
  size_t bytes = 0;
  size_t shown = 0;
  for (const auto& row : rows) {
    if (shown == static_cast<size_t>(page.size)) break;
    Message message = show(row);
    bytes += message.ByteSizeLong();
    if (shown > 0 && bytes > kMaxPageBytes) break;
    *out->Add() = std::move(message);
    ++shown;
  }
  return shown;
}

// Sets the as-of of a first page or of a call without pages; later pages have it from their token.
// The errors of FromTimestamp, naming as_of.
template <typename Request>
absl::Status ReadAsOf(const Request& request, usecase::ReadOptions& read) {
  if (!request.has_as_of() || read.as_of_ms) return absl::OkStatus();
  ASSIGN_OR_RETURN(read.as_of_ms, FromTimestamp(request.as_of(), "as_of"));
  return absl::OkStatus();
}

// Positions in a list sorted by one number or text.
internal::PageToken AfterNumber(int64_t number);
internal::PageToken AfterText(std::string_view text);

}  // namespace segmentation::rpc
