// The one place where a status of ours becomes a status of gRPC.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "segmentation/v1/common.pb.h"

namespace segmentation::rpc {

// Code, message and google.rpc details (ErrorInfo, BadRequest for a field, RetryInfo where a retry
// helps) in the grpc-status-details-bin trailer. The text of an INTERNAL error is not sent.
// Messages are cut at 1,024 bytes, details stay below 6 KiB.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The same for one item of a batch.
v1::BatchItemStatus ToItemStatus(const absl::Status& status);

// ErrorReason of a status; INTERNAL when it carries none.
v1::ErrorReason ReasonOf(const absl::Status& status);

}  // namespace segmentation::rpc
