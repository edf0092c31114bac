// Cuts streams whose reader takes nothing: gRPC has no deadline for a single write.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "server/base/clock.h"

namespace segmentation::rpc {

struct StallWatchOptions {
  absl::Duration limit = absl::Seconds(60);  // one write may wait for its reader this long
  absl::Duration period = absl::Seconds(5);  // between looks
};

// Thread-safe.
class StallWatch {
 private:
  struct Entry {
    std::function<void()> cut;
    std::atomic<base::InstantMs> since{0};  // of the write under way; 0: none
  };

 public:
  // `clock` outlives it. One thread looks at all streams.
  explicit StallWatch(const base::Clock& clock, StallWatchOptions options = {});
  ~StallWatch();
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  // One watched stream, until it is destroyed; `cut` is not called after that. Begin and End never
  // wait.
  class Stream {
   public:
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    void BeginWrite();
    void EndWrite();

   private:
    friend class StallWatch;
    Stream(StallWatch& watch, std::list<Entry>::iterator entry) : watch_(watch), entry_(entry) {}
    StallWatch& watch_;
    const std::list<Entry>::iterator entry_;
  };

  // `cut` is called once a write that stalls, on another thread; it must neither block nor destroy
  // the stream.
  std::unique_ptr<Stream> Watch(std::function<void()> cut);

  // Looks at all streams now.
  void Check();

 private:
  void Run();

  const base::Clock& clock_;
  const StallWatchOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Entry> entries_;  // by mutex_
  bool stopping_ = false;     // by mutex_
  std::thread thread_;
};

}  // namespace segmentation::rpc
