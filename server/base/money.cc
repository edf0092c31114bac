#include "server/base/money.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <numeric>

#include "absl/strings/ascii.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"

namespace segmentation::base {
namespace {

// 128-bit integers are an extension that every compiler of ours has.
__extension__ typedef __int128 Int128;

constexpr size_t kMaxDecimalBytes = 60;
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();
constexpr int64_t kMinInt64 = std::numeric_limits<int64_t>::min();

constexpr std::string_view kWithoutDecimals[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                                 "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                                 "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::string_view kThreeDecimals[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
constexpr std::string_view kFourDecimals[] = {"CLF", "UYW"};
constexpr std::string_view kTwoDecimals[] = {
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
    "BGN", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF",
    "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR",
    "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF",
    "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP",
    "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR",
    "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK",
    "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
    "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP",
    "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED", "VES", "WST", "XCD", "YER",
    "ZAR", "ZMW", "ZWG"};

template <size_t N>
bool Holds(const std::string_view (&codes)[N], std::string_view code) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

std::string Quoted(std::string_view text) {
  return IsValidUtf8(text) ? StrCat("'", TruncateBytes(text, 64), "'")
                           : std::string("bytes that are not UTF-8");
}

absl::Status DecimalError(std::string_view text, std::string_view field, std::string_view want) {
  return MakeError(Reason::MONEY_INVALID, field, StrCat("got ", Quoted(text), ", want ", want));
}

// A decimal's parts; digits only.
struct DecimalText {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
};

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<DecimalText> ReadDecimalText(std::string_view text) {
  if (text.size() > kMaxDecimalBytes) return std::nullopt;
  DecimalText parts;
  if (text.starts_with('-')) {
    parts.negative = true;
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  parts.whole = text.substr(0, point);
  if (point != std::string_view::npos) {
    parts.fraction = text.substr(point + 1);
    if (parts.fraction.empty()) return std::nullopt;
  }
  if (parts.whole.empty() || !AllDigits(parts.whole) || !AllDigits(parts.fraction)) {
    return std::nullopt;
  }
  return parts;
}

// whole.fraction × 10^scale, without sign; nothing beyond 2^100. The fraction has at most `scale`
// digits.
std::optional<Int128> Scaled(std::string_view whole, std::string_view fraction, size_t scale) {
  constexpr Int128 kLimit = Int128{1} << 100;
  Int128 value = 0;
  for (char c : whole) {
    value = value * 10 + (c - '0');
    if (value > kLimit) return std::nullopt;
  }
  for (size_t i = 0; i < scale; ++i) {
    value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    if (value > kLimit) return std::nullopt;
  }
  return value;
}

std::optional<int64_t> Narrow(Int128 value) {
  if (value < kMinInt64 || value > kMaxInt64) return std::nullopt;
  return static_cast<int64_t>(value);
}

// Divides by a positive divisor to the nearest, halves away from zero.
Int128 DivideRounded(Int128 value, Int128 divisor) {
  const Int128 size = value < 0 ? -value : value;
  Int128 rounded = size / divisor;
  const Int128 rest = size % divisor;
  if (rest >= divisor - rest) ++rounded;
  return value < 0 ? -rounded : rounded;
}

constexpr std::string_view kWantDecimal =
    "a decimal such as 1234.50 without blanks, separators or exponent";

}  // namespace

absl::StatusOr<int32_t> CurrencyDigits(std::string_view code, std::string_view field) {
  if (Holds(kTwoDecimals, code)) return 2;
  if (Holds(kWithoutDecimals, code)) return 0;
  if (Holds(kThreeDecimals, code)) return 3;
  if (Holds(kFourDecimals, code)) return 4;
  return MakeError(
      Reason::CURRENCY_UNKNOWN, field,
      StrCat("got ", Quoted(code), ", want an active ISO 4217 code in upper case such as CNY"));
}

absl::StatusOr<int64_t> ParseDecimal(std::string_view text, int32_t digits,
                                     std::string_view field) {
  std::optional<DecimalText> parts = ReadDecimalText(text);
  if (!parts) return DecimalError(text, field, kWantDecimal);
  const size_t scale = static_cast<size_t>(digits);
  if (parts->fraction.size() > scale) {
    const std::string_view beyond = parts->fraction.substr(scale);
    if (beyond.find_first_not_of('0') != std::string_view::npos) {
      return DecimalError(text, field, StrCat("at most ", digits, " digits after the point"));
    }
    parts->fraction = parts->fraction.substr(0, scale);
  }
  std::optional<Int128> size = Scaled(parts->whole, parts->fraction, scale);
  std::optional<int64_t> value;
  if (size) value = Narrow(parts->negative ? -*size : *size);
  if (!value) return DecimalError(text, field, "a value that fits 64 bits in minor units");
  return *value;
}

absl::StatusOr<int64_t> ParseDecimalRounded(std::string_view text, int32_t digits,
                                            std::string_view field) {
  return MultiplyDecimalRounded(text, 1, digits, field);
}

absl::StatusOr<int64_t> MultiplyDecimalRounded(std::string_view unit_price, int64_t quantity,
                                               int32_t digits, std::string_view field) {
  std::optional<DecimalText> parts = ReadDecimalText(unit_price);
  if (!parts) return DecimalError(unit_price, field, kWantDecimal);
  while (parts->fraction.ends_with('0')) parts->fraction.remove_suffix(1);
  // Beyond what is exact below there is no price, only noise of somebody's floating point: the
  // digits past the eighteenth are cut off.
  const size_t scale =
      std::max<size_t>(static_cast<size_t>(digits), std::min<size_t>(parts->fraction.size(), 18));
  std::optional<Int128> price = Scaled(parts->whole, parts->fraction.substr(0, scale), scale);
  Int128 product = 0;
  std::optional<int64_t> value;
  if (price && !__builtin_mul_overflow(*price, Int128{quantity}, &product)) {
    Int128 divisor = 1;
    for (size_t i = static_cast<size_t>(digits); i < scale; ++i) divisor *= 10;
    value = Narrow(DivideRounded(parts->negative ? -product : product, divisor));
  }
  if (!value) return DecimalError(unit_price, field, "a value that fits 64 bits in minor units");
  return *value;
}

std::string FormatDecimal(int64_t units, int32_t digits) {
  // The size of the smallest number exists only without sign.
  uint64_t size = units < 0 ? ~static_cast<uint64_t>(units) + 1 : static_cast<uint64_t>(units);
  std::string text = StrCat(size);
  const size_t scale = static_cast<size_t>(digits);
  if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
  if (scale > 0) text.insert(text.size() - scale, 1, '.');
  if (units < 0) text.insert(0, 1, '-');
  return text;
}

std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b) {
  int64_t difference;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return difference;
}

std::optional<int64_t> CheckedMultiply(int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

int64_t SaturatingMultiply(int64_t a, int64_t b) {
  if (std::optional<int64_t> product = CheckedMultiply(a, b)) return *product;
  return (a < 0) == (b < 0) ? kMaxInt64 : kMinInt64;
}

int64_t SaturatingAdd(int64_t a, int64_t b) {
  if (std::optional<int64_t> sum = CheckedAdd(a, b)) return *sum;
  return a < 0 ? kMinInt64 : kMaxInt64;
}

std::strong_ordering CompareProducts(int64_t a, int64_t b, int64_t c, int64_t d) {
  const Int128 left = Int128{a} * b;
  const Int128 right = Int128{c} * d;
  return left < right   ? std::strong_ordering::less
         : left > right ? std::strong_ordering::greater
                        : std::strong_ordering::equal;
}

int64_t RoundedAverage(int64_t sum, int64_t count) {
  return static_cast<int64_t>(DivideRounded(sum, count));
}

std::vector<int64_t> SplitByWeight(int64_t total, std::span<const int64_t> weights) {
  std::vector<int64_t> parts(weights.size(), 0);
  if (weights.empty() || total == 0) return parts;
  Int128 whole = 0;
  for (int64_t weight : weights) whole += std::max<int64_t>(weight, 0);
  const bool alike = whole == 0;
  if (alike) whole = static_cast<Int128>(weights.size());

  const Int128 size = total < 0 ? -Int128{total} : Int128{total};
  Int128 left = size;
  std::vector<Int128> shares(weights.size());
  std::vector<Int128> remainders(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    const Int128 weight = alike ? 1 : std::max<int64_t>(weights[i], 0);
    shares[i] = size * weight / whole;
    remainders[i] = size * weight % whole;
    left -= shares[i];
  }
  std::vector<size_t> order(weights.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return remainders[a] > remainders[b]; });
  for (size_t i = 0; left > 0; ++i, --left) ++shares[order[i]];
  for (size_t i = 0; i < weights.size(); ++i) {
    parts[i] = static_cast<int64_t>(total < 0 ? -shares[i] : shares[i]);
  }
  return parts;
}

}  // namespace segmentation::base
