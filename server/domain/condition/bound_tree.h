// A checked condition: every name is a number of the shop, every literal has its stored form, and
// only positive tests are left, each with a flag that complements it (T02). What the evaluators
// read. Times stay relative: time_bounds.h turns a TimeTest into intervals for one evaluation.
// Bound against one state of the shop's definitions; bind again when they change.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/base/calendar.h"
#include "server/domain/attribute.h"
#include "server/domain/condition/tree.h"
#include "server/domain/ids.h"
#include "server/domain/shop.h"

namespace segmentation::domain::condition {

// A local date or a local date with time, fixed or relative to the evaluation. A date-time names
// one instant to the millisecond; a date and a relative day name a whole day (T13).
using TimeLiteral = std::variant<base::LocalTime, RelativeDay, RollingTime>;

// No value at all (T04).
struct AbsentTest {
  friend bool operator==(const AbsentTest&, const AbsentTest&) = default;
};

// Between two ends; an end without value is open. Ends keep their inclusiveness because averages
// are compared between integers too.
struct NumberRange {
  std::optional<int64_t> min;
  std::optional<int64_t> max;
  bool min_inclusive = true;
  bool max_inclusive = true;
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

// Equal to one of them. Sorted, no duplicates, not empty.
struct NumberSet {
  std::vector<int64_t> values;
  friend bool operator==(const NumberSet&, const NumberSet&) = default;
};

// Folded form equal to one of them. Sorted, no duplicates, not empty.
struct TextSet {
  std::vector<std::string> values;
  friend bool operator==(const TextSet&, const TextSet&) = default;
};

// Folded form contains at least one of them. Sorted, no duplicates, not empty; none is "".
struct TextContains {
  std::vector<std::string> any_of;
  friend bool operator==(const TextContains&, const TextContains&) = default;
};

// A time against literals. kInstant: the value is UTC milliseconds; kDate: yyyymmdd.
struct TimeTest {
  ValueType type = ValueType::kInstant;
  // kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kIn, kBetween, kWithin.
  Operator op = Operator::kEqual;
  std::vector<TimeLiteral> literals;
  friend bool operator==(const TimeTest&, const TimeTest&) = default;
};

// An instant inside a window of a promotion.
struct DuringTest {
  PromotionNo promotion_no = 0;
  std::vector<Promotion::Window> windows;  // as of the binding; half-open, UTC
  friend bool operator==(const DuringTest&, const DuringTest&) = default;
};

// True when (one of the values passes the test) != negated. An absent value passes no test but
// AbsentTest, so it passes every negated one (T01, T09).
struct Predicate {
  std::variant<AbsentTest, NumberRange, NumberSet, TextSet, TextContains, TimeTest, DuringTest>
      test;
  bool negated = false;
  friend bool operator==(const Predicate&, const Predicate&) = default;
};

// The catalogue entry a leaf reads, as far as evaluation needs it.
struct AttributeReference {
  AttributeNo number = 0;
  ValueType type = ValueType::kText;
  TextFolding folding = TextFolding::kExact;
  AttributeSource source = AttributeSource::kProfile;
  OrderAggregate aggregate = OrderAggregate::kNone;
  bool multi_valued = false;
  bool pii = false;
  friend bool operator==(const AttributeReference&, const AttributeReference&) = default;
};

struct BoundNode;

struct BoundAnd {
  std::vector<BoundNode> children;  // two or more
};
struct BoundOr {
  std::vector<BoundNode> children;  // two or more
};
struct BoundNot {
  std::vector<BoundNode> child;  // exactly one
};

struct BoundAttribute {
  AttributeReference attribute;
  Predicate predicate;
};

struct BoundTag {
  TagCategoryNo category_no = 0;
  std::optional<TagNo> tag_no;      // none: any tag of the category
  std::vector<TagSource> sources;   // sorted; empty: any
  std::optional<TimeTest> since;    // on assigned_at; op kGreaterOrEqual
  std::optional<Predicate> number;  // on the assignment's number, in 1/10,000
};

struct BoundGroup {
  GroupNo group_no = 0;
  std::optional<int32_t> definition_revision;  // none: the newest
};

struct BoundIdentity {
  IdentityKind kind = IdentityKind::kOuid;
};

// (a choice is in force and, if `state` is given, is that one) != negated.
struct BoundConsent {
  Channel channel = Channel::kSms;
  std::optional<ConsentState> state;
  bool negated = false;
};

// (the day of the year falls into the days from..until, both included) != negated; see
// time_bounds.h. `from` and `until` are a date without time or a RelativeDay.
struct BoundAnniversary {
  AttributeReference attribute;  // type kDate
  TimeLiteral from;
  TimeLiteral until;
  bool negated = false;
};

// Values a term reads, for every RowField: row_field.h. Numbers: kStatus OrderStatus, kStore
// StoreNo, booleans 0 or 1, money in minor units, quantities and ratings as they are.
struct BoundRowTerm {
  RowField field = RowField::kDate;
  std::string property;  // kProperty: folded name. A number test reads property_number.h's number
                         // (1/10,000), a text test the folded value.
  Predicate predicate;
};

struct BoundAggregateTerm {
  RowAggregate aggregate = RowAggregate::kCount;
  Predicate predicate;
};

struct BoundOrderClause {
  OrderSource source = OrderSource::kOrdersPlaced;
  // A status term is there: rows are all orders (T97); else only those counted at as-of (T95).
  bool all_orders = false;
  // An is_gift term is there: gift lines are lines too; else no line term and no row sees them.
  bool gift_lines = false;
  std::vector<BoundRowTerm> order_terms;       // read the order
  std::vector<BoundRowTerm> line_terms;        // read one line, all of them the same (T10)
  std::vector<BoundAggregateTerm> aggregates;  // never empty: "count >= 1" is written out
};

struct BoundBucket {
  std::string salt;
  NumberRange range;  // over bucket numbers 0–9,999 (bucket.h)
  bool negated = false;
};

struct BoundTop {
  TopLeaf::Unit unit = TopLeaf::Unit::kCount;
  int64_t amount = 1;            // members, or 1/100 percent: k = ceil(n × amount / 10,000) (T33)
  AttributeReference attribute;  // single-valued, numeric or time
};

struct BoundNode {
  std::variant<BoundAnd, BoundOr, BoundNot, BoundAttribute, BoundTag, BoundGroup, BoundIdentity,
               BoundConsent, BoundAnniversary, BoundOrderClause, BoundBucket, BoundTop>
      body;
};

// The bound conditions of every group a condition names, transitively, as of one state of the
// definitions; what IN GROUP reads (T47). The key is the leaf as it stands: (group, pinned
// revision), with no revision for the newest.
struct BoundGroups {
  std::map<std::pair<GroupNo, std::optional<int32_t>>, BoundNode> conditions;
  // Null only if the set was not made for the condition at hand: a caller's error.
  const BoundNode* Find(const BoundGroup& leaf) const {
    auto found = conditions.find({leaf.group_no, leaf.definition_revision});
    return found == conditions.end() ? nullptr : &found->second;
  }
};

}  // namespace segmentation::domain::condition
