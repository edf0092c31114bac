// What a Client talks through: one method for each call of the API. The connection to a server owns
// deadlines and retries; tests put a MockConnection or a subclass of their own in its place.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "segmentation/message_stream.h"
#include "segmentation/options.h"
#include "segmentation/v1/group_service.pb.h"
#include "segmentation/v1/member_service.pb.h"
#include "segmentation/v1/operation_service.pb.h"
#include "segmentation/v1/order_service.pb.h"
#include "segmentation/v1/shop_service.pb.h"
#include "segmentation/v1/tag_service.pb.h"

namespace segmentation {

using MemberChunkStream = ReadStream<v1::StreamGroupMembersResponse>;
using OrderImportStream = BidiStream<v1::ImportOrdersRequest, v1::ImportOrdersResponse>;
using MemberImportStream = BidiStream<v1::ImportMembersRequest, v1::ImportMembersResponse>;
using ProductImportStream = BidiStream<v1::ImportProductsRequest, v1::ImportProductsResponse>;

// Thread-safe.
class Connection {
 public:
  virtual ~Connection() = default;

  // Lists ask for one page here; Client makes one range of them.
#define SEGMENTATION_RPC(service, method, repeatability)                                  \
  virtual absl::StatusOr<v1::method##Response> method(const v1::method##Request& request, \
                                                      const CallOptions& options) = 0;
#include "segmentation/rpcs.inc"

  // Streams: one attempt each. Never null: a failure to open shows in Read and Finish.
  virtual std::unique_ptr<MemberChunkStream> StreamGroupMembers(
      const v1::StreamGroupMembersRequest& request, const CallOptions& options) = 0;
  virtual std::unique_ptr<OrderImportStream> ImportOrders(const CallOptions& options) = 0;
  virtual std::unique_ptr<MemberImportStream> ImportMembers(const CallOptions& options) = 0;
  virtual std::unique_ptr<ProductImportStream> ImportProducts(const CallOptions& options) = 0;
};

// A connection to the server of `options.address`. Connecting happens with the first call.
// INVALID_ARGUMENT for an address beyond this machine, or an option without meaning.
absl::StatusOr<std::shared_ptr<Connection>> MakeConnection(const ClientOptions& options);

}  // namespace segmentation
