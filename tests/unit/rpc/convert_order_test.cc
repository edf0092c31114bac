#include "server/rpc/convert_order.h"

#include <functional>
#include <string>

#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "server/base/calendar.h"
#include "server/domain/limits.h"
#include "server/domain/order_merge.h"
#include "server/domain/order_policy.h"
#include "server/rpc/order_validate.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"
#include "tests/unit/rpc/error_matchers.h"

namespace segmentation::rpc {
namespace {

// A paid order with everything a source can say.
constexpr const char* kFullOrder = R"pb(
  source: "tmall"
  external_id: "T-1"
  buyer_identities { kind: IDENTITY_KIND_NICK value: "xiaomei" }
  store_id: "main"
  status: ORDER_STATUS_PAID
  created_at { seconds: 1700000000 nanos: 123999999 }
  paid_at { seconds: 1700000060 }
  receipt_confirmation: RECEIPT_CONFIRMATION_AUTOMATIC
  terminal: "手机端"
  promotion_sources: "聚划算"
  coupon_ids: "C1"
  logistics_company: "顺丰"
  goods_paid_minor_units: 10000
  freight_minor_units: 600
  platform_discount_minor_units: 200
  receiver_address {
    province: "上海"
    city: "上海市"
    district: "徐汇区"
    street: "漕溪北路 1 号"
    full_text: "上海市徐汇区漕溪北路 1 号"
  }
  lines {
    line_id: "1"
    product_id: "P1"
    sku: "S"
    title: "蕾丝上衣"
    category: "上衣"
    brand: "B"
    properties { name: "尺码" value: "35码" }
    quantity: 2
    unit_price_minor_units: 3000
  }
  lines { line_id: "2" title: "赠品" quantity: 1 gift: true }
  lines { line_id: "3" title: "裙子" quantity: 1 unit_price_minor_units: 4000 }
  refunds {
    refund_id: "R1"
    refunded_at { seconds: 1700086400 }
    status: REFUND_STATUS_SUCCEEDED
    kind: REFUND_KIND_RETURN_AND_REFUND
    amount_minor_units: 1000
    line_id: "1"
    returned_quantity: 1
  }
  reviews {
    review_id: "V1"
    reviewed_at { seconds: 1700100000 }
    rating: 5
    text: "很好"
  }
  source_updated_at { seconds: 1700100000 }
)pb";

v1::Order FullOrder() {
  v1::Order order;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kFullOrder, &order));
  return order;
}

domain::ShopDefinitions Definitions() {
  domain::ShopDefinitions definitions;
  definitions.shop.time_zone = "Asia/Shanghai";
  definitions.stores[3] = {.number = 3, .id = "main", .name = "Main"};
  return definitions;
}

// The order as stored: numbered, its store found, measured.
domain::Order Stored(const v1::Order& message, const domain::ShopDefinitions& definitions) {
  absl::StatusOr<usecase::OrderInput> input = FromProto(message);
  EXPECT_TRUE(input.ok()) << input.status();
  domain::Order order = domain::FirstSnapshot(input->order);
  order.store_no = 3;
  order.number = 1;
  order.stamp.etag = {9, 1};
  domain::ApplyPolicy(definitions.policy, *base::LoadTimeZone("Asia/Shanghai", ""), order);
  return order;
}

std::string FaultAfter(const std::function<void(v1::Order&)>& edit) {
  v1::Order order = FullOrder();
  edit(order);
  return Fault(FromProto(order));
}

TEST(ConvertOrder, WhatASourceSaysComesBack) {
  const domain::ShopDefinitions definitions = Definitions();
  const domain::Order stored = Stored(FullOrder(), definitions);
  const domain::Identity nick{1, domain::IdentityKind::kNick, "xiaomei", 5};
  v1::Order shown = ToProto(stored, {.member_id = "m-1",
                                     .identity = &nick,
                                     .definitions = &definitions,
                                     .as_of_ms = 1'800'000'000'000,
                                     .reveal = true});
  EXPECT_EQ(shown.member_id(), "m-1");
  EXPECT_EQ(shown.buyer_identities(0).value(), "xiaomei");
  EXPECT_NE(shown.etag(), "");
  // Outputs aside it is what was sent, times to the millisecond.
  v1::Order expected = FullOrder();
  expected.mutable_created_at()->set_nanos(123'000'000);
  for (v1::Order* order : {&shown, &expected}) {
    order->clear_buyer_identities();
    order->clear_member_id();
    order->clear_counted();
    order->clear_order_at();
    order->clear_order_day();
    order->clear_paid_minor_units();
    order->clear_refunded_minor_units();
    order->clear_net_minor_units();
    order->clear_policy_revision();
    order->clear_etag();
    for (v1::OrderLine& line : *order->mutable_lines()) {
      line.clear_paid_minor_units();
      line.clear_net_minor_units();
      line.clear_returned_quantity();
      line.clear_treated_as_gift();
    }
    for (v1::Refund& refund : *order->mutable_refunds()) refund.clear_effective_at();
  }
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(expected, shown)) << difference;
}

// [law] for orders of a random shop: shown, sent again, it says the same.
TEST(ConvertOrder, ShownAndSentAgainSaysTheSame) {
  const auto shop =
      testing_support::GenerateShop({.seed = testing_support::TestSeed(), .member_count = 1'500});
  int checked = 0;
  for (const domain::Order& order : shop.orders) {
    const v1::Order shown = ToProto(order, {.member_id = "m",
                                            .definitions = &shop.definitions,
                                            .as_of_ms = shop.as_ofs.back(),
                                            .reveal = true});
    const auto again = FromProto(shown);
    ASSERT_TRUE(again.ok()) << again.status() << shown.DebugString();
    domain::Order facts = again->order;
    facts.store_no = order.store_no;  // found by id later
    ASSERT_TRUE(domain::SameFacts(facts, order)) << shown.DebugString();
    ++checked;
  }
  EXPECT_GE(checked, 1'000);
}

TEST(ConvertOrder, PersonalDataIsMaskedUnlessRevealed) {
  const domain::ShopDefinitions definitions = Definitions();
  const domain::Order stored = Stored(FullOrder(), definitions);
  const domain::Identity nick{1, domain::IdentityKind::kNick, "xiaomei", 5};
  const v1::Order shown = ToProto(stored, {.member_id = "m-1",
                                           .identity = &nick,
                                           .definitions = &definitions,
                                           .as_of_ms = 1'800'000'000'000});
  const std::string bytes = shown.SerializeAsString();
  for (const char* personal : {"漕溪北路", "xiaomei", "很好"}) {
    EXPECT_EQ(bytes.find(personal), std::string::npos) << personal;
  }
  EXPECT_EQ(shown.receiver_address().city(), "上海市");
  EXPECT_NE(shown.receiver_address().street(), "");
  EXPECT_TRUE(shown.buyer_identities(0).masked());
}

TEST(ConvertOrder, CountsAsOfTheInstantAsked) {
  const domain::ShopDefinitions definitions = Definitions();
  const domain::Order stored = Stored(FullOrder(), definitions);
  const auto at = [&](int64_t seconds) {
    return ToProto(stored,
                   {.member_id = "m", .definitions = &definitions, .as_of_ms = seconds * 1'000});
  };
  const v1::Order unpaid = at(1'700'000'030);
  EXPECT_FALSE(unpaid.counted());
  EXPECT_EQ(unpaid.not_counted_reason(), v1::NOT_COUNTED_REASON_NOT_PAID);
  EXPECT_EQ(unpaid.order_at().seconds(), 1'700'000'000);
  const v1::Order paid = at(1'700'000'060);
  EXPECT_TRUE(paid.counted());
  EXPECT_EQ(paid.not_counted_reason(), v1::NOT_COUNTED_REASON_UNSPECIFIED);
  EXPECT_EQ(paid.order_at().seconds(), 1'700'000'060);
  EXPECT_EQ(paid.net_minor_units(), 10'000);
  EXPECT_EQ(paid.refunded_minor_units(), 0);
  EXPECT_EQ(paid.order_day().year(), 2023);
  EXPECT_EQ(paid.order_day().month(), 11);
  EXPECT_EQ(paid.order_day().day(), 15);  // 06:14 in Shanghai
  const v1::Order refunded = at(1'700'086'400);
  EXPECT_EQ(refunded.net_minor_units(), 9'000);
  EXPECT_EQ(refunded.refunded_minor_units(), 1'000);
  EXPECT_EQ(refunded.lines(0).returned_quantity(), 1);
  // T85: lines add up to the order.
  int64_t net = 0;
  for (const v1::OrderLine& line : refunded.lines()) net += line.net_minor_units();
  EXPECT_EQ(net, refunded.net_minor_units());
  EXPECT_TRUE(refunded.lines(1).treated_as_gift());
}

TEST(ConvertOrder, ErrorsNameTheFieldFromTheOrder) {
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.clear_created_at(); }), "FIELD_REQUIRED created_at");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.clear_status(); }), "ENUM_UNKNOWN status");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.set_status(static_cast<v1::OrderStatus>(99)); }),
            "ENUM_UNKNOWN status");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.mutable_paid_at()->set_seconds(253402300800); }),
            "FIELD_OUT_OF_RANGE paid_at");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.mutable_paid_at()->set_seconds(INT64_MIN); }),
            "FIELD_OUT_OF_RANGE paid_at");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.mutable_closed_at()->set_nanos(-1); }),
            "FIELD_INVALID closed_at");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.mutable_refunds(0)->clear_kind(); }),
            "ENUM_UNKNOWN refunds[0].kind");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.mutable_refunds(0)->clear_status(); }),
            "ENUM_UNKNOWN refunds[0].status");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.mutable_reviews(0)->clear_reviewed_at(); }),
            "FIELD_REQUIRED reviews[0].reviewed_at");
  EXPECT_EQ(FaultAfter([](v1::Order& o) {
              *o.mutable_lines(0)->add_properties() = o.lines(0).properties(0);
            }),
            "FIELD_INVALID lines[0].properties[1].name");
  EXPECT_EQ(FaultAfter([](v1::Order& o) { o.mutable_buyer_identities(0)->clear_kind(); }),
            "ENUM_UNKNOWN buyer_identities[0].kind");
  EXPECT_EQ(FaultAfter([](v1::Order& o) {
              o.set_receipt_confirmation(static_cast<v1::ReceiptConfirmation>(7));
            }),
            "ENUM_UNKNOWN receipt_confirmation");
}

// T51
TEST(ConvertOrder, ListsEndWhereTheApiSays) {
  const auto fill = [](auto* list, int count) {
    while (list->size() < count) list->Add();
  };
  EXPECT_EQ(FaultAfter([&](v1::Order& o) {
              while (o.buyer_identities_size() < 10) {
                *o.add_buyer_identities() = o.buyer_identities(0);
              }
            }),
            "OK");
  EXPECT_EQ(FaultAfter([&](v1::Order& o) { fill(o.mutable_buyer_identities(), 11); }),
            "FIELD_OUT_OF_RANGE buyer_identities");
  EXPECT_EQ(FaultAfter([&](v1::Order& o) { fill(o.mutable_promotion_sources(), 20); }), "OK");
  EXPECT_EQ(FaultAfter([&](v1::Order& o) { fill(o.mutable_promotion_sources(), 21); }),
            "FIELD_OUT_OF_RANGE promotion_sources");
  EXPECT_EQ(FaultAfter([&](v1::Order& o) { fill(o.mutable_coupon_ids(), 21); }),
            "FIELD_OUT_OF_RANGE coupon_ids");
  EXPECT_EQ(FaultAfter([&](v1::Order& o) { fill(o.mutable_reviews(), 101); }),
            "FIELD_OUT_OF_RANGE reviews");
}

TEST(ConvertOrder, ExclusionsAreOneOfTwo) {
  v1::ExcludeOrdersRequest request;
  EXPECT_EQ(Fault(ValidateExcludeOrders(request)), "FIELD_REQUIRED keys");
  request.add_keys();
  EXPECT_EQ(Fault(ValidateExcludeOrders(request)), "FIELD_REQUIRED reason");
  request.set_reason("样品");
  EXPECT_EQ(Fault(ValidateExcludeOrders(request)), "OK");
  request.set_include_again(true);
  EXPECT_EQ(Fault(ValidateExcludeOrders(request)), "FIELD_INVALID reason");
  request.clear_reason();
  EXPECT_EQ(Fault(ValidateExcludeOrders(request)), "OK");
  while (request.keys_size() <= static_cast<int>(domain::kMaxExcludedOrdersPerCall)) {
    request.add_keys();
  }
  EXPECT_EQ(Fault(ValidateExcludeOrders(request)), "BATCH_TOO_LARGE keys");
}

TEST(ConvertOrder, AnAnswerTooLongToKeepLosesItsLines) {
  v1::UpsertOrderResponse response;
  *response.mutable_order() = FullOrder();
  BoundAnswer(response);
  EXPECT_EQ(response.order().lines_size(), 3);
  while (response.ByteSizeLong() <= domain::kMaxAnswerBytes) {
    *response.mutable_order()->add_lines() = response.order().lines(0);
  }
  BoundAnswer(response);
  EXPECT_LE(response.ByteSizeLong(), domain::kMaxAnswerBytes);
  EXPECT_EQ(response.order().external_id(), "T-1");
}

TEST(ConvertProduct, ComesBack) {
  v1::Product message;
  message.set_product_id("P1");
  message.set_title("蕾丝");
  message.set_category("上衣");
  message.set_brand("B");
  message.set_stage("新品");
  const auto input = FromProto(message);
  ASSERT_TRUE(input.ok());
  EXPECT_FALSE(input->etag.has_value());
  v1::Product shown = ToProto(input->product);
  EXPECT_NE(shown.etag(), "");
  message.set_etag(shown.etag());
  EXPECT_TRUE(FromProto(message)->etag.has_value());
  shown.clear_created_at();
  shown.clear_updated_at();
  EXPECT_EQ(shown.SerializeAsString(), message.SerializeAsString());
  message.set_etag("nonsense");
  EXPECT_EQ(Fault(FromProto(message)), "FIELD_INVALID etag");
}

}  // namespace
}  // namespace segmentation::rpc
