#include "server/domain/condition/naive_predicate.h"

#include <algorithm>

#include "server/base/calendar.h"

namespace segmentation::domain::condition {
namespace {

constexpr int64_t kMillisPerMinute = 60'000;
constexpr int64_t kMinutesPerHour = 60;
constexpr int kMonthsPerYear = 12;

// A relative day by the calendar alone: the same day of another month, or that month's last day.
base::DayNumber CivilDayOf(const RelativeDay& relative, base::DayNumber today) {
  if (relative.unit == RelativeDay::Unit::kDay) return base::AddDays(today, relative.amount);
  const int months = relative.unit == RelativeDay::Unit::kYear ? relative.amount * kMonthsPerYear
                                                               : relative.amount;
  return base::AddMonths(today, months);
}

base::InstantMs InstantOf(const RollingTime& rolling, const EvaluationContext& context) {
  int64_t minutes = rolling.amount;
  if (rolling.unit == RollingTime::Unit::kHour) minutes *= kMinutesPerHour;
  return context.as_of + minutes * kMillisPerMinute;
}

int Sign(int64_t a, int64_t b) { return a < b ? -1 : a > b ? 1 : 0; }

// Where an instant lies seen from a literal: -1 before it, 0 in it, 1 after it. A day is a whole
// local day (T13), a date-time and a rolling time are single instants.
int SideOfInstant(base::InstantMs value, const TimeLiteral& literal,
                  const EvaluationContext& context) {
  if (const auto* rolling = std::get_if<RollingTime>(&literal)) {
    return Sign(value, InstantOf(*rolling, context));
  }
  if (const auto* local = std::get_if<base::LocalTime>(&literal); local && local->has_time) {
    return Sign(value, base::InstantOf(*local, context.zone));
  }
  return Sign(base::DayOf(value, context.zone), CivilDayOf(literal, context));
}

// The same for a civil date (T12): days are compared, no instant is involved.
int SideOfDate(base::DayNumber day, const TimeLiteral& literal, const EvaluationContext& context) {
  return Sign(day, CivilDayOf(literal, context));
}

template <typename SideOf>
bool PassesOperator(const TimeTest& test, const SideOf& side_of) {
  switch (test.op) {
    case Operator::kEqual:
    case Operator::kIn:
      return std::any_of(test.literals.begin(), test.literals.end(),
                         [&](const TimeLiteral& literal) { return side_of(literal) == 0; });
    case Operator::kLess:
      return side_of(test.literals.front()) < 0;
    case Operator::kLessOrEqual:
      return side_of(test.literals.front()) <= 0;
    case Operator::kGreater:
      return side_of(test.literals.front()) > 0;
    case Operator::kGreaterOrEqual:
      return side_of(test.literals.front()) >= 0;
    case Operator::kBetween:
      return side_of(test.literals.front()) >= 0 && side_of(test.literals.back()) <= 0;
    case Operator::kWithin:  // its upper end, as-of, is checked by the caller
      return side_of(test.literals.front()) >= 0;
    default:
      return false;  // negative operators are flags of the predicate
  }
}

bool InRange(const Quotient& value, const NumberRange& range) {
  if (range.min) {
    const int side = Compare(value, Quotient{*range.min, 1});
    if (side < 0 || (side == 0 && !range.min_inclusive)) return false;
  }
  if (range.max) {
    const int side = Compare(value, Quotient{*range.max, 1});
    if (side > 0 || (side == 0 && !range.max_inclusive)) return false;
  }
  return true;
}

bool PassesTest(const std::string& text, const Predicate& predicate) {
  if (const auto* set = std::get_if<TextSet>(&predicate.test)) {
    return std::find(set->values.begin(), set->values.end(), text) != set->values.end();
  }
  if (const auto* contains = std::get_if<TextContains>(&predicate.test)) {
    // T38: a literal substring.
    return std::any_of(
        contains->any_of.begin(), contains->any_of.end(),
        [&](const std::string& part) { return text.find(part) != std::string::npos; });
  }
  return false;
}

bool PassesTest(const Quotient& value, const Predicate& predicate,
                const EvaluationContext& context) {
  if (const auto* range = std::get_if<NumberRange>(&predicate.test)) return InRange(value, *range);
  if (const auto* set = std::get_if<NumberSet>(&predicate.test)) {
    return std::any_of(set->values.begin(), set->values.end(), [&](int64_t wanted) {
      return Compare(value, Quotient{wanted, 1}) == 0;
    });
  }
  if (const auto* time = std::get_if<TimeTest>(&predicate.test)) {
    return PassesTime(static_cast<int64_t>(value.sum), *time, context);
  }
  if (const auto* during = std::get_if<DuringTest>(&predicate.test)) {
    return std::any_of(during->windows.begin(), during->windows.end(),
                       [&](const Promotion::Window& window) {
                         return window.from <= value.sum && value.sum < window.until;
                       });
  }
  return false;
}

}  // namespace

int Compare(const Quotient& a, const Quotient& b) {
  const WideInteger left = a.sum * b.count;
  const WideInteger right = b.sum * a.count;
  return left < right ? -1 : left > right ? 1 : 0;
}

base::DayNumber CivilDayOf(const TimeLiteral& literal, const EvaluationContext& context) {
  return std::visit(Visitor{[](const base::LocalTime& local) { return local.day; },
                            [&](const RelativeDay& relative) {
                              return CivilDayOf(relative, base::DayOf(context.as_of, context.zone));
                            },
                            [&](const RollingTime& rolling) {
                              return base::DayOf(InstantOf(rolling, context), context.zone);
                            }},
                    literal);
}

bool PassesTime(int64_t value, const TimeTest& test, const EvaluationContext& context) {
  if (test.type == ValueType::kDate) {
    const auto day = base::DayOfDateCode(value, "");
    if (!day.ok()) return false;  // the year is unknown, so nothing is known of its order (T04)
    return PassesOperator(
        test, [&](const TimeLiteral& literal) { return SideOfDate(*day, literal, context); });
  }
  if (test.op == Operator::kWithin && value > context.as_of) return false;  // T15, T24
  return PassesOperator(
      test, [&](const TimeLiteral& literal) { return SideOfInstant(value, literal, context); });
}

bool Passes(const Observations& values, const Predicate& predicate,
            const EvaluationContext& context) {
  bool passed = false;
  if (std::holds_alternative<AbsentTest>(predicate.test)) {
    passed = values.empty();
  } else {
    for (const Observation& value : values) {
      if (const auto* text = std::get_if<std::string>(&value)) {
        passed = passed || PassesTest(*text, predicate);
      } else {
        passed = passed || PassesTest(std::get<Quotient>(value), predicate, context);
      }
    }
  }
  return passed != predicate.negated;
}

}  // namespace segmentation::domain::condition
