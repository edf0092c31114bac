// Field checks, each at its limit and one beyond. T36, T37, T51.
#include "server/domain/validation.h"

#include <gtest/gtest.h>

#include <string>

#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/domain/limits.h"

namespace segmentation::domain {
namespace {

using base::GetErrorInfo;
using base::Reason;
using namespace std::string_literals;

Reason ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  EXPECT_TRUE(info) << status;
  if (!info) return Reason::INTERNAL;
  EXPECT_EQ(info->field, "field");
  return info->reason;
}

TEST(ValidationTest, T36IdsAreBytesWithoutControlCharacters) {
  for (const std::string& id : {"a"s, " a "s, "%_*\\"s, "会员😀"s, "A/b:c"s, std::string(64, 'x')}) {
    EXPECT_TRUE(ValidateId(id, "field").ok()) << id;
  }
  EXPECT_EQ(ReasonOf(ValidateId("", "field")), Reason::FIELD_REQUIRED);
  EXPECT_EQ(ReasonOf(ValidateId(std::string(65, 'x'), "field")), Reason::FIELD_TOO_LONG);
  EXPECT_EQ(ReasonOf(ValidateId("a\xff", "field")), Reason::TEXT_NOT_UTF8);
  EXPECT_EQ(ReasonOf(ValidateId("a\0"s, "field")), Reason::TEXT_HAS_NUL);
  EXPECT_EQ(ReasonOf(ValidateId("a\n", "field")), Reason::ID_MALFORMED);
  EXPECT_EQ(ReasonOf(ValidateId("a\u2028", "field")), Reason::ID_MALFORMED);
  EXPECT_EQ(ReasonOf(ValidateIdBytes(std::string(33, 'x'), kMaxSourceBytes, "field")),
            Reason::FIELD_TOO_LONG);
}

TEST(ValidationTest, NamesShowSomething) {
  EXPECT_TRUE(ValidateName("蕾丝 深V ", kMaxNameBytes, "field").ok());
  EXPECT_TRUE(ValidateName(std::string(256, 'x'), kMaxNameBytes, "field").ok());
  EXPECT_EQ(ReasonOf(ValidateName(std::string(257, 'x'), kMaxNameBytes, "field")),
            Reason::FIELD_TOO_LONG);
  EXPECT_EQ(ReasonOf(ValidateName("", kMaxNameBytes, "field")), Reason::FIELD_REQUIRED);
  EXPECT_EQ(ReasonOf(ValidateName(" \u3000\u00a0", kMaxNameBytes, "field")), Reason::FIELD_INVALID);
  EXPECT_EQ(ReasonOf(ValidateName("a\tb", kMaxNameBytes, "field")), Reason::FIELD_INVALID);
}

TEST(ValidationTest, T37TextIsAnyUtf8WithoutNul) {
  EXPECT_TRUE(ValidateText("", 4, "field").ok());
  EXPECT_TRUE(ValidateText("a\nb ", 4, "field").ok());
  EXPECT_EQ(ReasonOf(ValidateText("😀a", 4, "field")), Reason::FIELD_TOO_LONG);
  EXPECT_EQ(ReasonOf(ValidateText("\xf0\x9f", 4, "field")), Reason::TEXT_NOT_UTF8);
}

TEST(ValidationTest, T51FoldedTextMustFitItsColumn) {
  std::string growing;
  for (int i = 0; i < 12; ++i) growing += "\uFDFA";  // 3 bytes that become 33
  EXPECT_TRUE(ValidateFoldedText(growing, 100, base::Folding::kNfkc, "field").ok());
  EXPECT_EQ(ReasonOf(ValidateFoldedText(growing + "\uFDFA", 100, base::Folding::kNfkc, "field")),
            Reason::FIELD_TOO_LONG);
  EXPECT_TRUE(ValidateFoldedText(growing + "\uFDFA", 100, base::Folding::kExact, "field").ok());
}

TEST(ValidationTest, NamesOfAttributesAndCategories) {
  EXPECT_TRUE(ValidateAttributeName("favourite_brand_2", "field").ok());
  EXPECT_TRUE(ValidateAttributeName(std::string(64, 'a'), "field").ok());
  for (const char* name : {"2nd", "_a", "Brand", "a-b", "品牌", "a b"}) {
    EXPECT_EQ(ReasonOf(ValidateAttributeName(name, "field")), Reason::FIELD_INVALID) << name;
  }
  EXPECT_EQ(ReasonOf(ValidateAttributeName("", "field")), Reason::FIELD_REQUIRED);
  EXPECT_EQ(ReasonOf(ValidateAttributeName(std::string(65, 'a'), "field")), Reason::FIELD_TOO_LONG);
  EXPECT_TRUE(ValidateTagCategoryName("罩杯大小", "field").ok());
  EXPECT_EQ(ReasonOf(ValidateTagCategoryName("a/b", "field")), Reason::FIELD_INVALID);
}

TEST(ValidationTest, T51NumbersAtTheirEdges) {
  EXPECT_TRUE(ValidateInstant(base::kMinInstantMs, "field").ok());
  EXPECT_TRUE(ValidateInstant(base::kMaxInstantMs, "field").ok());
  for (int64_t bad : {base::kMinInstantMs - 1, base::kMaxInstantMs + 1, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(ReasonOf(ValidateInstant(bad, "field")), Reason::FIELD_OUT_OF_RANGE);
  }
  EXPECT_TRUE(ValidateAmount(kMaxAmountMinor, "field").ok());
  EXPECT_TRUE(ValidateAmount(-kMaxAmountMinor, "field").ok());
  for (int64_t bad : {kMaxAmountMinor + 1, -kMaxAmountMinor - 1, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(ReasonOf(ValidateAmount(bad, "field")), Reason::FIELD_OUT_OF_RANGE);
  }
  EXPECT_TRUE(ValidateBatchSize(kMaxBatchItems, kMaxBatchItems, "field").ok());
  EXPECT_EQ(ReasonOf(ValidateBatchSize(kMaxBatchItems + 1, kMaxBatchItems, "field")),
            Reason::BATCH_TOO_LARGE);
  EXPECT_TRUE(ValidateListSize(32, kMaxIdentitiesPerMember, "field").ok());
  EXPECT_EQ(ReasonOf(ValidateListSize(33, kMaxIdentitiesPerMember, "field")),
            Reason::FIELD_OUT_OF_RANGE);
}

}  // namespace
}  // namespace segmentation::domain
