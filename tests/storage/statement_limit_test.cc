// T72: at the deadline the server itself stops a query, and the next user of the connection has all
// the time there is.
#include "server/base/strings.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/parser.h"
#include "server/storage/mysql/connection_pool.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/sql_error.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/shop_generator.h"

namespace segmentation::storage::mysql {
namespace {

using base::Reason;

// Hours of work: every four members of a shop of 400.
constexpr std::string_view kEndless =
    "SELECT COUNT(*) FROM member AS a JOIN member AS b ON b.member_no<>a.member_no "
    "JOIN member AS c ON c.member_no<>b.member_no JOIN member AS d ON d.member_no<>c.member_no "
    "JOIN member AS e ON e.member_no<>d.member_no WHERE a.shop_no=?";

class StatementLimitTest : public ::testing::Test {
 protected:
  StatementLimitTest()
      : generated_(testing_support::GenerateShop({.seed = 5, .member_count = 400})) {
    static int number = 0;
    shop_ = Must(testing_support::FillStore(SharedMysqlStore(), base::StrCat("limited-", number++),
                                            generated_));
  }

  ConnectionPool::Lease Take() { return Must(pool_.Acquire(absl::InfiniteFuture())); }
  static std::string Limits(Connection& connection) {
    return std::string(
        Must(connection.Query(connection.server_version().kind == ServerKind::kMariaDb
                                  ? "SELECT CAST(@@SESSION.max_statement_time AS CHAR)"
                                  : "SELECT CAST(@@SESSION.max_execution_time AS CHAR)"))[0]
            .Text(0));
  }

  const testing_support::GeneratedShop generated_;
  domain::Shop shop_;
  ConnectionPool pool_{{.connection = SharedMysqlOptions(), .max_connections = 1}};
};

TEST_F(StatementLimitTest, LongQueryEndsAtTheDeadlineAndLeavesNoLimit) {
  std::string free;
  int64_t id = 0;
  {
    const ConnectionPool::Lease lease = Take();
    free = Limits(*lease);
    id = lease->server_session_id();
    ASSERT_TRUE(lease->BeginSnapshot().ok());
    const absl::Time begin = absl::Now();
    ShopSession session(*lease, shop_.number, "", begin + absl::Milliseconds(500),
                        ShopSession::Kind::kSnapshot);
    const Params params = {shop_.number};
    const auto rows = session.QueryLong(kEndless, params);
    EXPECT_EQ(ReasonOf(rows.status()), Reason::DEADLINE_PASSED) << rows.status();
    EXPECT_TRUE(MysqlErrorNumber(rows.status()).has_value()) << "the server stopped it";
    EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
    EXPECT_FALSE(lease->broken());
  }
  const ConnectionPool::Lease lease = Take();
  EXPECT_EQ(lease->server_session_id(), id) << "the connection is as good as before";
  EXPECT_EQ(Limits(*lease), free);
  EXPECT_EQ(
      Must(lease->Query("SELECT COUNT(*) FROM member WHERE shop_no=?", {shop_.number}))[0].Int64(0),
      400);
}

TEST_F(StatementLimitTest, LimitHoldsWithinItsSnapshotAlone) {
  {
    const ConnectionPool::Lease lease = Take();
    const std::string free = Limits(*lease);
    ASSERT_TRUE(lease->BeginSnapshot().ok());
    ShopSession session(*lease, shop_.number, "", absl::Now() + absl::Seconds(20),
                        ShopSession::Kind::kSnapshot);
    const Params params = {shop_.number};
    ASSERT_TRUE(session.QueryLong("SELECT COUNT(*) FROM member WHERE shop_no=?", params).ok());
    EXPECT_NE(Limits(*lease), free);
    ASSERT_TRUE(lease->Rollback().ok());
    ASSERT_TRUE(lease->ClearStatementLimit().ok());
    EXPECT_EQ(Limits(*lease), free);
    // A writer's statements are never stopped: its COMMIT could be.
    ASSERT_TRUE(lease->Begin().ok());
    ShopSession writer(*lease, shop_.number, "", absl::Now() + absl::Seconds(20));
    ASSERT_TRUE(writer.QueryLong("SELECT COUNT(*) FROM member WHERE shop_no=?", params).ok());
    EXPECT_EQ(Limits(*lease), free);
  }
  // Without a deadline a query ends before the driver gives up waiting for it (60 s).
  const ConnectionPool::Lease lease = Take();
  ASSERT_TRUE(lease->LimitStatements(absl::InfiniteDuration()).ok());
  EXPECT_EQ(Limits(*lease).substr(0, 2), "54");
}

// The whole way: a condition of many parts, none of which any member meets.
TEST_F(StatementLimitTest, HeavyConditionEndsAtTheDeadline) {
  const auto definitions = Must(
      Must(SharedMysqlStore().BeginRead(shop_.number, absl::InfiniteFuture()))->ReadDefinitions());
  domain::condition::BoundOr any;
  for (int i = 0; i < 800; ++i) {
    const std::string text =
        base::StrCat("products_purchased MATCHES (title CONTAINS 'no such ", i, "')");
    any.children.push_back(
        Must(domain::condition::Bind(Must(domain::condition::Parse(text)), *definitions)));
  }
  const domain::condition::BoundNode condition{std::move(any)};
  ConditionQuery query;
  query.condition = &condition;
  query.definitions = definitions.get();
  query.as_of_ms = generated_.as_ofs.front();
  const absl::Time begin = absl::Now();
  const auto snapshot =
      Must(SharedMysqlStore().BeginRead(shop_.number, begin + absl::Milliseconds(500)));
  EXPECT_EQ(ReasonOf(snapshot->CountMatching(query).status()), Reason::DEADLINE_PASSED);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
  const auto again = Must(SharedMysqlStore().BeginRead(shop_.number, absl::InfiniteFuture()));
  EXPECT_EQ(Must(again->ReadShopTotals(query.as_of_ms)).member_count, 400);
}

}  // namespace
}  // namespace segmentation::storage::mysql
