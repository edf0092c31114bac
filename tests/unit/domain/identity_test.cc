// Identities: one spelling each, nobody's values refused, masking. T36, T37, T88.
#include "server/domain/identity.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace segmentation::domain {
namespace {

using base::GetErrorInfo;
using base::Reason;
using namespace std::string_literals;

std::string Normal(IdentityKind kind, std::string_view text, std::string_view region = "CN") {
  absl::StatusOr<std::string> value = NormalizeIdentity(kind, text, region, "identity");
  EXPECT_TRUE(value.ok()) << text << ": " << value.status();
  return value.ok() ? *value : "";
}

Reason Refusal(IdentityKind kind, std::string_view text, std::string_view region = "CN") {
  absl::StatusOr<std::string> value =
      NormalizeIdentity(kind, text, region, "member.identities[0].value");
  EXPECT_FALSE(value.ok()) << text << " became " << value.value_or("");
  if (value.ok()) return Reason::INTERNAL;
  EXPECT_EQ(GetErrorInfo(value.status())->field, "member.identities[0].value");
  return GetErrorInfo(value.status())->reason;
}

TEST(IdentityTest, PhonesBecomeE164) {
  for (const char* text :
       {"13800138000", "138 0013 8000", "138-0013-8000", "+86 138 0013 8000", "0086 13800138000",
        "+8613800138000", "１３８００１３８０００", "'13800138000", " \u300013800138000\t",
        "(+86)13800138000", "86-13800138000"}) {
    EXPECT_EQ(Normal(IdentityKind::kPhone, text), "+8613800138000") << text;
  }
  EXPECT_EQ(Normal(IdentityKind::kPhone, "010-62781234"), "+861062781234");
  EXPECT_EQ(Normal(IdentityKind::kPhone, "19912345678"), "+8619912345678");
  EXPECT_EQ(Normal(IdentityKind::kPhone, "(415) 555-2671", "US"), "+14155552671");
  EXPECT_EQ(Normal(IdentityKind::kPhone, "+44 20 7946 0958", "CN"), "+442079460958");
  EXPECT_EQ(Normal(IdentityKind::kPhone, "+8613800138000", ""), "+8613800138000");
}

TEST(IdentityTest, RefusesWhatIsNoPhone) {
  for (const char* text :
       {"123", "1380013800", "138001380001", "abc", "手机", "13800138000.0", "1-800-FLOWERS",
        "138001380O0", "+999 12345", "021-62781234-801", "13800138000/13900139000"}) {
    EXPECT_EQ(Refusal(IdentityKind::kPhone, text), Reason::FIELD_INVALID) << text;
  }
  EXPECT_EQ(Refusal(IdentityKind::kPhone, "13800138000", ""), Reason::FIELD_INVALID);
  EXPECT_EQ(Refusal(IdentityKind::kPhone, ""), Reason::FIELD_REQUIRED);
  EXPECT_EQ(Refusal(IdentityKind::kPhone, " \u3000 "), Reason::FIELD_REQUIRED);
  EXPECT_EQ(Refusal(IdentityKind::kPhone, "'"), Reason::FIELD_REQUIRED);
}

// T88: masked and virtual values are never identities.
TEST(IdentityTest, T88RefusesMaskedAndVirtualValues) {
  for (const char* text :
       {"138****8000", "138＊＊＊＊8000", "138xxxx8000", "138XXXX8000", "18877771111-123",
        "18877771111转123", "18877771111-1234", "+8618877771111-123", "188 7777 1111-123",
        "18877771111 ext. 123", "00000000000", "11111111111", "111-1111-1111", "$Fh3=$2a==$1$"}) {
    EXPECT_EQ(Refusal(IdentityKind::kPhone, text), Reason::IDENTITY_MASKED) << text;
  }
  for (const char* text :
       {"t**8", "t*8", "张**", "＊＊＊", "匿名", "匿名买家", "~Ab3=~9~", "●●●"}) {
    EXPECT_EQ(Refusal(IdentityKind::kNick, text), Reason::IDENTITY_MASKED) << text;
  }
  EXPECT_EQ(Refusal(IdentityKind::kEmail, "j***@qq.com"), Reason::IDENTITY_MASKED);
  EXPECT_EQ(Refusal(IdentityKind::kOuid, "AAF*****"), Reason::IDENTITY_MASKED);
  EXPECT_EQ(Refusal(IdentityKind::kCard, "00000000"), Reason::IDENTITY_MASKED);
  EXPECT_EQ(Refusal(IdentityKind::kPin, "jd_****"), Reason::IDENTITY_MASKED);
}

// Numbers that a spreadsheet cut short are refused with a hint, under every kind.
TEST(IdentityTest, T88RefusesWhatASpreadsheetDamaged) {
  for (IdentityKind kind : {IdentityKind::kOuid, IdentityKind::kNick, IdentityKind::kPhone,
                            IdentityKind::kOpenId, IdentityKind::kCard}) {
    for (const char* text : {"1.93E+15", "1.93e+15", "2E+11", "1.380013E10"}) {
      absl::StatusOr<std::string> value = NormalizeIdentity(kind, text, "CN", "identity");
      ASSERT_FALSE(value.ok()) << text;
      EXPECT_EQ(GetErrorInfo(value.status())->reason, Reason::FIELD_INVALID);
      EXPECT_NE(std::string(value.status().message()).find("spreadsheet"), std::string::npos);
    }
  }
  EXPECT_EQ(Refusal(IdentityKind::kOuid, "=\"12345\""), Reason::FIELD_INVALID);
  // Looks like it, but is a nick.
  EXPECT_EQ(Normal(IdentityKind::kNick, "1e5"), "1e5");
}

TEST(IdentityTest, EmailsKeepTheNameAndLowerTheDomain) {
  EXPECT_EQ(Normal(IdentityKind::kEmail, "Jane.Doe@QQ.com"), "Jane.Doe@qq.com");
  EXPECT_EQ(Normal(IdentityKind::kEmail, " jane＠ｑｑ．ｃｏｍ "), "jane@qq.com");
  EXPECT_EQ(Normal(IdentityKind::kEmail, "a+b_c%d@Mail.Example.CN"), "a+b_c%d@mail.example.cn");
  EXPECT_EQ(Normal(IdentityKind::kEmail, "李雷@例子.中国"), "李雷@例子.中国");
  for (const char* text : {"jane", "@qq.com", "jane@", "jane@qq", "a@b@qq.com", "ja ne@qq.com",
                           "jane@qq..com", "jane@-qq.com", "jane@qq_.com", ".jane@qq.com",
                           "ja..ne@qq.com", "jane.@qq.com", "jane@qq.com."}) {
    EXPECT_EQ(Refusal(IdentityKind::kEmail, text), Reason::FIELD_INVALID) << text;
  }
  const std::string long_name(65, 'a');
  EXPECT_EQ(Refusal(IdentityKind::kEmail, absl::StrCat(long_name, "@qq.com")),
            Reason::FIELD_INVALID);
  EXPECT_EQ(EmailDomainOf({IdentityKind::kEmail, "Jane@qq.com"}), "qq.com");
  EXPECT_EQ(EmailDomainOf({IdentityKind::kNick, "Jane@qq.com"}), "");
}

// T36: ids compare byte by byte; only a nick is NFKC-normalised. T37: what lies inside stays.
TEST(IdentityTest, T36OtherKindsKeepTheirBytes) {
  EXPECT_EQ(Normal(IdentityKind::kNick, " ｔｏｍ２００８ "), "tom2008");
  EXPECT_EQ(Normal(IdentityKind::kNick, "小 猫😀%_"), "小 猫😀%_");
  EXPECT_NE(Normal(IdentityKind::kNick, "Tom"), Normal(IdentityKind::kNick, "tom"));
  EXPECT_EQ(Normal(IdentityKind::kNick, "88888888"), "88888888");
  EXPECT_EQ(Normal(IdentityKind::kOuid, " AAＦ1=/+ "), "AAＦ1=/+");
  EXPECT_EQ(Normal(IdentityKind::kOpenId, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
            "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
  EXPECT_EQ(Normal(IdentityKind::kCard, "0012"), "0012");
}

TEST(IdentityTest, T37RefusesBadText) {
  for (IdentityKind kind : {IdentityKind::kOuid, IdentityKind::kNick, IdentityKind::kPhone,
                            IdentityKind::kEmail, IdentityKind::kCard}) {
    EXPECT_EQ(Refusal(kind, "a\xff"), Reason::TEXT_NOT_UTF8);
    EXPECT_EQ(Refusal(kind, "a\0b"s), Reason::TEXT_HAS_NUL);
    EXPECT_EQ(Refusal(kind, "a\nb"), Reason::FIELD_INVALID);
    EXPECT_EQ(Refusal(kind, std::string(321, '1')), Reason::FIELD_TOO_LONG);
  }
  // Grows beyond the limit only when normalised.
  std::string growing;
  for (int i = 0; i < 60; ++i) growing += "\uFDFA";
  EXPECT_EQ(Refusal(IdentityKind::kNick, growing), Reason::FIELD_TOO_LONG);
}

TEST(IdentityTest, NormalizingTwiceChangesNothing) {
  const std::pair<IdentityKind, const char*> kValues[] = {{IdentityKind::kPhone, "138-0013-8000"},
                                                          {IdentityKind::kPhone, "010-62781234"},
                                                          {IdentityKind::kEmail, "Ｊane@QQ.com"},
                                                          {IdentityKind::kNick, " ﬁn　"},
                                                          {IdentityKind::kOuid, " x "},
                                                          {IdentityKind::kCard, "\u300012"}};
  for (const auto& [kind, text] : kValues) {
    const std::string once = Normal(kind, text);
    EXPECT_EQ(Normal(kind, once), once);
    EXPECT_EQ(Normal(kind, once, ""), once);
  }
}

TEST(IdentityTest, RegionsComeFromZoneThenCurrency) {
  EXPECT_EQ(DefaultPhoneRegion("Asia/Shanghai", "USD"), "CN");
  EXPECT_EQ(DefaultPhoneRegion("UTC", "CNY"), "CN");
  EXPECT_EQ(DefaultPhoneRegion("America/New_York", ""), "US");
  EXPECT_EQ(DefaultPhoneRegion("UTC", "EUR"), "");
}

TEST(IdentityTest, MasksForDisplay) {
  EXPECT_EQ(MaskIdentity(IdentityKind::kPhone, "+8613800138000"), "138****8000");
  EXPECT_EQ(MaskIdentity(IdentityKind::kPhone, "+14155552671"), "+141****2671");
  EXPECT_EQ(MaskIdentity(IdentityKind::kPhone, "+8612345"), "****");
  EXPECT_EQ(MaskIdentity(IdentityKind::kEmail, "jane@qq.com"), "j***@qq.com");
  EXPECT_EQ(MaskIdentity(IdentityKind::kEmail, "李雷@qq.com"), "李***@qq.com");
  EXPECT_EQ(MaskIdentity(IdentityKind::kEmail, "j@qq.com"), "***@qq.com");
  EXPECT_EQ(MaskIdentity(IdentityKind::kNick, "tom2008"), "t**8");
  EXPECT_EQ(MaskIdentity(IdentityKind::kNick, "小猫"), "**");
  EXPECT_EQ(MaskIdentity(IdentityKind::kOpenId, "oUpF8uMuAJO_M2pxb1Q9"), "oUpF**b1Q9");
  EXPECT_EQ(MaskName("王小明"), "王**");
  EXPECT_EQ(MaskName("王明"), "王*");
  EXPECT_EQ(MaskName("王"), "*");
  EXPECT_EQ(MaskName(""), "");
  EXPECT_EQ(MaskName("😀😀😀😀"), "😀**");
  EXPECT_EQ(MaskText(""), "");
  EXPECT_EQ(MaskText("上海市"), "***");
  // What is masked is itself no identity (T88).
  EXPECT_EQ(Refusal(IdentityKind::kNick, MaskIdentity(IdentityKind::kNick, "tom2008")),
            Reason::IDENTITY_MASKED);
  EXPECT_EQ(Refusal(IdentityKind::kPhone, MaskIdentity(IdentityKind::kPhone, "+8613800138000")),
            Reason::IDENTITY_MASKED);
}

}  // namespace
}  // namespace segmentation::domain
