// Errors of conditions as places in them, for callers that ask what is wrong.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "segmentation/v1/condition.pb.h"
#include "segmentation/v1/group.pb.h"

namespace segmentation::rpc {

// Whether an error says what is wrong with a condition, not with the call.
bool IsConditionProblem(const absl::Status& status);

// Such an error as a place in the text or tree. `input` is the condition it is about, `field` what
// FromProto was given for it.
v1::ConditionProblem ToConditionProblem(const absl::Status& status, const v1::ConditionInput& input,
                                        std::string_view field);

}  // namespace segmentation::rpc
