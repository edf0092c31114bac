#include "server/domain/condition/shape.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/condition/errors.h"
#include "server/domain/condition/keyword.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/row_field.h"

namespace segmentation::domain::condition {
namespace {

using base::Reason;

absl::Status OutOfRange(Position position, std::string_view what) {
  return ConditionError(Reason::CONDITION_LITERAL_OUT_OF_RANGE, position, what);
}

absl::Status Malformed(Position position, std::string_view what) {
  return ConditionError(Reason::CONDITION_SYNTAX, position, what);
}

absl::Status CheckQuoted(std::string_view text, Position position) {
  RETURN_IF_ERROR(base::CheckText(text, kConditionField));
  if (text.size() > kMaxLiteralBytes) {
    return ConditionError(Reason::CONDITION_TOO_LARGE, position,
                          base::StrCat("got a quoted text of ", text.size(),
                                       " bytes, want at most ", kMaxLiteralBytes));
  }
  return absl::OkStatus();
}

bool WithinLimit(int32_t amount, int32_t limit) { return amount >= -limit && amount <= limit; }

absl::Status CheckLiteral(const Literal& literal) {
  if (const auto* text = std::get_if<std::string>(&literal.value)) {
    return CheckQuoted(*text, literal.position);
  }
  if (const auto* day = std::get_if<RelativeDay>(&literal.value)) {
    const int32_t limit = day->unit == RelativeDay::Unit::kDay     ? kMaxRelativeDays
                          : day->unit == RelativeDay::Unit::kMonth ? kMaxRelativeMonths
                                                                   : kMaxRelativeYears;
    if (!WithinLimit(day->amount, limit)) {
      return OutOfRange(literal.position, base::StrCat("got a relative day of ", day->amount,
                                                       " units, want at most ", limit));
    }
    if (day->amount == 0 && day->unit != RelativeDay::Unit::kDay) {
      return Malformed(literal.position, "got a relative day of 0 months or years, want 0 days");
    }
  }
  if (const auto* time = std::get_if<RollingTime>(&literal.value)) {
    const int32_t limit =
        time->unit == RollingTime::Unit::kHour ? kMaxRollingHours : kMaxRollingMinutes;
    if (!WithinLimit(time->amount, limit)) {
      return OutOfRange(literal.position, base::StrCat("got a rolling time of ", time->amount,
                                                       " units, want at most ", limit));
    }
    if (time->amount == 0 && time->unit != RollingTime::Unit::kMinute) {
      return Malformed(literal.position, "got a rolling time of 0 hours, want 0 minutes");
    }
  }
  return absl::OkStatus();
}

bool IsSubstring(Operator op) {
  return PositiveOf(op) == Operator::kContains || PositiveOf(op) == Operator::kContainsAny;
}
bool IsDuring(Operator op) { return PositiveOf(op) == Operator::kDuring; }

// Whether all literals of an operator are quoted, whatever it compares.
bool TakesText(Operator op) { return IsSubstring(op) || IsDuring(op); }

absl::Status CheckTest(Operator op, const std::vector<Literal>& literals, Position position) {
  const int want = LiteralCountOf(op);
  const size_t got = literals.size();
  if (want == kManyLiterals) {
    if (got == 0) {
      return ConditionError(Reason::CONDITION_EMPTY_LIST, position,
                            base::StrCat(SpellingOf(op), " has an empty list"),
                            {{"at least one value"}, {}});
    }
    if (got > kMaxListLiterals) {
      return ConditionError(
          Reason::CONDITION_TOO_LARGE, position,
          base::StrCat("got a list of ", got, " values, want at most ", kMaxListLiterals));
    }
  } else if (got != static_cast<size_t>(want)) {
    return Malformed(position,
                     base::StrCat("got ", got, " values for ", SpellingOf(op), ", want ", want));
  }
  for (const Literal& literal : literals) RETURN_IF_ERROR(CheckLiteral(literal));
  if (op == Operator::kWithin) {
    const auto* span = std::get_if<RollingTime>(&literals.front().value);
    if (span == nullptr || span->amount >= 0) {
      return Malformed(position, "WITHIN wants a positive number of minutes or hours");
    }
  }
  if (TakesText(op)) {
    for (const Literal& literal : literals) {
      if (std::holds_alternative<std::string>(literal.value)) continue;
      return Malformed(literal.position, base::StrCat(SpellingOf(op), " wants a quoted text"));
    }
  }
  return absl::OkStatus();
}

// A name that the lexer reads as one word.
absl::Status CheckName(std::string_view name, Position position) {
  RETURN_IF_ERROR(base::CheckText(name, kConditionField));
  if (name.size() > kMaxNameBytes) {
    return ConditionError(
        Reason::CONDITION_TOO_LARGE, position,
        base::StrCat("got a name of ", name.size(), " bytes, want at most ", kMaxNameBytes));
  }
  bool plain = !name.empty() && !absl::ascii_isdigit(name.front()) && !IsReservedWord(name);
  for (char c : name) {
    plain = plain && (absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' ||
                      static_cast<unsigned char>(c) >= 0x80);
  }
  if (!plain) {
    return ConditionError(Reason::CONDITION_UNKNOWN_ATTRIBUTE, position,
                          base::StrCat("got ", Quoted(name), ", which is no attribute's name"));
  }
  return absl::OkStatus();
}

absl::Status CheckRequired(std::string_view text, std::string_view what, Position position) {
  RETURN_IF_ERROR(CheckQuoted(text, position));
  if (text.empty()) return Malformed(position, base::StrCat(what, " is empty"));
  return absl::OkStatus();
}

absl::Status CheckLeaf(const AttributeLeaf& leaf, Position position) {
  RETURN_IF_ERROR(CheckName(leaf.attribute, position));
  if (IsDuring(leaf.op)) {
    return Malformed(position, "DURING belongs into an order clause");
  }
  return CheckTest(leaf.op, leaf.literals, position);
}

absl::Status CheckLeaf(const TagLeaf& leaf, Position position) {
  RETURN_IF_ERROR(CheckRequired(leaf.category, "the tag's category", position));
  if (leaf.category.find('/') != std::string::npos) {
    return Malformed(position, "a tag category holds no '/'");
  }
  if (leaf.value) {
    RETURN_IF_ERROR(CheckRequired(*leaf.value, "the tag's value", position));
    RETURN_IF_ERROR(CheckQuoted(base::StrCat(leaf.category, "/", *leaf.value), position));
  }
  if (leaf.number) {
    if (leaf.number->op > Operator::kNotBetween) {
      return Malformed(position, "a tag's number is compared with numbers");
    }
    RETURN_IF_ERROR(CheckTest(leaf.number->op, leaf.number->literals, position));
  }
  for (size_t i = 0; i < leaf.sources.size(); ++i) {
    if (std::find(leaf.sources.begin(), leaf.sources.begin() + i, leaf.sources[i]) !=
        leaf.sources.begin() + i) {
      return Malformed(position,
                       base::StrCat("the source '", NameOf(leaf.sources[i]), "' is named twice"));
    }
  }
  return leaf.since ? CheckLiteral(*leaf.since) : absl::OkStatus();
}

absl::Status CheckLeaf(const GroupLeaf& leaf, Position position) {
  RETURN_IF_ERROR(CheckRequired(leaf.group_id, "the group's id", position));
  if (leaf.definition_revision && *leaf.definition_revision < 1) {
    return OutOfRange(position, base::StrCat("got the revision ", *leaf.definition_revision,
                                             " of a group, want 1 or more"));
  }
  return absl::OkStatus();
}

absl::Status CheckLeaf(const IdentityLeaf&, Position) { return absl::OkStatus(); }

absl::Status CheckLeaf(const ConsentLeaf& leaf, Position position) {
  const bool compares = leaf.op == Operator::kEqual || leaf.op == Operator::kNotEqual;
  const bool absence = leaf.op == Operator::kIsNull || leaf.op == Operator::kIsNotNull;
  if (!compares && !absence) {
    return Malformed(position, base::StrCat("got ", SpellingOf(leaf.op),
                                            " for a consent, want =, !=, IS NULL or IS NOT NULL"));
  }
  if (compares != leaf.state.has_value()) {
    return Malformed(position, "a consent compares with one state, IS NULL with none");
  }
  return absl::OkStatus();
}

absl::Status CheckLeaf(const AnniversaryLeaf& leaf, Position position) {
  RETURN_IF_ERROR(CheckName(leaf.attribute, position));
  const Operator positive = PositiveOf(leaf.op);
  if (positive != Operator::kEqual && positive != Operator::kBetween) {
    return Malformed(position,
                     base::StrCat("got ", SpellingOf(leaf.op),
                                  " for an anniversary, want =, !=, BETWEEN or NOT BETWEEN"));
  }
  return CheckTest(leaf.op, leaf.literals, position);
}

absl::Status CheckLeaf(const OrderClause& clause, Position) {
  for (const RowTerm& term : clause.rows) {
    RETURN_IF_ERROR(CheckTest(term.op, term.literals, term.position));
    if (term.field == RowField::kProperty) {
      RETURN_IF_ERROR(CheckRequired(term.argument, "the property's name", term.position));
    } else if (!term.argument.empty()) {
      return Malformed(term.position, base::StrCat(InfoOf(term.field).name, " takes no argument"));
    }
  }
  for (const AggregateTerm& term : clause.aggregates) {
    if (TakesText(term.op)) {
      return Malformed(term.position,
                       base::StrCat("got ", SpellingOf(term.op), " for an aggregate"));
    }
    RETURN_IF_ERROR(CheckTest(term.op, term.literals, term.position));
  }
  return absl::OkStatus();
}

absl::Status CheckLeaf(const BucketLeaf& leaf, Position position) {
  RETURN_IF_ERROR(CheckRequired(leaf.salt, "the bucket's salt", position));
  if (leaf.op < Operator::kEqual || leaf.op > Operator::kGreaterOrEqual) {
    return Malformed(position, base::StrCat("got ", SpellingOf(leaf.op),
                                            " for a bucket, want =, !=, <, <=, > or >="));
  }
  if (leaf.bound < 0 || leaf.bound > kFullPercent) {
    return OutOfRange(position, "a bucket is compared with 0 to 100 percent");
  }
  return absl::OkStatus();
}

absl::Status CheckLeaf(const TopLeaf& leaf, Position position) {
  RETURN_IF_ERROR(CheckName(leaf.attribute, position));
  const int64_t limit = leaf.unit == TopLeaf::Unit::kPercent ? kFullPercent : kMaxTopCount;
  if (leaf.amount < 1 || leaf.amount > limit) {
    return OutOfRange(position, leaf.unit == TopLeaf::Unit::kPercent
                                    ? "TOP wants 0.01 to 100 percent"
                                    : base::StrCat("TOP wants 1 to ", kMaxTopCount, " members"));
  }
  return absl::OkStatus();
}

int32_t OwnNodes(const Node& node) {
  const auto* clause = std::get_if<OrderClause>(&node.body);
  if (clause == nullptr) return 1;
  return static_cast<int32_t>(
      1 + std::min<size_t>(clause->rows.size() + clause->aggregates.size(), kMaxNodes));
}

// The children of AND, OR and NOT.
std::pair<const Node*, size_t> ChildrenOf(const Node& node) {
  if (const auto* all = std::get_if<And>(&node.body)) {
    return {all->children.data(), all->children.size()};
  }
  if (const auto* any = std::get_if<Or>(&node.body)) {
    return {any->children.data(), any->children.size()};
  }
  if (const auto* negation = std::get_if<Not>(&node.body)) return {&*negation->child, 1};
  return {nullptr, 0};
}

absl::Status CheckChildCount(const Node& node, size_t count) {
  if (std::holds_alternative<Not>(node.body) || count >= 2) return absl::OkStatus();
  const std::string_view name = std::holds_alternative<And>(node.body) ? "AND" : "OR";
  if (count == 0) {
    return ConditionError(Reason::CONDITION_EMPTY_LIST, node.position,
                          base::StrCat(name, " over nothing"), {{"two or more conditions"}, {}});
  }
  return Malformed(node.position, base::StrCat(name, " over one condition, want two or more"));
}

}  // namespace

absl::Status CheckShape(const Node& tree) {
  struct Level {
    const Node* node;
    int32_t depth;
  };
  std::vector<Level> open = {{&tree, 1}};
  int32_t nodes = 0;
  while (!open.empty()) {
    const auto [node, depth] = open.back();
    open.pop_back();
    nodes += OwnNodes(*node);
    if (nodes > kMaxNodes) {
      return ConditionError(Reason::CONDITION_TOO_LARGE, node->position,
                            base::StrCat("got more than ", kMaxNodes, " nodes"),
                            {{"a smaller condition, or saved groups as its parts"}, {}});
    }
    if (depth > kMaxDepth) {
      return ConditionError(Reason::CONDITION_TOO_LARGE, node->position,
                            base::StrCat("got more than ", kMaxDepth, " levels"),
                            {{"a flatter condition, or saved groups as its parts"}, {}});
    }
    const bool inner = std::holds_alternative<And>(node->body) ||
                       std::holds_alternative<Or>(node->body) ||
                       std::holds_alternative<Not>(node->body);
    if (inner) {
      const auto [children, count] = ChildrenOf(*node);
      RETURN_IF_ERROR(CheckChildCount(*node, count));
      // Children on the stack are bounded: more of them than nodes allowed cannot pass.
      const size_t taken = std::min<size_t>(count, kMaxNodes + 1);
      for (size_t i = taken; i > 0; --i) open.push_back({children + (i - 1), depth + 1});
      continue;
    }
    RETURN_IF_ERROR(std::visit(
        [position = node->position](const auto& leaf) -> absl::Status {
          using Leaf = std::decay_t<decltype(leaf)>;
          if constexpr (std::is_same_v<Leaf, And> || std::is_same_v<Leaf, Or> ||
                        std::is_same_v<Leaf, Not>) {
            return absl::OkStatus();
          } else {
            return CheckLeaf(leaf, position);
          }
        },
        node->body));
  }
  return absl::OkStatus();
}

int LiteralCountOf(Operator op) {
  switch (op) {
    case Operator::kIn:
    case Operator::kNotIn:
    case Operator::kContainsAny:
    case Operator::kNotContainsAny:
      return kManyLiterals;
    case Operator::kBetween:
    case Operator::kNotBetween:
      return 2;
    case Operator::kIsNull:
    case Operator::kIsNotNull:
      return 0;
    default:
      return 1;
  }
}

int32_t CountNodes(const Node& tree) {
  std::vector<const Node*> open = {&tree};
  int32_t nodes = 0;
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    nodes += OwnNodes(*node);
    const auto [children, count] = ChildrenOf(*node);
    for (size_t i = 0; i < count; ++i) open.push_back(children + i);
  }
  return nodes;
}

bool IsNegative(Operator op) { return PositiveOf(op) != op; }

Operator PositiveOf(Operator op) {
  switch (op) {
    case Operator::kNotEqual:
      return Operator::kEqual;
    case Operator::kNotIn:
      return Operator::kIn;
    case Operator::kNotBetween:
      return Operator::kBetween;
    case Operator::kNotContains:
      return Operator::kContains;
    case Operator::kNotContainsAny:
      return Operator::kContainsAny;
    case Operator::kIsNotNull:
      return Operator::kIsNull;
    case Operator::kNotDuring:
      return Operator::kDuring;
    default:
      return op;
  }
}

}  // namespace segmentation::domain::condition
