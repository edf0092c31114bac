#include "server/usecase/shop_writer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/usecase/write_batch.h"

namespace segmentation::usecase {
namespace {

absl::Status ShuttingDown() {
  return base::MakeError(base::Reason::SHUTTING_DOWN, "",
                         "the server is shutting down; send the same request again elsewhere");
}

absl::Status QueueFull(size_t waiting, size_t limit) {
  return base::MakeError(base::Reason::QUEUE_FULL, "", "too many writes of this shop are waiting",
                         {{"waiting", std::to_string(waiting)}, {"limit", std::to_string(limit)}});
}

std::chrono::milliseconds UntilOrAnHour(absl::Time deadline) {
  const absl::Duration left =
      std::clamp(deadline - absl::Now(), absl::ZeroDuration(), absl::Hours(1));
  return absl::ToChronoMilliseconds(absl::Ceil(left, absl::Milliseconds(1)));
}

}  // namespace

class ShopWriter::Impl {
 public:
  Impl(storage::Store& store, const base::Clock& clock, ShopWriterOptions options)
      : options_(std::move(options)),
        clock_(clock),
        tokens_(store.identity()),
        runner_(store, clock, tokens_, options_, abandon_) {
    for (int i = 0; i < options_.thread_count; ++i) {
      threads_.emplace_back([this] { Work(); });
    }
  }

  void Submit(std::unique_ptr<WriteCommand> command, WriteCallback done) {
    if (absl::Status wanted = CheckStillWanted(command->context(), clock_.Now()); !wanted.ok()) {
      done(std::move(wanted));
      return;
    }
    PendingWrite write{std::move(command), std::move(done)};
    absl::Status refused = Enqueue(write);
    if (!refused.ok()) write.done(std::move(refused));
  }

  void Shutdown(absl::Time deadline) {
    std::vector<PendingWrite> left;
    {
      std::unique_lock lock(mutex_);
      accepting_ = false;
      while (waiting_ + running_ > 0 && absl::Now() < deadline) {
        idle_.wait_for(lock, UntilOrAnHour(deadline));
      }
      for (auto& [shop_no, shop] : shops_) {
        for (std::deque<PendingWrite>* queue : {&shop.interactive, &shop.bulk}) {
          std::move(queue->begin(), queue->end(), std::back_inserter(left));
          queue->clear();
        }
        shop.bytes = 0;
      }
      waiting_ = 0;
      abandon_.store(true);
      stopping_ = true;
      work_.notify_all();
    }
    for (PendingWrite& write : left) write.done(ShuttingDown());
    std::lock_guard joining(join_mutex_);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  const RevisionTokenCodec& tokens() const { return tokens_; }

  std::shared_ptr<const domain::ShopDefinitions> CachedDefinitions(domain::ShopNo shop_no) const {
    std::lock_guard lock(mutex_);
    const auto shop = shops_.find(shop_no);
    if (shop == shops_.end() || shop->second.definitions == nullptr) return nullptr;
    return shop->second.definitions->definitions();
  }

 private:
  struct Shop {
    std::deque<PendingWrite> interactive;
    std::deque<PendingWrite> bulk;
    size_t bytes = 0;
    absl::Time interactive_at = absl::InfinitePast();  // when the last interactive one came
    bool scheduled = false;                            // in ready_ or in flight
    bool last_was_bulk = true;                         // so that the first batch is interactive
    size_t bulk_bytes = 0;             // in flight; 0: the batch in flight is interactive
    double bulk_bytes_per_second = 0;  // as the last bulk batches went; 0: none did yet
    // Of the one batch under way; `definitions` in it are copied here when it ends.
    ShopMemory memory;
    std::shared_ptr<const DefinitionIndex> definitions;
    size_t count() const { return interactive.size() + bulk.size(); }
  };

  // Takes `write` only if it is accepted.
  absl::Status Enqueue(PendingWrite& write) {
    const size_t bytes = write.command->EstimatedBytes();
    const bool bulk = write.command->priority() == WritePriority::kBulk;
    const absl::Time now = clock_.Now();
    std::lock_guard lock(mutex_);
    if (!accepting_) return ShuttingDown();
    const domain::ShopNo shop_no = write.command->context().shop.number;
    Shop& shop = shops_[shop_no];
    if (shop.count() >= options_.max_queued_commands) {
      return QueueFull(shop.count(), options_.max_queued_commands);
    }
    if (shop.count() > 0 && shop.bytes + bytes > options_.max_queued_bytes) {
      return QueueFull(shop.bytes, options_.max_queued_bytes);
    }
    if (!bulk) shop.interactive_at = now;
    (bulk ? shop.bulk : shop.interactive).push_back(std::move(write));
    shop.bytes += bytes;
    ++waiting_;
    Schedule(shop_no, shop);
    return absl::OkStatus();
  }

  void Schedule(domain::ShopNo shop_no, Shop& shop) {
    if (shop.scheduled || shop.count() == 0) return;
    shop.scheduled = true;
    ready_.push_back(shop_no);
    work_.notify_one();
  }

  // Commands of one cause from the front of one queue. Interactive ones first; a waiting bulk queue
  // has at least every second batch.
  std::vector<PendingWrite> TakeBatch(Shop& shop) {
    const bool bulk = !shop.bulk.empty() && (shop.interactive.empty() || !shop.last_was_bulk);
    shop.last_was_bulk = bulk;
    std::deque<PendingWrite>& queue = bulk ? shop.bulk : shop.interactive;
    const size_t max_bytes = bulk ? BulkBytes(shop) : options_.max_batch_bytes;
    std::vector<PendingWrite> batch;
    size_t batch_bytes = 0;
    while (!queue.empty() && batch.size() < options_.max_batch_commands) {
      const WriteCommand& next = *queue.front().command;
      const size_t bytes = next.EstimatedBytes();
      if (!batch.empty() &&
          (batch_bytes + bytes > max_bytes || next.cause() != batch.front().command->cause())) {
        break;
      }
      batch_bytes += bytes;
      shop.bytes -= bytes;
      --waiting_;
      batch.push_back(std::move(queue.front()));
      queue.pop_front();
    }
    shop.bulk_bytes = bulk ? batch_bytes : 0;
    return batch;
  }

  // What fits into a bulk batch's time.
  size_t BulkBytes(const Shop& shop) const {
    const bool quiet = clock_.Now() - shop.interactive_at >= options_.quiet_after;
    const double in_time =
        shop.bulk_bytes_per_second *
        absl::ToDoubleSeconds(quiet ? options_.quiet_bulk_batch_time : options_.bulk_batch_time);
    if (shop.bulk_bytes_per_second == 0 ||
        in_time >= static_cast<double>(options_.max_bulk_batch_bytes)) {
      return options_.max_bulk_batch_bytes;
    }
    return std::max(static_cast<size_t>(in_time), options_.least_bulk_batch_bytes);
  }

  // A slow batch counts at once, since the next one is bounded by it; speed comes back in steps.
  static void NoteBulkSpeed(Shop& shop, absl::Duration took) {
    const double seconds = absl::ToDoubleSeconds(took);
    if (shop.bulk_bytes == 0 || seconds <= 0) return;
    const double speed = static_cast<double>(shop.bulk_bytes) / seconds;
    double& known = shop.bulk_bytes_per_second;
    known = known == 0 || speed < known ? speed : 0.75 * known + 0.25 * speed;
  }

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
      if (ready_.empty()) return;
      const domain::ShopNo shop_no = ready_.front();
      ready_.pop_front();
      Shop& shop = shops_[shop_no];  // never removed, so the reference outlives the lock
      std::vector<PendingWrite> batch = TakeBatch(shop);
      ++running_;
      lock.unlock();
      const absl::Time begun = clock_.Now();
      runner_.Run(shop_no, std::move(batch), shop.memory);
      const absl::Duration took = clock_.Now() - begun;
      lock.lock();
      NoteBulkSpeed(shop, took);
      shop.definitions = shop.memory.definitions;
      shop.scheduled = false;
      Schedule(shop_no, shop);
      --running_;
      if (waiting_ + running_ == 0) idle_.notify_all();
    }
  }

  const ShopWriterOptions options_;
  const base::Clock& clock_;
  const RevisionTokenCodec tokens_;
  std::atomic<bool> abandon_ = false;  // stop looking for outcomes: the process is going down
  BatchRunner runner_;

  mutable std::mutex mutex_;  // guards everything down to running_
  std::condition_variable work_;
  std::condition_variable idle_;
  std::map<domain::ShopNo, Shop> shops_;
  std::deque<domain::ShopNo> ready_;
  bool accepting_ = true;
  bool stopping_ = false;
  size_t waiting_ = 0;
  size_t running_ = 0;

  std::mutex join_mutex_;  // guards threads_ once they run
  std::vector<std::thread> threads_;
};

ShopWriter::ShopWriter(storage::Store& store, const base::Clock& clock, ShopWriterOptions options)
    : impl_(std::make_unique<Impl>(store, clock, std::move(options))) {}

ShopWriter::~ShopWriter() { impl_->Shutdown(absl::InfinitePast()); }

void ShopWriter::Submit(std::unique_ptr<WriteCommand> command, WriteCallback done) {
  impl_->Submit(std::move(command), std::move(done));
}

void ShopWriter::Shutdown(absl::Time deadline) { impl_->Shutdown(deadline); }

const RevisionTokenCodec& ShopWriter::tokens() const { return impl_->tokens(); }

std::shared_ptr<const domain::ShopDefinitions> ShopWriter::CachedDefinitions(
    domain::ShopNo shop_no) const {
  return impl_->CachedDefinitions(shop_no);
}

}  // namespace segmentation::usecase
