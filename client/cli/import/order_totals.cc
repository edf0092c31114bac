#include "client/cli/import/order_totals.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace segmentation::cli {
namespace {

// How the server ranks snapshots of one order (T87): time of the source, which is the latest of the
// order's where none is named, status, and which says more.
auto RankOf(const v1::Order& order) {
  const auto instant = [](const google::protobuf::Timestamp& time) {
    return std::pair(time.seconds(), time.nanos());
  };
  auto time = instant(order.source_updated_at());
  if (!order.has_source_updated_at()) {
    time = instant(order.created_at());
    for (const google::protobuf::Timestamp* other :
         {&order.paid_at(), &order.final_paid_at(), &order.shipped_at(), &order.received_at(),
          &order.finished_at(), &order.closed_at()}) {
      time = std::max(time, instant(*other));
    }
  }
  return std::tuple(time, order.status(), order.lines_size(), order.has_receiver_address());
}

}  // namespace

OrderTotals::OrderTotals(absl::TimeZone zone, size_t sort_memory_bytes)
    : zone_(zone), accounts_(sort_memory_bytes) {}

absl::Status OrderTotals::Add(const v1::Order& order) {
  if (last_.has_value()) {
    if (last_->external_id() == order.external_id() && last_->source() == order.source()) {
      if (RankOf(order) >= RankOf(*last_)) last_ = order;
      return absl::OkStatus();
    }
    if (absl::Status status = Count(*last_); !status.ok()) return status;
  }
  last_ = order;
  return absl::OkStatus();
}

absl::Status OrderTotals::Count(const v1::Order& order) {
  ++sums_.order_count;
  sums_.line_count += order.lines_size();
  std::string account = absl::StrCat("m", order.member_id());
  if (order.member_id().empty() && !order.buyer_identities().empty()) {
    const v1::Identity& identity = order.buyer_identities(0);
    account = absl::StrCat("i", static_cast<int>(identity.kind()), " ", identity.value());
  }
  bool valid = false;
  const int64_t paid = order.goods_paid_minor_units();
  if (paid < 0) {
    ++sums_.return_count;
    sums_.return_minor_units += paid;
  } else if (order.presale() ? order.has_final_paid_at() : order.has_paid_at()) {
    int64_t refunded = 0;
    for (const v1::Refund& refund : order.refunds()) {
      const bool goods = refund.kind() == v1::REFUND_KIND_RETURN_AND_REFUND ||
                         refund.kind() == v1::REFUND_KIND_REFUND_ONLY;
      if (goods && refund.status() == v1::REFUND_STATUS_SUCCEEDED) {
        refunded += refund.amount_minor_units();
      }
    }
    ++sums_.paid_order_count;
    sums_.paid_minor_units += paid;
    sums_.refunded_minor_units += refunded;
    valid = !(paid > 0 && refunded >= paid);
    if (!valid) {
      ++sums_.wholly_refunded_order_count;
    } else {
      if (refunded > 0) ++sums_.partly_refunded_order_count;
      ++sums_.valid_order_count;
      sums_.net_minor_units += paid - refunded;
      const google::protobuf::Timestamp& time =
          order.presale() ? order.final_paid_at() : order.paid_at();
      const absl::CivilDay day = absl::ToCivilDay(absl::FromUnixSeconds(time.seconds()), zone_);
      sums_.first_order_day = std::min(sums_.first_order_day.value_or(day), day);
      sums_.last_order_day = std::max(sums_.last_order_day.value_or(day), day);
    }
  }
  return accounts_.Add(account, valid ? "v" : "");
}

absl::StatusOr<OrderSums> OrderTotals::Finish() {
  if (last_.has_value()) {
    if (absl::Status status = Count(*last_); !status.ok()) return status;
    last_.reset();
  }
  std::string account, value, last;
  bool counted_buyer = false;
  while (true) {
    absl::StatusOr<bool> more = accounts_.Next(&account, &value);
    if (!more.ok()) return more.status();
    if (!*more) return sums_;
    if (sums_.member_count == 0 || account != last) {
      ++sums_.member_count;
      counted_buyer = false;
      last = account;
    }
    if (!value.empty() && !counted_buyer) {
      ++sums_.buyer_count;
      counted_buyer = true;
    }
  }
}

}  // namespace segmentation::cli
