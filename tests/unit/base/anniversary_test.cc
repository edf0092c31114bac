// Anniversaries and ages. T20.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "server/base/calendar.h"
#include "tests/support/seed.h"

namespace segmentation::base {
namespace {

DayNumber Day(std::string_view text) { return ParseDay(text, "date").value(); }

// T20
TEST(AnniversaryTest, T20LeapDayFallsOn28FebruaryInCommonYears) {
  EXPECT_EQ(FormatDay(AnniversaryInYear(20000229, 2023)), "2023-02-28");
  EXPECT_EQ(FormatDay(AnniversaryInYear(20000229, 2024)), "2024-02-29");
  EXPECT_EQ(FormatDay(AnniversaryInYear(229, 1900)), "1900-02-28");
  EXPECT_EQ(FormatDay(AnniversaryInYear(20000301, 2023)), "2023-03-01");
  EXPECT_TRUE(HasAnniversaryBetween(229, Day("2023-02-28"), Day("2023-02-28")));
  EXPECT_FALSE(HasAnniversaryBetween(229, Day("2023-03-01"), Day("2024-02-28")));
  EXPECT_FALSE(HasAnniversaryBetween(229, Day("2024-02-28"), Day("2024-02-28")));
  EXPECT_TRUE(HasAnniversaryBetween(229, Day("2024-02-29"), Day("2024-02-29")));
}

// T20: the next 30 days go on across New Year.
TEST(AnniversaryTest, T20WindowsCrossNewYear) {
  const DayNumber today = Day("2024-12-15");
  const DayNumber end = AddDays(today, 30);  // 2025-01-14
  for (int32_t code : {19881215, 19881231, 19880101, 101, 20240114, 114}) {
    EXPECT_TRUE(HasAnniversaryBetween(code, today, end)) << code;
  }
  for (int32_t code : {19881214, 19880115, 115, 1214, 20000229}) {
    EXPECT_FALSE(HasAnniversaryBetween(code, today, end)) << code;
  }
  EXPECT_EQ(AnniversaryRanges(today, end), (std::vector<MonthDayRange>{{101, 114}, {1215, 1231}}));
  EXPECT_EQ(AnniversaryRanges(Day("2023-02-01"), Day("2023-02-28")),
            (std::vector<MonthDayRange>{{201, 229}}));
  EXPECT_EQ(AnniversaryRanges(Day("2024-02-01"), Day("2024-02-28")),
            (std::vector<MonthDayRange>{{201, 228}}));
  EXPECT_TRUE(AnniversaryRanges(Day("2024-02-02"), Day("2024-02-01")).empty());
  EXPECT_FALSE(HasAnniversaryBetween(201, Day("2024-02-02"), Day("2024-02-01")));
}

// T20: both forms of the question agree with counting the days one by one.
TEST(AnniversaryTest, T20AgreesWithCountingDayByDay) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 1'500; ++i) {
    const int years = static_cast<int>(random() % 12);
    const DayNumber first =
        Day("1896-01-01") + static_cast<DayNumber>(random() % (years < 6 ? 400 : 60'000));
    const DayNumber last =
        first + static_cast<DayNumber>(random() % (years % 3 == 0 ? 1'200 : 40)) - 1;
    std::vector<bool> hit(1232, false);
    for (DayNumber day = first; day <= last; ++day) {
      const int32_t code = DateCodeOf(day);
      hit[static_cast<size_t>(code % 10'000)] = true;
      const int32_t next = DateCodeOf(day + 1) % 10'000;
      if (code % 10'000 == 228 && next == 301) hit[229] = true;
    }
    const std::vector<MonthDayRange> ranges = AnniversaryRanges(first, last);
    ASSERT_LE(ranges.size(), 3u);
    for (int32_t code = 101; code <= 1231; ++code) {
      if (!IsDateCode(code)) continue;
      bool in_range = false;
      for (const MonthDayRange& range : ranges) {
        in_range = in_range || (range.first <= code && code <= range.last);
      }
      const bool want = hit[static_cast<size_t>(code)];
      ASSERT_EQ(in_range, want) << FormatDay(first) << " " << FormatDay(last) << " " << code;
      ASSERT_EQ(HasAnniversaryBetween(code, first, last), want)
          << FormatDay(first) << " " << FormatDay(last) << " " << code;
      ASSERT_EQ(HasAnniversaryBetween(19840000 + code, first, last), want);
    }
  }
}

TEST(AnniversaryTest, T20FullYearsAreTheAge) {
  EXPECT_EQ(FullYearsBetween(19900515, Day("2024-05-14")), 33);
  EXPECT_EQ(FullYearsBetween(19900515, Day("2024-05-15")), 34);
  EXPECT_EQ(FullYearsBetween(20000229, Day("2023-02-27")), 22);
  EXPECT_EQ(FullYearsBetween(20000229, Day("2023-02-28")), 23);
  EXPECT_EQ(FullYearsBetween(20000229, Day("2024-02-28")), 23);
  EXPECT_EQ(FullYearsBetween(20240515, Day("2024-05-15")), 0);
  EXPECT_EQ(FullYearsBetween(20240515, Day("2024-05-14")), -1);
}

}  // namespace
}  // namespace segmentation::base
