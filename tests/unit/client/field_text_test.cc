// Single fields: what exports do to them, exact amounts, times.
#include "client/cli/import/field_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace segmentation::cli {
namespace {

TEST(CleanText, DropsBlanksOfAllKindsAndTheFormulaWrapping) {
  EXPECT_EQ(CleanText("  订单编号\t\r\n"), "订单编号");
  EXPECT_EQ(CleanText("\xE3\x80\x80退款金额\xC2\xA0"), "退款金额");
  EXPECT_EQ(CleanText("=\"20241111\""), "20241111");
  EXPECT_EQ(CleanText("=\"\""), "");
  EXPECT_EQ(CleanText("a b"), "a b");
  EXPECT_EQ(CleanText(""), "");
}

TEST(CleanId, UndoesApostrophesAndRefusesDamage) {
  EXPECT_EQ(*CleanId("'13800138000"), "13800138000");
  EXPECT_EQ(*CleanId("=\"'1930000000000000001\""), "1930000000000000001");
  for (const char* damaged :
       {"1.93E+15", "1.93e+15", "2E+15", "'1.93E+15", "=\"1.93E+15\"", "-1.9E+3", "1.5E-7"}) {
    const auto id = CleanId(damaged);
    ASSERT_FALSE(id.ok()) << damaged;
    EXPECT_NE(id.status().message().find("spreadsheet"), absl::string_view::npos);
  }
  for (const char* fine : {"12E5", "E+15", "1.93", "AE+15", "1.93E+15x", "1.93E+", ""}) {
    EXPECT_EQ(*CleanId(fine), fine);
  }
}

TEST(Money, IsExact) {
  EXPECT_EQ(*ParseMoney("29.33", 2), 2933);
  EXPECT_EQ(*ParseMoney("0.0", 2), 0);
  EXPECT_EQ(*ParseMoney("37", 2), 3700);
  EXPECT_EQ(*ParseMoney("-1.5", 2), -150);
  EXPECT_EQ(*ParseMoney("1.500", 2), 150);
  EXPECT_EQ(*ParseMoney("￥1,234,567.80", 2), 123456780);
  EXPECT_EQ(*ParseMoney("-¥5", 2), -500);
  EXPECT_EQ(*ParseMoney("100", 0), 100);
  EXPECT_EQ(*ParseMoney("92233720368547758.07", 2), std::numeric_limits<int64_t>::max());
  for (const char* bad : {"", "-", ".", "1.2.3", "1e3", "ten", "1,23", "12,34.5", "1,234,56",
                          "1 000", "0x10", "1.005", "92233720368547758.08", "--1"}) {
    EXPECT_FALSE(ParseMoney(bad, 2).ok()) << bad << " = " << *ParseMoney(bad, 2);
  }
}

TEST(Money, LinesAreRoundedHalfUp) {
  EXPECT_EQ(*RoundToMinorUnits({1005, 3}, 1, 2), 101);
  EXPECT_EQ(*RoundToMinorUnits({1005, 3}, 3, 2), 302);
  EXPECT_EQ(*RoundToMinorUnits({1004, 3}, 1, 2), 100);
  EXPECT_EQ(*RoundToMinorUnits({1005, 3}, -1, 2), -101) << "a return takes back what was sold";
  EXPECT_EQ(*RoundToMinorUnits({5, 1}, 1, 0), 1);
  EXPECT_EQ(*RoundToMinorUnits({7, 0}, 2, 3), 14000);
  EXPECT_FALSE(RoundToMinorUnits({std::numeric_limits<int64_t>::max(), 0}, 2, 2).ok());
  EXPECT_FALSE(RoundToMinorUnits({std::numeric_limits<int64_t>::max(), 2},
                                 std::numeric_limits<int64_t>::max(), 2)
                   .ok());
}

TEST(Money, IsWrittenWithTheCurrencysDigits) {
  EXPECT_EQ(FormatMoney(190248715, 2), "1902487.15");
  EXPECT_EQ(FormatMoney(-5, 2), "-0.05");
  EXPECT_EQ(FormatMoney(100, 0), "100");
  EXPECT_EQ(FormatMoney(1, 3), "0.001");
  EXPECT_EQ(FormatMoney(std::numeric_limits<int64_t>::min(), 2), "-92233720368547758.08");
  EXPECT_EQ(CurrencyDigits("CNY"), 2);
  EXPECT_EQ(CurrencyDigits("JPY"), 0);
  EXPECT_EQ(CurrencyDigits("KWD"), 3);
}

TEST(Numbers, AreWhole) {
  EXPECT_EQ(*ParseWholeNumber("-12"), -12);
  EXPECT_EQ(*ParseWholeNumber("3.0"), 3);
  EXPECT_FALSE(ParseWholeNumber("3.5").ok());
  EXPECT_TRUE(*ParseYesNo("是"));
  EXPECT_TRUE(*ParseYesNo("TRUE"));
  EXPECT_FALSE(*ParseYesNo(""));
  EXPECT_FALSE(ParseYesNo("perhaps").ok());
}

class TimeText : public ::testing::Test {
 protected:
  TimeText() {
    EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &shanghai_));
    EXPECT_TRUE(absl::LoadTimeZone("America/New_York", &new_york_));
  }
  // RFC 3339 in UTC; "none" for no time, "bad" for an error.
  static std::string Read(const std::string& text, const absl::TimeZone& zone) {
    const auto time = ParseTime(text, zone);
    if (!time.ok()) return "bad";
    if (!time->has_value()) return "none";
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", **time, absl::UTCTimeZone());
  }
  absl::TimeZone shanghai_, new_york_;
};

TEST_F(TimeText, ReadsTheFormsOfExports) {
  for (const char* text :
       {"2024-11-11 20:00:00", "2024/11/11 20:00", "2024.11.11 20:00:00", "20241111 20:00:00",
        "2024年11月11日 20:00", "2024-11-11T20:00:00", "'2024-11-11 20:00:00",
        "=\"2024-11-11 20:00:00\"", "2024-11-11T12:00:00Z", "2024-11-11 13:00:00+01:00",
        "2024-11-11T07:00:00-0500"}) {
    EXPECT_EQ(Read(text, shanghai_), "2024-11-11T12:00:00Z") << text;
  }
  EXPECT_EQ(Read("2024-1-2 3:04:05.678", shanghai_), "2024-01-01T19:04:05.678Z");
  EXPECT_EQ(Read("19970101", shanghai_), "1996-12-31T16:00:00Z");
  EXPECT_EQ(Read("9999-12-31", shanghai_), "9999-12-30T16:00:00Z");
}

TEST_F(TimeText, NothingIsNoTime) {
  for (const char* text : {"", "  ", "0001-01-01 00:00:00", "0001-01-01", "0000-00-00 00:00:00"}) {
    EXPECT_EQ(Read(text, shanghai_), "none") << text;
  }
}

TEST_F(TimeText, RefusesWhatDoesNotExist) {
  for (const char* text : {"2023-02-29", "2024-13-01", "2024-11-11 24:00:00", "2024-11-11 10:60",
                           "2024-11-11 1", "11/12/2024", "2024-11-11x", "yesterday", "45000",
                           "2024-11-11 10:00:00 CET", "2024-11/11", "2024-11-11 10:00:00."}) {
    EXPECT_EQ(Read(text, shanghai_), "bad") << text;
  }
}

TEST_F(TimeText, SkippedAndRepeatedTimes) {
  // 2024-03-10 02:00 to 03:00 does not exist, 2024-11-03 01:00 to 02:00 comes twice.
  EXPECT_EQ(Read("2024-03-10 02:30", new_york_), "2024-03-10T07:00:00Z");
  EXPECT_EQ(Read("2024-11-03 01:30", new_york_), "2024-11-03T05:30:00Z");
}

}  // namespace
}  // namespace segmentation::cli
