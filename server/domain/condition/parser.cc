#include "server/domain/condition/parser.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/condition/errors.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/condition/shape.h"
#include "server/domain/condition/token_cursor.h"
#include "server/domain/near_match.h"

namespace segmentation::domain::condition {
namespace {

using base::Reason;

struct Test {
  Operator op = Operator::kEqual;
  std::vector<Literal> literals;
};

// Where a test stands decides which operators its error messages offer.
enum class TestPlace : uint8_t { kAttribute, kRow, kAggregate, kTagNumber, kAnniversary };

std::vector<std::string> OperatorsAt(TestPlace place) {
  if (place == TestPlace::kAnniversary) return {"=", "!=", "BETWEEN", "NOT BETWEEN"};
  std::vector<std::string> words = {"=",  "!=", "<",      "<=",      ">",
                                    ">=", "IN", "NOT IN", "BETWEEN", "NOT BETWEEN"};
  if (place == TestPlace::kTagNumber) return words;
  if (place != TestPlace::kAggregate) {
    words.insert(words.end(), {"CONTAINS", "CONTAINS ANY", "NOT CONTAINS"});
  }
  words.insert(words.end(), {"IS NULL", "IS NOT NULL", "WITHIN"});
  if (place == TestPlace::kRow) words.push_back("DURING");
  return words;
}

class Parser : private TokenCursor {
 public:
  explicit Parser(std::string_view text) : TokenCursor(text) {}

  absl::StatusOr<Node> Run() {
    RETURN_IF_ERROR(Advance());
    ASSIGN_OR_RETURN(Node node, ParseOr());
    if (token_.kind != TokenKind::kEnd) return Unexpected({"AND", "OR", "the end"});
    return node;
  }

 private:
  // One more level of brackets or NOT around what follows.
  absl::Status Enter() {
    if (++depth_ <= kMaxDepth) return absl::OkStatus();
    return ConditionError(Reason::CONDITION_TOO_LARGE, token_.position,
                          base::StrCat("got more than ", kMaxDepth, " levels of brackets and NOT"));
  }

  // One more node; the tree is never larger than its limit.
  absl::Status CountNode(Position position) {
    if (++nodes_ <= kMaxNodes) return absl::OkStatus();
    return ConditionError(Reason::CONDITION_TOO_LARGE, position,
                          base::StrCat("got more than ", kMaxNodes, " nodes"),
                          {{"a smaller condition, or saved groups as its parts"}, {}});
  }

  absl::StatusOr<Node> ParseOr() {
    return ParseSequence<Or>(Keyword::kOr, [this] { return ParseAnd(); });
  }
  absl::StatusOr<Node> ParseAnd() {
    return ParseSequence<And>(Keyword::kAnd, [this] { return ParseUnary(); });
  }

  template <typename Sequence, typename ParseOperand>
  absl::StatusOr<Node> ParseSequence(Keyword keyword, ParseOperand parse_operand) {
    const Position position = token_.position;
    ASSIGN_OR_RETURN(Node first, parse_operand());
    if (!token_.Is(keyword)) return first;
    RETURN_IF_ERROR(CountNode(position));
    Sequence sequence;
    sequence.children.push_back(std::move(first));
    while (token_.Is(keyword)) {
      RETURN_IF_ERROR(Advance());
      ASSIGN_OR_RETURN(Node next, parse_operand());
      sequence.children.push_back(std::move(next));
    }
    return Node{std::move(sequence), position};
  }

  absl::StatusOr<Node> ParseUnary() {
    const Position position = token_.position;
    if (token_.Is(Keyword::kNot)) {
      RETURN_IF_ERROR(CountNode(position));
      RETURN_IF_ERROR(Enter());
      RETURN_IF_ERROR(Advance());
      ASSIGN_OR_RETURN(Node child, ParseUnary());
      --depth_;
      return Node{Not{NodeBox(std::move(child))}, position};
    }
    if (token_.Is("(")) {
      RETURN_IF_ERROR(Enter());
      RETURN_IF_ERROR(Advance());
      ASSIGN_OR_RETURN(Node inner, ParseOr());
      if (!token_.Is(")")) return Unexpected({"AND", "OR", "')'"});
      RETURN_IF_ERROR(Advance());
      --depth_;
      return inner;
    }
    return ParseLeaf();
  }

  absl::StatusOr<Node> ParseLeaf() {
    const Position position = token_.position;
    RETURN_IF_ERROR(CountNode(position));
    ASSIGN_OR_RETURN(Node::Body body, ParseLeafBody());
    return Node{std::move(body), position};
  }

  absl::StatusOr<Node::Body> ParseLeafBody() {
    if (token_.kind == TokenKind::kWord) return ParseAttribute();
    switch (token_.kind == TokenKind::kKeyword ? token_.keyword : Keyword::kNone) {
      case Keyword::kHas:
        return ParseHas();
      case Keyword::kIn:
        return ParseGroup();
      case Keyword::kConsent:
        return ParseConsent();
      case Keyword::kAnniversary:
        return ParseAnniversary();
      case Keyword::kOrdersPlaced:
      case Keyword::kProductsPurchased:
        return ParseClause();
      case Keyword::kBucket:
        return ParseBucket();
      case Keyword::kTop:
        return ParseTop();
      default:
        return Unexpected({"an attribute", "NOT", "'('", "HAS TAG", "HAS IDENTITY", "IN GROUP",
                           "orders_placed", "products_purchased", "consent", "anniversary",
                           "BUCKET", "TOP"});
    }
  }

  absl::StatusOr<Node::Body> ParseAttribute() {
    const Token name = token_;
    RETURN_IF_ERROR(Advance());
    // A name before MATCHES or a bracket was meant for a clause or a function.
    std::vector<std::string> known;
    if (token_.Is(Keyword::kMatches)) known = {"orders_placed", "products_purchased"};
    if (token_.Is("(")) known = {"anniversary", "consent", "BUCKET"};
    if (!known.empty()) {
      std::vector<std::string> near = NearOf(name.source, known);
      return ConditionError(Reason::CONDITION_SYNTAX, name.position,
                            base::StrCat("got ", Quoted(name.source)),
                            {std::move(known), std::move(near)});
    }
    AttributeLeaf leaf;
    leaf.attribute = name.text;
    ASSIGN_OR_RETURN(Test test, ParseTest(TestPlace::kAttribute));
    leaf.op = test.op;
    leaf.literals = std::move(test.literals);
    return Node::Body(std::move(leaf));
  }

  // IN (…), BETWEEN a AND b, = a …
  absl::StatusOr<Test> ParseTest(TestPlace place) {
    ASSIGN_OR_RETURN(Operator op, ParseOperator(place));
    Test test{op, {}};
    switch (LiteralCountOf(op)) {
      case 0:
        break;
      case kManyLiterals: {
        ASSIGN_OR_RETURN(test.literals, ParseList(op));
        break;
      }
      case 2: {
        ASSIGN_OR_RETURN(Literal low, ParseLiteral());
        RETURN_IF_ERROR(Expect(Keyword::kAnd));
        ASSIGN_OR_RETURN(Literal high, ParseLiteral());
        test.literals = {std::move(low), std::move(high)};
        break;
      }
      default: {
        ASSIGN_OR_RETURN(Literal literal, ParseOperand(op));
        test.literals.push_back(std::move(literal));
      }
    }
    return test;
  }

  // The one literal of an operator that takes one.
  absl::StatusOr<Literal> ParseOperand(Operator op) {
    switch (PositiveOf(op)) {
      case Operator::kWithin:
        return ParseWithin();
      case Operator::kDuring:
        return ParseQuoted("the id of a promotion in quotes");
      case Operator::kContains:
        return ParseQuoted("a quoted text");
      default:
        return ParseLiteral();
    }
  }

  absl::StatusOr<Operator> ParseOperator(TestPlace place) {
    constexpr std::pair<std::string_view, Operator> kComparisons[] = {
        {"=", Operator::kEqual},   {"!=", Operator::kNotEqual},
        {"<", Operator::kLess},    {"<=", Operator::kLessOrEqual},
        {">", Operator::kGreater}, {">=", Operator::kGreaterOrEqual},
    };
    const bool anniversary = place == TestPlace::kAnniversary;
    for (const auto& [symbol, op] : kComparisons) {
      if (!token_.Is(symbol)) continue;
      if (anniversary && op != Operator::kEqual && op != Operator::kNotEqual) break;
      RETURN_IF_ERROR(Advance());
      return op;
    }
    if (token_.Is(Keyword::kIs) && !anniversary && place != TestPlace::kTagNumber) {
      RETURN_IF_ERROR(Advance());
      ASSIGN_OR_RETURN(const bool is_not, Take(Keyword::kNot));
      if (!token_.Is(Keyword::kNull)) {
        return Unexpected(is_not ? std::vector<std::string>{"NULL"}
                                 : std::vector<std::string>{"NULL", "NOT NULL"});
      }
      RETURN_IF_ERROR(Advance());
      return is_not ? Operator::kIsNotNull : Operator::kIsNull;
    }
    const bool text = place == TestPlace::kAttribute || place == TestPlace::kRow;
    if (token_.Is(Keyword::kWithin) && (text || place == TestPlace::kAggregate)) {
      RETURN_IF_ERROR(Advance());
      return Operator::kWithin;
    }
    ASSIGN_OR_RETURN(const bool negated, Take(Keyword::kNot));
    if (token_.Is(Keyword::kBetween)) {
      RETURN_IF_ERROR(Advance());
      return negated ? Operator::kNotBetween : Operator::kBetween;
    }
    if (token_.Is(Keyword::kIn) && !anniversary) {
      RETURN_IF_ERROR(Advance());
      return negated ? Operator::kNotIn : Operator::kIn;
    }
    if (token_.Is(Keyword::kContains) && text) {
      RETURN_IF_ERROR(Advance());
      ASSIGN_OR_RETURN(const bool any, Take(Keyword::kAny));
      if (any) return negated ? Operator::kNotContainsAny : Operator::kContainsAny;
      return negated ? Operator::kNotContains : Operator::kContains;
    }
    if (token_.Is(Keyword::kDuring) && place == TestPlace::kRow) {
      RETURN_IF_ERROR(Advance());
      return negated ? Operator::kNotDuring : Operator::kDuring;
    }
    if (!negated) return Unexpected(OperatorsAt(place));
    std::vector<std::string> after_not = {"BETWEEN"};
    if (!anniversary) after_not.push_back("IN");
    if (text) after_not.push_back("CONTAINS");
    if (place == TestPlace::kRow) after_not.push_back("DURING");
    return Unexpected(std::move(after_not));
  }

  absl::StatusOr<std::vector<Literal>> ParseList(Operator op) {
    RETURN_IF_ERROR(Expect("("));
    if (token_.Is(")")) {
      return ConditionError(Reason::CONDITION_EMPTY_LIST, token_.position, "the list is empty",
                            {{"at least one value"}, {}});
    }
    const bool text_only = PositiveOf(op) == Operator::kContainsAny;
    std::vector<Literal> literals;
    while (true) {
      ASSIGN_OR_RETURN(Literal literal, text_only ? ParseQuoted("a quoted text") : ParseLiteral());
      if (literals.size() == kMaxListLiterals) {
        return ConditionError(
            Reason::CONDITION_TOO_LARGE, literal.position,
            base::StrCat("got a list of more than ", kMaxListLiterals, " values"));
      }
      literals.push_back(std::move(literal));
      if (token_.Is(")")) break;
      if (!token_.Is(",")) return Unexpected({"','", "')'"});
      RETURN_IF_ERROR(Advance());
    }
    RETURN_IF_ERROR(Advance());
    return literals;
  }

  // 30 MINUTES, 48 HOURS
  absl::StatusOr<Literal> ParseWithin() {
    Literal literal;
    literal.position = token_.position;
    const Token number = token_;
    ASSIGN_OR_RETURN(const int64_t amount, ParseCount("a number of minutes or hours", 1,
                                                      std::numeric_limits<int32_t>::max()));
    const bool hours = token_.Is(Keyword::kHours);
    if (!hours && !token_.Is(Keyword::kMinutes)) {
      // Days are calendar days, another construct (T15).
      return Unexpected({"MINUTES", "HOURS"});
    }
    const int32_t limit = hours ? kMaxRollingHours : kMaxRollingMinutes;
    if (amount > limit) {
      return ConditionError(
          Reason::CONDITION_LITERAL_OUT_OF_RANGE, number.position,
          base::StrCat("got ", amount, ", want at most ", limit, hours ? " hours" : " minutes"));
    }
    RETURN_IF_ERROR(Advance());
    literal.value = RollingTime{hours ? RollingTime::Unit::kHour : RollingTime::Unit::kMinute,
                                -static_cast<int32_t>(amount)};
    return literal;
  }

  absl::StatusOr<Node::Body> ParseHas() {
    RETURN_IF_ERROR(Advance());
    if (token_.Is(Keyword::kTag)) return ParseTag();
    if (!token_.Is(Keyword::kIdentity)) return Unexpected({"TAG", "IDENTITY"});
    RETURN_IF_ERROR(Advance());
    // A kind stands as a word or in quotes.
    std::string name = token_.source;
    if (token_.kind == TokenKind::kLiteral &&
        std::holds_alternative<std::string>(token_.literal.value)) {
      name = std::get<std::string>(token_.literal.value);
    }
    const std::optional<IdentityKind> kind = FindIdentityKind(name);
    if (!kind) return UnknownName(name, IdentityKindNames());
    RETURN_IF_ERROR(Advance());
    return Node::Body(IdentityLeaf{*kind});
  }

  absl::StatusOr<Node::Body> ParseTag() {
    RETURN_IF_ERROR(Advance());
    const Position position = token_.position;
    ASSIGN_OR_RETURN(const std::string name,
                     ParseQuotedText("a tag in quotes such as '肤质/油性'"));
    TagLeaf leaf;
    const size_t slash = name.find('/');  // at the first one: '罩杯大小/3/4罩杯'
    leaf.category = name.substr(0, slash);
    if (slash != std::string::npos) leaf.value = name.substr(slash + 1);
    if (leaf.category.empty() || (leaf.value && leaf.value->empty())) {
      return ConditionError(Reason::CONDITION_SYNTAX, position, base::StrCat("got ", Quoted(name)),
                            {{"'category'", "'category/value'"}, {}});
    }
    const bool number = token_.kind == TokenKind::kSymbol && token_.text != "(" &&
                        token_.text != ")" && token_.text != "," && token_.text != "@";
    if (number || token_.Is(Keyword::kIn) || token_.Is(Keyword::kNot) ||
        token_.Is(Keyword::kBetween)) {
      ASSIGN_OR_RETURN(Test test, ParseTest(TestPlace::kTagNumber));
      leaf.number = TagLeaf::NumberTest{test.op, std::move(test.literals)};
    }
    ASSIGN_OR_RETURN(const bool has_sources, Take(Keyword::kFrom));
    if (has_sources) RETURN_IF_ERROR(ParseTagSources(&leaf));
    ASSIGN_OR_RETURN(const bool has_since, Take(Keyword::kSince));
    if (has_since) {
      ASSIGN_OR_RETURN(leaf.since, ParseLiteral());
    }
    return Node::Body(std::move(leaf));
  }

  absl::Status ParseTagSources(TagLeaf* leaf) {
    RETURN_IF_ERROR(Expect("("));
    while (true) {
      const Position position = token_.position;
      ASSIGN_OR_RETURN(const TagSource source, ParseEnum(FindTagSource, TagSourceNames()));
      if (std::find(leaf->sources.begin(), leaf->sources.end(), source) != leaf->sources.end()) {
        return ConditionError(Reason::CONDITION_SYNTAX, position,
                              base::StrCat("the source '", NameOf(source), "' is named twice"));
      }
      leaf->sources.push_back(source);
      if (token_.Is(")")) return Advance();
      if (!token_.Is(",")) return Unexpected({"','", "')'"});
      RETURN_IF_ERROR(Advance());
    }
  }

  absl::StatusOr<Node::Body> ParseGroup() {
    RETURN_IF_ERROR(Advance());
    RETURN_IF_ERROR(Expect(Keyword::kGroup));
    GroupLeaf leaf;
    const Position position = token_.position;
    ASSIGN_OR_RETURN(leaf.group_id, ParseQuotedText("a group's id in quotes"));
    if (leaf.group_id.empty()) {
      return ConditionError(Reason::CONDITION_SYNTAX, position, "got ''",
                            {{"a group's id in quotes"}, {}});
    }
    if (token_.Is("@")) {
      RETURN_IF_ERROR(Advance());
      ASSIGN_OR_RETURN(const int64_t revision, ParseCount("a revision of the group", 1,
                                                          std::numeric_limits<int32_t>::max()));
      leaf.definition_revision = static_cast<int32_t>(revision);
    }
    return Node::Body(std::move(leaf));
  }

  absl::StatusOr<Node::Body> ParseConsent() {
    ConsentLeaf leaf;
    RETURN_IF_ERROR(Advance());
    RETURN_IF_ERROR(Expect("("));
    ASSIGN_OR_RETURN(leaf.channel, ParseEnum(FindChannel, ChannelNames()));
    RETURN_IF_ERROR(Expect(")"));
    if (token_.Is(Keyword::kIs)) {
      ASSIGN_OR_RETURN(leaf.op, ParseOperator(TestPlace::kAttribute));
      return Node::Body(leaf);
    }
    if (!token_.Is("=") && !token_.Is("!=")) {
      return Unexpected({"=", "!=", "IS NULL", "IS NOT NULL"});
    }
    leaf.op = token_.Is("=") ? Operator::kEqual : Operator::kNotEqual;
    RETURN_IF_ERROR(Advance());
    ASSIGN_OR_RETURN(leaf.state, ParseEnum(FindConsentState, ConsentStateNames()));
    return Node::Body(leaf);
  }

  absl::StatusOr<Node::Body> ParseAnniversary() {
    AnniversaryLeaf leaf;
    RETURN_IF_ERROR(Advance());
    RETURN_IF_ERROR(Expect("("));
    if (token_.kind != TokenKind::kWord) return Unexpected({"a date attribute such as birthday"});
    leaf.attribute = token_.text;
    RETURN_IF_ERROR(Advance());
    RETURN_IF_ERROR(Expect(")"));
    ASSIGN_OR_RETURN(Test test, ParseTest(TestPlace::kAnniversary));
    leaf.op = test.op;
    leaf.literals = std::move(test.literals);
    return Node::Body(std::move(leaf));
  }

  absl::StatusOr<Node::Body> ParseClause() {
    OrderClause clause;
    clause.source = token_.Is(Keyword::kOrdersPlaced) ? OrderSource::kOrdersPlaced
                                                      : OrderSource::kProductsPurchased;
    RETURN_IF_ERROR(Advance());
    RETURN_IF_ERROR(Expect(Keyword::kMatches));
    RETURN_IF_ERROR(Expect("("));
    if (token_.Is(")")) {  // any row at all
      RETURN_IF_ERROR(Advance());
      return Node::Body(std::move(clause));
    }
    while (true) {
      RETURN_IF_ERROR(CountNode(token_.position));
      RETURN_IF_ERROR(ParseClauseTerm(&clause));
      if (token_.Is(")")) break;
      if (!token_.Is(",")) return Unexpected({"','", "')'"});
      RETURN_IF_ERROR(Advance());
    }
    RETURN_IF_ERROR(Advance());
    return Node::Body(std::move(clause));
  }

  absl::Status ParseClauseTerm(OrderClause* clause) {
    const Token name = token_;
    if (name.Is(Keyword::kDuring) || name.Is(Keyword::kNot)) {  // of the order date
      ASSIGN_OR_RETURN(Operator op, ParseOperator(TestPlace::kRow));
      if (PositiveOf(op) != Operator::kDuring) {
        return ConditionError(Reason::CONDITION_SYNTAX, name.position, "got no name before NOT",
                              {{"a term such as date or title", "NOT DURING"}, {}});
      }
      RowTerm term{RowField::kDate, "", op, {}, name.position};
      ASSIGN_OR_RETURN(Literal promotion, ParseQuoted("the id of a promotion in quotes"));
      term.literals.push_back(std::move(promotion));
      clause->rows.push_back(std::move(term));
      return absl::OkStatus();
    }
    if (name.kind != TokenKind::kWord) {
      return Unexpected({"a term such as date or title", "an aggregate such as count", "DURING"});
    }
    const std::optional<RowField> field = FindRowField(name.text);
    const std::optional<RowAggregate> aggregate = FindRowAggregate(name.text);
    if (!field && !aggregate) return UnknownTerm(name);
    RETURN_IF_ERROR(Advance());
    if (aggregate) {
      ASSIGN_OR_RETURN(Test test, ParseTest(TestPlace::kAggregate));
      clause->aggregates.push_back({*aggregate, test.op, std::move(test.literals), name.position});
      return absl::OkStatus();
    }
    RowTerm term{*field, "", Operator::kEqual, {}, name.position};
    if (*field == RowField::kProperty) {
      RETURN_IF_ERROR(Expect("("));
      const Position position = token_.position;
      ASSIGN_OR_RETURN(term.argument, ParseQuotedText("a property's name in quotes"));
      if (term.argument.empty()) {
        return ConditionError(Reason::CONDITION_SYNTAX, position, "got ''",
                              {{"a property's name in quotes"}, {}});
      }
      RETURN_IF_ERROR(Expect(")"));
    }
    ASSIGN_OR_RETURN(Test test, ParseTest(TestPlace::kRow));
    term.op = test.op;
    term.literals = std::move(test.literals);
    clause->rows.push_back(std::move(term));
    return absl::OkStatus();
  }

  absl::Status UnknownTerm(const Token& name) const {
    std::vector<std::string_view> known;
    for (const RowFieldInfo& info : RowFields()) {
      known.push_back(info.name);
      known.insert(known.end(), info.aliases.begin(), info.aliases.end());
    }
    for (const RowAggregateInfo& info : RowAggregates()) {
      known.push_back(info.name);
      known.insert(known.end(), info.aliases.begin(), info.aliases.end());
    }
    return ConditionError(Reason::CONDITION_UNKNOWN_ATTRIBUTE, name.position,
                          base::StrCat("got ", Quoted(name.source)),
                          {{"a term such as date or title", "an aggregate such as count"},
                           NearMatches(name.source, known)});
  }

  // A percentage with at most two digits after the point, in 1/100 percent.
  static absl::StatusOr<int32_t> PercentOf(const Token& token, int32_t min) {
    int64_t scaled = 0;  // in 1/10,000 percent
    if (const auto* number = std::get_if<int64_t>(&token.literal.value)) {
      scaled = std::clamp<int64_t>(*number, -1, 101) * kDecimalScale;
    } else {
      scaled = std::get<DecimalLiteral>(token.literal.value).scaled;
    }
    const int64_t unit = kDecimalScale / 100;
    if (scaled % unit != 0 || scaled / unit < min || scaled / unit > kFullPercent) {
      return ConditionError(
          Reason::CONDITION_LITERAL_OUT_OF_RANGE, token.position,
          base::StrCat("got ", Quoted(token.source), ", want ", min == 0 ? "0" : "0.01",
                       " to 100 percent with at most 2 digits after the point"));
    }
    return static_cast<int32_t>(scaled / unit);
  }

  absl::StatusOr<Node::Body> ParseBucket() {
    BucketLeaf leaf;
    RETURN_IF_ERROR(Advance());
    RETURN_IF_ERROR(Expect("("));
    const Position position = token_.position;
    ASSIGN_OR_RETURN(leaf.salt, ParseQuotedText("a salt in quotes"));
    if (leaf.salt.empty()) {
      return ConditionError(Reason::CONDITION_SYNTAX, position, "got ''",
                            {{"a salt in quotes"}, {}});
    }
    RETURN_IF_ERROR(Expect(")"));
    const std::vector<std::string> comparisons = {"=", "!=", "<", "<=", ">", ">="};
    if (token_.kind != TokenKind::kSymbol ||
        std::find(comparisons.begin(), comparisons.end(), token_.text) == comparisons.end()) {
      return Unexpected(comparisons);
    }
    ASSIGN_OR_RETURN(leaf.op, ParseOperator(TestPlace::kTagNumber));
    const Token number = token_;
    if (number.kind != TokenKind::kLiteral ||
        (!std::holds_alternative<int64_t>(number.literal.value) &&
         !std::holds_alternative<DecimalLiteral>(number.literal.value))) {
      return Unexpected({"a percentage"});
    }
    ASSIGN_OR_RETURN(leaf.bound, PercentOf(number, 0));
    RETURN_IF_ERROR(Advance());
    return Node::Body(std::move(leaf));
  }

  // TOP 500 BY x, TOP 12.5 PERCENT BY x
  absl::StatusOr<Node::Body> ParseTop() {
    TopLeaf leaf;
    RETURN_IF_ERROR(Advance());
    const Token number = token_;
    const bool whole =
        number.kind == TokenKind::kLiteral && std::holds_alternative<int64_t>(number.literal.value);
    if (!whole && (number.kind != TokenKind::kLiteral ||
                   !std::holds_alternative<DecimalLiteral>(number.literal.value))) {
      return Unexpected({"a number of members", "a percentage"});
    }
    RETURN_IF_ERROR(Advance());
    // Whether it is a percentage is known only after the number.
    if (token_.Is(Keyword::kPercent)) {
      leaf.unit = TopLeaf::Unit::kPercent;
      ASSIGN_OR_RETURN(leaf.amount, PercentOf(number, 1));
      RETURN_IF_ERROR(Advance());
    } else if (whole) {
      leaf.amount = std::get<int64_t>(number.literal.value);
      if (leaf.amount < 1 || leaf.amount > kMaxTopCount) {
        return ConditionError(
            Reason::CONDITION_LITERAL_OUT_OF_RANGE, number.position,
            base::StrCat("got ", leaf.amount, ", want 1 to ", kMaxTopCount, " members"));
      }
    } else {
      return Unexpected({"PERCENT"});
    }
    RETURN_IF_ERROR(Expect(Keyword::kBy));
    if (token_.kind != TokenKind::kWord) {
      return Unexpected({"an attribute such as amount_spent"});
    }
    leaf.attribute = token_.text;
    RETURN_IF_ERROR(Advance());
    return Node::Body(std::move(leaf));
  }

  int32_t depth_ = 0;
  int32_t nodes_ = 0;
};

}  // namespace

absl::StatusOr<Node> Parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return ConditionError(
        Reason::CONDITION_TOO_LARGE, {},
        base::StrCat("got ", text.size(), " bytes, want at most ", kMaxTextBytes));
  }
  RETURN_IF_ERROR(base::CheckText(text, kConditionField));
  ASSIGN_OR_RETURN(Node node, Parser(text).Run());
  RETURN_IF_ERROR(CheckShape(node));
  return node;
}

}  // namespace segmentation::domain::condition
