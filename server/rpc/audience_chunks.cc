#include "server/rpc/audience_chunks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/list_page.h"
#include "server/rpc/reveal.h"

namespace segmentation::rpc {
namespace {

constexpr int kDefaultChunkSize = 10'000;  // members
constexpr int kMaxChunkSize = 50'000;
constexpr size_t kMaxPackedBytes = 1024 * 1024;  // of one chunk: far below the 4 MiB of a message
constexpr size_t kMaxValueBytes = 255;           // its length is one byte
constexpr size_t kReadStep = 8'192;              // members read between two looks at the deadline

// Errors of an audience name the token of lists; here it is the cursor.
absl::Status AboutCursor(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  if (!info || info->field != "page_token") return status;
  std::string_view message = base::FromAbsl(status.message());
  message.remove_prefix(std::min(message.size(), info->field.size() + 2));
  return base::MakeError(info->reason, "resume_cursor", message, info->metadata);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AudienceChunks>> AudienceChunks::Open(
    const Call& call, usecase::GroupQueryUsecase& queries,
    const v1::StreamGroupMembersRequest& request) {
  std::unique_ptr<AudienceChunks> chunks(new AudienceChunks(call, queries));
  RETURN_IF_ERROR(chunks->ReadOptions(request));
  RETURN_IF_ERROR(request.resume_cursor().empty() ? chunks->OpenAudience(request)
                                                  : chunks->Resume(request.resume_cursor()));
  return chunks;
}

absl::Status AudienceChunks::ReadOptions(const v1::StreamGroupMembersRequest& request) {
  RETURN_IF_ERROR(domain::ValidateId(request.group_id(), "group_id"));
  RETURN_IF_ERROR(domain::ValidateRange(request.chunk_size(), 0, kMaxChunkSize, "chunk_size"));
  chunk_size_ = request.chunk_size() == 0 ? kDefaultChunkSize : request.chunk_size();
  arguments_hash_ = ArgumentsHash(request);
  if (request.identity_kind() == v1::IDENTITY_KIND_UNSPECIFIED) {
    if (request.reveal_purpose().empty()) return absl::OkStatus();
    return base::MakeError(base::Reason::FIELD_INVALID, "reveal_purpose",
                           "got a purpose for member ids, want none");
  }
  ASSIGN_OR_RETURN(identity_kind_,
                   EnumFrom<domain::IdentityKind>(request.identity_kind(), "identity_kind"));
  if (request.reveal_purpose().empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, "reveal_purpose",
                           "got nothing, want why identities are needed");
  }
  return CheckReveal(call_, request.reveal_purpose(), /*audience_stream=*/true).status();
}

absl::Status AudienceChunks::OpenAudience(const v1::StreamGroupMembersRequest& request) {
  ASSIGN_OR_RETURN(const int32_t group_revision,
                   ResourceRevisionOf(request.group_revision(), "group_revision"));
  usecase::ReadOptions read = call_.read;
  RETURN_IF_ERROR(ReadAsOf(request, read));
  ASSIGN_OR_RETURN(audience_,
                   queries_.OpenAudience(call_.context, request.group_id(), group_revision, read));
  return absl::OkStatus();
}

absl::Status AudienceChunks::Resume(std::string_view text) {
  ASSIGN_OR_RETURN(const internal::StreamCursor cursor,
                   call_.parts->pages.DecodeCursor(text, call_.context.shop.number, arguments_hash_,
                                                   "resume_cursor"));
  auto audience = queries_.ReopenAudience(
      call_.context, {cursor.shop_no(), cursor.group_no(), cursor.group_revision(),
                      cursor.revision(), cursor.as_of_ms()});
  if (!audience.ok()) return AboutCursor(audience.status());
  audience_ = *std::move(audience);
  const auto& members = audience_->members;
  offset_ = static_cast<size_t>(
      std::upper_bound(members.begin(), members.end(), cursor.after_member_no()) - members.begin());
  sequence_ = cursor.sequence();
  count_ = cursor.count_so_far();
  skipped_ = cursor.skipped_count();
  crc_ = cursor.running_crc32c();
  return absl::OkStatus();
}

absl::StatusOr<v1::StreamGroupMembersResponse> AudienceChunks::Next() {
  v1::StreamGroupMembersResponse response;
  v1::MemberChunkData chunk;
  RETURN_IF_ERROR(Fill(chunk));
  if (chunk.value_count() > 0) {
    crc_ = base::Crc32c(chunk.packed_values(), crc_);
    count_ += chunk.value_count();
    chunk.set_sequence(++sequence_);
    chunk.set_count_so_far(count_);
    chunk.set_running_crc32c(crc_);
    chunk.set_cursor(CursorHere());
    *response.mutable_chunk() = std::move(chunk);
    return response;
  }
  v1::StreamSummary& summary = *response.mutable_summary();
  summary.set_value_count(count_);
  summary.set_skipped_count(skipped_);
  summary.set_crc32c(crc_);
  summary.set_group_revision(audience_->key.group_revision);
  *summary.mutable_stamp() =
      call_.StampOf({audience_->key.revision, audience_->key.as_of_ms, audience_->policy_revision});
  return response;
}

absl::Status AudienceChunks::Fill(v1::MemberChunkData& chunk) {
  while (offset_ < audience_->members.size()) {
    RETURN_IF_ERROR(usecase::CheckStillWanted(call_.context, call_.parts->clock.Now()));
    const size_t room = static_cast<size_t>(chunk_size_ - chunk.value_count());
    const size_t step = std::min(room, kReadStep);
    ASSIGN_OR_RETURN(
        const std::vector<std::string> values,
        identity_kind_
            ? queries_.ReadIdentities(call_.context, *audience_, offset_, step, *identity_kind_)
            : queries_.ReadMemberIds(call_.context, *audience_, offset_, step));
    for (const std::string& value : values) {
      if (!Append(value, chunk)) return absl::OkStatus();
      ++offset_;
    }
    if (chunk.value_count() == chunk_size_) return absl::OkStatus();
  }
  return absl::OkStatus();
}

bool AudienceChunks::Append(const std::string& value, v1::MemberChunkData& chunk) {
  // A longer one than a chunk can carry is as good as none.
  if (value.empty() || value.size() > kMaxValueBytes) {
    ++skipped_;
    return true;
  }
  std::string& packed = *chunk.mutable_packed_values();
  if (packed.size() + 1 + value.size() > kMaxPackedBytes) return false;
  packed.push_back(static_cast<char>(value.size()));
  packed.append(value);
  chunk.set_value_count(chunk.value_count() + 1);
  return true;
}

std::string AudienceChunks::CursorHere() const {
  internal::StreamCursor cursor;
  cursor.set_arguments_hash(arguments_hash_);
  cursor.set_shop_no(audience_->key.shop_no);
  cursor.set_revision(audience_->key.revision);
  cursor.set_as_of_ms(audience_->key.as_of_ms);
  cursor.set_group_no(audience_->key.group_no);
  cursor.set_group_revision(audience_->key.group_revision);
  cursor.set_after_member_no(audience_->members[offset_ - 1]);
  cursor.set_sequence(sequence_);
  cursor.set_count_so_far(count_);
  cursor.set_skipped_count(skipped_);
  cursor.set_running_crc32c(crc_);
  return call_.parts->pages.Encode(std::move(cursor));
}

}  // namespace segmentation::rpc
