#include "server/rpc/stall_watch.h"

#include <algorithm>
#include <utility>

namespace segmentation::rpc {

StallWatch::StallWatch(const base::Clock& clock, StallWatchOptions options)
    : clock_(clock), options_(options), thread_([this] { Run(); }) {}

StallWatch::~StallWatch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

StallWatch::Stream::~Stream() {
  std::lock_guard lock(watch_.mutex_);
  watch_.entries_.erase(entry_);
}

void StallWatch::Stream::BeginWrite() {
  entry_->since = std::max<int64_t>(1, watch_.clock_.NowMs());
}

void StallWatch::Stream::EndWrite() { entry_->since = 0; }

std::unique_ptr<StallWatch::Stream> StallWatch::Watch(std::function<void()> cut) {
  std::lock_guard lock(mutex_);
  entries_.emplace_front();
  entries_.front().cut = std::move(cut);
  return std::unique_ptr<Stream>(new Stream(*this, entries_.begin()));
}

void StallWatch::Check() {
  const base::InstantMs latest = clock_.NowMs() - absl::ToInt64Milliseconds(options_.limit);
  std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    base::InstantMs since = entry.since;
    // The write may end meanwhile: it is cut only if it is still the one that was looked at.
    if (since != 0 && since <= latest && entry.since.compare_exchange_strong(since, 0)) {
      entry.cut();
    }
  }
}

void StallWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, absl::ToChronoMilliseconds(options_.period));
    if (stopping_) return;
    lock.unlock();
    Check();
    lock.lock();
  }
}

}  // namespace segmentation::rpc
