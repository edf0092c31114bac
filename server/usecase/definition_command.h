// A change of a shop's definitions as a command: nothing to read beside the definitions, which are
// always there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "server/usecase/working_set.h"
#include "server/usecase/write_command.h"

namespace segmentation::usecase {

class DefinitionCommand final : public WriteCommand {
 public:
  // `decide` is WriteCommand::Apply: it may run more than once.
  using Decide = std::function<absl::StatusOr<std::string>(const CallContext&, WorkingSet&)>;

  DefinitionCommand(CallContext context, Decide decide)
      : WriteCommand(std::move(context)), decide_(std::move(decide)) {}

  void CollectKeys(WriteKeys&) const override {}
  absl::StatusOr<std::string> Apply(WorkingSet& ws) override { return decide_(context(), ws); }
  storage::ChangeCause cause() const override { return storage::ChangeCause::kDefinition; }

 private:
  Decide decide_;
};

// ETAG_STALE when `wanted` names another state than `stored`.
inline absl::Status CheckEtag(const std::optional<domain::Etag>& wanted,
                              const domain::Stamp& stored) {
  if (!wanted || *wanted == stored.etag) return absl::OkStatus();
  return base::MakeError(base::Reason::ETAG_STALE, "etag",
                         "the resource was changed since it was read: read it again");
}

}  // namespace segmentation::usecase
