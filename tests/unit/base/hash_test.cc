// Digests against published vectors; text forms of bytes; random ids.
#include "server/base/hash.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "server/base/error.h"
#include "server/base/random.h"
#include "tests/support/seed.h"

namespace segmentation::base {
namespace {

std::string RandomText(std::mt19937_64& random, size_t max_size) {
  std::string text(random() % (max_size + 1), '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST(HashTest, Sha256MeetsPublishedVectors) {
  EXPECT_EQ(HexEncode(BytesOf(Sha256(""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexEncode(BytesOf(Sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(BytesOf(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(FirstEightBytes(Sha256("abc")), 0xba7816bf8f01cfeaULL);
}

TEST(HashTest, HmacMeetsRfc4231) {
  EXPECT_EQ(HexEncode(BytesOf(HmacSha256(std::string(20, '\x0b'), "Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HexEncode(BytesOf(HmacSha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      HexEncode(BytesOf(HmacSha256(std::string(131, '\xaa'),
                                   "Test Using Larger Than Block-Size Key - Hash Key First"))),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // No key is a key of its own, whatever was used before it.
  EXPECT_EQ(HexEncode(BytesOf(HmacSha256("", ""))),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(HashTest, Crc32cMeetsPublishedVectors) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
}

TEST(HashTest, Crc32cOfPartsIsThatOfTheWhole) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 1'000; ++i) {
    const std::string data = RandomText(random, 100);
    const size_t cut = random() % (data.size() + 1);
    ASSERT_EQ(Crc32c(data.substr(cut), Crc32c(data.substr(0, cut))), Crc32c(data));
    if (!data.empty()) {
      std::string flipped = data;
      flipped[random() % flipped.size()] ^= static_cast<char>(1 << random() % 8);
      ASSERT_NE(Crc32c(flipped), Crc32c(data));
    }
  }
}

TEST(HashTest, ComparesSecrets) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("token", "token"));
  EXPECT_FALSE(ConstantTimeEquals("token", "Token"));
  EXPECT_FALSE(ConstantTimeEquals("token", "toke"));
  EXPECT_FALSE(ConstantTimeEquals("", "x"));
}

TEST(HashTest, TextFormsComeBack) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 2'000; ++i) {
    const std::string bytes = RandomText(random, 40);
    ASSERT_EQ(*HexDecode(HexEncode(bytes), "token"), bytes);
    ASSERT_EQ(*Base64UrlDecode(Base64UrlEncode(bytes), "token"), bytes);
  }
  EXPECT_EQ(Base64UrlEncode("f"), "Zg");
  EXPECT_EQ(Base64UrlEncode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64UrlEncode("\xfb\xff"), "-_8");
  EXPECT_EQ(*HexDecode("0aFF", "token"), "\x0a\xff");
}

TEST(HashTest, MalformedTextFormsAreRefused) {
  for (const char* text : {"0", "0g", "zz", " 0a", "0a0"}) {
    EXPECT_EQ(GetErrorInfo(HexDecode(text, "token").status())->reason, Reason::FIELD_INVALID)
        << text;
  }
  // "Zh" decodes to the same byte as "Zg" but for unused bits: one value, one text.
  for (const char* text : {"Z", "Zg==", "Zh", "Zm9vY", "+/8", "Zm 9v", "Zm9\n"}) {
    EXPECT_EQ(GetErrorInfo(Base64UrlDecode(text, "token").status())->reason, Reason::FIELD_INVALID)
        << text;
  }
}

TEST(RandomTest, UuidsAreVersionFourAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    absl::StatusOr<std::string> id = RandomUuid();
    ASSERT_TRUE(id.ok());
    ASSERT_EQ(id->size(), 36u);
    for (size_t at : {8, 13, 18, 23}) ASSERT_EQ((*id)[at], '-');
    ASSERT_EQ((*id)[14], '4');
    ASSERT_NE(std::string("89ab").find((*id)[19]), std::string::npos);
    seen.insert(*id);
  }
  EXPECT_EQ(seen.size(), 1'000u);
  EXPECT_EQ(RandomBytes(0)->size(), 0u);
  EXPECT_NE(*RandomBytes(32), *RandomBytes(32));
}

}  // namespace
}  // namespace segmentation::base
