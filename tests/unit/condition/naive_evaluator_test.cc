// The oracle, law by law: tiny members made by hand with the truth written beside them.
#include "server/domain/condition/naive_evaluator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/calendar.h"
#include "server/base/hash.h"
#include "server/base/strings.h"
#include "server/domain/condition/bucket.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/parser.h"
#include "server/domain/order_policy.h"

namespace segmentation::domain::condition {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr AttributeNo kHobby = 1000;  // multi-valued text of the shop's own

class NaiveEvaluatorTest : public ::testing::Test {
 protected:
  NaiveEvaluatorTest() {
    definitions_.shop.currency = "CNY";
    SetZone("Asia/Shanghai");
    as_of_ = At("2024-06-15 12:00");

    Attribute hobby;
    hobby.number = kHobby;
    hobby.name = "hobby";
    hobby.multi_valued = true;
    hobby.folding = TextFolding::kNfkcCase;
    definitions_.attributes[kHobby] = hobby;

    definitions_.stores[1].id = "main";
    definitions_.stores[1].number = 1;
    AddCategory(1, "肤质", TagCategoryKind::kListed);
    AddCategory(2, "臀围", TagCategoryKind::kNumeric);
    AddTag(1, 1, "油性");
    AddTag(2, 1, "干性");
    AddTag(3, 2, "厘米");
    Promotion& sale = definitions_.promotions[1];
    sale.number = 1;
    sale.id = "店庆2024";
    sale.windows = {{At("2024-05-01"), At("2024-05-04")}};
  }

  void SetZone(const std::string& name) {
    definitions_.shop.time_zone = name;
    zone_ = *base::LoadTimeZone(name, "");
  }
  void AddCategory(TagCategoryNo number, std::string name, TagCategoryKind kind) {
    TagCategory& category = definitions_.tag_categories[number];
    category.number = number;
    category.name = std::move(name);
    category.kind = kind;
  }
  void AddTag(TagNo number, TagCategoryNo category_no, std::string value) {
    Tag& tag = definitions_.tags[number];
    tag.number = number;
    tag.category_no = category_no;
    tag.value = std::move(value);
  }

  base::InstantMs At(std::string_view local) const {
    return base::InstantOf(*base::ParseLocalTime(local, ""), zone_);
  }

  // A paid order of one line; more is set on the result, then Apply.
  Order Paid(std::string_view paid_at, int64_t minor) const {
    Order order;
    order.number = ++last_order_no_;
    order.source = "tmall";
    order.status = OrderStatus::kPaid;
    order.created_at = At(paid_at);
    order.paid_at = At(paid_at);
    order.goods_paid_minor = minor;
    order.lines = {Line("p1", "蕾丝文胸", minor)};
    return order;
  }
  static OrderLine Line(std::string product, std::string title, int64_t price,
                        int64_t quantity = 1) {
    OrderLine line;
    line.product_id = std::move(product);
    line.title = std::move(title);
    line.unit_price_minor = price;
    line.quantity = quantity;
    return line;
  }
  static void AddRefund(Order& order, base::InstantMs at, int64_t minor) {
    Refund refund;
    refund.number = static_cast<RefundNo>(order.refunds.size() + 1);
    refund.id = base::StrCat("r", refund.number);
    refund.refunded_at = at;
    refund.amount_minor = minor;
    order.refunds.push_back(refund);
  }

  // One live member with these orders, measured by the policy.
  struct Shopper {
    Member member;
    std::vector<Order> orders;
  };
  Shopper Make(std::initializer_list<Order> orders = {}) const {
    Shopper shopper;
    shopper.member.number = ++last_member_no_;
    shopper.member.id = base::StrCat("member-", shopper.member.number);
    for (Order order : orders) {
      for (size_t i = 0; i < order.lines.size(); ++i) {
        order.lines[i].number = static_cast<LineNo>(i + 1);
        order.lines[i].id = base::StrCat(i + 1);
      }
      ApplyPolicy(definitions_.policy, zone_, order);
      shopper.orders.push_back(order);
    }
    return shopper;
  }
  Shopper WithBirthday(int64_t code) const {
    Shopper shopper = Make();
    shopper.member.attributes[kAttributeBirthday] = {Value(code)};
    return shopper;
  }
  Shopper WithText(AttributeNo number, std::initializer_list<std::string> texts) const {
    Shopper shopper = Make();
    for (const std::string& text : texts) shopper.member.attributes[number].emplace_back(text);
    return shopper;
  }

  BoundNode BoundOf(std::string_view text) const {
    absl::StatusOr<Node> tree = Parse(text);
    EXPECT_TRUE(tree.ok()) << text << ": " << tree.status();
    if (!tree.ok()) return BoundNode{BoundAnd{}};
    absl::StatusOr<BoundNode> bound = Bind(*tree, definitions_);
    EXPECT_TRUE(bound.ok()) << text << ": " << bound.status();
    return bound.ok() ? *std::move(bound) : BoundNode{BoundAnd{}};
  }
  bool Selects(std::string_view text, const Shopper& shopper) const {
    return !Select(text, {shopper}).empty();
  }
  // Numbers of the selected of a whole shop, counted from 1 in the order given.
  std::vector<int> Select(std::string_view text, const std::vector<Shopper>& shop) const {
    const BoundNode condition = BoundOf(text);
    std::vector<MemberFacts> facts;
    for (const Shopper& shopper : shop) facts.push_back({shopper.member, shopper.orders});
    const Population population(facts);
    const EvaluationScope scope{{as_of_, zone_}, &definitions_, &groups_, &population};
    const auto evaluator = NaiveEvaluator::Create(condition, scope);
    EXPECT_TRUE(evaluator.ok()) << evaluator.status();
    std::vector<int> selected;
    for (size_t i = 0; evaluator.ok() && i < facts.size(); ++i) {
      if (evaluator->Selects(facts[i])) selected.push_back(static_cast<int>(i) + 1);
    }
    return selected;
  }

  ShopDefinitions definitions_;
  BoundGroups groups_;
  absl::TimeZone zone_;
  base::InstantMs as_of_ = 0;
  mutable OrderNo last_order_no_ = 0;
  mutable MemberNo last_member_no_ = 0;
};

TEST_F(NaiveEvaluatorTest, T01AbsentValueMatchesNotEqual) {
  const Shopper absent = Make();
  const Shopper other = WithText(kAttributeCity, {"上海"});
  EXPECT_TRUE(Selects("city != '北京'", absent));
  EXPECT_TRUE(Selects("city != '北京'", other));
  EXPECT_FALSE(Selects("city != '上海'", other));
  EXPECT_FALSE(Selects("city = '上海'", absent));
}

TEST_F(NaiveEvaluatorTest, T02NegativeOperatorsAreComplements) {
  const std::vector<Shopper> shop = {Make(), WithText(kAttributeCity, {"上海"}),
                                     WithText(kAttributeCity, {"北京市"})};
  EXPECT_THAT(Select("city IN ('上海')", shop), ElementsAre(2));
  EXPECT_THAT(Select("city NOT IN ('上海')", shop), ElementsAre(1, 3));
  EXPECT_THAT(Select("city CONTAINS '京'", shop), ElementsAre(3));
  EXPECT_THAT(Select("city NOT CONTAINS '京'", shop), ElementsAre(1, 2));
  EXPECT_THAT(Select("city NOT CONTAINS ANY ('京', '海')", shop), ElementsAre(1));
  EXPECT_THAT(Select("amount_spent NOT BETWEEN 0 AND 10", shop), IsEmpty());
}

TEST_F(NaiveEvaluatorTest, T03T04EmptyTextIsAValue) {
  const std::vector<Shopper> shop = {Make(), WithText(kAttributeCity, {""}),
                                     WithText(kAttributeCity, {"上海"})};
  EXPECT_THAT(Select("city IS NULL", shop), ElementsAre(1));
  EXPECT_THAT(Select("city IS NOT NULL", shop), ElementsAre(2, 3));
  EXPECT_THAT(Select("city = ''", shop), ElementsAre(2));
  Shopper cleared = Make();
  cleared.member.attributes[kAttributeCity] = {};
  EXPECT_TRUE(Selects("city IS NULL", cleared));
}

TEST_F(NaiveEvaluatorTest, T06NeverBuyersAreInNoComparisonOfDates) {
  const std::vector<Shopper> shop = {Make(), Make({Paid("2024-01-10 10:00", 100)}),
                                     Make({Paid("2024-03-10 10:00", 100)})};
  EXPECT_THAT(Select("last_order_at < '2024-02-01'", shop), ElementsAre(2));
  EXPECT_THAT(Select("NOT last_order_at >= '2024-02-01'", shop), ElementsAre(1, 2));
}

TEST_F(NaiveEvaluatorTest, T07CountsAndSumsOverNothingAreZero) {
  const Shopper never = Make();
  EXPECT_TRUE(Selects("number_of_orders = 0", never));
  EXPECT_TRUE(Selects("amount_spent = 0 AND number_of_items = 0", never));
  EXPECT_TRUE(Selects("average_order_value IS NULL AND first_order_at IS NULL", never));
  EXPECT_TRUE(Selects("days_since_last_order IS NULL", never));
  EXPECT_TRUE(Selects("orders_placed MATCHES (count = 0, sum_amount = 0)", never));
  EXPECT_TRUE(Selects("orders_placed MATCHES (avg_amount IS NULL, min_amount IS NULL)", never));
  EXPECT_TRUE(Selects("orders_placed MATCHES (first_date IS NULL, last_date IS NULL)", never));
  EXPECT_FALSE(Selects("orders_placed MATCHES (avg_amount <= 0)", never));
  EXPECT_FALSE(Selects("orders_placed MATCHES (status = 'paid')", never));
}

TEST_F(NaiveEvaluatorTest, T08ComplementOfGreaterIsLessOrAbsent) {
  const std::vector<Shopper> shop = {Make(), Make({Paid("2024-01-10", 5000)}),
                                     Make({Paid("2024-01-10", 15000)})};
  EXPECT_THAT(Select("NOT average_order_value > 100", shop), ElementsAre(1, 2));
  EXPECT_THAT(Select("average_order_value <= 100", shop), ElementsAre(2));
}

TEST_F(NaiveEvaluatorTest, T09EqualOnManyValuesMeansContains) {
  const std::vector<Shopper> shop = {Make(), WithText(kHobby, {"跑步", "摄影"}),
                                     WithText(kHobby, {"摄影"})};
  EXPECT_THAT(Select("hobby = '跑步'", shop), ElementsAre(2));
  EXPECT_THAT(Select("hobby != '跑步'", shop), ElementsAre(1, 3));
  EXPECT_THAT(Select("hobby != '摄影'", shop), ElementsAre(1));
}

TEST_F(NaiveEvaluatorTest, T10TermsOfOneClauseHoldOnOneLine) {
  Order both = Paid("2024-06-01", 300);
  both.lines = {Line("p1", "童鞋", 100), Line("p2", "童袜", 200)};
  both.lines[0].properties["尺码"] = "34码";
  both.lines[1].properties["尺码"] = "35码";
  Order one = both;
  one.number = ++last_order_no_;
  one.lines[0].properties["尺码"] = "35";
  const std::vector<Shopper> shop = {Make({both}), Make({one})};
  const std::string together = " MATCHES (title CONTAINS '鞋', property('尺码') = 35)";
  EXPECT_THAT(Select("orders_placed" + together, shop), ElementsAre(2));
  EXPECT_THAT(Select("products_purchased" + together, shop), ElementsAre(2));
  EXPECT_THAT(Select("orders_placed MATCHES (title CONTAINS '鞋') AND "
                     "orders_placed MATCHES (property('尺码') = 35)",
                     shop),
              ElementsAre(1, 2));
  // Whole orders on one side, lines on the other.
  EXPECT_THAT(Select("orders_placed MATCHES (title CONTAINS '鞋', sum_amount = 3)", shop),
              ElementsAre(1, 2));
  EXPECT_THAT(Select("products_purchased MATCHES (title CONTAINS '鞋', sum_amount = 1)", shop),
              ElementsAre(1, 2));
}

TEST_F(NaiveEvaluatorTest, T11FirstLastAndAnyOrderAreDifferent) {
  const Shopper shopper = Make({Paid("2024-01-10", 100), Paid("2024-03-10", 100)});
  EXPECT_TRUE(Selects("first_order_at = '2024-01-10'", shopper));
  EXPECT_FALSE(Selects("last_order_at = '2024-01-10'", shopper));
  EXPECT_TRUE(Selects("last_order_at = '2024-03-10'", shopper));
  EXPECT_TRUE(Selects("orders_placed MATCHES (date = '2024-01-10')", shopper));
}

TEST_F(NaiveEvaluatorTest, T12BirthdayIsACivilDate) {
  const Shopper shopper = WithBirthday(19900520);
  for (const char* zone : {"Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"}) {
    SetZone(zone);
    EXPECT_TRUE(Selects("birthday = '1990-05-20'", shopper)) << zone;
    EXPECT_FALSE(Selects("birthday = '1990-05-19'", shopper)) << zone;
    EXPECT_FALSE(Selects("birthday > '1990-05-20'", shopper)) << zone;
  }
}

TEST_F(NaiveEvaluatorTest, T13EqualDateMeansTheWholeLocalDay) {
  const auto bought_at = [&](base::InstantMs at) {
    Order order = Paid("2024-05-10", 100);
    order.created_at = at;
    order.paid_at = at;
    return Selects("last_order_at = '2024-05-10'", Make({order}));
  };
  EXPECT_FALSE(bought_at(At("2024-05-10") - 1));
  EXPECT_TRUE(bought_at(At("2024-05-10")));
  EXPECT_TRUE(bought_at(At("2024-05-11") - 1));
  EXPECT_FALSE(bought_at(At("2024-05-11")));
}

TEST_F(NaiveEvaluatorTest, T14ComparisonsWithDaysBeginAtMidnights) {
  const auto passes = [&](std::string_view test, base::InstantMs at) {
    Order order = Paid("2024-05-10", 100);
    order.created_at = at;
    order.paid_at = at;
    return Selects(base::StrCat("last_order_at ", test), Make({order}));
  };
  const base::InstantMs midnight = At("2024-05-10"), next = At("2024-05-11");
  EXPECT_FALSE(passes("> '2024-05-10'", next - 1));
  EXPECT_TRUE(passes("> '2024-05-10'", next));
  EXPECT_FALSE(passes(">= '2024-05-10'", midnight - 1));
  EXPECT_TRUE(passes(">= '2024-05-10'", midnight));
  EXPECT_TRUE(passes("<= '2024-05-10'", next - 1));
  EXPECT_FALSE(passes("<= '2024-05-10'", next));
  EXPECT_TRUE(passes("< '2024-05-10'", midnight - 1));
  EXPECT_FALSE(passes("< '2024-05-10'", midnight));
  EXPECT_FALSE(passes("BETWEEN '2024-05-09' AND '2024-05-10'", At("2024-05-09") - 1));
  EXPECT_TRUE(passes("BETWEEN '2024-05-09' AND '2024-05-10'", At("2024-05-09")));
  EXPECT_TRUE(passes("BETWEEN '2024-05-09' AND '2024-05-10'", next - 1));
  EXPECT_FALSE(passes("BETWEEN '2024-05-09' AND '2024-05-10'", next));
  // A date-time names one instant.
  EXPECT_FALSE(passes("> '2024-05-10 20:00'", At("2024-05-10 20:00")));
  EXPECT_TRUE(passes("> '2024-05-10 20:00'", At("2024-05-10 20:00") + 1));
}

TEST_F(NaiveEvaluatorTest, T15CalendarAndRollingWindowsDiffer) {
  const auto passes = [&](std::string_view test, base::InstantMs at) {
    Order order = Paid("2024-05-10", 100);
    order.created_at = at;
    order.paid_at = at;
    return Selects(base::StrCat("orders_placed MATCHES (date ", test, ")"), Make({order}));
  };
  const base::InstantMs calendar = At("2024-06-08");
  EXPECT_FALSE(passes(">= -7d", calendar - 1));
  EXPECT_TRUE(passes(">= -7d", calendar));
  const base::InstantMs rolling = as_of_ - 48 * 3'600'000;
  EXPECT_FALSE(passes("WITHIN 48 HOURS", rolling - 1));
  EXPECT_TRUE(passes("WITHIN 48 HOURS", rolling));
  EXPECT_TRUE(passes("WITHIN 48 HOURS", as_of_));
  EXPECT_FALSE(passes("WITHIN 48 HOURS", as_of_ + 1));
  EXPECT_FALSE(passes(">= -48h", rolling - 1));
  EXPECT_TRUE(passes(">= -48h", rolling));
  EXPECT_TRUE(passes("WITHIN 30 MINUTES", as_of_ - 30 * 60'000));
  EXPECT_FALSE(passes("WITHIN 30 MINUTES", as_of_ - 30 * 60'000 - 1));
}

TEST_F(NaiveEvaluatorTest, T16T17RelativeDaysFollowTheCalendar) {
  const auto is_day = [&](std::string_view today, std::string_view relative, std::string_view day) {
    as_of_ = At(today);
    Order order = Paid(day, 100);
    return Selects(base::StrCat("orders_placed MATCHES (date = ", relative, ")"), Make({order}));
  };
  EXPECT_TRUE(is_day("2024-05-15 23:59", "-7d", "2024-05-08"));
  EXPECT_TRUE(is_day("2024-03-31 08:00", "-1m", "2024-02-29"));
  EXPECT_TRUE(is_day("2023-03-31 08:00", "-1m", "2023-02-28"));
  EXPECT_TRUE(is_day("2024-02-29 08:00", "-1y", "2023-02-28"));
  EXPECT_FALSE(is_day("2024-03-31 08:00", "-1m", "2024-03-01"));
}

TEST_F(NaiveEvaluatorTest, T18TomorrowIsTheNextMidnightOfTheZone) {
  SetZone("America/New_York");  // 2024-03-10 has 23 hours, 2024-11-03 has 25
  const auto on = [&](std::string_view day, base::InstantMs at) {
    as_of_ = At("2024-12-01");
    Order order = Paid("2024-05-10", 100);
    order.created_at = at;
    order.paid_at = at;
    return Selects(base::StrCat("last_order_at = '", day, "'"), Make({order}));
  };
  constexpr base::InstantMs kHour = 3'600'000;
  EXPECT_TRUE(on("2024-03-10", At("2024-03-10") + 23 * kHour - 1));
  EXPECT_FALSE(on("2024-03-10", At("2024-03-10") + 23 * kHour));
  EXPECT_TRUE(on("2024-11-03", At("2024-11-03") + 25 * kHour - 1));
  EXPECT_FALSE(on("2024-11-03", At("2024-11-03") + 25 * kHour));
}

TEST_F(NaiveEvaluatorTest, T19T20Anniversaries) {
  const Shopper leap = WithBirthday(19920229), yearless = WithBirthday(101),
                december = WithBirthday(19881220);
  const std::string next_month = "anniversary(birthday) BETWEEN today AND +30d";
  as_of_ = At("2023-02-28 10:00");
  EXPECT_TRUE(Selects("anniversary(birthday) = today", leap));
  as_of_ = At("2024-02-28 10:00");
  EXPECT_FALSE(Selects("anniversary(birthday) = today", leap));
  as_of_ = At("2024-02-29 10:00");
  EXPECT_TRUE(Selects("anniversary(birthday) = today", leap));
  as_of_ = At("2024-12-15 10:00");  // across New Year
  EXPECT_THAT(Select(next_month, {leap, yearless, december, Make()}), ElementsAre(2, 3));
  EXPECT_THAT(Select("anniversary(birthday) NOT BETWEEN today AND +30d",
                     {leap, yearless, december, Make()}),
              ElementsAre(1, 4));
  // A birthday of unknown year is present, but before or after no date.
  EXPECT_TRUE(Selects("birthday IS NOT NULL", yearless));
  EXPECT_FALSE(Selects("birthday < '2024-01-01'", yearless));
  EXPECT_FALSE(Selects("birthday >= '0001-01-01'", yearless));
}

TEST_F(NaiveEvaluatorTest, T23T24LaterFactsAreInvisible) {
  Order order = Paid("2024-06-10", 10000);
  AddRefund(order, At("2024-06-12"), 4000);
  order.shipped_at = At("2024-06-11");
  order.status = OrderStatus::kShipped;
  Review review;
  review.reviewed_at = At("2024-06-13");
  review.rating = 5;
  review.text = "很好";
  order.reviews = {review};
  order.created_at = At("2024-06-09");
  const Shopper shopper = Make({order});
  const auto holds_at = [&](std::string_view when, std::string_view text) {
    as_of_ = At(when);
    return Selects(text, shopper);
  };
  EXPECT_TRUE(holds_at("2024-06-09 12:00", "number_of_orders = 0"));
  EXPECT_TRUE(holds_at("2024-06-09 12:00", "orders_placed MATCHES (status = 'unpaid')"));
  EXPECT_TRUE(
      holds_at("2024-06-09 12:00", "orders_placed MATCHES (status = 'unpaid', paid_at IS NULL)"));
  EXPECT_FALSE(holds_at("2024-06-08 12:00", "orders_placed MATCHES (status = 'unpaid')"));
  EXPECT_TRUE(holds_at("2024-06-10 00:00", "number_of_orders = 1 AND amount_spent = 100"));
  EXPECT_TRUE(holds_at("2024-06-10 12:00", "orders_placed MATCHES (shipped_at IS NULL)"));
  EXPECT_TRUE(holds_at("2024-06-11 12:00", "orders_placed MATCHES (shipped_at IS NOT NULL)"));
  EXPECT_TRUE(holds_at("2024-06-12 00:00", "amount_spent = 60"));
  EXPECT_FALSE(holds_at("2024-06-12 12:00", "orders_placed MATCHES (rating = 5)"));
  EXPECT_TRUE(holds_at("2024-06-13 00:00", "orders_placed MATCHES (rating = 5)"));
  EXPECT_TRUE(holds_at("2024-06-13 00:00", "orders_placed MATCHES (review_text CONTAINS '好')"));
}

// The status known then is derived from the times of the later ones (T24).
TEST_F(NaiveEvaluatorTest, T24StatusIsTheOneOfItsTime) {
  Order order = Paid("2024-06-02", 100);
  order.created_at = At("2024-06-01");
  order.shipped_at = At("2024-06-03");
  order.received_at = At("2024-06-05");
  order.finished_at = At("2024-06-07");
  order.status = OrderStatus::kFinished;
  const Shopper shopper = Make({order});
  const auto status_at = [&](std::string_view when, std::string_view status) {
    as_of_ = At(when);
    return Selects(base::StrCat("orders_placed MATCHES (status = '", status, "')"), shopper);
  };
  EXPECT_TRUE(status_at("2024-06-01", "unpaid"));
  EXPECT_TRUE(status_at("2024-06-02", "paid"));
  EXPECT_TRUE(status_at("2024-06-04", "shipped"));
  EXPECT_TRUE(status_at("2024-06-06", "received"));
  EXPECT_FALSE(status_at("2024-06-06", "finished"));
  EXPECT_TRUE(status_at("2024-06-07", "finished"));
}

// T27, T95: a wholly refunded order counts until the refund.
TEST_F(NaiveEvaluatorTest, T95CountedBetweenPaymentAndWholeRefund) {
  Order order = Paid("2024-05-01", 10000);
  AddRefund(order, At("2024-05-20"), 10000);
  const Shopper shopper = Make({order});
  as_of_ = At("2024-05-20") - 1;
  EXPECT_TRUE(Selects("number_of_orders = 1 AND amount_spent = 100", shopper));
  as_of_ = At("2024-05-20");
  EXPECT_TRUE(Selects("number_of_orders = 0 AND amount_spent = 0", shopper));
  EXPECT_TRUE(Selects("orders_placed MATCHES (status = 'paid', refunded_amount = 100)", shopper));
}

// T29: 100.00 and 100.01 over two orders average 100.005: neither 100.00 nor 100.01.
TEST_F(NaiveEvaluatorTest, T29AveragesAreComparedExactly) {
  const Shopper shopper = Make({Paid("2024-05-01", 10000), Paid("2024-05-02", 10001)});
  EXPECT_TRUE(Selects("average_order_value > 100", shopper));
  EXPECT_TRUE(Selects("average_order_value < 100.01", shopper));
  EXPECT_FALSE(Selects("average_order_value IN (100, 100.01)", shopper));
  EXPECT_TRUE(Selects("orders_placed MATCHES (avg_amount > 100, avg_amount < 100.01)", shopper));
  const Shopper even = Make({Paid("2024-05-01", 10000), Paid("2024-05-02", 10002)});
  EXPECT_TRUE(Selects("average_order_value = 100.01", even));
}

TEST_F(NaiveEvaluatorTest, T33TopTakesTheCeilingOfTheShareOfBuyers) {
  std::vector<Shopper> shop;
  for (int64_t yuan : {50, 10, 40, 20, 30}) shop.push_back(Make({Paid("2024-05-01", yuan * 100)}));
  shop.push_back(Make());  // no order: not in the population
  EXPECT_THAT(Select("TOP 2 BY amount_spent", shop), ElementsAre(1, 3));
  EXPECT_THAT(Select("TOP 20 PERCENT BY amount_spent", shop), ElementsAre(1));  // ceil(1.0)
  EXPECT_THAT(Select("TOP 20.01 PERCENT BY amount_spent", shop),
              ElementsAre(1, 3));  // ceil(1.0005)
  EXPECT_THAT(Select("TOP 100 PERCENT BY amount_spent", shop), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Select("NOT TOP 2 BY amount_spent", shop), ElementsAre(2, 4, 5, 6));
  EXPECT_THAT(Select("TOP 99 BY amount_spent", shop), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(NaiveEvaluatorTest, T33TiesGoBySplitKey) {
  const std::vector<Shopper> shop = {Make({Paid("2024-05-01", 100)}),
                                     Make({Paid("2024-05-01", 100)})};
  const auto key = [&](int i) {
    return base::FirstEightBytes(base::Sha256(shop[static_cast<size_t>(i)].member.id));
  };
  EXPECT_THAT(Select("TOP 1 BY amount_spent", shop), ElementsAre(key(0) < key(1) ? 1 : 2));
}

TEST_F(NaiveEvaluatorTest, T36FoldingIsTheAttributesOwn) {
  const Shopper wide = WithText(kHobby, {"ＡＢＣ１２"});
  EXPECT_TRUE(Selects("hobby = 'abc12'", wide));
  EXPECT_TRUE(Selects("hobby CONTAINS 'Bc１'", wide));
  Shopper upper = Make();
  upper.member.id = "ABC";
  EXPECT_FALSE(Selects("member_id = 'abc'", upper));  // ids compare byte by byte
  EXPECT_TRUE(Selects("member_id = 'ABC'", upper));
}

TEST_F(NaiveEvaluatorTest, T37BlanksAndEmojiAreKept) {
  EXPECT_FALSE(Selects("hobby = '跑步'", WithText(kHobby, {"跑步 "})));
  EXPECT_TRUE(Selects("hobby = '跑步 '", WithText(kHobby, {"跑步 "})));
  EXPECT_TRUE(Selects("hobby CONTAINS '🏃'", WithText(kHobby, {"跑🏃步"})));
}

TEST_F(NaiveEvaluatorTest, T38ContainsIsALiteralSubstring) {
  const std::vector<Shopper> shop = {WithText(kHobby, {"100%棉"}), WithText(kHobby, {"100棉"}),
                                     WithText(kHobby, {"a_b"}),    WithText(kHobby, {"axb"}),
                                     WithText(kHobby, {"a\\b"}),   WithText(kHobby, {"a*b"})};
  EXPECT_THAT(Select("hobby CONTAINS '0%'", shop), ElementsAre(1));
  EXPECT_THAT(Select("hobby CONTAINS 'a_b'", shop), ElementsAre(3));
  EXPECT_THAT(Select("hobby CONTAINS 'a*b'", shop), ElementsAre(6));
}

TEST_F(NaiveEvaluatorTest, T43AndBindsTighterThanOr) {
  const Shopper shopper = WithText(kAttributeCity, {"上海"});
  EXPECT_TRUE(Selects("city = '上海' OR city = '北京' AND number_of_orders >= 1", shopper));
  EXPECT_FALSE(Selects("(city = '上海' OR city = '北京') AND number_of_orders >= 1", shopper));
}

TEST_F(NaiveEvaluatorTest, T47GroupsShareTheAsOf) {
  definitions_.groups[1].number = 1;
  definitions_.groups[1].id = "recent";
  groups_.conditions[{1, std::nullopt}] = BoundOf("orders_placed MATCHES (date = today)");
  const Shopper shopper = Make({Paid("2024-06-15 08:00", 100)});
  EXPECT_TRUE(Selects("IN GROUP 'recent'", shopper));
  EXPECT_FALSE(Selects("NOT IN GROUP 'recent'", shopper));
  as_of_ = At("2024-06-16 12:00");
  EXPECT_FALSE(Selects("IN GROUP 'recent'", shopper));
}

TEST_F(NaiveEvaluatorTest, MissingGroupOrPopulationIsAnError) {
  definitions_.groups[1].number = 1;
  definitions_.groups[1].id = "recent";
  const BoundNode group = BoundOf("IN GROUP 'recent'"), top = BoundOf("TOP 1 BY amount_spent");
  EvaluationScope scope{{as_of_, zone_}, &definitions_, &groups_, nullptr};
  EXPECT_EQ(NaiveEvaluator::Create(group, scope).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(NaiveEvaluator::Create(top, scope).status().code(), absl::StatusCode::kInternal);
  groups_.conditions[{1, std::nullopt}] = top;  // found through the group too
  EXPECT_EQ(NaiveEvaluator::Create(group, scope).status().code(), absl::StatusCode::kInternal);
  scope.definitions = nullptr;
  EXPECT_FALSE(NaiveEvaluator::Create(BoundOf("city = 'x'"), scope).ok());
}

TEST_F(NaiveEvaluatorTest, T74ExclusionNamesItsScope) {
  Order old_same = Paid("2024-03-01", 100);
  Order new_other = Paid("2024-06-10", 100);
  new_other.lines = {Line("p2", "棉袜", 100)};
  const Shopper shopper = Make({old_same, new_other});
  const std::string bought = "products_purchased MATCHES (product_id = 'p1')";
  EXPECT_TRUE(Selects(bought + " AND NOT products_purchased MATCHES (product_id = 'p1', "
                               "date >= -14d)",
                      shopper));
  EXPECT_FALSE(Selects(bought + " AND NOT orders_placed MATCHES (date >= -14d)", shopper));
}

TEST_F(NaiveEvaluatorTest, T96TagsConsentsAndProfileAreThoseOfTheRevision) {
  Shopper shopper = WithText(kAttributeCity, {"上海"});
  TagAssignment tag;
  tag.tag_no = 1;
  tag.source = TagSource::kRule;
  tag.assigned_at_ms = At("2024-06-20");  // after as-of: still the revision's
  shopper.member.tags = {tag};
  shopper.member.consents = {{Channel::kSms, ConsentState::kOptedOut, At("2024-06-20"), ""}};
  EXPECT_TRUE(Selects("HAS TAG '肤质/油性'", shopper));
  EXPECT_TRUE(Selects("HAS TAG '肤质'", shopper));
  EXPECT_FALSE(Selects("HAS TAG '肤质/干性'", shopper));
  EXPECT_TRUE(Selects("HAS TAG '肤质/油性' FROM ('rule')", shopper));
  EXPECT_FALSE(Selects("HAS TAG '肤质/油性' FROM ('agent')", shopper));
  EXPECT_TRUE(Selects("consent('sms') = 'opted_out'", shopper));
  EXPECT_TRUE(Selects("consent('sms') != 'opted_in'", shopper));
  EXPECT_TRUE(Selects("consent('email') IS NULL", shopper));
  EXPECT_TRUE(Selects("consent('email') != 'opted_in'", shopper));
  as_of_ = At("2020-01-01");
  EXPECT_TRUE(Selects("city = '上海'", shopper));
}

TEST_F(NaiveEvaluatorTest, TagsEndAtTheirExpiryAndCountFromTheirAssignment) {
  Shopper shopper = Make();
  TagAssignment tag;
  tag.tag_no = 1;
  tag.assigned_at_ms = At("2024-06-01");
  tag.expires_at_ms = as_of_ + 1;
  shopper.member.tags = {tag};
  EXPECT_TRUE(Selects("HAS TAG '肤质/油性'", shopper));
  EXPECT_TRUE(Selects("HAS TAG '肤质/油性' SINCE '2024-06-01'", shopper));
  EXPECT_FALSE(Selects("HAS TAG '肤质/油性' SINCE -13d", shopper));
  shopper.member.tags[0].expires_at_ms = as_of_;
  EXPECT_FALSE(Selects("HAS TAG '肤质/油性'", shopper));
}

TEST_F(NaiveEvaluatorTest, NumericTagsCompareTheirNumber) {
  Shopper shopper = Make();
  TagAssignment tag;
  tag.tag_no = 3;
  tag.number = 90 * kDecimalScale;
  shopper.member.tags = {tag};
  EXPECT_TRUE(Selects("HAS TAG '臀围/厘米' >= 90", shopper));
  EXPECT_FALSE(Selects("HAS TAG '臀围/厘米' > 90", shopper));
  shopper.member.tags[0].number.reset();
  EXPECT_FALSE(Selects("HAS TAG '臀围/厘米' >= 0", shopper));
}

TEST_F(NaiveEvaluatorTest, T97ReturnsSubtractAndAreNeverCounted) {
  Order sale = Paid("2024-05-01", 10000);
  Order returned = Paid("2024-06-01", -3000);
  returned.lines = {Line("p1", "蕾丝文胸", 3000, -1)};
  const Shopper shopper = Make({sale, returned});
  EXPECT_TRUE(Selects("number_of_orders = 1", shopper));
  EXPECT_TRUE(Selects("amount_spent = 70 AND average_order_value = 70", shopper));
  EXPECT_TRUE(Selects("number_of_items = 0", shopper));
  EXPECT_TRUE(Selects("last_order_at = '2024-05-01'", shopper));
  EXPECT_TRUE(Selects("orders_placed MATCHES (date >= '2024-06-01', count = 0, sum_amount = -30)",
                      shopper));
  EXPECT_FALSE(Selects("orders_placed MATCHES (date >= '2024-06-01')", shopper));
  EXPECT_TRUE(Selects("orders_placed MATCHES (min_amount = 100)", shopper));
  EXPECT_TRUE(Selects("products_purchased MATCHES (sum_quantity = 0, count_lines = 1)", shopper));
  as_of_ = At("2024-05-31");  // on its own date
  EXPECT_TRUE(Selects("amount_spent = 100", shopper));
}

TEST_F(NaiveEvaluatorTest, T97OnlyAStatusTermSeesOrdersThatDoNotCount) {
  Order unpaid = Paid("2024-06-15 11:45", 10000);
  unpaid.status = OrderStatus::kUnpaid;
  unpaid.paid_at.reset();
  const Shopper shopper = Make({unpaid});
  EXPECT_FALSE(Selects("orders_placed MATCHES (created_at WITHIN 30 MINUTES)", shopper));
  EXPECT_TRUE(
      Selects("orders_placed MATCHES (created_at WITHIN 30 MINUTES, status = 'unpaid')", shopper));
  EXPECT_TRUE(Selects("orders_placed MATCHES (status != 'paid')", shopper));
  EXPECT_FALSE(Selects("products_purchased MATCHES (title CONTAINS '蕾丝')", shopper));
}

TEST_F(NaiveEvaluatorTest, T97PurchaseDaysAreNotOrders) {
  const Shopper shopper = Make({Paid("2024-05-01 00:00", 100), Paid("2024-05-01 23:59", 100),
                                Paid("2024-05-02 00:00", 100)});
  EXPECT_TRUE(Selects("number_of_orders = 3 AND number_of_purchase_days = 2", shopper));
  EXPECT_TRUE(Selects("days_since_last_order = 44", shopper));
}

TEST_F(NaiveEvaluatorTest, GiftsAreNotBoughtUnlessAskedFor) {
  Order order = Paid("2024-05-01", 10000);
  order.lines = {Line("p1", "面霜", 10000), Line("p9", "小样", 0)};
  const Shopper shopper = Make({order});
  EXPECT_FALSE(Selects("products_purchased MATCHES (title CONTAINS '小样')", shopper));
  EXPECT_FALSE(Selects("orders_placed MATCHES (title CONTAINS '小样')", shopper));
  EXPECT_TRUE(
      Selects("products_purchased MATCHES (title CONTAINS '小样', is_gift = TRUE)", shopper));
  EXPECT_TRUE(Selects("number_of_items = 1", shopper));
}

TEST_F(NaiveEvaluatorTest, PromotionsAreHalfOpenWindows) {
  const auto during = [&](base::InstantMs at) {
    Order order = Paid("2024-05-10", 100);
    order.created_at = at;
    order.paid_at = at;
    return Selects("orders_placed MATCHES (DURING '店庆2024')", Make({order}));
  };
  EXPECT_FALSE(during(At("2024-05-01") - 1));
  EXPECT_TRUE(during(At("2024-05-01")));
  EXPECT_TRUE(during(At("2024-05-04") - 1));
  EXPECT_FALSE(during(At("2024-05-04")));
}

TEST_F(NaiveEvaluatorTest, EmptyTextsOfOrdersAreAbsent) {
  Order given = Paid("2024-05-01", 100);
  given.terminal = "手机端";
  given.store_no = 1;
  const std::vector<Shopper> shop = {Make({Paid("2024-05-01", 100)}), Make({given})};
  EXPECT_THAT(Select("orders_placed MATCHES (terminal IS NULL)", shop), ElementsAre(1));
  EXPECT_THAT(Select("orders_placed MATCHES (terminal != '手机端')", shop), ElementsAre(1));
  EXPECT_THAT(Select("orders_placed MATCHES (store = 'main')", shop), ElementsAre(2));
  EXPECT_THAT(Select("orders_placed MATCHES (store IS NULL)", shop), ElementsAre(1));
  EXPECT_THAT(Select("orders_placed MATCHES (shipping_city IS NULL)", shop), ElementsAre(1, 2));
}

TEST_F(NaiveEvaluatorTest, IdentitiesAndTheirDomains) {
  Shopper shopper = Make();
  shopper.member.identities = {{1, IdentityKind::kEmail, "a@b@qq.com", 0},
                               {2, IdentityKind::kPhone, "+8613800000000", 0}};
  EXPECT_TRUE(Selects("HAS IDENTITY email", shopper));
  EXPECT_FALSE(Selects("HAS IDENTITY card", shopper));
  EXPECT_TRUE(Selects("email_domain = 'QQ.com'", shopper));
  EXPECT_TRUE(Selects("email_domain != 'b@qq.com'", shopper));
  EXPECT_TRUE(Selects("email_domain IS NULL", Make()));
}

TEST_F(NaiveEvaluatorTest, BucketsSplitAtTheirBound) {
  const Shopper shopper = Make();
  const int32_t bucket = BucketOf("salt", shopper.member.id);
  const auto percent = [](int32_t hundredths) {
    return base::StrCat(hundredths / 100, ".", hundredths % 100 < 10 ? "0" : "", hundredths % 100);
  };
  EXPECT_TRUE(Selects("BUCKET('salt') < " + percent(bucket + 1), shopper));
  EXPECT_FALSE(Selects("BUCKET('salt') < " + percent(bucket), shopper));
  EXPECT_TRUE(Selects("BUCKET('salt') >= " + percent(bucket), shopper));
}

}  // namespace
}  // namespace segmentation::domain::condition
