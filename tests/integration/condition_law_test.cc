// Laws of conditions on a handful of members, end to end: imported, saved, counted by the server.
#include "tests/integration/server_fixture.h"
#include "tests/integration/shop_data.h"

namespace segmentation::integration {
namespace {

using Ids = std::vector<std::string>;

// "never" has no order; "once" bought shoes of size 35 on 10 January 2024; "often" bought shoes of
// size 36 then, a shirt of size 35 on 10 February and shoes again on 1 March; "refunded" got all of
// its money back.
class ConditionLaw : public ShopTest {
 protected:
  ConditionLaw() {
    for (const char* member :
         {"member_id: 'never' attributes { attribute: 'city' values { text_value: '上海' } }",
          "member_id: 'once' identities { kind: IDENTITY_KIND_OUID value: 'once' }"
          " attributes { attribute: 'city' values { text_value: '' } }",
          "member_id: 'often' identities { kind: IDENTITY_KIND_OUID value: 'often' }"
          " attributes { attribute: 'city' values { text_value: '杭州' } }",
          "member_id: 'refunded' identities { kind: IDENTITY_KIND_OUID value: 'refunded' }"}) {
      EXPECT_TRUE(AddMember(Proto<v1::Member>(member)).ok());
    }
    const auto line = [](v1::Order order, const std::string& size) {
      v1::LineProperty* const property = order.mutable_lines(0)->add_properties();
      property->set_name("尺码");
      property->set_value(size);
      return order;
    };
    v1::Order refunded = PaidOrder("r1", "refunded", absl::CivilDay(2024, 1, 10), 50'00, "包");
    *refunded.add_refunds() = Proto<v1::Refund>(
        "refund_id: 'f' status: REFUND_STATUS_SUCCEEDED kind: REFUND_KIND_REFUND_ONLY "
        "amount_minor_units: 5000");
    *refunded.mutable_refunds(0)->mutable_refunded_at() = NoonOf(absl::CivilDay(2024, 1, 20));
    const auto imported = ImportAll(
        client_, shop_,
        {line(PaidOrder("o1", "once", absl::CivilDay(2024, 1, 10), 100'00, "鞋"), "35"),
         line(PaidOrder("f1", "often", absl::CivilDay(2024, 1, 10), 100'00, "鞋"), "36"),
         line(PaidOrder("f2", "often", absl::CivilDay(2024, 2, 10), 30'00, "衬衫"), "35"),
         line(PaidOrder("f3", "often", absl::CivilDay(2024, 3, 1), 120'00, "鞋"), "36"), refunded});
    EXPECT_TRUE(imported.ok()) << imported.status();
    EXPECT_EQ(imported->progress.totals.accepted_count(), 5);
  }

  // The count at noon of a day.
  int64_t CountAsOf(const std::string& condition, absl::CivilDay day) const {
    v1::PreviewGroupRequest request;
    request.set_shop_id(shop_);
    request.mutable_condition()->set_text(condition);
    *request.mutable_as_of() = NoonOf(day);
    const auto answer = client_.PreviewGroup(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    if (!answer.ok()) return -1;
    EXPECT_EQ(answer->stamp().as_of().seconds(), request.as_of().seconds());  // T23
    return answer->member_count();
  }
};

// T01, T02: a condition and its negation part the live members.
TEST_F(ConditionLaw, NegationsAreComplements) {
  EXPECT_EQ(MembersOf("city = '上海'"), Ids{"never"});
  EXPECT_EQ(MembersOf("city != '上海'"), (Ids{"often", "once", "refunded"}));
  EXPECT_EQ(MembersOf("city NOT IN ('上海', '杭州')"), (Ids{"once", "refunded"}));
  EXPECT_EQ(MembersOf("city NOT CONTAINS '州'"), (Ids{"never", "once", "refunded"}));
}

// T03, T04: the empty text is a value, and IS NULL means absent and nothing else.
TEST_F(ConditionLaw, AbsentIsNotEmpty) {
  EXPECT_EQ(MembersOf("city IS NULL"), Ids{"refunded"});
  EXPECT_EQ(MembersOf("city = ''"), Ids{"once"});
  EXPECT_EQ(MembersOf("first_order_at IS NULL"), (Ids{"never", "refunded"}));
  v1::UpdateMemberRequest clear = Proto<v1::UpdateMemberRequest>(
      "member { member_id: 'never' } update_mask { paths: 'attributes.city' }");
  clear.set_shop_id(shop_);
  ASSERT_TRUE(client_.UpdateMember(clear).ok());
  EXPECT_EQ(MembersOf("city IS NULL"), (Ids{"never", "refunded"})) << "cleared is never set";
}

// T05, T06, T08, T11: what a member has no fact for is false, and NOT takes it in.
TEST_F(ConditionLaw, NeverBuyersAreInTheNegationOnly) {
  EXPECT_EQ(MembersOf("last_order_at < '2024-02-01'"), Ids{"once"});
  EXPECT_EQ(MembersOf("NOT (last_order_at >= '2024-02-01')"), (Ids{"never", "once", "refunded"}));
  EXPECT_EQ(MembersOf("NOT (last_order_at > '2024-02-01')"), (Ids{"never", "once", "refunded"}));
  EXPECT_EQ(MembersOf("first_order_at < '2024-02-01'"), (Ids{"often", "once"}))
      << "first and last are different attributes";
  EXPECT_EQ(MembersOf("orders_placed MATCHES (date BETWEEN '2024-02-01' AND '2024-02-29')"),
            Ids{"often"});
}

// T07: counts and sums over nothing are 0, averages and dates are absent.
TEST_F(ConditionLaw, NothingCountsAsZero) {
  EXPECT_EQ(MembersOf("number_of_orders = 0"), (Ids{"never", "refunded"}));
  EXPECT_EQ(MembersOf("amount_spent = 0"), (Ids{"never", "refunded"}));
  EXPECT_EQ(MembersOf("average_order_value < 1000000"), (Ids{"often", "once"}));
  EXPECT_EQ(MembersOf("average_order_value IS NULL"), (Ids{"never", "refunded"}));
  EXPECT_EQ(MembersOf("orders_placed MATCHES (count = 0)"), (Ids{"never", "refunded"}));
  EXPECT_EQ(MembersOf("orders_placed MATCHES (sum_amount = 0)"), (Ids{"never", "refunded"}));
  EXPECT_EQ(MembersOf("orders_placed MATCHES (min_amount >= 0)"), (Ids{"often", "once"}));
  EXPECT_EQ(MembersOf("orders_placed MATCHES (first_date IS NULL)"), (Ids{"never", "refunded"}));
}

// T09: `=` on several values means one of them, `!=` none of them.
TEST_F(ConditionLaw, SeveralValuesAreContained) {
  v1::CreateAttributeRequest create = Proto<v1::CreateAttributeRequest>(
      "attribute { attribute: 'hobby' type: ATTRIBUTE_TYPE_TEXT multi_valued: true }");
  create.set_shop_id(shop_);
  ASSERT_TRUE(client_.CreateAttribute(create).ok());
  ASSERT_TRUE(
      AddMember(Proto<v1::Member>(
                    "member_id: 'once' attributes { attribute: 'hobby' values { text_value: '茶' } "
                    "values { text_value: '棋' } }"))
          .ok());
  EXPECT_EQ(MembersOf("hobby = '茶'"), Ids{"once"});
  EXPECT_EQ(MembersOf("hobby = '棋' AND hobby = '茶'"), Ids{"once"});
  EXPECT_EQ(MembersOf("hobby != '茶'"), (Ids{"never", "often", "refunded"}));
  EXPECT_EQ(MembersOf("hobby = '书'"), Ids{});
}

// T10: the terms of one clause are met by one line; two clauses may be met by two.
TEST_F(ConditionLaw, TermsOfOneClauseMeetOneLine) {
  EXPECT_EQ(MembersOf("products_purchased MATCHES (title = '鞋', property('尺码') = 35)"),
            Ids{"once"});
  EXPECT_EQ(MembersOf("products_purchased MATCHES (title = '鞋') AND "
                      "products_purchased MATCHES (property('尺码') = 35)"),
            (Ids{"often", "once"}));
}

// T23, T24, T96: facts and "today" are those of the as-of instant, profile those of the revision.
TEST_F(ConditionLaw, FactsAreThoseOfTheInstant) {
  EXPECT_EQ(CountAsOf("number_of_orders >= 1", absl::CivilDay(2024, 1, 9)), 0);
  EXPECT_EQ(CountAsOf("number_of_orders >= 1", absl::CivilDay(2024, 1, 15)), 3)
      << "the refund comes later";
  EXPECT_EQ(CountAsOf("number_of_orders >= 1", absl::CivilDay(2024, 1, 25)), 2);
  EXPECT_EQ(CountAsOf("number_of_orders = 3", absl::CivilDay(2024, 3, 2)), 1);
  EXPECT_EQ(CountAsOf("orders_placed MATCHES (date >= -30d)", absl::CivilDay(2024, 3, 2)), 1);
  EXPECT_EQ(CountAsOf("city = '上海'", absl::CivilDay(2020, 1, 1)), 1) << "the city is of today";
  // Nothing is known of the future.
  v1::PreviewGroupRequest future;
  future.set_shop_id(shop_);
  future.mutable_condition()->set_text("number_of_orders >= 1");
  future.mutable_as_of()->set_seconds(32'503'680'000);
  EXPECT_EQ(Fault(client_.PreviewGroup(future)), "FIELD_OUT_OF_RANGE as_of");
}

// T47: a group in a group is asked at the outer one's instant.
TEST_F(ConditionLaw, InnerGroupsShareTheInstant) {
  ASSERT_TRUE(SaveGroup("recent", "orders_placed MATCHES (date >= -7d)").ok());
  EXPECT_EQ(Count("IN GROUP 'recent'"), 0);
  EXPECT_EQ(CountAsOf("IN GROUP 'recent'", absl::CivilDay(2024, 2, 15)), 1);
  EXPECT_EQ(CountAsOf("IN GROUP 'recent' AND number_of_orders = 2", absl::CivilDay(2024, 2, 15)),
            1);
  EXPECT_EQ(CountAsOf("NOT IN GROUP 'recent'", absl::CivilDay(2024, 2, 15)), 3);
}

// T74: "bought shoes, but not lately" names which purchase must not be: of shoes, or of anything.
TEST_F(ConditionLaw, ExclusionsNameTheirScope) {
  const absl::CivilDay day(2024, 2, 20);
  const std::string bought = "products_purchased MATCHES (title = '鞋')";
  EXPECT_EQ(CountAsOf(bought, day), 2);
  EXPECT_EQ(
      CountAsOf(bought + " AND NOT products_purchased MATCHES (title = '鞋', date >= -14d)", day),
      2)
      << "no shoes within two weeks";
  EXPECT_EQ(CountAsOf(bought + " AND NOT orders_placed MATCHES (date >= -14d)", day), 1)
      << "no purchase at all within two weeks";
}

// T97: a clause with a status term sees every order, other leaves only counted ones.
TEST_F(ConditionLaw, StatusTermsSeeEveryOrder) {
  v1::Order unpaid = PaidOrder("u1", "never-paid", absl::CivilDay(2024, 1, 10), 10'00);
  unpaid.set_status(v1::ORDER_STATUS_UNPAID);
  unpaid.clear_paid_at();
  ASSERT_TRUE(ImportAll(client_, shop_, {unpaid}).ok());
  EXPECT_EQ(Count("orders_placed MATCHES (status = 'unpaid')"), 1);
  EXPECT_EQ(Count("orders_placed MATCHES (created_at >= '2024-01-01')"), 2);
}

}  // namespace
}  // namespace segmentation::integration
