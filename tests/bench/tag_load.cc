#include "tests/bench/tag_load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "segmentation/v1/tag_service.grpc.pb.h"

namespace segmentation::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct TagCall {
  std::unique_ptr<grpc::ClientContext> context;
  v1::TagMemberResponse answer;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::TagMemberResponse>> reader;
  Clock::time_point sent;
};

class TagLoader {
 public:
  explicit TagLoader(const TagLoad& load) : load_(load) {
    for (int i = 0; i < std::max(1, load.channels); ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs_.push_back(v1::TagService::NewStub(
          grpc::CreateCustomChannel(load.address, grpc::InsecureChannelCredentials(), arguments)));
    }
  }

  absl::StatusOr<Measured> Run() {
    std::vector<TagCall> calls(static_cast<size_t>(load_.in_flight));
    Measured measured;
    absl::Status failure;
    const auto begun = Clock::now();
    const auto end = begun + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(load_.seconds));
    for (TagCall& call : calls) Send(call);
    for (int running = load_.in_flight; running > 0;) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);
      TagCall& call = *static_cast<TagCall*>(tag);
      const auto now = Clock::now();
      measured.milliseconds.push_back(
          std::chrono::duration<double, std::milli>(now - call.sent).count());
      if (failure.ok()) failure = Check(call);
      if (failure.ok() && now < end) {
        Send(call);
      } else {
        --running;
      }
    }
    if (!failure.ok()) return failure;
    measured.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    measured.calls = static_cast<int64_t>(measured.milliseconds.size());
    std::sort(measured.milliseconds.begin(), measured.milliseconds.end());
    return measured;
  }

 private:
  void Send(TagCall& call) {
    const auto [member, value] = load_.next();
    v1::TagMemberRequest request;
    request.set_shop_id(load_.shop_id);
    request.set_request_id(absl::StrCat("load-", member, "-", value));
    request.mutable_actor()->set_name("bench");
    request.set_member_id(member);
    v1::TagAssignment* const tag = request.add_tags();
    tag->set_category("c");
    tag->set_value(value);
    tag->set_source(v1::TAG_SOURCE_AGENT);
    call.context = std::make_unique<grpc::ClientContext>();
    call.context->AddMetadata("authorization", absl::StrCat("Bearer ", load_.token));
    call.context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    call.sent = Clock::now();
    v1::TagService::Stub& stub = *stubs_[next_stub_++ % stubs_.size()];
    call.reader = stub.PrepareAsyncTagMember(call.context.get(), request, &queue_);
    call.reader->StartCall();
    call.reader->Finish(&call.answer, &call.status, &call);
  }

  static absl::Status Check(const TagCall& call) {
    if (!call.status.ok()) return absl::InternalError(call.status.error_message());
    if (call.answer.changes(0).outcome() != v1::TAG_OUTCOME_APPLIED) {
      return absl::InternalError("a tag was not new: the run is longer than its data");
    }
    return absl::OkStatus();
  }

  const TagLoad& load_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<v1::TagService::Stub>> stubs_;
  size_t next_stub_ = 0;
};

}  // namespace

absl::StatusOr<Measured> RunTagLoad(const TagLoad& load) { return TagLoader(load).Run(); }

}  // namespace segmentation::bench
