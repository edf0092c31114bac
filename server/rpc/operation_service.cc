#include "server/rpc/operation_service.h"

#include <optional>
#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_time.h"
#include "server/rpc/list_page.h"

namespace segmentation::rpc {
namespace {

using storage::OperationRow;
using usecase::WriteCallback;

constexpr absl::Duration kMaxWait = absl::Minutes(10);
constexpr absl::Duration kDefaultWait = absl::Seconds(30);

v1::OperationState StateOf(const OperationRow& row) {
  switch (row.state) {
    case OperationRow::State::kRunning:
      return row.cancel_requested ? v1::OPERATION_STATE_CANCELLING : v1::OPERATION_STATE_RUNNING;
    case OperationRow::State::kDone:
      return v1::OPERATION_STATE_SUCCEEDED;
    case OperationRow::State::kFailed:
      return v1::OPERATION_STATE_FAILED;
    case OperationRow::State::kCancelled:
      return v1::OPERATION_STATE_CANCELLED;
  }
  return v1::OPERATION_STATE_UNSPECIFIED;
}

v1::OperationKind KindOf(const OperationRow& row) {
  return row.kind == "apply_metric_policy" ? v1::OPERATION_KIND_APPLY_METRIC_POLICY
                                           : v1::OPERATION_KIND_UNSPECIFIED;
}

v1::Operation ToProto(const OperationRow& row) {
  v1::Operation out;
  out.set_operation_id(row.id);
  out.set_kind(KindOf(row));
  out.set_state(StateOf(row));
  out.set_done_count(row.done_count);
  out.set_total_count(row.total_count);
  if (!row.error_reason.empty()) {
    const base::Reason reason =
        base::ReasonFromName(row.error_reason).value_or(base::Reason::INTERNAL);
    out.mutable_error()->set_code(static_cast<int>(base::CodeOf(reason)));
    out.mutable_error()->set_reason(static_cast<v1::ErrorReason>(reason));
    out.mutable_error()->set_message(row.error_message);
  }
  *out.mutable_created_at() = ToTimestamp(row.stamp.created_at_ms);
  if (row.finished_at_ms) *out.mutable_finished_at() = ToTimestamp(*row.finished_at_ms);
  out.set_actor_name(row.stamp.created_by);
  return out;
}

}  // namespace

grpc::ServerUnaryReactor* OperationService::GetOperation(grpc::CallbackServerContext* context,
                                                         const v1::GetOperationRequest* request,
                                                         v1::GetOperationResponse* response) {
  return RunRead(parts_, "OperationService/GetOperation", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(OperationRow row,
                                    operations_.Get(call.context, request->operation_id()));
                   *response->mutable_operation() = ToProto(row);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* OperationService::ListOperations(grpc::CallbackServerContext* context,
                                                           const v1::ListOperationsRequest* request,
                                                           v1::ListOperationsResponse* response) {
  return RunRead(parts_, "OperationService/ListOperations", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
                   std::optional<storage::OperationPlace> after;
                   if (page.after) after = {page.NumberAfter(0), page.TextAfter(0)};
                   const auto wanted = [&](const OperationRow& row) {
                     return (request->kind() == v1::OPERATION_KIND_UNSPECIFIED ||
                             KindOf(row) == request->kind()) &&
                            (request->state() == v1::OPERATION_STATE_UNSPECIFIED ||
                             StateOf(row) == request->state());
                   };
                   ASSIGN_OR_RETURN(std::vector<OperationRow> rows,
                                    operations_.List(call.context, after, page.size + 1, wanted));
                   const bool more = rows.size() > static_cast<size_t>(page.size);
                   if (more) rows.resize(static_cast<size_t>(page.size));
                   for (const OperationRow& row : rows) *response->add_operations() = ToProto(row);
                   if (more) {
                     internal::PageToken position = AfterNumber(rows.back().stamp.created_at_ms);
                     position.add_after_texts(rows.back().id);
                     response->set_next_page_token(page.NextToken(call, {}, std::move(position)));
                   }
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* OperationService::WaitOperation(grpc::CallbackServerContext* context,
                                                          const v1::WaitOperationRequest* request,
                                                          v1::WaitOperationResponse* response) {
  return RunRead(
      parts_, "OperationService/WaitOperation", context, request,
      [this, request, response](Call& call) -> absl::Status {
        absl::Duration wanted = kDefaultWait;
        if (request->has_timeout()) {
          const auto& timeout = request->timeout();
          wanted = absl::Seconds(timeout.seconds()) + absl::Nanoseconds(timeout.nanos());
          if (wanted < absl::ZeroDuration() || wanted > kMaxWait) {
            return base::MakeError(base::Reason::FIELD_OUT_OF_RANGE, "timeout", "want 0 to 600 s");
          }
        }
        ASSIGN_OR_RETURN(OperationRow row,
                         operations_.Wait(call.context, request->operation_id(), wanted));
        *response->mutable_operation() = ToProto(row);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* OperationService::CancelOperation(
    grpc::CallbackServerContext* context, const v1::CancelOperationRequest* request,
    v1::CancelOperationResponse* response) {
  return RunWrite(parts_, "OperationService/CancelOperation", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    operations_.Cancel(
                        call.context, request->operation_id(),
                        [](const usecase::OperationResult& result, const usecase::AnswerContext&) {
                          v1::CancelOperationResponse out;
                          *out.mutable_operation() = ToProto(*result.operation);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

}  // namespace segmentation::rpc
