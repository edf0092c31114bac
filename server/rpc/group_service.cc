#include "server/rpc/group_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/validation.h"
#include "server/rpc/audience_stream.h"
#include "server/rpc/convert_condition.h"
#include "server/rpc/convert_group.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/list_page.h"

namespace segmentation::rpc {
namespace {

using usecase::AnswerContext;
using usecase::GroupView;
using usecase::WriteCallback;

template <typename Response>
auto GroupEncoder() {
  return [](const usecase::GroupResult& result, const AnswerContext& answer) {
    Response out;
    *out.mutable_group() = ToProto(*result.group, *result.condition, result.reference_ids);
    out.set_revision_token(answer.revision_token);
    BoundGroupAnswer(out);
    return out.SerializeAsString();
  };
}

v1::Group Show(const GroupView& view) {
  return ToProto(view.group, view.condition, view.reference_ids);
}

}  // namespace

grpc::ServerUnaryReactor* GroupService::CreateGroup(grpc::CallbackServerContext* context,
                                                    const v1::CreateGroupRequest* request,
                                                    v1::CreateGroupResponse* response) {
  return RunWrite(
      parts_, "GroupService/CreateGroup", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        RETURN_IF_ERROR(domain::ValidateId(request->group().group_id(), "group.group_id"));
        ASSIGN_OR_RETURN(usecase::ConditionInput condition,
                         FromProto(request->condition(), "condition"));
        groups_.Create(call.context, FromProto(request->group()), std::move(condition),
                       GroupEncoder<v1::CreateGroupResponse>(), std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* GroupService::UpdateGroup(grpc::CallbackServerContext* context,
                                                    const v1::UpdateGroupRequest* request,
                                                    v1::UpdateGroupResponse* response) {
  return RunWrite(
      parts_, "GroupService/UpdateGroup", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        RETURN_IF_ERROR(domain::ValidateId(request->group().group_id(), "group.group_id"));
        usecase::UpdateGroupInput update;
        bool set_condition = false;
        RETURN_IF_ERROR(ReadUpdateMask(request->update_mask(), {{"display_name", &update.set_name},
                                                                {"description", &update.set_note},
                                                                {"owner", &update.set_owner},
                                                                {"condition", &set_condition}}));
        update.group = FromProto(request->group());
        ASSIGN_OR_RETURN(update.etag, EtagFromText(request->group().etag(), "group.etag"));
        if (set_condition) {
          ASSIGN_OR_RETURN(update.condition, FromProto(request->condition(), "condition"));
        }
        groups_.Update(call.context, std::move(update), GroupEncoder<v1::UpdateGroupResponse>(),
                       std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* GroupService::DeleteGroup(grpc::CallbackServerContext* context,
                                                    const v1::DeleteGroupRequest* request,
                                                    v1::DeleteGroupResponse* response) {
  return RunWrite(parts_, "GroupService/DeleteGroup", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    RETURN_IF_ERROR(domain::ValidateId(request->group_id(), "group_id"));
                    ASSIGN_OR_RETURN(const auto etag, EtagFromText(request->etag(), "etag"));
                    const auto encode = [](const usecase::DeleteGroupResult& result,
                                           const AnswerContext& answer) {
                      v1::DeleteGroupResponse out;
                      for (const std::string& id : result.broken_group_ids) {
                        // At most 1,000 of them, and the answer stays within what is kept.
                        if (out.ByteSizeLong() + id.size() + 512 > domain::kMaxAnswerBytes) break;
                        out.add_broken_group_ids(id);
                      }
                      out.set_revision_token(answer.revision_token);
                      return out.SerializeAsString();
                    };
                    groups_.Delete(call.context, request->group_id(), etag, request->force(),
                                   encode, std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* GroupService::GetGroup(grpc::CallbackServerContext* context,
                                                 const v1::GetGroupRequest* request,
                                                 v1::GetGroupResponse* response) {
  return RunRead(
      parts_, "GroupService/GetGroup", context, request,
      [this, request, response](Call& call) -> absl::Status {
        RETURN_IF_ERROR(domain::ValidateId(request->group_id(), "group_id"));
        ASSIGN_OR_RETURN(const int32_t group_revision,
                         ResourceRevisionOf(request->group_revision(), "group_revision"));
        ASSIGN_OR_RETURN(const GroupView view, queries_.Get(call.context, request->group_id(),
                                                            group_revision, call.read));
        *response->mutable_group() = Show(view);
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* GroupService::ListGroups(grpc::CallbackServerContext* context,
                                                   const v1::ListGroupsRequest* request,
                                                   v1::ListGroupsResponse* response) {
  return RunRead(parts_, "GroupService/ListGroups", context, request,
                 [this, request, response](Call& call) { return List(call, *request, *response); });
}

absl::Status GroupService::List(const Call& call, const v1::ListGroupsRequest& request,
                                v1::ListGroupsResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  ASSIGN_OR_RETURN(const std::vector<GroupView> views,
                   queries_.List(call.context, page.TextAfter(0), page.size + 1, page.read));
  if (views.empty()) {
    // Rows carry the stamp of what they were read from; without any, the definitions do.
    ASSIGN_OR_RETURN(const usecase::DefinitionsView none,
                     definitions_.Definitions(call.context, page.read));
    *response.mutable_stamp() = call.StampOf(none.stamp);
    return absl::OkStatus();
  }
  const size_t shown = AddRows(page, views, response.mutable_groups(), Show);
  if (shown < views.size()) {
    response.set_next_page_token(
        page.NextToken(call, views.front().stamp, AfterText(views[shown - 1].group.id)));
  }
  *response.mutable_stamp() = call.StampOf(views.front().stamp);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* GroupService::ListGroupRevisions(
    grpc::CallbackServerContext* context, const v1::ListGroupRevisionsRequest* request,
    v1::ListGroupRevisionsResponse* response) {
  return RunRead(
      parts_, "GroupService/ListGroupRevisions", context, request,
      [this, request, response](Call& call) { return ListRevisions(call, *request, *response); });
}

absl::Status GroupService::ListRevisions(const Call& call,
                                         const v1::ListGroupRevisionsRequest& request,
                                         v1::ListGroupRevisionsResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  RETURN_IF_ERROR(domain::ValidateId(request.group_id(), "group_id"));
  ASSIGN_OR_RETURN(
      const std::vector<GroupView> views,
      queries_.ListRevisions(call.context, request.group_id(),
                             static_cast<int32_t>(page.NumberAfter(0)), page.size + 1, page.read));
  const size_t shown = AddRows(page, views, response.mutable_revisions(), Show);
  if (shown < views.size()) {
    response.set_next_page_token(page.NextToken(
        call, views.front().stamp, AfterNumber(views[shown - 1].group.group_revision)));
  }
  if (!views.empty()) *response.mutable_stamp() = call.StampOf(views.front().stamp);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* GroupService::PreviewGroup(grpc::CallbackServerContext* context,
                                                     const v1::PreviewGroupRequest* request,
                                                     v1::PreviewGroupResponse* response) {
  return RunRead(
      parts_, "GroupService/PreviewGroup", context, request,
      [this, request, response](Call& call) { return Preview(call, *request, *response); });
}

grpc::ServerUnaryReactor* GroupService::CheckMembership(grpc::CallbackServerContext* context,
                                                        const v1::CheckMembershipRequest* request,
                                                        v1::CheckMembershipResponse* response) {
  return RunRead(
      parts_, "GroupService/CheckMembership", context, request,
      [this, request, response](Call& call) { return Check(call, *request, *response); });
}

grpc::ServerUnaryReactor* GroupService::ListGroupsOfMember(
    grpc::CallbackServerContext* context, const v1::ListGroupsOfMemberRequest* request,
    v1::ListGroupsOfMemberResponse* response) {
  return RunRead(
      parts_, "GroupService/ListGroupsOfMember", context, request,
      [this, request, response](Call& call) { return ListOfMember(call, *request, *response); });
}

grpc::ServerUnaryReactor* GroupService::ExplainMembership(
    grpc::CallbackServerContext* context, const v1::ExplainMembershipRequest* request,
    v1::ExplainMembershipResponse* response) {
  return RunRead(
      parts_, "GroupService/ExplainMembership", context, request,
      [this, request, response](Call& call) { return Explain(call, *request, *response); });
}

grpc::ServerUnaryReactor* GroupService::ListGroupMembers(grpc::CallbackServerContext* context,
                                                         const v1::ListGroupMembersRequest* request,
                                                         v1::ListGroupMembersResponse* response) {
  return RunRead(
      parts_, "GroupService/ListGroupMembers", context, request,
      [this, request, response](Call& call) { return ListMembers(call, *request, *response); });
}

grpc::ServerWriteReactor<v1::StreamGroupMembersResponse>* GroupService::StreamGroupMembers(
    grpc::CallbackServerContext* context, const v1::StreamGroupMembersRequest* request) {
  return new AudienceStream(parts_, queries_, stalls_, context, request);
}

grpc::ServerUnaryReactor* GroupService::CompareGroups(grpc::CallbackServerContext* context,
                                                      const v1::CompareGroupsRequest* request,
                                                      v1::CompareGroupsResponse* response) {
  return RunRead(
      parts_, "GroupService/CompareGroups", context, request,
      [this, request, response](Call& call) { return Compare(call, *request, *response); });
}

grpc::ServerUnaryReactor* GroupService::ListReferences(grpc::CallbackServerContext* context,
                                                       const v1::ListReferencesRequest* request,
                                                       v1::ListReferencesResponse* response) {
  return RunRead(
      parts_, "GroupService/ListReferences", context, request,
      [this, request, response](Call& call) { return References(call, *request, *response); });
}

grpc::ServerUnaryReactor* GroupService::DescribeCondition(
    grpc::CallbackServerContext* context, const v1::DescribeConditionRequest* request,
    v1::DescribeConditionResponse* response) {
  return RunRead(
      parts_, "GroupService/DescribeCondition", context, request,
      [this, request, response](Call& call) { return Describe(call, *request, *response); });
}

}  // namespace segmentation::rpc
