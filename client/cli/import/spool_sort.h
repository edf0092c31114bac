// Sorts more records than fit into memory: what is beyond the bound goes to temporary files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace segmentation::cli {

// Records come back by key, byte by byte; those of one key in the order of adding. Add all, then
// Next until it says false. Temporary files stand in $TMPDIR (else /tmp), have no name there, and
// go with the object.
class SpoolSort {
 public:
  explicit SpoolSort(size_t memory_bytes);
  ~SpoolSort();
  SpoolSort(const SpoolSort&) = delete;
  SpoolSort& operator=(const SpoolSort&) = delete;

  absl::Status Add(std::string_view key, std::string_view value);
  // Replaces *key and *value. False = the end.
  absl::StatusOr<bool> Next(std::string* key, std::string* value);

  size_t spooled_run_count() const { return runs_.size(); }

 private:
  struct Record {
    size_t offset;
    uint32_t key_size;
    uint32_t value_size;
  };
  class Run;

  std::string_view KeyOf(const Record& record) const;
  void SortMemory();
  absl::Status Spool();
  absl::Status BeginReading();

  const size_t memory_bytes_;
  std::string bytes_;
  std::vector<Record> records_;
  std::vector<std::unique_ptr<Run>> runs_;
  bool reading_ = false;
  size_t position_ = 0;       // in records_, without runs
  std::vector<size_t> heap_;  // runs by their front record
};

}  // namespace segmentation::cli
