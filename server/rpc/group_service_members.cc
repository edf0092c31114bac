// What GroupService answers about single members.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_group.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/group_service.h"
#include "server/rpc/list_page.h"

namespace segmentation::rpc {
namespace {

constexpr size_t kMaxCheckedMembers = 512;  // of one CheckMembership

v1::MemberGroup Show(const usecase::MemberGroup& group) {
  v1::MemberGroup shown;
  shown.set_group_id(group.group_id);
  shown.set_display_name(group.name);
  shown.set_group_revision(group.group_revision);
  shown.mutable_status();
  if (!group.status.ok()) *shown.mutable_status() = ToItemStatus(group.status);
  return shown;
}

}  // namespace

absl::Status GroupService::Check(const Call& call, const v1::CheckMembershipRequest& request,
                                 v1::CheckMembershipResponse& response) {
  RETURN_IF_ERROR(domain::ValidateId(request.group_id(), "group_id"));
  ASSIGN_OR_RETURN(const int32_t group_revision,
                   ResourceRevisionOf(request.group_revision(), "group_revision"));
  if (request.member_ids().empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, "member_ids",
                           "got nothing, want 1 or more members");
  }
  RETURN_IF_ERROR(domain::ValidateBatchSize(static_cast<size_t>(request.member_ids().size()),
                                            kMaxCheckedMembers, "member_ids"));
  usecase::ReadOptions read = call.read;
  RETURN_IF_ERROR(ReadAsOf(request, read));
  const std::vector<std::string> ids(request.member_ids().begin(), request.member_ids().end());
  ASSIGN_OR_RETURN(const usecase::MembershipCheck check,
                   memberships_.Check(call.context, request.group_id(), group_revision, ids, read));
  for (size_t i = 0; i < check.results.size(); ++i) {
    v1::MembershipResult* const row = response.add_results();
    row->set_in_group(check.results[i].in_group);
    row->mutable_status();
    if (check.results[i].known) continue;
    *row->mutable_status() = ToItemStatus(base::MakeError(
        base::Reason::MEMBER_NOT_FOUND, absl::StrCat("member_ids[", i, "]"), "no such member"));
  }
  response.set_group_revision(check.group_revision);
  *response.mutable_stamp() = call.StampOf(check.stamp);
  return absl::OkStatus();
}

absl::Status GroupService::ListOfMember(const Call& call,
                                        const v1::ListGroupsOfMemberRequest& request,
                                        v1::ListGroupsOfMemberResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  RETURN_IF_ERROR(domain::ValidateId(request.member_id(), "member_id"));
  usecase::ReadOptions read = page.read;
  RETURN_IF_ERROR(ReadAsOf(request, read));
  ASSIGN_OR_RETURN(const usecase::MemberGroups found,
                   memberships_.ListGroups(call.context, request.member_id(), page.TextAfter(0),
                                           page.size, read));
  const size_t shown = AddRows(page, found.groups, response.mutable_groups(), Show);
  if (shown < found.groups.size()) {
    response.set_next_page_token(
        page.NextToken(call, found.stamp, AfterText(found.groups[shown - 1].group_id)));
  } else if (!found.go_on_after.empty()) {
    response.set_next_page_token(page.NextToken(call, found.stamp, AfterText(found.go_on_after)));
  }
  *response.mutable_stamp() = call.StampOf(found.stamp);
  return absl::OkStatus();
}

absl::Status GroupService::Explain(const Call& call, const v1::ExplainMembershipRequest& request,
                                   v1::ExplainMembershipResponse& response) {
  RETURN_IF_ERROR(domain::ValidateId(request.group_id(), "group_id"));
  RETURN_IF_ERROR(domain::ValidateId(request.member_id(), "member_id"));
  ASSIGN_OR_RETURN(const int32_t group_revision,
                   ResourceRevisionOf(request.group_revision(), "group_revision"));
  usecase::ReadOptions read = call.read;
  RETURN_IF_ERROR(ReadAsOf(request, read));
  ASSIGN_OR_RETURN(const usecase::MembershipExplanation explanation,
                   memberships_.Explain(call.context, request.group_id(), group_revision,
                                        request.member_id(), read));
  response = ToProto(explanation);
  *response.mutable_stamp() = call.StampOf(explanation.stamp);
  return absl::OkStatus();
}

}  // namespace segmentation::rpc
