#include "server/domain/condition/printer.h"

#include <cstdlib>

#include "absl/strings/str_replace.h"
#include "server/base/planted_fault.h"
#include "server/base/strings.h"
#include "server/domain/condition/keyword.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/row_field.h"

namespace segmentation::domain::condition {
namespace {

std::string Quote(std::string_view text) {
  return base::StrCat("'", absl::StrReplaceAll(base::ToAbsl(text), {{"'", "''"}}), "'");
}

// A scaled number with the digits its scale needs and no more, but at least `min_digits`.
std::string PrintScaled(int64_t scaled, int64_t scale, size_t min_digits) {
  // The magnitude of INT64_MIN has no int64.
  const uint64_t magnitude =
      scaled < 0 ? ~static_cast<uint64_t>(scaled) + 1 : static_cast<uint64_t>(scaled);
  const auto divisor = static_cast<uint64_t>(scale);
  std::string fraction =
      std::to_string(scale + static_cast<int64_t>(magnitude % divisor)).substr(1);
  while (fraction.size() > min_digits && fraction.back() == '0') fraction.pop_back();
  if (fraction.size() > 2 && base::PlantedFault("printer_cuts_decimals")) fraction.resize(2);
  return base::StrCat(scaled < 0 ? "-" : "", magnitude / divisor, fraction.empty() ? "" : ".",
                      fraction);
}

std::string PrintSpan(int64_t amount, std::string_view unit) {
  return base::StrCat(amount < 0 ? "" : "+", amount, unit);
}

std::string Print(const RelativeDay& day) {
  if (day.amount == 0) return std::string(SpellingOf(Keyword::kToday));
  switch (day.unit) {
    case RelativeDay::Unit::kDay:
      return PrintSpan(day.amount, "d");
    case RelativeDay::Unit::kMonth:
      return PrintSpan(day.amount, "m");
    case RelativeDay::Unit::kYear:
      return PrintSpan(day.amount, "y");
  }
  return "";
}

std::string Print(const RollingTime& time) {
  if (time.amount == 0) return std::string(SpellingOf(Keyword::kNow));
  return PrintSpan(time.amount, time.unit == RollingTime::Unit::kHour ? "h" : "min");
}

std::string PrintList(const std::vector<Literal>& literals) {
  std::string text = "(";
  for (size_t i = 0; i < literals.size(); ++i) {
    base::StrAppend(&text, i > 0 ? ", " : "", Print(literals[i]));
  }
  text += ")";
  return text;
}

// " = 3", " BETWEEN 1 AND 2", " WITHIN 30 MINUTES" …
std::string PrintTest(Operator op, const std::vector<Literal>& literals) {
  const std::string head = base::StrCat(" ", SpellingOf(op));
  switch (op) {
    case Operator::kIsNull:
    case Operator::kIsNotNull:
      return head;
    case Operator::kIn:
    case Operator::kNotIn:
    case Operator::kContainsAny:
    case Operator::kNotContainsAny:
      return base::StrCat(head, " ", PrintList(literals));
    case Operator::kBetween:
    case Operator::kNotBetween:
      return base::StrCat(head, " ", Print(literals.front()), " ", SpellingOf(Keyword::kAnd), " ",
                          Print(literals.back()));
    case Operator::kWithin: {
      const auto& span = std::get<RollingTime>(literals.front().value);
      const bool hours = span.unit == RollingTime::Unit::kHour;
      return base::StrCat(head, " ", -int64_t{span.amount}, " ",
                          SpellingOf(hours ? Keyword::kHours : Keyword::kMinutes));
    }
    default:
      return base::StrCat(head, " ", Print(literals.front()));
  }
}

std::string Print(const TagLeaf& leaf) {
  std::string name = leaf.category;
  if (leaf.value) base::StrAppend(&name, "/", *leaf.value);
  std::string text = base::StrCat("HAS TAG ", Quote(name));
  if (leaf.number) text += PrintTest(leaf.number->op, leaf.number->literals);
  for (size_t i = 0; i < leaf.sources.size(); ++i) {
    base::StrAppend(&text, i == 0 ? " FROM (" : ", ", Quote(NameOf(leaf.sources[i])));
  }
  if (!leaf.sources.empty()) text += ")";
  if (leaf.since) base::StrAppend(&text, " SINCE ", Print(*leaf.since));
  return text;
}

std::string Print(const GroupLeaf& leaf) {
  std::string text = base::StrCat("IN GROUP ", Quote(leaf.group_id));
  if (leaf.definition_revision) base::StrAppend(&text, "@", *leaf.definition_revision);
  return text;
}

std::string Print(const ConsentLeaf& leaf) {
  std::string text =
      base::StrCat("consent(", Quote(NameOf(leaf.channel)), ") ", SpellingOf(leaf.op));
  if (leaf.state) base::StrAppend(&text, " ", Quote(NameOf(*leaf.state)));
  return text;
}

std::string Print(const RowTerm& term) {
  const std::string_view name = InfoOf(term.field).name;
  // DURING alone means the order date.
  if (term.field == RowField::kDate &&
      (term.op == Operator::kDuring || term.op == Operator::kNotDuring)) {
    return PrintTest(term.op, term.literals).substr(1);
  }
  if (term.field == RowField::kProperty) {
    return base::StrCat(name, "(", Quote(term.argument), ")", PrintTest(term.op, term.literals));
  }
  return base::StrCat(name, PrintTest(term.op, term.literals));
}

std::string Print(const OrderClause& clause) {
  std::string text = base::StrCat(
      SpellingOf(clause.source == OrderSource::kOrdersPlaced ? Keyword::kOrdersPlaced
                                                             : Keyword::kProductsPurchased),
      " ", SpellingOf(Keyword::kMatches), " (");
  std::string_view separator = "";
  for (const RowTerm& term : clause.rows) {
    base::StrAppend(&text, separator, Print(term));
    separator = ", ";
  }
  for (const AggregateTerm& term : clause.aggregates) {
    base::StrAppend(&text, separator, InfoOf(term.aggregate).name,
                    PrintTest(term.op, term.literals));
    separator = ", ";
  }
  text += ")";
  return text;
}

std::string Print(const TopLeaf& leaf) {
  const std::string amount = leaf.unit == TopLeaf::Unit::kPercent
                                 ? base::StrCat(PrintScaled(leaf.amount, 100, 0), " PERCENT")
                                 : base::StrCat(leaf.amount);
  return base::StrCat("TOP ", amount, " BY ", leaf.attribute);
}

// How tightly a node binds: a child that binds no tighter than its parent gets brackets.
int PrecedenceOf(const Node& node) {
  if (std::holds_alternative<Or>(node.body)) return 1;
  if (std::holds_alternative<And>(node.body)) return 2;
  return 3;
}

std::string PrintChild(const Node& child, int parent_precedence) {
  const std::string text = Print(child);
  if (base::PlantedFault("printer_without_brackets")) return text;
  return PrecedenceOf(child) <= parent_precedence ? base::StrCat("(", text, ")") : text;
}

std::string PrintChildren(const std::vector<Node>& children, Keyword keyword, int precedence) {
  std::string text;
  for (size_t i = 0; i < children.size(); ++i) {
    if (i > 0) base::StrAppend(&text, " ", SpellingOf(keyword), " ");
    text += PrintChild(children[i], precedence);
  }
  return text;
}

}  // namespace

std::string_view SpellingOf(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return "=";
    case Operator::kNotEqual:
      return "!=";
    case Operator::kLess:
      return "<";
    case Operator::kLessOrEqual:
      return "<=";
    case Operator::kGreater:
      return ">";
    case Operator::kGreaterOrEqual:
      return ">=";
    case Operator::kIn:
      return "IN";
    case Operator::kNotIn:
      return "NOT IN";
    case Operator::kBetween:
      return "BETWEEN";
    case Operator::kNotBetween:
      return "NOT BETWEEN";
    case Operator::kContains:
      return "CONTAINS";
    case Operator::kNotContains:
      return "NOT CONTAINS";
    case Operator::kContainsAny:
      return "CONTAINS ANY";
    case Operator::kNotContainsAny:
      return "NOT CONTAINS ANY";
    case Operator::kIsNull:
      return "IS NULL";
    case Operator::kIsNotNull:
      return "IS NOT NULL";
    case Operator::kWithin:
      return "WITHIN";
    case Operator::kDuring:
      return "DURING";
    case Operator::kNotDuring:
      return "NOT DURING";
  }
  return "";
}

std::string Print(const Literal& literal) {
  return std::visit(
      Visitor{[](const std::string& text) { return Quote(text); },
              [](int64_t number) { return std::to_string(number); },
              [](const DecimalLiteral& d) { return PrintScaled(d.scaled, kDecimalScale, 1); },
              [](bool value) {
                return std::string(SpellingOf(value ? Keyword::kTrue : Keyword::kFalse));
              },
              [](const RelativeDay& day) { return Print(day); },
              [](const RollingTime& time) { return Print(time); }},
      literal.value);
}

std::string Print(const Node& node) {
  return std::visit(
      Visitor{[](const And& n) { return PrintChildren(n.children, Keyword::kAnd, 2); },
              [](const Or& n) { return PrintChildren(n.children, Keyword::kOr, 1); },
              [](const Not& n) { return base::StrCat("NOT ", PrintChild(*n.child, 2)); },
              [](const AttributeLeaf& n) {
                return base::StrCat(n.attribute, PrintTest(n.op, n.literals));
              },
              [](const TagLeaf& n) { return Print(n); },
              [](const GroupLeaf& n) { return Print(n); },
              [](const IdentityLeaf& n) { return base::StrCat("HAS IDENTITY ", NameOf(n.kind)); },
              [](const ConsentLeaf& n) { return Print(n); },
              [](const AnniversaryLeaf& n) {
                return base::StrCat("anniversary(", n.attribute, ")", PrintTest(n.op, n.literals));
              },
              [](const OrderClause& n) { return Print(n); },
              [](const BucketLeaf& n) {
                return base::StrCat("BUCKET(", Quote(n.salt), ") ", SpellingOf(n.op), " ",
                                    PrintScaled(n.bound, 100, 0));
              },
              [](const TopLeaf& n) { return Print(n); }},
      node.body);
}

}  // namespace segmentation::domain::condition
