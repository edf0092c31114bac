// A bounded pool of threads for work that blocks (the database) or takes long (evaluation), so that
// no callback thread of gRPC ever does (design D10).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace segmentation::rpc {

// Thread-safe.
class WorkerPool {
 public:
  WorkerPool(int thread_count, size_t max_queued);
  // As Shutdown.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool shuts down: the work is not done.
  bool Submit(std::function<void()> work);

  // Takes no more work, finishes what is queued, and joins the threads.
  void Shutdown();

 private:
  void Run();

  const size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;  // by mutex_
  bool stopping_ = false;                    // by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace segmentation::rpc
