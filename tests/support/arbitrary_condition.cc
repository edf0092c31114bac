// ArbitraryTree: shapes and texts that no person would write.
#include <algorithm>
#include <optional>
#include <utility>

#include "server/domain/condition/limits.h"
#include "server/domain/condition/shape.h"
#include "tests/support/condition_generator.h"

namespace segmentation::testing_support {

using namespace domain::condition;  // NOLINT: the generator speaks the condition language

namespace {

class ArbitraryTreeMaker {
 public:
  explicit ArbitraryTreeMaker(std::mt19937_64& random) : random_(random) {}

  Node Tree(int leaves, int depth) {
    if (depth + 1 < kMaxDepth && Chance(20)) {
      return Node{Not{NodeBox(Tree(leaves, depth + 1))}, {}};
    }
    if (leaves < 2 || depth + 1 >= kMaxDepth) return Node{Leaf(), {}};
    const int parts = static_cast<int>(Draw(2, std::min(leaves, 5)));
    std::vector<Node> children;
    for (int i = 0; i < parts; ++i) {
      children.push_back(Tree(leaves / parts + (i < leaves % parts ? 1 : 0), depth + 1));
    }
    if (Chance(50)) return Node{And{std::move(children)}, {}};
    return Node{Or{std::move(children)}, {}};
  }

 private:
  int64_t Draw(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  bool Chance(int percent) { return Draw(1, 100) <= percent; }

  template <typename Enum>
  Enum DrawEnum(Enum last) {
    return static_cast<Enum>(Draw(1, static_cast<int64_t>(last)));
  }

  std::string Text() {
    static const std::vector<std::string> kPieces = {
        "'",  "''",   "\n", "\r\n",   "\t",     " ",      "  ", "%",     "_",     "\\",
        "\"", "(",    ")",  ",",      "@",      "-",      "--", "/",     ";",     "上",
        "海", "蕾丝", "😀",  "é",      "Ａ",     "（",     "且", "AND",   "today", "-7d",
        "3",  "x",    "Y",  "\u3000", "\u200b", "\u0301", "=",  "'now'", "\x01"};
    std::string text;
    for (int64_t count = Draw(1, 6); count > 0; --count) {
      text += kPieces[static_cast<size_t>(Draw(0, static_cast<int64_t>(kPieces.size()) - 1))];
    }
    return text;
  }

  std::string Name() {
    static const std::vector<std::string> kNames = {
        "city",     "amount_spent", "birthday", "x",     "_",        "a1",    "城市",
        "购买次数", "count",        "date",     "títle", "property", "tag_1", "名称2"};
    return kNames[static_cast<size_t>(Draw(0, static_cast<int64_t>(kNames.size()) - 1))];
  }

  int64_t Number() {
    switch (Draw(1, 4)) {
      case 1:
        return Draw(-10, 10);
      case 2:
        return Draw(INT64_MIN, INT64_MAX);
      case 3:
        return Chance(50) ? INT64_MIN : INT64_MAX;
      default:
        return Draw(-100'000, 100'000);
    }
  }

  template <typename Time>
  Time Span(typename Time::Unit unit, int32_t limit, typename Time::Unit zero_unit) {
    const auto amount = static_cast<int32_t>(Chance(10) ? limit : Draw(-limit, limit));
    return Time{amount == 0 ? zero_unit : unit, amount};
  }

  Literal AnyLiteral() {
    switch (Draw(1, 9)) {
      case 1:
      case 2:
        return {Chance(5) ? std::string() : Text(), {}};
      case 3:
        return {Number(), {}};
      case 4:
        return {DecimalLiteral{Number()}, {}};
      case 5:
        return {Chance(50), {}};
      case 6:
        return {RelativeDay{}, {}};
      case 7:
        return {
            Span<RelativeDay>(RelativeDay::Unit::kDay, kMaxRelativeDays, RelativeDay::Unit::kDay),
            {}};
      case 8:
        return Chance(50) ? Literal{Span<RelativeDay>(RelativeDay::Unit::kMonth, kMaxRelativeMonths,
                                                      RelativeDay::Unit::kDay),
                                    {}}
                          : Literal{Span<RelativeDay>(RelativeDay::Unit::kYear, kMaxRelativeYears,
                                                      RelativeDay::Unit::kDay),
                                    {}};
      default:
        return Chance(50)
                   ? Literal{Span<RollingTime>(RollingTime::Unit::kHour, kMaxRollingHours,
                                               RollingTime::Unit::kMinute),
                             {}}
                   : Literal{Span<RollingTime>(RollingTime::Unit::kMinute, kMaxRollingMinutes,
                                               RollingTime::Unit::kMinute),
                             {}};
    }
  }

  std::vector<Literal> Literals(Operator op) {
    std::vector<Literal> literals;
    const Operator positive = PositiveOf(op);
    if (positive == Operator::kWithin) {
      const bool hours = Chance(50);
      const auto amount =
          -static_cast<int32_t>(Draw(1, hours ? kMaxRollingHours : kMaxRollingMinutes));
      literals.emplace_back().value =
          RollingTime{hours ? RollingTime::Unit::kHour : RollingTime::Unit::kMinute, amount};
      return literals;
    }
    int64_t count = LiteralCountOf(op);
    if (count == kManyLiterals) count = Draw(1, 6);
    const bool text = positive == Operator::kContains || positive == Operator::kContainsAny ||
                      positive == Operator::kDuring;
    for (; count > 0; --count) {
      Literal literal = AnyLiteral();
      if (text) literal.value = Text();
      literals.push_back(std::move(literal));
    }
    return literals;
  }

  Operator AnyOperator(Operator last) { return DrawEnum(last); }

  Node::Body Leaf() {
    switch (Draw(1, 10)) {
      case 1:
      case 2: {
        const Operator op = AnyOperator(Operator::kWithin);
        return AttributeLeaf{Name(), op, Literals(op)};
      }
      case 3:
        return Tag();
      case 4:
        return GroupLeaf{Text(),
                         Chance(30) ? std::optional<int32_t>(Draw(1, INT32_MAX)) : std::nullopt};
      case 5:
        return IdentityLeaf{DrawEnum(domain::IdentityKind::kCard)};
      case 6: {
        ConsentLeaf leaf{DrawEnum(domain::Channel::kApp), Operator::kIsNull, std::nullopt};
        if (Chance(60)) {
          leaf.op = Chance(50) ? Operator::kEqual : Operator::kNotEqual;
          leaf.state = DrawEnum(domain::ConsentState::kOptedOut);
        } else if (Chance(50)) {
          leaf.op = Operator::kIsNotNull;
        }
        return leaf;
      }
      case 7: {
        static const std::vector<Operator> kOperators = {Operator::kEqual, Operator::kNotEqual,
                                                         Operator::kBetween, Operator::kNotBetween};
        const Operator op = kOperators[static_cast<size_t>(Draw(0, 3))];
        return AnniversaryLeaf{Name(), op, Literals(op)};
      }
      case 8:
        return Clause();
      case 9:
        return BucketLeaf{Text(), AnyOperator(Operator::kGreaterOrEqual),
                          static_cast<int32_t>(Draw(0, kFullPercent))};
      default:
        return Chance(50) ? TopLeaf{TopLeaf::Unit::kPercent, Draw(1, kFullPercent), Name()}
                          : TopLeaf{TopLeaf::Unit::kCount, Draw(1, kMaxTopCount), Name()};
    }
  }

  TagLeaf Tag() {
    TagLeaf leaf;
    leaf.category = Text();
    std::replace(leaf.category.begin(), leaf.category.end(), '/', '.');
    if (Chance(60)) leaf.value = Text();  // may hold '/'
    if (Chance(30)) {
      const Operator op = AnyOperator(Operator::kNotBetween);
      leaf.number = TagLeaf::NumberTest{op, Literals(op)};
    }
    std::vector<domain::TagSource> sources;
    for (int source = 1; source <= static_cast<int>(domain::TagSource::kModel); ++source) {
      if (Chance(30)) sources.push_back(static_cast<domain::TagSource>(source));
    }
    std::shuffle(sources.begin(), sources.end(), random_);
    leaf.sources = std::move(sources);
    if (Chance(30)) leaf.since = AnyLiteral();
    return leaf;
  }

  OrderClause Clause() {
    static const std::vector<RowField> kFields = {
        RowField::kDate,   RowField::kStatus, RowField::kTerminal, RowField::kAmount,
        RowField::kTitle,  RowField::kSku,    RowField::kProperty, RowField::kProperty,
        RowField::kIsGift, RowField::kRating, RowField::kFreight,  RowField::kShippingCity};
    OrderClause clause;
    clause.source = DrawEnum(OrderSource::kProductsPurchased);
    for (int64_t count = Draw(0, 4); count > 0; --count) {
      const RowField field =
          kFields[static_cast<size_t>(Draw(0, static_cast<int64_t>(kFields.size()) - 1))];
      const Operator op = AnyOperator(Operator::kNotDuring);
      clause.rows.push_back(
          {field, field == RowField::kProperty ? Text() : std::string(), op, Literals(op), {}});
    }
    for (int64_t count = Draw(0, 2); count > 0; --count) {
      Operator op = AnyOperator(Operator::kWithin);
      const Operator positive = PositiveOf(op);
      if (positive == Operator::kContains || positive == Operator::kContainsAny) {
        op = Operator::kEqual;  // no aggregate is a text
      }
      clause.aggregates.push_back({DrawEnum(RowAggregate::kLastDate), op, Literals(op), {}});
    }
    return clause;
  }

  std::mt19937_64& random_;
};

}  // namespace

Node ArbitraryTree(std::mt19937_64& random, int max_leaves) {
  const int leaves =
      static_cast<int>(std::uniform_int_distribution<int64_t>(1, max_leaves)(random));
  return ArbitraryTreeMaker(random).Tree(leaves, 0);
}

}  // namespace segmentation::testing_support
