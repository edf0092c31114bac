// Zones, midnights, dates and month arithmetic. T12, T13, T14, T16, T17, T18, T19.
#include "server/base/calendar.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "server/base/error.h"
#include "tests/support/seed.h"

namespace segmentation::base {
namespace {

constexpr InstantMs kHour = 3'600'000;

absl::TimeZone Zone(std::string_view name) {
  absl::StatusOr<absl::TimeZone> zone = LoadTimeZone(name, "time_zone");
  EXPECT_TRUE(zone.ok()) << zone.status();
  return zone.ok() ? *zone : absl::UTCTimeZone();
}

DayNumber Day(std::string_view text) {
  absl::StatusOr<DayNumber> day = ParseDay(text, "date");
  EXPECT_TRUE(day.ok()) << day.status();
  return day.ok() ? *day : 0;
}

// The instant of a time in UTC.
InstantMs Utc(std::string_view text) {
  absl::StatusOr<LocalTime> time = ParseLocalTime(text, "time");
  EXPECT_TRUE(time.ok()) << time.status();
  return time.ok() ? InstantOf(*time, absl::UTCTimeZone()) : 0;
}

InstantMs Local(std::string_view text, const absl::TimeZone& zone) {
  absl::StatusOr<LocalTime> time = ParseLocalTime(text, "time");
  EXPECT_TRUE(time.ok()) << time.status();
  return time.ok() ? InstantOf(*time, zone) : 0;
}

Reason ReasonOf(const absl::Status& status) {
  std::optional<ErrorInfo> info = GetErrorInfo(status);
  return info ? info->reason : Reason::INTERNAL;
}

constexpr const char* kZones[] = {"UTC",
                                  "Asia/Shanghai",
                                  "America/New_York",
                                  "America/Sao_Paulo",
                                  "America/St_Johns",
                                  "America/Havana",
                                  "Asia/Beirut",
                                  "Asia/Kathmandu",
                                  "Asia/Gaza",
                                  "Pacific/Apia",
                                  "Pacific/Chatham",
                                  "Pacific/Kwajalein",
                                  "Australia/Lord_Howe",
                                  "Africa/Monrovia",
                                  "Etc/GMT+12"};

TEST(CalendarTest, LoadsZonesByTheirIanaNameOnly) {
  for (const char* name : kZones) EXPECT_TRUE(LoadTimeZone(name, "time_zone").ok()) << name;
  for (const char* name : {"",
                           "Mars/Olympus",
                           "asia/shanghai",
                           "Asia",
                           "Asia/",
                           "/etc/passwd",
                           "/usr/share/zoneinfo/Asia/Shanghai",
                           "../zoneinfo/UTC",
                           "file:Asia/Shanghai",
                           "localtime",
                           "libc:localtime",
                           "Fixed/UTC+08:00:00",
                           "right/Asia/Shanghai",
                           "posix/UTC",
                           "GMT+8 ",
                           "UTC\n",
                           "zone.tab",
                           "中国",
                           "\xff",
                           "Asia/ShanghaiAsia/ShanghaiAsia/ShanghaiAsia/ShanghaiAsia/Shanghai"}) {
    const absl::Status status = LoadTimeZone(name, "shop.time_zone").status();
    EXPECT_EQ(ReasonOf(status), Reason::TIME_ZONE_UNKNOWN) << name;
  }
}

TEST(CalendarTest, RangeIsTheYears1To9999) {
  EXPECT_EQ(DateCodeOf(kMinDay), 10101);
  EXPECT_EQ(DateCodeOf(kMaxDay), 99991231);
  EXPECT_EQ(kMinInstantMs, Utc("0001-01-01 00:00"));
  EXPECT_EQ(kMaxInstantMs, Utc("9999-12-31 23:59:59.999"));
  EXPECT_EQ(DateCodeOf(0), 19700101);
  EXPECT_EQ(DateCodeOf(-1), 19691231);
  for (const char* name : kZones) {
    const absl::TimeZone zone = Zone(name);
    for (DayNumber day : {kMinDay, kMaxDay}) {
      EXPECT_EQ(DayOf(MidnightOf(day, zone), zone), day) << name;
      EXPECT_EQ(DayOf(MidnightOf(day + 1, zone) - 1, zone), day) << name;
    }
  }
}

// T18: the next local midnight comes from the zone database, not 24 hours later.
TEST(CalendarTest, T18MidnightsComeFromTheZoneDatabase) {
  const struct {
    const char* zone;
    const char* day;
    const char* utc;  // of its midnight
    int hours;        // until the next one
  } kCases[] = {
      {"Asia/Shanghai", "2024-05-15", "2024-05-14 16:00", 24},
      {"America/New_York", "2024-03-10", "2024-03-10 05:00", 23},
      {"America/New_York", "2024-11-03", "2024-11-03 04:00", 25},
      // Midnight is skipped: the day begins at 01:00.
      {"America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00", 23},
      {"Asia/Beirut", "2022-03-27", "2022-03-26 22:00", 23},
      // Midnight comes twice: the day begins at the first.
      {"America/Havana", "2012-11-04", "2012-11-04 04:00", 25},
      // A day the island left out begins and ends where the next one begins.
      {"Pacific/Apia", "2011-12-29", "2011-12-29 10:00", 24},
      {"Pacific/Apia", "2011-12-30", "2011-12-30 10:00", 0},
      {"Pacific/Apia", "2011-12-31", "2011-12-30 10:00", 24},
  };
  for (const auto& c : kCases) {
    const absl::TimeZone zone = Zone(c.zone);
    const DayNumber day = Day(c.day);
    EXPECT_EQ(MidnightOf(day, zone), Utc(c.utc)) << c.zone << " " << c.day;
    EXPECT_EQ(MidnightOf(day + 1, zone) - MidnightOf(day, zone), c.hours * kHour)
        << c.zone << " " << c.day;
  }
}

// T18: clocks set back across midnight (00:01 → 23:01) do not bring yesterday back.
TEST(CalendarTest, T18DaysNeverGoBackwards) {
  const absl::TimeZone zone = Zone("America/St_Johns");
  const InstantMs midnight = MidnightOf(Day("2006-10-29"), zone);
  EXPECT_EQ(midnight, Utc("2006-10-29 02:30"));
  EXPECT_EQ(FormatDay(DayOf(midnight - 1, zone)), "2006-10-28");
  EXPECT_EQ(FormatLocalTime(LocalTimeOf(midnight + 10 * 60'000, zone)), "2006-10-28 23:10");
  EXPECT_EQ(FormatDay(DayOf(midnight + 10 * 60'000, zone)), "2006-10-29");
}

// T18
TEST(CalendarTest, T18EveryInstantLiesBetweenTheMidnightsOfItsDay) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 30'000; ++i) {
    const absl::TimeZone zone = Zone(kZones[random() % std::size(kZones)]);
    // Mostly the years whose zones have rules, and both ends of the calendar.
    const InstantMs instant =
        random() % 4 == 0
            ? kMinInstantMs + static_cast<InstantMs>(
                                  random() % static_cast<uint64_t>(kMaxInstantMs - kMinInstantMs))
            : Utc("1880-01-01") + static_cast<InstantMs>(random() % (190ull * 365 * 86'400'000));
    const DayNumber day = DayOf(instant, zone);
    ASSERT_LE(MidnightOf(day, zone), instant);
    ASSERT_GT(MidnightOf(day + 1, zone), instant);
    const InstantMs later = instant + static_cast<InstantMs>(random() % (3ull * 86'400'000));
    ASSERT_LE(day, DayOf(later, zone));
  }
}

// T13, T14: a whole local day, to the millisecond on either side.
TEST(CalendarTest, T13T14EdgesOfADayAreExact) {
  const absl::TimeZone zone = Zone("Asia/Shanghai");
  const DayNumber day = Day("2024-11-11");
  const InstantMs begin = Local("2024-11-11 00:00", zone);
  EXPECT_EQ(MidnightOf(day, zone), begin);
  EXPECT_EQ(DayOf(begin - 1, zone), day - 1);
  EXPECT_EQ(DayOf(begin, zone), day);
  EXPECT_EQ(DayOf(Local("2024-11-11 23:59:59.999", zone), zone), day);
  EXPECT_EQ(DayOf(Local("2024-11-11 23:59:59.999", zone) + 1, zone), day + 1);
}

// T16
TEST(CalendarTest, T16DayOffsetsFollowTheGoldenTable) {
  const struct {
    const char* day;
    int64_t offset;
    const char* want;
  } kCases[] = {
      {"2024-05-15", -7, "2024-05-08"},        {"2024-05-15", 0, "2024-05-15"},
      {"2024-03-01", -1, "2024-02-29"},        {"2023-03-01", -1, "2023-02-28"},
      {"2024-01-01", -1, "2023-12-31"},        {"2024-12-31", 1, "2025-01-01"},
      {"2024-05-15", -365, "2023-05-16"},      {"0001-01-01", -1, "0001-01-01"},
      {"9999-12-31", 1, "9999-12-31"},         {"2024-05-15", INT64_MIN, "0001-01-01"},
      {"2024-05-15", INT64_MAX, "9999-12-31"}, {"0001-01-01", INT64_MIN, "0001-01-01"},
      {"2024-05-15", -90, "2024-02-15"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(FormatDay(AddDays(Day(c.day), c.offset)), c.want) << c.day << " " << c.offset;
  }
}

// T17
TEST(CalendarTest, T17MonthOffsetsClampToTheLastDay) {
  const struct {
    const char* day;
    int64_t months;
    const char* want;
  } kCases[] = {
      {"2023-03-31", -1, "2023-02-28"},        {"2024-03-31", -1, "2024-02-29"},
      {"2024-05-31", -1, "2024-04-30"},        {"2024-05-15", -1, "2024-04-15"},
      {"2024-02-29", -12, "2023-02-28"},       {"2024-02-29", 48, "2028-02-29"},
      {"2024-01-31", 1, "2024-02-29"},         {"2024-01-15", -13, "2022-12-15"},
      {"2024-12-31", 2, "2025-02-28"},         {"2024-05-15", 0, "2024-05-15"},
      {"0001-01-31", -1, "0001-01-01"},        {"9999-12-01", 1, "9999-12-31"},
      {"2024-05-15", INT64_MIN, "0001-01-01"}, {"2024-05-15", INT64_MAX, "9999-12-31"},
      {"0001-12-31", 9998 * 12, "9999-12-31"}, {"2100-03-29", -1, "2100-02-28"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(FormatDay(AddMonths(Day(c.day), c.months)), c.want) << c.day << " " << c.months;
  }
}

// T12, T19: dates are year-month-day numbers; the year may be unknown; no zone takes part, though
// Asia/Shanghai once had summer time.
TEST(CalendarTest, T12T19DateCodesAreCivil) {
  EXPECT_EQ(*ParseDateCode("1988-07-01", "birthday"), 19880701);
  EXPECT_EQ(*ParseDateCode("--07-01", "birthday"), 701);
  EXPECT_EQ(*ParseDateCode("0000-07-01", "birthday"), 701);
  EXPECT_EQ(*ParseDateCode("--02-29", "birthday"), 229);
  EXPECT_EQ(FormatDateCode(19880701), "1988-07-01");
  EXPECT_EQ(FormatDateCode(229), "--02-29");
  EXPECT_EQ(FormatDateCode(10101), "0001-01-01");
  for (const char* text : {"", "1988-7-1", "19880701", "1988-02-30", "1989-02-29", "1900-02-29",
                           "--02-30", "--13-01", "--00-10", "-07-01", "10000-01-01", "1988-07-01 ",
                           "1988-07-01 00:00", "１９８８-07-01", "\xff"}) {
    EXPECT_EQ(ReasonOf(ParseDateCode(text, "birthday").status()), Reason::DATE_INVALID) << text;
  }
  for (int64_t code : {10101, 99991231, 20240229, 229, 101}) EXPECT_TRUE(IsDateCode(code)) << code;
  for (int64_t code :
       {0, 1, 100, 230, 1301, 20230229, 20240230, 20241301, 20240100, 100000101, -19880701, -229}) {
    EXPECT_FALSE(IsDateCode(code)) << code;
  }
  EXPECT_FALSE(IsDateCode(INT64_MAX));
  EXPECT_FALSE(IsDateCode(INT64_MIN));
}

TEST(CalendarTest, T12DateCodesAndDaysGoBothWays) {
  int32_t last = 0;
  for (DayNumber day = kMinDay; day <= kMaxDay; ++day) {
    const int32_t code = DateCodeOf(day);
    ASSERT_LT(last, code);  // codes are ordered as days are
    last = code;
    ASSERT_TRUE(IsDateCode(code));
    if (day % 17 == 0) {
      ASSERT_EQ(*DayOfDateCode(code, ""), day);
      ASSERT_EQ(*ParseDay(FormatDay(day), ""), day);
    }
  }
  for (int64_t code :
       {int64_t{701}, int64_t{0}, int64_t{20230229}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(ReasonOf(DayOfDateCode(code, "birthday").status()), Reason::DATE_INVALID) << code;
  }
}

TEST(CalendarTest, ReadsLocalTimes) {
  const struct {
    const char* text;
    const char* canonical;
    int32_t millis;
    bool has_time;
  } kCases[] = {
      {"2024-11-11", "2024-11-11", 0, false},
      {"2024-11-11 20:00", "2024-11-11 20:00", 72'000'000, true},
      {"2024-11-11 20:00:00", "2024-11-11 20:00", 72'000'000, true},
      {"2024-11-11 20:00:01", "2024-11-11 20:00:01", 72'001'000, true},
      {"2024-11-11 20:00:00.000", "2024-11-11 20:00", 72'000'000, true},
      {"2024-11-11 20:00:00.007", "2024-11-11 20:00:00.007", 72'000'007, true},
      {"2024-11-11 00:00", "2024-11-11 00:00", 0, true},
      {"0001-01-01 23:59:59.999", "0001-01-01 23:59:59.999", 86'399'999, true},
  };
  for (const auto& c : kCases) {
    absl::StatusOr<LocalTime> time = ParseLocalTime(c.text, "date");
    ASSERT_TRUE(time.ok()) << c.text;
    EXPECT_EQ(time->millis_of_day, c.millis) << c.text;
    EXPECT_EQ(time->has_time, c.has_time) << c.text;
    EXPECT_EQ(FormatLocalTime(*time), c.canonical);
  }
  for (const char* text : {"",
                           "2024",
                           "2024-11",
                           "2024-11-31",
                           "2023-02-29",
                           "0000-01-01",
                           "2024-11-11T20:00",
                           "2024-11-11  20:00",
                           "2024-11-11 24:00",
                           "2024-11-11 20:60",
                           "2024-11-11 20:00:60",
                           "2024-11-11 20",
                           "2024-11-11 20:00:00.1",
                           "2024-11-11 20:00:00.0001",
                           "2024-11-11 20:00Z",
                           "2024-11-11 ",
                           " 2024-11-11",
                           "-2024-11-11",
                           "2024-11-11 -1:00",
                           "昨天"}) {
    EXPECT_EQ(ReasonOf(ParseLocalTime(text, "date").status()), Reason::DATE_INVALID) << text;
  }
}

TEST(CalendarTest, T18LocalTimesThatAreSkippedOrComeTwice) {
  const absl::TimeZone zone = Zone("America/New_York");
  // 02:30 is skipped: the instant the clocks jump, whatever the fraction.
  EXPECT_EQ(Local("2024-03-10 02:30:00.500", zone), Utc("2024-03-10 07:00"));
  EXPECT_EQ(Local("2024-03-10 03:00", zone), Utc("2024-03-10 07:00"));
  // 01:30 comes twice: the first.
  EXPECT_EQ(Local("2024-11-03 01:30", zone), Utc("2024-11-03 05:30"));
  // A date is the day's first instant, also where 00:00 itself is skipped.
  const absl::TimeZone beirut = Zone("Asia/Beirut");
  EXPECT_EQ(Local("2022-03-27", beirut), MidnightOf(Day("2022-03-27"), beirut));
  EXPECT_EQ(Local("2022-03-27", beirut), Local("2022-03-27 01:00", beirut));
}

TEST(CalendarTest, LocalTimesComeBackFromText) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    LocalTime time;
    time.day = kMinDay + static_cast<DayNumber>(random() % (kMaxDay - kMinDay + 1));
    time.has_time = random() % 4 != 0;
    if (time.has_time) {
      const int32_t unit = random() % 3 == 0 ? 60'000 : random() % 2 == 0 ? 1'000 : 1;
      time.millis_of_day = static_cast<int32_t>(random() % 86'400'000) / unit * unit;
    }
    ASSERT_EQ(*ParseLocalTime(FormatLocalTime(time), ""), time);
    if (time.has_time) {
      ASSERT_EQ(LocalTimeOf(InstantOf(time, absl::UTCTimeZone()), absl::UTCTimeZone()), time);
    }
  }
}

}  // namespace
}  // namespace segmentation::base
