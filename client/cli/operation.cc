// segctl operation.
#include <algorithm>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

bool Ended(const v1::Operation& operation) {
  return operation.state() == v1::OPERATION_STATE_SUCCEEDED ||
         operation.state() == v1::OPERATION_STATE_FAILED ||
         operation.state() == v1::OPERATION_STATE_CANCELLED;
}

// Waits in stretches, since one call may not wait for ever.
absl::Status Wait(Session& session, Client& client, const std::string& id, double seconds) {
  v1::WaitOperationRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  request.set_operation_id(id);
  const absl::Time end =
      seconds > 0 ? absl::Now() + absl::Seconds(seconds) : absl::InfiniteFuture();
  while (true) {
    const absl::Duration stretch = std::min(end - absl::Now(), absl::Seconds(30));
    request.mutable_timeout()->set_seconds(
        std::max<int64_t>(0, absl::ToInt64Seconds(absl::Ceil(stretch, absl::Seconds(1)))));
    CallOptions options = session.call();
    options.deadline = stretch + absl::Seconds(20);
    absl::StatusOr<v1::WaitOperationResponse> answer = client.WaitOperation(request, options);
    if (!answer.ok()) return answer.status();
    const v1::Operation& operation = answer->operation();
    if (!Ended(operation) && absl::Now() < end) continue;
    session.output().Print(*answer);
    if (operation.state() == v1::OPERATION_STATE_FAILED) {
      return absl::Status(static_cast<absl::StatusCode>(operation.error().code()),
                          "the operation failed: " + operation.error().message());
    }
    return Ended(operation) ? absl::OkStatus()
                            : absl::DeadlineExceededError("the operation has not ended yet");
  }
}

}  // namespace

void AddOperationCommands(CLI::App& app, Session& session) {
  CLI::App* operation = AddNoun(app, "operation", "Long work of the server (none is started yet)");
  struct Flags {
    std::string id, state;
    double seconds = 0;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* list = AddCommand(
      *operation, session, "list", "List operations, newest first",
      [&session, flags](Client& client) -> absl::Status {
        v1::ListOperationsRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        if (!flags->state.empty()) {
          auto state = ParseEnum<v1::OperationState>(*v1::OperationState_descriptor(),
                                                     "OPERATION_STATE_", "--state", flags->state);
          if (!state.ok()) return state.status();
          request.set_state(*state);
        }
        return session.output().PrintList(client.ListOperations(request, session.call()),
                                          "operations",
                                          {"operation_id", "kind", "state", "done_count",
                                           "total_count", "created_at", "finished_at"});
      });
  list->add_option("--state", flags->state, "running, cancelling, succeeded, failed or cancelled");

  AddCommand(*operation, session, "get", "Show an operation",
             [&session, flags](Client& client) -> absl::Status {
               v1::GetOperationRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_operation_id(flags->id);
               return PrintAnswer(session, client.GetOperation(request, session.call()));
             })
      ->add_option("OPERATION_ID", flags->id)
      ->required();

  CLI::App* wait = AddCommand(*operation, session, "wait", "Wait until an operation has ended",
                              [&session, flags](Client& client) {
                                return Wait(session, client, flags->id, flags->seconds);
                              });
  wait->add_option("OPERATION_ID", flags->id)->required();
  wait->add_option("--for", flags->seconds, "seconds at most; else as long as it takes");

  AddCommand(*operation, session, "cancel", "Ask an operation to stop; what it has done stays",
             [&session, flags](Client& client) -> absl::Status {
               v1::CancelOperationRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_operation_id(flags->id);
               return PrintAnswer(session, client.CancelOperation(request, session.call()));
             })
      ->add_option("OPERATION_ID", flags->id)
      ->required();
}

}  // namespace segmentation::cli
