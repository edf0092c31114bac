#include "server/domain/condition/checker.h"

#include <algorithm>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/errors.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/literal_binder.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/condition/shape.h"
#include "server/domain/condition/token_cursor.h"

namespace segmentation::domain::condition {
namespace {

using base::Reason;

std::string FullNameOf(const TagCategory& category) {
  return category.template_name.empty() ? category.name
                                        : base::StrCat(category.template_name, ".", category.name);
}

absl::Status UnknownReference(Position position, std::string_view what, std::string_view name,
                              const std::vector<std::string>& known) {
  return ConditionError(
      Reason::CONDITION_UNKNOWN_REFERENCE, position,
      base::StrCat("got the ", what, " ", Quoted(name), ", which this shop does not have"),
      {{}, NearOf(name, known)});
}

absl::Status Mismatch(Position position, std::string_view what, std::string_view want) {
  return ConditionError(Reason::CONDITION_TYPE_MISMATCH, position, what, {{std::string(want)}, {}});
}

class Checker {
 public:
  explicit Checker(const ShopDefinitions& definitions)
      : definitions_(definitions), catalogue_(definitions) {}

  // Recursion is bounded by CheckShape.
  absl::StatusOr<BoundNode> BindNode(const Node& node) const {
    const Position position = node.position;
    return std::visit([&](const auto& body) { return BindBody(body, position); }, node.body);
  }

 private:
  absl::StatusOr<BoundNode> BindBody(const And& body, Position) const {
    BoundAnd bound;
    RETURN_IF_ERROR(BindChildren(body.children, &bound.children));
    return BoundNode{std::move(bound)};
  }
  absl::StatusOr<BoundNode> BindBody(const Or& body, Position) const {
    BoundOr bound;
    RETURN_IF_ERROR(BindChildren(body.children, &bound.children));
    return BoundNode{std::move(bound)};
  }
  absl::StatusOr<BoundNode> BindBody(const Not& body, Position) const {
    ASSIGN_OR_RETURN(BoundNode child, BindNode(*body.child));
    BoundNot bound;
    bound.child.push_back(std::move(child));
    return BoundNode{std::move(bound)};
  }

  absl::Status BindChildren(const std::vector<Node>& children,
                            std::vector<BoundNode>* bound) const {
    for (const Node& child : children) {
      ASSIGN_OR_RETURN(BoundNode node, BindNode(child));
      bound->push_back(std::move(node));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<const Attribute*> FindAttribute(std::string_view name, Position position) const {
    const Attribute* attribute = catalogue_.Find(name);
    if (attribute != nullptr) return attribute;
    return ConditionError(Reason::CONDITION_UNKNOWN_ATTRIBUTE, position,
                          base::StrCat("got ", Quoted(name), ", which is no attribute"),
                          {{}, catalogue_.NearMatches(name)});
  }

  static AttributeReference ReferenceTo(const Attribute& a) {
    return {a.number, a.type, a.folding, a.source, a.aggregate, a.multi_valued, a.pii};
  }

  absl::StatusOr<BoundNode> BindBody(const AttributeLeaf& leaf, Position position) const {
    ASSIGN_OR_RETURN(const Attribute* attribute, FindAttribute(leaf.attribute, position));
    TestTarget target;
    target.name = leaf.attribute;
    target.type = attribute->type;
    target.folding = attribute->folding;
    target.enum_values = attribute->enum_values;
    target.currency_digits = definitions_.shop.currency_digits;
    ASSIGN_OR_RETURN(Predicate predicate, BindTest(target, leaf.op, leaf.literals, position));
    return BoundNode{BoundAttribute{ReferenceTo(*attribute), std::move(predicate)}};
  }

  absl::StatusOr<BoundNode> BindBody(const TagLeaf& leaf, Position position) const {
    ASSIGN_OR_RETURN(const TagCategory* category, FindCategory(leaf.category, position));
    BoundTag bound;
    bound.category_no = category->number;
    if (leaf.value) {
      const Tag* tag = FindTag(category->number, *leaf.value, definitions_);
      if (tag == nullptr) return UnknownTag(*category, *leaf.value, position);
      bound.tag_no = tag->number;
    }
    if (leaf.number) {
      if (category->kind != TagCategoryKind::kNumeric) {
        return Mismatch(position,
                        base::StrCat("the tags of ", Quoted(leaf.category), " carry no number"),
                        "a category of numbers");
      }
      TestTarget target;
      target.name = leaf.category;
      target.type = ValueType::kDecimal;
      ASSIGN_OR_RETURN(bound.number,
                       BindTest(target, leaf.number->op, leaf.number->literals, position));
    }
    bound.sources = leaf.sources;
    std::sort(bound.sources.begin(), bound.sources.end());
    if (leaf.since) {
      ASSIGN_OR_RETURN(TimeLiteral since, BindTime(*leaf.since, ValueType::kInstant, "SINCE"));
      bound.since = TimeTest{ValueType::kInstant, Operator::kGreaterOrEqual, {std::move(since)}};
    }
    return BoundNode{std::move(bound)};
  }

  absl::StatusOr<const TagCategory*> FindCategory(std::string_view name, Position position) const {
    bool ambiguous = false;
    const TagCategory* category = FindTagCategory(name, definitions_, &ambiguous);
    if (category != nullptr) return category;
    std::vector<std::string> known;
    for (const auto& [number, candidate] : definitions_.tag_categories) {
      if (!ambiguous) known.push_back(candidate.name);
      if (!ambiguous || candidate.name == name) known.push_back(FullNameOf(candidate));
    }
    if (!ambiguous) return UnknownReference(position, "tag category", name, known);
    return ConditionError(
        Reason::CONDITION_UNKNOWN_REFERENCE, position,
        base::StrCat("got the tag category ", Quoted(name), ", which several templates have"),
        {{}, known});
  }

  absl::Status UnknownTag(const TagCategory& category, std::string_view value,
                          Position position) const {
    std::vector<std::string> known;
    for (const auto& [number, tag] : definitions_.tags) {
      if (tag.category_no == category.number) known.push_back(tag.value);
    }
    return UnknownReference(position, base::StrCat("tag of ", Quoted(category.name)), value, known);
  }

  absl::StatusOr<BoundNode> BindBody(const GroupLeaf& leaf, Position position) const {
    for (const auto& [number, group] : definitions_.groups) {
      if (group.id != leaf.group_id) continue;
      if (leaf.definition_revision && *leaf.definition_revision > group.group_revision) {
        return ConditionError(
            Reason::CONDITION_UNKNOWN_REFERENCE, position,
            base::StrCat("got revision ", *leaf.definition_revision, " of the group ",
                         Quoted(leaf.group_id), ", the newest is ", group.group_revision));
      }
      return BoundNode{BoundGroup{number, leaf.definition_revision}};
    }
    std::vector<std::string> known;
    for (const auto& [number, group] : definitions_.groups) known.push_back(group.id);
    return UnknownReference(position, "group", leaf.group_id, known);
  }

  absl::StatusOr<BoundNode> BindBody(const IdentityLeaf& leaf, Position) const {
    return BoundNode{BoundIdentity{leaf.kind}};
  }

  absl::StatusOr<BoundNode> BindBody(const ConsentLeaf& leaf, Position) const {
    // IS NOT NULL is "a choice is in force"; IS NULL its complement.
    const bool negated = leaf.op == Operator::kNotEqual || leaf.op == Operator::kIsNull;
    return BoundNode{BoundConsent{leaf.channel, leaf.state, negated}};
  }

  absl::StatusOr<BoundNode> BindBody(const AnniversaryLeaf& leaf, Position position) const {
    ASSIGN_OR_RETURN(const Attribute* attribute, FindAttribute(leaf.attribute, position));
    if (attribute->type != ValueType::kDate) {
      return Mismatch(position, base::StrCat("got ", Quoted(leaf.attribute), ", which is no date"),
                      "a date attribute such as birthday");
    }
    BoundAnniversary bound;
    bound.attribute = ReferenceTo(*attribute);
    ASSIGN_OR_RETURN(bound.from, BindTime(leaf.literals.front(), ValueType::kDate, leaf.attribute));
    ASSIGN_OR_RETURN(bound.until, BindTime(leaf.literals.back(), ValueType::kDate, leaf.attribute));
    RETURN_IF_ERROR(CheckOrder(bound.from, bound.until, leaf.literals.front().position));
    bound.negated = IsNegative(leaf.op);
    return BoundNode{std::move(bound)};
  }

  absl::StatusOr<BoundNode> BindBody(const OrderClause& clause, Position) const {
    BoundOrderClause bound;
    bound.source = clause.source;
    for (const RowTerm& term : clause.rows) {
      ASSIGN_OR_RETURN(BoundRowTerm row, BindRow(term));
      bound.all_orders = bound.all_orders || term.field == RowField::kStatus;
      bound.gift_lines = bound.gift_lines || term.field == RowField::kIsGift;
      // The net of a row of lines is the line's.
      const bool line =
          InfoOf(term.field).line ||
          (clause.source == OrderSource::kProductsPurchased && term.field == RowField::kAmount);
      (line ? bound.line_terms : bound.order_terms).push_back(std::move(row));
    }
    for (const AggregateTerm& term : clause.aggregates) {
      ASSIGN_OR_RETURN(BoundAggregateTerm aggregate, BindAggregate(term, clause.source));
      bound.aggregates.push_back(std::move(aggregate));
    }
    if (bound.aggregates.empty()) {
      bound.aggregates.push_back({RowAggregate::kCount, Predicate{NumberRange{.min = 1}}});
    }
    return BoundNode{std::move(bound)};
  }

  absl::StatusOr<BoundRowTerm> BindRow(const RowTerm& term) const {
    const RowFieldInfo& info = InfoOf(term.field);
    BoundRowTerm bound;
    bound.field = term.field;
    if (PositiveOf(term.op) == Operator::kDuring) {
      ASSIGN_OR_RETURN(bound.predicate, BindDuring(term, info));
      return bound;
    }
    TestTarget target;
    target.name = info.name;
    target.type = info.type;
    target.folding = info.folding;
    target.currency_digits = definitions_.shop.currency_digits;
    const std::vector<std::string> statuses = OrderStatusNames();
    switch (term.field) {
      case RowField::kStatus: {
        target.enum_values = statuses;
        std::vector<Literal> names = term.literals;
        for (Literal& literal : names) UseCanonicalStatus(&literal);
        ASSIGN_OR_RETURN(bound.predicate, BindTest(target, term.op, names, term.position));
        ToNumbers(&bound.predicate, [](const std::string& name) {
          return static_cast<int64_t>(*FindOrderStatus(name));
        });
        return bound;
      }
      case RowField::kStore:
        return BindStore(target, term, std::move(bound));
      case RowField::kRating:
        target.min = 1;
        target.max = 5;
        break;
      case RowField::kProperty:
        bound.property = base::Fold(static_cast<base::Folding>(info.folding), term.argument);
        if (ComparesNumber(term)) target.type = ValueType::kDecimal;
        break;
      default:
        break;
    }
    ASSIGN_OR_RETURN(bound.predicate, BindTest(target, term.op, term.literals, term.position));
    return bound;
  }

  // A property is compared as a number when a literal is one or the operator orders.
  static bool ComparesNumber(const RowTerm& term) {
    const Operator op = PositiveOf(term.op);
    const bool orders =
        (op >= Operator::kLess && op <= Operator::kGreaterOrEqual) || op == Operator::kBetween;
    return orders || std::any_of(term.literals.begin(), term.literals.end(), [](const Literal& l) {
             return std::holds_alternative<int64_t>(l.value) ||
                    std::holds_alternative<DecimalLiteral>(l.value);
           });
  }

  static void UseCanonicalStatus(Literal* literal) {
    const auto* name = std::get_if<std::string>(&literal->value);
    const std::optional<OrderStatus> status =
        name == nullptr ? std::nullopt : FindOrderStatus(*name);
    if (status) literal->value = std::string(NameOf(*status));
  }

  template <typename NumberOf>
  static void ToNumbers(Predicate* predicate, NumberOf number_of) {
    const auto* texts = std::get_if<TextSet>(&predicate->test);
    if (texts == nullptr) return;
    NumberSet numbers;
    for (const std::string& text : texts->values) numbers.values.push_back(number_of(text));
    std::sort(numbers.values.begin(), numbers.values.end());
    predicate->test = std::move(numbers);
  }

  absl::StatusOr<BoundRowTerm> BindStore(TestTarget target, const RowTerm& term,
                                         BoundRowTerm bound) const {
    std::vector<std::string> ids;
    for (const auto& [number, store] : definitions_.stores) ids.push_back(store.id);
    auto number_of = [this](std::string_view id) -> int64_t {
      for (const auto& [number, store] : definitions_.stores) {
        if (store.id == id) return number;
      }
      return 0;
    };
    for (const Literal& literal : term.literals) {
      const auto* id = std::get_if<std::string>(&literal.value);
      if (id != nullptr && number_of(*id) == 0) {
        return UnknownReference(literal.position, "store", *id, ids);
      }
    }
    target.type = ValueType::kEnum;  // an id out of a list, so no substrings
    target.enum_values = ids;
    ASSIGN_OR_RETURN(bound.predicate, BindTest(target, term.op, term.literals, term.position));
    if (!std::holds_alternative<TextSet>(bound.predicate.test)) return bound;
    // Values of a list fold, ids are compared byte by byte (T36).
    NumberSet stores;
    for (const Literal& literal : term.literals) {
      stores.values.push_back(number_of(std::get<std::string>(literal.value)));
    }
    std::sort(stores.values.begin(), stores.values.end());
    stores.values.erase(std::unique(stores.values.begin(), stores.values.end()),
                        stores.values.end());
    bound.predicate.test = std::move(stores);
    return bound;
  }

  absl::StatusOr<Predicate> BindDuring(const RowTerm& term, const RowFieldInfo& info) const {
    if (info.type != ValueType::kInstant) {
      return Mismatch(term.position, base::StrCat("got DURING for ", Quoted(info.name)),
                      "a time such as date or created_at");
    }
    const Literal& literal = term.literals.front();
    const std::string& id = std::get<std::string>(literal.value);
    for (const auto& [number, promotion] : definitions_.promotions) {
      if (promotion.id != id) continue;
      return Predicate{DuringTest{number, promotion.windows}, IsNegative(term.op)};
    }
    std::vector<std::string> known;
    for (const auto& [number, promotion] : definitions_.promotions) known.push_back(promotion.id);
    return UnknownReference(literal.position, "promotion", id, known);
  }

  absl::StatusOr<BoundAggregateTerm> BindAggregate(const AggregateTerm& term,
                                                   OrderSource source) const {
    const RowAggregateInfo& info = InfoOf(term.aggregate);
    if (info.lines_only && source == OrderSource::kOrdersPlaced) {
      return Mismatch(term.position,
                      base::StrCat("got ", Quoted(info.name), " of orders, which are no lines"),
                      "products_purchased");
    }
    TestTarget target;
    target.name = info.name;
    target.type = info.type;
    target.currency_digits = definitions_.shop.currency_digits;
    ASSIGN_OR_RETURN(Predicate predicate, BindTest(target, term.op, term.literals, term.position));
    return BoundAggregateTerm{term.aggregate, std::move(predicate)};
  }

  absl::StatusOr<BoundNode> BindBody(const BucketLeaf& leaf, Position) const {
    // Buckets are the numbers 0 to 9,999 in the unit of the bound.
    BoundBucket bound{leaf.salt, {}, leaf.op == Operator::kNotEqual};
    const Operator op = PositiveOf(leaf.op);
    if (op != Operator::kLess && op != Operator::kLessOrEqual) bound.range.min = leaf.bound;
    if (op != Operator::kGreater && op != Operator::kGreaterOrEqual) bound.range.max = leaf.bound;
    bound.range.min_inclusive = op != Operator::kGreater;
    bound.range.max_inclusive = op != Operator::kLess;
    return BoundNode{std::move(bound)};
  }

  absl::StatusOr<BoundNode> BindBody(const TopLeaf& leaf, Position position) const {
    ASSIGN_OR_RETURN(const Attribute* attribute, FindAttribute(leaf.attribute, position));
    const bool ordered =
        attribute->type == ValueType::kInteger || attribute->type == ValueType::kDecimal ||
        attribute->type == ValueType::kMoney || attribute->type == ValueType::kDate ||
        attribute->type == ValueType::kInstant;
    if (!ordered || attribute->multi_valued) {
      return Mismatch(position,
                      base::StrCat("got ", Quoted(leaf.attribute), ", which has no order"),
                      "an attribute of one number or time");
    }
    return BoundNode{BoundTop{leaf.unit, leaf.amount, ReferenceTo(*attribute)}};
  }

  const ShopDefinitions& definitions_;
  AttributeCatalogue catalogue_;
};

}  // namespace

absl::StatusOr<BoundNode> Bind(const Node& tree, const ShopDefinitions& definitions) {
  RETURN_IF_ERROR(CheckShape(tree));
  return Checker(definitions).BindNode(tree);
}

const TagCategory* FindTagCategory(std::string_view name, const ShopDefinitions& definitions,
                                   bool* ambiguous) {
  *ambiguous = false;
  const TagCategory* found = nullptr;
  int found_count = 0;
  for (const auto& [number, category] : definitions.tag_categories) {
    // A full name decides at once.
    if (!category.template_name.empty() && FullNameOf(category) == name) return &category;
    if (category.name != name) continue;
    found = &category;
    ++found_count;
  }
  *ambiguous = found_count > 1;
  return *ambiguous ? nullptr : found;
}

const Tag* FindTag(TagCategoryNo category_no, std::string_view value,
                   const ShopDefinitions& definitions) {
  const std::string folded = base::FoldNfkcCase(value);
  const Tag* near = nullptr;
  for (const auto& [number, tag] : definitions.tags) {
    if (tag.category_no != category_no) continue;
    if (tag.value == value) return &tag;
    const bool same =
        base::FoldNfkcCase(tag.value) == folded ||
        std::any_of(tag.synonyms.begin(), tag.synonyms.end(), [&](const std::string& synonym) {
          return base::FoldNfkcCase(synonym) == folded;
        });
    if (same && near == nullptr) near = &tag;
  }
  return near;
}

}  // namespace segmentation::domain::condition
