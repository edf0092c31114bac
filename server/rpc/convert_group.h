// Groups and answers about them between the API and the domain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "segmentation/v1/group.pb.h"
#include "segmentation/v1/group_service.pb.h"
#include "server/domain/condition/tree.h"
#include "server/domain/limits.h"
#include "server/domain/member.h"
#include "server/domain/shop.h"
#include "server/usecase/group_query_usecase.h"
#include "server/usecase/group_usecase.h"
#include "server/usecase/membership_explanation.h"

namespace segmentation::rpc {

// Output-only fields are left aside.
usecase::GroupInput FromProto(const v1::Group& group);

v1::Group ToProto(const domain::Group& group, const domain::condition::Node& condition,
                  const std::vector<std::string>& reference_ids);

// FIELD_REQUIRED without a target, naming target; the errors of ids.
absl::StatusOr<usecase::ReferenceTarget> TargetOf(const v1::ListReferencesRequest& request);

// A member's name or nick, masked; empty when neither is known.
v1::SampleMember ToSample(const domain::Member& member);

// All but the stamp.
v1::PreviewGroupResponse ToProto(const usecase::GroupPreview& preview);

// All but the stamp.
v1::CompareGroupsResponse ToProto(const usecase::GroupComparison& comparison);
v1::ExplainMembershipResponse ToProto(const usecase::MembershipExplanation& explanation);

// What is kept for replay is bounded (domain::kMaxAnswerBytes): beyond that the group comes without
// its condition, which GetGroup shows.
template <typename Response>
void BoundGroupAnswer(Response& response) {
  if (response.ByteSizeLong() <= domain::kMaxAnswerBytes) return;
  response.mutable_group()->clear_condition();
  if (response.ByteSizeLong() <= domain::kMaxAnswerBytes) return;
  response.mutable_group()->clear_condition_text();
}

}  // namespace segmentation::rpc
