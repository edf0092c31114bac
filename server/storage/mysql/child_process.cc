#include "server/storage/mysql/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::storage::mysql {
namespace {

using base::MakeError;
using base::Reason;

// Exit codes of a child that never ran its program.
constexpr int kNoAccount = 125;
constexpr int kNoFolder = 126;
constexpr int kNoProgram = 127;

// Everything the child does between fork and exec; only calls that are safe there.
[[noreturn]] void BecomeProgram(char* const* arguments, const Account& account, const char* folder,
                                int output, pid_t parent) {
  setsid();
  if (geteuid() == 0 && account.uid != 0 &&
      (setgroups(0, nullptr) != 0 || setgid(account.gid) != 0 || setuid(account.uid) != 0)) {
    _exit(kNoAccount);
  }
  // After the change of account, which clears it.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kNoAccount);  // the parent was gone before it was asked for
  umask(077);
  if (*folder != '\0' && access(folder, W_OK | X_OK) != 0) _exit(kNoFolder);
  const int input = open("/dev/null", O_RDWR);
  dup2(input, STDIN_FILENO);
  dup2(output < 0 ? input : output, STDOUT_FILENO);
  dup2(output < 0 ? input : output, STDERR_FILENO);
  close_range(3, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) signal(number, SIG_DFL);
  execv(arguments[0], arguments);
  _exit(kNoProgram);
}

}  // namespace

absl::StatusOr<Account> UnprivilegedAccount() {
  if (geteuid() != 0) return Account{geteuid(), getegid(), base::StrCat("uid ", geteuid())};
  for (const char* name : {"mysql", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) return Account{entry->pw_uid, entry->pw_gid, name};
  }
  return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                   "no account 'mysql' or 'nobody' to run the database as");
}

absl::StatusOr<pid_t> SpawnChild(const ChildOptions& options) {
  std::vector<char*> arguments;
  for (const std::string& argument : options.command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  int output = -1;
  if (!options.output_file.empty()) {
    output = open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0) {
      return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                       base::StrCat(options.output_file, ": ", std::strerror(errno)));
    }
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    BecomeProgram(arguments.data(), options.account, options.writable_folder.c_str(), output,
                  parent);
  }
  const int error = errno;
  if (output >= 0) close(output);
  if (child < 0) {
    return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                     base::StrCat("cannot start ", options.command[0], ": ", std::strerror(error)));
  }
  return child;
}

std::string DescribeExit(int wait_status, const ChildOptions& options) {
  if (WIFSIGNALED(wait_status)) return base::StrCat("signal ", WTERMSIG(wait_status));
  switch (WEXITSTATUS(wait_status)) {
    case kNoAccount:
      return base::StrCat("cannot run as ", options.account.name);
    case kNoFolder:
      return base::StrCat("account ", options.account.name, " cannot reach ",
                          options.writable_folder,
                          ": make every folder above it passable for others (chmod o+x) or choose "
                          "another place");
    case kNoProgram:
      return base::StrCat("cannot run ", options.command[0]);
    default:
      return base::StrCat("exit ", WEXITSTATUS(wait_status));
  }
}

absl::Status RunChild(const ChildOptions& options, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const pid_t child, SpawnChild(options));
  const absl::Time end = absl::Now() + timeout;
  int wait_status = 0;
  while (waitpid(child, &wait_status, WNOHANG) == 0) {
    if (absl::Now() >= end) {
      kill(child, SIGKILL);
      waitpid(child, &wait_status, 0);
      return MakeError(
          Reason::DATABASE_UNAVAILABLE, "",
          base::StrCat(options.command[0], ": not finished after ", absl::FormatDuration(timeout)));
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
  if (wait_status == 0) return absl::OkStatus();
  return MakeError(Reason::DATABASE_UNAVAILABLE, "",
                   base::StrCat(options.command[0], ": ", DescribeExit(wait_status, options)));
}

}  // namespace segmentation::storage::mysql
