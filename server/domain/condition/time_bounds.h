// From relative and civil times to the intervals one evaluation compares with (T13–T18, T20). Pure.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "server/base/calendar.h"
#include "server/base/clock.h"
#include "server/domain/condition/bound_tree.h"

namespace segmentation::domain::condition {

// The one instant and the one zone of an evaluation (T21, T23).
struct EvaluationContext {
  base::InstantMs as_of = 0;
  absl::TimeZone zone;  // the shop's
};

// Half-open [from, until).
struct Interval {
  int64_t from = 0;
  int64_t until = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

// Ends of intervals that are open. Dates begin at year 1, so that a birthday of unknown year (code
// below 10101) lies in no interval: such a date is compared as absent, but is not absent.
inline constexpr int64_t kInstantFloor = INT64_MIN;
inline constexpr int64_t kInstantCeiling = INT64_MAX;
inline constexpr int64_t kDateCodeFloor = 10'101;         // 0001-01-01
inline constexpr int64_t kDateCodeCeiling = 100'000'101;  // the day after 9999-12-31

// Today in the shop's zone.
base::DayNumber TodayOf(const EvaluationContext& context);

// The day of a date or a relative day. `literal` is no rolling time and has no time of day.
base::DayNumber DayOf(const TimeLiteral& literal, const EvaluationContext& context);

// The instants a literal names: [first, after). A day is midnight to midnight (T18), anything else
// one millisecond.
Interval InstantsOf(const TimeLiteral& literal, const EvaluationContext& context);

// The values that pass the test: milliseconds for kInstant, date codes (yyyymmdd) for kDate.
// Sorted, disjoint, none empty; no interval: nothing passes.
std::vector<Interval> IntervalsOf(const TimeTest& test, const EvaluationContext& context);

// The windows of a DURING, sorted and merged.
std::vector<Interval> IntervalsOf(const DuringTest& test);

// Days of the year (month × 100 + day, closed ranges) that BoundAnniversary asks for, before
// `negated`: compare date code % 10,000.
std::vector<base::MonthDayRange> MonthDaysOf(const BoundAnniversary& anniversary,
                                             const EvaluationContext& context);

// Whether a value lies in one of the sorted, disjoint intervals.
bool Contains(const std::vector<Interval>& intervals, int64_t value);

}  // namespace segmentation::domain::condition
