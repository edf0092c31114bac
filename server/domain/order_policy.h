// The metric policy at work: from an order's facts to what it counts, when, and for how much (T95).
// Applied once, on write; every evaluator reads only what is made here. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/domain/order.h"
#include "server/domain/policy.h"

namespace segmentation::domain {

// Fills in order.measure, the lines' paid_minor and is_gift, and the refunds' effective_at,
// time_unknown and parts, all from facts alone: whatever stood there before plays no part, so
// applying twice changes nothing and taking a fact back restores the earlier state (T27).
//
// Paid: goods_paid_minor, less platform_discount_minor if the policy counts the buyer's cash only;
// for an unpaid order it is what would be paid. Lines' shares add up to it (T85): the platform's
// own split if every line has one and they add up; else by line amount after line discounts,
// largest remainder, ties by line id; gifts take none beside other lines.
//
// Refunds: only successful ones of goods. Taken in the order of (effective_at, id), each is bounded
// by what is left of the order: a line's refund first by its line's rest, then, like one of the
// whole order, in proportion to what is left of the lines. An order without lines has one part of
// line_no 0. goods_refunded_minor is the sum as reported, also where it exceeds the paid amount.
//
// A return without its order is an order of negative goods_paid_minor, or of lines that are all
// negative in quantity: reason kReturnOnly, never counted, its amounts negative, dated order_at
// (T97).
void ApplyPolicy(const MetricPolicy& policy, const absl::TimeZone& zone, Order& order);

// When the order was paid in full: cash on delivery when received, a presale at its final payment.
// A source that says "paid" without a time means the creation time. Nothing: not paid (yet), which
// the statuses kUnpaid and kDepositPaid say whatever times stand beside them (but goods received
// for cash are paid).
std::optional<base::InstantMs> FullyPaidAt(const Order& order);

// Counted at t: counted_from <= t < counted_until.
bool IsCountedAt(const Order& order, base::InstantMs t);

// A return without its order that subtracts at t.
bool IsReturnAt(const Order& order, base::InstantMs t);

// Paid − refunds up to t, whether or not the order is counted; never below 0 for a sale.
int64_t NetAt(const Order& order, base::InstantMs t);
// A line's share of it; the lines' nets add up to the order's (T85).
int64_t LineNetAt(const Order& order, const OrderLine& line, base::InstantMs t);

// Items brought back up to t: of all non-gift lines, of one line.
int64_t ReturnedQuantityAt(const Order& order, base::InstantMs t);
int64_t LineReturnedQuantityAt(const Order& order, const OrderLine& line, base::InstantMs t);

// Quantity of a line less what was returned up to t.
int64_t LineQuantityAt(const Order& order, const OrderLine& line, base::InstantMs t);

// Whether a refund takes goods money: successful, and neither freight nor compensation.
bool IsGoodsRefund(const Refund& refund);

// The reason in words an operator knows: "全额退款", "wholly refunded"; empty for kNone.
std::string_view ReasonInChinese(NotCountedReason reason);
std::string_view ReasonInEnglish(NotCountedReason reason);

}  // namespace segmentation::domain
