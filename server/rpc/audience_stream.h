// The write side of StreamGroupMembers: one chunk under way to the reader, at most one prepared
// ahead on the evaluation pool, never anything on a callback thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/v1/group_service.pb.h"
#include "server/rpc/audience_chunks.h"
#include "server/rpc/call.h"
#include "server/rpc/stall_watch.h"
#include "server/usecase/group_query_usecase.h"

namespace segmentation::rpc {

// Lives until gRPC is done with the call, then deletes itself.
class AudienceStream final : public grpc::ServerWriteReactor<v1::StreamGroupMembersResponse> {
 public:
  // All outlive the call.
  AudienceStream(const CallParts& parts, usecase::GroupQueryUsecase& queries, StallWatch& watch,
                 grpc::CallbackServerContext* context,
                 const v1::StreamGroupMembersRequest* request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  void Prepare();
  absl::StatusOr<v1::StreamGroupMembersResponse> MakeNext();
  // Starts whatever may be started now; ends the call when nothing of it runs any more.
  void Advance(std::unique_lock<std::mutex> lock);

  const CallParts& parts_;
  const MethodPolicy& policy_;
  usecase::GroupQueryUsecase& queries_;
  grpc::CallbackServerContext* const context_;
  const v1::StreamGroupMembersRequest* const request_;
  const absl::Time begun_;
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> stalled_ = false;

  // Of the one preparation under way.
  Call call_;
  std::unique_ptr<AudienceChunks> chunks_;

  std::mutex mutex_;
  v1::StreamGroupMembersResponse current_;                  // being written; all below by mutex_
  std::optional<v1::StreamGroupMembersResponse> prepared_;  // the next one
  absl::Status failure_;
  bool preparing_ = false;
  bool writing_ = false;
  bool broken_ = false;  // a write failed
  bool ended_ = false;   // the summary is prepared or written
  bool finished_ = false;

  // Last, so that it goes first: it refers to the above.
  std::unique_ptr<StallWatch::Stream> stall_;
};

}  // namespace segmentation::rpc
