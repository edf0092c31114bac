// What was intended and what was acknowledged, on disk before the one and after the other.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace segmentation::fault {

// Append-only file, each line fsynced before the call returns. Thread-safe.
class Ledger {
 public:
  explicit Ledger(const std::string& path);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Before the request is sent. `effect` is what must be found afterwards, exactly once.
  void Intend(const std::string& request_id, const std::string& effect);
  // After its answer arrived; `answer_hash` identifies the answer's bytes.
  void Acknowledge(const std::string& request_id, const std::string& answer_hash);

  struct Entry {
    std::string effect;
    std::string answer_hash;  // empty: not acknowledged
  };
  // What the file says, by request id. An error for a file that does not parse.
  static absl::StatusOr<std::map<std::string, Entry>> Read(const std::string& path);

 private:
  void Append(const std::string& line);

  std::mutex mutex_;
  const int file_;
};

}  // namespace segmentation::fault
