#include "server/rpc/call.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_time.h"

namespace segmentation::rpc {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// The secret in `authorization: Bearer SECRET`; empty without one.
std::string_view SecretOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  if (found == metadata.end()) return {};
  std::string_view value(found->second.data(), found->second.size());
  if (!value.starts_with(kBearer)) return {};
  value.remove_prefix(kBearer.size());
  return value;
}

// The caller, if the method allows its role.
absl::StatusOr<usecase::Principal> Authenticate(const CallParts& parts, const MethodPolicy& policy,
                                                const grpc::CallbackServerContext& context) {
  ASSIGN_OR_RETURN(usecase::Principal principal, parts.tokens.Authenticate(SecretOf(context)));
  if ((policy.roles & RoleBit(principal.role)) == 0) {
    return base::MakeError(base::Reason::ROLE_INSUFFICIENT, "authorization",
                           "the token's role does not allow this method");
  }
  return principal;
}

absl::Status CheckScope(const usecase::Principal& principal, std::string_view shop_id) {
  if (principal.MayUse(shop_id)) return absl::OkStatus();
  return base::MakeError(base::Reason::SHOP_NOT_FOUND, "shop_id", "no such shop");
}

absl::Status CheckMutation(const RequestHead& head) {
  if (!head.request_id || head.request_id->empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, "request_id",
                           "got nothing, want an idempotency key of 1 to 64 bytes");
  }
  RETURN_IF_ERROR(
      domain::ValidateIdBytes(*head.request_id, domain::kMaxRequestIdBytes, "request_id"));
  return CheckActor(head.actor == nullptr ? v1::Actor::default_instance() : *head.actor, "actor");
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context, const MethodPolicy& policy,
                      absl::Time now) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return now + (policy.kind == MethodKind::kStream ? kDefaultStreamDeadline : kDefaultDeadline);
  }
  return absl::FromChrono(deadline);
}

}  // namespace

std::string HashOfBytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  // The type is part of it: one request id used for two methods is two requests.
  bytes += message.GetTypeName();
  return std::string(base::BytesOf(base::Sha256(bytes)));
}

absl::Status CheckActor(const v1::Actor& actor, std::string_view field) {
  const std::string prefix(field);
  if (actor.name().empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, prefix + ".name",
                           "got nothing, want who asks for the change");
  }
  RETURN_IF_ERROR(domain::ValidateName(actor.name(), domain::kMaxActorBytes, prefix + ".name"));
  RETURN_IF_ERROR(domain::ValidateText(actor.origin(), domain::kMaxIdBytes, prefix + ".origin"));
  return domain::ValidateText(actor.conversation_id(), domain::kMaxIdBytes,
                              prefix + ".conversation_id");
}

v1::ReadStamp Call::StampOf(const usecase::ReadStamp& stamp) const {
  v1::ReadStamp out;
  out.set_revision_token(TokenOf(stamp.revision));
  *out.mutable_as_of() = ToTimestamp(stamp.as_of_ms);
  out.set_policy_revision(stamp.policy_revision);
  out.set_exact(true);
  return out;
}

absl::Status BeginCall(const CallParts& parts, const MethodPolicy& policy,
                       const grpc::CallbackServerContext& grpc_context, const RequestHead& head,
                       std::string request_hash, std::shared_ptr<std::atomic<bool>> cancelled,
                       Call& call) {
  call.parts = &parts;
  call.policy = &policy;
  call.context.deadline = DeadlineOf(grpc_context, policy, parts.clock.Now());
  call.context.cancelled = [cancelled = std::move(cancelled)] {
    return cancelled->load(std::memory_order_relaxed);
  };
  ASSIGN_OR_RETURN(call.principal, Authenticate(parts, policy, grpc_context));
  call.context.role = call.principal.role;
  call.context.actor = call.principal.label;
  if (policy.kind == MethodKind::kWrite) {
    RETURN_IF_ERROR(CheckMutation(head));
    call.context.request_id = std::string(*head.request_id);
    call.context.request_hash = std::move(request_hash);
    call.context.actor = head.actor->name();
  }
  if (!policy.shop_free) {
    RETURN_IF_ERROR(domain::ValidateId(head.shop_id, "shop_id"));
    RETURN_IF_ERROR(CheckScope(call.principal, head.shop_id));
    call.context.shop.id = std::string(head.shop_id);
    if (policy.deletes_shop) {
      ASSIGN_OR_RETURN(call.context.shop, parts.shops.FindEvenDeleted(head.shop_id));
    } else if (!policy.creates_shop) {
      ASSIGN_OR_RETURN(call.context.shop, parts.shops.Find(head.shop_id));
    }
  }
  if (!head.min_revision_token.empty()) {
    ASSIGN_OR_RETURN(call.read.min_revision,
                     parts.revisions.Decode(call.context.shop.number, head.min_revision_token,
                                            "min_revision_token"));
  }
  return usecase::CheckStillWanted(call.context, parts.clock.Now());
}

absl::Status CheckCaller(const CallParts& parts, const grpc::CallbackServerContext& grpc_context,
                         const Call& call) {
  ASSIGN_OR_RETURN(const usecase::Principal principal,
                   Authenticate(parts, *call.policy, grpc_context));
  return call.policy->shop_free ? absl::OkStatus() : CheckScope(principal, call.context.shop.id);
}

bool BeginsAtOnce(const CallParts& parts, const grpc::CallbackServerContext& grpc_context,
                  std::string_view shop_id) {
  return parts.tokens.Remembers(SecretOf(grpc_context)) && parts.shops.Remembers(shop_id);
}

void LogCall(std::string_view method, std::string_view shop_id, const absl::Status& status,
             absl::Duration took) {
  const auto level = absl::IsInternal(status) ? spdlog::level::err : spdlog::level::info;
  spdlog::log(level, "call method={} shop={} code={} reason={} us={}", method, shop_id,
              static_cast<int>(status.code()),
              status.ok() ? "OK" : v1::ErrorReason_Name(ReasonOf(status)),
              absl::ToInt64Microseconds(took));
  if (absl::IsInternal(status)) {
    spdlog::error("internal error in {}: {}", method,
                  std::string_view(status.message().data(), status.message().size()));
  }
}

absl::Status QueueFull() {
  return base::MakeError(base::Reason::QUEUE_FULL, "",
                         "the server has more calls waiting than it takes: try again later");
}

}  // namespace segmentation::rpc
