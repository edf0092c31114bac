// The one header of the SDK: a client of the segmentation service.
//
//   segmentation::ClientOptions options;
//   options.token = secret;
//   options.actor.set_name("nightly-import");
//   absl::StatusOr<segmentation::Client> client = segmentation::Client::Connect(options);
//   segmentation::v1::PreviewGroupRequest request;
//   request.set_shop_id("demo");
//   request.mutable_condition()->set_text("number_of_orders >= 3");
//   absl::StatusOr<segmentation::v1::PreviewGroupResponse> answer = client->PreviewGroup(request);
//
// Resources, requests and answers are the messages of segmentation/v1/*.pb.h.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "segmentation/connection.h"
#include "segmentation/errors.h"
#include "segmentation/import_session.h"
#include "segmentation/member_stream.h"
#include "segmentation/options.h"
#include "segmentation/page_range.h"

namespace segmentation {

// Equality: copies share their connection and options. Cost: a copy is two shared pointers; a
// connection is costly, make one a process. Thread safety: calls may be made from several threads
// at once; the ranges and imports they return belong to one thread. Errors: every call returns a
// status; errors.h reads reason, field and facts out of it. Nothing is validated here that the
// server validates.
class Client {
 public:
  // INVALID_ARGUMENT for options without meaning; nothing is sent yet.
  static absl::StatusOr<Client> Connect(ClientOptions options);

  // On a connection of the caller's: a mock, or one that other clients use. Of `options` the actor,
  // retry (streams) and time are used here.
  explicit Client(std::shared_ptr<Connection> connection, ClientOptions options = {});

  // One method a call, e.g. StatusOr<v1::GetShopResponse> GetShop(v1::GetShopRequest request);
  // one a list, e.g. PageRange<v1::Member> ListMembers(v1::ListMembersRequest request).
  // An empty request_id, actor and min_revision_token are filled from the options.
#define SEGMENTATION_RPC(service, method, repeatability)                   \
  absl::StatusOr<v1::method##Response> method(v1::method##Request request, \
                                              const CallOptions& options = {}) const;
#define SEGMENTATION_LIST_RPC(service, method, item, field) \
  PageRange<item> method(v1::method##Request request, const CallOptions& options = {}) const;
#include "segmentation/rpcs.inc"

  // The whole audience of a group, resumed when the connection breaks.
  MemberStream StreamGroupMembers(v1::StreamGroupMembersRequest request,
                                  const CallOptions& options = {}) const;

  OrderImport ImportOrders(const std::string& shop_id, ImportOptions import = {},
                           const CallOptions& options = {}) const;
  MemberImport ImportMembers(const std::string& shop_id, ImportOptions import = {},
                             const CallOptions& options = {}) const;
  ProductImport ImportProducts(const std::string& shop_id, ImportOptions import = {},
                               const CallOptions& options = {}) const;

  // For single pages of lists, and streams as they come.
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<const ClientOptions> options_;
};

}  // namespace segmentation
