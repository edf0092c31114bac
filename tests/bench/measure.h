// Rates and latencies of a call made by several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

namespace segmentation::bench {

struct Measured {
  int64_t calls = 0;
  double seconds = 0;
  std::vector<double> milliseconds;  // of each call, sorted

  double rate() const { return seconds > 0 ? static_cast<double>(calls) / seconds : 0; }
  double mean_ms() const {
    double sum = 0;
    for (const double one : milliseconds) sum += one;
    return milliseconds.empty() ? 0 : sum / static_cast<double>(milliseconds.size());
  }
  double percentile_ms(double share) const {
    if (milliseconds.empty()) return 0;
    const auto index = static_cast<size_t>(share * static_cast<double>(milliseconds.size()));
    return milliseconds[std::min(index, milliseconds.size() - 1)];
  }
  void Print(const char* what) const {
    std::printf("  %-58s %9.0f/s  mean %6.2f  p50 %6.2f  p99 %6.2f ms\n", what, rate(), mean_ms(),
                percentile_ms(0.5), percentile_ms(0.99));
    std::fflush(stdout);
  }
};

// Calls `call(thread)` from each thread again and again for so many seconds, or until `stop` turns
// true. A call answers false to end the whole measurement (it has failed and said so).
inline Measured MeasureCalls(int threads, double seconds, const std::function<bool(int)>& call,
                             const std::atomic<bool>* stop = nullptr) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::vector<double>> times(static_cast<size_t>(threads));
  std::atomic<bool> failed = false;
  const auto begun = Clock::now();
  const auto end =
      begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      auto& mine = times[static_cast<size_t>(t)];
      for (auto before = Clock::now(); before < end && !failed && (stop == nullptr || !*stop);) {
        if (!call(t)) {
          failed = true;
          return;
        }
        const auto after = Clock::now();
        mine.push_back(std::chrono::duration<double, std::milli>(after - before).count());
        before = after;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  Measured measured;
  measured.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  for (const auto& mine : times) {
    measured.milliseconds.insert(measured.milliseconds.end(), mine.begin(), mine.end());
  }
  measured.calls = failed ? 0 : static_cast<int64_t>(measured.milliseconds.size());
  std::sort(measured.milliseconds.begin(), measured.milliseconds.end());
  return measured;
}

}  // namespace segmentation::bench
