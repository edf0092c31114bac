// MemberService: members, their consents, notes and timeline, and the attribute catalogue.
#pragma once

#include <grpcpp/grpcpp.h>

#include "segmentation/v1/member_service.grpc.pb.h"
#include "server/rpc/call.h"
#include "server/usecase/attribute_usecase.h"
#include "server/usecase/import_query_usecase.h"
#include "server/usecase/member_query_usecase.h"
#include "server/usecase/member_usecase.h"

namespace segmentation::rpc {

class MemberService final : public v1::MemberService::CallbackService {
 public:
  // All outlive it.
  MemberService(const CallParts& parts, usecase::MemberUsecase& members,
                usecase::MemberQueryUsecase& queries, usecase::AttributeUsecase& attributes,
                usecase::ImportQueryUsecase& imports);

#define SEG_UNARY(Method)                                                \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, \
                                   const v1::Method##Request* request,   \
                                   v1::Method##Response* response) override;
  SEG_UNARY(UpsertMember)
  SEG_UNARY(BatchUpsertMembers)
  SEG_UNARY(GetMember)
  SEG_UNARY(BatchGetMembers)
  SEG_UNARY(LookupMember)
  SEG_UNARY(ListMembers)
  SEG_UNARY(UpdateMember)
  SEG_UNARY(ListMemberTimeline)
  SEG_UNARY(RecordConsent)
  SEG_UNARY(ListConsents)
  SEG_UNARY(AddNote)
  SEG_UNARY(ListNotes)
  SEG_UNARY(DeleteNote)
  SEG_UNARY(CreateAttribute)
  SEG_UNARY(UpdateAttribute)
  SEG_UNARY(DeleteAttribute)
  SEG_UNARY(ListAttributes)
#undef SEG_UNARY

 private:
  const CallParts& parts_;
  usecase::MemberUsecase& members_;
  usecase::MemberQueryUsecase& queries_;
  usecase::AttributeUsecase& attributes_;
  usecase::ImportQueryUsecase& imports_;
};

}  // namespace segmentation::rpc
