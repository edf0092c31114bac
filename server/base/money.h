// Money as exact integers: decimal text to minor units and back, splitting without a lost cent, and
// the 128-bit comparisons that keep averages exact (T29). Pure and thread-safe; no floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace segmentation::base {

// Digits after the point of an active ISO 4217 currency (CNY 2, JPY 0, KWD 3). The code is three
// upper-case letters; CURRENCY_UNKNOWN for anything else.
absl::StatusOr<int32_t> CurrencyDigits(std::string_view code, std::string_view field);

// Exact value of '[-]digits[.digits]' times 10^digits: minor units of a currency, or 1/10,000 with
// digits = 4. More decimals than `digits` are taken only when they are zeros. Blanks, thousands
// separators, exponents, '+', a bare point and more than 60 characters are MONEY_INVALID, as is a
// value beyond 64 bits. `digits` lies within 0–9.
absl::StatusOr<int64_t> ParseDecimal(std::string_view text, int32_t digits, std::string_view field);

// The same with any number of decimals, rounded to the nearest unit, halves away from zero (2.345 →
// 2.35, -2.345 → -2.35), so that a reversal rounds as what it reverses.
absl::StatusOr<int64_t> ParseDecimalRounded(std::string_view text, int32_t digits,
                                            std::string_view field);

// Unit price × quantity, rounded once, as ParseDecimalRounded rounds (a line of 3 at 0.125 is
// 0.38).
absl::StatusOr<int64_t> MultiplyDecimalRounded(std::string_view unit_price, int64_t quantity,
                                               int32_t digits, std::string_view field);

// The one text of a value: a sign if negative, all `digits` decimals ("12.30", "-0.05", "7").
std::string FormatDecimal(int64_t units, int32_t digits);

// Sum or difference; nothing when it leaves 64 bits.
std::optional<int64_t> CheckedAdd(int64_t a, int64_t b);
std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b);
std::optional<int64_t> CheckedMultiply(int64_t a, int64_t b);

// a × b, cut to the ends of 64 bits.
int64_t SaturatingMultiply(int64_t a, int64_t b);
int64_t SaturatingAdd(int64_t a, int64_t b);

// Compares a × b with c × d, exactly.
std::strong_ordering CompareProducts(int64_t a, int64_t b, int64_t c, int64_t d);

// Compares the average sum ÷ count with a bound, exactly; count > 0.
inline std::strong_ordering CompareAverage(int64_t sum, int64_t count, int64_t bound) {
  return CompareProducts(sum, 1, bound, count);
}

// sum ÷ count rounded to the nearest, halves away from zero; for display alone. count > 0.
int64_t RoundedAverage(int64_t sum, int64_t count);

// Splits `total` in proportion to `weights`; the parts add up to it exactly. Every part is the
// exact share rounded down in size, and the units left over go to the largest remainders, ties to
// the earlier weight. Negative weights count as 0; with no weight above 0 all parts count alike. No
// part exceeds its weight when total <= sum of weights. Weights are at most 2^62 each.
std::vector<int64_t> SplitByWeight(int64_t total, std::span<const int64_t> weights);

}  // namespace segmentation::base
