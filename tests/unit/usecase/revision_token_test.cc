#include "server/usecase/revision_token.h"

#include <set>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/hash.h"

namespace segmentation::usecase {
namespace {

constexpr domain::ShopNo kShop = 7;

storage::DatabaseIdentity Identity(char incarnation, char key) {
  return {std::string(16, incarnation), std::string(32, key)};
}

void ExpectInvalid(const RevisionTokenCodec& codec, std::string_view token) {
  const auto revision = codec.Decode(kShop, token, "min_revision_token");
  ASSERT_FALSE(revision.ok()) << token;
  const auto info = base::GetErrorInfo(revision.status());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason, base::Reason::REVISION_TOKEN_INVALID);
  EXPECT_EQ(info->field, "min_revision_token");
}

TEST(RevisionTokenTest, NamesTheRevisionItWasMadeOf) {
  const RevisionTokenCodec codec(Identity('a', 'k'));
  for (const domain::Revision revision : {int64_t{0}, int64_t{1}, int64_t{1} << 40, INT64_MAX}) {
    const std::string token = codec.Encode(kShop, revision);
    EXPECT_EQ(token.size(), 60u);
    EXPECT_EQ(codec.Decode(kShop, token, "t").value(), revision);
  }
}

TEST(RevisionTokenTest, RefusesEveryChangeOfOneCharacter) {
  const RevisionTokenCodec codec(Identity('a', 'k'));
  const std::string token = codec.Encode(kShop, 123456);
  for (size_t i = 0; i < token.size(); ++i) {
    for (const char other : {'A', 'B', '-', '*'}) {
      if (token[i] == other) continue;
      std::string changed = token;
      changed[i] = other;
      ExpectInvalid(codec, changed);
    }
  }
}

TEST(RevisionTokenTest, RefusesTokensOfOthers) {
  const RevisionTokenCodec codec(Identity('a', 'k'));
  ExpectInvalid(codec, codec.Encode(kShop + 1, 5));
  ExpectInvalid(codec, RevisionTokenCodec(Identity('b', 'k')).Encode(kShop, 5));
  ExpectInvalid(codec, RevisionTokenCodec(Identity('a', 'l')).Encode(kShop, 5));
  ExpectInvalid(codec, "");
  ExpectInvalid(codec, "no token");
  ExpectInvalid(codec, codec.Encode(kShop, 5) + "A");
  ExpectInvalid(codec, std::string(100'000, 'A'));
}

}  // namespace
}  // namespace segmentation::usecase
