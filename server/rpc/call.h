// The one wrapper round every call: token, role, shop, deadline, request id, log line, status. A
// method of a service names its handler and hands it to RunRead or RunWrite; nothing here is
// repeated there.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "segmentation/v1/common.pb.h"
#include "server/base/clock.h"
#include "server/rpc/method_policy.h"
#include "server/rpc/page_token.h"
#include "server/rpc/status.h"
#include "server/rpc/worker_pool.h"
#include "server/usecase/call_context.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/revision_token.h"
#include "server/usecase/shop_reader.h"
#include "server/usecase/shop_usecase.h"
#include "server/usecase/token_usecase.h"
#include "server/usecase/write_command.h"

namespace segmentation::rpc {

// What the wrapper needs; all outlive the services.
struct CallParts {
  usecase::TokenUsecase& tokens;
  usecase::ShopUsecase& shops;
  const usecase::RevisionTokenCodec& revisions;
  const PageTokenCodec& pages;
  WorkerPool& lookups;      // database look-ups, and the preparation of writes
  WorkerPool& evaluations;  // counts, audiences, streams
  const base::Clock& clock;
};

// Deadlines given to calls that bring none.
inline constexpr absl::Duration kDefaultDeadline = absl::Seconds(30);
inline constexpr absl::Duration kDefaultStreamDeadline = absl::Hours(12);

// What is known of a call before its handler runs. Lives until the call is answered.
struct Call {
  usecase::CallContext context;  // shop: only `id` is set where the method needs no existing shop
  usecase::Principal principal;
  usecase::ReadOptions read;  // min_revision decoded
  const MethodPolicy* policy = nullptr;
  const CallParts* parts = nullptr;

  // A revision token of this shop.
  std::string TokenOf(domain::Revision revision) const {
    return parts->revisions.Encode(context.shop.number, revision);
  }
  v1::ReadStamp StampOf(const usecase::ReadStamp& stamp) const;
};

// Fields that requests share, where they have them.
struct RequestHead {
  std::string_view shop_id;
  bool has_shop_id = false;
  std::optional<std::string_view> request_id;
  const v1::Actor* actor = nullptr;
  std::string_view min_revision_token;
};

template <typename Request>
RequestHead HeadOf(const Request& request) {
  RequestHead head;
  if constexpr (requires { request.shop_id(); }) {
    head.shop_id = request.shop_id();
    head.has_shop_id = true;
  }
  if constexpr (requires { request.request_id(); }) head.request_id = request.request_id();
  if constexpr (requires { request.actor(); }) head.actor = &request.actor();
  if constexpr (requires { request.min_revision_token(); }) {
    head.min_revision_token = request.min_revision_token();
  }
  return head;
}

// SHA-256 over the deterministic bytes of a message and its type.
std::string HashOfBytes(const google::protobuf::Message& message);

// The same of a request without its request_id: a retry by another
// attempt of the same client has the same hash.
template <typename Request>
std::string HashOf(const Request& request) {
  if constexpr (requires(Request copy) { copy.clear_request_id(); }) {
    Request copy = request;
    copy.clear_request_id();
    return HashOfBytes(copy);
  } else {
    return HashOfBytes(request);
  }
}

// Who asks for a change: FIELD_REQUIRED without a name, and the errors of its texts, naming
// `field`.name and so on.
absl::Status CheckActor(const v1::Actor& actor, std::string_view field);

// Authenticates and fills in the call. Blocks on look-ups that are not cached: not for a callback
// thread.
//   UNAUTHENTICATED  TOKEN_MISSING, TOKEN_INVALID
//   PERMISSION_DENIED  ROLE_INSUFFICIENT
//   NOT_FOUND  SHOP_NOT_FOUND: unknown, or beyond the token's scope, alike
//   INVALID_ARGUMENT  request_id or actor missing in a mutation, a bad min_revision_token
absl::Status BeginCall(const CallParts& parts, const MethodPolicy& policy,
                       const grpc::CallbackServerContext& grpc_context, const RequestHead& head,
                       std::string request_hash, std::shared_ptr<std::atomic<bool>> cancelled,
                       Call& call);

// Whether the caller of a begun call still may: the errors that BeginCall has for the token, its
// role and its scope. For every message of a stream, so that a token revoked or expired is refused
// at once. Blocks as BeginCall does.
absl::Status CheckCaller(const CallParts& parts, const grpc::CallbackServerContext& grpc_context,
                         const Call& call);

// Logs one line for a call that ended: method, shop, code, reason, microseconds. No values of
// requests: `shop_id` is Call::context.shop.id, which BeginCall sets for a caller who may name it.
void LogCall(std::string_view method, std::string_view shop_id, const absl::Status& status,
             absl::Duration took);

// The reactor of every unary call: deletes itself when gRPC is done with it.
class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(const CallParts& parts, const MethodPolicy& policy)
      : parts_(parts), policy_(policy), begun_(parts.clock.Now()) {}

  // BeginCall, and keeps for the log what may stand there.
  absl::Status Begin(const grpc::CallbackServerContext& grpc_context, const RequestHead& head,
                     std::string request_hash, Call& call) {
    absl::Status status =
        BeginCall(parts_, policy_, grpc_context, head, std::move(request_hash), cancelled_, call);
    shop_id_ = call.context.shop.id;
    return status;
  }
  // Ends the call. Exactly once.
  void End(const absl::Status& status) {
    LogCall(policy_.method, shop_id_, status, parts_.clock.Now() - begun_);
    Finish(ToGrpcStatus(status));
  }

  void OnCancel() override { cancelled_->store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

 private:
  const CallParts& parts_;
  const MethodPolicy& policy_;
  const absl::Time begun_;
  std::string shop_id_;
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

absl::Status QueueFull();

// Whether BeginCall would find token and shop remembered, and so ask the database nothing.
bool BeginsAtOnce(const CallParts& parts, const grpc::CallbackServerContext& grpc_context,
                  std::string_view shop_id);

// Writes of at most so many bytes are prepared on the callback thread when they begin at once: some
// twenty microseconds, less than waking another thread for it.
inline constexpr size_t kInlineWriteBytes = 2048;

// Runs `handler(call)` → absl::Status on the pool of the method's kind. The handler fills in
// `response`.
template <typename Request, typename Handler>
grpc::ServerUnaryReactor* RunRead(const CallParts& parts, std::string_view method,
                                  grpc::CallbackServerContext* grpc_context, const Request* request,
                                  Handler handler) {
  const MethodPolicy& policy = *FindMethodPolicy(method);
  auto* reactor = new UnaryReactor(parts, policy);
  WorkerPool& pool = policy.kind == MethodKind::kEvaluate ? parts.evaluations : parts.lookups;
  const bool queued =
      pool.Submit([grpc_context, request, reactor, handler = std::move(handler)]() mutable {
        Call call;
        absl::Status status = reactor->Begin(*grpc_context, HeadOf(*request), std::string(), call);
        if (status.ok()) status = handler(call);
        reactor->End(status);
      });
  if (!queued) reactor->End(QueueFull());
  return reactor;
}

// Runs `handler(call, done)`, which hands the call's context and `done` to a use case; the answer's
// bytes are parsed into `response`. When the handler returns an error instead, that is the answer
// and `done` must not have been handed on.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* RunWrite(const CallParts& parts, std::string_view method,
                                   grpc::CallbackServerContext* grpc_context,
                                   const Request* request, Response* response, Handler handler) {
  const MethodPolicy& policy = *FindMethodPolicy(method);
  auto* reactor = new UnaryReactor(parts, policy);
  auto prepare = [grpc_context, request, response, reactor,
                  handler = std::move(handler)]() mutable {
    Call call;
    absl::Status status = reactor->Begin(*grpc_context, HeadOf(*request), HashOf(*request), call);
    if (!status.ok()) {
      reactor->End(status);
      return;
    }
    usecase::WriteCallback done = [reactor, response](absl::StatusOr<usecase::WriteResult> result) {
      if (!result.ok()) {
        reactor->End(result.status());
      } else if (!response->ParseFromString(result->answer)) {
        reactor->End(absl::InternalError("a stored answer does not parse"));
      } else {
        reactor->End(absl::OkStatus());
      }
    };
    status = handler(call, std::move(done));
    if (!status.ok()) reactor->End(status);
  };
  if (request->ByteSizeLong() <= kInlineWriteBytes &&
      BeginsAtOnce(parts, *grpc_context, HeadOf(*request).shop_id)) {
    prepare();
  } else if (!parts.lookups.Submit(std::move(prepare))) {
    reactor->End(QueueFull());
  }
  return reactor;
}

}  // namespace segmentation::rpc
