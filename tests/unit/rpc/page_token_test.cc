// T67
#include "server/rpc/page_token.h"

#include <string>

#include "server/base/hash.h"
#include "tests/unit/rpc/error_matchers.h"

namespace segmentation::rpc {
namespace {

class FakeClock final : public base::Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
};

class PageTokens : public testing::Test {
 protected:
  static internal::PageToken Position() {
    internal::PageToken token;
    token.set_arguments_hash("0123456789abcdef");
    token.set_shop_no(7);
    token.set_revision(42);
    token.set_as_of_ms(-5);
    token.add_after_numbers(-3);
    token.add_after_texts("上海");
    return token;
  }
  std::string Decode(std::string_view text, domain::ShopNo shop = 7,
                     std::string_view hash = "0123456789abcdef") const {
    return Fault(codec_.DecodePage(text, shop, hash, "page_token"));
  }

  FakeClock clock_;
  PageTokenCodec codec_{std::string(32, 'k'), clock_};
};

TEST_F(PageTokens, GoesOnWhereItStood) {
  const std::string text = codec_.Encode(Position());
  EXPECT_LE(text.size(), 512u);
  const auto token = codec_.DecodePage(text, 7, "0123456789abcdef", "page_token");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->revision(), 42);
  EXPECT_EQ(token->as_of_ms(), -5);
  EXPECT_EQ(token->after_numbers(0), -3);
  EXPECT_EQ(token->after_texts(0), "上海");
}

TEST_F(PageTokens, RefusesOtherArgumentsAndOtherShops) {
  const std::string text = codec_.Encode(Position());
  EXPECT_EQ(Decode(text), "OK");
  EXPECT_EQ(Decode(text, 8), "PAGE_TOKEN_INVALID page_token");
  EXPECT_EQ(Decode(text, 7, "0123456789abcdeX"), "PAGE_TOKEN_INVALID page_token");
  EXPECT_EQ(Decode(text, 7, ""), "PAGE_TOKEN_INVALID page_token");
}

TEST_F(PageTokens, RefusesEveryChangedByte) {
  const std::string text = codec_.Encode(Position());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == text) continue;
    EXPECT_EQ(Decode(changed), "PAGE_TOKEN_INVALID page_token") << "at " << i;
  }
  EXPECT_EQ(Decode(text + "A"), "PAGE_TOKEN_INVALID page_token");
  EXPECT_EQ(Decode(text.substr(0, text.size() - 4)), "PAGE_TOKEN_INVALID page_token");
  EXPECT_EQ(Decode("x"), "PAGE_TOKEN_INVALID page_token");
  EXPECT_EQ(Decode(std::string(513, 'A')), "PAGE_TOKEN_INVALID page_token");
}

TEST_F(PageTokens, RefusesTokensOfAnotherKeyOrKind) {
  const PageTokenCodec other(std::string(32, 'o'), clock_);
  EXPECT_EQ(Decode(other.Encode(Position())), "PAGE_TOKEN_INVALID page_token");
  internal::StreamCursor cursor;
  cursor.set_arguments_hash("0123456789abcdef");
  cursor.set_shop_no(7);
  EXPECT_EQ(Decode(codec_.Encode(cursor)), "PAGE_TOKEN_INVALID page_token");
}

TEST_F(PageTokens, ExpireByTheClock) {
  const std::string text = codec_.Encode(Position());
  clock_.now += kPageTokenLife;
  EXPECT_EQ(Decode(text), "OK");
  clock_.now += absl::Milliseconds(1);
  EXPECT_EQ(Decode(text), "PAGE_TOKEN_EXPIRED page_token");
}

TEST_F(PageTokens, CursorsLiveLonger) {
  internal::StreamCursor cursor;
  cursor.set_arguments_hash("0123456789abcdef");
  cursor.set_shop_no(7);
  cursor.set_running_crc32c(0xffffffffu);
  const std::string text = codec_.Encode(cursor);
  clock_.now += kStreamCursorLife;
  const auto back = codec_.DecodeCursor(text, 7, "0123456789abcdef", "resume_cursor");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->running_crc32c(), 0xffffffffu);
  clock_.now += absl::Milliseconds(1);
  EXPECT_EQ(Fault(codec_.DecodeCursor(text, 7, "0123456789abcdef", "resume_cursor")),
            "PAGE_TOKEN_EXPIRED resume_cursor");
}

}  // namespace
}  // namespace segmentation::rpc
