#include "client/cli/import/field_text.h"

#include <array>
#include <cstdlib>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "client/src/text.h"

namespace segmentation::cli {
namespace {

using internal::StrCat;
using internal::ToAbsl;

bool EatPrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool EatSuffix(std::string_view* text, std::string_view suffix) {
  if (!text->ends_with(suffix)) return false;
  text->remove_suffix(suffix.size());
  return true;
}

constexpr std::array<std::string_view, 8> kBlanks = {
    " ", "\t", "\r", "\n", "\xC2\xA0", "\xE3\x80\x80", "\v", "\xEF\xBB\xBF"};

std::string_view Trim(std::string_view text) {
  // Most fields begin and end with visible ASCII.
  const auto visible = [](char c) { return c > ' ' && c < '\x7F'; };
  if (text.empty() || (visible(text.front()) && visible(text.back()))) return text;
  bool again = true;
  while (again) {
    again = false;
    for (const std::string_view blank : kBlanks) {
      again = EatPrefix(&text, blank) || again;
      again = EatSuffix(&text, blank) || again;
    }
  }
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The form that spreadsheets give long numbers: 1.93E+15.
bool IsExponentForm(std::string_view text) {
  EatPrefix(&text, "-");
  size_t digits = 0;
  while (digits < text.size() && (IsDigit(text[digits]) || text[digits] == '.')) ++digits;
  if (digits == 0 || digits == text.size() || (text[digits] != 'E' && text[digits] != 'e')) {
    return false;
  }
  text.remove_prefix(digits + 1);
  // Spreadsheets always write the sign; 12E5 is somebody's product code.
  if (!EatPrefix(&text, "+") && !EatPrefix(&text, "-")) return false;
  if (text.empty() || text.size() > 3) return false;
  for (const char c : text) {
    if (!IsDigit(c)) return false;
  }
  // 12E5 without a point is a product code as well as a number; 1.93E+15 is only a number.
  return true;
}

// Takes a number of `least` to `most` digits from the front.
bool EatNumber(std::string_view* text, size_t least, size_t most, int* number) {
  size_t digits = 0;
  *number = 0;
  while (digits < most && digits < text->size() && IsDigit((*text)[digits])) {
    *number = *number * 10 + ((*text)[digits] - '0');
    ++digits;
  }
  if (digits < least) return false;
  text->remove_prefix(digits);
  return true;
}

absl::Status BadTime(std::string_view text) {
  return absl::InvalidArgumentError(
      StrCat("got '", text, "', want a date or time like 2024-11-11 or 2024-11-11 20:00:00"));
}

// The day at the front of the text. False = none.
bool EatDay(std::string_view* text, int* year, int* month, int* day) {
  if (text->size() >= 8 &&
      text->substr(0, 8).find_first_not_of("0123456789") == std::string_view::npos) {
    return EatNumber(text, 4, 4, year) && EatNumber(text, 2, 2, month) &&
           EatNumber(text, 2, 2, day);
  }
  if (!EatNumber(text, 4, 4, year)) return false;
  if (EatPrefix(text, "年")) {
    return EatNumber(text, 1, 2, month) && EatPrefix(text, "月") && EatNumber(text, 1, 2, day) &&
           EatPrefix(text, "日");
  }
  if (text->empty()) return false;
  const char separator = text->front();
  if (separator != '-' && separator != '/' && separator != '.') return false;
  text->remove_prefix(1);
  return EatNumber(text, 1, 2, month) && EatPrefix(text, std::string_view(&separator, 1)) &&
         EatNumber(text, 1, 2, day);
}

bool DayExists(int year, int month, int day) {
  const absl::CivilDay civil(year, month, day);
  return year >= 1 && civil.year() == year && civil.month() == month && civil.day() == day;
}

}  // namespace

std::string CleanText(std::string_view text) {
  text = Trim(text);
  if (text.size() >= 3 && text.starts_with("=\"") && text.ends_with('"')) {
    text.remove_prefix(2);
    text.remove_suffix(1);
    text = Trim(text);
  }
  return std::string(text);
}

absl::StatusOr<std::string> CleanId(std::string_view text) {
  std::string id = CleanText(text);
  if (!id.empty() && id[0] == '\'') id.erase(0, 1);
  if (IsExponentForm(id)) {
    return absl::InvalidArgumentError(StrCat(
        "got '", id,
        "': a spreadsheet turned this id into a number and its digits are gone; export the "
        "file again and do not save it from a spreadsheet, or set the column to text first"));
  }
  return id;
}

absl::StatusOr<ExactDecimal> ParseDecimal(std::string_view original) {
  const std::string cleaned = CleanText(original);
  std::string_view text = cleaned;
  const absl::Status bad =
      absl::InvalidArgumentError(StrCat("got '", cleaned, "', want a number like 1234.56"));
  EatPrefix(&text, "'");
  bool negative = EatPrefix(&text, "-");
  if (!negative) EatPrefix(&text, "+");
  for (const std::string_view sign : {"¥", "￥", "$", "£", "€"}) {
    if (EatPrefix(&text, sign)) break;
  }
  if (!negative) negative = EatPrefix(&text, "-");
  ExactDecimal value;
  bool digits = false, point = false, grouped = false;
  size_t group = 0;  // digits since the beginning or the last comma
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (point || (grouped && group != 3)) return bad;
      point = true;
    } else if (c == ',') {
      if (point || group == 0 || group > 3 || (grouped && group != 3)) return bad;
      grouped = true;
      group = 0;
    } else if (IsDigit(c)) {
      digits = true;
      if (!point) ++group;
      // Zeros at the end of the decimals say nothing and would only use up digits.
      if (point && c == '0' && text.find_first_not_of('0', i) == std::string_view::npos) break;
      if (value.mantissa > (std::numeric_limits<int64_t>::max() - (c - '0')) / 10) {
        return absl::OutOfRangeError(StrCat("got '", cleaned, "', want at most 18 digits"));
      }
      value.mantissa = value.mantissa * 10 + (c - '0');
      if (point) ++value.scale;
    } else {
      return bad;
    }
  }
  if (!digits || (grouped && !point && group != 3)) return bad;
  if (value.scale > 18)
    return absl::OutOfRangeError(StrCat("got '", cleaned, "': too many digits"));
  if (negative) value.mantissa = -value.mantissa;
  return value;
}

absl::StatusOr<int64_t> RoundToMinorUnits(const ExactDecimal& value, int64_t quantity,
                                          int currency_digits) {
  __int128 product = static_cast<__int128>(value.mantissa) * quantity;
  const bool negative = product < 0;
  if (negative) product = -product;
  __int128 factor = 1;
  if (value.scale <= currency_digits) {
    for (int i = value.scale; i < currency_digits; ++i) factor *= 10;
    // 2^126 / 10^4 is far beyond 64 bits, so this cannot overflow for amounts that fit.
    if (product > (static_cast<__int128>(1) << 110)) {
      return absl::OutOfRangeError("the amount is beyond 64 bits");
    }
    product *= factor;
  } else {
    for (int i = currency_digits; i < value.scale; ++i) factor *= 10;
    product = (product * 2 + factor) / (factor * 2);
  }
  if (product > std::numeric_limits<int64_t>::max()) {
    return absl::OutOfRangeError("the amount is beyond 64 bits");
  }
  return static_cast<int64_t>(negative ? -product : product);
}

absl::StatusOr<int64_t> ParseMoney(std::string_view text, int currency_digits) {
  absl::StatusOr<ExactDecimal> value = ParseDecimal(text);
  if (!value.ok()) return value.status();
  if (value->scale > currency_digits) {
    return absl::InvalidArgumentError(
        StrCat("got '", CleanText(text), "', want at most ", currency_digits, " decimals"));
  }
  return RoundToMinorUnits(*value, 1, currency_digits);
}

int CurrencyDigits(std::string_view code) {
  for (const std::string_view none : {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                      "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}) {
    if (code == none) return 0;
  }
  for (const std::string_view three : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}) {
    if (code == three) return 3;
  }
  return code == "CLF" || code == "UYW" ? 4 : 2;
}

std::string FormatMoney(int64_t minor_units, int currency_digits) {
  if (currency_digits == 0) return absl::StrCat(minor_units);
  const uint64_t magnitude =
      minor_units < 0 ? -static_cast<uint64_t>(minor_units) : static_cast<uint64_t>(minor_units);
  uint64_t unit = 1;
  for (int i = 0; i < currency_digits; ++i) unit *= 10;
  return absl::StrFormat("%s%d.%0*d", minor_units < 0 ? "-" : "", magnitude / unit, currency_digits,
                         magnitude % unit);
}

absl::StatusOr<int64_t> ParseWholeNumber(std::string_view text) {
  absl::StatusOr<ExactDecimal> value = ParseDecimal(text);
  if (!value.ok()) return value.status();
  if (value->scale != 0) {
    return absl::InvalidArgumentError(StrCat("got '", CleanText(text), "', want a whole number"));
  }
  return value->mantissa;
}

absl::StatusOr<bool> ParseYesNo(std::string_view text) {
  const std::string word = absl::AsciiStrToLower(CleanText(text));
  for (const char* yes : {"1", "true", "yes", "y", "是"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"", "0", "false", "no", "n", "否"}) {
    if (word == no) return false;
  }
  return absl::InvalidArgumentError(absl::StrCat("got '", word, "', want yes or no (是, 否)"));
}

absl::StatusOr<std::optional<absl::Time>> ParseTime(std::string_view original,
                                                    const absl::TimeZone& zone) {
  const std::string cleaned = CleanText(original);
  std::string_view text = cleaned;
  EatPrefix(&text, "'");
  if (text.empty()) return std::optional<absl::Time>();
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int64_t nanos = 0;
  if (!EatDay(&text, &year, &month, &day)) return BadTime(cleaned);
  if (year == 0 || (year == 1 && month == 1 && day == 1)) return std::optional<absl::Time>();
  if (!DayExists(year, month, day)) {
    return absl::InvalidArgumentError(StrCat("got '", cleaned, "': there is no such day"));
  }
  if (!text.empty() && text.front() != 'Z') {
    if (!EatPrefix(&text, "T")) text = Trim(text);
    if (!EatNumber(&text, 1, 2, &hour) || !EatPrefix(&text, ":") ||
        !EatNumber(&text, 2, 2, &minute)) {
      return BadTime(cleaned);
    }
    if (EatPrefix(&text, ":")) {
      if (!EatNumber(&text, 2, 2, &second)) return BadTime(cleaned);
      if (EatPrefix(&text, ".")) {
        int64_t unit = 100'000'000;
        if (text.empty() || !IsDigit(text.front())) return BadTime(cleaned);
        for (; !text.empty() && IsDigit(text.front()); text.remove_prefix(1), unit /= 10) {
          nanos += (text.front() - '0') * unit;
        }
      }
    }
    if (hour > 23 || minute > 59 || second > 59) {
      return absl::InvalidArgumentError(
          StrCat("got '", cleaned, "': there is no such time of day"));
    }
  }
  const absl::CivilSecond local(year, month, day, hour, minute, second);
  text = Trim(text);
  if (!text.empty()) {
    int sign = 0, offset_hour = 0, offset_minute = 0;
    if (EatPrefix(&text, "Z")) {
      sign = 1;
    } else if (EatPrefix(&text, "+")) {
      sign = 1;
    } else if (EatPrefix(&text, "-")) {
      sign = -1;
    }
    if (sign == 0) return BadTime(cleaned);
    if (!text.empty() &&
        !(EatNumber(&text, 2, 2, &offset_hour) && (EatPrefix(&text, ":") || !text.empty()) &&
          EatNumber(&text, 2, 2, &offset_minute) && text.empty())) {
      return BadTime(cleaned);
    }
    return std::optional(absl::FromCivil(local, absl::UTCTimeZone()) -
                         sign * (absl::Hours(offset_hour) + absl::Minutes(offset_minute)) +
                         absl::Nanoseconds(nanos));
  }
  const absl::TimeZone::TimeInfo info = zone.At(local);
  return std::optional((info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre) +
                       absl::Nanoseconds(nanos));
}

absl::StatusOr<absl::CivilDay> ParseDay(std::string_view original) {
  const std::string cleaned = CleanText(original);
  std::string_view text = cleaned;
  int year = 0, month = 0, day = 0;
  if (!EatDay(&text, &year, &month, &day) || !DayExists(year, month, day)) return BadTime(cleaned);
  return absl::CivilDay(year, month, day);
}

}  // namespace segmentation::cli
