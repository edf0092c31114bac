// One batch of commands of one shop, from the head row to the answers (design D3, steps 2–6).
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/storage/store.h"
#include "server/usecase/definition_index.h"
#include "server/usecase/known_products.h"
#include "server/usecase/recent_answers.h"
#include "server/usecase/revision_token.h"
#include "server/usecase/shop_writer.h"
#include "server/usecase/write_command.h"

namespace segmentation::usecase {

struct PendingWrite {
  std::unique_ptr<WriteCommand> command;
  WriteCallback done;
};

// What is known of a shop from batch to batch.
struct ShopMemory {
  std::shared_ptr<const DefinitionIndex> definitions;  // null: not read yet
  RecentAnswers no_op_answers{2 * 1024 * 1024};
  KnownProducts products;
};

// Thread-safe; batches of one shop must not run at the same time.
class BatchRunner {
 public:
  // All outlive the runner. `abandon` turned true: outcomes are looked for no longer.
  BatchRunner(storage::Store& store, const base::Clock& clock, const RevisionTokenCodec& tokens,
              const ShopWriterOptions& options, const std::atomic<bool>& abandon);

  // Runs commands of one cause and answers each exactly once. `memory` is the shop's and brought up
  // to date.
  void Run(domain::ShopNo shop_no, std::vector<PendingWrite> batch, ShopMemory& memory);

 private:
  enum class Ending : uint8_t {
    kAnswered,  // every command has its outcome
    kBadData,   // the database refused a value: one of the commands is the culprit
    kConflict,  // nothing was changed; worth another try
    kUnknown,   // COMMIT was sent, its answer lost
    kFailed,    // nothing was changed; another try would fail too
  };
  struct Attempt {
    Ending ending = Ending::kFailed;
    absl::Status status;                                // why, unless kAnswered
    std::vector<absl::StatusOr<WriteResult>> outcomes;  // kAnswered: one a command
  };

  void RunCommands(domain::ShopNo shop_no, std::span<PendingWrite> commands, ShopMemory& memory);
  Attempt TryOnce(domain::ShopNo shop_no, std::span<PendingWrite> commands, bool finding_out,
                  ShopMemory& memory);
  absl::Duration Backoff(int attempt) const;

  storage::Store& store_;
  const base::Clock& clock_;
  const RevisionTokenCodec& tokens_;
  const ShopWriterOptions& options_;
  const std::atomic<bool>& abandon_;
};

}  // namespace segmentation::usecase
