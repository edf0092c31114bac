#include "server/base/calendar.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"

namespace segmentation::base {
namespace {

constexpr size_t kMaxZoneNameBytes = 64;
constexpr int32_t kUnknownYearStandIn = 2000;  // a leap year

absl::CivilDay CivilOf(DayNumber day) { return absl::CivilDay(1970, 1, 1) + day; }

DayNumber NumberOf(absl::CivilDay day) {
  return static_cast<DayNumber>(day - absl::CivilDay(1970, 1, 1));
}

bool IsLeapYear(int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int32_t LastDayOfMonth(int64_t year, int32_t month) {
  constexpr int32_t kLast[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kLast[month - 1];
}

bool IsDate(int64_t year, int64_t month, int64_t day) {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
         day <= LastDayOfMonth(year, static_cast<int32_t>(month));
}

// The name of a file below the zone folder, nothing that the loader would take for something else.
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > kMaxZoneNameBytes || !absl::ascii_isalpha(name.front())) {
    return false;
  }
  for (char c : name) {
    if (!absl::ascii_isalnum(c) && c != '_' && c != '+' && c != '-' && c != '/') return false;
  }
  return !name.starts_with("Fixed/") && !name.starts_with("right/") &&
         !name.starts_with("posix/") && name != "localtime" && name != "posixrules" &&
         name != "Factory";
}

absl::Status DateError(std::string_view text, std::string_view field, std::string_view want) {
  std::string got = IsValidUtf8(text) ? base::StrCat("'", TruncateBytes(text, 40), "'")
                                      : std::string("bytes that are not UTF-8");
  return MakeError(Reason::DATE_INVALID, field, base::StrCat("got ", got, ", want ", want));
}

// Exactly `digits` decimal digits at the head of `text`, taken off it.
std::optional<int32_t> TakeDigits(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int32_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (!absl::ascii_isdigit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

struct Ymd {
  int32_t year, month, day;
};

std::optional<Ymd> TakeDate(std::string_view& text) {
  std::optional<int32_t> year = TakeDigits(text, 4);
  if (!year || !TakeChar(text, '-')) return std::nullopt;
  std::optional<int32_t> month = TakeDigits(text, 2);
  if (!month || !TakeChar(text, '-')) return std::nullopt;
  std::optional<int32_t> day = TakeDigits(text, 2);
  if (!day) return std::nullopt;
  return Ymd{*year, *month, *day};
}

// Milliseconds of 'HH:MM[:SS[.mmm]]'; the whole text must match.
std::optional<int32_t> TimeOfDay(std::string_view text) {
  std::optional<int32_t> hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !TakeChar(text, ':')) return std::nullopt;
  std::optional<int32_t> minute = TakeDigits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  int32_t millis = (*hour * 60 + *minute) * 60'000;
  if (text.empty()) return millis;
  if (!TakeChar(text, ':')) return std::nullopt;
  std::optional<int32_t> second = TakeDigits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  millis += *second * 1000;
  if (text.empty()) return millis;
  if (!TakeChar(text, '.')) return std::nullopt;
  std::optional<int32_t> fraction = TakeDigits(text, 3);
  if (!fraction || !text.empty()) return std::nullopt;
  return millis + *fraction;
}

InstantMs InstantOfCivil(absl::CivilSecond second, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo info = zone.At(second);
  return absl::ToUnixMillis(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

}  // namespace

absl::StatusOr<absl::TimeZone> LoadTimeZone(std::string_view name, std::string_view field) {
  absl::TimeZone zone;
  if (!IsZoneName(name) || !absl::LoadTimeZone(std::string(name), &zone)) {
    std::string got = IsValidUtf8(name) ? base::StrCat("'", TruncateBytes(name, 64), "'")
                                        : std::string("bytes that are not UTF-8");
    return MakeError(
        Reason::TIME_ZONE_UNKNOWN, field,
        base::StrCat("got ", got, ", want a name of the IANA zone database such as Asia/Shanghai"));
  }
  return zone;
}

InstantMs MidnightOf(DayNumber day, const absl::TimeZone& zone) {
  return InstantOfCivil(absl::CivilSecond(CivilOf(day)), zone);
}

DayNumber DayOf(InstantMs instant, const absl::TimeZone& zone) {
  const DayNumber day = NumberOf(absl::ToCivilDay(absl::FromUnixMillis(instant), zone));
  // Only a clock set back across midnight makes these differ from the date on the wall.
  if (instant < MidnightOf(day, zone)) return day - 1;
  if (instant >= MidnightOf(day + 1, zone)) return day + 1;
  return day;
}

int32_t DateCodeOf(DayNumber day) {
  const absl::CivilDay civil = CivilOf(day);
  return static_cast<int32_t>(civil.year()) * 10'000 + civil.month() * 100 + civil.day();
}

absl::StatusOr<DayNumber> DayOfDateCode(int64_t code, std::string_view field) {
  const int64_t year = code / 10'000;
  const int64_t month = code / 100 % 100;
  const int64_t day = code % 100;
  if (!IsDate(year, month, day)) {
    return DateError(base::StrCat(code), field, "a date between 0001-01-01 and 9999-12-31");
  }
  return NumberOf(absl::CivilDay(year, month, day));
}

bool IsDateCode(int64_t code) {
  if (code < 0) return false;
  const int64_t year = code / 10'000;
  return IsDate(year == 0 ? kUnknownYearStandIn : year, code / 100 % 100, code % 100);
}

std::string FormatDateCode(int32_t code) {
  const int32_t year = code / 10'000;
  if (year == 0) return absl::StrFormat("--%02d-%02d", code / 100 % 100, code % 100);
  return absl::StrFormat("%04d-%02d-%02d", year, code / 100 % 100, code % 100);
}

std::string FormatDay(DayNumber day) { return FormatDateCode(DateCodeOf(day)); }

absl::StatusOr<DayNumber> ParseDay(std::string_view text, std::string_view field) {
  std::string_view rest = text;
  std::optional<Ymd> date = TakeDate(rest);
  if (!date || !rest.empty() || !IsDate(date->year, date->month, date->day)) {
    return DateError(text, field, "a date as YYYY-MM-DD from 0001-01-01 to 9999-12-31");
  }
  return NumberOf(absl::CivilDay(date->year, date->month, date->day));
}

absl::StatusOr<int32_t> ParseDateCode(std::string_view text, std::string_view field) {
  const std::string full =
      text.starts_with("--") ? base::StrCat("0000-", text.substr(2)) : std::string(text);
  std::string_view rest = full;
  std::optional<Ymd> date = TakeDate(rest);
  if (date && rest.empty()) {
    const int32_t code = date->year * 10'000 + date->month * 100 + date->day;
    if (IsDateCode(code)) return code;
  }
  return DateError(text, field, "a date as YYYY-MM-DD, or --MM-DD when the year is unknown");
}

absl::StatusOr<LocalTime> ParseLocalTime(std::string_view text, std::string_view field) {
  std::string_view rest = text;
  std::optional<Ymd> date = TakeDate(rest);
  if (date && IsDate(date->year, date->month, date->day)) {
    LocalTime result;
    result.day = NumberOf(absl::CivilDay(date->year, date->month, date->day));
    if (rest.empty()) return result;
    if (TakeChar(rest, ' ')) {
      if (std::optional<int32_t> millis = TimeOfDay(rest)) {
        result.millis_of_day = *millis;
        result.has_time = true;
        return result;
      }
    }
  }
  return DateError(text, field, "YYYY-MM-DD or YYYY-MM-DD HH:MM[:SS[.mmm]], years 0001 to 9999");
}

std::string FormatLocalTime(const LocalTime& time) {
  std::string text = FormatDay(time.day);
  if (!time.has_time) return text;
  const int32_t seconds = time.millis_of_day / 1000;
  const int32_t millis = time.millis_of_day % 1000;
  absl::StrAppendFormat(&text, " %02d:%02d", seconds / 3600, seconds / 60 % 60);
  if (seconds % 60 != 0 || millis != 0) absl::StrAppendFormat(&text, ":%02d", seconds % 60);
  if (millis != 0) absl::StrAppendFormat(&text, ".%03d", millis);
  return text;
}

InstantMs InstantOf(const LocalTime& time, const absl::TimeZone& zone) {
  const int32_t seconds = time.has_time ? time.millis_of_day / 1000 : 0;
  const absl::CivilSecond civil = absl::CivilSecond(CivilOf(time.day)) + seconds;
  if (!time.has_time) return InstantOfCivil(civil, zone);
  const absl::TimeZone::TimeInfo info = zone.At(civil);
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) return absl::ToUnixMillis(info.trans);
  return absl::ToUnixMillis(info.pre) + time.millis_of_day % 1000;
}

LocalTime LocalTimeOf(InstantMs instant, const absl::TimeZone& zone) {
  const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixMillis(instant), zone);
  InstantMs millis = instant % 1000;
  if (millis < 0) millis += 1000;
  LocalTime result;
  result.day = NumberOf(absl::CivilDay(civil));
  result.millis_of_day = ((civil.hour() * 60 + civil.minute()) * 60 + civil.second()) * 1000 +
                         static_cast<int32_t>(millis);
  result.has_time = true;
  return result;
}

DayNumber AddDays(DayNumber day, int64_t days) {
  if (days > kMaxDay - int64_t{day}) return kMaxDay;
  if (days < kMinDay - int64_t{day}) return kMinDay;
  return static_cast<DayNumber>(day + days);
}

DayNumber AddMonths(DayNumber day, int64_t months) {
  constexpr int64_t kMonthsOfAllYears = 9999 * 12;
  if (months > kMonthsOfAllYears) return kMaxDay;
  if (months < -kMonthsOfAllYears) return kMinDay;
  const absl::CivilDay civil = CivilOf(day);
  const int64_t month_index = civil.year() * 12 + (civil.month() - 1) + months;
  const int64_t year = month_index / 12;
  if (year < 1) return kMinDay;
  if (year > 9999) return kMaxDay;
  const int32_t month = static_cast<int32_t>(month_index % 12) + 1;
  return NumberOf(
      absl::CivilDay(year, month, std::min<int32_t>(civil.day(), LastDayOfMonth(year, month))));
}

int32_t FullYearsBetween(int32_t date_code, DayNumber day) {
  const int32_t year = static_cast<int32_t>(CivilOf(day).year());
  const int32_t years = year - date_code / 10'000;
  return day < AnniversaryInYear(date_code, year) ? years - 1 : years;
}

DayNumber AnniversaryInYear(int32_t date_code, int32_t year) {
  const int32_t month = date_code / 100 % 100;
  return NumberOf(
      absl::CivilDay(year, month, std::min(date_code % 100, LastDayOfMonth(year, month))));
}

bool HasAnniversaryBetween(int32_t date_code, DayNumber first, DayNumber last) {
  if (first > last) return false;
  const int32_t first_year = static_cast<int32_t>(CivilOf(first).year());
  const int32_t last_year = static_cast<int32_t>(CivilOf(last).year());
  // Within two whole years after the first one every anniversary comes.
  for (int32_t year = first_year; year <= std::min(last_year, first_year + 2); ++year) {
    const DayNumber day = AnniversaryInYear(date_code, year);
    if (day >= first && day <= last) return true;
  }
  return false;
}

std::vector<MonthDayRange> AnniversaryRanges(DayNumber first, DayNumber last) {
  std::vector<MonthDayRange> ranges;
  if (first > last) return ranges;
  const int32_t first_year = static_cast<int32_t>(CivilOf(first).year());
  const int32_t last_year = static_cast<int32_t>(CivilOf(last).year());
  for (int32_t year = first_year; year <= std::min(last_year, first_year + 2); ++year) {
    MonthDayRange range;
    range.first = year == first_year ? DateCodeOf(first) % 10'000 : 101;
    range.last = year == last_year ? DateCodeOf(last) % 10'000 : 1231;
    // In a common year 29 February is remembered on the 28th.
    if (range.last == 228 && !IsLeapYear(year)) range.last = 229;
    ranges.push_back(range);
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const MonthDayRange& a, const MonthDayRange& b) { return a.first < b.first; });
  std::vector<MonthDayRange> merged;
  for (const MonthDayRange& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

}  // namespace segmentation::base
