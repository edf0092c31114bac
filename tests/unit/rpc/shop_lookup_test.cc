// The shop of a call is remembered for some seconds; what was deleted meanwhile is still refused.
#include <future>

#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

class ShopLookup : public testing::Test {
 protected:
  static usecase::CallContext Context(const std::string& request_id) {
    usecase::CallContext context;
    context.actor = "tester";
    context.role = usecase::Role::kAdmin;
    context.request_id = request_id;
    context.request_hash = std::string(32, 'h');
    context.deadline = absl::InfiniteFuture();
    return context;
  }
  domain::Shop Create(usecase::ShopUsecase& shops, const std::string& request_id) {
    const auto made = shops.Create(Context(request_id), {"s", "", "Asia/Shanghai", "CNY"});
    EXPECT_TRUE(made.ok()) << made.status();
    return *made;
  }
  // Through another replica, which this one hears nothing of.
  void DeleteElsewhere(const domain::Shop& shop) {
    usecase::CallContext context = Context("delete");
    context.shop = shop;
    std::promise<absl::Status> done;
    elsewhere_.Delete(
        std::move(context), std::nullopt,
        [](const usecase::DeletedShopResult&, const usecase::AnswerContext&) {
          return std::string("gone");
        },
        [&](absl::StatusOr<usecase::WriteResult> result) { done.set_value(result.status()); });
    ASSERT_TRUE(done.get_future().get().ok());
  }
  static std::string ReasonOf(const absl::Status& status) {
    const auto info = base::GetErrorInfo(status);
    return info ? std::string(base::NameOf(info->reason)) : status.ToString();
  }

  AheadClock clock_;
  testing_support::ModelStore store_;
  usecase::ShopReader reader_{store_, clock_};
  usecase::ShopWriter writer_{store_, clock_};
  usecase::ShopUsecase here_{store_, writer_, reader_, clock_, nullptr, absl::Seconds(5)};
  usecase::ShopUsecase elsewhere_{store_, writer_, reader_, clock_, nullptr, absl::Seconds(5)};
};

TEST_F(ShopLookup, IsRememberedForAWhileAndNoLonger) {
  EXPECT_FALSE(here_.Remembers("s"));
  const domain::Shop shop = Create(elsewhere_, "create");
  EXPECT_FALSE(here_.Remembers("s"));
  EXPECT_EQ(here_.Find("s")->number, shop.number);
  EXPECT_TRUE(here_.Remembers("s"));
  clock_.Advance(absl::Seconds(4));
  EXPECT_TRUE(here_.Remembers("s"));
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(here_.Remembers("s"));
}

TEST_F(ShopLookup, AnUnknownShopIsLookedUpAgain) {
  EXPECT_EQ(ReasonOf(here_.Find("s").status()), "SHOP_NOT_FOUND");
  Create(elsewhere_, "create");
  EXPECT_TRUE(here_.Find("s").ok());
}

TEST_F(ShopLookup, AShopDeletedElsewhereAnswersNoReadAlthoughItIsRemembered) {
  Create(elsewhere_, "create");
  usecase::CallContext context = Context("read");
  context.shop = *here_.Find("s");
  ASSERT_TRUE(reader_.Open(context, {}).ok());
  DeleteElsewhere(context.shop);
  ASSERT_TRUE(here_.Remembers("s"));
  EXPECT_EQ(ReasonOf(reader_.Open(context, {}).status()), "SHOP_NOT_FOUND");
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(ReasonOf(here_.Find("s").status()), "SHOP_NOT_FOUND");
}

// T68: also when everything of it is purged.
TEST_F(ShopLookup, TheIdOfADeletedShopStaysTaken) {
  const domain::Shop first = Create(here_, "create");
  DeleteElsewhere(first);
  while (!*store_.PurgeShop(first.number, 100)) {
  }
  const auto again = here_.Create(Context("create again"), {"s", "", "Asia/Shanghai", "CNY"});
  EXPECT_EQ(ReasonOf(again.status()), "ALREADY_EXISTS");
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(ReasonOf(here_.Find("s").status()), "SHOP_NOT_FOUND");
}

}  // namespace
}  // namespace segmentation::rpc
