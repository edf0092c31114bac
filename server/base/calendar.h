// Calendar of a shop: civil days, local midnights, month arithmetic and anniversaries. Pure and
// thread-safe. An instant is UTC milliseconds, a day a DayNumber, a civil date code yyyymmdd.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace segmentation::base {

inline constexpr DayNumber kMinDay = -719162;  // 0001-01-01
inline constexpr DayNumber kMaxDay = 2932896;  // 9999-12-31
inline constexpr InstantMs kMillisPerDay = 86'400'000;
inline constexpr InstantMs kMinInstantMs = kMinDay * kMillisPerDay;
inline constexpr InstantMs kMaxInstantMs = (InstantMs{kMaxDay} + 1) * kMillisPerDay - 1;

// The zone of an IANA name ("Asia/Shanghai", "UTC"). TIME_ZONE_UNKNOWN for any other text, also
// paths, "localtime" and the leap-second zones under "right/".
absl::StatusOr<absl::TimeZone> LoadTimeZone(std::string_view name, std::string_view field);

// First instant of a day in a zone, from the zone database (T18): where midnight is skipped, the
// instant the clocks jump; where it comes twice, the first. A day the zone left out altogether
// begins, and ends, where the next one begins.
InstantMs MidnightOf(DayNumber day, const absl::TimeZone& zone);

// The day d with MidnightOf(d) <= instant < MidnightOf(d + 1); never goes backwards in time.
DayNumber DayOf(InstantMs instant, const absl::TimeZone& zone);

// yyyymmdd of a day within [kMinDay, kMaxDay].
int32_t DateCodeOf(DayNumber day);

// The day of a date code; DATE_INVALID when there is no such date, also for year 0 (unknown).
absl::StatusOr<DayNumber> DayOfDateCode(int64_t code, std::string_view field);

// Whether a code is a real date, or a month and day of an unknown year (year 0; 29 February is
// allowed).
bool IsDateCode(int64_t code);

// Date codes as text: 'YYYY-MM-DD'; year 0 reads '--MM-DD'.
std::string FormatDateCode(int32_t code);
std::string FormatDay(DayNumber day);

// 'YYYY-MM-DD' only. DATE_INVALID otherwise.
absl::StatusOr<DayNumber> ParseDay(std::string_view text, std::string_view field);

// 'YYYY-MM-DD', or '--MM-DD' and '0000-MM-DD' when the year is unknown (T19). DATE_INVALID
// otherwise.
absl::StatusOr<int32_t> ParseDateCode(std::string_view text, std::string_view field);

// A local date, or a local date with a time of day.
struct LocalTime {
  DayNumber day = 0;
  int32_t millis_of_day = 0;
  bool has_time = false;  // false: a whole day
  friend bool operator==(const LocalTime&, const LocalTime&) = default;
};

// 'YYYY-MM-DD' or 'YYYY-MM-DD HH:MM[:SS[.mmm]]'. DATE_INVALID otherwise; there is no second 60.
absl::StatusOr<LocalTime> ParseLocalTime(std::string_view text, std::string_view field);

// The shortest of the forms that ParseLocalTime reads.
std::string FormatLocalTime(const LocalTime& time);

// The instant a local time names: a date is its first instant; a time the clocks skip is the
// instant they jump; a time that comes twice is the first.
InstantMs InstantOf(const LocalTime& time, const absl::TimeZone& zone);

// The local time, with time of day, of an instant.
LocalTime LocalTimeOf(InstantMs instant, const absl::TimeZone& zone);

// `day` plus days or calendar months; the day of the month is cut to the month's last (T17). Beyond
// the years 0001–9999 the nearest day within.
DayNumber AddDays(DayNumber day, int64_t days);
DayNumber AddMonths(DayNumber day, int64_t months);

// Full years from a date code with a year to a day: the age; -1 and less before the date itself. 29
// February completes its year on 28 February in common years (T20).
int32_t FullYearsBetween(int32_t date_code, DayNumber day);

// The day on which a date code is remembered in a year: 29 February falls on 28 February in common
// years (T20). The code's own year plays no part.
DayNumber AnniversaryInYear(int32_t date_code, int32_t year);

// Whether the date code has an anniversary on a day of [first, last], across New Year too. The
// code's own year plays no part; first > last has none.
bool HasAnniversaryBetween(int32_t date_code, DayNumber first, DayNumber last);

// Closed range of month × 100 + day.
struct MonthDayRange {
  int32_t first = 0;
  int32_t last = 0;
  friend bool operator==(const MonthDayRange&, const MonthDayRange&) = default;
};

// The same question for a query: HasAnniversaryBetween(code, first, last) exactly when
// code % 10000 lies in one of these ranges (sorted, disjoint, at most three).
std::vector<MonthDayRange> AnniversaryRanges(DayNumber first, DayNumber last);

}  // namespace segmentation::base
