// A segmentd as a child process on a data folder of its own, to be killed.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace segmentation::fault {

class SegmentdProcess {
 public:
  // `program` is the segmentd to run; `folder` is made and holds data/ and segmentd.log.
  SegmentdProcess(std::string program, std::string folder);
  // Kills what still runs.
  ~SegmentdProcess();
  SegmentdProcess(const SegmentdProcess&) = delete;
  SegmentdProcess& operator=(const SegmentdProcess&) = delete;

  // Starts it and waits until it serves.
  absl::Status Start();
  // SIGKILL; returns when the process is gone.
  void Kill();
  // SIGKILL of the embedded database's process. False: it is not running.
  bool KillDatabase();
  // SIGTERM and its end, as an operator stops it.
  absl::Status Stop();

  // Of the last start.
  const std::string& address() const { return address_; }
  const std::string& admin_token() const { return admin_token_; }
  const std::string& log_path() const { return log_path_; }

 private:
  const std::string program_;
  const std::string data_dir_;
  const std::string log_path_;
  pid_t pid_ = 0;
  std::string address_;
  std::string admin_token_;
};

}  // namespace segmentation::fault
