// The change log: an entry a revision, in commit order, with after-images; personal values only in
// the table beside it (design D2).
#include <limits>

#include "segmentation/internal/change_log.pb.h"
#include "server/base/strings.h"
#include "server/storage/mysql/change_log.h"
#include "tests/storage/store_fixture.h"

namespace segmentation::storage::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class ChangeLogTest : public ::testing::Test {
 protected:
  ChangeLogTest() : connection_(Must(Connection::Open(SharedMysqlOptions()))) {
    static int number = 0;
    shop_ = Must(SharedMysqlStore().CreateShop(
        testing_support::NewShopOf(base::StrCat("logged-", number++))));
  }

  domain::Revision Write(const WriteSet& rows, ChangeCause cause) {
    auto transaction = Must(SharedMysqlStore().BeginWrite(shop_.number, absl::InfiniteFuture()));
    EXPECT_TRUE(transaction->Apply(rows).ok());
    const domain::Revision revision = transaction->head().revision;
    EXPECT_TRUE(transaction->Commit(cause).ok());
    return revision;
  }
  internal::ChangeLogEntry Entry(domain::Revision revision) {
    const ResultSet rows = Must(connection_->Query(
        "SELECT payload FROM change_log WHERE shop_no=? AND revision=?", {shop_.number, revision}));
    internal::ChangeLogEntry entry;
    EXPECT_EQ(rows.row_count(), 1u);
    if (!rows.empty()) {
      std::string bytes(rows[0].Text(0));
      for (const ResultSet::Row part : Parts(revision)) bytes += part.Text(1);
      EXPECT_TRUE(entry.ParseFromString(bytes));
    }
    return entry;
  }
  // What follows the row of change_log: part and payload.
  ResultSet Parts(domain::Revision revision) {
    return Must(
        connection_->Query("SELECT part, payload FROM change_log_part WHERE shop_no=? AND "
                           "revision=? ORDER BY part",
                           {shop_.number, revision}));
  }
  internal::PrivateChange Private(domain::Revision revision, domain::MemberNo member_no) {
    const ResultSet rows = Must(connection_->Query(
        "SELECT payload FROM change_log_private WHERE shop_no=? AND member_no=? AND revision=?",
        {shop_.number, member_no, revision}));
    internal::PrivateChange change;
    EXPECT_EQ(rows.row_count(), 1u);
    if (!rows.empty()) {
      EXPECT_TRUE(change.ParseFromString(std::string(rows[0].Text(0))));
    }
    return change;
  }

  std::unique_ptr<Connection> connection_;
  domain::Shop shop_;
};

TEST_F(ChangeLogTest, EveryRevisionHasOneRowWithItsCauseAndTheDatabasesTime) {
  WriteSet rows;
  rows.members = {MemberOf(1, "m")};
  Write(rows, ChangeCause::kImport);
  Write(rows, ChangeCause::kFact);
  { auto dropped = Must(SharedMysqlStore().BeginWrite(shop_.number, absl::InfiniteFuture())); }
  Write(rows, ChangeCause::kPolicy);
  const ResultSet log = Must(connection_->Query(
      "SELECT revision, cause, ABS(committed_at_ms - UNIX_TIMESTAMP()*1000) < 600000 "
      "FROM change_log WHERE shop_no=? ORDER BY revision",
      {shop_.number}));
  std::vector<std::pair<int64_t, int64_t>> got;
  for (const ResultSet::Row row : log) {
    got.emplace_back(row.Int64(0), row.Int64(1));
    EXPECT_EQ(row.Int64(2), 1);
  }
  using Row = std::pair<int64_t, int64_t>;
  EXPECT_THAT(got, ElementsAre(Row(1, 3), Row(2, 7), Row(3, 1), Row(4, 4)));
  EXPECT_EQ(Entry(2).cause(), internal::CHANGE_CAUSE_IMPORT);
  EXPECT_EQ(Entry(2).format_version(), 1);
  EXPECT_TRUE(Entry(1).definitions_changed());
  EXPECT_FALSE(Entry(2).definitions_changed());
}

TEST_F(ChangeLogTest, MembersAndTagsAreLoggedWithoutPersonalValues) {
  WriteSet rows;
  domain::Member member = MemberOf(7, std::string("m\0\xff", 3));
  member.blocked = true;
  rows.members = {member};
  rows.identities = {{7, {1, domain::IdentityKind::kPhone, "+8613812345678", 5}}};
  rows.deleted_identities = {{8, 3}};
  MemberAttributeRow city{7, domain::kAttributeCity, {}, {}, false, {std::string("杭州")}};
  MemberAttributeRow days{7,  1010,  {},
                          {}, false, {int64_t{-1}, std::numeric_limits<int64_t>::max()}};
  MemberAttributeRow gone{7, 1011, {}, {}, false, {}};
  MemberAttributeRow name{7, domain::kAttributeName, {}, {}, true, {std::string("王小明")}};
  rows.attributes = {city, days, gone, name};
  rows.consents = {{7, {domain::Channel::kApp, domain::ConsentState::kOptedOut, 9, "secret form"}}};
  domain::TagAssignment tag;
  tag.tag_no = 4;
  tag.source = domain::TagSource::kRule;
  tag.assigned_at_ms = 11;
  tag.expires_at_ms = 12;
  tag.number = -13;
  rows.tag_assignments = {{7, tag}};
  rows.deleted_tag_assignments = {{7, 5}};
  const domain::Revision revision = Write(rows, ChangeCause::kFact);

  const internal::ChangeLogEntry entry = Entry(revision);
  ASSERT_EQ(entry.members_size(), 1);
  EXPECT_EQ(entry.members(0).member_no(), 7u);
  EXPECT_EQ(entry.members(0).member_id(), member.id);
  EXPECT_TRUE(entry.members(0).blocked());
  EXPECT_EQ(entry.members(0).created_at_ms(), member.stamp.created_at_ms);
  ASSERT_EQ(entry.attributes_size(), 3);
  EXPECT_EQ(entry.attributes(0).texts(0), "杭州");
  EXPECT_THAT(entry.attributes(1).numbers(), ElementsAre(-1, std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(entry.attributes(2).attribute_no(), 1011u);
  EXPECT_EQ(entry.attributes(2).numbers_size() + entry.attributes(2).texts_size(), 0);
  ASSERT_EQ(entry.consents_size(), 1);
  EXPECT_EQ(entry.consents(0).state(), 2);
  ASSERT_EQ(entry.tags_size(), 2);
  EXPECT_TRUE(entry.tags(0).removed());
  EXPECT_EQ(entry.tags(0).tag_no(), 5u);
  EXPECT_EQ(entry.tags(1).source(), 4);
  EXPECT_EQ(entry.tags(1).expires_at_ms(), 12);
  EXPECT_EQ(entry.tags(1).number(), -13);
  EXPECT_THAT(entry.private_member_nos(), ElementsAre(7, 8));
  const std::string bytes = entry.SerializeAsString();
  for (const char* secret : {"王小明", "13812345678", "secret form"}) {
    EXPECT_EQ(bytes.find(secret), std::string::npos) << secret;
  }

  const internal::PrivateChange change = Private(revision, 7);
  EXPECT_EQ(change.format_version(), 1);
  ASSERT_EQ(change.identities_size(), 1);
  EXPECT_EQ(change.identities(0).value(), "+8613812345678");
  ASSERT_EQ(change.attributes_size(), 1);
  EXPECT_EQ(change.attributes(0).texts(0), "王小明");
  EXPECT_THAT(Private(revision, 8).removed_identity_nos(), ElementsAre(3));
}

TEST_F(ChangeLogTest, OrdersAreLoggedWholeWithNumbersAndWithoutTitles) {
  WriteSet rows;
  rows.members = {MemberOf(1, "a"), MemberOf(2, "b")};
  rows.orders = {{OrderOf(1, 5, "o5"), true, std::nullopt}};
  Write(rows, ChangeCause::kFact);
  rows = {};
  rows.orders = {{OrderOf(2, 5, "o5"), false, 1}};
  domain::Product product;
  product.number = 9;
  product.id = "p9";
  rows.products = {product};
  const internal::ChangeLogEntry entry = Entry(Write(rows, ChangeCause::kFact));
  ASSERT_EQ(entry.orders_size(), 1);
  const internal::OrderImage& image = entry.orders(0);
  const domain::Order& order = rows.orders[0].order;
  EXPECT_EQ(image.member_no(), 2u);
  EXPECT_EQ(image.moved_from_member_no(), 1u);
  EXPECT_EQ(image.order_no(), 5u);
  EXPECT_EQ(image.order_day(), order.measure.order_day);
  EXPECT_EQ(image.counted_until_ms(), domain::kNever);
  EXPECT_EQ(image.paid_at_ms(), *order.paid_at);
  ASSERT_THAT(image.lines(), SizeIs(2));
  EXPECT_EQ(image.lines(0).paid_minor(), 12345);
  EXPECT_TRUE(image.lines(1).is_gift());
  ASSERT_THAT(image.refunds(), SizeIs(2));  // the parts of the one refund that takes money
  EXPECT_EQ(image.refunds(0).amount_minor(), 400);
  EXPECT_EQ(image.refunds(1).line_no(), 2u);
  EXPECT_THAT(entry.product_nos(), ElementsAre(9));
  const std::string bytes = entry.SerializeAsString();
  for (const char* text : {"蕾丝", "西湖区", "好评"}) {
    EXPECT_EQ(bytes.find(text), std::string::npos) << text;
  }
}

// Design D2: no row of the log is longer than 256 KiB.
TEST_F(ChangeLogTest, LongEntryGoesOnInPartsOfItsRevision) {
  WriteSet rows;
  for (domain::MemberNo no = 1; no <= 9000; ++no) {
    rows.members.push_back(MemberOf(no, base::StrCat(std::string(50, 'x'), no)));
  }
  const domain::Revision revision = Write(rows, ChangeCause::kImport);
  const ResultSet parts = Parts(revision);
  ASSERT_GE(parts.row_count(), 2u);
  for (size_t i = 0; i < parts.row_count(); ++i) {
    EXPECT_EQ(parts[i].Int64(0), static_cast<int64_t>(i) + 1);
    EXPECT_LE(parts[i].Text(1).size(), kMaxChangeLogRowBytes);
    EXPECT_GT(parts[i].Text(1).size(), 0u);
  }
  const internal::ChangeLogEntry entry = Entry(revision);
  EXPECT_EQ(entry.cause(), internal::CHANGE_CAUSE_IMPORT);
  ASSERT_EQ(entry.members_size(), 9000);
  for (int i = 0; i < entry.members_size(); ++i) {
    ASSERT_EQ(entry.members(i).member_id(), rows.members[static_cast<size_t>(i)].id);
  }
  // The next entry is short again.
  rows.members.resize(1);
  const domain::Revision next = Write(rows, ChangeCause::kFact);
  EXPECT_EQ(Parts(next).row_count(), 0u);
  // The parts go with their entry.
  ASSERT_TRUE(connection_
                  ->Execute("UPDATE change_log SET committed_at_ms=1 WHERE shop_no=? AND "
                            "revision=?",
                            {shop_.number, revision})
                  .ok());
  ASSERT_TRUE(connection_
                  ->Execute("UPDATE change_log SET committed_at_ms=0 WHERE shop_no=? AND "
                            "revision<?",
                            {shop_.number, revision})
                  .ok());
  EXPECT_GT(Must(SharedMysqlStore().TrimChangeLog(shop_.number, 2, 100)), 0);
  EXPECT_EQ(Parts(revision).row_count(), 0u);
}

// Personal after-images go with their entries, whatever the limit cuts; what is young stays.
TEST_F(ChangeLogTest, OldEntriesGoWithTheirPersonalRows) {
  for (domain::MemberNo no = 1; no <= 4; ++no) {  // revisions 2 to 5, two personal rows each
    WriteSet rows;
    rows.members = {MemberOf(2 * no, base::StrCat("m", no)),
                    MemberOf(2 * no + 1, "n" + std::to_string(no))};
    rows.attributes = {{2 * no, domain::kAttributeName, {}, {}, true, {std::string("王小明")}},
                       {2 * no + 1, domain::kAttributeName, {}, {}, true, {std::string("李雷")}}};
    Write(rows, ChangeCause::kFact);
  }
  ASSERT_TRUE(connection_
                  ->Execute("UPDATE change_log SET committed_at_ms=revision WHERE shop_no=? AND "
                            "revision<=4",
                            {shop_.number})
                  .ok());
  const auto left = [&](const char* table) {
    std::vector<int64_t> revisions;
    for (const ResultSet::Row row : Must(connection_->Query(
             base::StrCat("SELECT revision FROM ", table, " WHERE shop_no=? ORDER BY revision"),
             {shop_.number}))) {
      revisions.push_back(row.Int64(0));
    }
    return revisions;
  };
  auto& store = SharedMysqlStore();
  EXPECT_EQ(Must(store.TrimChangeLog(shop_.number, 3, 100)), 4);  // 3 itself stays
  EXPECT_THAT(left("change_log"), ElementsAre(3, 4, 5));
  EXPECT_THAT(left("change_log_private"), ElementsAre(3, 3, 4, 4, 5, 5));
  EXPECT_EQ(Must(store.TrimChangeLog(shop_.number, 1000, 3)), 3);
  EXPECT_THAT(left("change_log"), ElementsAre(3, 4, 5)) << "the personal rows go first";
  EXPECT_EQ(Must(store.TrimChangeLog(shop_.number, 1000, 3)), 3);
  EXPECT_EQ(Must(store.TrimChangeLog(shop_.number, 1000, 3)), 0);
  EXPECT_THAT(left("change_log"), ElementsAre(5));
  EXPECT_THAT(left("change_log_private"), ElementsAre(5, 5));
}

TEST_F(ChangeLogTest, DefinitionsGroupsAndTicksAreNamed) {
  WriteSet rows;
  domain::Group group;
  group.number = 3;
  group.id = "g";
  group.group_revision = 2;
  rows.groups = {group};
  rows.deleted_groups = {4};
  const internal::ChangeLogEntry entry = Entry(Write(rows, ChangeCause::kDefinition));
  EXPECT_TRUE(entry.definitions_changed());
  ASSERT_EQ(entry.groups_size(), 2);
  EXPECT_TRUE(entry.groups(0).deleted());
  EXPECT_EQ(entry.groups(1).group_revision(), 2);
  EXPECT_EQ(entry.tick_at_ms(), 0);

  WriteSet tick;
  tick.head = Must(SharedMysqlStore().BeginRead(shop_.number, absl::InfiniteFuture()))->head();
  tick.head->tick_at_ms = 1234;
  const domain::Revision ticked = Write(tick, ChangeCause::kTime);
  EXPECT_EQ(Entry(ticked).tick_at_ms(), 1234);
  EXPECT_FALSE(Entry(ticked).definitions_changed());
}

}  // namespace
}  // namespace segmentation::storage::mysql
