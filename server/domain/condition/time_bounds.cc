#include "server/domain/condition/time_bounds.h"

#include <algorithm>

#include "server/base/planted_fault.h"

namespace segmentation::domain::condition {
namespace {

constexpr int64_t kMillisPerMinute = 60'000;

base::InstantMs InstantOf(const RollingTime& time, base::InstantMs as_of) {
  const int64_t minutes =
      time.unit == RollingTime::Unit::kHour ? int64_t{time.amount} * 60 : int64_t{time.amount};
  return as_of + minutes * kMillisPerMinute;
}

base::DayNumber DayOf(const RelativeDay& relative, base::DayNumber today) {
  switch (relative.unit) {
    case RelativeDay::Unit::kDay:
      return base::AddDays(today, relative.amount);
    case RelativeDay::Unit::kMonth:
      if (base::PlantedFault("time_month_is_30_days")) {
        return base::AddDays(today, relative.amount * 30);
      }
      return base::AddMonths(today, relative.amount);
    case RelativeDay::Unit::kYear:
      return base::AddMonths(today, int64_t{relative.amount} * 12);
  }
  return today;
}

// [first, after) of a literal in the units of the test.
Interval SpanOf(const TimeLiteral& literal, ValueType type, const EvaluationContext& context) {
  if (type == ValueType::kInstant) return InstantsOf(literal, context);
  const base::DayNumber day = DayOf(literal, context);
  const int64_t after =
      day >= base::kMaxDay ? kDateCodeCeiling : int64_t{base::DateCodeOf(day + 1)};
  return {base::DateCodeOf(day), after};
}

// Sorted by start, overlapping and touching ones joined, empty ones dropped.
std::vector<Interval> Merge(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.from < b.from; });
  std::vector<Interval> merged;
  for (const Interval& interval : intervals) {
    if (interval.from >= interval.until) continue;
    if (!merged.empty() && interval.from <= merged.back().until) {
      merged.back().until = std::max(merged.back().until, interval.until);
    } else {
      merged.push_back(interval);
    }
  }
  return merged;
}

}  // namespace

base::DayNumber TodayOf(const EvaluationContext& context) {
  return base::DayOf(context.as_of, context.zone);
}

base::DayNumber DayOf(const TimeLiteral& literal, const EvaluationContext& context) {
  return std::visit(
      Visitor{[](const base::LocalTime& time) { return time.day; },
              [&](const RelativeDay& relative) { return DayOf(relative, TodayOf(context)); },
              [&](const RollingTime& rolling) {
                return base::DayOf(InstantOf(rolling, context.as_of), context.zone);
              }},
      literal);
}

Interval InstantsOf(const TimeLiteral& literal, const EvaluationContext& context) {
  const auto* local = std::get_if<base::LocalTime>(&literal);
  if (local != nullptr && local->has_time) {
    const base::InstantMs instant = base::InstantOf(*local, context.zone);
    return {instant, instant + 1};
  }
  if (const auto* rolling = std::get_if<RollingTime>(&literal)) {
    const base::InstantMs instant = InstantOf(*rolling, context.as_of);
    return {instant, instant + 1};
  }
  const base::DayNumber day = DayOf(literal, context);
  if (base::PlantedFault("time_every_day_has_24_hours")) {
    const base::InstantMs midnight = base::MidnightOf(day, context.zone);
    return {midnight, midnight + base::kMillisPerDay};
  }
  return {base::MidnightOf(day, context.zone), base::MidnightOf(day + 1, context.zone)};
}

std::vector<Interval> IntervalsOf(const TimeTest& test, const EvaluationContext& context) {
  const bool instant = test.type == ValueType::kInstant;
  const bool unknown_years = base::PlantedFault("time_unknown_year_is_early");
  const int64_t floor = instant || unknown_years ? kInstantFloor : kDateCodeFloor;
  const int64_t ceiling = instant ? kInstantCeiling : kDateCodeCeiling;
  std::vector<Interval> spans;
  spans.reserve(test.literals.size());
  for (const TimeLiteral& literal : test.literals) {
    spans.push_back(SpanOf(literal, test.type, context));
  }
  const Interval first = spans.front();
  switch (test.op) {
    case Operator::kLess:
      return Merge({{floor, first.from}});
    case Operator::kLessOrEqual:
      if (base::PlantedFault("time_at_most_ends_at_midnight")) return Merge({{floor, first.from}});
      return Merge({{floor, first.until}});
    case Operator::kGreater:
      if (base::PlantedFault("time_after_begins_at_midnight")) {
        return Merge({{first.from, ceiling}});
      }
      return Merge({{first.until, ceiling}});
    case Operator::kGreaterOrEqual:
      return Merge({{first.from, ceiling}});
    case Operator::kBetween:
      return Merge({{first.from, spans.back().until}});
    case Operator::kWithin:
      if (base::PlantedFault("time_within_leaves_edge_out")) ++spans.front().from;
      return Merge({{spans.front().from, context.as_of + 1}});
    default:  // kEqual, kIn
      return Merge(std::move(spans));
  }
}

std::vector<Interval> IntervalsOf(const DuringTest& test) {
  std::vector<Interval> windows;
  for (const Promotion::Window& window : test.windows) {
    windows.push_back({window.from, window.until});
  }
  return Merge(std::move(windows));
}

std::vector<base::MonthDayRange> MonthDaysOf(const BoundAnniversary& anniversary,
                                             const EvaluationContext& context) {
  return base::AnniversaryRanges(DayOf(anniversary.from, context),
                                 DayOf(anniversary.until, context));
}

bool Contains(const std::vector<Interval>& intervals, int64_t value) {
  auto after = std::upper_bound(intervals.begin(), intervals.end(), value,
                                [](int64_t v, const Interval& i) { return v < i.from; });
  return after != intervals.begin() && value < std::prev(after)->until;
}

}  // namespace segmentation::domain::condition
