// Server reflection for holders of a token: names and shapes of the API, for generic clients. The
// packaged plugin answers anybody, so this one is ours.
#pragma once

#include <grpcpp/grpcpp.h>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/rpc/call.h"

namespace segmentation::rpc {

class ReflectionService final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // `parts` outlives it.
  explicit ReflectionService(const CallParts& parts) : parts_(parts) {}

  // UNAUTHENTICATED (TOKEN_MISSING, TOKEN_INVALID) before anything is answered.
  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  const CallParts& parts_;
};

// The answer to one question, from the descriptors linked into this program.
grpc::reflection::v1alpha::ServerReflectionResponse AnswerReflection(
    const grpc::reflection::v1alpha::ServerReflectionRequest& request);

}  // namespace segmentation::rpc
