// Errors as a person at a terminal can act on them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/cli/config.h"
#include "client/cli/output.h"

namespace segmentation::cli {

// One or more lines without a line feed at the end: what is wrong and what to do. `condition` is
// the condition text of the command, shown with a mark under the place of a condition error; may be
// empty.
std::string Explain(const absl::Status& status, const Config& config, const std::string& condition);

// {"error": {"code", "reason", "field", "message", "metadata"}}; reason is null where there is
// none.
Json ErrorToJson(const absl::Status& status);

}  // namespace segmentation::cli
