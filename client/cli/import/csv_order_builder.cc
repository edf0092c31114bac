#include "client/cli/import/csv_order_builder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/identity_columns.h"
#include "client/cli/import/proto_time.h"
#include "client/cli/import/tmall_orders.h"

namespace segmentation::cli {
namespace {

const std::string& Get(const CsvLine& line, const std::string& field) {
  static const auto* empty = new std::string();
  const auto found = line.find(field);
  return found == line.end() ? *empty : found->second;
}

absl::Status InField(const std::string& field, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(field, ": ", status.message()));
}

absl::StatusOr<v1::OrderStatus> ParseStatus(const std::string& text) {
  const std::string word = absl::AsciiStrToLower(text);
  struct Name {
    const char* text;
    v1::OrderStatus status;
  };
  constexpr Name kNames[] = {
      {"unpaid", v1::ORDER_STATUS_UNPAID},
      {"等待付款", v1::ORDER_STATUS_UNPAID},
      {"等待买家付款", v1::ORDER_STATUS_UNPAID},
      {"未付款", v1::ORDER_STATUS_UNPAID},
      {"deposit_paid", v1::ORDER_STATUS_DEPOSIT_PAID},
      {"已付定金", v1::ORDER_STATUS_DEPOSIT_PAID},
      {"paid", v1::ORDER_STATUS_PAID},
      {"已付款", v1::ORDER_STATUS_PAID},
      {"买家已付款", v1::ORDER_STATUS_PAID},
      {"买家已付款，等待卖家发货", v1::ORDER_STATUS_PAID},
      {"shipped", v1::ORDER_STATUS_SHIPPED},
      {"已发货", v1::ORDER_STATUS_SHIPPED},
      {"卖家已发货", v1::ORDER_STATUS_SHIPPED},
      {"卖家已发货，等待买家确认", v1::ORDER_STATUS_SHIPPED},
      {"received", v1::ORDER_STATUS_RECEIVED},
      {"已签收", v1::ORDER_STATUS_RECEIVED},
      {"finished", v1::ORDER_STATUS_FINISHED},
      {"交易成功", v1::ORDER_STATUS_FINISHED},
      {"closed", v1::ORDER_STATUS_CLOSED},
      {"交易关闭", v1::ORDER_STATUS_CLOSED},
  };
  for (const Name& name : kNames) {
    if (word == name.text) return name.status;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("got '", text,
                   "', want unpaid, deposit_paid, paid, shipped, received, finished or closed "
                   "(等待付款, 已付款, 已发货, 已签收, 交易成功, 交易关闭)"));
}

// The line's own money.
struct LineMoney {
  int64_t amount = 0;  // after its discount
  bool known = false;  // the file says something of it
};

class Builder {
 public:
  Builder(const std::string& id, const std::vector<CsvLine>& lines, const ImportRules& rules)
      : lines_(lines), rules_(rules) {
    order_.set_external_id(id);
  }

  BuiltOrder Build() {
    absl::Status status = Run();
    return {std::move(order_), std::move(status), line_};
  }

 private:
  absl::Status Run() {
    for (line_ = 0; line_ < lines_.size(); ++line_) {
      if (absl::Status status = AddLine(lines_[line_]); !status.ok()) return status;
    }
    line_ = 0;
    if (absl::Status status = SetOrderTexts(); !status.ok()) return status;
    if (absl::Status status = SetBuyer(); !status.ok()) return status;
    if (absl::Status status = SetTimes(); !status.ok()) return status;
    line_ = 0;
    if (absl::Status status = SetMoney(); !status.ok()) return status;
    if (absl::Status status = SetStatus(); !status.ok()) return status;
    return SetReview();
  }

  // The first line that fills the field; remembered as the place of an error.
  const std::string& First(const std::string& field) {
    for (size_t i = 0; i < lines_.size(); ++i) {
      const std::string& text = Get(lines_[i], field);
      if (!text.empty()) {
        line_ = i;
        return text;
      }
    }
    line_ = 0;
    return Get({}, field);
  }

  absl::StatusOr<LineMoney> ReadMoney(const CsvLine& line, int64_t quantity, v1::OrderLine* out) {
    LineMoney money;
    const int digits = rules_.currency_digits;
    if (const std::string& text = Get(line, "unit_price"); !text.empty()) {
      absl::StatusOr<ExactDecimal> price = ParseDecimal(text);
      if (!price.ok()) return InField("unit_price", price.status());
      absl::StatusOr<int64_t> one = RoundToMinorUnits(*price, 1, digits);
      absl::StatusOr<int64_t> all = RoundToMinorUnits(*price, quantity, digits);
      if (!one.ok()) return InField("unit_price", one.status());
      if (!all.ok()) return InField("unit_price", all.status());
      out->set_unit_price_minor_units(*one);
      money = {*all, true};
    }
    if (const std::string& text = Get(line, "line_discount"); !text.empty()) {
      absl::StatusOr<int64_t> discount = ParseMoney(text, digits);
      if (!discount.ok()) return InField("line_discount", discount.status());
      out->set_line_discount_minor_units(*discount);
      money.amount -= *discount;
    }
    if (const std::string& text = Get(line, "line_paid"); !text.empty()) {
      absl::StatusOr<int64_t> paid = ParseMoney(text, digits);
      if (!paid.ok()) return InField("line_paid", paid.status());
      money = {*paid, true};
    }
    return money;
  }

  absl::Status AddLine(const CsvLine& line) {
    v1::OrderLine out;
    absl::StatusOr<LineAmounts> amounts = ReadLineAmounts(line);
    if (!amounts.ok()) return amounts.status();
    out.set_quantity(amounts->quantity);
    absl::StatusOr<LineMoney> money = ReadMoney(line, amounts->quantity, &out);
    if (!money.ok()) return money.status();
    struct IdField {
      const char* name;
      std::string* target;
    };
    for (const IdField& field :
         {IdField{"line_id", out.mutable_line_id()},
          IdField{"product_id", out.mutable_product_id()}, IdField{"sku", out.mutable_sku()}}) {
      absl::StatusOr<std::string> id = CleanId(Get(line, field.name));
      if (!id.ok()) return InField(field.name, id.status());
      *field.target = *std::move(id);
    }
    out.set_title(Get(line, "title"));
    out.set_category(Get(line, "category"));
    out.set_brand(Get(line, "brand"));
    for (v1::LineProperty& property : ParseSkuProperties(Get(line, "properties"))) {
      *out.add_properties() = std::move(property);
    }
    absl::StatusOr<bool> gift = ParseYesNo(Get(line, "gift"));
    if (!gift.ok()) return InField("gift", gift.status());
    out.set_gift(*gift);
    if (__builtin_add_overflow(sum_, money->amount, &sum_)) {
      return absl::OutOfRangeError("unit_price: the order's amount is beyond 64 bits");
    }
    all_known_ = all_known_ && money->known;
    amounts_.push_back(money->amount);
    // A file of orders without anything about lines has none.
    const bool says_something = money->known || !out.title().empty() || !out.product_id().empty() ||
                                !out.sku().empty() || !out.line_id().empty() ||
                                line.contains("quantity");
    if (says_something) *order_.add_lines() = std::move(out);
    return absl::OkStatus();
  }

  absl::Status SetOrderTexts() {
    const std::string& source = First("source");
    order_.set_source(source.empty() ? rules_.source : source);
    const std::string& store = First("store_id");
    order_.set_store_id(store.empty() ? rules_.store_id : store);
    order_.set_terminal(First("terminal"));
    order_.set_logistics_company(First("logistics_company"));
    for (const std::string& part : SplitList(First("promotion_source"))) {
      order_.add_promotion_sources(part);
    }
    for (const std::string& part : SplitList(First("coupon_id"))) order_.add_coupon_ids(part);
    struct AddressField {
      const char* name;
      void (*set)(v1::ReceiverAddress*, const std::string&);
    };
    for (const AddressField& field :
         {AddressField{"province", [](auto*a, auto&t) { a->set_province(t); }},
          AddressField{"city", [](auto*a, auto&t) { a->set_city(t); }},
          AddressField{"district", [](auto*a, auto&t) { a->set_district(t); }},
          AddressField{"street", [](auto*a, auto&t) { a->set_street(t); }},
          AddressField{"address", [](auto*a, auto&t) { a->set_full_text(t); }}}) {
      const std::string& text = First(field.name);
      if (!text.empty()) field.set(order_.mutable_receiver_address(), text);
    }
    for (const auto& [name, set] :
         {std::pair<const char*, void (v1::Order::*)(bool)>{"presale", &v1::Order::set_presale},
          {"cash_on_delivery", &v1::Order::set_cash_on_delivery}}) {
      absl::StatusOr<bool> yes = ParseYesNo(First(name));
      if (!yes.ok()) return InField(name, yes.status());
      (order_.*set)(*yes);
    }
    return absl::OkStatus();
  }

  absl::Status SetBuyer() {
    absl::StatusOr<std::string> member = CleanId(First("member_id"));
    if (!member.ok()) return InField("member_id", member.status());
    order_.set_member_id(*member);
    for (size_t i = 0; i < lines_.size(); ++i) {
      absl::StatusOr<std::string> other = CleanId(Get(lines_[i], "member_id"));
      line_ = i;
      if (!other.ok()) return InField("member_id", other.status());
      if (!other->empty() && *other != *member) {
        return absl::InvalidArgumentError(absl::StrCat(
            "member_id: got '", *other, "', another line of the order has '", *member, "'"));
      }
    }
    for (const IdentityColumn& column : IdentityColumns()) {
      absl::StatusOr<std::string> value = CleanId(First(column.field));
      if (!value.ok()) return InField(column.field, value.status());
      if (value->empty()) continue;
      v1::Identity& identity = *order_.add_buyer_identities();
      identity.set_kind(column.kind);
      identity.set_value(*value);
    }
    return absl::OkStatus();
  }

  // The earliest time that the lines have for a field.
  absl::StatusOr<std::optional<absl::Time>> Earliest(const std::string& field) {
    std::optional<absl::Time> earliest;
    for (size_t i = 0; i < lines_.size(); ++i) {
      line_ = i;
      absl::StatusOr<std::optional<absl::Time>> time =
          ParseTime(Get(lines_[i], field), rules_.zone);
      if (!time.ok()) return InField(field, time.status());
      if (time->has_value() && (!earliest.has_value() || **time < *earliest)) earliest = **time;
    }
    return earliest;
  }

  absl::Status SetTimes() {
    struct TimeField {
      const char* name;
      google::protobuf::Timestamp* (v1::Order::*mutable_time)();
    };
    for (const TimeField& field :
         {TimeField{"created_at", &v1::Order::mutable_created_at},
          TimeField{"paid_at", &v1::Order::mutable_paid_at},
          TimeField{"final_paid_at", &v1::Order::mutable_final_paid_at},
          TimeField{"shipped_at", &v1::Order::mutable_shipped_at},
          TimeField{"received_at", &v1::Order::mutable_received_at},
          TimeField{"finished_at", &v1::Order::mutable_finished_at},
          TimeField{"closed_at", &v1::Order::mutable_closed_at},
          TimeField{"source_updated_at", &v1::Order::mutable_source_updated_at}}) {
      absl::StatusOr<std::optional<absl::Time>> time = Earliest(field.name);
      if (!time.ok()) return time.status();
      if (time->has_value()) *(order_.*field.mutable_time)() = ToTimestamp(**time);
    }
    line_ = 0;
    if (!order_.has_source_updated_at() && rules_.exported_at.has_value()) {
      *order_.mutable_source_updated_at() = ToTimestamp(*rules_.exported_at);
    }
    if (!order_.has_created_at()) {
      if (!order_.has_paid_at()) return absl::InvalidArgumentError("created_at: is empty");
      *order_.mutable_created_at() = order_.paid_at();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> OrderMoney(const std::string& field) {
    const std::string& text = First(field);
    if (text.empty()) return 0;
    absl::StatusOr<int64_t> money = ParseMoney(text, rules_.currency_digits);
    if (!money.ok()) return InField(field, money.status());
    return money;
  }

  absl::Status SetMoney() {
    absl::StatusOr<int64_t> paid = OrderMoney("goods_paid");
    if (!paid.ok()) return paid.status();
    const bool from_lines = First("goods_paid").empty();
    order_.set_goods_paid_minor_units(from_lines ? sum_ : *paid);
    // The lines' amounts are the source's own split when they make up what was paid.
    if (all_known_ && order_.lines_size() == static_cast<int>(amounts_.size()) &&
        order_.goods_paid_minor_units() == sum_) {
      for (int i = 0; i < order_.lines_size(); ++i) {
        order_.mutable_lines(i)->set_source_paid_minor_units(amounts_[static_cast<size_t>(i)]);
      }
    }
    absl::StatusOr<int64_t> freight = OrderMoney("freight");
    if (!freight.ok()) return freight.status();
    order_.set_freight_minor_units(*freight);
    absl::StatusOr<int64_t> discount = OrderMoney("platform_discount");
    if (!discount.ok()) return discount.status();
    order_.set_platform_discount_minor_units(*discount);
    absl::StatusOr<int64_t> refund = OrderMoney("refund");
    if (!refund.ok()) return refund.status();
    if (*refund < 0) return absl::InvalidArgumentError("refund: got a negative amount");
    if (*refund == 0) return absl::OkStatus();
    v1::Refund& out = *order_.add_refunds();
    out.set_refund_id("file");
    out.set_status(v1::REFUND_STATUS_SUCCEEDED);
    out.set_kind(v1::REFUND_KIND_REFUND_ONLY);
    out.set_amount_minor_units(*refund);
    absl::StatusOr<std::optional<absl::Time>> time = Earliest("refunded_at");
    if (!time.ok()) return time.status();
    if (time->has_value()) *out.mutable_refunded_at() = ToTimestamp(**time);
    return absl::OkStatus();
  }

  absl::Status SetStatus() {
    if (const std::string& text = First("status"); !text.empty()) {
      absl::StatusOr<v1::OrderStatus> status = ParseStatus(text);
      if (!status.ok()) return InField("status", status.status());
      order_.set_status(*status);
      return absl::OkStatus();
    }
    if (!lines_.front().contains("paid_at")) *order_.mutable_paid_at() = order_.created_at();
    order_.set_status(order_.has_paid_at() ? v1::ORDER_STATUS_PAID : v1::ORDER_STATUS_UNPAID);
    return absl::OkStatus();
  }

  absl::Status SetReview() {
    absl::StatusOr<std::optional<absl::Time>> time = Earliest("reviewed_at");
    if (!time.ok()) return time.status();
    if (!time->has_value()) return absl::OkStatus();
    v1::Review& review = *order_.add_reviews();
    review.set_review_id("file");
    *review.mutable_reviewed_at() = ToTimestamp(**time);
    review.set_text(First("review_text"));
    if (const std::string& text = First("rating"); !text.empty()) {
      absl::StatusOr<int64_t> rating = ParseWholeNumber(text);
      if (!rating.ok()) return InField("rating", rating.status());
      if (*rating < 0 || *rating > 5) {
        return absl::InvalidArgumentError(absl::StrCat("rating: got ", *rating, ", want 1 to 5"));
      }
      review.set_rating(static_cast<int32_t>(*rating));
    }
    return absl::OkStatus();
  }

  const std::vector<CsvLine>& lines_;
  const ImportRules& rules_;
  v1::Order order_;
  int64_t sum_ = 0;
  bool all_known_ = true;
  std::vector<int64_t> amounts_;
  size_t line_ = 0;  // where an error is
};

}  // namespace

absl::StatusOr<LineAmounts> ReadLineAmounts(const CsvLine& line) {
  LineAmounts amounts;
  if (const std::string& text = Get(line, "quantity"); !text.empty()) {
    absl::StatusOr<int64_t> quantity = ParseWholeNumber(text);
    if (!quantity.ok()) return InField("quantity", quantity.status());
    amounts.quantity = *quantity;
  }
  if (const std::string& text = Get(line, "unit_price"); !text.empty()) {
    absl::StatusOr<ExactDecimal> price = ParseDecimal(text);
    if (!price.ok()) return InField("unit_price", price.status());
    amounts.has_price = true;
    amounts.price_is_zero = price->mantissa == 0;
  }
  return amounts;
}

BuiltOrder BuildCsvOrder(const std::string& id, const std::vector<CsvLine>& lines,
                         const ImportRules& rules) {
  return Builder(id, lines, rules).Build();
}

}  // namespace segmentation::cli
