// Laws of orders over random cases: T25, T26, T27, T85, T87, T95.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "server/base/calendar.h"
#include "server/domain/order_merge.h"
#include "server/domain/order_policy.h"
#include "tests/support/law_cases.h"
#include "tests/support/seed.h"

namespace segmentation::domain {
namespace {

using base::InstantMs;
using Random = std::mt19937_64;

constexpr InstantMs kStart = 1'700'000'000'000;

int64_t Below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}
bool Chance(Random& random, int percent) { return Below(random, 100) < percent; }

std::optional<InstantMs> MaybeTime(Random& random, int percent) {
  if (!Chance(random, percent)) return std::nullopt;
  return kStart + Below(random, 50);
}

OrderLine RandomLine(Random& random, int index, bool negative) {
  OrderLine line;
  line.id = "l" + std::to_string(index);
  line.quantity = (negative ? -1 : 1) * (1 + Below(random, 4));
  line.unit_price_minor = Chance(random, 15) ? 0 : Below(random, 10'000);
  line.line_discount_minor = Chance(random, 30) ? Below(random, 500) : 0;
  line.gift_flag = Chance(random, 8);
  line.title = Chance(random, 50) ? "蕾丝" : "补水";
  if (Chance(random, 40)) line.properties["尺码"] = "35码";
  return line;
}

Refund RandomRefund(Random& random, int id) {
  Refund refund;
  refund.id = "r" + std::to_string(id);
  refund.kind = static_cast<RefundKind>(1 + Below(random, 4));
  refund.status = Chance(random, 70) ? RefundStatus::kSucceeded
                                     : static_cast<RefundStatus>(1 + Below(random, 3));
  refund.refunded_at = MaybeTime(random, 80);
  refund.amount_minor = Chance(random, 10) ? 1'000'000 : Below(random, 12'000);
  refund.returned_quantity = Below(random, 4);
  if (Chance(random, 50)) refund.line_id = "l" + std::to_string(Below(random, 6));
  return refund;
}

Order RandomOrder(Random& random) {
  Order order;
  order.source = "tmall";
  order.external_id = "1001";
  order.status = static_cast<OrderStatus>(1 + Below(random, 7));
  if (Chance(random, 60)) order.status = OrderStatus::kFinished;
  order.source_updated_at = kStart + Below(random, 4);
  order.created_at = kStart + Below(random, 10);
  order.paid_at = MaybeTime(random, 80);
  order.final_paid_at = MaybeTime(random, 20);
  order.received_at = MaybeTime(random, 60);
  order.finished_at = MaybeTime(random, 60);
  order.closed_at = MaybeTime(random, 30);
  order.presale = Chance(random, 15);
  order.cash_on_delivery = Chance(random, 15);
  order.goods_paid_minor = Chance(random, 10) ? 0 : Below(random, 30'000);
  order.platform_discount_minor = Chance(random, 20) ? Below(random, 3'000) : 0;
  const bool is_return = Chance(random, 8);
  if (is_return) order.goods_paid_minor = -order.goods_paid_minor;
  if (Chance(random, 5)) order.exclusion_reason = "样品";
  const int lines = static_cast<int>(Below(random, 6));
  for (int i = 0; i < lines; ++i) {
    order.lines.push_back(RandomLine(random, i, is_return || Chance(random, 4)));
    order.lines.back().number = static_cast<LineNo>(i + 1);
  }
  if (Chance(random, 30)) {
    int64_t left = order.goods_paid_minor;
    for (OrderLine& line : order.lines) {
      line.source_paid_minor = &line == &order.lines.back() ? left : left / 2;
      left -= *line.source_paid_minor;
    }
    if (Chance(random, 20) && lines > 0) *order.lines[0].source_paid_minor += 1;
  }
  const int refunds = static_cast<int>(Below(random, 4));
  for (int i = 0; i < refunds; ++i) {
    order.refunds.push_back(RandomRefund(random, i));
    order.refunds.back().number = static_cast<RefundNo>(i + 1);
  }
  return order;
}

MetricPolicy RandomPolicy(Random& random) {
  MetricPolicy policy;
  policy.valid_moment = static_cast<ValidMoment>(1 + Below(random, 4));
  policy.order_date = static_cast<OrderDate>(1 + Below(random, 2));
  policy.count_wholly_refunded = Chance(random, 20);
  policy.platform_discounts_count_as_paid = Chance(random, 70);
  policy.gifts_count_as_bought = Chance(random, 20);
  return policy;
}

void Apply(const MetricPolicy& policy, Order& order) {
  ApplyPolicy(policy, absl::UTCTimeZone(), order);
}

// Everything an order says and everything the policy made of it, by public id: the same text for
// the same state, without internal numbers.
std::string Dump(const Order& order) {
  std::ostringstream out;
  const OrderMeasure& m = order.measure;
  out << static_cast<int>(order.status) << ' ' << order.source_updated_at << ' ' << order.created_at
      << ' ' << order.paid_at.value_or(0) << ' ' << order.final_paid_at.value_or(0) << ' '
      << order.received_at.value_or(0) << ' ' << order.finished_at.value_or(0) << ' '
      << order.closed_at.value_or(0) << ' ' << order.presale << order.cash_on_delivery << ' '
      << order.goods_paid_minor << ' ' << order.platform_discount_minor << ' '
      << order.exclusion_reason << ' ' << order.member_no << ' ' << m.order_at << ' ' << m.order_day
      << ' ' << m.counted_from << ' ' << m.counted_until << ' ' << static_cast<int>(m.reason) << ' '
      << m.paid_minor << ' ' << m.goods_refunded_minor << ' ' << m.quantity << '\n';
  std::set<std::string> rows;
  for (const OrderLine& line : order.lines) {
    std::ostringstream row;
    row << line.id << ' ' << line.title << ' ' << line.properties.size() << ' ' << line.quantity
        << ' ' << line.unit_price_minor << ' ' << line.line_discount_minor << ' '
        << line.source_paid_minor.value_or(-1) << ' ' << line.gift_flag << line.is_gift << ' '
        << line.paid_minor;
    rows.insert(row.str());
  }
  for (const Refund& refund : order.refunds) {
    std::ostringstream row;
    row << refund.id << ' ' << static_cast<int>(refund.kind) << static_cast<int>(refund.status)
        << ' ' << refund.refunded_at.value_or(0) << ' ' << refund.amount_minor << ' '
        << refund.line_id << ' ' << refund.returned_quantity << ' ' << refund.effective_at
        << refund.time_unknown;
    std::set<std::string> parts;
    for (const RefundPart& part : refund.parts) {
      std::string line_id = "-";
      for (const OrderLine& line : order.lines) {
        if (line.number == part.line_no) line_id = line.id;
      }
      parts.insert(line_id + " " + std::to_string(part.amount_minor) + " " +
                   std::to_string(part.returned_quantity));
    }
    for (const std::string& part : parts) row << " | " << part;
    rows.insert(row.str());
  }
  for (const Review& review : order.reviews) {
    rows.insert(review.id + " " + std::to_string(review.reviewed_at) + " " +
                std::to_string(review.rating) + " " + review.text +
                (review.automatic ? " auto" : ""));
  }
  for (const std::string& row : rows) out << row << '\n';
  return out.str();
}

std::vector<InstantMs> Instants() {
  std::vector<InstantMs> instants = {kStart - 1, kNever - 1};
  for (InstantMs t = kStart; t < kStart + 51; t += 5) instants.push_back(t);
  return instants;
}

// T85 [law]: at every instant the lines' nets add up to the order's net, to the cent; a refund's
// parts never take more than is there.
TEST(OrderLawTest, T85LineNetsAddUpToTheOrdersNet) {
  const uint64_t seed = testing_support::TestSeed();
  Random random(seed);
  int with_lines = 0, cut = 0, split = 0;
  for ([[maybe_unused]] const int i : testing_support::LawCases("T85", 5'000, seed)) {
    Order order = RandomOrder(random);
    Apply(RandomPolicy(random), order);
    int64_t taken = 0;
    for (const Refund& refund : order.refunds) {
      for (const RefundPart& part : refund.parts) {
        ASSERT_GE(part.amount_minor, 0);
        ASSERT_GE(part.returned_quantity, 0);
        ASSERT_TRUE(part.amount_minor > 0 || part.returned_quantity > 0);
        taken += part.amount_minor;
      }
    }
    // All that was refunded is taken, as far as the order has it.
    ASSERT_EQ(taken, std::min(order.measure.goods_refunded_minor,
                              std::max<int64_t>(order.measure.paid_minor, 0)))
        << Dump(order);
    cut += taken < order.measure.goods_refunded_minor;
    for (InstantMs t : Instants()) {
      const int64_t net = NetAt(order, t);
      ASSERT_LE(net, order.measure.paid_minor);
      if (order.measure.paid_minor >= 0) {
        ASSERT_GE(net, 0);
      }
      if (order.lines.empty()) continue;
      int64_t sum = 0;
      for (const OrderLine& line : order.lines) {
        sum += LineNetAt(order, line, t);
        ASSERT_LE(LineReturnedQuantityAt(order, line, t), std::max<int64_t>(line.quantity, 0));
        if (line.paid_minor >= 0) {
          ASSERT_GE(LineNetAt(order, line, t), 0) << Dump(order);
        }
      }
      ASSERT_EQ(sum, net) << Dump(order);
    }
    with_lines += !order.lines.empty();
    split += !order.lines.empty() && order.lines[0].source_paid_minor.has_value();
  }
  EXPECT_GT(with_lines, 3'000);
  EXPECT_GT(cut, 200);
  EXPECT_GT(split, 500);
}

// T27 [law]: taking a refund, an exclusion or a closing back restores exactly the earlier state,
// and applying the policy twice changes nothing.
TEST(OrderLawTest, T27AReversalRestoresTheEarlierState) {
  const uint64_t seed = testing_support::TestSeed();
  Random random(seed);
  int moved = 0;
  for ([[maybe_unused]] const int i : testing_support::LawCases("T27", 3'000, seed)) {
    const MetricPolicy policy = RandomPolicy(random);
    Order order = RandomOrder(random);
    Apply(policy, order);
    const std::string before = Dump(order);
    Apply(policy, order);
    ASSERT_EQ(Dump(order), before);

    Order changed = order;
    Refund refund = RandomRefund(random, 9);
    refund.number = 9;
    changed.refunds.push_back(refund);
    if (Chance(random, 30)) changed.exclusion_reason = "内购";
    if (Chance(random, 30)) changed.status = OrderStatus::kClosed;
    Apply(RandomPolicy(random), changed);
    const bool differs = changed.measure.reason != order.measure.reason ||
                         NetAt(changed, kNever - 1) != NetAt(order, kNever - 1);
    moved += differs;

    changed.refunds.pop_back();
    changed.exclusion_reason = order.exclusion_reason;
    changed.status = order.status;
    Apply(policy, changed);
    ASSERT_EQ(Dump(changed), before);
  }
  EXPECT_GT(moved, 1'000);
}

// T27 [law]: a refund refused after all leaves the money and the counting as if it never was.
TEST(OrderLawTest, T27ARefusedRefundCountsForNothing) {
  const uint64_t seed = testing_support::TestSeed();
  Random random(seed);
  for ([[maybe_unused]] const int i : testing_support::LawCases("T27", 2'000, seed)) {
    Order order = RandomOrder(random);
    Order refused = order;
    refused.refunds.push_back(RandomRefund(random, 9));
    refused.refunds.back().number = 9;
    refused.refunds.back().status = RefundStatus::kRefused;
    const MetricPolicy policy = RandomPolicy(random);
    Apply(policy, order);
    Apply(policy, refused);
    for (InstantMs t : Instants()) {
      ASSERT_EQ(NetAt(refused, t), NetAt(order, t));
      ASSERT_EQ(IsCountedAt(refused, t), IsCountedAt(order, t));
      ASSERT_EQ(ReturnedQuantityAt(refused, t), ReturnedQuantityAt(order, t));
    }
  }
}

// T95: the reason and the interval say the same; a wholly refunded order ends when the last cent
// is given back.
TEST(OrderLawTest, T95TheReasonAgreesWithTheInterval) {
  const uint64_t seed = testing_support::TestSeed();
  Random random(seed);
  std::set<NotCountedReason> seen;
  for ([[maybe_unused]] const int i : testing_support::LawCases("T95", 5'000, seed)) {
    Order order = RandomOrder(random);
    const MetricPolicy policy = RandomPolicy(random);
    Apply(policy, order);
    const OrderMeasure& m = order.measure;
    seen.insert(m.reason);
    ASSERT_LE(m.counted_from, m.counted_until);
    ASSERT_EQ(m.reason == NotCountedReason::kNone,
              m.counted_from != kNever && m.counted_until == kNever)
        << Dump(order);
    ASSERT_EQ(m.order_day, base::DayOf(m.order_at, absl::UTCTimeZone()));
    if (m.reason == NotCountedReason::kWhollyRefunded) {
      ASSERT_EQ(NetAt(order, kNever - 1), 0);
    }
    if (m.counted_from != kNever && policy.valid_moment != ValidMoment::kCreated) {
      ASSERT_NE(order.status, OrderStatus::kDepositPaid);
      ASSERT_TRUE(FullyPaidAt(order));
    }
  }
  EXPECT_EQ(seen.size(), 9u);  // every reason came up
}

struct Snapshot {
  Order order;
  std::string member_id;
};

// Snapshots of one order that differ a little from each other, many at one source time.
std::vector<Snapshot> RandomSnapshots(Random& random) {
  std::vector<Snapshot> snapshots;
  const Order first = RandomOrder(random);
  const int count = static_cast<int>(2 + Below(random, 4));
  for (int i = 0; i < count; ++i) {
    Order order = Chance(random, 50) ? first : RandomOrder(random);
    order.exclusion_reason.clear();
    order.source_updated_at = kStart + Below(random, 3);
    order.status = static_cast<OrderStatus>(1 + Below(random, 7));
    std::shuffle(order.lines.begin(), order.lines.end(), random);
    for (OrderLine& line : order.lines) line.number = 0;
    order.refunds.clear();
    for (int id = 0; id < 4; ++id) {
      if (Chance(random, 40)) order.refunds.push_back(RandomRefund(random, id));
    }
    for (int id = 0; id < 2; ++id) {
      if (!Chance(random, 40)) continue;
      Review review;
      review.id = "v" + std::to_string(id);
      review.reviewed_at = kStart + Below(random, 3);
      review.rating = static_cast<int32_t>(Below(random, 3));
      review.automatic = Chance(random, 50);
      review.text = Chance(random, 50) ? "好" : "";
      order.reviews.push_back(review);
    }
    const int64_t owner = Chance(random, 90) ? 1 : 2;
    order.member_no = static_cast<MemberNo>(owner);
    snapshots.push_back({order, "member" + std::to_string(owner)});
  }
  return snapshots;
}

// What is stored after the snapshots came in this order.
Order Arrive(const std::vector<Snapshot>& snapshots) {
  Order stored = FirstSnapshot(snapshots[0].order);
  std::string owner = snapshots[0].member_id;
  Apply({}, stored);
  for (size_t i = 1; i < snapshots.size(); ++i) {
    OrderMerge merge = MergeOrder(stored, owner, snapshots[i].order, snapshots[i].member_id);
    if (!merge.changed) continue;
    if (merge.replaced) owner = snapshots[i].member_id;
    stored = merge.order;
    Apply({}, stored);
  }
  return stored;
}

// T87, T25 [law]: any order of arrival of the same snapshots ends in the same state.
TEST(OrderLawTest, T87T25AnyOrderOfArrivalEndsInTheSameState) {
  const uint64_t seed = testing_support::TestSeed();
  Random random(seed);
  for ([[maybe_unused]] const int i : testing_support::LawCases("T87 T25", 2'000, seed)) {
    std::vector<Snapshot> snapshots = RandomSnapshots(random);
    const std::string expected = Dump(Arrive(snapshots));
    for (int arrival = 0; arrival < 6; ++arrival) {
      std::shuffle(snapshots.begin(), snapshots.end(), random);
      ASSERT_EQ(Dump(Arrive(snapshots)), expected);
    }
  }
}

// T26 [law]: what was there already counts once: replaying all of it, in any order, changes
// nothing.
TEST(OrderLawTest, T26AReplayChangesNothing) {
  const uint64_t seed = testing_support::TestSeed();
  Random random(seed);
  for ([[maybe_unused]] const int i : testing_support::LawCases("T26", 2'000, seed)) {
    std::vector<Snapshot> snapshots = RandomSnapshots(random);
    const Order stored = Arrive(snapshots);
    // The owner is that of the snapshot that holds.
    std::string owner = "member" + std::to_string(stored.member_no);
    std::shuffle(snapshots.begin(), snapshots.end(), random);
    for (const Snapshot& snapshot : snapshots) {
      const OrderMerge merge = MergeOrder(stored, owner, snapshot.order, snapshot.member_id);
      ASSERT_FALSE(merge.changed);
      ASSERT_TRUE(SameFacts(merge.order, stored));
      ASSERT_EQ(Dump(merge.order), Dump(stored));
    }
    const OrderMerge itself = MergeOrder(stored, owner, stored, owner);
    ASSERT_FALSE(itself.changed);
  }
}

}  // namespace
}  // namespace segmentation::domain
