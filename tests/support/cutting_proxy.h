// Stands between a MySQL client and its server on unix sockets, and cuts the link at the moment a
// test names: the only way to lose exactly the answer to a COMMIT.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/mysql_server.h"

namespace segmentation::testing_support {

// Thread-safe. Runs until destroyed.
class CuttingProxy {
 public:
  enum class Cut {
    kNever,
    kBeforeCommit,  // the server never sees the next COMMIT
    kAfterCommit,   // the server answers it, the client never hears it
  };

  explicit CuttingProxy(std::string server_socket);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  // What clients connect to.
  const std::string& socket_path() const { return socket_path_; }
  // For the next COMMIT of any connection.
  void Arm(Cut cut) { cut_ = cut; }
  // Cuts every connection there is now.
  void CutAll();
  // Connections that were cut by Arm.
  int cut_count() const { return cut_count_; }

 private:
  void Listen();
  void Serve(int client);
  // False when the link is to be cut.
  bool Forward(int server, const std::string& request);

  const std::string server_socket_;
  testing::TestFolder folder_;
  const std::string socket_path_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<Cut> cut_{Cut::kNever};
  std::atomic<int> cut_count_{0};
  std::mutex mutex_;
  std::set<int> open_;                 // guarded by mutex_: sockets to shut down
  std::vector<std::thread> sessions_;  // guarded by mutex_
  std::thread acceptor_;
};

}  // namespace segmentation::testing_support
