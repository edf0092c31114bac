// What names and literals become: the bound tree.
#include "server/domain/condition/checker.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/domain/condition/literal_binder.h"
#include "server/domain/condition/normaliser.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/domain/order.h"
#include "tests/unit/condition/example_shop.h"

namespace segmentation::domain::condition {
namespace {

template <typename Body>
Body BoundOf(const std::string& text, const ShopDefinitions& shop = ExampleShop()) {
  const absl::StatusOr<Node> tree = Parse(text);
  EXPECT_TRUE(tree.ok()) << tree.status();
  absl::StatusOr<BoundNode> bound = Bind(*tree, shop);
  EXPECT_TRUE(bound.ok()) << bound.status();
  const auto* body = std::get_if<Body>(&bound->body);
  EXPECT_NE(body, nullptr) << text;
  return body == nullptr ? Body() : *body;
}

Predicate PredicateOf(const std::string& text, const ShopDefinitions& shop = ExampleShop()) {
  return BoundOf<BoundAttribute>(text, shop).predicate;
}

base::Reason ReasonOf(const std::string& text, const ShopDefinitions& shop = ExampleShop()) {
  const absl::StatusOr<Node> tree = Parse(text);
  const absl::Status status = tree.ok() ? Bind(*tree, shop).status() : tree.status();
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  EXPECT_TRUE(info.has_value()) << text;
  return info ? info->reason : base::Reason::INTERNAL;
}

// T01, T02: a negative operator is the positive one with a flag.
TEST(Checker, NegativeOperatorsAreComplements) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"city = 'x'", "city != 'x'"},
      {"city IN ('x', 'y')", "city NOT IN ('x', 'y')"},
      {"city CONTAINS 'x'", "city NOT CONTAINS 'x'"},
      {"city CONTAINS ANY ('x')", "city NOT CONTAINS ANY ('x')"},
      {"city IS NULL", "city IS NOT NULL"},
      {"pet_count BETWEEN 1 AND 2", "pet_count NOT BETWEEN 1 AND 2"},
      {"last_order_at = today", "last_order_at != today"},
      {"blocked = TRUE", "blocked != TRUE"},
  };
  for (const auto& [positive, negative] : pairs) {
    Predicate complement = PredicateOf(positive);
    EXPECT_FALSE(complement.negated) << positive;
    complement.negated = true;
    EXPECT_EQ(PredicateOf(negative), complement) << negative;
  }
}

// T36: literals fold as the attribute declares; ids stay bytes.
TEST(Checker, TextLiteralsFoldAsTheAttributeDeclares) {
  EXPECT_EQ(PredicateOf("city IN ('ＳＨＡＮＧＨＡＩ', 'shanghai', 'Beijing')"),
            (Predicate{TextSet{{"beijing", "shanghai"}}}));
  EXPECT_EQ(PredicateOf("member_id = 'Ａb '"), (Predicate{TextSet{{"Ａb "}}}));
  // T37, T38: blanks and wildcards mean themselves.
  EXPECT_EQ(PredicateOf("address CONTAINS ANY ('100%_', ' x ', '😀')"),
            (Predicate{TextContains{{" x ", "100%_", "😀"}}}));
  EXPECT_EQ(PredicateOf("level = 'GOLD'"), (Predicate{TextSet{{"gold"}}}));
}

// T29: money is exact in the currency's minor units.
TEST(Checker, MoneyIsInMinorUnitsOfTheShopsCurrency) {
  EXPECT_EQ(PredicateOf("amount_spent >= 300"), (Predicate{NumberRange{.min = 30'000}}));
  EXPECT_EQ(PredicateOf("amount_spent < 99.9"),
            (Predicate{NumberRange{.max = 9'990, .max_inclusive = false}}));
  ShopDefinitions yen = ExampleShop();
  yen.shop.currency = "JPY";
  yen.shop.currency_digits = 0;
  EXPECT_EQ(PredicateOf("amount_spent IN (300, 20, 300)", yen), (Predicate{NumberSet{{20, 300}}}));
  EXPECT_EQ(ReasonOf("amount_spent = 0.5", yen), base::Reason::CONDITION_LITERAL_OUT_OF_RANGE);
  ShopDefinitions dinar = ExampleShop();
  dinar.shop.currency_digits = 3;
  EXPECT_EQ(PredicateOf("amount_spent = 1.234", dinar), (Predicate{NumberSet{{1'234}}}));
  EXPECT_EQ(ReasonOf("amount_spent = 1.2345", dinar), base::Reason::CONDITION_LITERAL_OUT_OF_RANGE);
  // The greatest amounts, and one beyond.
  EXPECT_EQ(PredicateOf("amount_spent = 92233720368547758"),
            (Predicate{NumberSet{{9'223'372'036'854'775'800}}}));
  EXPECT_EQ(ReasonOf("amount_spent = 92233720368547759"),
            base::Reason::CONDITION_LITERAL_OUT_OF_RANGE);
}

TEST(Checker, DecimalsAreInTenThousandths) {
  EXPECT_EQ(PredicateOf("score > 2.5"),
            (Predicate{NumberRange{.min = 25'000, .min_inclusive = false}}));
  EXPECT_EQ(PredicateOf("score = 3"), (Predicate{NumberSet{{30'000}}}));
  EXPECT_EQ(ReasonOf("score = 922337203685478"), base::Reason::CONDITION_LITERAL_OUT_OF_RANGE);
}

TEST(Checker, TimesStayRelative) {
  const Predicate predicate = PredicateOf("last_order_at NOT BETWEEN -7d AND '2024-11-11 20:00'");
  const TimeTest want{
      ValueType::kInstant,
      Operator::kBetween,
      {RelativeDay{RelativeDay::Unit::kDay, -7}, *base::ParseLocalTime("2024-11-11 20:00", "t")}};
  EXPECT_EQ(predicate, (Predicate{want, true}));
  EXPECT_EQ(PredicateOf("birthday = today"),
            (Predicate{TimeTest{ValueType::kDate, Operator::kEqual, {RelativeDay{}}}}));
}

// T97: a status term makes the clause see all orders.
TEST(Checker, StatusTermSeesAllOrders) {
  const auto clause = BoundOf<BoundOrderClause>(
      "orders_placed MATCHES (created_at WITHIN 30 MINUTES, status NOT IN ('未付款', 'paid'))");
  EXPECT_TRUE(clause.all_orders);
  EXPECT_FALSE(clause.gift_lines);
  ASSERT_EQ(clause.order_terms.size(), 2u);
  EXPECT_EQ(clause.order_terms[1].predicate,
            (Predicate{NumberSet{{static_cast<int64_t>(OrderStatus::kUnpaid),
                                  static_cast<int64_t>(OrderStatus::kPaid)}},
                       true}));
  EXPECT_FALSE(BoundOf<BoundOrderClause>("orders_placed MATCHES (date >= -7d)").all_orders);
}

// No bound means count >= 1; a bound of its own replaces it.
TEST(Checker, DefaultBoundIsWrittenOut) {
  const auto bare = BoundOf<BoundOrderClause>("orders_placed MATCHES ()");
  ASSERT_EQ(bare.aggregates.size(), 1u);
  EXPECT_EQ(bare.aggregates[0].aggregate, RowAggregate::kCount);
  EXPECT_EQ(bare.aggregates[0].predicate, (Predicate{NumberRange{.min = 1}}));
  const auto sum = BoundOf<BoundOrderClause>("orders_placed MATCHES (sum_amount < 10)");
  ASSERT_EQ(sum.aggregates.size(), 1u);
  EXPECT_EQ(sum.aggregates[0].aggregate, RowAggregate::kSumAmount);
}

// T10: line terms stand apart from order terms; `amount` is the row's.
TEST(Checker, TermsSplitIntoThoseOfTheOrderAndThoseOfALine) {
  const std::string terms =
      " MATCHES (title CONTAINS '蕾丝', terminal = 'PC', amount > 5, property('Ｓize') = 35,"
      " is_gift = TRUE)";
  const auto orders = BoundOf<BoundOrderClause>("orders_placed" + terms);
  EXPECT_EQ(orders.order_terms.size(), 2u);
  EXPECT_EQ(orders.line_terms.size(), 3u);
  EXPECT_TRUE(orders.gift_lines);
  const auto lines = BoundOf<BoundOrderClause>("products_purchased" + terms);
  EXPECT_EQ(lines.order_terms.size(), 1u);
  ASSERT_EQ(lines.line_terms.size(), 4u);
  EXPECT_EQ(lines.line_terms[1].field, RowField::kAmount);
  EXPECT_EQ(lines.line_terms[2].property, "size");
  EXPECT_EQ(lines.line_terms[2].predicate, (Predicate{NumberSet{{350'000}}}));
}

TEST(Checker, PropertiesCompareAsTextOrNumber) {
  const auto text =
      BoundOf<BoundOrderClause>("products_purchased MATCHES (property('颜色') != 'Red')");
  EXPECT_EQ(text.line_terms[0].predicate, (Predicate{TextSet{{"red"}}, true}));
  EXPECT_EQ(ReasonOf("products_purchased MATCHES (property('颜色') IN ('red', 3))"),
            base::Reason::CONDITION_TYPE_MISMATCH);
}

TEST(Checker, ReferencesBecomeNumbers) {
  const ShopDefinitions shop = ExampleShop();
  EXPECT_EQ(BoundOf<BoundGroup>("IN GROUP 'lost'").group_no, 2u);
  EXPECT_EQ(BoundOf<BoundGroup>("IN GROUP 'vip'@3").definition_revision, 3);
  const auto tag = BoundOf<BoundTag>("HAS TAG '肤质/油皮' FROM ('rule', 'agent') SINCE -7d");
  ASSERT_TRUE(tag.tag_no.has_value());
  EXPECT_EQ(shop.tags.at(*tag.tag_no).value, "油性");
  EXPECT_EQ(tag.sources, (std::vector<TagSource>{TagSource::kAgent, TagSource::kRule}));
  ASSERT_TRUE(tag.since.has_value());
  EXPECT_EQ(tag.since->op, Operator::kGreaterOrEqual);
  const auto category = BoundOf<BoundTag>("HAS TAG '内衣.偏好风格'");
  EXPECT_FALSE(category.tag_no.has_value());
  EXPECT_EQ(shop.tag_categories.at(category.category_no).template_name, "内衣");
  const auto clause = BoundOf<BoundOrderClause>(
      "orders_placed MATCHES (NOT DURING '店庆2024', store IN ('jd-1', 'tmall-1'))");
  EXPECT_EQ(clause.order_terms[0].predicate,
            (Predicate{DuringTest{1, shop.promotions.at(1).windows}, true}));
  EXPECT_EQ(clause.order_terms[1].predicate, (Predicate{NumberSet{{1, 2}}}));
}

// T36: ids are compared byte by byte, also those that differ in case alone.
TEST(Checker, StoresAreFoundByTheirExactId) {
  ShopDefinitions shop = ExampleShop();
  shop.stores[3] = Store{3, "JD-1", "", "", {}};
  const auto stores = [&](const std::string& term) {
    return BoundOf<BoundOrderClause>("orders_placed MATCHES (" + term + ")", shop)
        .order_terms[0]
        .predicate;
  };
  EXPECT_EQ(stores("store = 'JD-1'"), (Predicate{NumberSet{{3}}}));
  EXPECT_EQ(stores("store = 'jd-1'"), (Predicate{NumberSet{{2}}}));
  EXPECT_EQ(stores("store NOT IN ('JD-1', 'tmall-1', 'JD-1')"),
            (Predicate{NumberSet{{1, 3}}, true}));
}

// consent IS NOT NULL is the positive test: a choice is in force.
TEST(Checker, ConsentsKnowOnlyOnePositiveTest) {
  const auto in_force = BoundOf<BoundConsent>("consent('sms') IS NOT NULL");
  EXPECT_FALSE(in_force.negated);
  EXPECT_FALSE(in_force.state.has_value());
  EXPECT_TRUE(BoundOf<BoundConsent>("consent('sms') IS NULL").negated);
  const auto other = BoundOf<BoundConsent>("consent('sms') != 'opted_in'");
  EXPECT_TRUE(other.negated);
  EXPECT_EQ(other.state, ConsentState::kOptedIn);
}

TEST(Checker, BucketsAreRangesOfTheTenThousand) {
  struct Row {
    std::string test;
    NumberRange range;
    bool negated;
  };
  const Row rows[] = {
      {"< 10", {.max = 1'000, .max_inclusive = false}, false},
      {"<= 12.5", {.max = 1'250}, false},
      {"> 0.01", {.min = 1, .min_inclusive = false}, false},
      {">= 100", {.min = 10'000}, false},
      {"= 5", {.min = 500, .max = 500}, false},
      {"!= 5", {.min = 500, .max = 500}, true},
  };
  for (const Row& row : rows) {
    const auto bucket = BoundOf<BoundBucket>("BUCKET('s') " + row.test);
    EXPECT_EQ(bucket.range, row.range) << row.test;
    EXPECT_EQ(bucket.negated, row.negated) << row.test;
  }
}

TEST(Checker, TopNeedsAnOrder) {
  const auto top = BoundOf<BoundTop>("TOP 12.5 PERCENT BY 累计消费");
  EXPECT_EQ(top.amount, 1'250);
  EXPECT_EQ(top.attribute.number, AttributeNo{kAttributeAmountSpent});
  EXPECT_EQ(ReasonOf("TOP 3 BY hobby"), base::Reason::CONDITION_TYPE_MISMATCH);
  EXPECT_EQ(ReasonOf("TOP 3 BY blocked"), base::Reason::CONDITION_TYPE_MISMATCH);
}

// Every operator a type lists is taken, every other refused.
TEST(Checker, OperatorsFollowTheType) {
  const ShopDefinitions shop = ExampleShop();
  int taken = 0, refused = 0;
  for (const auto& [type, attribute] :
       std::vector<std::pair<ValueType, std::string>>{{ValueType::kText, "city"},
                                                      {ValueType::kInteger, "pet_count"},
                                                      {ValueType::kDecimal, "score"},
                                                      {ValueType::kMoney, "monthly_income"},
                                                      {ValueType::kBoolean, "blocked"},
                                                      {ValueType::kDate, "birthday"},
                                                      {ValueType::kInstant, "registered_at"},
                                                      {ValueType::kEnum, "level"}}) {
    const std::vector<Operator> known = OperatorsOf(type);
    for (int op = 1; op <= static_cast<int>(Operator::kWithin); ++op) {
      const bool listed =
          std::find(known.begin(), known.end(), static_cast<Operator>(op)) != known.end();
      const std::string literal = type == ValueType::kText      ? "'x'"
                                  : type == ValueType::kEnum    ? "'gold'"
                                  : type == ValueType::kBoolean ? "TRUE"
                                  : type == ValueType::kDate    ? "today"
                                  : type == ValueType::kInstant ? "today"
                                                                : "3";
      Node leaf{AttributeLeaf{attribute, static_cast<Operator>(op), {}}, {}};
      auto& literals = std::get<AttributeLeaf>(leaf.body).literals;
      const absl::StatusOr<Node> sample = Parse(attribute + " = " + literal);
      ASSERT_TRUE(sample.ok());
      const Literal value = std::get<AttributeLeaf>(sample->body).literals[0];
      switch (static_cast<Operator>(op)) {
        case Operator::kIsNull:
        case Operator::kIsNotNull:
          break;
        case Operator::kWithin:
          literals = {Literal{RollingTime{RollingTime::Unit::kHour, -1}, {}}};
          break;
        case Operator::kBetween:
        case Operator::kNotBetween:
          literals = {value, value};
          break;
        case Operator::kContains:
        case Operator::kNotContains:
        case Operator::kContainsAny:
        case Operator::kNotContainsAny:
          literals = {Literal{std::string("x"), {}}};
          break;
        default:
          literals = {value};
      }
      const absl::Status status = Bind(leaf, shop).status();
      EXPECT_EQ(status.ok(), listed) << Print(leaf) << ": " << status;
      ++(listed ? taken : refused);
    }
  }
  EXPECT_GT(taken, 50);
  EXPECT_GT(refused, 20);
}

TEST(Normaliser, RewritesKeepTheMeaning) {
  const ShopDefinitions shop = ExampleShop();
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"(城市 = 'a' OR city = 'b') OR city = 'c'", "city = 'a' OR city = 'b' OR city = 'c'"},
      {"city = 'a' AND NOT NOT (city = 'b' AND city = 'c')",
       "city = 'a' AND city = 'b' AND city = 'c'"},
      {"NOT NOT NOT city = 'a'", "NOT city = 'a'"},
      {"NOT (city = 'a' OR (city = 'b' AND city = 'c'))",
       "NOT (city = 'a' OR city = 'b' AND city = 'c')"},
      {"pet_count IN (1, 2, 1) AND score IN (1.0, 1, 1.5)",
       "pet_count IN (1, 2) AND score IN (1, 1.5)"},
      {"level = 'ＧＯＬＤ'", "level = 'gold'"},
      {"orders_placed MATCHES (amount >= 10.00, status != '交易关闭')",
       "orders_placed MATCHES (amount >= 10, status != 'closed')"},
  };
  for (const auto& [text, canonical] : rows) {
    const absl::StatusOr<Node> tree = Parse(text);
    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_EQ(Print(Normalise(*tree, shop)), canonical) << text;
  }
}

}  // namespace
}  // namespace segmentation::domain::condition
