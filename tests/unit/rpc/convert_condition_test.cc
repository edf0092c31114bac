#include "server/rpc/convert_condition.h"

#include <random>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "server/base/calendar.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/shape.h"
#include "server/rpc/condition_problem.h"
#include "tests/support/condition_generator.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"
#include "tests/unit/rpc/error_matchers.h"

namespace segmentation::rpc {
namespace {

namespace cond = domain::condition;

v1::Condition Message(const std::string& text_proto) {
  v1::Condition message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text_proto, &message)) << text_proto;
  return message;
}

std::string FaultOf(const std::string& text_proto) {
  return Fault(FromProto(Message(text_proto), "condition.tree"));
}

void ExpectSameTree(const cond::Node& tree) {
  const v1::Condition message = ToProto(tree);
  const auto back = FromProto(message, "condition.tree");
  ASSERT_TRUE(back.ok()) << back.status() << "\n" << cond::Print(tree);
  ASSERT_TRUE(*back == tree) << cond::Print(tree) << "\nbecame\n" << cond::Print(*back);
  v1::Condition parsed;
  ASSERT_TRUE(parsed.ParseFromString(message.SerializeAsString()));
  ASSERT_EQ(parsed.SerializeAsString(), message.SerializeAsString());
}

// T43 [law] tree → message → tree, for trees of any shape and text.
TEST(ConvertCondition, ArbitraryTreesSurviveTheWayThroughTheApi) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 2'000; ++i) {
    const cond::Node tree = testing_support::ArbitraryTree(random, 12);
    ASSERT_TRUE(cond::CheckShape(tree).ok());
    ASSERT_NO_FATAL_FAILURE(ExpectSameTree(tree));
  }
}

// T43 [law] the same for conditions over a real shop, every feature of the language among them.
TEST(ConvertCondition, GeneratedConditionsSurviveTheWayThroughTheApi) {
  const uint64_t seed = testing_support::TestSeed();
  const auto shop = testing_support::GenerateShop({.seed = seed, .member_count = 50});
  testing_support::ConditionGenerator generator(
      shop.definitions, testing_support::CollectPools(shop.definitions, shop.members, shop.orders),
      cond::EvaluationContext{shop.as_ofs.front(), shop.zone}, seed, {});
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(ExpectSameTree(generator.Next().tree));
  }
}

TEST(ConvertCondition, TextAndTreeSayTheSame) {
  const struct {
    const char* text;
    const char* message;
  } kPairs[] = {
      {"number_of_orders >= 3",
       "attribute { attribute: 'number_of_orders' op: OPERATOR_GREATER_OR_EQUAL "
       "values { integer: 3 } }"},
      {"NOT orders_placed MATCHES (date >= -14d)",
       "negation { operand { order_clause { source: ORDER_SOURCE_ORDERS_PLACED terms { "
       "field: 'date' op: OPERATOR_GREATER_OR_EQUAL values { relative_date { offset: -14 "
       "unit: DATE_UNIT_DAY } } } } } }"},
      {"orders_placed MATCHES (created_at WITHIN 30 MINUTES)",
       "order_clause { source: ORDER_SOURCE_ORDERS_PLACED terms { field: 'created_at' "
       "op: OPERATOR_WITHIN values { rolling_time { offset: 30 unit: ROLLING_UNIT_MINUTE } } } }"},
      {"HAS TAG '肤质/油性' AND BUCKET('x') < 12.5",
       "all_of { operands { tag { category: '肤质' value: '油性' } } "
       "operands { bucket { salt: 'x' op: OPERATOR_LESS bound_basis_points: 1250 } } }"},
      {"TOP 10 PERCENT BY amount_spent",
       "top { share_basis_points: 1000 attribute: 'amount_spent' }"},
  };
  for (const auto& pair : kPairs) {
    const auto parsed = cond::Parse(pair.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    const auto converted = FromProto(Message(pair.message), "tree");
    ASSERT_TRUE(converted.ok()) << converted.status();
    EXPECT_TRUE(*parsed == *converted) << pair.text << "\n" << cond::Print(*converted);
  }
}

TEST(ConvertCondition, ErrorsSayWhereInTheTree) {
  EXPECT_EQ(FaultOf(""), "CONDITION_SYNTAX condition.tree");
  EXPECT_EQ(FaultOf("negation {}"), "CONDITION_SYNTAX condition.tree.negation.operand");
  EXPECT_EQ(FaultOf("all_of {}"), "CONDITION_EMPTY_LIST condition.tree.all_of");
  EXPECT_EQ(FaultOf("any_of { operands { identity { kind: IDENTITY_KIND_PHONE } } }"),
            "CONDITION_SYNTAX condition.tree.any_of");
  const std::string good = "operands { identity { kind: IDENTITY_KIND_PHONE } } ";
  EXPECT_EQ(FaultOf("all_of { " + good + "operands { attribute { attribute: 'city' } } }"),
            "ENUM_UNKNOWN condition.tree.all_of.operands[1].attribute.op");
  EXPECT_EQ(FaultOf("all_of { " + good +
                    "operands { attribute { attribute: 'city' op: OPERATOR_IN } } }"),
            "CONDITION_EMPTY_LIST condition.tree.all_of.operands[1].attribute");
  EXPECT_EQ(FaultOf("attribute { attribute: 'city' op: OPERATOR_EQUAL values {} }"),
            "CONDITION_SYNTAX condition.tree.attribute.values[0]");
  EXPECT_EQ(FaultOf("attribute { attribute: 'city' op: OPERATOR_EQUAL "
                    "values { decimal: '1.23456' } }"),
            "CONDITION_LITERAL_OUT_OF_RANGE condition.tree.attribute.values[0].decimal");
  EXPECT_EQ(FaultOf("attribute { attribute: 'city' op: OPERATOR_EQUAL "
                    "values { relative_date { offset: 99999999 unit: DATE_UNIT_DAY } } }"),
            "CONDITION_LITERAL_OUT_OF_RANGE condition.tree.attribute");
  EXPECT_EQ(FaultOf("attribute { attribute: 'city' op: OPERATOR_EQUAL "
                    "values { rolling_time { offset: -1 } } }"),
            "ENUM_UNKNOWN condition.tree.attribute.values[0].rolling_time.unit");
  EXPECT_EQ(FaultOf("attribute { attribute: 'first_order_at' op: OPERATOR_WITHIN "
                    "values { rolling_time { offset: -5 unit: ROLLING_UNIT_HOUR } } }"),
            "CONDITION_SYNTAX condition.tree.attribute.values[0].rolling_time.offset");
  EXPECT_EQ(FaultOf("tag { category: '' }"), "CONDITION_SYNTAX condition.tree.tag");
  EXPECT_EQ(FaultOf("tag { category: 'x' sources: TAG_SOURCE_UNSPECIFIED }"),
            "ENUM_UNKNOWN condition.tree.tag.sources[0]");
  EXPECT_EQ(FaultOf("group { group_id: 'vip' group_revision: 0 }"),
            "CONDITION_LITERAL_OUT_OF_RANGE condition.tree.group.group_revision");
  EXPECT_EQ(FaultOf("top { attribute: 'amount_spent' }"), "CONDITION_SYNTAX condition.tree.top");
  EXPECT_EQ(FaultOf("bucket { salt: 'a' op: OPERATOR_LESS bound_basis_points: 10001 }"),
            "CONDITION_LITERAL_OUT_OF_RANGE condition.tree.bucket");
  EXPECT_EQ(FaultOf("order_clause { terms { field: 'date' op: OPERATOR_IS_NULL } }"),
            "ENUM_UNKNOWN condition.tree.order_clause.source");
  const auto unknown = FromProto(Message("order_clause { source: ORDER_SOURCE_ORDERS_PLACED "
                                         "terms { field: 'titel' op: OPERATOR_IS_NULL } }"),
                                 "condition.tree");
  EXPECT_EQ(Fault(unknown),
            "CONDITION_UNKNOWN_ATTRIBUTE condition.tree.order_clause.terms[0].field");
  EXPECT_EQ(MetadataOf(unknown.status(), "near"), "title");
}

v1::Condition Nested(int levels) {
  v1::Condition leaf = Message("identity { kind: IDENTITY_KIND_PHONE }");
  for (int i = 1; i < levels; ++i) {
    v1::Condition outer;
    *outer.mutable_negation()->mutable_operand() = std::move(leaf);
    leaf = std::move(outer);
  }
  return leaf;
}

// T51
TEST(ConvertCondition, LimitsAreCheckedBeforeAnythingRecurses) {
  EXPECT_EQ(Fault(FromProto(Nested(cond::kMaxDepth), "t")), "OK");
  EXPECT_EQ(Fault(FromProto(Nested(cond::kMaxDepth + 1), "t")), "CONDITION_TOO_LARGE t");
  EXPECT_EQ(Fault(FromProto(Nested(5'000), "t")), "CONDITION_TOO_LARGE t");

  v1::Condition wide;
  const v1::Condition leaf = Nested(1);
  for (int i = 0; i < cond::kMaxNodes - 1; ++i) *wide.mutable_any_of()->add_operands() = leaf;
  EXPECT_EQ(Fault(FromProto(wide, "t")), "OK");
  *wide.mutable_any_of()->add_operands() = leaf;
  EXPECT_EQ(Fault(FromProto(wide, "t")), "CONDITION_TOO_LARGE t");

  v1::Condition list = Message("attribute { attribute: 'city' op: OPERATOR_IN }");
  for (size_t i = 0; i < cond::kMaxListLiterals; ++i) {
    list.mutable_attribute()->add_values()->set_integer(static_cast<int64_t>(i));
  }
  EXPECT_EQ(Fault(FromProto(list, "t")), "OK");
  list.mutable_attribute()->add_values()->set_integer(-1);
  EXPECT_EQ(Fault(FromProto(list, "t")), "CONDITION_TOO_LARGE t.attribute.values");
}

TEST(ConvertCondition, InputIsTextOrTree) {
  v1::ConditionInput input;
  EXPECT_EQ(Fault(FromProto(input, "condition")), "FIELD_REQUIRED condition");
  input.set_text("anything: it is parsed later");
  ASSERT_TRUE(FromProto(input, "condition").ok());
  *input.mutable_tree() = Message("negation {}");
  EXPECT_EQ(Fault(FromProto(input, "condition")),
            "CONDITION_SYNTAX condition.tree.negation.operand");
}

TEST(ConditionProblem, PointsIntoTheText) {
  v1::ConditionInput input;
  input.set_text("city = '上海' AND\n  orders_placed MATCHES (titel CONTAINS '蕾丝')");
  const auto parsed = cond::Parse(input.text());
  ASSERT_FALSE(parsed.ok());
  ASSERT_TRUE(IsConditionProblem(parsed.status()));
  const v1::ConditionProblem problem = ToConditionProblem(parsed.status(), input, "condition");
  EXPECT_EQ(problem.line(), 2);
  EXPECT_EQ(problem.column(), 26);
  EXPECT_EQ(problem.length(), 5);
  EXPECT_THAT(problem.near_matches(), testing::Contains("title"));
  EXPECT_EQ(problem.path(), "");
  EXPECT_NE(problem.message(), "");
}

TEST(ConditionProblem, NothingThereHasNoLength) {
  v1::ConditionInput input;
  input.set_text("city = ");
  const auto parsed = cond::Parse(input.text());
  ASSERT_FALSE(parsed.ok());
  const v1::ConditionProblem problem = ToConditionProblem(parsed.status(), input, "condition");
  EXPECT_EQ(problem.line(), 1);
  EXPECT_EQ(problem.length(), 0);
  EXPECT_FALSE(problem.expected().empty());
}

TEST(ConditionProblem, PointsIntoTheTree) {
  v1::ConditionInput input;
  *input.mutable_tree() = Message("negation { operand { attribute { attribute: 'city' } } }");
  const absl::Status status = FromProto(input, "condition").status();
  ASSERT_TRUE(IsConditionProblem(status));
  const v1::ConditionProblem problem = ToConditionProblem(status, input, "condition");
  EXPECT_EQ(problem.line(), 0);
  EXPECT_EQ(problem.column(), 0);
  EXPECT_EQ(problem.path(), "negation.operand.attribute.op");
}

TEST(ConditionProblem, FaultsOfTheCallAreNone) {
  for (const base::Reason reason :
       {base::Reason::DEADLINE_PASSED, base::Reason::DATABASE_UNAVAILABLE,
        base::Reason::FIELD_REQUIRED, base::Reason::INTERNAL, base::Reason::SHOP_NOT_FOUND}) {
    EXPECT_FALSE(IsConditionProblem(base::MakeError(reason, "condition", "no")));
  }
  EXPECT_FALSE(IsConditionProblem(absl::InternalError("no")));
}

}  // namespace
}  // namespace segmentation::rpc
