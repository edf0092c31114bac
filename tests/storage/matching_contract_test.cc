// The storage contract: conditions over live members, the same answer in every way of asking.
#include <algorithm>

#include "server/base/strings.h"
#include "tests/storage/store_fixture.h"

namespace segmentation::storage {
namespace {

using domain::MemberNo;
using domain::condition::BoundAttribute;
using domain::condition::BoundIdentity;
using domain::condition::BoundNode;
using domain::condition::BoundNot;
using domain::condition::TextSet;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

class MatchingContract : public StoreTest {
 protected:
  MatchingContract() : shop_(MakeShop()) {
    WriteSet rows;
    for (MemberNo no = 1; no <= 600; ++no) {
      rows.members.push_back(MemberOf(no, base::StrCat("m", no)));
      if (no % 3 == 0) {
        rows.identities.emplace_back(
            no, domain::Identity{1, domain::IdentityKind::kPhone, base::StrCat("+86", no), 1});
      }
      if (no % 2 == 0) {
        MemberAttributeRow row;
        row.member_no = no;
        row.attribute_no = domain::kAttributeCity;
        row.folding = domain::TextFolding::kNfkcCase;
        row.values = {std::string("ＸＩＡＮ")};
        rows.attributes.push_back(row);
      }
    }
    Write(shop_.number, rows);
    definitions_ = Definitions(shop_.number);
  }

  static BoundNode HasPhone() { return {BoundIdentity{domain::IdentityKind::kPhone}}; }
  static BoundNode Not(BoundNode node) {
    BoundNot negation;
    negation.child.push_back(std::move(node));
    return {std::move(negation)};
  }
  static BoundNode CityIs(const std::string& folded) {
    BoundAttribute leaf;
    leaf.attribute.number = domain::kAttributeCity;
    leaf.attribute.folding = domain::TextFolding::kNfkcCase;
    leaf.predicate.test = TextSet{{folded}};
    return {std::move(leaf)};
  }
  ConditionQuery QueryOf(const BoundNode& node) const {
    ConditionQuery query;
    query.condition = &node;
    query.definitions = definitions_.get();
    query.as_of_ms = 1'700'000'000'000;
    return query;
  }
  std::vector<MemberNo> Multiples(MemberNo of) const {
    std::vector<MemberNo> numbers;
    for (MemberNo no = of; no <= 600; no += of) numbers.push_back(no);
    return numbers;
  }

  const domain::Shop shop_;
  std::shared_ptr<const domain::ShopDefinitions> definitions_;
};

INSTANTIATE_TEST_SUITE_P(Stores, MatchingContract,
                         ::testing::Values(Backend::kModel, Backend::kMysql), BackendName);

// T83: counts are exact. T01: a condition and its NOT part the members.
TEST_P(MatchingContract, CountAndListAgree) {
  auto snapshot = BeginRead(shop_.number);
  const BoundNode phone = HasPhone();
  const BoundNode no_phone = Not(HasPhone());
  EXPECT_EQ(Must(snapshot->CountMatching(QueryOf(phone))), 200);
  EXPECT_EQ(Must(snapshot->CountMatching(QueryOf(no_phone))), 400);
  EXPECT_THAT(Must(snapshot->ListMatching(QueryOf(phone), 0, 1000)),
              ElementsAreArray(Multiples(3)));
  const BoundNode city = CityIs("xian");
  EXPECT_THAT(Must(snapshot->ListMatching(QueryOf(city), 0, 1000)), ElementsAreArray(Multiples(2)));
  const BoundNode nowhere = CityIs("ＸＩＡＮ");  // literals come folded
  EXPECT_EQ(Must(snapshot->CountMatching(QueryOf(nowhere))), 0);
  EXPECT_THAT(Must(snapshot->ListMatching(QueryOf(nowhere), 0, 10)), IsEmpty());
}

TEST_P(MatchingContract, PagesTogetherAreTheWhole) {
  auto snapshot = BeginRead(shop_.number);
  const BoundNode phone = HasPhone();
  for (const int limit : {1, 7, 199, 200, 201}) {
    std::vector<MemberNo> all;
    MemberNo after = 0;
    for (;;) {
      const auto page = Must(snapshot->ListMatching(QueryOf(phone), after, limit));
      if (page.empty()) break;
      ASSERT_LE(page.size(), static_cast<size_t>(limit));
      all.insert(all.end(), page.begin(), page.end());
      after = page.back();
    }
    EXPECT_THAT(all, ElementsAreArray(Multiples(3))) << limit;
  }
}

TEST_P(MatchingContract, FilterKeepsWhatTheConditionSelects) {
  auto snapshot = BeginRead(shop_.number);
  const BoundNode phone = HasPhone();
  const std::vector<MemberNo> some = {9, 1, 3, 9, 7000, 6, 2};
  EXPECT_THAT(Must(snapshot->FilterMatching(QueryOf(phone), some)), ElementsAre(3, 6, 9));
  std::vector<MemberNo> everyone;
  for (MemberNo no = 600; no >= 1; --no) everyone.push_back(no);
  EXPECT_THAT(Must(snapshot->FilterMatching(QueryOf(phone), everyone)),
              ElementsAreArray(Multiples(3)));
  EXPECT_THAT(Must(snapshot->FilterMatching(QueryOf(phone), {})), IsEmpty());
}

TEST_P(MatchingContract, WriterSeesItsOwnRows) {
  auto transaction = BeginWrite(shop_.number);
  WriteSet rows;
  rows.identities = {{1, {1, domain::IdentityKind::kPhone, "+861", 1}}};
  ASSERT_TRUE(transaction->Apply(rows).ok());
  const BoundNode phone = HasPhone();
  EXPECT_EQ(Must(transaction->CountMatching(QueryOf(phone))), 201);
  EXPECT_EQ(Must(BeginRead(shop_.number)->CountMatching(QueryOf(phone))), 200);
}

// T51: a condition of as many order clauses as one may have is counted like a small one, on either
// side of the number of leaves from which members are looked up one by one.
TEST_P(MatchingContract, T51LargeConditionsAreCounted) {
  auto snapshot = BeginRead(shop_.number);
  for (const int clauses : {64, 65, 250}) {
    domain::condition::BoundAnd all;
    for (int i = 0; i < clauses; ++i) {
      domain::condition::BoundOrderClause clause;
      clause.source = domain::condition::OrderSource::kOrdersPlaced;
      domain::condition::NumberRange range;
      range.max = i;
      clause.aggregates.push_back(
          {domain::condition::RowAggregate::kSumAmount, domain::condition::Predicate{range}});
      all.children.push_back({std::move(clause)});
    }
    const BoundNode everyone{std::move(all)};
    EXPECT_EQ(Must(snapshot->CountMatching(QueryOf(everyone))), 600) << clauses;
    EXPECT_EQ(Must(snapshot->ListMatching(QueryOf(everyone), 0, 1000)).size(), 600u) << clauses;
  }
}

}  // namespace
}  // namespace segmentation::storage
