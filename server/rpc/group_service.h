// GroupService: saved groups, evaluation of conditions, audiences.
#pragma once

#include <grpcpp/grpcpp.h>

#include "segmentation/v1/group_service.grpc.pb.h"
#include "server/rpc/call.h"
#include "server/rpc/stall_watch.h"
#include "server/usecase/group_query_usecase.h"
#include "server/usecase/group_usecase.h"
#include "server/usecase/member_query_usecase.h"
#include "server/usecase/membership_usecase.h"

namespace segmentation::rpc {

class GroupService final : public v1::GroupService::CallbackService {
 public:
  // All outlive it. `definitions` reads the names behind conditions.
  GroupService(const CallParts& parts, usecase::GroupUsecase& groups,
               usecase::GroupQueryUsecase& queries, usecase::MembershipUsecase& memberships,
               usecase::MemberQueryUsecase& definitions)
      : parts_(parts),
        groups_(groups),
        queries_(queries),
        memberships_(memberships),
        definitions_(definitions),
        stalls_(parts.clock) {}

  grpc::ServerUnaryReactor* CreateGroup(grpc::CallbackServerContext* context,
                                        const v1::CreateGroupRequest* request,
                                        v1::CreateGroupResponse* response) override;
  grpc::ServerUnaryReactor* GetGroup(grpc::CallbackServerContext* context,
                                     const v1::GetGroupRequest* request,
                                     v1::GetGroupResponse* response) override;
  grpc::ServerUnaryReactor* UpdateGroup(grpc::CallbackServerContext* context,
                                        const v1::UpdateGroupRequest* request,
                                        v1::UpdateGroupResponse* response) override;
  grpc::ServerUnaryReactor* DeleteGroup(grpc::CallbackServerContext* context,
                                        const v1::DeleteGroupRequest* request,
                                        v1::DeleteGroupResponse* response) override;
  grpc::ServerUnaryReactor* ListGroups(grpc::CallbackServerContext* context,
                                       const v1::ListGroupsRequest* request,
                                       v1::ListGroupsResponse* response) override;
  grpc::ServerUnaryReactor* ListGroupRevisions(grpc::CallbackServerContext* context,
                                               const v1::ListGroupRevisionsRequest* request,
                                               v1::ListGroupRevisionsResponse* response) override;
  grpc::ServerUnaryReactor* PreviewGroup(grpc::CallbackServerContext* context,
                                         const v1::PreviewGroupRequest* request,
                                         v1::PreviewGroupResponse* response) override;
  grpc::ServerUnaryReactor* CheckMembership(grpc::CallbackServerContext* context,
                                            const v1::CheckMembershipRequest* request,
                                            v1::CheckMembershipResponse* response) override;
  grpc::ServerUnaryReactor* ListGroupsOfMember(grpc::CallbackServerContext* context,
                                               const v1::ListGroupsOfMemberRequest* request,
                                               v1::ListGroupsOfMemberResponse* response) override;
  grpc::ServerUnaryReactor* ExplainMembership(grpc::CallbackServerContext* context,
                                              const v1::ExplainMembershipRequest* request,
                                              v1::ExplainMembershipResponse* response) override;
  grpc::ServerUnaryReactor* ListGroupMembers(grpc::CallbackServerContext* context,
                                             const v1::ListGroupMembersRequest* request,
                                             v1::ListGroupMembersResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamGroupMembersResponse>* StreamGroupMembers(
      grpc::CallbackServerContext* context, const v1::StreamGroupMembersRequest* request) override;
  grpc::ServerUnaryReactor* CompareGroups(grpc::CallbackServerContext* context,
                                          const v1::CompareGroupsRequest* request,
                                          v1::CompareGroupsResponse* response) override;
  grpc::ServerUnaryReactor* ListReferences(grpc::CallbackServerContext* context,
                                           const v1::ListReferencesRequest* request,
                                           v1::ListReferencesResponse* response) override;
  grpc::ServerUnaryReactor* DescribeCondition(grpc::CallbackServerContext* context,
                                              const v1::DescribeConditionRequest* request,
                                              v1::DescribeConditionResponse* response) override;

 private:
  absl::Status List(const Call& call, const v1::ListGroupsRequest& request,
                    v1::ListGroupsResponse& response);
  absl::Status ListRevisions(const Call& call, const v1::ListGroupRevisionsRequest& request,
                             v1::ListGroupRevisionsResponse& response);
  absl::Status Preview(const Call& call, const v1::PreviewGroupRequest& request,
                       v1::PreviewGroupResponse& response);
  absl::Status Check(const Call& call, const v1::CheckMembershipRequest& request,
                     v1::CheckMembershipResponse& response);
  absl::Status ListOfMember(const Call& call, const v1::ListGroupsOfMemberRequest& request,
                            v1::ListGroupsOfMemberResponse& response);
  absl::Status Explain(const Call& call, const v1::ExplainMembershipRequest& request,
                       v1::ExplainMembershipResponse& response);
  absl::Status ListMembers(const Call& call, const v1::ListGroupMembersRequest& request,
                           v1::ListGroupMembersResponse& response);
  absl::Status Compare(const Call& call, const v1::CompareGroupsRequest& request,
                       v1::CompareGroupsResponse& response);
  absl::Status References(const Call& call, const v1::ListReferencesRequest& request,
                          v1::ListReferencesResponse& response);
  absl::Status Describe(const Call& call, const v1::DescribeConditionRequest& request,
                        v1::DescribeConditionResponse& response);

  const CallParts& parts_;
  usecase::GroupUsecase& groups_;
  usecase::GroupQueryUsecase& queries_;
  usecase::MembershipUsecase& memberships_;
  usecase::MemberQueryUsecase& definitions_;
  StallWatch stalls_;
};

}  // namespace segmentation::rpc
