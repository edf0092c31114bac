// Long operations: what they are and how far. The work itself is done by whoever starts one; this
// is how callers look at it, wait for it and ask it to stop.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/rows.h"
#include "server/usecase/shop_reader.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::usecase {

struct OperationResult {
  const storage::OperationRow* operation = nullptr;  // valid while the encoder runs
};

// Thread-safe. Queries run on the calling thread.
class OperationUsecase {
 public:
  // All outlive it.
  OperationUsecase(ShopReader& reader, ShopWriter& writer) : reader_(reader), writer_(writer) {}

  // OPERATION_NOT_FOUND.
  absl::StatusOr<storage::OperationRow> Get(const CallContext& context, std::string_view id);
  // Those that `wanted` takes, newest first, behind `after`, at most `limit`.
  absl::StatusOr<std::vector<storage::OperationRow>> List(
      const CallContext& context, const std::optional<storage::OperationPlace>& after, int limit,
      const std::function<bool(const storage::OperationRow&)>& wanted);
  // Until it has ended, `timeout` or the call's deadline is over; the row as it is then.
  absl::StatusOr<storage::OperationRow> Wait(const CallContext& context, std::string_view id,
                                             absl::Duration timeout);
  // Marks it; the worker stops at its next chunk. OPERATION_NOT_FOUND, OPERATION_FINISHED.
  void Cancel(CallContext context, std::string id, AnswerEncoder<OperationResult> encode,
              WriteCallback done);

 private:
  ShopReader& reader_;
  ShopWriter& writer_;
};

}  // namespace segmentation::usecase
