// The storage contract: shops, heads, transactions, snapshots.
#include <atomic>
#include <set>
#include <thread>

#include "server/base/strings.h"
#include "tests/storage/store_fixture.h"

namespace segmentation::storage {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing_support::NewShopOf;
using testing_support::TextOf;
using testing_support::TextsOf;

using StoreContract = StoreTest;
INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::Values(Backend::kModel, Backend::kMysql),
                         BackendName);

TEST_P(StoreContract, IdentityHasTheAgreedLengths) {
  EXPECT_THAT(store().identity().incarnation, SizeIs(16));
  EXPECT_THAT(store().identity().token_key, SizeIs(32));
  EXPECT_TRUE(store().Check().ok());
}

TEST_P(StoreContract, CreatedShopIsReadBack) {
  NewShop wanted = NewShopOf(FreshId("shop"));
  wanted.shop.name = "花店 🌸 ";
  wanted.shop.currency = "JPY";
  wanted.shop.currency_digits = 0;
  wanted.policy.valid_moment = domain::ValidMoment::kReceived;
  wanted.policy.gifts_count_as_bought = true;
  const domain::Shop shop = Must(store().CreateShop(wanted));
  EXPECT_GT(shop.number, 0u);
  EXPECT_EQ(shop.stamp.etag, (domain::Etag{1, 0}));
  const auto read = Must(store().ReadShop(shop.id));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(TextOf(*read), TextOf(shop));
  const auto definitions = Definitions(shop.number);
  EXPECT_EQ(TextOf(definitions->shop), TextOf(shop));
  EXPECT_EQ(definitions->definition_revision, 1);
  EXPECT_EQ(definitions->policy.valid_moment, domain::ValidMoment::kReceived);
  EXPECT_TRUE(definitions->policy.gifts_count_as_bought);
  ShopHead head;
  head.shop_no = shop.number;
  head.revision = 1;
  head.definition_revision = 1;
  EXPECT_EQ(BeginRead(shop.number)->head(), head);
  EXPECT_FALSE(Must(store().ReadShop(FreshId("nobody"))).has_value());
}

TEST_P(StoreContract, CreatingAgainByTheSameRequestAnswersTheSameShop) {
  const NewShop wanted = NewShopOf(FreshId("shop"));
  const domain::Shop first = Must(store().CreateShop(wanted));
  EXPECT_EQ(TextOf(Must(store().CreateShop(wanted))), TextOf(first));

  NewShop other_request = wanted;
  other_request.request_id = "other";
  EXPECT_EQ(ReasonOf(store().CreateShop(other_request).status()), Reason::ALREADY_EXISTS);
  NewShop other_body = wanted;
  other_body.request_hash = std::string(32, 'h');
  EXPECT_EQ(ReasonOf(store().CreateShop(other_body).status()), Reason::IDEMPOTENCY_KEY_REUSED);
}

// T36: ids compare byte by byte.
TEST_P(StoreContract, ShopIdsThatDifferInCaseSpaceOrAccentAreDifferentShops) {
  const std::string id = FreshId("caf\u00e9");
  std::set<domain::ShopNo> numbers;
  for (const std::string& twin : {id, id + " ", " " + id, FreshId("CAF\u00c9"), FreshId("cafe"),
                                  FreshId("cafe\u0301"), std::string("\u0000x", 2) + id}) {
    numbers.insert(Must(store().CreateShop(NewShopOf(twin))).number);
    EXPECT_EQ(Must(store().ReadShop(twin))->id, twin);
  }
  EXPECT_THAT(numbers, SizeIs(7));
}

TEST_P(StoreContract, ShopsAreListedByNumber) {
  const domain::Shop a = MakeShop();
  const domain::Shop b = MakeShop();
  std::vector<domain::ShopNo> numbers;
  for (const domain::Shop& shop : Must(store().ListShops())) numbers.push_back(shop.number);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_THAT(numbers, ::testing::Contains(a.number));
  EXPECT_THAT(numbers, ::testing::Contains(b.number));
}

TEST_P(StoreContract, UnknownShopIsNotFound) {
  const domain::ShopNo nobody = 4'000'000'000;
  EXPECT_EQ(ReasonOf(store().BeginWrite(nobody, absl::InfiniteFuture()).status()),
            Reason::SHOP_NOT_FOUND);
  EXPECT_EQ(ReasonOf(store().BeginRead(nobody, absl::InfiniteFuture()).status()),
            Reason::SHOP_NOT_FOUND);
}

TEST_P(StoreContract, PassedDeadlineBeginsNothing) {
  const domain::Shop shop = MakeShop();
  EXPECT_EQ(ReasonOf(store().BeginWrite(shop.number, absl::InfinitePast()).status()),
            Reason::DEADLINE_PASSED);
  EXPECT_EQ(ReasonOf(store().BeginRead(shop.number, absl::InfinitePast()).status()),
            Reason::DEADLINE_PASSED);
}

TEST_P(StoreContract, RevisionsFollowEachOtherWithoutGap) {
  const domain::Shop shop = MakeShop();
  for (domain::Revision revision = 2; revision <= 5; ++revision) {
    WriteSet rows;
    rows.members = {MemberOf(1, "m")};
    EXPECT_EQ(Write(shop.number, rows), revision);
    EXPECT_EQ(BeginRead(shop.number)->head().revision, revision);
  }
}

TEST_P(StoreContract, DestroyedTransactionChangesNothing) {
  const domain::Shop shop = MakeShop();
  {
    auto transaction = BeginWrite(shop.number);
    EXPECT_EQ(transaction->head().revision, 2);
    WriteSet rows;
    rows.head = transaction->head();
    rows.head->next_member_no = 2;
    rows.members = {MemberOf(1, "m")};
    rows.requests = {{"r", std::string(32, 'h'), 2, 5, "answer"}};
    ASSERT_TRUE(transaction->Apply(rows).ok());
  }
  auto snapshot = BeginRead(shop.number);
  EXPECT_EQ(snapshot->head().revision, 1);
  EXPECT_EQ(snapshot->head().next_member_no, 1u);
  EXPECT_THAT(Must(snapshot->ListMembers(0, 10, MemberParts::kAll)), IsEmpty());
  const std::string ids[] = {"r"};
  EXPECT_THAT(Must(snapshot->ReadRequests(ids)), IsEmpty());
}

TEST_P(StoreContract, TransactionReadsWhatItWrote) {
  const domain::Shop shop = MakeShop();
  auto transaction = BeginWrite(shop.number);
  WriteSet first;
  first.members = {MemberOf(1, "m")};
  ASSERT_TRUE(transaction->Apply(first).ok());
  EXPECT_THAT(Must(transaction->ListMembers(0, 10, MemberParts::kAll)), SizeIs(1));
  WriteSet second;
  second.orders = {{OrderOf(1, 1, "o"), true, std::nullopt}};
  ASSERT_TRUE(transaction->Apply(second).ok());
  EXPECT_THAT(Must(transaction->ListOrders(0, 0, 10)), SizeIs(1));
  ASSERT_TRUE(transaction->Commit(ChangeCause::kFact).ok());
  EXPECT_THAT(Must(BeginRead(shop.number)->ListOrders(0, 0, 10)), SizeIs(1));
}

TEST_P(StoreContract, HeadKeepsCountersAndTickButNotTheCallersRevision) {
  const domain::Shop shop = MakeShop();
  auto transaction = BeginWrite(shop.number);
  WriteSet rows;
  rows.head = ShopHead{};
  ShopHead& head = *rows.head;
  head.revision = 77;
  head.definition_revision = 2;
  head.tick_at_ms = 1'700'000'000'000;
  head.next_member_no = 4'294'967'295u;
  head.next_order_no = 12;
  head.next_store_no = 13;
  head.next_promotion_no = 14;
  head.next_product_no = 15;
  head.next_attribute_no = 1016;
  head.next_tag_category_no = 17;
  head.next_tag_no = 18;
  head.next_group_no = 19;
  ASSERT_TRUE(transaction->Apply(rows).ok());
  ShopHead want = head;
  want.shop_no = shop.number;
  want.revision = 2;
  EXPECT_EQ(TextOf(transaction->head()), TextOf(want));
  ASSERT_TRUE(transaction->Commit(ChangeCause::kTime).ok());
  EXPECT_EQ(TextOf(BeginRead(shop.number)->head()), TextOf(want));
}

// A store remembers the heads it committed; another replica's commit in between is seen all the
// same, counters included.
TEST_P(StoreContract, HeadMovedByAnotherReplicaIsReadAgain) {
  std::unique_ptr<mysql::MysqlStore> opened;  // the model is its own replica
  if (model() == nullptr) {
    mysql::MysqlStoreOptions options;
    options.pool.connection = SharedMysqlOptions();
    opened = Must(mysql::MysqlStore::Open(options));
  }
  Store& replica = opened != nullptr ? *opened : store();
  const domain::Shop shop = MakeShop();
  const auto take_numbers = [&](Store& from, uint32_t members) {
    auto transaction = Must(from.BeginWrite(shop.number, absl::InfiniteFuture()));
    WriteSet rows;
    rows.head = transaction->head();
    rows.head->next_member_no += members;
    EXPECT_TRUE(transaction->Apply(rows).ok());
    EXPECT_TRUE(transaction->Commit(ChangeCause::kFact).ok());
    return transaction->head();
  };
  take_numbers(store(), 10);                         // 1 → 11 at revision 2
  take_numbers(store(), 10);                         // remembered
  take_numbers(replica, 100);                        // not seen by the first
  { const auto dropped = BeginWrite(shop.number); }  // rolled back: nothing to remember
  const ShopHead head = take_numbers(store(), 1000);
  EXPECT_EQ(head.revision, 5);
  EXPECT_EQ(head.next_member_no, 1121u);
  EXPECT_EQ(take_numbers(replica, 1).next_member_no, 1122u);
  EXPECT_EQ(BeginRead(shop.number)->head().revision, 6);
}

TEST_P(StoreContract, FailedTransactionCanOnlyBeDropped) {
  const domain::Shop shop = MakeShop();
  WriteSet rows;
  rows.requests = {{"r", std::string(32, 'h'), 2, 5, "answer"}};
  Write(shop.number, rows);

  auto transaction = BeginWrite(shop.number);
  rows.members = {MemberOf(1, "m")};
  EXPECT_EQ(ReasonOf(transaction->Apply(rows)), Reason::ALREADY_EXISTS);
  EXPECT_FALSE(transaction->Apply(WriteSet{}).ok());
  EXPECT_FALSE(transaction->Commit(ChangeCause::kFact).ok());
  transaction.reset();
  auto snapshot = BeginRead(shop.number);
  EXPECT_EQ(snapshot->head().revision, 2);
  EXPECT_THAT(Must(snapshot->ListMembers(0, 10, MemberParts::kAll)), IsEmpty());
}

TEST_P(StoreContract, CommitEndsTheTransaction) {
  const domain::Shop shop = MakeShop();
  auto transaction = BeginWrite(shop.number);
  ASSERT_TRUE(transaction->Commit(ChangeCause::kFact).ok());
  EXPECT_FALSE(transaction->Commit(ChangeCause::kFact).ok());
  EXPECT_FALSE(transaction->Apply(WriteSet{}).ok());
}

// T48: a reader sees one revision.
TEST_P(StoreContract, SnapshotStaysAtItsRevision) {
  const domain::Shop shop = MakeShop();
  WriteSet rows;
  rows.members = {MemberOf(1, "before")};
  Write(shop.number, rows);
  auto snapshot = BeginRead(shop.number);
  rows.members = {MemberOf(2, "after")};
  rows.shop = shop;
  rows.shop->name = "renamed";
  Write(shop.number, rows);
  EXPECT_EQ(snapshot->head().revision, 2);
  EXPECT_THAT(Must(snapshot->ListMembers(0, 10, MemberParts::kRow)), SizeIs(1));
  EXPECT_EQ(Must(snapshot->ReadDefinitions())->shop.name, shop.name);
  EXPECT_THAT(Must(BeginRead(shop.number)->ListMembers(0, 10, MemberParts::kRow)), SizeIs(2));
}

TEST_P(StoreContract, ReadersDoNotSeeWhatIsNotCommitted) {
  const domain::Shop shop = MakeShop();
  auto transaction = BeginWrite(shop.number);
  WriteSet rows;
  rows.members = {MemberOf(1, "m")};
  ASSERT_TRUE(transaction->Apply(rows).ok());
  auto snapshot = BeginRead(shop.number);
  EXPECT_EQ(snapshot->head().revision, 1);
  EXPECT_THAT(Must(snapshot->ListMembers(0, 10, MemberParts::kRow)), IsEmpty());
}

TEST_P(StoreContract, WritersOfOneShopComeOneAfterTheOther) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 25;
  const domain::Shop shop = MakeShop();
  std::atomic<int> inside{0};
  std::atomic<bool> overlapped{false};
  std::atomic<int> failed{0};
  const auto work = [&](int thread) {
    for (int i = 0; i < kWrites; ++i) {
      auto transaction = store().BeginWrite(shop.number, absl::Now() + absl::Seconds(60));
      if (!transaction.ok()) {
        ++failed;
        continue;
      }
      if (inside.fetch_add(1) != 0) overlapped = true;
      WriteSet rows;
      rows.head = (*transaction)->head();
      const domain::MemberNo number = rows.head->next_member_no++;
      rows.members = {MemberOf(number, base::StrCat("m", thread, "-", i))};
      if (!(*transaction)->Apply(rows).ok()) ++failed;
      inside.fetch_sub(1);
      if (!(*transaction)->Commit(ChangeCause::kFact).ok()) ++failed;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(overlapped);
  EXPECT_EQ(failed, 0);
  auto snapshot = BeginRead(shop.number);
  EXPECT_EQ(snapshot->head().revision, 1 + kThreads * kWrites);
  EXPECT_EQ(snapshot->head().next_member_no, 1u + kThreads * kWrites);
  EXPECT_THAT(Must(snapshot->ListMembers(0, 1000, MemberParts::kRow)), SizeIs(kThreads * kWrites));
}

TEST_P(StoreContract, WritersOfDifferentShopsDoNotWaitForEachOther) {
  const domain::Shop a = MakeShop();
  const domain::Shop b = MakeShop();
  auto first = BeginWrite(a.number);
  auto second = BeginWrite(b.number);
  EXPECT_TRUE(second->Commit(ChangeCause::kFact).ok());
  EXPECT_TRUE(first->Commit(ChangeCause::kFact).ok());
}

TEST_P(StoreContract, ShopsDoNotSeeEachOthersRows) {
  const domain::Shop a = MakeShop();
  const domain::Shop b = MakeShop();
  WriteSet rows;
  domain::Member member = MemberOf(1, "same id");
  rows.members = {member};
  rows.identities = {{1, {1, domain::IdentityKind::kPhone, "+8613800000000", 5}}};
  rows.orders = {{OrderOf(1, 1, "same order"), true, std::nullopt}};
  rows.requests = {{"same request", std::string(32, 'h'), 2, 5, "answer"}};
  Write(a.number, rows);
  auto other = BeginRead(b.number);
  const std::string ids[] = {"same id"};
  EXPECT_THAT(Must(other->ReadMembersById(ids, MemberParts::kAll)), IsEmpty());
  const domain::IdentityKey keys[] = {{domain::IdentityKind::kPhone, "+8613800000000"}};
  EXPECT_THAT(Must(other->ReadIdentityOwners(keys)), IsEmpty());
  Write(b.number, rows);  // no key is taken
  EXPECT_THAT(Must(BeginRead(b.number)->ReadIdentityOwners(keys)), SizeIs(1));
}

TEST_P(StoreContract, ShopRowIsRewrittenButKeepsItsId) {
  const domain::Shop shop = MakeShop();
  WriteSet rows;
  rows.shop = shop;
  rows.shop->id = "ignored";
  rows.shop->name = "新名字";
  rows.shop->time_zone = "Asia/Tokyo";
  rows.shop->currency = "USD";
  rows.shop->stamp = StampOf(9);
  rows.policy = domain::MetricPolicy{};
  rows.policy->revision = 2;
  rows.policy->order_date = domain::OrderDate::kCreated;
  rows.policy->count_wholly_refunded = true;
  rows.policy->platform_discounts_count_as_paid = false;
  Write(shop.number, rows);
  const auto definitions = Definitions(shop.number);
  domain::Shop want = *rows.shop;
  want.id = shop.id;
  EXPECT_EQ(TextOf(definitions->shop), TextOf(want));
  EXPECT_EQ(definitions->policy.revision, 2);
  EXPECT_EQ(definitions->policy.order_date, domain::OrderDate::kCreated);
  EXPECT_TRUE(definitions->policy.count_wholly_refunded);
  EXPECT_FALSE(definitions->policy.platform_discounts_count_as_paid);
}

TEST_P(StoreContract, DeletedShopIsHiddenAndPurgedInParts) {
  const domain::Shop shop = MakeShop();
  WriteSet rows;
  for (domain::MemberNo no = 1; no <= 20; ++no) {
    rows.members.push_back(MemberOf(no, base::StrCat("m", no)));
    rows.orders.push_back({OrderOf(no, no, base::StrCat("o", no)), true, std::nullopt});
  }
  Write(shop.number, rows);
  EXPECT_EQ(ReasonOf(store().PurgeShop(shop.number, 10).status()), Reason::SHOP_NOT_EMPTY);
  WriteSet deletion;
  deletion.shop = shop;
  deletion.shop->deleted = true;
  Write(shop.number, deletion);
  EXPECT_FALSE(Must(store().ReadShop(shop.id)).has_value());
  int calls = 1;
  while (!Must(store().PurgeShop(shop.number, 10))) ++calls;
  EXPECT_GT(calls, 2);
  EXPECT_TRUE(Must(store().PurgeShop(shop.number, 10)));
  EXPECT_EQ(ReasonOf(store().BeginRead(shop.number, absl::InfiniteFuture()).status()),
            Reason::SHOP_NOT_FOUND);
  // T68: a tombstone stays, so neither the id nor the number is given to another shop.
  NewShop again = NewShopOf(shop.id);
  again.request_id = "again";
  EXPECT_EQ(ReasonOf(store().CreateShop(again).status()), Reason::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(store().CreateShop(NewShopOf(shop.id)).status()), Reason::ALREADY_EXISTS);
  EXPECT_FALSE(Must(store().ReadShop(shop.id)).has_value());
  int tombstones = 0;
  for (const domain::Shop& row : Must(store().ListShops())) {
    tombstones += row.number == shop.number && row.deleted ? 1 : 0;
  }
  EXPECT_EQ(tombstones, 1);
  EXPECT_GT(MakeShop().number, shop.number);
}

TEST_P(StoreContract, WriteBeyondTheChangeLogsLimitIsRefusedWhole) {
  const domain::Shop shop = MakeShop();
  WriteSet rows;
  rows.members = {MemberOf(1, "m")};
  const std::vector<domain::Value> values(100, std::string(1024, 'x'));
  for (domain::AttributeNo no = 1000; no < 1200; ++no) {  // 20 MB of texts
    rows.attributes.push_back({1, no, {}, {}, false, values});
  }
  EXPECT_EQ(ReasonOf(TryWrite(shop.number, rows)), Reason::BATCH_TOO_LARGE);
  // Longer than a row of the log, as a chunk of an import may be.
  rows.members.clear();
  rows.attributes.clear();
  for (domain::MemberNo no = 1; no <= 6000; ++no) {
    rows.members.push_back(MemberOf(no, base::StrCat(std::string(50, 'x'), no)));
  }
  EXPECT_EQ(Write(shop.number, rows), 2);
  EXPECT_EQ(Must(BeginRead(shop.number)->ListMembers(5999, 9, MemberParts::kRow)).size(), 1u);
}

}  // namespace
}  // namespace segmentation::storage
