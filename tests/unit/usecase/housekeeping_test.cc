// Old log rows and deleted shops go, however many; what is young or in use stays.
#include "server/usecase/housekeeping.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/fill_store.h"
#include "tests/support/model_store.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

class HousekeepingTest : public ::testing::Test {
 protected:
  HousekeepingTest() {
    clock_.Set(absl::ToUnixMillis(absl::Now()));
    shop_ = MakeShop("kept");
  }

  domain::Shop MakeShop(const std::string& id) {
    storage::NewShop shop = testing_support::NewShopOf(id);
    shop.shop.stamp.created_at_ms = shop.shop.stamp.updated_at_ms = clock_.NowMs();
    return *store_.CreateShop(shop);
  }
  void WriteRows(const domain::Shop& shop, const storage::WriteSet& rows) {
    auto transaction = *store_.BeginWrite(shop.number, absl::InfiniteFuture());
    ASSERT_TRUE(transaction->Apply(rows).ok());
    ASSERT_TRUE(transaction->Commit(storage::ChangeCause::kFact).ok());
  }
  // `count` request rows made now, named "PREFIX-number".
  void AddRequests(const std::string& prefix, int count) {
    storage::WriteSet rows;
    for (int i = 0; i < count; ++i) {
      rows.requests.push_back(
          {absl::StrCat(prefix, "-", i), std::string(32, 'h'), 2, clock_.NowMs(), "answer"});
    }
    WriteRows(shop_, rows);
  }
  bool HasRequest(const std::string& id) {
    auto snapshot = *store_.BeginRead(shop_.number, absl::InfiniteFuture());
    const std::string ids[] = {id};
    return !snapshot->ReadRequests(ids)->empty();
  }
  void Delete(domain::Shop shop) {
    shop.deleted = true;
    shop.stamp.updated_at_ms = clock_.NowMs();
    storage::WriteSet rows;
    rows.shop = shop;
    WriteRows(shop, rows);
  }
  bool IsTombstone(const domain::Shop& shop) {
    return !store_.BeginRead(shop.number, absl::InfiniteFuture()).ok();
  }
  void Advance(absl::Duration span) {
    clock_.Set(clock_.NowMs() + absl::ToInt64Milliseconds(span));
  }

  static bool Never() { return false; }

  StillClock clock_;
  testing_support::ModelStore store_;
  domain::Shop shop_;
};

// More than a batch, and more than the 10,000 rows that one round once was content with.
TEST_F(HousekeepingTest, OneRoundLeavesNoOldRequestRow) {
  AddRequests("old", 25'000);
  Advance(absl::Hours(48) + absl::Seconds(1));
  AddRequests("young", 3);
  Housekeeping housekeeping(store_, clock_);
  const auto done = housekeeping.RunRound(Never);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_TRUE(*done);
  const int64_t old = clock_.NowMs() - absl::ToInt64Milliseconds(absl::Hours(48));
  EXPECT_EQ(*store_.TrimRequestLog(shop_.number, old, 1), 0) << "an old row is left";
  EXPECT_FALSE(HasRequest("old-24999"));
  EXPECT_TRUE(HasRequest("young-0"));
}

// Design D2: changes are kept for 24 h and more, personal ones no longer than that either.
TEST_F(HousekeepingTest, OldChangesGo) {
  for (int i = 0; i < 10; ++i) AddRequests(absl::StrCat("r", i), 1);
  const auto left = [&] {
    testing_support::ModelStore& store = store_;
    return *store.TrimChangeLog(shop_.number, std::numeric_limits<int64_t>::max(), 1);
  };
  HousekeepingOptions options;
  options.batch_rows = 3;
  Housekeeping housekeeping(store_, clock_, options);
  Advance(absl::Hours(24));
  ASSERT_TRUE(*housekeeping.RunRound(Never));
  EXPECT_EQ(left(), 1) << "kept for less than 24 h";
  Advance(absl::Hours(25));
  ASSERT_TRUE(*housekeeping.RunRound(Never));
  EXPECT_EQ(left(), 0);
}

TEST_F(HousekeepingTest, ARoundIsBoundedAndSaysThatMoreIsLeft) {
  AddRequests("old", 25);
  Advance(absl::Hours(49));
  HousekeepingOptions options;
  options.batch_rows = 5;
  options.max_batches = 2;
  Housekeeping housekeeping(store_, clock_, options);
  EXPECT_FALSE(*housekeeping.RunRound(Never));
  EXPECT_FALSE(*housekeeping.RunRound(Never));
  EXPECT_TRUE(HasRequest("old-9") || HasRequest("old-24"));
  EXPECT_TRUE(*housekeeping.RunRound(Never));
  EXPECT_FALSE(HasRequest("old-9"));
}

TEST_F(HousekeepingTest, StopIsLookedAtBeforeEveryBatch) {
  AddRequests("old", 25);
  Advance(absl::Hours(49));
  HousekeepingOptions options;
  options.batch_rows = 5;
  Housekeeping housekeeping(store_, clock_, options);
  int looks = 0;
  EXPECT_FALSE(*housekeeping.RunRound([&] { return ++looks > 2; }));
  const int64_t old = clock_.NowMs() - absl::ToInt64Milliseconds(absl::Hours(48));
  // The one that made the shop, too.
  EXPECT_EQ(*store_.TrimRequestLog(shop_.number, old, 100), 26 - 10) << "two batches, no more";
}

// T68: the rows of a deleted shop go, its id is never given out again.
TEST_F(HousekeepingTest, ADeletedShopIsEmptiedAndItsIdStaysTaken) {
  const domain::Shop gone = MakeShop("gone");
  storage::WriteSet rows;
  for (domain::MemberNo no = 1; no <= 30; ++no) {
    domain::Member member;
    member.number = no;
    member.id = absl::StrCat("m", no);
    rows.members.push_back(member);
  }
  WriteRows(gone, rows);
  Delete(gone);
  HousekeepingOptions options;
  options.batch_rows = 4;
  Housekeeping housekeeping(store_, clock_, options);
  EXPECT_TRUE(*housekeeping.RunRound(Never));
  EXPECT_FALSE(IsTombstone(gone)) << "its deletion may still be asked for again";
  Advance(absl::Hours(49));
  EXPECT_TRUE(*housekeeping.RunRound(Never));
  EXPECT_TRUE(IsTombstone(gone));
  EXPECT_FALSE(IsTombstone(shop_));
  EXPECT_EQ(ReasonOf(store_.CreateShop(testing_support::NewShopOf("gone")).status()),
            base::Reason::ALREADY_EXISTS);
  EXPECT_TRUE(*housekeeping.RunRound(Never)) << "a tombstone is nothing to do";
}

TEST_F(HousekeepingTest, AnUnreachableDatabaseIsAnError) {
  Housekeeping housekeeping(store_, clock_);
  store_.SetUnavailable(true);
  EXPECT_EQ(ReasonOf(housekeeping.RunRound(Never).status()), base::Reason::DATABASE_UNAVAILABLE);
}

}  // namespace
}  // namespace segmentation::usecase
