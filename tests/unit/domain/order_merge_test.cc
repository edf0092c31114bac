// What becomes of an order when another snapshot arrives, case by case. T26, T87.
#include "server/domain/order_merge.h"

#include <gtest/gtest.h>

#include <functional>

namespace segmentation::domain {
namespace {

Order Snapshot(base::InstantMs updated_at, OrderStatus status) {
  Order order;
  order.member_no = 7;
  order.source = "tmall";
  order.external_id = "1001";
  order.source_updated_at = updated_at;
  order.status = status;
  order.goods_paid_minor = 100;
  OrderLine line;
  line.id = "a";
  line.title = "蕾丝";
  order.lines = {line};
  return order;
}

OrderMerge Merge(const Order& stored, const Order& arriving) {
  return MergeOrder(stored, "m", arriving, "m");
}

TEST(OrderMergeTest, T87TheNewerSourceTimeHolds) {
  const Order stored = FirstSnapshot(Snapshot(10, OrderStatus::kFinished));
  Order newer = Snapshot(11, OrderStatus::kPaid);
  const OrderMerge merge = Merge(stored, newer);
  EXPECT_TRUE(merge.replaced);
  EXPECT_EQ(merge.order.status, OrderStatus::kPaid);
  EXPECT_FALSE(Merge(merge.order, stored).changed);
}

TEST(OrderMergeTest, T87EqualTimesGoByTheRankOfStatus) {
  const Order paid = FirstSnapshot(Snapshot(10, OrderStatus::kPaid));
  EXPECT_TRUE(Merge(paid, Snapshot(10, OrderStatus::kShipped)).replaced);
  EXPECT_FALSE(Merge(paid, Snapshot(10, OrderStatus::kUnpaid)).changed);
  EXPECT_FALSE(Merge(paid, Snapshot(10, OrderStatus::kPaid)).changed);
}

TEST(OrderMergeTest, T87OfEqualRankTheSnapshotThatSaysMoreHolds) {
  Order bare = Snapshot(10, OrderStatus::kPaid);
  bare.lines.clear();
  const Order stored = FirstSnapshot(bare);
  const OrderMerge merge = Merge(stored, Snapshot(10, OrderStatus::kPaid));
  EXPECT_TRUE(merge.replaced);
  EXPECT_EQ(merge.order.lines.size(), 1u);
  EXPECT_FALSE(Merge(merge.order, bare).changed);
  Order addressed = Snapshot(10, OrderStatus::kPaid);
  addressed.address = ReceiverAddress{"上海", "上海市", "徐汇区", "", "上海市徐汇区"};
  EXPECT_TRUE(Merge(merge.order, addressed).replaced);
}

TEST(OrderMergeTest, T87ANewerTimeOfTheSameFactsIsKept) {
  const Order stored = FirstSnapshot(Snapshot(10, OrderStatus::kPaid));
  const OrderMerge merge = Merge(stored, Snapshot(12, OrderStatus::kPaid));
  EXPECT_TRUE(merge.changed);
  EXPECT_EQ(merge.order.source_updated_at, 12);
  EXPECT_FALSE(Merge(merge.order, Snapshot(11, OrderStatus::kFinished)).changed);
}

TEST(OrderMergeTest, NumbersStampAndExclusionStayStable) {
  Order stored = FirstSnapshot(Snapshot(10, OrderStatus::kPaid));
  stored.number = 42;
  stored.exclusion_reason = "样品";
  stored.stamp.created_at_ms = 5;
  stored.lines[0].number = 3;
  Order newer = Snapshot(11, OrderStatus::kShipped);
  OrderLine added;
  added.id = "0 sorts first";
  newer.lines.push_back(added);
  newer.number = 99;
  const OrderMerge merge = Merge(stored, newer);
  EXPECT_EQ(merge.order.number, OrderNo{42});
  EXPECT_EQ(merge.order.exclusion_reason, "样品");
  EXPECT_EQ(merge.order.stamp.created_at_ms, 5);
  ASSERT_EQ(merge.order.lines.size(), 2u);
  EXPECT_EQ(merge.order.lines[0].id, "a");
  EXPECT_EQ(merge.order.lines[0].number, LineNo{3});
  EXPECT_EQ(merge.order.lines[1].number, LineNo{4});
  EXPECT_FALSE(merge.member_changed);
}

TEST(OrderMergeTest, RefundsAreUnitedById) {
  Order first = Snapshot(10, OrderStatus::kPaid);
  Refund refund;
  refund.id = "r1";
  refund.status = RefundStatus::kRequested;
  refund.amount_minor = 50;
  first.refunds = {refund};
  const Order stored = FirstSnapshot(first);
  EXPECT_EQ(stored.refunds[0].number, RefundNo{1});

  Order older = Snapshot(9, OrderStatus::kPaid);
  refund.status = RefundStatus::kSucceeded;
  refund.amount_minor = 40;
  older.refunds = {refund};
  refund.id = "r0";
  older.refunds.push_back(refund);
  const OrderMerge merge = Merge(stored, older);
  EXPECT_TRUE(merge.changed);
  EXPECT_FALSE(merge.replaced);
  ASSERT_EQ(merge.order.refunds.size(), 2u);
  EXPECT_EQ(merge.order.refunds[0].id, "r1");
  EXPECT_EQ(merge.order.refunds[0].status, RefundStatus::kSucceeded);
  EXPECT_EQ(merge.order.refunds[0].amount_minor, 40);
  EXPECT_EQ(merge.order.refunds[1].number, RefundNo{2});
  // A newer snapshot that names no refund takes none back.
  EXPECT_EQ(Merge(merge.order, Snapshot(12, OrderStatus::kPaid)).order.refunds.size(), 2u);
}

TEST(OrderMergeTest, AnotherOwnerMovesTheOrder) {
  const Order stored = FirstSnapshot(Snapshot(10, OrderStatus::kPaid));
  Order other = Snapshot(10, OrderStatus::kPaid);
  other.member_no = 8;
  EXPECT_FALSE(MergeOrder(stored, "m", other, "a").changed);
  const OrderMerge merge = MergeOrder(stored, "m", other, "z");
  EXPECT_TRUE(merge.member_changed);
  EXPECT_EQ(merge.order.member_no, MemberNo{8});
}

// T26: whatever differs is seen as another fact, and numbers, order of lists and what the policy
// makes are not facts.
TEST(OrderMergeTest, T26SameFactsSeesEveryFact) {
  const Order base = FirstSnapshot(Snapshot(10, OrderStatus::kPaid));
  const std::vector<std::function<void(Order&)>> facts = {
      [](Order& o) { o.source = "jd"; },
      [](Order& o) { o.external_id += " "; },
      [](Order& o) { o.status = OrderStatus::kShipped; },
      [](Order& o) { o.source_updated_at = 11; },
      [](Order& o) { o.created_at = 1; },
      [](Order& o) { o.paid_at = 0; },
      [](Order& o) { o.final_paid_at = 0; },
      [](Order& o) { o.shipped_at = 0; },
      [](Order& o) { o.received_at = 0; },
      [](Order& o) { o.finished_at = 0; },
      [](Order& o) { o.closed_at = 0; },
      [](Order& o) { o.presale = true; },
      [](Order& o) { o.cash_on_delivery = true; },
      [](Order& o) { o.receipt_automatic = true; },
      [](Order& o) { o.terminal = "PC"; },
      [](Order& o) { o.promotion_sources = {"聚划算"}; },
      [](Order& o) { o.coupon_ids = {"c"}; },
      [](Order& o) { o.logistics_company = "顺丰"; },
      [](Order& o) { o.goods_paid_minor = 101; },
      [](Order& o) { o.freight_minor = 1; },
      [](Order& o) { o.platform_discount_minor = 1; },
      [](Order& o) { o.store_no = 1; },
      [](Order& o) { o.address = ReceiverAddress{}; },
      [](Order& o) { o.lines.clear(); },
      [](Order& o) { o.lines[0].id = "b"; },
      [](Order& o) { o.lines[0].product_id = "p"; },
      [](Order& o) { o.lines[0].sku = "s"; },
      [](Order& o) { o.lines[0].title = "补水"; },
      [](Order& o) { o.lines[0].category = "c"; },
      [](Order& o) { o.lines[0].brand = "b"; },
      [](Order& o) { o.lines[0].properties["尺码"] = "35码"; },
      [](Order& o) { o.lines[0].quantity = 2; },
      [](Order& o) { o.lines[0].unit_price_minor = 1; },
      [](Order& o) { o.lines[0].line_discount_minor = 1; },
      [](Order& o) { o.lines[0].source_paid_minor = 0; },
      [](Order& o) { o.lines[0].gift_flag = true; },
      [](Order& o) { o.refunds.emplace_back(); },
      [](Order& o) { o.reviews.emplace_back(); },
  };
  for (size_t i = 0; i < facts.size(); ++i) {
    Order changed = base;
    facts[i](changed);
    EXPECT_FALSE(SameFacts(base, changed)) << "fact " << i;
    EXPECT_FALSE(SameFacts(changed, base)) << "fact " << i;
  }
  Order same = base;
  same.number = 5;
  same.lines[0].number = 9;
  same.lines[0].product_no = 4;
  same.lines[0].paid_minor = 77;
  same.measure.paid_minor = 1;
  same.stamp.updated_at_ms = 1;
  EXPECT_TRUE(SameFacts(base, same));
  Order left = base, right = base;
  left.coupon_ids = {"a", "b"};
  right.coupon_ids = {"b", "a"};
  EXPECT_TRUE(SameFacts(left, right));
}

}  // namespace
}  // namespace segmentation::domain
