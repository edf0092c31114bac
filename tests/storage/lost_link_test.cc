// The MySQL store when the link is lost: before, during and after a COMMIT (design D3).
#include "server/base/strings.h"
#include "server/storage/mysql/mysql_store.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/cutting_proxy.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing_support::CuttingProxy;

class LostLinkTest : public ::testing::Test {
 protected:
  LostLinkTest() : proxy_(SharedMysqlOptions().socket) {
    MysqlStoreOptions options;
    options.pool.connection = SharedMysqlOptions();
    options.pool.connection.socket = proxy_.socket_path();
    store_ = Must(MysqlStore::Open(options));
    static int number = 0;
    shop_ = Must(store_->CreateShop(testing_support::NewShopOf(base::StrCat("lost-", number++))));
  }

  std::unique_ptr<WriteTransaction> Begin() {
    return Must(store_->BeginWrite(shop_.number, absl::Now() + absl::Seconds(60)));
  }
  static WriteSet Batch() {
    WriteSet rows;
    rows.members = {MemberOf(1, "m")};
    rows.requests = {{"request", std::string(32, 'h'), 2, 5, "answer"}};
    return rows;
  }
  // The revision at which the batch was done, by its request row; 0 if it was not.
  static domain::Revision DoneAt(Reader& reader) {
    const std::string ids[] = {"request"};
    const auto rows = Must(reader.ReadRequests(ids));
    return rows.empty() ? 0 : rows[0].revision;
  }
  domain::Revision CommittedRevision() {
    auto direct = Must(SharedMysqlStore().BeginRead(shop_.number, absl::InfiniteFuture()));
    return direct->head().revision;
  }

  CuttingProxy proxy_;
  std::unique_ptr<MysqlStore> store_;
  domain::Shop shop_;
};

TEST_F(LostLinkTest, CommitWhoseAnswerIsLostIsUnknownAndWasDone) {
  auto transaction = Begin();
  ASSERT_TRUE(transaction->Apply(Batch()).ok());
  proxy_.Arm(CuttingProxy::Cut::kAfterCommit);
  EXPECT_EQ(ReasonOf(transaction->Commit(ChangeCause::kFact)), Reason::OUTCOME_UNKNOWN);
  EXPECT_EQ(proxy_.cut_count(), 1);
  transaction.reset();
  // The batch again, under the head lock: its request row answers.
  auto again = Begin();
  EXPECT_EQ(DoneAt(*again), 2);
  again.reset();
  EXPECT_EQ(CommittedRevision(), 2);
}

TEST_F(LostLinkTest, CommitThatIsLostIsUnknownAndWasNotDone) {
  auto transaction = Begin();
  ASSERT_TRUE(transaction->Apply(Batch()).ok());
  proxy_.Arm(CuttingProxy::Cut::kBeforeCommit);
  EXPECT_EQ(ReasonOf(transaction->Commit(ChangeCause::kFact)), Reason::OUTCOME_UNKNOWN);
  EXPECT_EQ(proxy_.cut_count(), 1);
  transaction.reset();
  auto again = Begin();
  EXPECT_EQ(DoneAt(*again), 0);
  ASSERT_TRUE(again->Apply(Batch()).ok());
  ASSERT_TRUE(again->Commit(ChangeCause::kFact).ok());
  EXPECT_EQ(CommittedRevision(), 2);
}

TEST_F(LostLinkTest, LinkLostBeforeCommitIsUnavailableAndNothingIsDone) {
  auto transaction = Begin();
  ASSERT_TRUE(transaction->Apply(Batch()).ok());
  proxy_.CutAll();
  EXPECT_EQ(ReasonOf(transaction->Commit(ChangeCause::kFact)), Reason::DATABASE_UNAVAILABLE);
  transaction.reset();
  EXPECT_EQ(CommittedRevision(), 1);
}

TEST_F(LostLinkTest, IdleConnectionsThatWereCutAreReplacedUnseen) {
  for (int i = 0; i < 3; ++i) {
    // Two connections idle in the pool.
    auto a = Must(store_->BeginRead(shop_.number, absl::InfiniteFuture()));
    auto b = Must(store_->BeginRead(shop_.number, absl::InfiniteFuture()));
    a.reset();
    b.reset();
    proxy_.CutAll();
    EXPECT_EQ(Begin()->head().revision, 2);
    EXPECT_TRUE(Must(store_->ReadShop(shop_.id)).has_value());
  }
}

// A shop's creation answers by its request row, so its caller never sees the lost answer.
TEST_F(LostLinkTest, ShopIsCreatedOnceThoughTheAnswerWasLost) {
  const NewShop wanted = testing_support::NewShopOf(shop_.id + " more");
  proxy_.Arm(CuttingProxy::Cut::kAfterCommit);
  const domain::Shop made = Must(store_->CreateShop(wanted));
  EXPECT_EQ(proxy_.cut_count(), 1);
  EXPECT_EQ(Must(store_->ReadShop(wanted.shop.id))->number, made.number);
}

}  // namespace
}  // namespace segmentation::storage::mysql
