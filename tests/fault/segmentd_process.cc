#include "tests/fault/segmentd_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace segmentation::fault {
namespace {

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Starts a program that dies with this one; its output is appended to a file.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log_path) {
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(log);
  return pid;
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

SegmentdProcess::SegmentdProcess(std::string program, std::string folder)
    : program_(std::move(program)),
      data_dir_(folder + "/data"),
      log_path_(folder + "/segmentd.log") {
  std::filesystem::create_directories(data_dir_);
}

SegmentdProcess::~SegmentdProcess() { Kill(); }

absl::Status SegmentdProcess::Start() {
  Kill();
  std::filesystem::remove(data_dir_ + "/segmentd.address");
  pid_ = Spawn({program_, "serve", "--data-dir", data_dir_, "--listen", "127.0.0.1:0",
                "--buffer-pool-mib", "64", "--log-level", "warn"},
               log_path_);
  if (pid_ < 0) return absl::InternalError("fork failed");
  const pid_t waiter = Spawn({program_, "wait-ready", "--data-dir", data_dir_, "--pid",
                              std::to_string(pid_), "--timeout-seconds", "120"},
                             log_path_);
  if (const int status = WaitFor(waiter); status != 0) {
    return absl::UnavailableError(
        absl::StrCat("segmentd does not become ready, see ", log_path_, "; status ", status));
  }
  address_ = FirstLine(data_dir_ + "/segmentd.address");
  admin_token_ = FirstLine(data_dir_ + "/admin.token");
  if (address_.empty() || admin_token_.empty()) {
    return absl::InternalError("segmentd wrote no address or token");
  }
  return absl::OkStatus();
}

void SegmentdProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  WaitFor(pid_);
  pid_ = 0;
}

bool SegmentdProcess::KillDatabase() {
  const int pid = std::atoi(FirstLine(data_dir_ + "/database/mysqld.pid").c_str());
  return pid > 1 && kill(pid, SIGKILL) == 0;
}

absl::Status SegmentdProcess::Stop() {
  if (pid_ <= 0) return absl::OkStatus();
  kill(pid_, SIGTERM);
  const int status = WaitFor(pid_);
  pid_ = 0;
  if (status == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("segmentd ended with status ", status));
}

}  // namespace segmentation::fault
