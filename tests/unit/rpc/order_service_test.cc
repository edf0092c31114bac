#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

class Orders : public testing::Test {
 protected:
  v1::UpsertOrderResponse Upsert(const v1::Order& order) {
    auto request = harness_.Write<v1::UpsertOrderRequest>();
    *request.mutable_order() = order;
    v1::UpsertOrderResponse response;
    const grpc::Status status = stub_->UpsertOrder(harness_.Context().get(), request, &response);
    EXPECT_EQ(FaultOf(status), "OK");
    return response;
  }
  template <typename Request, typename Response>
  std::string Call(grpc::Status (v1::OrderService::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                   const Request& request, Response* response,
                   const std::string& secret = "seg_admin") {
    response->Clear();
    return FaultOf((stub_.get()->*method)(harness_.Context(secret).get(), request, response));
  }

  using Stub = v1::OrderService::Stub;
  ServiceHarness harness_;
  std::unique_ptr<Stub> stub_ = v1::OrderService::NewStub(harness_.channel());
};

TEST_F(Orders, AnOrderMakesItsMemberAndIsReadBackMasked) {
  v1::Order order = SimpleOrder(1, "buyer-1");
  order.mutable_receiver_address()->set_street("漕溪北路 1 号");
  const v1::UpsertOrderResponse made = Upsert(order);
  EXPECT_TRUE(made.created());
  EXPECT_TRUE(made.changed());
  EXPECT_TRUE(made.member_created());
  EXPECT_NE(made.order().member_id(), "");
  EXPECT_EQ(made.order().SerializeAsString().find("漕溪"), std::string::npos);
  EXPECT_FALSE(Upsert(order).changed());

  auto get = harness_.Read<v1::GetOrderRequest>();
  get.mutable_key()->set_source("test");
  get.mutable_key()->set_external_id("o-1");
  get.set_min_revision_token(made.revision_token());
  v1::GetOrderResponse found;
  ASSERT_EQ(Call(&Stub::GetOrder, get, &found), "OK");
  EXPECT_TRUE(found.order().counted());
  EXPECT_EQ(found.order().member_id(), made.order().member_id());
  ASSERT_EQ(found.order().buyer_identities_size(), 1);
  EXPECT_TRUE(found.order().buyer_identities(0).masked());
  EXPECT_EQ(found.SerializeAsString().find("漕溪"), std::string::npos);
  EXPECT_TRUE(found.stamp().exact());

  get.set_reveal_purpose("complaint 17");
  ASSERT_EQ(Call(&Stub::GetOrder, get, &found), "OK");
  EXPECT_EQ(found.order().buyer_identities(0).value(), "buyer-1");
  EXPECT_EQ(found.order().receiver_address().street(), "漕溪北路 1 号");
  harness_.AddToken("seg_assistant", usecase::Role::kAssistant);
  harness_.AddToken("seg_privacy", usecase::Role::kPrivacy);
  EXPECT_EQ(Call(&Stub::GetOrder, get, &found, "seg_assistant"),
            "ROLE_INSUFFICIENT reveal_purpose");
  EXPECT_EQ(Call(&Stub::GetOrder, get, &found, "seg_privacy"), "OK");
  get.mutable_key()->set_external_id("o-2");
  EXPECT_EQ(Call(&Stub::GetOrder, get, &found).substr(0, 15), "ORDER_NOT_FOUND");
}

TEST_F(Orders, ErrorsNameTheFieldFromTheRequest) {
  auto request = harness_.Write<v1::UpsertOrderRequest>();
  v1::UpsertOrderResponse response;
  EXPECT_EQ(Call(&Stub::UpsertOrder, request, &response), "FIELD_REQUIRED order");
  *request.mutable_order() = SimpleOrder(1, "b");
  request.mutable_order()->clear_status();
  EXPECT_EQ(Call(&Stub::UpsertOrder, request, &response), "ENUM_UNKNOWN order.status");
  *request.mutable_order() = SimpleOrder(1, "b");
  request.mutable_order()->set_store_id("nowhere");
  EXPECT_EQ(Call(&Stub::UpsertOrder, request, &response), "STORE_NOT_FOUND order.store_id");
  request.clear_actor();
  EXPECT_EQ(Call(&Stub::UpsertOrder, request, &response), "FIELD_REQUIRED actor.name");
  request.mutable_actor()->set_name("x");
  request.clear_request_id();
  EXPECT_EQ(Call(&Stub::UpsertOrder, request, &response), "FIELD_REQUIRED request_id");
}

// The same request id: the same answer, or an error for another request.
TEST_F(Orders, ARepeatedRequestAnswersOnce) {
  auto request = harness_.Write<v1::UpsertOrderRequest>();
  *request.mutable_order() = SimpleOrder(1, "b");
  v1::UpsertOrderResponse first, second;
  ASSERT_EQ(Call(&Stub::UpsertOrder, request, &first), "OK");
  ASSERT_EQ(Call(&Stub::UpsertOrder, request, &second), "OK");
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  request.mutable_order()->set_terminal("PC");
  EXPECT_EQ(Call(&Stub::UpsertOrder, request, &second).substr(0, 22), "IDEMPOTENCY_KEY_REUSED");
}

std::vector<std::string> Ids(const v1::ListOrdersResponse& response) {
  std::vector<std::string> ids;
  for (const v1::Order& order : response.orders()) ids.push_back(order.external_id());
  return ids;
}

// T66: pages are the whole, nothing twice and nothing missing.
TEST_F(Orders, OfAMemberComeNewestFirstPageByPage) {
  std::string member_id;
  for (int i = 0; i < 7; ++i) {
    member_id = Upsert(SimpleOrder(i, "b", i == 3 ? 5 : i % 3)).order().member_id();
  }
  Upsert(SimpleOrder(99, "someone else"));
  auto request = harness_.Read<v1::ListOrdersRequest>();
  request.set_member_id(member_id);
  v1::ListOrdersResponse whole, page;
  ASSERT_EQ(Call(&Stub::ListOrders, request, &whole), "OK");
  EXPECT_EQ(Ids(whole),
            (std::vector<std::string>{"o-3", "o-5", "o-2", "o-4", "o-1", "o-6", "o-0"}));
  EXPECT_EQ(whole.next_page_token(), "");
  std::vector<std::string> joined;
  request.set_page_size(3);
  do {
    ASSERT_EQ(Call(&Stub::ListOrders, request, &page), "OK");
    for (const std::string& id : Ids(page)) joined.push_back(id);
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(joined, Ids(whole));
}

// T67
TEST_F(Orders, PageTokensAreBoundToTheArguments) {
  for (int i = 0; i < 3; ++i) Upsert(SimpleOrder(i, "b"));
  auto request = harness_.Read<v1::ListOrdersRequest>();
  request.set_page_size(1);
  v1::ListOrdersResponse page;
  ASSERT_EQ(Call(&Stub::ListOrders, request, &page), "OK");
  request.set_page_token(page.next_page_token());
  request.set_page_size(2);  // may change
  ASSERT_EQ(Call(&Stub::ListOrders, request, &page), "OK");
  EXPECT_EQ(page.orders_size(), 2);
  auto other = request;
  other.set_member_id("m");
  EXPECT_EQ(Call(&Stub::ListOrders, other, &page), "PAGE_TOKEN_INVALID page_token");
  auto products = harness_.Read<v1::ListProductsRequest>();
  products.set_page_token(request.page_token());
  v1::ListProductsResponse listed;
  EXPECT_EQ(Call(&Stub::ListProducts, products, &listed), "PAGE_TOKEN_INVALID page_token");
  request.set_page_size(1'001);
  EXPECT_EQ(Call(&Stub::ListOrders, request, &page), "FIELD_OUT_OF_RANGE page_size");
  request.set_page_size(2);
  harness_.clock().Advance(absl::Hours(1) + absl::Seconds(1));
  EXPECT_EQ(Call(&Stub::ListOrders, request, &page), "PAGE_TOKEN_EXPIRED page_token");
}

TEST_F(Orders, ExclusionsAndReviewsAnswerEachForItself) {
  Upsert(SimpleOrder(1, "b"));
  auto exclude = harness_.Write<v1::ExcludeOrdersRequest>();
  exclude.set_reason("样品");
  for (const char* id : {"o-1", "o-404"}) {
    exclude.add_keys()->set_source("test");
    exclude.mutable_keys(exclude.keys_size() - 1)->set_external_id(id);
  }
  v1::ExcludeOrdersResponse excluded;
  ASSERT_EQ(Call(&Stub::ExcludeOrders, exclude, &excluded), "OK");
  ASSERT_EQ(excluded.results_size(), 2);
  EXPECT_TRUE(excluded.results(0).changed());
  EXPECT_FALSE(excluded.results(0).counted());
  EXPECT_EQ(excluded.results(0).not_counted_reason(), v1::NOT_COUNTED_REASON_EXCLUDED);
  EXPECT_EQ(excluded.results(1).status().reason(), v1::ERROR_REASON_ORDER_NOT_FOUND);

  auto record = harness_.Write<v1::RecordReviewRequest>();
  *record.mutable_key() = exclude.keys(0);
  v1::RecordReviewResponse recorded;
  EXPECT_EQ(Call(&Stub::RecordReview, record, &recorded), "FIELD_REQUIRED review");
  record.mutable_review()->set_review_id("v-1");
  record.mutable_review()->mutable_reviewed_at()->set_seconds(1'700'000'100);
  record.mutable_review()->set_text("很好");
  ASSERT_EQ(Call(&Stub::RecordReview, record, &recorded), "OK");
  EXPECT_TRUE(recorded.changed());
  EXPECT_EQ(recorded.review().text(), "");
}

TEST_F(Orders, ProductsAreKeptByEtag) {
  auto request = harness_.Write<v1::UpsertProductRequest>();
  request.mutable_product()->set_product_id("P1");
  request.mutable_product()->set_title("蕾丝");
  v1::UpsertProductResponse made;
  ASSERT_EQ(Call(&Stub::UpsertProduct, request, &made), "OK");
  EXPECT_TRUE(made.created());
  auto update = harness_.Write<v1::UpsertProductRequest>();
  *update.mutable_product() = made.product();
  update.mutable_product()->set_title("蕾丝上衣");
  ASSERT_EQ(Call(&Stub::UpsertProduct, update, &made), "OK");
  EXPECT_FALSE(made.created());
  auto stale = harness_.Write<v1::UpsertProductRequest>();
  *stale.mutable_product() = update.product();
  stale.mutable_product()->set_title("别的");
  EXPECT_EQ(Call(&Stub::UpsertProduct, stale, &made), "ETAG_STALE product.etag");
  stale.mutable_product()->set_etag("x");
  EXPECT_EQ(Call(&Stub::UpsertProduct, stale, &made), "FIELD_INVALID product.etag");

  auto get = harness_.Read<v1::GetProductRequest>();
  get.set_product_id("P1");
  v1::GetProductResponse found;
  ASSERT_EQ(Call(&Stub::GetProduct, get, &found), "OK");
  EXPECT_EQ(found.product().title(), "蕾丝上衣");
  get.set_product_id("P2");
  EXPECT_EQ(Call(&Stub::GetProduct, get, &found), "PRODUCT_NOT_FOUND product_id");
  v1::ListProductsResponse listed;
  ASSERT_EQ(Call(&Stub::ListProducts, harness_.Read<v1::ListProductsRequest>(), &listed), "OK");
  EXPECT_EQ(listed.products_size(), 1);
}

}  // namespace
}  // namespace segmentation::rpc
