#include "server/domain/order_policy.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "server/base/calendar.h"
#include "server/base/money.h"
#include "server/base/planted_fault.h"

namespace segmentation::domain {
namespace {

using base::InstantMs;
using base::SaturatingAdd;
using base::SaturatingMultiply;

constexpr int64_t kMaxWeight = int64_t{1} << 62;

bool IsAtLeast(OrderStatus status, OrderStatus least) {
  return status != OrderStatus::kClosed && status >= least;
}

// What a line costs after its own discounts.
int64_t LineAmount(const OrderLine& line) {
  const int64_t gross = SaturatingMultiply(line.unit_price_minor, line.quantity);
  return SaturatingAdd(
      gross, line.line_discount_minor == INT64_MIN ? INT64_MAX : -line.line_discount_minor);
}

bool IsReturnOnly(const Order& order) {
  if (order.goods_paid_minor != 0) return order.goods_paid_minor < 0;
  return !order.lines.empty() &&
         std::all_of(order.lines.begin(), order.lines.end(),
                     [](const OrderLine& line) { return line.quantity < 0; });
}

bool IsPaidLine(const OrderLine& line) {
  return line.source_paid_minor.value_or(0) > 0 || LineAmount(line) > 0;
}

void DetectGifts(const MetricPolicy& policy, Order& order) {
  const bool any_paid = std::any_of(order.lines.begin(), order.lines.end(), IsPaidLine);
  for (OrderLine& line : order.lines) {
    const bool free = line.unit_price_minor == 0 && line.source_paid_minor.value_or(0) == 0;
    line.is_gift = !policy.gifts_count_as_bought && (line.gift_flag || (free && any_paid));
  }
}

// Positions of the lines by line id: the order in which ties are broken.
std::vector<size_t> LinesById(const Order& order) {
  std::vector<size_t> by_id(order.lines.size());
  std::iota(by_id.begin(), by_id.end(), size_t{0});
  std::sort(by_id.begin(), by_id.end(),
            [&](size_t a, size_t b) { return order.lines[a].id < order.lines[b].id; });
  return by_id;
}

// Sum of one amount a line; nothing if a line has none or the sum leaves 64 bits.
template <typename AmountOf>
std::optional<int64_t> SumOverLines(const Order& order, AmountOf amount_of) {
  int64_t sum = 0;
  for (const OrderLine& line : order.lines) {
    const std::optional<int64_t> amount = amount_of(line);
    const std::optional<int64_t> next =
        amount ? base::CheckedAdd(sum, *amount) : std::optional<int64_t>();
    if (!next) return std::nullopt;
    sum = *next;
  }
  return sum;
}

// Weight of an amount that is to share in `total`: its size if both have one sign, else 0.
int64_t WeightOf(int64_t amount, int64_t total) {
  if ((amount < 0) != (total < 0) || amount == 0) return 0;
  return amount < -kMaxWeight ? kMaxWeight : std::min(kMaxWeight, amount < 0 ? -amount : amount);
}

// The weights by which the paid amount is spread, by position.
std::vector<int64_t> PaidWeights(const Order& order, int64_t paid, bool by_split) {
  std::vector<int64_t> weights;
  for (const OrderLine& line : order.lines) {
    const int64_t amount = by_split ? *line.source_paid_minor : LineAmount(line);
    weights.push_back(line.is_gift && !by_split ? 0 : WeightOf(amount, paid));
  }
  const auto is_zero = [](int64_t weight) { return weight == 0; };
  if (std::all_of(weights.begin(), weights.end(), is_zero)) {
    for (size_t i = 0; i < weights.size(); ++i) {
      const OrderLine& line = order.lines[i];
      weights[i] = line.is_gift ? 0 : WeightOf(line.quantity, line.quantity);
    }
  }
  return weights;
}

void SpreadPaid(Order& order, int64_t paid) {
  const auto split_of = [](const OrderLine& line) { return line.source_paid_minor; };
  const auto amount_of = [](const OrderLine& line) {
    return std::optional<int64_t>(line.is_gift ? 0 : LineAmount(line));
  };
  const std::optional<int64_t> split = SumOverLines(order, split_of);
  if (split == paid) {
    for (OrderLine& line : order.lines) line.paid_minor = *line.source_paid_minor;
    return;
  }
  const bool by_split = split == order.goods_paid_minor;
  if (!by_split && SumOverLines(order, amount_of) == paid) {
    for (OrderLine& line : order.lines) line.paid_minor = *amount_of(line);
    return;
  }
  const std::vector<size_t> by_id = LinesById(order);
  const std::vector<int64_t> weights = PaidWeights(order, paid, by_split);
  std::vector<int64_t> sorted_weights;
  for (size_t position : by_id) sorted_weights.push_back(weights[position]);
  const std::vector<int64_t> shares = base::SplitByWeight(paid, sorted_weights);
  for (size_t i = 0; i < by_id.size(); ++i) order.lines[by_id[i]].paid_minor = shares[i];
}

// What is left to refund and to bring back while the refunds are gone through in time.
class RefundSpreader {
 public:
  explicit RefundSpreader(Order& order)
      : order_(order), by_id_(LinesById(order)), left_(order.measure.paid_minor) {
    for (size_t position : by_id_) {
      line_left_.push_back(order.lines[position].paid_minor);
      quantity_left_.push_back(std::max<int64_t>(order.lines[position].quantity, 0));
    }
  }

  void Spread(Refund& refund) {
    parts_.clear();
    const std::optional<size_t> own_line = FindLine(refund.line_id);
    SpreadAmount(std::min(std::max<int64_t>(refund.amount_minor, 0), left_), own_line);
    if (refund.kind == RefundKind::kReturnAndRefund) {
      SpreadQuantity(std::max<int64_t>(refund.returned_quantity, 0), own_line);
    }
    for (const auto& [line_no, part] : parts_) refund.parts.push_back(part);
  }

 private:
  // Position in by_id_ of a line by its id.
  std::optional<size_t> FindLine(std::string_view line_id) const {
    if (line_id.empty()) return std::nullopt;
    for (size_t i = 0; i < by_id_.size(); ++i) {
      if (order_.lines[by_id_[i]].id == line_id) return i;
    }
    return std::nullopt;
  }

  RefundPart& PartOf(LineNo line_no) {
    RefundPart& part = parts_[line_no];
    part.line_no = line_no;
    return part;
  }

  void TakeAmount(size_t i, int64_t amount) {
    if (amount == 0) return;
    PartOf(order_.lines[by_id_[i]].number).amount_minor += amount;
    line_left_[i] -= amount;
    left_ -= amount;
  }

  void TakeQuantity(size_t i, int64_t quantity) {
    if (quantity == 0) return;
    PartOf(order_.lines[by_id_[i]].number).returned_quantity += quantity;
    quantity_left_[i] -= quantity;
  }

  // `amount` is at most what is left of the order.
  void SpreadAmount(int64_t amount, std::optional<size_t> own_line) {
    if (amount <= 0) return;
    if (by_id_.empty()) {
      PartOf(0).amount_minor = amount;
      left_ -= amount;
      return;
    }
    if (own_line) {
      const int64_t own = std::min(amount, std::max<int64_t>(line_left_[*own_line], 0));
      TakeAmount(*own_line, own);
      amount -= own;
    }
    const std::vector<int64_t> shares = base::SplitByWeight(amount, line_left_);
    for (size_t i = 0; i < shares.size(); ++i) TakeAmount(i, shares[i]);
  }

  void SpreadQuantity(int64_t quantity, std::optional<size_t> own_line) {
    if (own_line) {
      TakeQuantity(*own_line, std::min(quantity, quantity_left_[*own_line]));
      return;
    }
    std::vector<int64_t> weights(by_id_.size(), 0);
    int64_t all = 0;
    for (size_t i = 0; i < by_id_.size(); ++i) {
      if (order_.lines[by_id_[i]].is_gift) continue;
      weights[i] = std::min(kMaxWeight, quantity_left_[i]);
      all = SaturatingAdd(all, weights[i]);
    }
    if (all == 0) return;
    const std::vector<int64_t> shares = base::SplitByWeight(std::min(quantity, all), weights);
    for (size_t i = 0; i < shares.size(); ++i) TakeQuantity(i, shares[i]);
  }

  Order& order_;
  const std::vector<size_t> by_id_;
  int64_t left_;
  std::vector<int64_t> line_left_;
  std::vector<int64_t> quantity_left_;
  std::map<LineNo, RefundPart> parts_;
};

// Dates and spreads the refunds; returns when the goods were wholly refunded, if ever.
std::optional<InstantMs> ApplyRefunds(Order& order) {
  const InstantMs own_time = FullyPaidAt(order).value_or(order.created_at);
  std::vector<Refund*> goods;
  for (Refund& refund : order.refunds) {
    refund.time_unknown = !refund.refunded_at.has_value();
    refund.effective_at = refund.refunded_at.value_or(own_time);
    refund.parts.clear();
    if (IsGoodsRefund(refund)) goods.push_back(&refund);
  }
  std::sort(goods.begin(), goods.end(), [](const Refund* a, const Refund* b) {
    return a->effective_at != b->effective_at ? a->effective_at < b->effective_at : a->id < b->id;
  });
  RefundSpreader spreader(order);
  std::optional<InstantMs> wholly_at;
  int64_t refunded = 0;
  for (Refund* refund : goods) {
    spreader.Spread(*refund);
    refunded = SaturatingAdd(refunded, std::max<int64_t>(refund->amount_minor, 0));
    if (!wholly_at && order.measure.paid_minor > 0 && refunded >= order.measure.paid_minor) {
      wholly_at = refund->effective_at;
    }
  }
  order.measure.goods_refunded_minor = refunded;
  return wholly_at;
}

NotCountedReason WhyNotPaid(const Order& order) {
  if (order.status == OrderStatus::kDepositPaid || (order.presale && order.paid_at)) {
    return NotCountedReason::kDepositOnly;  // also a forfeited deposit
  }
  if (order.status == OrderStatus::kClosed) return NotCountedReason::kClosed;
  return order.cash_on_delivery && order.status != OrderStatus::kUnpaid
             ? NotCountedReason::kNotReceived
             : NotCountedReason::kNotPaid;
}

// When the order becomes valid under the policy; nothing if it has not.
std::optional<InstantMs> ValidAt(const MetricPolicy& policy, const Order& order) {
  if (policy.valid_moment == ValidMoment::kCreated) return order.created_at;
  const std::optional<InstantMs> paid_at = FullyPaidAt(order);
  if (!paid_at || policy.valid_moment == ValidMoment::kPaid) return paid_at;
  std::optional<InstantMs> reached;
  if (policy.valid_moment == ValidMoment::kReceived) {
    reached = order.received_at;
    if (!reached && (order.finished_at || IsAtLeast(order.status, OrderStatus::kReceived))) {
      reached = order.finished_at.value_or(*paid_at);
    }
  } else {
    reached = order.finished_at;
    if (!reached && IsAtLeast(order.status, OrderStatus::kFinished)) {
      reached = order.received_at.value_or(*paid_at);
    }
  }
  if (!reached) return std::nullopt;
  return std::max(*reached, *paid_at);
}

bool IsGiftsOnly(const Order& order) {
  return order.measure.paid_minor == 0 && !order.lines.empty() &&
         std::all_of(order.lines.begin(), order.lines.end(),
                     [](const OrderLine& line) { return line.is_gift; });
}

// Fills in from when to when the order counts, and why not.
void Count(const MetricPolicy& policy, Order& order, std::optional<InstantMs> wholly_refunded_at) {
  OrderMeasure& measure = order.measure;
  measure.counted_from = kNever;
  measure.counted_until = kNever;
  if (!order.exclusion_reason.empty()) {
    measure.reason = NotCountedReason::kExcluded;
    return;
  }
  if (IsReturnOnly(order)) {
    measure.reason = NotCountedReason::kReturnOnly;
    return;
  }
  if (IsGiftsOnly(order)) {
    measure.reason = NotCountedReason::kGiftsOnly;
    return;
  }
  const std::optional<InstantMs> valid_at = ValidAt(policy, order);
  if (!valid_at) {
    measure.reason = FullyPaidAt(order) ? NotCountedReason::kNotReceived : WhyNotPaid(order);
    return;
  }
  measure.counted_from = *valid_at;
  measure.reason = NotCountedReason::kNone;
  if (wholly_refunded_at) {
    if (policy.count_wholly_refunded) return;
    measure.reason = NotCountedReason::kWhollyRefunded;
    measure.counted_until = *wholly_refunded_at;
  }
  if (order.status == OrderStatus::kClosed) {
    if (measure.reason == NotCountedReason::kNone) measure.reason = NotCountedReason::kClosed;
    const InstantMs closed_at =
        order.closed_at.value_or(wholly_refunded_at ? measure.counted_until : measure.counted_from);
    measure.counted_until = std::min(measure.counted_until, closed_at);
  }
  measure.counted_until = std::max(measure.counted_until, measure.counted_from);
}

}  // namespace

bool IsGoodsRefund(const Refund& refund) {
  return refund.status == RefundStatus::kSucceeded &&
         (refund.kind == RefundKind::kReturnAndRefund || refund.kind == RefundKind::kRefundOnly);
}

std::optional<InstantMs> FullyPaidAt(const Order& order) {
  // Where status and times disagree, "nothing but the deposit" and "unpaid" stand.
  if (order.status == OrderStatus::kDepositPaid) return std::nullopt;
  if (order.cash_on_delivery) {
    if (order.received_at) return order.received_at;
    if (!IsAtLeast(order.status, OrderStatus::kReceived)) return std::nullopt;
    return order.finished_at ? *order.finished_at : order.paid_at.value_or(order.created_at);
  }
  if (order.status == OrderStatus::kUnpaid) return std::nullopt;
  const bool says_paid = IsAtLeast(order.status, OrderStatus::kPaid);
  if (order.presale) {
    if (order.final_paid_at) return order.final_paid_at;
    // A source that keeps one time only gives that of the payment that completed the order.
    return says_paid ? std::optional(order.paid_at.value_or(order.created_at)) : std::nullopt;
  }
  if (order.paid_at) return order.paid_at;
  return says_paid ? std::optional(order.created_at) : std::nullopt;
}

void ApplyPolicy(const MetricPolicy& policy, const absl::TimeZone& zone, Order& order) {
  OrderMeasure& measure = order.measure;
  measure = OrderMeasure();
  measure.policy_revision = policy.revision;
  measure.paid_minor = order.goods_paid_minor;
  if (!policy.platform_discounts_count_as_paid && order.goods_paid_minor > 0) {
    measure.paid_minor =
        std::max<int64_t>(0, SaturatingAdd(order.goods_paid_minor,
                                           -std::max<int64_t>(order.platform_discount_minor, 0)));
  }
  DetectGifts(policy, order);
  SpreadPaid(order, measure.paid_minor);
  for (const OrderLine& line : order.lines) {
    if (!line.is_gift) measure.quantity = SaturatingAdd(measure.quantity, line.quantity);
  }
  const std::optional<InstantMs> wholly_refunded_at = ApplyRefunds(order);
  Count(policy, order, wholly_refunded_at);
  const std::optional<InstantMs> paid_at = FullyPaidAt(order);
  measure.order_at = policy.order_date == OrderDate::kPaid && paid_at ? *paid_at : order.created_at;
  measure.order_day = base::DayOf(measure.order_at, zone);
}

bool IsCountedAt(const Order& order, InstantMs t) {
  if (base::PlantedFault("policy_refunded_orders_count")) return order.measure.counted_from <= t;
  return order.measure.counted_from <= t && t < order.measure.counted_until;
}

bool IsReturnAt(const Order& order, InstantMs t) {
  return order.measure.reason == NotCountedReason::kReturnOnly && order.measure.order_at <= t;
}

int64_t NetAt(const Order& order, InstantMs t) {
  int64_t net = order.measure.paid_minor;
  for (const Refund& refund : order.refunds) {
    if (refund.effective_at > t && !base::PlantedFault("policy_net_sees_later_refunds")) continue;
    for (const RefundPart& part : refund.parts) net -= part.amount_minor;
  }
  return net;
}

int64_t LineNetAt(const Order& order, const OrderLine& line, InstantMs t) {
  int64_t net = line.paid_minor;
  for (const Refund& refund : order.refunds) {
    if (refund.effective_at > t) continue;
    for (const RefundPart& part : refund.parts) {
      const bool other = part.line_no != line.number;
      if (!other || base::PlantedFault("policy_line_net_of_all_lines")) net -= part.amount_minor;
    }
  }
  return net;
}

int64_t ReturnedQuantityAt(const Order& order, InstantMs t) {
  int64_t returned = 0;
  for (const OrderLine& line : order.lines) {
    if (!line.is_gift) returned = SaturatingAdd(returned, LineReturnedQuantityAt(order, line, t));
  }
  return returned;
}

int64_t LineReturnedQuantityAt(const Order& order, const OrderLine& line, InstantMs t) {
  int64_t returned = 0;
  for (const Refund& refund : order.refunds) {
    if (refund.effective_at > t) continue;
    for (const RefundPart& part : refund.parts) {
      if (part.line_no == line.number) returned += part.returned_quantity;
    }
  }
  return returned;
}

int64_t LineQuantityAt(const Order& order, const OrderLine& line, InstantMs t) {
  return line.quantity - LineReturnedQuantityAt(order, line, t);
}

std::string_view ReasonInChinese(NotCountedReason reason) {
  switch (reason) {
    case NotCountedReason::kNone:
      return "";
    case NotCountedReason::kNotPaid:
      return "未付款";
    case NotCountedReason::kDepositOnly:
      return "仅付定金";
    case NotCountedReason::kClosed:
      return "交易关闭";
    case NotCountedReason::kWhollyRefunded:
      return "全额退款";
    case NotCountedReason::kGiftsOnly:
      return "赠品单";
    case NotCountedReason::kExcluded:
      return "已排除";
    case NotCountedReason::kReturnOnly:
      return "无原单退货";
    case NotCountedReason::kNotReceived:
      return "未签收";
  }
  return "";
}

std::string_view ReasonInEnglish(NotCountedReason reason) {
  switch (reason) {
    case NotCountedReason::kNone:
      return "";
    case NotCountedReason::kNotPaid:
      return "not paid";
    case NotCountedReason::kDepositOnly:
      return "only the deposit is paid";
    case NotCountedReason::kClosed:
      return "closed";
    case NotCountedReason::kWhollyRefunded:
      return "wholly refunded";
    case NotCountedReason::kGiftsOnly:
      return "gifts only";
    case NotCountedReason::kExcluded:
      return "excluded by the shop";
    case NotCountedReason::kReturnOnly:
      return "a return without its order";
    case NotCountedReason::kNotReceived:
      return "not received";
  }
  return "";
}

}  // namespace segmentation::domain
