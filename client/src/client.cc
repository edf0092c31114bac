#include "segmentation/client.h"

#include <memory>
#include <string>
#include <utility>

#include "client/src/request_id.h"

namespace segmentation {
namespace {

// Fills what the options say and the request leaves open.
template <typename Request>
void Fill(const ClientOptions& client, const CallOptions& call, Request* request) {
  if constexpr (requires { request->mutable_request_id(); }) {
    if (request->request_id().empty()) {
      request->set_request_id(call.request_id.empty() ? internal::NewRequestId() : call.request_id);
    }
  }
  if constexpr (requires { request->mutable_actor(); }) {
    if (!request->has_actor()) *request->mutable_actor() = client.actor;
  }
  if constexpr (requires { request->mutable_min_revision_token(); }) {
    if (request->min_revision_token().empty()) {
      request->set_min_revision_token(call.min_revision_token);
    }
  }
}

}  // namespace

absl::StatusOr<Client> Client::Connect(ClientOptions options) {
  absl::StatusOr<std::shared_ptr<Connection>> connection = MakeConnection(options);
  if (!connection.ok()) return connection.status();
  return Client(*std::move(connection), std::move(options));
}

Client::Client(std::shared_ptr<Connection> connection, ClientOptions options)
    : connection_(std::move(connection)),
      options_(std::make_shared<const ClientOptions>(std::move(options))) {}

#define SEGMENTATION_RPC(service, method, repeatability)                                  \
  absl::StatusOr<v1::method##Response> Client::method(v1::method##Request request,        \
                                                      const CallOptions& options) const { \
    Fill(*options_, options, &request);                                                   \
    return connection_->method(request, options);                                         \
  }
#define SEGMENTATION_LIST_RPC(service, method, item, field)                                       \
  PageRange<item> Client::method(v1::method##Request request, const CallOptions& options) const { \
    Fill(*options_, options, &request);                                                           \
    std::string first_token = request.page_token();                                               \
    return PageRange<item>(                                                                       \
        std::move(first_token),                                                                   \
        [connection = connection_, request = std::move(request),                                  \
         options](const std::string& token) mutable -> absl::StatusOr<PageRange<item>::Page> {    \
          request.set_page_token(token);                                                          \
          absl::StatusOr<v1::method##Response> answer = connection->method(request, options);     \
          if (!answer.ok()) return answer.status();                                               \
          PageRange<item>::Page page;                                                             \
          page.next_page_token = answer->next_page_token();                                       \
          page.items.assign(std::make_move_iterator(answer->mutable_##field()->begin()),          \
                            std::make_move_iterator(answer->mutable_##field()->end()));           \
          return page;                                                                            \
        });                                                                                       \
  }
#include "segmentation/rpcs.inc"

MemberStream Client::StreamGroupMembers(v1::StreamGroupMembersRequest request,
                                        const CallOptions& options) const {
  Fill(*options_, options, &request);
  return MemberStream(
      std::move(request),
      [connection = connection_, options](const v1::StreamGroupMembersRequest& attempt) {
        return connection->StreamGroupMembers(attempt, options);
      },
      options.retry.value_or(options_->retry), options_->time);
}

OrderImport Client::ImportOrders(const std::string& shop_id, ImportOptions import,
                                 const CallOptions& options) const {
  return OrderImport(connection_, shop_id, options_->actor, std::move(import), options,
                     options.retry.value_or(options_->retry), options_->time);
}

MemberImport Client::ImportMembers(const std::string& shop_id, ImportOptions import,
                                   const CallOptions& options) const {
  return MemberImport(connection_, shop_id, options_->actor, std::move(import), options,
                      options.retry.value_or(options_->retry), options_->time);
}

ProductImport Client::ImportProducts(const std::string& shop_id, ImportOptions import,
                                     const CallOptions& options) const {
  return ProductImport(connection_, shop_id, options_->actor, std::move(import), options,
                       options.retry.value_or(options_->retry), options_->time);
}

}  // namespace segmentation
