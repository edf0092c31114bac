#include "server/usecase/operation_usecase.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/usecase/row_command.h"

namespace segmentation::usecase {
namespace {

using storage::OperationRow;

// Rows looked through at once.
constexpr int kListPage = 1'000;

constexpr absl::Duration kPollPeriod = absl::Milliseconds(100);

absl::Status NotFound() {
  return base::MakeError(base::Reason::OPERATION_NOT_FOUND, "operation_id", "no such operation");
}

}  // namespace

absl::StatusOr<OperationRow> OperationUsecase::Get(const CallContext& context,
                                                   std::string_view id) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, {}));
  ASSIGN_OR_RETURN(std::optional<OperationRow> row, view.snapshot->ReadOperation(id));
  if (!row) return NotFound();
  return *std::move(row);
}

absl::StatusOr<std::vector<OperationRow>> OperationUsecase::List(
    const CallContext& context, const std::optional<storage::OperationPlace>& after, int limit,
    const std::function<bool(const OperationRow&)>& wanted) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, {}));
  std::vector<OperationRow> found;
  std::optional<storage::OperationPlace> place = after;
  for (;;) {
    RETURN_IF_ERROR(CheckStillWanted(context, reader_.clock().Now()));
    ASSIGN_OR_RETURN(std::vector<OperationRow> rows,
                     view.snapshot->ListOperations(place, kListPage));
    for (OperationRow& row : rows) {
      place = storage::OperationPlace{row.stamp.created_at_ms, row.id};
      if (!wanted(row)) continue;
      found.push_back(std::move(row));
      if (found.size() == static_cast<size_t>(limit)) return found;
    }
    if (rows.size() < static_cast<size_t>(kListPage)) return found;
  }
}

absl::StatusOr<OperationRow> OperationUsecase::Wait(const CallContext& context, std::string_view id,
                                                    absl::Duration timeout) {
  const base::Clock& clock = reader_.clock();
  // Answer before the caller stops listening.
  const absl::Time until =
      std::min(clock.Now() + timeout, context.deadline - absl::Milliseconds(200));
  for (;;) {
    ASSIGN_OR_RETURN(OperationRow row, Get(context, id));
    if (row.state != OperationRow::State::kRunning || clock.Now() + kPollPeriod >= until ||
        (context.cancelled && context.cancelled())) {
      return row;
    }
    reader_.Sleep(kPollPeriod);
  }
}

void OperationUsecase::Cancel(CallContext context, std::string id,
                              AnswerEncoder<OperationResult> encode, WriteCallback done) {
  WriteKeys keys;
  keys.operation_ids = {id};
  auto decide = [id = std::move(id), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const OperationRow* stored = ws.FindOperation(id);
    if (stored == nullptr) return NotFound();
    if (stored->state != OperationRow::State::kRunning) {
      return base::MakeError(base::Reason::OPERATION_FINISHED, "operation_id",
                             "the operation has ended");
    }
    if (!stored->cancel_requested) {
      OperationRow row = *stored;
      row.cancel_requested = true;
      ws.Restamp(row.stamp, call.actor);
      ws.PutOperation(std::move(row));
    }
    return encode({ws.FindOperation(id)}, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide)),
      std::move(done));
}

}  // namespace segmentation::usecase
