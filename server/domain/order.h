// An order with its lines, refunds and reviews, and what the metric policy made of it (T95).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/domain/ids.h"

namespace segmentation::domain {

// Rank is the number: of two snapshots with one source time the later status in an order's life
// wins (T87).
enum class OrderStatus : uint8_t {
  kUnpaid = 1,
  kDepositPaid = 2,
  kPaid = 3,
  kShipped = 4,
  kReceived = 5,
  kFinished = 6,
  kClosed = 7,
};

enum class RefundKind : uint8_t {
  kReturnAndRefund = 1,  // 退货退款: reduces money and the quantity returned
  kRefundOnly = 2,       // 仅退款: reduces money alone
  kFreight = 3,          // freight given back: no refund of goods
  kCompensation = 4,     // 赔付, 好评返现: none
};
enum class RefundStatus : uint8_t { kRequested = 1, kSucceeded = 2, kRefused = 3 };

// Part of one refund that falls on one line; the parts of a refund add up to its amount (T85).
struct RefundPart {
  LineNo line_no = 0;
  int64_t amount_minor = 0;
  int64_t returned_quantity = 0;
};

struct Refund {
  RefundNo number = 0;
  std::string id;  // unique in its order
  RefundKind kind = RefundKind::kRefundOnly;
  RefundStatus status = RefundStatus::kSucceeded;
  std::optional<base::InstantMs> refunded_at;  // as the source said
  int64_t amount_minor = 0;
  std::string line_id;  // empty: the whole order
  int64_t returned_quantity = 0;
  // Made by the policy:
  base::InstantMs effective_at = 0;  // refunded_at, or the order's own time if the source gave none
  bool time_unknown = false;
  std::vector<RefundPart>
      parts;  // empty when the refund takes no goods money (freight, compensation, not successful)
};

struct OrderLine {
  LineNo number = 0;
  std::string
      id;  // the source's line id, unique in its order; made from the position when it gives none
  ProductNo product_no = 0;  // 0: no product id given
  std::string product_id;
  std::string sku;
  std::string title;
  std::string category;
  std::string brand;
  std::map<std::string, std::string> properties;  // 尺码 → 35码
  int64_t quantity = 1;
  int64_t unit_price_minor = 0;
  int64_t line_discount_minor = 0;
  std::optional<int64_t> source_paid_minor;  // the platform's own split, if given
  bool gift_flag = false;
  // Made by the policy:
  int64_t paid_minor = 0;  // share of the order's paid; lines add up to it (T85)
  bool is_gift = false;
};

struct Review {
  std::string id;
  base::InstantMs reviewed_at = 0;
  int32_t rating = 0;      // 1–5; 0: none
  std::string text;        // personal data
  bool automatic = false;  // 系统默认好评
};

struct ReceiverAddress {  // personal data
  std::string province, city, district, street;
  std::string full_text;  // as the source wrote it; parts joined when it gave only parts
  friend bool operator==(const ReceiverAddress&, const ReceiverAddress&) = default;
};

enum class NotCountedReason : uint8_t {
  kNone = 0,            // counted
  kNotPaid = 1,         // 未付款
  kDepositOnly = 2,     // 预售: only the deposit is paid
  kClosed = 3,          // cancelled before it was paid
  kWhollyRefunded = 4,  // 全额退款
  kGiftsOnly = 5,       // 赠品单
  kExcluded = 6,        // by the shop: list or rule
  kReturnOnly = 7,      // a return without its order (T97)
  kNotReceived = 8,     // cash on delivery, not signed for
};

// Never and for ever, as instants.
inline constexpr base::InstantMs kNever = INT64_MAX;

// What the policy says of an order. Counted at t: counted_from ≤ t < counted_until. Net at t: paid
// − refunds up to t.
struct OrderMeasure {
  base::InstantMs order_at =
      0;  // the order date of the policy; the creation time while it is not counted
  base::DayNumber order_day = 0;  // its day in the shop's zone
  base::InstantMs counted_from = kNever;
  base::InstantMs counted_until = kNever;
  NotCountedReason reason =
      NotCountedReason::kNotPaid;  // why not counted once all known facts are in; kNone if it is
  int64_t paid_minor = 0;
  int64_t goods_refunded_minor = 0;  // all successful goods refunds known
  int64_t quantity = 0;              // of non-gift lines, before returns
  int32_t policy_revision = 0;
};

struct Order {
  MemberNo member_no = 0;
  OrderNo number = 0;
  IdentityNo identity_no = 0;  // the identity the order came under; 0: the member's id
  StoreNo store_no = 0;        // 0: none given
  std::string source;          // "tmall", "cdnow" …; 1–32 bytes
  std::string external_id;     // 1–64 bytes, unique in (shop, source) (T26)
  OrderStatus status = OrderStatus::kUnpaid;
  base::InstantMs source_updated_at = 0;
  base::InstantMs created_at = 0;
  std::optional<base::InstantMs> paid_at, final_paid_at, shipped_at, received_at, finished_at,
      closed_at;
  bool presale = false;
  bool cash_on_delivery = false;
  bool receipt_automatic = false;              // 确认收货方式: 系统自动
  std::string terminal;                        // 手机端, PC …
  std::vector<std::string> promotion_sources;  // 聚划算 …
  std::vector<std::string> coupon_ids;
  std::string logistics_company;
  int64_t goods_paid_minor =
      0;  // after all discounts, freight out, platform-funded discounts in, before refunds
  int64_t freight_minor = 0;
  int64_t platform_discount_minor = 0;  // part of goods_paid_minor that the platform settles
  std::string exclusion_reason;         // set by ExcludeOrders; empty: not excluded
  std::optional<ReceiverAddress> address;
  std::vector<OrderLine> lines;
  std::vector<Refund> refunds;
  std::vector<Review> reviews;
  OrderMeasure measure;
  Stamp stamp;
};

struct OrderKey {
  std::string source;
  std::string external_id;
  friend auto operator<=>(const OrderKey&, const OrderKey&) = default;
};

struct Product {
  ProductNo number = 0;
  std::string id;  // public, unique a shop
  std::string title, category, brand;
  std::string stage;  // 新品, 热销, 清仓
  Stamp stamp;
};

}  // namespace segmentation::domain
