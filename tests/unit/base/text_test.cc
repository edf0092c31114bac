// UTF-8, folding and cutting of text. T36, T37, T38.
#include "server/base/text.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "tests/support/seed.h"

namespace segmentation::base {
namespace {

using namespace std::string_literals;

Reason ReasonOf(const absl::Status& status) {
  std::optional<ErrorInfo> info = GetErrorInfo(status);
  return info ? info->reason : Reason::INTERNAL;
}

std::string Encode(int32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t size = utf8proc_encode_char(code_point, bytes);
  return std::string(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
}

bool IsScalarValue(int32_t code_point) { return code_point < 0xD800 || code_point > 0xDFFF; }

// Well-formedness as another implementation sees it.
bool IsValidByUtf8proc(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    utf8proc_int32_t code_point;
    const utf8proc_ssize_t size =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + i,
                         static_cast<utf8proc_ssize_t>(text.size() - i), &code_point);
    if (size <= 0) return false;
    i += static_cast<size_t>(size);
  }
  return true;
}

TEST(TextTest, KnowsWellFormedUtf8) {
  for (const std::string& text :
       {""s, "a"s, "\0"s, "é"s, "中文"s, "😀"s, "\xF4\x8F\xBF\xBF"s, "\xED\x9F\xBF"s}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
  for (const std::string& text :
       {"\x80"s, "\xC0\x80"s, "\xC1\xBF"s, "\xC2"s, "\xE0\x80\x80"s, "\xE0\x9F\xBF"s,
        "\xED\xA0\x80"s, "\xED\xBF\xBF"s, "\xE4\xB8"s, "\xF0\x80\x80\x80"s, "\xF0\x8F\xBF\xBF"s,
        "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s, "\xFE"s, "\xFF"s, "ok\xE4"s, "\xE4g\xB8"s}) {
    EXPECT_FALSE(IsValidUtf8(text));
  }
}

TEST(TextTest, JudgesRandomBytesAsAnotherDecoderDoes) {
  std::mt19937_64 random(testing_support::TestSeed());
  // Bytes near the borders of the encoding, so that many strings are almost right.
  const std::string pool =
      "\x00\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xDF\xE0\xE4\xED\xEF\xF0\xF4\xF5\xFFz"s;
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (size_t length = random() % 5; text.size() < length;) text += pool[random() % pool.size()];
    ASSERT_EQ(IsValidUtf8(text), IsValidByUtf8proc(text)) << testing::PrintToString(text);
    valid += IsValidUtf8(text);
  }
  EXPECT_GT(valid, 10'000);
  EXPECT_LT(valid, 190'000);
}

// T37: NUL and invalid UTF-8 are refused, each with its reason, field and offset.
TEST(TextTest, T37RefusesNulAndInvalidUtf8) {
  EXPECT_TRUE(CheckText("蕾丝 %_*\\ 😀 ", "title").ok());
  EXPECT_TRUE(CheckText("", "title").ok());
  const absl::Status nul = CheckText("ab\0c"s, "members[1].name");
  EXPECT_EQ(ReasonOf(nul), Reason::TEXT_HAS_NUL);
  EXPECT_EQ(GetErrorInfo(nul)->field, "members[1].name");
  EXPECT_EQ(GetErrorInfo(nul)->metadata[0].second, "2");
  const absl::Status malformed = CheckText("a\xFF\0"s, "title");
  EXPECT_EQ(ReasonOf(malformed), Reason::TEXT_NOT_UTF8);
  EXPECT_EQ(GetErrorInfo(malformed)->metadata[0].second, "1");
}

// T36: full-width input meets plain text where NFKC is declared, and only there.
TEST(TextTest, T36FoldsAsDeclared) {
  EXPECT_EQ(FoldNfkc("ＡＢＣ　１２３"), "ABC 123");
  EXPECT_EQ(FoldNfkc("㎝ ﬁ ½ ｶﾞ"), "cm fi 1⁄2 ガ");
  EXPECT_EQ(FoldNfkc("e\u0301"), "é");
  EXPECT_EQ(FoldNfkc("iPhone5S"), "iPhone5S");
  EXPECT_EQ(FoldNfkcCase("ＩＰＨＯＮＥ"), "iphone");
  EXPECT_EQ(FoldNfkcCase("Straße ΣΑΣ İ"), "strasse σασ i\u0307");
  EXPECT_EQ(FoldNfkcCase("XL 码"), "xl 码");
  EXPECT_EQ(Fold(Folding::kExact, "Ａ "), "Ａ ");
  EXPECT_EQ(Fold(Folding::kNfkc, "Ａ "), "A ");
  EXPECT_EQ(Fold(Folding::kNfkcCase, "Ａ "), "a ");
}

// T37: blanks at the end and emoji stay. T38: what searches give a meaning to is left as it is.
TEST(TextTest, T37KeepsTrailingBlanksEmojiAndWildcards) {
  for (Folding folding : {Folding::kExact, Folding::kNfkc, Folding::kNfkcCase}) {
    EXPECT_EQ(Fold(folding, "vip "), "vip ");
    EXPECT_EQ(Fold(folding, "👩‍👩‍👧 😀"), "👩‍👩‍👧 😀");
    EXPECT_EQ(Fold(folding, "100%_*\\?"), "100%_*\\?");
    EXPECT_EQ(Fold(folding, "\U0002070E"), "\U0002070E");
    EXPECT_EQ(Fold(folding, "中\0文"s), "中\0文"s);
    EXPECT_EQ(Fold(folding, "中\xFF"), "中\xFF");
  }
}

TEST(TextTest, FoldingTwiceChangesNothingForAnyCodePoint) {
  size_t changed = 0;
  for (int32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    if (!IsScalarValue(code_point)) continue;
    const std::string text = Encode(code_point);
    for (Folding folding : {Folding::kNfkc, Folding::kNfkcCase}) {
      const std::string once = Fold(folding, text);
      ASSERT_EQ(Fold(folding, once), once) << std::hex << code_point;
      ASSERT_LE(CountCodePoints(once), 18u) << std::hex << code_point;
      changed += once != text;
    }
  }
  EXPECT_GT(changed, 6'000u);
}

TEST(TextTest, FoldingTwiceChangesNothingForRandomText) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (size_t length = random() % 6; length > 0; --length) {
      int32_t code_point;
      do {
        // Combining marks and jamo beside anything make the composing cases.
        const int kind = static_cast<int>(random() % 4);
        code_point = static_cast<int32_t>(kind == 0   ? 0x300 + random() % 0x70
                                          : kind == 1 ? 0x1100 + random() % 0x100
                                          : kind == 2 ? random() % 0x3400
                                                      : random() % 0x110000);
      } while (!IsScalarValue(code_point));
      text += Encode(code_point);
    }
    for (Folding folding : {Folding::kNfkc, Folding::kNfkcCase}) {
      const std::string once = Fold(folding, text);
      ASSERT_EQ(Fold(folding, once), once) << testing::PrintToString(text);
      ASSERT_TRUE(IsValidUtf8(once));
    }
  }
}

TEST(TextTest, CountsAndCutsAtCodePoints) {
  EXPECT_EQ(CountCodePoints(""), 0u);
  EXPECT_EQ(CountCodePoints("a中😀"), 3u);
  EXPECT_EQ(TruncateBytes("a中😀", 8), "a中😀");
  EXPECT_EQ(TruncateBytes("a中😀", 7), "a中");
  EXPECT_EQ(TruncateBytes("a中😀", 4), "a中");
  EXPECT_EQ(TruncateBytes("a中😀", 3), "a");
  EXPECT_EQ(TruncateBytes("a中😀", 0), "");
  EXPECT_EQ(TruncateBytes("😀", 3), "");
  EXPECT_EQ(TruncateCodePoints("a中😀", 2), "a中");
  EXPECT_EQ(TruncateCodePoints("a中😀", 9), "a中😀");
  EXPECT_EQ(TruncateCodePoints("a中😀", 0), "");
}

TEST(TextTest, FindsControlCharacters) {
  for (const std::string& text :
       {"\n"s, "a\tb"s, "\x7F"s, "\u0085"s, "\u2028"s, "\u2029"s, "\0"s}) {
    EXPECT_TRUE(HasControlCharacter(text)) << testing::PrintToString(text);
  }
  for (const std::string& text : {""s, "a b"s, "\u00a0"s, "中文"s, "\u2027"s, "😀"s}) {
    EXPECT_FALSE(HasControlCharacter(text)) << text;
  }
}

}  // namespace
}  // namespace segmentation::base
