// Starting another program so that it cannot outlive this one.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segmentation::storage::mysql {

// The account a program runs as.
struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};

// The calling account; for root an unprivileged one: `mysql` if it exists, else `nobody`.
// DATABASE_UNAVAILABLE when root finds neither.
absl::StatusOr<Account> UnprivilegedAccount();

struct ChildOptions {
  std::vector<std::string> command;  // the program's path and its arguments
  Account account;
  // The child checks, as its account, that it can write here, before the program runs.
  std::string writable_folder;
  // Where its output goes; appended. Empty: nowhere.
  std::string output_file;
};

// Starts a program in a session of its own, with no file of ours open, nothing on its input, and
// SIGTERM sent to it when the calling thread ends. Returns its process id; the caller waits for it.
absl::StatusOr<pid_t> SpawnChild(const ChildOptions& options);

// How a child ended, from waitpid: "exit 1", "signal 9", or why it never ran its program.
std::string DescribeExit(int wait_status, const ChildOptions& options);

// Runs a program to its end; DATABASE_UNAVAILABLE unless it ends with 0 within `timeout`, after
// which it is killed.
absl::Status RunChild(const ChildOptions& options, absl::Duration timeout);

}  // namespace segmentation::storage::mysql
