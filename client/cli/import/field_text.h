// What spreadsheets and exports do to single fields, undone or refused; and exact numbers and times
// out of text. All functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segmentation::cli {

// Without blanks around (no-break and ideographic ones too) and without the wrapping of ="…".
std::string CleanText(std::string_view text);

// CleanText, and without the apostrophe that spreadsheets put before ids and phones. An id that a
// spreadsheet turned into a number (1.93E+15) is INVALID_ARGUMENT with a hint: its digits are gone.
absl::StatusOr<std::string> CleanId(std::string_view text);

// A number written out: mantissa / 10^scale.
struct ExactDecimal {
  int64_t mantissa = 0;
  int scale = 0;  // 0 to 18
};

// Digits with an optional sign, point, currency sign (¥ ￥ $ £ €) before, and commas between groups
// of three. INVALID_ARGUMENT otherwise, also for exponents.
absl::StatusOr<ExactDecimal> ParseDecimal(std::string_view text);

// The decimal times `quantity` in minor units of a currency with so many digits, rounded half up (a
// negative amount as its positive, so that a return takes back what was sold). OUT_OF_RANGE beyond
// 64 bits.
absl::StatusOr<int64_t> RoundToMinorUnits(const ExactDecimal& value, int64_t quantity,
                                          int currency_digits);

// An amount; more decimals than the currency has are INVALID_ARGUMENT unless they are zeros.
absl::StatusOr<int64_t> ParseMoney(std::string_view text, int currency_digits);

// Digits of an ISO 4217 currency's minor unit, e.g. CNY 2, JPY 0, KWD 3.
int CurrencyDigits(std::string_view currency_code);

// "1234567" with two digits → "12345.67".
std::string FormatMoney(int64_t minor_units, int currency_digits);

// A whole number; "3.0" is 3.
absl::StatusOr<int64_t> ParseWholeNumber(std::string_view text);

// 1/0, true/false, yes/no, y/n, 是/否, whatever the case; empty = false.
absl::StatusOr<bool> ParseYesNo(std::string_view text);

// An instant out of local text: YYYY-MM-DD, YYYY/M/D, YYYY.M.D, YYYYMMDD or YYYY年M月D日, then
// optionally a blank or T and H:MM[:SS[.fff]], then optionally Z or ±HH:MM. A date alone is its
// first instant in the zone; a time the clocks skip is the instant they jump; a time that comes
// twice is the first. Empty, year 0000 and 0001-01-01 (how JD says "not yet") are nothing.
absl::StatusOr<std::optional<absl::Time>> ParseTime(std::string_view text,
                                                    const absl::TimeZone& zone);

// A calendar day in the formats of ParseTime, as year, month, day.
absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text);

}  // namespace segmentation::cli
