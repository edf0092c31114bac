// TagService: tag categories, their values, and tags on members.
#pragma once

#include <grpcpp/grpcpp.h>

#include "segmentation/v1/tag_service.grpc.pb.h"
#include "server/rpc/call.h"
#include "server/usecase/member_query_usecase.h"
#include "server/usecase/tag_category_usecase.h"
#include "server/usecase/tag_usecase.h"

namespace segmentation::rpc {

class TagService final : public v1::TagService::CallbackService {
 public:
  // All outlive it.
  TagService(const CallParts& parts, usecase::TagCategoryUsecase& categories,
             usecase::TagUsecase& tags, usecase::MemberQueryUsecase& queries)
      : parts_(parts), categories_(categories), tags_(tags), queries_(queries) {}

  grpc::ServerUnaryReactor* CreateTagCategory(grpc::CallbackServerContext* context,
                                              const v1::CreateTagCategoryRequest* request,
                                              v1::CreateTagCategoryResponse* response) override;
  grpc::ServerUnaryReactor* GetTagCategory(grpc::CallbackServerContext* context,
                                           const v1::GetTagCategoryRequest* request,
                                           v1::GetTagCategoryResponse* response) override;
  grpc::ServerUnaryReactor* UpdateTagCategory(grpc::CallbackServerContext* context,
                                              const v1::UpdateTagCategoryRequest* request,
                                              v1::UpdateTagCategoryResponse* response) override;
  grpc::ServerUnaryReactor* ListTagCategories(grpc::CallbackServerContext* context,
                                              const v1::ListTagCategoriesRequest* request,
                                              v1::ListTagCategoriesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteTagCategory(grpc::CallbackServerContext* context,
                                              const v1::DeleteTagCategoryRequest* request,
                                              v1::DeleteTagCategoryResponse* response) override;
  grpc::ServerUnaryReactor* CreateTag(grpc::CallbackServerContext* context,
                                      const v1::CreateTagRequest* request,
                                      v1::CreateTagResponse* response) override;
  grpc::ServerUnaryReactor* GetTag(grpc::CallbackServerContext* context,
                                   const v1::GetTagRequest* request,
                                   v1::GetTagResponse* response) override;
  grpc::ServerUnaryReactor* UpdateTag(grpc::CallbackServerContext* context,
                                      const v1::UpdateTagRequest* request,
                                      v1::UpdateTagResponse* response) override;
  grpc::ServerUnaryReactor* ListTags(grpc::CallbackServerContext* context,
                                     const v1::ListTagsRequest* request,
                                     v1::ListTagsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteTag(grpc::CallbackServerContext* context,
                                      const v1::DeleteTagRequest* request,
                                      v1::DeleteTagResponse* response) override;
  grpc::ServerUnaryReactor* TagMember(grpc::CallbackServerContext* context,
                                      const v1::TagMemberRequest* request,
                                      v1::TagMemberResponse* response) override;
  grpc::ServerUnaryReactor* UntagMember(grpc::CallbackServerContext* context,
                                        const v1::UntagMemberRequest* request,
                                        v1::UntagMemberResponse* response) override;
  grpc::ServerUnaryReactor* BatchTagMembers(grpc::CallbackServerContext* context,
                                            const v1::BatchTagMembersRequest* request,
                                            v1::BatchTagMembersResponse* response) override;
  grpc::ServerUnaryReactor* ListMemberTags(grpc::CallbackServerContext* context,
                                           const v1::ListMemberTagsRequest* request,
                                           v1::ListMemberTagsResponse* response) override;
  grpc::ServerUnaryReactor* ListTagHistory(grpc::CallbackServerContext* context,
                                           const v1::ListTagHistoryRequest* request,
                                           v1::ListTagHistoryResponse* response) override;

 private:
  absl::Status ListCategories(const Call& call, const v1::ListTagCategoriesRequest& request,
                              v1::ListTagCategoriesResponse& response);
  absl::Status ListValues(const Call& call, const v1::ListTagsRequest& request,
                          v1::ListTagsResponse& response);
  absl::Status ListOfMember(const Call& call, const v1::ListMemberTagsRequest& request,
                            v1::ListMemberTagsResponse& response);
  absl::Status ListHistory(const Call& call, const v1::ListTagHistoryRequest& request,
                           v1::ListTagHistoryResponse& response);

  const CallParts& parts_;
  usecase::TagCategoryUsecase& categories_;
  usecase::TagUsecase& tags_;
  usecase::MemberQueryUsecase& queries_;
};

}  // namespace segmentation::rpc
