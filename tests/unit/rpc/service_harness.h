// The services of this folder over a store in memory and a real server on a free port.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "segmentation/internal/google_rpc.pb.h"
#include "segmentation/v1/group_service.grpc.pb.h"
#include "segmentation/v1/operation_service.grpc.pb.h"
#include "segmentation/v1/order_service.grpc.pb.h"
#include "segmentation/v1/tag_service.grpc.pb.h"
#include "server/base/hash.h"
#include "server/rpc/call.h"
#include "server/rpc/drain.h"
#include "server/rpc/group_service.h"
#include "server/rpc/operation_service.h"
#include "server/rpc/order_service.h"
#include "server/rpc/tag_service.h"
#include "tests/support/model_store.h"

namespace segmentation::rpc {

// The machine's clock, and as far ahead of it as a test says.
class AheadClock final : public base::Clock {
 public:
  absl::Time Now() const override { return absl::Now() + absl::Milliseconds(ahead_ms_.load()); }
  void Advance(absl::Duration span) { ahead_ms_ += absl::ToInt64Milliseconds(span); }

 private:
  std::atomic<int64_t> ahead_ms_ = 0;
};

// "OK", or "REASON field" of the details of a status.
inline std::string FaultOf(const grpc::Status& status) {
  if (status.ok()) return "OK";
  internal::rpc::Status details;
  internal::rpc::ErrorInfo error;
  internal::rpc::BadRequest bad;
  if (!details.ParseFromString(status.error_details()) || details.details().empty()) {
    return "code " + std::to_string(status.error_code()) + ": " + status.error_message();
  }
  for (const auto& detail : details.details()) {
    if (detail.type_url().ends_with("ErrorInfo")) error.ParseFromString(detail.value());
    if (detail.type_url().ends_with("BadRequest")) bad.ParseFromString(detail.value());
  }
  return error.reason() + " " +
         (bad.field_violations().empty() ? "" : bad.field_violations(0).field());
}

class ServiceHarness {
 public:
  explicit ServiceHarness(std::vector<grpc::Service*> services = {},
                          usecase::ShopWriterOptions writing = {})
      : writer_(store_, clock_, std::move(writing)) {
    EXPECT_TRUE(tokens_.EnsureAdminToken("seg_admin").ok());
    usecase::CallContext context;
    context.actor = "setup";
    context.role = usecase::Role::kAdmin;
    context.request_id = "create";
    context.request_hash = std::string(32, 'h');
    context.shop.id = "shop";
    const auto made = shops_.Create(context, {"shop", "Shop", "Asia/Shanghai", "CNY"});
    EXPECT_TRUE(made.ok()) << made.status();
    shop_no_ = made->number;
    if (services.empty()) services = {&orders, &tags, &groups, &operations};
    Serve(services);
  }
  ~ServiceHarness() { Stop(); }

  void Serve(const std::vector<grpc::Service*>& services) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    for (grpc::Service* service : services) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials());
  }

  // Waits until every call ended, which none does that lost a reaction.
  void Stop() {
    if (server_ == nullptr) return;
    Drain(*server_, writer_, absl::Now() + absl::Seconds(1));
    server_.reset();
    lookups_.Shutdown();
    evaluations_.Shutdown();
    writer_.Shutdown(absl::Now());
  }

  // A context of a call with a token and a deadline a minute from now by the server's clock.
  std::unique_ptr<grpc::ClientContext> Context(const std::string& secret = "seg_admin") const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("authorization", "Bearer " + secret);
    context->set_deadline(absl::ToChronoTime(clock_.Now() + absl::Seconds(60)));
    return context;
  }
  void AddToken(const std::string& secret, usecase::Role role) {
    storage::ApiTokenRow row;
    row.id = secret;
    row.secret_hash = std::string(base::BytesOf(base::Sha256(secret)));
    row.label = secret;
    row.role = static_cast<uint8_t>(role);
    row.all_shops = true;
    ASSERT_TRUE(store_.InsertApiToken(row).ok());
  }

  // A request with shop, a request id of its own, and an actor.
  template <typename Request>
  Request Write() {
    Request request;
    request.set_shop_id("shop");
    request.set_request_id("r-" + std::to_string(++request_number_));
    request.mutable_actor()->set_name("tester");
    return request;
  }
  template <typename Request>
  Request Read() const {
    Request request;
    request.set_shop_id("shop");
    return request;
  }

  std::shared_ptr<grpc::Channel> channel() const { return channel_; }
  std::shared_ptr<grpc::Channel> InProcessChannel() {
    return server_->InProcessChannel(grpc::ChannelArguments());
  }
  const CallParts& parts() const { return parts_; }
  AheadClock& clock() { return clock_; }
  domain::ShopNo shop_no() const { return shop_no_; }
  testing_support::ModelStore& store() { return store_; }
  usecase::GroupQueryUsecase& group_queries() { return group_queries_; }
  usecase::ImportQueryUsecase& imports() { return imports_; }
  usecase::ShopReader& reader() { return reader_; }
  // From now on the token is refused.
  void Revoke(const std::string& secret) {
    usecase::Principal admin;
    admin.all_shops = true;
    ASSERT_TRUE(parts_.tokens.Revoke(admin, secret).ok());
  }

 private:
  AheadClock clock_;
  testing_support::ModelStore store_;
  usecase::ShopReader reader_{store_, clock_};
  usecase::ShopWriter writer_;
  usecase::TokenUsecase tokens_{store_, clock_};
  usecase::ShopUsecase shops_{store_, writer_, reader_, clock_};
  PageTokenCodec pages_{store_.identity().token_key, clock_};
  WorkerPool lookups_{2, 1'000};
  WorkerPool evaluations_{2, 1'000};
  CallParts parts_{tokens_, shops_, writer_.tokens(), pages_, lookups_, evaluations_, clock_};
  usecase::OrderUsecase order_commands_{writer_, store_.identity()};
  usecase::OrderQueryUsecase order_queries_{reader_};
  usecase::ImportQueryUsecase imports_{reader_};
  usecase::TagCategoryUsecase categories_{writer_};
  usecase::TagUsecase tag_commands_{writer_};
  usecase::GroupUsecase group_commands_{writer_};
  usecase::GroupQueryUsecase group_queries_{reader_};
  usecase::SavedConditions saved_;
  usecase::MembershipUsecase memberships_{reader_, saved_};
  usecase::MemberQueryUsecase member_queries_{reader_};
  usecase::OperationUsecase operation_usecase_{reader_, writer_};
  domain::ShopNo shop_no_ = 0;
  int request_number_ = 0;

 public:
  OrderService orders{parts_, order_commands_, order_queries_, imports_};
  TagService tags{parts_, categories_, tag_commands_, member_queries_};
  GroupService groups{parts_, group_commands_, group_queries_, memberships_, member_queries_};
  OperationService operations{parts_, operation_usecase_};

 private:
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// A paid order of a buyer, placed `day` days after 2023-11-14.
inline v1::Order SimpleOrder(int number, const std::string& buyer, int day = 0) {
  v1::Order order;
  order.set_source("test");
  order.set_external_id("o-" + std::to_string(number));
  v1::Identity* const identity = order.add_buyer_identities();
  identity->set_kind(v1::IDENTITY_KIND_OUID);
  identity->set_value(buyer);
  order.set_status(v1::ORDER_STATUS_PAID);
  order.mutable_created_at()->set_seconds(1'700'000'000 + int64_t{day} * 86'400);
  *order.mutable_paid_at() = order.created_at();
  order.set_goods_paid_minor_units(1'000 + number);
  return order;
}

}  // namespace segmentation::rpc
