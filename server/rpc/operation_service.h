// OperationService: long operations of a shop.
#pragma once

#include <grpcpp/grpcpp.h>

#include "segmentation/v1/operation_service.grpc.pb.h"
#include "server/rpc/call.h"
#include "server/usecase/operation_usecase.h"

namespace segmentation::rpc {

class OperationService final : public v1::OperationService::CallbackService {
 public:
  // Both outlive it.
  OperationService(const CallParts& parts, usecase::OperationUsecase& operations)
      : parts_(parts), operations_(operations) {}

#define SEG_UNARY(Method)                                                \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, \
                                   const v1::Method##Request* request,   \
                                   v1::Method##Response* response) override;
  SEG_UNARY(GetOperation)
  SEG_UNARY(ListOperations)
  SEG_UNARY(WaitOperation)
  SEG_UNARY(CancelOperation)
#undef SEG_UNARY

 private:
  const CallParts& parts_;
  usecase::OperationUsecase& operations_;
};

}  // namespace segmentation::rpc
