// The storage contract: request rows, unknown commits, imports, operations and API tokens.
#include <limits>

#include "server/base/strings.h"
#include "tests/storage/store_fixture.h"

namespace segmentation::storage {
namespace {

using base::Reason;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using testing_support::ModelStore;
using testing_support::TextOf;
using testing_support::TextsOf;

class LogContract : public StoreTest {
 protected:
  LogContract() : shop_(MakeShop()) {}
  const domain::Shop shop_;
};

INSTANTIATE_TEST_SUITE_P(Stores, LogContract, ::testing::Values(Backend::kModel, Backend::kMysql),
                         BackendName);

RequestRow RequestOf(const std::string& id, int64_t created_at_ms) {
  return {id, std::string("hash\0of 32 bytes, as a SHA-256 is", 32), 2, created_at_ms,
          std::string("answer \0\xff", 9)};
}

TEST_P(LogContract, RequestRowsAnswerByIdByteForByte) {
  WriteSet rows;
  rows.requests = {RequestOf("r1", 1), RequestOf("R1", 2), RequestOf("r1 ", 3)};
  rows.requests[2].answer = std::string(64 * 1024, '\xfe');
  Write(shop_.number, rows);
  const std::string ids[] = {"r1", "r1 ", "nobody", "r1"};
  EXPECT_THAT(TextsOf(Must(BeginRead(shop_.number)->ReadRequests(ids))),
              UnorderedElementsAre(TextOf(rows.requests[0]), TextOf(rows.requests[2])));
  WriteSet again;
  again.requests = {RequestOf("r1", 9)};
  EXPECT_EQ(ReasonOf(TryWrite(shop_.number, again)), Reason::ALREADY_EXISTS);
}

TEST_P(LogContract, OldRequestRowsAreTrimmedOldestFirst) {
  WriteSet rows;
  for (int i = 1; i <= 6; ++i) rows.requests.push_back(RequestOf(base::StrCat("r", i), 10 * i));
  Write(shop_.number, rows);
  const auto left = [&] {
    const std::vector<std::string> ids = {"r1", "r2", "r3", "r4", "r5", "r6"};
    std::vector<std::string> found;
    for (const auto& row : Must(BeginRead(shop_.number)->ReadRequests(ids))) {
      found.push_back(row.request_id);
    }
    return found;
  };
  EXPECT_EQ(Must(store().TrimRequestLog(shop_.number, 50, 3)), 3);
  EXPECT_THAT(left(), UnorderedElementsAre("r4", "r5", "r6"));
  EXPECT_EQ(Must(store().TrimRequestLog(shop_.number, 50, 3)), 1);  // 50 itself stays
  EXPECT_EQ(Must(store().TrimRequestLog(shop_.number, 50, 3)), 0);
  EXPECT_THAT(left(), UnorderedElementsAre("r5", "r6"));
}

// Design D2: entries are kept for a while and then trimmed, oldest first.
TEST_P(LogContract, OldChangesAreTrimmedOldestFirst) {
  WriteSet rows;
  for (domain::MemberNo no = 1; no <= 5; ++no) {
    rows.members = {MemberOf(no, base::StrCat("m", no))};
    Write(shop_.number, rows);
  }
  const int64_t now_ms = absl::ToUnixMillis(absl::Now());
  constexpr int64_t kHour = 3'600'000;
  EXPECT_EQ(Must(store().TrimChangeLog(shop_.number, now_ms - kHour, 100)), 0);
  EXPECT_EQ(Must(store().TrimChangeLog(shop_.number, now_ms + kHour, 4)), 4);
  EXPECT_EQ(Must(store().TrimChangeLog(shop_.number, now_ms + kHour, 4)), 2);  // one made the shop
  EXPECT_EQ(Must(store().TrimChangeLog(shop_.number, now_ms + kHour, 4)), 0);
  // The shop goes on as if nothing had been there.
  rows.members = {MemberOf(6, "m6")};
  EXPECT_EQ(Write(shop_.number, rows), 7);
}

// Design D2: who follows a shop reads again what each revision names.
TEST_P(LogContract, ChangesNameTheMembersTheyTouch) {
  WriteSet rows;
  rows.members = {MemberOf(3, "m3"), MemberOf(1, "m1"), MemberOf(2, "m2")};
  rows.identities = {{1, {1, domain::IdentityKind::kOuid, "buyer", 5}}};
  const domain::Revision made = Write(shop_.number, rows);
  rows = {};
  rows.deleted_identities = {{1, 1}};
  rows.consents = {{2, {domain::Channel::kSms, domain::ConsentState::kOptedOut, 7}}};
  Write(shop_.number, rows);
  rows = {};
  rows.orders = {{OrderOf(3, 1, "o1"), true, std::nullopt}};
  Write(shop_.number, rows);
  rows.orders = {{OrderOf(2, 1, "o1"), false, 3}};
  Write(shop_.number, rows);
  const auto snapshot = BeginRead(shop_.number);
  const std::vector<ChangeRow> changes = Must(snapshot->ListChanges(made - 1, 10));
  ASSERT_THAT(changes, SizeIs(4));
  for (size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].revision, made + static_cast<domain::Revision>(i));
    EXPECT_FALSE(changes[i].definitions_changed);
    EXPECT_GT(changes[i].committed_at_ms, 0);
  }
  EXPECT_THAT(changes[0].member_nos, ElementsAre(1, 2, 3));
  EXPECT_THAT(changes[1].member_nos, ElementsAre(1, 2));
  EXPECT_THAT(changes[2].member_nos, ElementsAre(3));
  EXPECT_THAT(changes[3].member_nos, ElementsAre(2, 3));
  EXPECT_THAT(Must(snapshot->ListChanges(made, 2)), SizeIs(2));
  EXPECT_THAT(Must(snapshot->ListChanges(made + 3, 10)), IsEmpty());
  EXPECT_TRUE(Must(snapshot->ListChanges(0, 1)).front().definitions_changed);  // made the shop
}

// What one transaction changed may be longer than one row of the log.
TEST_P(LogContract, LongChangesNameEveryMember) {
  WriteSet rows;
  for (domain::MemberNo no = 1; no <= 8'000; ++no) {
    rows.members.push_back(MemberOf(no, base::StrCat("a member with a rather long id ", no)));
  }
  const domain::Revision made = Write(shop_.number, rows);
  const std::vector<ChangeRow> changes = Must(BeginRead(shop_.number)->ListChanges(made - 1, 10));
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_THAT(changes[0].member_nos, SizeIs(8'000));
}

TEST_P(LogContract, RevisionsOfShopsAreReadTogether) {
  const domain::Shop other = MakeShop();
  WriteSet rows;
  rows.members = {MemberOf(1, "m1")};
  const domain::Revision moved = Write(other.number, rows);
  const domain::ShopNo asked[] = {other.number, shop_.number, 4'000'000'000u};
  std::map<domain::ShopNo, domain::Revision> found;
  for (const ShopRevision& one : Must(store().ReadRevisions(asked))) {
    found[one.shop_no] = one.revision;
  }
  EXPECT_EQ(found, (std::map<domain::ShopNo, domain::Revision>{{other.number, moved},
                                                               {shop_.number, moved - 1}}));
  EXPECT_THAT(Must(store().ReadRevisions({})), IsEmpty());
}

TEST_P(LogContract, ImportProgressIsRewritten) {
  ImportProgressRow progress{"import 一", ImportProgressRow::Kind::kProducts,
                             3,           std::numeric_limits<int64_t>::max(),
                             5,           6,
                             "answer",    7};
  WriteSet rows;
  rows.import_progress = {progress};
  Write(shop_.number, rows);
  auto read = [&](const char* id) { return Must(BeginRead(shop_.number)->ReadImportProgress(id)); };
  ASSERT_TRUE(read("import 一").has_value());
  EXPECT_EQ(TextOf(*read("import 一")), TextOf(progress));
  EXPECT_FALSE(read("import 一 ").has_value());
  progress.last_sequence = 4;
  progress.last_answer = "";
  rows.import_progress = {progress};
  Write(shop_.number, rows);
  EXPECT_EQ(TextOf(*read("import 一")), TextOf(progress));
}

TEST_P(LogContract, OperationsAreRewrittenAndListedNewestFirst) {
  OperationRow operation;
  operation.kind = "tag_group";
  operation.arguments = std::string("\0args", 5);
  operation.cursor = "at 7";
  operation.done_count = 7;
  operation.total_count = 9;
  operation.lease_owner = "replica";
  operation.lease_until_ms = 1234;
  WriteSet rows;
  int created = 0;
  for (const char* id : {"b", "a", "c"}) {
    operation.id = id;
    operation.stamp = StampOf(5);
    operation.stamp.created_at_ms = 100 + (created++ == 0 ? 1 : 0);  // a and c at one instant
    rows.operations.push_back(operation);
  }
  Write(shop_.number, rows);
  const auto list = [&](const std::optional<OperationPlace>& after, int limit) {
    return TextsOf(Must(BeginRead(shop_.number)->ListOperations(after, limit)));
  };
  const std::vector<std::string> want = TextsOf(
      std::vector<OperationRow>{rows.operations[0], rows.operations[2], rows.operations[1]});
  EXPECT_EQ(list(std::nullopt, 10), want);
  EXPECT_THAT(list(std::nullopt, 1), ElementsAre(want[0]));
  EXPECT_THAT(list(OperationPlace{101, "b"}, 10), ElementsAre(want[1], want[2]));
  EXPECT_THAT(list(OperationPlace{100, "c"}, 10), ElementsAre(want[2]));
  EXPECT_THAT(list(OperationPlace{100, "b"}, 10), ElementsAre(want[2]));  // one that is gone
  EXPECT_THAT(list(OperationPlace{100, "a"}, 10), IsEmpty());
  OperationRow done = rows.operations[1];
  done.state = OperationRow::State::kFailed;
  done.cancel_requested = true;
  done.error_reason = "INTERNAL";
  done.error_message = "why";
  done.finished_at_ms = 99;
  rows.operations = {done};
  Write(shop_.number, rows);
  const auto read = Must(BeginRead(shop_.number)->ReadOperation("a"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(TextOf(*read), TextOf(done));
  EXPECT_FALSE(Must(BeginRead(shop_.number)->ReadOperation("A")).has_value());
}

TEST_P(LogContract, TokensAreFoundByHashAndRevokedOnce) {
  ApiTokenRow token;
  token.id = FreshId("token");
  token.secret_hash = std::string(31, '\xff') + FreshId("")[1];
  token.label = "收银台";
  token.role = 3;
  token.shop_ids = {"shop b", "shop a"};
  token.expires_at_ms = 77;
  token.created_at_ms = 5;
  token.created_by = "root";
  ASSERT_TRUE(store().InsertApiToken(token).ok());
  ApiTokenRow open = token;
  open.id = FreshId("token");
  open.secret_hash = std::string(31, '\0') + FreshId("")[1];
  open.all_shops = true;
  open.shop_ids.clear();
  open.expires_at_ms.reset();
  open.created_at_ms = 4;
  ASSERT_TRUE(store().InsertApiToken(open).ok());

  token.shop_ids = {"shop a", "shop b"};
  EXPECT_EQ(TextOf(*Must(store().ReadApiToken(token.secret_hash))), TextOf(token));
  EXPECT_FALSE(Must(store().ReadApiToken(std::string(32, 'x'))).has_value());
  std::vector<std::string> mine;
  for (const ApiTokenRow& row : Must(store().ListApiTokens())) {
    if (row.id == token.id || row.id == open.id) mine.push_back(TextOf(row));
  }
  EXPECT_THAT(mine, ElementsAre(TextOf(open), TextOf(token)));

  ApiTokenRow same_id = token;
  same_id.secret_hash = std::string(32, 'y');
  EXPECT_EQ(ReasonOf(store().InsertApiToken(same_id)), Reason::ALREADY_EXISTS);
  ApiTokenRow same_secret = token;
  same_secret.id = FreshId("token");
  EXPECT_EQ(ReasonOf(store().InsertApiToken(same_secret)), Reason::ALREADY_EXISTS);

  EXPECT_TRUE(Must(store().RevokeApiToken(token.id, 1000)));
  EXPECT_TRUE(Must(store().RevokeApiToken(token.id, 2000)));
  EXPECT_FALSE(Must(store().RevokeApiToken(FreshId("nobody"), 1000)));
  EXPECT_EQ(Must(store().ReadApiToken(token.secret_hash))->revoked_at_ms, 1000);
}

// What a writer does after an unknown COMMIT: the same batch again, its request row answers.
TEST_P(LogContract, RequestRowTellsARepeatedBatchThatItWasDone) {
  const auto run = [&]() -> std::string {
    auto transaction = BeginWrite(shop_.number);
    const std::string ids[] = {"request"};
    const auto done = Must(transaction->ReadRequests(ids));
    if (!done.empty()) return base::StrCat("done at ", done[0].revision);
    WriteSet rows;
    rows.members = {MemberOf(1, "m")};
    rows.requests = {RequestOf("request", 5)};
    rows.requests[0].revision = transaction->head().revision;
    EXPECT_TRUE(transaction->Apply(rows).ok());
    EXPECT_TRUE(transaction->Commit(ChangeCause::kFact).ok());
    return "written";
  };
  EXPECT_EQ(run(), "written");
  EXPECT_EQ(run(), "done at 2");
  EXPECT_EQ(BeginRead(shop_.number)->head().revision, 2);
}

// The model's own switches, which use-case tests rely on.
TEST(ModelStoreFaults, CommitsFailAsTold) {
  ModelStore store;
  const domain::Shop shop = Must(store.CreateShop(testing_support::NewShopOf("s")));
  const auto write = [&] {
    auto transaction = Must(store.BeginWrite(shop.number, absl::InfiniteFuture()));
    return ReasonOf(transaction->Commit(ChangeCause::kFact));
  };
  const auto revision = [&] {
    return Must(store.BeginRead(shop.number, absl::InfiniteFuture()))->head().revision;
  };
  store.FailCommits(ModelStore::CommitFault::kUnknownDone);
  EXPECT_EQ(write(), Reason::OUTCOME_UNKNOWN);
  EXPECT_EQ(revision(), 2);
  store.FailCommits(ModelStore::CommitFault::kUnknownNotDone, 2);
  EXPECT_EQ(write(), Reason::OUTCOME_UNKNOWN);
  EXPECT_EQ(write(), Reason::OUTCOME_UNKNOWN);
  EXPECT_EQ(revision(), 2);
  store.FailCommits(ModelStore::CommitFault::kConflict);
  EXPECT_EQ(write(), Reason::WRITE_CONFLICT);
  EXPECT_EQ(write(), kNoReason);
  EXPECT_EQ(revision(), 3);
  EXPECT_EQ(store.commit_count(), 2);
  store.SetUnavailable(true);
  EXPECT_EQ(ReasonOf(store.Check()), Reason::DATABASE_UNAVAILABLE);
  EXPECT_EQ(ReasonOf(store.BeginRead(shop.number, absl::InfiniteFuture()).status()),
            Reason::DATABASE_UNAVAILABLE);
  store.SetUnavailable(false);
  EXPECT_EQ(revision(), 3);
}

}  // namespace
}  // namespace segmentation::storage
