// Conditions between the API's tree and the domain's.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "segmentation/v1/condition.pb.h"
#include "server/domain/condition/tree.h"
#include "server/usecase/prepared_condition.h"

namespace segmentation::rpc {

// The tree of a message; it passes CheckShape. Nodes and depth are counted before anything
// recurses. Errors have the place in the tree as their field, after `field`
// ("condition.tree.all_of.operands[1].attribute.op"): CONDITION_SYNTAX for a part that is missing,
// CONDITION_TOO_LARGE, CONDITION_EMPTY_LIST, CONDITION_LITERAL_OUT_OF_RANGE,
// CONDITION_UNKNOWN_ATTRIBUTE for a term of no order clause, ENUM_UNKNOWN, and those of text.
// Names of attributes, tags, groups and promotions are not looked up.
absl::StatusOr<domain::condition::Node> FromProto(const v1::Condition& condition,
                                                  std::string_view field);

// The message of a tree within the limits; FromProto gives the tree again.
v1::Condition ToProto(const domain::condition::Node& node);

// FIELD_REQUIRED when neither form is given; a text is not parsed yet.
absl::StatusOr<usecase::ConditionInput> FromProto(const v1::ConditionInput& input,
                                                  std::string_view field);

}  // namespace segmentation::rpc
