// The running server: owns its parts in the order they were made and stops them in reverse.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/app/config.h"

namespace segmentation::app {

class App {
 public:
  // Starts everything: the embedded database (migrating it) or the external one (whose schema is
  // only checked), the use cases, the listener, and the files segmentd.pid, segmentd.address,
  // segmentd.state and admin.token (0600) in the data directory. Serving when it returns. Errors
  // say what to do.
  static absl::StatusOr<std::unique_ptr<App>> Start(const Config& config);

  // As Stop.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // "127.0.0.1:50051", with the port that was bound.
  const std::string& address() const;
  // Secret of the admin token in the data directory.
  const std::string& admin_token() const;

  // Not ready → no new calls → drain, until the deadline → writer → database. Returns when all is
  // done. Of the files it removes those that it wrote and that are still its own.
  void Stop();

 private:
  class Impl;
  explicit App(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Brings an external database's schema up to this program: `segmentd migrate`.
absl::Status MigrateDatabase(const Config& config);

// What `segmentd check` says of an external database: reachable, recent, durable, schema right.
absl::Status CheckDatabase(const Config& config);

// The file in the data directory with one line: "ready", or "not ready: " and why.
inline constexpr char kStateFile[] = "segmentd.state";

// Until the server of a data directory answers SERVING at the address it wrote. An error when
// process `pid` (0: not looked at) ends first or the time is up; it says what the state file says.
absl::Status WaitReady(const std::string& data_dir, int pid, int timeout_seconds);

}  // namespace segmentation::app
