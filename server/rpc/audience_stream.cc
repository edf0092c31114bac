#include "server/rpc/audience_stream.h"

#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace segmentation::rpc {

AudienceStream::AudienceStream(const CallParts& parts, usecase::GroupQueryUsecase& queries,
                               StallWatch& watch, grpc::CallbackServerContext* context,
                               const v1::StreamGroupMembersRequest* request)
    : parts_(parts),
      policy_(*FindMethodPolicy("GroupService/StreamGroupMembers")),
      queries_(queries),
      context_(context),
      request_(request),
      begun_(parts.clock.Now()),
      stall_(watch.Watch([this] {
        stalled_ = true;
        context_->TryCancel();
      })) {
  Advance(std::unique_lock(mutex_));
}

void AudienceStream::OnWriteDone(bool ok) {
  stall_->EndWrite();
  std::unique_lock lock(mutex_);
  writing_ = false;
  broken_ = broken_ || !ok;
  Advance(std::move(lock));
}

void AudienceStream::OnCancel() {
  cancelled_->store(true, std::memory_order_relaxed);
  Advance(std::unique_lock(mutex_));
}

void AudienceStream::Prepare() {
  absl::StatusOr<v1::StreamGroupMembersResponse> next = MakeNext();
  std::unique_lock lock(mutex_);
  preparing_ = false;
  if (next.ok()) {
    ended_ = next->has_summary();
    prepared_ = *std::move(next);
  } else {
    failure_ = std::move(next).status();
  }
  Advance(std::move(lock));
}

absl::StatusOr<v1::StreamGroupMembersResponse> AudienceStream::MakeNext() {
  if (chunks_ == nullptr) {
    RETURN_IF_ERROR(
        BeginCall(parts_, policy_, *context_, HeadOf(*request_), std::string(), cancelled_, call_));
    ASSIGN_OR_RETURN(chunks_, AudienceChunks::Open(call_, queries_, *request_));
  } else {
    RETURN_IF_ERROR(CheckCaller(parts_, *context_, call_));
  }
  return chunks_->Next();
}

void AudienceStream::Advance(std::unique_lock<std::mutex> lock) {
  if (finished_) return;
  const bool gone = broken_ || cancelled_->load(std::memory_order_relaxed);
  if (!gone && !writing_ && prepared_) {
    current_ = *std::move(prepared_);
    prepared_.reset();
    writing_ = true;
    stall_->BeginWrite();
    StartWrite(&current_);
  }
  if (!gone && failure_.ok() && !ended_ && !preparing_ && !prepared_) {
    preparing_ = parts_.evaluations.Submit([this] { Prepare(); });
    if (!preparing_) failure_ = QueueFull();
  }
  if (writing_ || preparing_) return;
  absl::Status status;
  if (stalled_) {
    status = base::MakeError(base::Reason::CANCELLED, "",
                             "the reader took nothing for a minute: resume from the last cursor");
  } else if (gone) {
    status = base::MakeError(base::Reason::CANCELLED, "", "the caller went away");
  } else {
    status = failure_;
  }
  finished_ = true;
  lock.unlock();
  LogCall(policy_.method, call_.context.shop.id, status, parts_.clock.Now() - begun_);
  // Whatever follows may run after this object is gone.
  Finish(ToGrpcStatus(status));
}

}  // namespace segmentation::rpc
