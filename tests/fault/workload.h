// The writes of one cycle: four threads, one kind each, every request under an id of its own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "segmentation/client.h"
#include "tests/fault/ledger.h"

namespace segmentation::fault {

// A request that can be sent any number of times; gives the bytes of its answer.
using Send = std::function<absl::StatusOr<std::string>(const Client&)>;

// One shop and what was done to it. The effects, as the ledger has them:
//   note TEXT       a note of member "m-note-N"          (single writes)
//   tag VALUE       a tag of member "m-tag"              (single writes)
//   batch VALUE     a tag of all of kBatchMembers        (batch writes)
//   order ID        an order                             (imports, kImportOrders a request)
//   group ID        a group
class Workload {
 public:
  // Makes the shop.
  static absl::StatusOr<std::unique_ptr<Workload>> Make(const Client& client,
                                                        const std::string& shop_id,
                                                        const std::string& ledger_path,
                                                        uint64_t seed);

  // Runs the writers until one meets an error or `Stop` was called; blocks.
  void Run(const ClientOptions& options);
  // Writers end after the request they are in.
  void Stop() { stop_ = true; }

  int acknowledged() const { return acknowledged_; }
  int unknown() const { return static_cast<int>(unknown_.size()); }

  // Sends again what has no answer yet, until it has one: the error of a request that gets none, or
  // a final one (an answer that a first request cannot get).
  absl::Status ResolveUnknown(const Client& client);
  // Sends acknowledged requests again, at most `limit` of them chosen at random: an error names one
  // whose answer differs.
  absl::Status ReplaySome(const Client& client, size_t limit);
  // Compares what the ledger says with what the server has: an error names the first effect that is
  // lost, double, or that nobody asked for. The last is also how half a batch or import shows.
  absl::Status Verify(const Client& client) const;

  static constexpr int kBatchMembers = 10;
  static constexpr int kImportOrders = 30;

 private:
  Workload(std::string shop_id, const std::string& ledger_path, uint64_t seed);

  absl::Status Prepare(const Client& client);
  // One request of each kind: what it is to do, and how to send it.
  std::pair<std::string, Send> NextSingle(int number, const std::string& request_id) const;
  std::pair<std::string, Send> NextBatch(int number, const std::string& request_id) const;
  std::pair<std::string, Send> NextImport(int number, const std::string& request_id) const;
  std::pair<std::string, Send> NextGroup(int number, const std::string& request_id) const;
  void Write(int kind, const Client& client);
  template <typename Request>
  Request In() const {
    Request request;
    request.set_shop_id(shop_id_);
    return request;
  }

  const std::string shop_id_;
  const std::string ledger_path_;
  Ledger ledger_;
  std::mt19937_64 random_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> acknowledged_ = 0;

  std::mutex mutex_;
  struct Sent {
    Send send;
    std::string answer;
  };
  std::map<std::string, Sent> answered_;  // by mutex_
  std::map<std::string, Send> unknown_;   // by mutex_
};

}  // namespace segmentation::fault
