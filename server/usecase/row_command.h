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

  void CollectKeys(WriteKeys& keys) const override { keys.Add(keys_); }
  absl::StatusOr<std::string> Apply(WorkingSet& ws) override { return decide_(context(), ws); }
  WritePriority priority() const override { return traits_.priority; }
  storage::ChangeCause cause() const override { return traits_.cause; }
  size_t EstimatedBytes() const override { return traits_.estimated_bytes; }

 private:
  const WriteKeys keys_;
  const Decide decide_;
  const RowCommandTraits traits_;
};

}  // namespace segmentation::usecase
