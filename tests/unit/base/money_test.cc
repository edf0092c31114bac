// Money is exact: text to minor units and back, splitting, comparing averages. T29, T85.
#include "server/base/money.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "tests/support/seed.h"

namespace segmentation::base {
namespace {

constexpr int64_t kMax = INT64_MAX;
constexpr int64_t kMin = INT64_MIN;

Reason ReasonOf(const absl::Status& status) {
  std::optional<ErrorInfo> info = GetErrorInfo(status);
  return info ? info->reason : Reason::INTERNAL;
}

TEST(MoneyTest, KnowsCurrencies) {
  EXPECT_EQ(*CurrencyDigits("CNY", "currency"), 2);
  EXPECT_EQ(*CurrencyDigits("JPY", "currency"), 0);
  EXPECT_EQ(*CurrencyDigits("KWD", "currency"), 3);
  EXPECT_EQ(*CurrencyDigits("GBP", "currency"), 2);
  for (const char* code : {"", "cny", "RMB", "CNYX", "XXX", "¥", "\xff"}) {
    EXPECT_EQ(ReasonOf(CurrencyDigits(code, "currency").status()), Reason::CURRENCY_UNKNOWN);
  }
}

// T29: integer minor units; no text is taken that would need a guess.
TEST(MoneyTest, T29ReadsExactDecimals) {
  const struct {
    const char* text;
    int32_t digits;
    int64_t want;
  } kCases[] = {
      {"0", 2, 0},
      {"-0", 2, 0},
      {"12", 2, 1200},
      {"12.3", 2, 1230},
      {"12.34", 2, 1234},
      {"-12.34", 2, -1234},
      {"0.01", 2, 1},
      {"12.3400", 2, 1234},
      {"007", 0, 7},
      {"300.000", 0, 300},
      {"1.234", 3, 1234},
      {"1.9999", 4, 19999},
      {"92233720368547758.07", 2, kMax},
      {"-92233720368547758.08", 2, kMin},
      {"9223372036854775807", 0, kMax},
      {"-9223372036854775808", 0, kMin},
      {"00000000000000000000000000000000000000000000000000012", 0, 12},
  };
  for (const auto& c : kCases) {
    absl::StatusOr<int64_t> got = ParseDecimal(c.text, c.digits, "amount");
    ASSERT_TRUE(got.ok()) << c.text << ": " << got.status();
    EXPECT_EQ(*got, c.want) << c.text;
  }
}

TEST(MoneyTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           "-",
                           ".",
                           ".5",
                           "5.",
                           "+5",
                           " 5",
                           "5 ",
                           "1,234",
                           "1.2.3",
                           "1e3",
                           "1.93E+15",
                           "NaN",
                           "0x10",
                           "１２",
                           "--1",
                           "12.345",
                           "1.23元",
                           "¥5",
                           "\xff",
                           "92233720368547758.08",
                           "-92233720368547758.09",
                           "99999999999999999999999999999999999999999999999999",
                           "1.0000000000000000000000000000000000000000000000000000000000000"}) {
    absl::StatusOr<int64_t> got = ParseDecimal(text, 2, "amount");
    ASSERT_FALSE(got.ok()) << text;
    EXPECT_EQ(ReasonOf(got.status()), Reason::MONEY_INVALID) << text;
    EXPECT_EQ(GetErrorInfo(got.status())->field, "amount");
  }
}

TEST(MoneyTest, RoundsHalvesAwayFromZero) {
  const struct {
    const char* text;
    int32_t digits;
    int64_t want;
  } kCases[] = {
      {"2.345", 2, 235},        {"2.344", 2, 234},
      {"2.3449999999", 2, 234}, {"-2.345", 2, -235},
      {"-2.344", 2, -234},      {"0.004", 2, 0},
      {"0.005", 2, 1},          {"0.5", 0, 1},
      {"0.49", 0, 0},           {"1.499999999", 0, 1},
      {"12", 2, 1200},          {"2.5", 2, 250},
      {"-0.005", 2, -1},        {"0.0049999999999999999999", 2, 0},
  };
  for (const auto& c : kCases) {
    absl::StatusOr<int64_t> got = ParseDecimalRounded(c.text, c.digits, "amount");
    ASSERT_TRUE(got.ok()) << c.text << ": " << got.status();
    EXPECT_EQ(*got, c.want) << c.text;
  }
  EXPECT_FALSE(ParseDecimalRounded("92233720368547758.075", 2, "amount").ok());
  EXPECT_EQ(*ParseDecimalRounded("92233720368547758.074", 2, "amount"), kMax);
}

TEST(MoneyTest, RoundsALineOnce) {
  EXPECT_EQ(*MultiplyDecimalRounded("0.125", 3, 2, "price"), 38);
  EXPECT_EQ(*MultiplyDecimalRounded("0.001", 12, 2, "price"), 1);
  EXPECT_EQ(*MultiplyDecimalRounded("2.1", -12, 2, "price"), -2520);
  EXPECT_EQ(*MultiplyDecimalRounded("0.125", -1, 2, "price"), -13);
  EXPECT_EQ(*MultiplyDecimalRounded("3.75", 0, 2, "price"), 0);
  EXPECT_EQ(*MultiplyDecimalRounded("1", kMax, 0, "price"), kMax);
  EXPECT_FALSE(MultiplyDecimalRounded("1", kMax, 2, "price").ok());
  EXPECT_FALSE(MultiplyDecimalRounded("99999999999999999999", kMin, 2, "price").ok());
  EXPECT_FALSE(MultiplyDecimalRounded("1,5", 1, 2, "price").ok());
}

TEST(MoneyTest, FormatsWhatItReads) {
  EXPECT_EQ(FormatDecimal(0, 2), "0.00");
  EXPECT_EQ(FormatDecimal(-5, 2), "-0.05");
  EXPECT_EQ(FormatDecimal(1230, 2), "12.30");
  EXPECT_EQ(FormatDecimal(7, 0), "7");
  EXPECT_EQ(FormatDecimal(kMin, 2), "-92233720368547758.08");
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    const int64_t units = static_cast<int64_t>(random()) >> (random() % 64);
    const int32_t digits = static_cast<int32_t>(random() % 10);
    ASSERT_EQ(*ParseDecimal(FormatDecimal(units, digits), digits, ""), units);
    ASSERT_EQ(*ParseDecimalRounded(FormatDecimal(units, digits), digits, ""), units);
  }
}

TEST(MoneyTest, ChecksSumsAndProducts) {
  EXPECT_EQ(CheckedAdd(kMax - 1, 1), kMax);
  EXPECT_FALSE(CheckedAdd(kMax, 1));
  EXPECT_FALSE(CheckedAdd(kMin, -1));
  EXPECT_FALSE(CheckedSubtract(0, kMin));
  EXPECT_EQ(CheckedSubtract(-1, kMin), kMax);
  EXPECT_FALSE(CheckedMultiply(kMin, -1));
  EXPECT_EQ(SaturatingMultiply(kMin, -1), kMax);
  EXPECT_EQ(SaturatingMultiply(kMax, -2), kMin);
  EXPECT_EQ(SaturatingMultiply(3, -4), -12);
  EXPECT_EQ(SaturatingAdd(kMin, -1), kMin);
  EXPECT_EQ(SaturatingAdd(kMax, 5), kMax);
}

// T29: an average is never divided out to be compared.
TEST(MoneyTest, T29ComparesAveragesExactly) {
  EXPECT_EQ(CompareAverage(100, 3, 33), std::strong_ordering::greater);
  EXPECT_EQ(CompareAverage(99, 3, 33), std::strong_ordering::equal);
  EXPECT_EQ(CompareAverage(98, 3, 33), std::strong_ordering::less);
  EXPECT_EQ(CompareAverage(kMax, 2, kMax), std::strong_ordering::less);
  EXPECT_EQ(CompareAverage(kMin, 1, kMin), std::strong_ordering::equal);
  EXPECT_EQ(CompareProducts(kMin, kMin, kMax, kMax), std::strong_ordering::greater);
  EXPECT_EQ(CompareProducts(kMin, kMax, kMin, kMin), std::strong_ordering::less);
  EXPECT_EQ(RoundedAverage(100, 3), 33);
  EXPECT_EQ(RoundedAverage(101, 2), 51);
  EXPECT_EQ(RoundedAverage(-101, 2), -51);
  EXPECT_EQ(RoundedAverage(1, 3), 0);
  EXPECT_EQ(RoundedAverage(2, 3), 1);
}

TEST(MoneyTest, SplitsByLargestRemainder) {
  using Parts = std::vector<int64_t>;
  const auto split = [](int64_t total, Parts weights) { return SplitByWeight(total, weights); };
  EXPECT_EQ(split(100, {1, 1, 1}), (Parts{34, 33, 33}));
  EXPECT_EQ(split(-100, {1, 1, 1}), (Parts{-34, -33, -33}));
  EXPECT_EQ(split(101, {1, 1, 1}), (Parts{34, 34, 33}));
  EXPECT_EQ(split(10, {6, 3, 1}), (Parts{6, 3, 1}));
  EXPECT_EQ(split(7, {5, 0, 5}), (Parts{4, 0, 3}));
  EXPECT_EQ(split(1, {1, 2, 2}), (Parts{0, 1, 0}));
  EXPECT_EQ(split(5, {0, 0}), (Parts{3, 2}));
  EXPECT_EQ(split(5, {-7, 1}), (Parts{0, 5}));
  EXPECT_EQ(split(0, {1, 2}), (Parts{0, 0}));
  EXPECT_EQ(split(5, {}), (Parts{}));
  EXPECT_EQ(split(kMax, {int64_t{1} << 62, int64_t{1} << 62}), (Parts{kMax / 2 + 1, kMax / 2}));
  EXPECT_EQ(split(kMin, {1, 0}), (Parts{kMin, 0}));
}

// T85: parts add up to the cent, lie within one unit of the exact share, and never exceed their
// weight while the total does not exceed the sum of weights.
TEST(MoneyTest, T85SplitsWithoutALostUnit) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    std::vector<int64_t> weights(1 + random() % 8);
    for (int64_t& weight : weights) {
      weight =
          random() % 4 == 0 ? 0 : static_cast<int64_t>(random() % (1ull << (1 + random() % 40)));
    }
    const int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
    const int64_t total = static_cast<int64_t>(random() % static_cast<uint64_t>(2 * sum + 10));
    const std::vector<int64_t> parts = SplitByWeight(total, weights);
    ASSERT_EQ(std::accumulate(parts.begin(), parts.end(), int64_t{0}), total);
    for (size_t k = 0; k < parts.size(); ++k) {
      if (sum == 0) continue;
      // |part × sum − total × weight| < sum: within one unit of the exact share.
      ASSERT_EQ(CompareProducts(parts[k] - 1, sum, total, weights[k]), std::strong_ordering::less);
      ASSERT_EQ(CompareProducts(parts[k] + 1, sum, total, weights[k]),
                std::strong_ordering::greater);
      if (total <= sum) {
        ASSERT_LE(parts[k], weights[k]);
      }
    }
    std::vector<int64_t> negated = SplitByWeight(-total, weights);
    for (int64_t& part : negated) part = -part;
    ASSERT_EQ(negated, parts);
  }
}

}  // namespace
}  // namespace segmentation::base
