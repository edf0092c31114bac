// Limits at the cap and one beyond (T51), and shapes that no text can say (T42).
#include "server/domain/condition/limits.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/shape.h"

namespace segmentation::domain::condition {
namespace {

using base::Reason;

std::optional<Reason> ReasonOf(const absl::Status& status) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  return info ? std::optional(info->reason) : std::nullopt;
}

std::string Joined(int leaves, const std::string& keyword) {
  std::string text = "city = 'x'";
  for (int i = 1; i < leaves; ++i) text += " " + keyword + " city = 'x'";
  return text;
}

std::string List(size_t count) {
  std::string text = "pet_count IN (0";
  for (size_t i = 1; i < count; ++i) text += ", " + std::to_string(i);
  return text + ")";
}

// `levels` levels: NOT … NOT leaf.
Node Nested(int levels) {
  Node node{AttributeLeaf{"city", Operator::kIsNull, {}}, {}};
  for (int i = 1; i < levels; ++i) node = Node{Not{NodeBox(std::move(node))}, {}};
  return node;
}

TEST(Limits, Text) {
  std::string text = "city = 'x'";
  text.append(kMaxTextBytes - text.size(), ' ');
  EXPECT_TRUE(Parse(text).ok());
  EXPECT_EQ(ReasonOf(Parse(text + " ").status()), Reason::CONDITION_TOO_LARGE);
}

TEST(Limits, Nodes) {
  EXPECT_TRUE(Parse(Joined(kMaxNodes - 1, "AND")).ok());
  EXPECT_EQ(ReasonOf(Parse(Joined(kMaxNodes, "OR")).status()), Reason::CONDITION_TOO_LARGE);
  // The terms of a clause count as well.
  std::string clause = "orders_placed MATCHES (count > 0";
  for (int i = 2; i < kMaxNodes; ++i) clause += ", amount > 0";
  EXPECT_TRUE(Parse(clause + ")").ok());
  EXPECT_EQ(ReasonOf(Parse(clause + ", amount > 0)").status()), Reason::CONDITION_TOO_LARGE);
}

TEST(Limits, Depth) {
  EXPECT_TRUE(CheckShape(Nested(kMaxDepth)).ok());
  EXPECT_EQ(ReasonOf(CheckShape(Nested(kMaxDepth + 1))), Reason::CONDITION_TOO_LARGE);
  EXPECT_TRUE(Parse(Print(Nested(kMaxDepth))).ok());
  EXPECT_EQ(ReasonOf(Parse(Print(Nested(kMaxDepth + 1))).status()), Reason::CONDITION_TOO_LARGE);
  // Brackets that mean nothing do not get round it, and a flood of them costs nothing.
  EXPECT_EQ(ReasonOf(Parse(std::string(kMaxTextBytes, '(')).status()), Reason::CONDITION_TOO_LARGE);
}

TEST(Limits, Lists) {
  EXPECT_TRUE(Parse(List(kMaxListLiterals)).ok());
  EXPECT_EQ(ReasonOf(Parse(List(kMaxListLiterals + 1)).status()), Reason::CONDITION_TOO_LARGE);
  Node node{AttributeLeaf{"pet_count", Operator::kIn,
                          std::vector<Literal>(kMaxListLiterals + 1, Literal{int64_t{3}, {}})},
            {}};
  EXPECT_EQ(ReasonOf(CheckShape(node)), Reason::CONDITION_TOO_LARGE);
}

TEST(Limits, QuotedText) {
  const std::string longest(kMaxLiteralBytes, 'x');
  EXPECT_TRUE(Parse("city = '" + longest + "'").ok());
  EXPECT_EQ(ReasonOf(Parse("city = '" + longest + "x'").status()), Reason::CONDITION_TOO_LARGE);
  // Two quotes are one byte of the text.
  std::string quotes;
  for (size_t i = 0; i < kMaxLiteralBytes; ++i) quotes += "''";
  EXPECT_TRUE(Parse("city = '" + quotes + "'").ok());
}

// T40
TEST(Limits, NumbersAndSpans) {
  EXPECT_TRUE(Parse("x >= -36525d AND x >= -1200m AND x >= +100y AND x >= -8784h").ok());
  for (const char* text :
       {"x >= +36526d", "x >= -1201m", "x >= -101y", "x >= +8785h", "x >= -527041min",
        "x >= -99999999999999999999d", "x = 9223372036854775808", "x = 922337203685477.5808",
        "x WITHIN 527041 MINUTES", "x WITHIN 99999999999 HOURS"}) {
    EXPECT_EQ(ReasonOf(Parse(text).status()), Reason::CONDITION_LITERAL_OUT_OF_RANGE) << text;
  }
}

// T37
TEST(Limits, BytesThatAreNoTextAreRefused) {
  EXPECT_EQ(ReasonOf(Parse(std::string_view("city = 'a\0b'", 12)).status()), Reason::TEXT_HAS_NUL);
  EXPECT_EQ(ReasonOf(Parse("city = '\xff'").status()), Reason::TEXT_NOT_UTF8);
  const Node node{AttributeLeaf{"city", Operator::kEqual, {{std::string("\xc3"), {}}}}, {}};
  EXPECT_EQ(ReasonOf(CheckShape(node)), Reason::TEXT_NOT_UTF8);
}

// T42
TEST(Shape, EmptyListsAreRefused) {
  EXPECT_EQ(ReasonOf(CheckShape(Node{And{}, {}})), Reason::CONDITION_EMPTY_LIST);
  EXPECT_EQ(ReasonOf(CheckShape(Node{Or{}, {}})), Reason::CONDITION_EMPTY_LIST);
  for (Operator op :
       {Operator::kIn, Operator::kNotIn, Operator::kContainsAny, Operator::kNotContainsAny}) {
    EXPECT_EQ(ReasonOf(CheckShape(Node{AttributeLeaf{"city", op, {}}, {}})),
              Reason::CONDITION_EMPTY_LIST);
  }
}

TEST(Shape, TreesThatNoTextCanSayAreRefused) {
  const Literal three{int64_t{3}, {}};
  const Literal text{std::string("x"), {}};
  const Node leaf{AttributeLeaf{"city", Operator::kEqual, {text}}, {}};
  const std::vector<Node> wrong = {
      Node{And{{leaf}}, {}},
      Node{AttributeLeaf{"city", Operator::kEqual, {}}, {}},
      Node{AttributeLeaf{"city", Operator::kEqual, {text, text}}, {}},
      Node{AttributeLeaf{"city", Operator::kIsNull, {text}}, {}},
      Node{AttributeLeaf{"city", Operator::kBetween, {three}}, {}},
      Node{AttributeLeaf{"city", Operator::kContains, {three}}, {}},
      Node{AttributeLeaf{"city", Operator::kDuring, {text}}, {}},
      Node{AttributeLeaf{"x", Operator::kWithin, {three}}, {}},
      Node{AttributeLeaf{"x", Operator::kWithin, {{RollingTime{RollingTime::Unit::kHour, 3}, {}}}},
           {}},
      Node{AttributeLeaf{"x", Operator::kLess, {{RelativeDay{RelativeDay::Unit::kMonth, 0}, {}}}},
           {}},
      Node{AttributeLeaf{"x", Operator::kLess, {{RollingTime{RollingTime::Unit::kHour, 0}, {}}}},
           {}},
      Node{TagLeaf{"", std::nullopt, std::nullopt, {}, std::nullopt}, {}},
      Node{TagLeaf{"a/b", std::nullopt, std::nullopt, {}, std::nullopt}, {}},
      Node{TagLeaf{"a", "", std::nullopt, {}, std::nullopt}, {}},
      Node{TagLeaf{"a", "b", TagLeaf::NumberTest{Operator::kIsNull, {}}, {}, std::nullopt}, {}},
      Node{TagLeaf{"a", "b", std::nullopt, {TagSource::kRule, TagSource::kRule}, std::nullopt}, {}},
      Node{ConsentLeaf{Channel::kSms, Operator::kEqual, std::nullopt}, {}},
      Node{ConsentLeaf{Channel::kSms, Operator::kIsNull, ConsentState::kOptedIn}, {}},
      Node{ConsentLeaf{Channel::kSms, Operator::kLess, ConsentState::kOptedIn}, {}},
      Node{AnniversaryLeaf{"birthday", Operator::kLess, {three}}, {}},
      Node{GroupLeaf{"", std::nullopt}, {}},
      Node{BucketLeaf{"", Operator::kLess, 3}, {}},
      Node{BucketLeaf{"x", Operator::kIn, 3}, {}},
      Node{OrderClause{OrderSource::kOrdersPlaced,
                       {{RowField::kProperty, "", Operator::kEqual, {text}, {}}},
                       {}},
           {}},
      Node{OrderClause{OrderSource::kOrdersPlaced,
                       {{RowField::kTitle, "x", Operator::kEqual, {text}, {}}},
                       {}},
           {}},
      Node{OrderClause{OrderSource::kOrdersPlaced,
                       {},
                       {{RowAggregate::kCount, Operator::kContains, {text}, {}}}},
           {}},
  };
  for (size_t i = 0; i < wrong.size(); ++i) {
    EXPECT_EQ(ReasonOf(CheckShape(wrong[i])), Reason::CONDITION_SYNTAX) << "tree " << i;
  }
  for (const std::string name : {"", "City", "a b", "and", "3x", "a-b", "今天"}) {
    EXPECT_EQ(ReasonOf(CheckShape(Node{AttributeLeaf{name, Operator::kIsNull, {}}, {}})),
              Reason::CONDITION_UNKNOWN_ATTRIBUTE)
        << name;
  }
  EXPECT_EQ(ReasonOf(CheckShape(Node{BucketLeaf{"x", Operator::kLess, 10'001}, {}})),
            Reason::CONDITION_LITERAL_OUT_OF_RANGE);
  EXPECT_EQ(ReasonOf(CheckShape(Node{TopLeaf{TopLeaf::Unit::kPercent, 10'001, "x"}, {}})),
            Reason::CONDITION_LITERAL_OUT_OF_RANGE);
  EXPECT_EQ(ReasonOf(CheckShape(Node{GroupLeaf{"x", 0}, {}})),
            Reason::CONDITION_LITERAL_OUT_OF_RANGE);
}

}  // namespace
}  // namespace segmentation::domain::condition
