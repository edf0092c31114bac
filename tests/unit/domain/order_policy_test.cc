// What the metric policy makes of an order, case by case. T27, T85, T95, T97.
#include "server/domain/order_policy.h"

#include <gtest/gtest.h>

#include <vector>

#include "server/base/calendar.h"
#include "server/domain/limits.h"

namespace segmentation::domain {
namespace {

using base::InstantMs;

constexpr InstantMs kCreated = 1'700'000'000'000;
constexpr InstantMs kPaid = kCreated + 60'000;
constexpr InstantMs kFinalPaid = kCreated + 5 * base::kMillisPerDay;
constexpr InstantMs kReceived = kCreated + 8 * base::kMillisPerDay;
constexpr InstantMs kFinished = kCreated + 9 * base::kMillisPerDay;
constexpr InstantMs kRefunded = kCreated + 10 * base::kMillisPerDay;
constexpr InstantMs kClosed = kCreated + 11 * base::kMillisPerDay;
constexpr InstantMs kLate = kCreated + 100 * base::kMillisPerDay;

absl::TimeZone Shanghai() { return base::LoadTimeZone("Asia/Shanghai", "").value(); }

OrderLine Line(LineNo number, int64_t quantity, int64_t unit_price) {
  OrderLine line;
  line.number = number;
  line.id = std::string("line") + static_cast<char>('0' + number);
  line.quantity = quantity;
  line.unit_price_minor = unit_price;
  return line;
}

Refund Refunded(std::string id, int64_t amount, std::optional<InstantMs> at) {
  Refund refund;
  refund.number = 1;
  refund.id = std::move(id);
  refund.amount_minor = amount;
  refund.refunded_at = at;
  return refund;
}

// Paid, finished, 100.00 over two lines of 60.00 and 40.00.
Order PaidOrder() {
  Order order;
  order.status = OrderStatus::kFinished;
  order.created_at = kCreated;
  order.paid_at = kPaid;
  order.received_at = kReceived;
  order.finished_at = kFinished;
  order.goods_paid_minor = 10'000;
  order.lines = {Line(1, 2, 3'000), Line(2, 1, 4'000)};
  return order;
}

Order Applied(Order order, const MetricPolicy& policy = {}) {
  ApplyPolicy(policy, Shanghai(), order);
  return order;
}

std::vector<int64_t> PaidByLine(const Order& order) {
  std::vector<int64_t> paid;
  for (const OrderLine& line : order.lines) paid.push_back(line.paid_minor);
  return paid;
}

// T95: a paid order counts from its payment on.
TEST(OrderPolicyTest, T95PaidOrdersCountFromTheirPayment) {
  const Order order = Applied(PaidOrder());
  EXPECT_EQ(order.measure.reason, NotCountedReason::kNone);
  EXPECT_EQ(order.measure.order_at, kPaid);
  EXPECT_EQ(order.measure.order_day, base::DayOf(kPaid, Shanghai()));
  EXPECT_FALSE(IsCountedAt(order, kPaid - 1));
  EXPECT_TRUE(IsCountedAt(order, kPaid));
  EXPECT_TRUE(IsCountedAt(order, kNever - 1));
  EXPECT_EQ(order.measure.paid_minor, 10'000);
  EXPECT_EQ(order.measure.quantity, 3);
  EXPECT_EQ(order.measure.policy_revision, 1);
  EXPECT_EQ(PaidByLine(order), (std::vector<int64_t>{6'000, 4'000}));
}

TEST(OrderPolicyTest, T95UnpaidClosedAndDepositOnlyOrdersNeverCount) {
  Order unpaid = PaidOrder();
  unpaid.status = OrderStatus::kUnpaid;
  unpaid.paid_at.reset();
  unpaid = Applied(unpaid);
  EXPECT_EQ(unpaid.measure.reason, NotCountedReason::kNotPaid);
  EXPECT_FALSE(IsCountedAt(unpaid, kLate));
  EXPECT_EQ(unpaid.measure.order_at, kCreated);
  EXPECT_EQ(unpaid.measure.paid_minor, 10'000);  // what would be paid

  Order closed = PaidOrder();
  closed.status = OrderStatus::kClosed;
  closed.paid_at.reset();
  closed.closed_at = kClosed;
  EXPECT_EQ(Applied(closed).measure.reason, NotCountedReason::kClosed);
  EXPECT_FALSE(IsCountedAt(Applied(closed), kPaid));

  Order deposit = PaidOrder();
  deposit.presale = true;
  deposit.status = OrderStatus::kDepositPaid;
  EXPECT_EQ(Applied(deposit).measure.reason, NotCountedReason::kDepositOnly);
  EXPECT_FALSE(IsCountedAt(Applied(deposit), kLate));
  deposit.status = OrderStatus::kClosed;  // the deposit is forfeited
  EXPECT_EQ(Applied(deposit).measure.reason, NotCountedReason::kDepositOnly);
  deposit.presale = false;
  deposit.paid_at.reset();
  deposit.status = OrderStatus::kDepositPaid;
  EXPECT_EQ(Applied(deposit).measure.reason, NotCountedReason::kDepositOnly);
}

TEST(OrderPolicyTest, T95AnOrderClosedAfterPaymentCountsUntilThen) {
  Order order = PaidOrder();
  order.status = OrderStatus::kClosed;
  order.closed_at = kClosed;
  order = Applied(order);
  EXPECT_EQ(order.measure.reason, NotCountedReason::kClosed);
  EXPECT_TRUE(IsCountedAt(order, kClosed - 1));
  EXPECT_FALSE(IsCountedAt(order, kClosed));
  order.closed_at.reset();
  order = Applied(order);
  EXPECT_FALSE(IsCountedAt(order, kPaid));
  // The refund of all goods came first and is the reason.
  order.closed_at = kClosed;
  order.refunds = {Refunded("r", 10'000, kRefunded)};
  order = Applied(order);
  EXPECT_EQ(order.measure.reason, NotCountedReason::kWhollyRefunded);
  EXPECT_EQ(order.measure.counted_until, kRefunded);
}

TEST(OrderPolicyTest, T95PresaleCountsAtTheFinalPayment) {
  Order order = PaidOrder();
  order.presale = true;
  order.final_paid_at = kFinalPaid;
  order = Applied(order);
  EXPECT_EQ(order.measure.order_at, kFinalPaid);
  EXPECT_FALSE(IsCountedAt(order, kFinalPaid - 1));
  EXPECT_TRUE(IsCountedAt(order, kFinalPaid));
  // A source with one time only.
  order.final_paid_at.reset();
  EXPECT_EQ(Applied(order).measure.order_at, kPaid);
}

TEST(OrderPolicyTest, T95CashOnDeliveryCountsWhenReceived) {
  Order order = PaidOrder();
  order.cash_on_delivery = true;
  order.paid_at.reset();
  EXPECT_EQ(Applied(order).measure.order_at, kReceived);
  EXPECT_TRUE(IsCountedAt(Applied(order), kReceived));
  order.received_at.reset();
  EXPECT_EQ(Applied(order).measure.order_at, kFinished);
  order.finished_at.reset();
  order.status = OrderStatus::kShipped;
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kNotReceived);
  EXPECT_EQ(Applied(order).measure.order_at, kCreated);
  order.status = OrderStatus::kClosed;
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kClosed);
}

TEST(OrderPolicyTest, T95ASourceWithoutTimesMeansTheCreationTime) {
  Order order = PaidOrder();
  order.paid_at.reset();
  EXPECT_EQ(Applied(order).measure.order_at, kCreated);
  EXPECT_TRUE(IsCountedAt(Applied(order), kCreated));
  // The status says that nothing was paid, whatever time stands there.
  order.paid_at = kPaid;
  order.status = OrderStatus::kUnpaid;
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kNotPaid);
}

TEST(OrderPolicyTest, T95ExclusionComesFirst) {
  Order order = PaidOrder();
  order.exclusion_reason = "样品";
  order.refunds = {Refunded("r", 10'000, kRefunded)};
  order = Applied(order);
  EXPECT_EQ(order.measure.reason, NotCountedReason::kExcluded);
  EXPECT_FALSE(IsCountedAt(order, kPaid));
  order.goods_paid_minor = -1;
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kExcluded);
  EXPECT_FALSE(IsReturnAt(Applied(order), kLate));
}

TEST(OrderPolicyTest, T95ZeroPaidOrdersCountAndGiftsAloneDoNot) {
  Order order = PaidOrder();
  order.goods_paid_minor = 0;
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kNone);
  order.lines.clear();
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kNone);
  order.lines = {Line(1, 1, 0)};  // nothing paid beside it: no gift
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kNone);
  // A refund of nothing does not make it wholly refunded.
  order.refunds = {Refunded("r", 0, kRefunded)};
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kNone);
  order.lines[0].gift_flag = true;
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kGiftsOnly);
  EXPECT_FALSE(IsCountedAt(Applied(order), kLate));
  EXPECT_EQ(Applied(order).measure.quantity, 0);
  MetricPolicy bought;
  bought.gifts_count_as_bought = true;
  EXPECT_EQ(Applied(order, bought).measure.reason, NotCountedReason::kNone);
  EXPECT_EQ(Applied(order, bought).measure.quantity, 1);
}

TEST(OrderPolicyTest, GiftsTakeNoQuantityAndNoMoney) {
  Order order = PaidOrder();
  order.lines.push_back(Line(3, 5, 0));      // price 0 beside a paid line
  order.lines.push_back(Line(4, 1, 9'900));  // flagged, whatever its price says
  order.lines[3].gift_flag = true;
  order = Applied(order);
  EXPECT_TRUE(order.lines[2].is_gift);
  EXPECT_TRUE(order.lines[3].is_gift);
  EXPECT_FALSE(order.lines[0].is_gift);
  EXPECT_EQ(order.measure.quantity, 3);
  EXPECT_EQ(PaidByLine(order), (std::vector<int64_t>{6'000, 4'000, 0, 0}));
}

// T85: the platform's own split if it adds up, else by line amount, largest remainder, ties by id.
TEST(OrderPolicyTest, T85SpreadsThePaidAmount) {
  Order order = PaidOrder();
  order.lines[0].source_paid_minor = 5'001;
  order.lines[1].source_paid_minor = 4'999;
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{5'001, 4'999}));
  order.lines[1].source_paid_minor = 5'000;  // does not add up
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{6'000, 4'000}));
  order.lines[1].source_paid_minor.reset();
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{6'000, 4'000}));
  order.goods_paid_minor = 9'999;
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{5'999, 4'000}));
  order.lines[0].line_discount_minor = 2'000;  // equal amounts: the tie goes to the lower id
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{5'000, 4'999}));
  order.lines[0].id = "z";
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{4'999, 5'000}));
  order.lines = {Line(1, 2, 0), Line(2, 1, 0)};  // no amounts: by quantity
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{6'666, 3'333}));
  // A line that takes money off keeps its own amount when all add up.
  order.lines = {Line(1, 1, 10'000), Line(2, -1, 1)};
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{10'000, -1}));
}

TEST(OrderPolicyTest, T85BuyersCashOnly) {
  MetricPolicy cash;
  cash.platform_discounts_count_as_paid = false;
  Order order = PaidOrder();
  order.platform_discount_minor = 1'000;
  order.lines[0].source_paid_minor = 7'000;
  order.lines[1].source_paid_minor = 3'000;
  EXPECT_EQ(Applied(order).measure.paid_minor, 10'000);
  order = Applied(order, cash);
  EXPECT_EQ(order.measure.paid_minor, 9'000);
  EXPECT_EQ(PaidByLine(order), (std::vector<int64_t>{6'300, 2'700}));
  order.platform_discount_minor = 20'000;
  EXPECT_EQ(Applied(order, cash).measure.paid_minor, 0);
}

// T27: spend is net of refunds from the time of each; wholly refunded orders stop counting.
TEST(OrderPolicyTest, T27RefundsReduceTheirOrderFromTheirTimeOn) {
  Order order = PaidOrder();
  order.refunds = {Refunded("r1", 1'001, kRefunded)};
  order = Applied(order);
  EXPECT_EQ(order.measure.reason, NotCountedReason::kNone);
  EXPECT_EQ(NetAt(order, kRefunded - 1), 10'000);
  EXPECT_EQ(NetAt(order, kRefunded), 8'999);
  EXPECT_EQ(LineNetAt(order, order.lines[0], kRefunded), 6'000 - 601);
  EXPECT_EQ(LineNetAt(order, order.lines[1], kRefunded), 4'000 - 400);
  EXPECT_EQ(order.measure.goods_refunded_minor, 1'001);

  order.refunds.push_back(Refunded("r2", 8'999, kRefunded + 5));
  order = Applied(order);
  EXPECT_EQ(order.measure.reason, NotCountedReason::kWhollyRefunded);
  EXPECT_EQ(order.measure.counted_until, kRefunded + 5);
  EXPECT_TRUE(IsCountedAt(order, kRefunded + 4));
  EXPECT_FALSE(IsCountedAt(order, kRefunded + 5));
  EXPECT_EQ(NetAt(order, kLate), 0);
  EXPECT_EQ(order.measure.order_at, kPaid);

  MetricPolicy all;
  all.count_wholly_refunded = true;
  order = Applied(order, all);
  EXPECT_EQ(order.measure.reason, NotCountedReason::kNone);
  EXPECT_TRUE(IsCountedAt(order, kLate));
  EXPECT_EQ(NetAt(order, kLate), 0);
}

TEST(OrderPolicyTest, T27ARefundWithoutTimeCountsAtThePayTimeFlagged) {
  Order order = PaidOrder();
  order.refunds = {Refunded("r1", 1'000, std::nullopt)};
  order = Applied(order);
  EXPECT_TRUE(order.refunds[0].time_unknown);
  EXPECT_EQ(order.refunds[0].effective_at, kPaid);
  EXPECT_EQ(NetAt(order, kPaid), 9'000);
  order.refunds[0].amount_minor = 10'000;
  order = Applied(order);
  EXPECT_FALSE(IsCountedAt(order, kPaid));
  EXPECT_EQ(order.measure.reason, NotCountedReason::kWhollyRefunded);
}

TEST(OrderPolicyTest, T27OnlySuccessfulRefundsOfGoodsAreRefunds) {
  for (RefundStatus status : {RefundStatus::kRequested, RefundStatus::kRefused}) {
    Order order = PaidOrder();
    order.refunds = {Refunded("r1", 10'000, kRefunded)};
    order.refunds[0].status = status;
    order = Applied(order);
    EXPECT_EQ(NetAt(order, kLate), 10'000);
    EXPECT_TRUE(order.refunds[0].parts.empty());
  }
  for (RefundKind kind : {RefundKind::kFreight, RefundKind::kCompensation}) {
    Order order = PaidOrder();
    order.refunds = {Refunded("r1", 10'000, kRefunded)};
    order.refunds[0].kind = kind;
    order = Applied(order);
    EXPECT_EQ(NetAt(order, kLate), 10'000);
    EXPECT_EQ(order.measure.goods_refunded_minor, 0);
    EXPECT_TRUE(IsCountedAt(order, kLate));
  }
}

TEST(OrderPolicyTest, ARefundBeyondThePaidAmountIsCutButReported) {
  Order order = PaidOrder();
  order.refunds = {Refunded("r1", 12'345, kRefunded)};
  order = Applied(order);
  EXPECT_EQ(NetAt(order, kLate), 0);
  EXPECT_EQ(order.measure.goods_refunded_minor, 12'345);
  EXPECT_EQ(LineNetAt(order, order.lines[0], kLate), 0);
  EXPECT_EQ(LineNetAt(order, order.lines[1], kLate), 0);
}

TEST(OrderPolicyTest, ALinesRefundTakesItsLineFirst) {
  Order order = PaidOrder();
  order.refunds = {Refunded("r1", 5'000, kRefunded)};
  order.refunds[0].line_id = "line2";
  order = Applied(order);
  EXPECT_EQ(LineNetAt(order, order.lines[1], kLate), 0);
  EXPECT_EQ(LineNetAt(order, order.lines[0], kLate), 5'000);
  order.refunds[0].line_id = "no such line";
  order = Applied(order);
  EXPECT_EQ(LineNetAt(order, order.lines[0], kLate), 3'000);
}

TEST(OrderPolicyTest, ReturnsReduceQuantityAndRefundsAloneDoNot) {
  Order order = PaidOrder();
  order.refunds = {Refunded("r1", 3'000, kRefunded)};
  order.refunds[0].returned_quantity = 1;
  EXPECT_EQ(ReturnedQuantityAt(Applied(order), kLate), 0);
  order.refunds[0].kind = RefundKind::kReturnAndRefund;
  order.refunds[0].line_id = "line1";
  order = Applied(order);
  EXPECT_EQ(ReturnedQuantityAt(order, kRefunded - 1), 0);
  EXPECT_EQ(ReturnedQuantityAt(order, kRefunded), 1);
  EXPECT_EQ(LineQuantityAt(order, order.lines[0], kLate), 1);
  EXPECT_EQ(LineQuantityAt(order, order.lines[1], kLate), 1);
  order.refunds[0].returned_quantity = 99;  // no more than were sold
  EXPECT_EQ(ReturnedQuantityAt(Applied(order), kLate), 2);
  order.refunds[0].line_id.clear();
  EXPECT_EQ(ReturnedQuantityAt(Applied(order), kLate), 3);
  order.refunds[0].returned_quantity = 1;  // of the whole order: the larger line
  EXPECT_EQ(LineReturnedQuantityAt(Applied(order), order.lines[0], kLate), 1);
}

TEST(OrderPolicyTest, AnOrderWithoutLinesIsRefundedAsAWhole) {
  Order order = PaidOrder();
  order.lines.clear();
  order.refunds = {Refunded("r1", 4'000, kRefunded), Refunded("r2", 8'000, kRefunded)};
  order.refunds[0].kind = RefundKind::kReturnAndRefund;
  order.refunds[0].returned_quantity = 1;
  order = Applied(order);
  ASSERT_EQ(order.refunds[0].parts.size(), 1u);
  EXPECT_EQ(order.refunds[0].parts[0].line_no, LineNo{0});
  EXPECT_EQ(order.refunds[1].parts[0].amount_minor, 6'000);
  EXPECT_EQ(NetAt(order, kLate), 0);
  EXPECT_EQ(ReturnedQuantityAt(order, kLate), 0);
}

// T97: a return without its order subtracts on its own date and is never counted.
TEST(OrderPolicyTest, T97AReturnWithoutItsOrderSubtractsOnItsOwnDate) {
  Order order = PaidOrder();
  order.goods_paid_minor = -2'520;
  order.lines = {Line(1, -12, 200), Line(2, -1, 120)};
  order.refunds = {Refunded("r1", 100, kRefunded)};
  order = Applied(order);
  EXPECT_EQ(order.measure.reason, NotCountedReason::kReturnOnly);
  EXPECT_FALSE(IsCountedAt(order, kLate));
  EXPECT_FALSE(IsReturnAt(order, kPaid - 1));
  EXPECT_TRUE(IsReturnAt(order, kPaid));
  EXPECT_EQ(NetAt(order, kLate), -2'520);
  EXPECT_EQ(PaidByLine(order), (std::vector<int64_t>{-2'400, -120}));
  EXPECT_EQ(order.measure.quantity, -13);
  order.goods_paid_minor = -2'519;
  EXPECT_EQ(PaidByLine(Applied(order)), (std::vector<int64_t>{-2'399, -120}));
  order.goods_paid_minor = 0;
  EXPECT_EQ(Applied(order).measure.reason, NotCountedReason::kReturnOnly);
  EXPECT_FALSE(IsReturnAt(Applied(PaidOrder()), kLate));
}

TEST(OrderPolicyTest, OtherMomentsAndDates) {
  MetricPolicy created;
  created.valid_moment = ValidMoment::kCreated;
  created.order_date = OrderDate::kCreated;
  Order unpaid = PaidOrder();
  unpaid.status = OrderStatus::kUnpaid;
  unpaid.paid_at.reset();
  EXPECT_TRUE(IsCountedAt(Applied(unpaid, created), kCreated));
  EXPECT_FALSE(IsCountedAt(Applied(unpaid, created), kCreated - 1));
  EXPECT_EQ(Applied(PaidOrder(), created).measure.order_at, kCreated);

  MetricPolicy received;
  received.valid_moment = ValidMoment::kReceived;
  EXPECT_EQ(Applied(PaidOrder(), received).measure.counted_from, kReceived);
  EXPECT_EQ(Applied(PaidOrder(), received).measure.order_at, kPaid);
  Order shipped = PaidOrder();
  shipped.status = OrderStatus::kShipped;
  shipped.received_at.reset();
  shipped.finished_at.reset();
  EXPECT_EQ(Applied(shipped, received).measure.reason, NotCountedReason::kNotReceived);
  EXPECT_EQ(Applied(shipped, received).measure.counted_from, kNever);

  MetricPolicy finished;
  finished.valid_moment = ValidMoment::kFinished;
  EXPECT_EQ(Applied(PaidOrder(), finished).measure.counted_from, kFinished);
  EXPECT_EQ(Applied(shipped, finished).measure.counted_from, kNever);
}

TEST(OrderPolicyTest, EveryReasonHasWords) {
  for (int reason = 1; reason <= 8; ++reason) {
    EXPECT_FALSE(ReasonInChinese(static_cast<NotCountedReason>(reason)).empty());
    EXPECT_FALSE(ReasonInEnglish(static_cast<NotCountedReason>(reason)).empty());
  }
  EXPECT_EQ(ReasonInChinese(NotCountedReason::kWhollyRefunded), "全额退款");
  EXPECT_EQ(ReasonInChinese(NotCountedReason::kNone), "");
}

// Numbers at the ends of 64 bits, which validation keeps out, do no harm either.
TEST(OrderPolicyTest, HugeAmountsStayDefined) {
  for (int64_t extreme : {INT64_MAX, INT64_MIN, kMaxAmountMinor, -kMaxAmountMinor}) {
    Order order = PaidOrder();
    order.goods_paid_minor = extreme;
    order.platform_discount_minor = INT64_MAX;
    for (OrderLine& line : order.lines) {
      line.unit_price_minor = extreme;
      line.quantity = INT64_MAX;
      line.line_discount_minor = INT64_MIN;
    }
    order.refunds = {Refunded("r1", INT64_MAX, kRefunded), Refunded("r2", INT64_MAX, kRefunded)};
    order.refunds[0].kind = RefundKind::kReturnAndRefund;
    order.refunds[0].returned_quantity = INT64_MAX;
    order = Applied(order);
    EXPECT_EQ(order.measure.paid_minor, extreme);
    EXPECT_EQ(NetAt(order, kLate), extreme > 0 ? 0 : extreme);
  }
}

}  // namespace
}  // namespace segmentation::domain
