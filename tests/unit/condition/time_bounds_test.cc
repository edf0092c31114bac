// From relative times to intervals: T12–T18, T20.
#include "server/domain/condition/time_bounds.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/calendar.h"
#include "server/domain/condition/literal_binder.h"

namespace segmentation::domain::condition {
namespace {

absl::TimeZone Zone(const std::string& name) { return *base::LoadTimeZone(name, "zone"); }

// The instant of a local time such as "2024-05-15 13:45".
base::InstantMs At(const std::string& local, const absl::TimeZone& zone) {
  return base::InstantOf(*base::ParseLocalTime(local, "time"), zone);
}

EvaluationContext ContextAt(const std::string& local, const std::string& zone) {
  return {At(local, Zone(zone)), Zone(zone)};
}

RelativeDay Days(int32_t n) { return {RelativeDay::Unit::kDay, n}; }
RelativeDay Months(int32_t n) { return {RelativeDay::Unit::kMonth, n}; }
RelativeDay Years(int32_t n) { return {RelativeDay::Unit::kYear, n}; }
RollingTime Hours(int32_t n) { return {RollingTime::Unit::kHour, n}; }
RollingTime Minutes(int32_t n) { return {RollingTime::Unit::kMinute, n}; }
TimeLiteral Local(const std::string& text) { return *base::ParseLocalTime(text, "time"); }

std::vector<Interval> Instants(Operator op, std::vector<TimeLiteral> literals,
                               const EvaluationContext& context) {
  return IntervalsOf(TimeTest{ValueType::kInstant, op, std::move(literals)}, context);
}

std::vector<Interval> Dates(Operator op, std::vector<TimeLiteral> literals,
                            const EvaluationContext& context) {
  return IntervalsOf(TimeTest{ValueType::kDate, op, std::move(literals)}, context);
}

// T16, T17: the golden table of offsets.
TEST(TimeBounds, OffsetsFollowTheGoldenTable) {
  struct Row {
    const char* today;
    RelativeDay offset;
    const char* day;
  };
  const Row rows[] = {
      {"2024-05-15", Days(0), "2024-05-15"},     {"2024-05-15", Days(-7), "2024-05-08"},
      {"2024-05-15", Days(30), "2024-06-14"},    {"2024-03-01", Days(-1), "2024-02-29"},
      {"2023-03-01", Days(-1), "2023-02-28"},    {"2024-01-01", Days(-1), "2023-12-31"},
      {"2024-05-15", Days(-365), "2023-05-16"},  {"2024-03-31", Months(-1), "2024-02-29"},
      {"2023-03-31", Months(-1), "2023-02-28"},  {"2024-05-31", Months(-3), "2024-02-29"},
      {"2024-05-15", Months(-1), "2024-04-15"},  {"2024-01-31", Months(1), "2024-02-29"},
      {"2024-01-15", Months(-1), "2023-12-15"},  {"2024-12-31", Months(2), "2025-02-28"},
      {"2024-10-31", Months(-12), "2023-10-31"}, {"2024-02-29", Years(-1), "2023-02-28"},
      {"2024-02-29", Years(-4), "2020-02-29"},   {"2023-02-28", Years(1), "2024-02-28"},
      {"2024-05-15", Years(-30), "1994-05-15"},  {"2024-05-31", Months(1), "2024-06-30"},
  };
  for (const Row& row : rows) {
    const EvaluationContext context = ContextAt(std::string(row.today) + " 13:45", "Asia/Shanghai");
    EXPECT_EQ(base::FormatDay(DayOf(TimeLiteral(row.offset), context)), row.day)
        << row.today << " " << row.offset.amount;
  }
}

// T13: a day equals every instant in it, to the millisecond.
TEST(TimeBounds, EqualsADayIsTheWholeLocalDay) {
  const EvaluationContext context = ContextAt("2024-05-15 13:45", "Asia/Shanghai");
  const base::InstantMs midnight = At("2024-05-08", context.zone);
  const std::vector<Interval> same = Instants(Operator::kEqual, {Local("2024-05-08")}, context);
  EXPECT_EQ(same, Instants(Operator::kEqual, {Days(-7)}, context));
  EXPECT_FALSE(Contains(same, midnight - 1));
  EXPECT_TRUE(Contains(same, midnight));
  EXPECT_TRUE(Contains(same, midnight + base::kMillisPerDay - 1));
  EXPECT_FALSE(Contains(same, midnight + base::kMillisPerDay));
}

// T14, T15: where each comparison with a day begins and ends, at ±1 ms.
TEST(TimeBounds, ComparisonsWithADayTurnAtItsMidnights) {
  const EvaluationContext context = ContextAt("2024-05-15 13:45", "Asia/Shanghai");
  const base::InstantMs begin = At("2024-05-08", context.zone);
  const base::InstantMs end = At("2024-05-09", context.zone);
  struct Row {
    Operator op;
    base::InstantMs first_other;  // the instant at which the answer changes
    bool before;
  };
  const Row rows[] = {{Operator::kLess, begin, true},
                      {Operator::kLessOrEqual, end, true},
                      {Operator::kGreater, end, false},
                      {Operator::kGreaterOrEqual, begin, false}};
  for (const Row& row : rows) {
    const std::vector<Interval> intervals = Instants(row.op, {Days(-7)}, context);
    EXPECT_EQ(Contains(intervals, row.first_other - 1), row.before) << static_cast<int>(row.op);
    EXPECT_EQ(Contains(intervals, row.first_other), !row.before) << static_cast<int>(row.op);
  }
}

// T14: BETWEEN takes both days whole.
TEST(TimeBounds, BetweenTakesBothDays) {
  const EvaluationContext context = ContextAt("2024-05-15 13:45", "Asia/Shanghai");
  const std::vector<Interval> range =
      Instants(Operator::kBetween, {Days(-90), RelativeDay{}}, context);
  ASSERT_EQ(range.size(), 1u);
  EXPECT_EQ(range[0].from, At("2024-02-15", context.zone));
  EXPECT_EQ(range[0].until, At("2024-05-16", context.zone));
  EXPECT_TRUE(Instants(Operator::kBetween, {Local("2024-05-20"), RelativeDay{}}, context).empty());
}

// T15: a rolling window counts from as-of, a calendar window from midnight.
TEST(TimeBounds, RollingWindowsCountFromAsOf) {
  const EvaluationContext context = ContextAt("2024-05-15 13:45", "Asia/Shanghai");
  const base::InstantMs edge = context.as_of - 48 * 3'600'000;
  const std::vector<Interval> within = Instants(Operator::kWithin, {Hours(-48)}, context);
  EXPECT_FALSE(Contains(within, edge - 1));
  EXPECT_TRUE(Contains(within, edge));
  EXPECT_TRUE(Contains(within, context.as_of));
  EXPECT_FALSE(Contains(within, context.as_of + 1));
  const std::vector<Interval> since = Instants(Operator::kGreaterOrEqual, {Hours(-48)}, context);
  EXPECT_FALSE(Contains(since, edge - 1));
  EXPECT_TRUE(Contains(since, edge));
  const std::vector<Interval> minutes = Instants(Operator::kWithin, {Minutes(-30)}, context);
  EXPECT_EQ(minutes, (std::vector<Interval>{{context.as_of - 30 * 60'000, context.as_of + 1}}));
  const std::vector<Interval> calendar = Instants(Operator::kGreaterOrEqual, {Days(-2)}, context);
  EXPECT_EQ(calendar.front().from, At("2024-05-13", context.zone));
}

// A date-time is one millisecond.
TEST(TimeBounds, ADateTimeIsOneInstant) {
  const EvaluationContext context = ContextAt("2024-11-12 10:00", "Asia/Shanghai");
  const base::InstantMs start = At("2024-11-11 20:00", context.zone);
  EXPECT_EQ(start, 1'731'326'400'000);
  EXPECT_EQ(Instants(Operator::kEqual, {Local("2024-11-11 20:00")}, context),
            (std::vector<Interval>{{start, start + 1}}));
  EXPECT_EQ(Instants(Operator::kGreater, {Local("2024-11-11 20:00")}, context),
            (std::vector<Interval>{{start + 1, kInstantCeiling}}));
  EXPECT_EQ(Instants(Operator::kLess, {Local("2024-11-11 20:00:00.001")}, context),
            (std::vector<Interval>{{kInstantFloor, start + 1}}));
}

// T18: days of 23 and 25 hours.
TEST(TimeBounds, DaysFollowTheZoneDatabase) {
  const EvaluationContext context = ContextAt("2024-03-11 12:00", "America/New_York");
  const Interval spring = InstantsOf(Local("2024-03-10"), context);
  EXPECT_EQ(spring.until - spring.from, 23 * 3'600'000);
  const Interval autumn = InstantsOf(Local("2024-11-03"), context);
  EXPECT_EQ(autumn.until - autumn.from, 25 * 3'600'000);
  // T12: Shanghai had summer time; the day still follows the calendar.
  const EvaluationContext shanghai = ContextAt("2024-03-11 12:00", "Asia/Shanghai");
  const Interval summer = InstantsOf(Local("1988-04-10"), shanghai);
  EXPECT_EQ(summer.until, InstantsOf(Local("1988-04-11"), shanghai).from);
}

TEST(TimeBounds, ListsBecomeSortedDisjointIntervals) {
  const EvaluationContext context = ContextAt("2024-05-15 13:45", "Asia/Shanghai");
  const std::vector<Interval> days =
      Instants(Operator::kIn,
               {Local("2024-05-03"), Local("2024-05-01"), Local("2024-05-02"), Days(-1)}, context);
  ASSERT_EQ(days.size(), 2u);
  EXPECT_EQ(days[0].from, At("2024-05-01", context.zone));
  EXPECT_EQ(days[0].until, At("2024-05-04", context.zone));
  EXPECT_EQ(days[1].from, At("2024-05-14", context.zone));
}

// T12, T19: civil dates are codes; an unknown year lies before every date.
TEST(TimeBounds, CivilDatesCompareAsCodes) {
  const EvaluationContext context = ContextAt("2024-05-15 00:30", "Asia/Shanghai");
  EXPECT_EQ(Dates(Operator::kEqual, {RelativeDay{}}, context),
            (std::vector<Interval>{{20'240'515, 20'240'516}}));
  EXPECT_EQ(Dates(Operator::kLess, {Local("1997-03-01")}, context),
            (std::vector<Interval>{{kDateCodeFloor, 19'970'301}}));
  EXPECT_EQ(Dates(Operator::kGreater, {Local("1997-02-28")}, context),
            (std::vector<Interval>{{19'970'301, kDateCodeCeiling}}));
  EXPECT_EQ(Dates(Operator::kBetween, {Years(-30), Years(-20)}, context),
            (std::vector<Interval>{{19'940'515, 20'040'516}}));
  const std::vector<Interval> everything =
      Dates(Operator::kLessOrEqual, {Local("9999-12-31")}, context);
  EXPECT_TRUE(Contains(everything, 99'991'231));
  EXPECT_TRUE(Contains(everything, 10'101));
  EXPECT_FALSE(Contains(everything, 1'231)) << "year unknown";
  EXPECT_TRUE(Dates(Operator::kGreater, {Local("9999-12-31")}, context).empty());
}

bool Remembers(const std::vector<base::MonthDayRange>& ranges, int32_t month_day) {
  for (const base::MonthDayRange& range : ranges) {
    if (month_day >= range.first && month_day <= range.last) return true;
  }
  return false;
}

// T20
TEST(TimeBounds, AnniversariesCrossNewYearAndKnowLeapDays) {
  BoundAnniversary next30;
  next30.from = RelativeDay{};
  next30.until = Days(30);
  const auto december = MonthDaysOf(next30, ContextAt("2024-12-20 09:00", "Asia/Shanghai"));
  EXPECT_FALSE(Remembers(december, 1219));
  EXPECT_TRUE(Remembers(december, 1220));
  EXPECT_TRUE(Remembers(december, 1231));
  EXPECT_TRUE(Remembers(december, 101));
  EXPECT_TRUE(Remembers(december, 119));
  EXPECT_FALSE(Remembers(december, 120));
  // 29 February falls on the 28th in 2023, on itself in 2024.
  BoundAnniversary today;
  today.from = RelativeDay{};
  today.until = RelativeDay{};
  EXPECT_TRUE(Remembers(MonthDaysOf(today, ContextAt("2023-02-28 09:00", "Asia/Shanghai")), 229));
  EXPECT_FALSE(Remembers(MonthDaysOf(today, ContextAt("2024-02-28 09:00", "Asia/Shanghai")), 229));
  EXPECT_TRUE(Remembers(MonthDaysOf(today, ContextAt("2024-02-29 09:00", "Asia/Shanghai")), 229));
  EXPECT_FALSE(Remembers(MonthDaysOf(today, ContextAt("2023-03-01 09:00", "Asia/Shanghai")), 229));
}

// T21: the same instant lies in different days of different zones.
TEST(TimeBounds, TodayIsTheShopsDay) {
  const base::InstantMs as_of = At("2024-05-15 00:30", Zone("Asia/Shanghai"));
  EXPECT_EQ(base::FormatDay(TodayOf({as_of, Zone("Asia/Shanghai")})), "2024-05-15");
  EXPECT_EQ(base::FormatDay(TodayOf({as_of, Zone("UTC")})), "2024-05-14");
}

TEST(TimeBounds, PromotionWindowsAreMerged) {
  const DuringTest test{1, {{50, 60}, {10, 20}, {20, 30}, {25, 28}, {70, 70}}};
  EXPECT_EQ(IntervalsOf(test), (std::vector<Interval>{{10, 30}, {50, 60}}));
}

}  // namespace
}  // namespace segmentation::domain::condition
