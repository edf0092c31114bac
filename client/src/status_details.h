// The error of a call as gRPC gives it, made into an absl::Status that errors.h can read.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace segmentation::internal {

// Code and message, and as payloads the details of "grpc-status-details-bin": a google.rpc.Status
// in wire form with ErrorInfo, BadRequest and RetryInfo. Details that do not decode are left out.
absl::Status FromGrpc(const grpc::Status& status);

// The other way round: what a server sends. For fakes.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace segmentation::internal
