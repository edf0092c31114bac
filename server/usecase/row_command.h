// A change of members, orders or products as a command whose keys are known beforehand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "server/usecase/working_set.h"
#include "server/usecase/write_command.h"

namespace segmentation::usecase {

struct RowCommandTraits {
  WritePriority priority = WritePriority::kInteractive;
  storage::ChangeCause cause = storage::ChangeCause::kFact;
  size_t estimated_bytes = 512;
};

class RowCommand final : public WriteCommand {
 public:
  // `decide` is WriteCommand::Apply: it may run more than once.
  using Decide = std::function<absl::StatusOr<std::string>(const CallContext&, WorkingSet&)>;

  RowCommand(CallContext context, WriteKeys keys, Decide decide, RowCommandTraits traits = {})
      : WriteCommand(std::move(context)),
        keys_(std::move(keys)),
        decide_(std::move(decide)),
        traits_(traits) {}

  void CollectKeys(WriteKeys& keys) const override {
    Append(keys_.member_ids, keys.member_ids);
    Append(keys_.member_nos, keys.member_nos);
    Append(keys_.identities, keys.identities);
    Append(keys_.orders, keys.orders);
    Append(keys_.product_ids, keys.product_ids);
    Append(keys_.notes_of_member_ids, keys.notes_of_member_ids);
    Append(keys_.import_ids, keys.import_ids);
    Append(keys_.operation_ids, keys.operation_ids);
    keys.parts = keys.parts | keys_.parts;
  }
  absl::StatusOr<std::string> Apply(WorkingSet& ws) override { return decide_(context(), ws); }
  WritePriority priority() const override { return traits_.priority; }
  storage::ChangeCause cause() const override { return traits_.cause; }
  size_t EstimatedBytes() const override { return traits_.estimated_bytes; }

 private:
  template <typename T>
  static void Append(const std::vector<T>& from, std::vector<T>& to) {
    to.insert(to.end(), from.begin(), from.end());
  }

  const WriteKeys keys_;
  const Decide decide_;
  const RowCommandTraits traits_;
};

}  // namespace segmentation::usecase
