#include "server/domain/condition/literal_binder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/condition/errors.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/shape.h"
#include "server/domain/near_match.h"

namespace segmentation::domain::condition {
namespace {

using base::Reason;

bool IsNumber(ValueType type) {
  return type == ValueType::kInteger || type == ValueType::kDecimal || type == ValueType::kMoney;
}

bool IsTime(ValueType type) { return type == ValueType::kDate || type == ValueType::kInstant; }

std::string_view WantedLiteral(ValueType type) {
  switch (type) {
    case ValueType::kText:
    case ValueType::kEnum:
      return "a text in quotes";
    case ValueType::kInteger:
      return "a whole number";
    case ValueType::kDecimal:
      return "a number";
    case ValueType::kMoney:
      return "an amount of money";
    case ValueType::kBoolean:
      return "TRUE or FALSE";
    case ValueType::kDate:
      return "a date such as '2024-11-11' or a relative day";
    case ValueType::kInstant:
      return "a date, a date with time such as '2024-11-11 20:00', or a relative time";
  }
  return "";
}

absl::Status Mismatch(const Literal& literal, ValueType type, std::string_view name) {
  ErrorDetail detail{{std::string(WantedLiteral(type))}, {}};
  const auto* number = std::get_if<int64_t>(&literal.value);
  if (type == ValueType::kText && number != nullptr) {
    detail.near = {base::StrCat("'", *number, "'")};
  }
  std::string got = Print(literal);
  if (const auto* text = std::get_if<std::string>(&literal.value)) got = Quoted(*text);
  return ConditionError(Reason::CONDITION_TYPE_MISMATCH, literal.position,
                        base::StrCat("got ", got, " for ", Quoted(name)), detail);
}

absl::Status OutOfRange(const Literal& literal, std::string_view want) {
  std::string got = Print(literal);
  if (const auto* text = std::get_if<std::string>(&literal.value)) got = Quoted(*text);
  return ConditionError(Reason::CONDITION_LITERAL_OUT_OF_RANGE, literal.position,
                        base::StrCat("got ", got, ", want ", want));
}

absl::StatusOr<int64_t> Times(int64_t value, int64_t factor, const Literal& literal) {
  int64_t product = 0;
  if (__builtin_mul_overflow(value, factor, &product)) {
    return OutOfRange(literal, "a number that fits 64 bits in its stored unit");
  }
  return product;
}

absl::StatusOr<int64_t> BindNumber(const TestTarget& target, const Literal& literal) {
  const auto* whole = std::get_if<int64_t>(&literal.value);
  const auto* decimal = std::get_if<DecimalLiteral>(&literal.value);
  if (whole == nullptr && decimal == nullptr) return Mismatch(literal, target.type, target.name);
  switch (target.type) {
    case ValueType::kInteger:
      if (whole == nullptr) return Mismatch(literal, target.type, target.name);
      if ((target.min && *whole < *target.min) || (target.max && *whole > *target.max)) {
        return OutOfRange(literal, base::StrCat("one between ", target.min.value_or(INT64_MIN),
                                                " and ", target.max.value_or(INT64_MAX)));
      }
      return *whole;
    case ValueType::kDecimal:
      return whole != nullptr ? Times(*whole, kDecimalScale, literal)
                              : absl::StatusOr<int64_t>(decimal->scaled);
    default: {  // kMoney: exact in minor units (T29)
      int64_t minor_per_major = 1;
      for (int32_t i = 0; i < target.currency_digits; ++i) minor_per_major *= 10;
      if (whole != nullptr) return Times(*whole, minor_per_major, literal);
      if (minor_per_major >= kDecimalScale) {
        return Times(decimal->scaled, minor_per_major / kDecimalScale, literal);
      }
      const int64_t unit = kDecimalScale / minor_per_major;
      if (decimal->scaled % unit != 0) {
        return OutOfRange(literal, base::StrCat("at most ", target.currency_digits,
                                                " digits after the point in this currency"));
      }
      return decimal->scaled / unit;
    }
  }
}

absl::Status CheckOperator(const TestTarget& target, Operator op, Position position) {
  const std::vector<Operator> known = OperatorsOf(target.type);
  if (std::find(known.begin(), known.end(), op) != known.end()) return absl::OkStatus();
  std::vector<std::string> expected;
  for (Operator candidate : known) expected.emplace_back(SpellingOf(candidate));
  return ConditionError(Reason::CONDITION_TYPE_MISMATCH, position,
                        base::StrCat("got ", SpellingOf(op), " for ", Quoted(target.name)),
                        {expected, {}});
}

template <typename T>
void SortUnique(std::vector<T>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

absl::StatusOr<Predicate> BindNumberTest(const TestTarget& target, Operator op,
                                         const std::vector<Literal>& literals) {
  std::vector<int64_t> values;
  for (const Literal& literal : literals) {
    ASSIGN_OR_RETURN(const int64_t value, BindNumber(target, literal));
    values.push_back(value);
  }
  NumberRange range;
  switch (op) {
    case Operator::kLess:
    case Operator::kLessOrEqual:
      range.max = values.front();
      range.max_inclusive = op == Operator::kLessOrEqual;
      return Predicate{range};
    case Operator::kGreater:
    case Operator::kGreaterOrEqual:
      range.min = values.front();
      range.min_inclusive = op == Operator::kGreaterOrEqual;
      return Predicate{range};
    case Operator::kBetween:
      if (values.front() > values.back()) {
        return OutOfRange(literals.front(), "the lower end first");
      }
      range.min = values.front();
      range.max = values.back();
      return Predicate{range};
    default:  // kEqual, kIn
      SortUnique(&values);
      return Predicate{NumberSet{std::move(values)}};
  }
}

absl::StatusOr<std::string> BindText(const TestTarget& target, const Literal& literal) {
  const auto* text = std::get_if<std::string>(&literal.value);
  if (text == nullptr) return Mismatch(literal, target.type, target.name);
  RETURN_IF_ERROR(base::CheckText(*text, kConditionField));
  const auto folding = static_cast<base::Folding>(target.folding);
  if (target.type != ValueType::kEnum) return base::Fold(folding, *text);
  const std::string folded = base::FoldNfkcCase(*text);
  for (const std::string& value : target.enum_values) {
    if (base::FoldNfkcCase(value) == folded) return base::Fold(folding, value);
  }
  const std::vector<std::string_view> known(target.enum_values.begin(), target.enum_values.end());
  std::vector<std::string> expected;
  for (const std::string& value : target.enum_values) expected.push_back(Quoted(value));
  return ConditionError(Reason::CONDITION_LITERAL_OUT_OF_RANGE, literal.position,
                        base::StrCat("got ", Quoted(*text), " for ", Quoted(target.name)),
                        {std::move(expected), NearMatches(*text, known)});
}

absl::StatusOr<Predicate> BindTextTest(const TestTarget& target, Operator op,
                                       const std::vector<Literal>& literals) {
  const bool substring = op == Operator::kContains || op == Operator::kContainsAny;
  std::vector<std::string> values;
  for (const Literal& literal : literals) {
    ASSIGN_OR_RETURN(std::string value, BindText(target, literal));
    if (substring && value.empty()) {
      return OutOfRange(literal, "a substring of one character or more");
    }
    values.push_back(std::move(value));
  }
  SortUnique(&values);
  if (substring) return Predicate{TextContains{std::move(values)}};
  return Predicate{TextSet{std::move(values)}};
}

absl::StatusOr<Predicate> BindBooleanTest(const TestTarget& target, const Literal& literal) {
  const auto* value = std::get_if<bool>(&literal.value);
  if (value == nullptr) return Mismatch(literal, target.type, target.name);
  return Predicate{NumberSet{{*value ? 1 : 0}}};
}

absl::StatusOr<Predicate> BindTimeTest(const TestTarget& target, Operator op,
                                       const std::vector<Literal>& literals) {
  TimeTest test{target.type, op, {}};
  for (const Literal& literal : literals) {
    ASSIGN_OR_RETURN(TimeLiteral time, BindTime(literal, target.type, target.name));
    test.literals.push_back(std::move(time));
  }
  if (op == Operator::kBetween) {
    RETURN_IF_ERROR(
        CheckOrder(test.literals.front(), test.literals.back(), literals.front().position));
  }
  return Predicate{std::move(test)};
}

// Whether a text has the shape of a date, so that it is a wrong date rather than no date.
bool LooksLikeDate(std::string_view text) {
  return text.size() >= 8 && absl::ascii_isdigit(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c) || c == '-' || c == ':' || c == '.' || c == ' ';
         });
}

}  // namespace

std::vector<Operator> OperatorsOf(ValueType type) {
  using enum Operator;
  std::vector<Operator> all = {kEqual, kNotEqual};
  auto add = [&all](std::initializer_list<Operator> more) {
    for (Operator op : more) all.push_back(op);
  };
  if (IsNumber(type) || IsTime(type)) {
    add({kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kIn, kNotIn, kBetween, kNotBetween});
  }
  if (type == ValueType::kText || type == ValueType::kEnum) add({kIn, kNotIn});
  if (type == ValueType::kText) add({kContains, kNotContains, kContainsAny, kNotContainsAny});
  add({kIsNull, kIsNotNull});
  if (type == ValueType::kInstant) add({kWithin});
  return all;
}

absl::StatusOr<Predicate> BindTest(const TestTarget& target, Operator op,
                                   const std::vector<Literal>& literals, Position position) {
  RETURN_IF_ERROR(CheckOperator(target, op, position));
  const Operator positive = PositiveOf(op);
  absl::StatusOr<Predicate> predicate = Predicate{AbsentTest{}};
  if (positive == Operator::kIsNull) {
    // Nothing to bind.
  } else if (IsNumber(target.type)) {
    predicate = BindNumberTest(target, positive, literals);
  } else if (IsTime(target.type)) {
    predicate = BindTimeTest(target, positive, literals);
  } else if (target.type == ValueType::kBoolean) {
    predicate = BindBooleanTest(target, literals.front());
  } else {
    predicate = BindTextTest(target, positive, literals);
  }
  if (predicate.ok()) predicate->negated = IsNegative(op);
  return predicate;
}

absl::StatusOr<TimeLiteral> BindTime(const Literal& literal, ValueType type,
                                     std::string_view name) {
  if (const auto* day = std::get_if<RelativeDay>(&literal.value)) return TimeLiteral(*day);
  if (const auto* rolling = std::get_if<RollingTime>(&literal.value)) {
    if (type == ValueType::kDate) return Mismatch(literal, type, name);
    return TimeLiteral(*rolling);
  }
  const auto* text = std::get_if<std::string>(&literal.value);
  if (text == nullptr) return Mismatch(literal, type, name);
  absl::StatusOr<base::LocalTime> local = base::ParseLocalTime(*text, kConditionField);
  if (!local.ok()) {
    return LooksLikeDate(*text)
               ? OutOfRange(literal, "a date of the calendar between 0001-01-01 and 9999-12-31")
               : Mismatch(literal, type, name);
  }
  if (local->has_time && type == ValueType::kDate) return Mismatch(literal, type, name);
  return TimeLiteral(*local);
}

absl::Status CheckOrder(const TimeLiteral& low, const TimeLiteral& high, Position position) {
  bool reversed = false;
  const auto* low_local = std::get_if<base::LocalTime>(&low);
  const auto* high_local = std::get_if<base::LocalTime>(&high);
  if (low_local != nullptr && high_local != nullptr) {
    reversed = low_local->day > high_local->day ||
               (low_local->day == high_local->day && low_local->has_time && high_local->has_time &&
                low_local->millis_of_day > high_local->millis_of_day);
  }
  const auto* low_day = std::get_if<RelativeDay>(&low);
  const auto* high_day = std::get_if<RelativeDay>(&high);
  if (low_day != nullptr && high_day != nullptr) {
    // Days and months compare only through today.
    const bool same_unit = low_day->unit == high_day->unit;
    reversed = same_unit ? low_day->amount > high_day->amount
                         : (low_day->amount >= 0 && high_day->amount <= 0 &&
                            low_day->amount != high_day->amount);
  }
  const auto* low_rolling = std::get_if<RollingTime>(&low);
  const auto* high_rolling = std::get_if<RollingTime>(&high);
  if (low_rolling != nullptr && high_rolling != nullptr) {
    auto minutes = [](const RollingTime& time) {
      return int64_t{time.amount} * (time.unit == RollingTime::Unit::kHour ? 60 : 1);
    };
    reversed = minutes(*low_rolling) > minutes(*high_rolling);
  }
  if (!reversed) return absl::OkStatus();
  return ConditionError(Reason::CONDITION_LITERAL_OUT_OF_RANGE, position,
                        "the later end comes first, want the earlier end first");
}

}  // namespace segmentation::domain::condition
