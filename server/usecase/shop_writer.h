// Group commit (design D3): many callers hand in commands, one transaction a shop carries as many
// as are waiting.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/storage/store.h"
#include "server/usecase/revision_token.h"
#include "server/usecase/write_command.h"

namespace segmentation::audience {
class ShopIndexes;
}  // namespace segmentation::audience

namespace segmentation::usecase {

struct ShopWriterOptions {
  int thread_count = 4;                      // shops written at the same time
  size_t max_batch_commands = 512;           // in one transaction
  size_t max_batch_bytes = 1024 * 1024;      // by EstimatedBytes; one command may be larger
  size_t max_bulk_batch_bytes = 256 * 1024;  // of a bulk batch, and:
  // how long one may take, as the last ones of the shop took, since interactive writes wait for it;
  // and how long when the shop had none for a while.
  absl::Duration bulk_batch_time = absl::Milliseconds(20);
  absl::Duration quiet_bulk_batch_time = absl::Milliseconds(100);
  absl::Duration quiet_after = absl::Seconds(1);
  // But so many bytes may always go together: a batch has a cost of its own, and where that alone
  // takes longer, batches of one command would only make it worse.
  size_t least_bulk_batch_bytes = 64 * 1024;
  size_t max_queued_commands = 16'384;         // waiting a shop, beyond: QUEUE_FULL
  size_t max_queued_bytes = 64 * 1024 * 1024;  // waiting a shop, beyond: QUEUE_FULL
  int max_attempts = 5;                        // of a batch that meets conflicts or a lost link
  absl::Duration transaction_limit = absl::Seconds(30);  // of one attempt
  absl::Duration first_backoff = absl::Milliseconds(5);  // doubles an attempt, with jitter
  absl::Duration max_backoff = absl::Milliseconds(500);
  // How long a batch whose COMMIT was lost is run again until its outcome is known.
  absl::Duration find_out_limit = absl::Seconds(60);
  // Told of every commit before it is answered, so that a caller finds its own writes in what it
  // counts. Null: there are none. Outlives the writer.
  audience::ShopIndexes* indexes = nullptr;
  // How to wait between attempts; tests hand in one that does not.
  std::function<void(absl::Duration)> sleep = [](absl::Duration span) { absl::SleepFor(span); };
};

// Thread-safe.
class ShopWriter {
 public:
  // `store` and `clock` outlive the writer.
  ShopWriter(storage::Store& store, const base::Clock& clock, ShopWriterOptions options = {});
  // As Shutdown now.
  ~ShopWriter();
  ShopWriter(const ShopWriter&) = delete;
  ShopWriter& operator=(const ShopWriter&) = delete;

  // Queues a command of the shop in its context and returns at once. `done` is called exactly once:
  //   OK                          the change is durable, or there was nothing to change
  //   what Apply returned         nothing was changed by this command
  //   ALREADY_EXISTS (IDEMPOTENCY_KEY_REUSED)  its request id was used by another request
  //   RESOURCE_EXHAUSTED (QUEUE_FULL), UNAVAILABLE (SHUTTING_DOWN), DEADLINE_EXCEEDED, CANCELLED
  //                               before it was begun
  //   ABORTED (WRITE_CONFLICT), UNAVAILABLE (DATABASE_UNAVAILABLE)  after bounded attempts; nothing
  //                               was changed
  //   UNAVAILABLE (OUTCOME_UNKNOWN)  COMMIT was sent, the answer lost and the database did not come
  //                               back in time: the same request id asked again tells
  void Submit(std::unique_ptr<WriteCommand> command, WriteCallback done);

  // Takes no more commands, waits until those waiting are done, at the latest until `deadline`;
  // commands not begun by then are answered SHUTTING_DOWN. Begun batches are always finished.
  void Shutdown(absl::Time deadline);

  const RevisionTokenCodec& tokens() const;

  // Definitions of a shop as of its last batch here, for other readers to start from; null if there
  // was none. May be older than the database.
  std::shared_ptr<const domain::ShopDefinitions> CachedDefinitions(domain::ShopNo shop_no) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace segmentation::usecase
