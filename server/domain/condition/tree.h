// The tree of a condition as people and callers write it: names are text, quoted literals have no
// type yet, the catalogue was not asked. Text and tree are a bijection: Parse(Print(x)) == x for
// every tree within the limits (T43). Value types: copying copies the whole tree. Equality ignores
// positions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/domain/member.h"

namespace segmentation::domain::condition {

// Version of the text form; stored beside every saved condition.
inline constexpr int32_t kGrammarVersion = 1;

// Where something begins in the text: line from 1, column from 1 in code points. 0:0 = the tree was
// not made from text. Never part of equality.
struct Position {
  int32_t line = 0;
  int32_t column = 0;
  bool known() const { return line > 0; }
  friend bool operator==(const Position&, const Position&) { return true; }
};

// Every negative operator is the complement of its positive one (T02).
enum class Operator : uint8_t {
  kEqual = 1,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,  // 1–10,000 literals
  kNotIn,
  kBetween,  // 2 literals, both ends included
  kNotBetween,
  kContains,  // literal substring (T38)
  kNotContains,
  kContainsAny,  // 1–10,000 literals
  kNotContainsAny,
  kIsNull,  // no literal; absent (T04)
  kIsNotNull,
  kWithin,  // 1 rolling literal: the last n hours or minutes up to as-of (T15)
  kDuring,  // 1 text literal: id of a promotion; order rows only
  kNotDuring,
};

// Digits after the point of a DecimalLiteral and of every kDecimal value.
inline constexpr int64_t kDecimalScale = 10'000;

// In 1/10,000. Printed with a point always, so that 3.0 stays apart from 3.
struct DecimalLiteral {
  int64_t scaled = 0;
  friend bool operator==(const DecimalLiteral&, const DecimalLiteral&) = default;
};

// A calendar day relative to today: today, -7d, +30d, -1m (clamped to the month's last day, T17),
// -1y. Where an instant is wanted: its local midnight.
struct RelativeDay {
  enum class Unit : uint8_t { kDay = 1, kMonth, kYear };
  Unit unit = Unit::kDay;  // kDay when amount is 0: today
  int32_t amount = 0;
  friend bool operator==(const RelativeDay&, const RelativeDay&) = default;
};

// An instant relative to as-of: now, -48h, -30min.
struct RollingTime {
  enum class Unit : uint8_t { kMinute = 1, kHour };
  Unit unit = Unit::kMinute;  // kMinute when amount is 0: now
  int32_t amount = 0;
  friend bool operator==(const RollingTime&, const RollingTime&) = default;
};

// A quoted literal is a std::string: text, a date '1997-03-01', a date-time '2024-11-11 20:00' or a
// name, as the other side of its operator wants.
struct Literal {
  std::variant<std::string, int64_t, DecimalLiteral, bool, RelativeDay, RollingTime> value;
  Position position;
  friend bool operator==(const Literal&, const Literal&) = default;
};

struct Node;

// A Node on the heap with value semantics; never empty but after a move.
class NodeBox {
 public:
  explicit NodeBox(Node node);
  NodeBox(const NodeBox& other);
  NodeBox(NodeBox&&) noexcept = default;
  NodeBox& operator=(const NodeBox& other);
  NodeBox& operator=(NodeBox&&) noexcept = default;
  ~NodeBox();
  const Node& operator*() const { return *node_; }
  Node& operator*() { return *node_; }
  const Node* operator->() const { return node_.get(); }
  Node* operator->() { return node_.get(); }
  friend bool operator==(const NodeBox& a, const NodeBox& b);

 private:
  std::unique_ptr<Node> node_;
};

// Two or more children (T42); And inside And stays as written until normalised.
struct And {
  std::vector<Node> children;
};
struct Or {
  std::vector<Node> children;
};
struct Not {
  NodeBox child;
};

// city = '上海'; `attribute` is a name or an alias, ASCII letters in lower case.
struct AttributeLeaf {
  std::string attribute;
  Operator op = Operator::kEqual;
  std::vector<Literal> literals;
  friend bool operator==(const AttributeLeaf&, const AttributeLeaf&) = default;
};

// HAS TAG '肤质/油性' >= 80 FROM ('agent', 'rule') SINCE -30d
struct TagLeaf {
  std::string category;              // name, or template.name; holds no '/'
  std::optional<std::string> value;  // none: any value of the category
  // Numeric categories only: what the number beside the tag must be.
  struct NumberTest {
    Operator op = Operator::kEqual;
    std::vector<Literal> literals;
    friend bool operator==(const NumberTest&, const NumberTest&) = default;
  };
  std::optional<NumberTest> number;
  std::vector<TagSource> sources;  // empty: any; no duplicates
  std::optional<Literal> since;    // assigned at or after
  friend bool operator==(const TagLeaf&, const TagLeaf&) = default;
};

// IN GROUP 'vip', IN GROUP 'vip'@3: the newest definition, or the one pinned (T94).
struct GroupLeaf {
  std::string group_id;
  std::optional<int32_t> definition_revision;
  friend bool operator==(const GroupLeaf&, const GroupLeaf&) = default;
};

// HAS IDENTITY phone
struct IdentityLeaf {
  IdentityKind kind = IdentityKind::kOuid;
  friend bool operator==(const IdentityLeaf&, const IdentityLeaf&) = default;
};

// consent('sms') = 'opted_in'; consent('sms') IS NULL: never asked.
struct ConsentLeaf {
  Channel channel = Channel::kSms;
  Operator op = Operator::kEqual;     // kEqual, kNotEqual, kIsNull, kIsNotNull
  std::optional<ConsentState> state;  // kEqual and kNotEqual only
  friend bool operator==(const ConsentLeaf&, const ConsentLeaf&) = default;
};

// anniversary(birthday) BETWEEN today AND +30d: the day and month fall into the days, New Year
// included (T20). Literals are relative days or dates.
struct AnniversaryLeaf {
  std::string attribute;
  Operator op = Operator::kBetween;  // kEqual, kNotEqual, kBetween, kNotBetween
  std::vector<Literal> literals;
  friend bool operator==(const AnniversaryLeaf&, const AnniversaryLeaf&) = default;
};

// What the rows of a clause are.
enum class OrderSource : uint8_t {
  kOrdersPlaced = 1,       // orders
  kProductsPurchased = 2,  // lines
};

// What a term of an order clause reads. Numbers are stored; table in row_field.cc.
enum class RowField : uint8_t {
  // Of the order.
  kDate = 1,  // order date of the policy
  kCreatedAt = 2,
  kPaidAt = 3,
  kShippedAt = 4,
  kReceivedAt = 5,
  kFinishedAt = 6,
  kStatus = 7,
  kStore = 8,
  kSource = 9,
  kTerminal = 10,
  kPromotionSource = 11,  // multi-valued
  kCoupon = 12,           // multi-valued
  kLogisticsCompany = 13,
  kPresale = 14,
  kCashOnDelivery = 15,
  kReceiptAutomatic = 16,
  kAmount = 17,  // net of the row: of the order, or of the line in products_purchased
  kFreight = 18,
  kRefundedAmount = 19,
  kRating = 20,      // multi-valued: one a review
  kReviewText = 21,  // multi-valued
  kShippingCity = 22,
  kShippingProvince = 23,
  kShippingAddress = 24,
  // Of a line: all line terms of one clause hold on one line (T10).
  kProductId = 50,
  kSku = 51,
  kTitle = 52,
  kCategory = 53,
  kBrand = 54,
  kProperty = 55,  // property('尺码'): compared with a number it reads the first number of the text
  kQuantity = 56,
  kUnitPrice = 57,
  kLineAmount = 58,  // net of the line
  kIsGift = 59,
};

struct RowTerm {
  RowField field = RowField::kDate;
  std::string argument;  // kProperty: the property's name; else empty
  Operator op = Operator::kEqual;
  std::vector<Literal> literals;
  Position position;
  friend bool operator==(const RowTerm&, const RowTerm&) = default;
};

// Over no rows the counts and sums are 0, the others absent (T07).
enum class RowAggregate : uint8_t {
  kCount = 1,        // distinct orders
  kCountLines = 2,   // products_purchased only
  kSumQuantity = 3,  // products_purchased only: quantity of the lines less returned
  kSumAmount = 4,    // net of the rows: whole orders, or lines
  kAvgAmount = 5,    // sum_amount ÷ rows (orders, or lines); compared exactly
  kMinAmount = 6,    // least net of a row
  kMaxAmount = 7,
  kFirstDate = 8,  // order date of the earliest row
  kLastDate = 9,
};

struct AggregateTerm {
  RowAggregate aggregate = RowAggregate::kCount;
  Operator op = Operator::kGreaterOrEqual;
  std::vector<Literal> literals;
  Position position;
  friend bool operator==(const AggregateTerm&, const AggregateTerm&) = default;
};

// orders_placed MATCHES (date >= -14d, count >= 2): the row terms choose rows, all aggregate terms
// hold over them. No row term: all rows. No aggregate term: count >= 1.
struct OrderClause {
  OrderSource source = OrderSource::kOrdersPlaced;
  std::vector<RowTerm> rows;
  std::vector<AggregateTerm> aggregates;
  friend bool operator==(const OrderClause&, const OrderClause&) = default;
};

// BUCKET('salt') < 12.5
struct BucketLeaf {
  std::string salt;
  Operator op = Operator::kLess;  // kEqual, kNotEqual, kLess … kGreaterOrEqual
  int32_t bound = 0;              // in 1/100 percent, 0–10,000
  friend bool operator==(const BucketLeaf&, const BucketLeaf&) = default;
};

// TOP 10 PERCENT BY amount_spent, TOP 500 BY amount_spent (T33)
struct TopLeaf {
  enum class Unit : uint8_t { kCount = 1, kPercent };
  Unit unit = Unit::kCount;
  int64_t amount = 1;  // members, or 1/100 percent (1–10,000)
  std::string attribute;
  friend bool operator==(const TopLeaf&, const TopLeaf&) = default;
};

struct Node {
  using Body = std::variant<And, Or, Not, AttributeLeaf, TagLeaf, GroupLeaf, IdentityLeaf,
                            ConsentLeaf, AnniversaryLeaf, OrderClause, BucketLeaf, TopLeaf>;
  Body body;
  Position position;
};

inline bool operator==(const And& a, const And& b);
inline bool operator==(const Or& a, const Or& b);
inline bool operator==(const Not& a, const Not& b) { return a.child == b.child; }
inline bool operator==(const Node& a, const Node& b) { return a.body == b.body; }
inline bool operator==(const And& a, const And& b) { return a.children == b.children; }
inline bool operator==(const Or& a, const Or& b) { return a.children == b.children; }

inline NodeBox::NodeBox(Node node) : node_(std::make_unique<Node>(std::move(node))) {}
inline NodeBox::NodeBox(const NodeBox& other) : node_(std::make_unique<Node>(*other.node_)) {}
inline NodeBox& NodeBox::operator=(const NodeBox& other) {
  if (this != &other) node_ = std::make_unique<Node>(*other.node_);
  return *this;
}
inline NodeBox::~NodeBox() = default;
inline bool operator==(const NodeBox& a, const NodeBox& b) { return *a == *b; }

// A visitor out of lambdas: std::visit(Visitor{[](const And&) {…}, …}, node.body).
template <class... Functions>
struct Visitor : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Visitor(Functions...) -> Visitor<Functions...>;

}  // namespace segmentation::domain::condition
