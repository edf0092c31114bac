// The messages of StreamGroupMembers, one after the other, and where each can be resumed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/v1/group_service.pb.h"
#include "server/domain/member.h"
#include "server/rpc/call.h"
#include "server/usecase/group_query_usecase.h"

namespace segmentation::rpc {

// Not thread-safe. Evaluates and reads on the calling thread.
class AudienceChunks {
 public:
  // The call's audience from its beginning or its cursor; `call` and `queries` outlive the result.
  //   INVALID_ARGUMENT  FIELD_OUT_OF_RANGE (chunk_size, group_revision), ENUM_UNKNOWN,
  //   FIELD_INVALID
  //     (a purpose without identities), FIELD_REQUIRED (identities without a purpose),
  //     PAGE_TOKEN_INVALID, PAGE_TOKEN_EXPIRED, naming resume_cursor
  //   PERMISSION_DENIED  ROLE_INSUFFICIENT
  //   NOT_FOUND  GROUP_NOT_FOUND
  static absl::StatusOr<std::unique_ptr<AudienceChunks>> Open(
      const Call& call, usecase::GroupQueryUsecase& queries,
      const v1::StreamGroupMembersRequest& request);

  // The next chunk, never an empty one; after the last the summary. CANCELLED, DEADLINE_PASSED.
  absl::StatusOr<v1::StreamGroupMembersResponse> Next();

 private:
  AudienceChunks(const Call& call, usecase::GroupQueryUsecase& queries)
      : call_(call), queries_(queries) {}

  absl::Status ReadOptions(const v1::StreamGroupMembersRequest& request);
  absl::Status OpenAudience(const v1::StreamGroupMembersRequest& request);
  absl::Status Resume(std::string_view cursor);
  // Appends values until the chunk is full or the audience ends.
  absl::Status Fill(v1::MemberChunkData& chunk);
  // True if the value went into the chunk or was skipped, false if the chunk is full.
  bool Append(const std::string& value, v1::MemberChunkData& chunk);
  std::string CursorHere() const;

  const Call& call_;
  usecase::GroupQueryUsecase& queries_;
  std::shared_ptr<const usecase::Audience> audience_;
  std::string arguments_hash_;
  std::optional<domain::IdentityKind> identity_kind_;  // none: member ids
  int chunk_size_ = 0;

  size_t offset_ = 0;  // members behind us
  int64_t sequence_ = 0;
  int64_t count_ = 0;
  int64_t skipped_ = 0;
  uint32_t crc_ = 0;
};

}  // namespace segmentation::rpc
