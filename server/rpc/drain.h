// The end of a server's calls.
#pragma once

#include <grpcpp/grpcpp.h>

#include "absl/time/time.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::rpc {

// Takes no more calls and returns when every call has ended: by itself until the deadline,
// cancelled then. A call waits for its write; one whose COMMIT was lost asks for the outcome long
// after the deadline, so the writer is told to give that up at the same moment.
void Drain(grpc::Server& server, usecase::ShopWriter& writer, absl::Time deadline);

}  // namespace segmentation::rpc
