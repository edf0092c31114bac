#include "tests/support/condition_generator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/base/calendar.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/keyword.h"
#include "server/domain/condition/limits.h"
#include "server/domain/condition/literal_binder.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/condition/shape.h"

namespace segmentation::testing_support {

using domain::Attribute;
using domain::Value;
using domain::ValueType;
using namespace domain::condition;  // NOLINT: the generator speaks the condition language

namespace {

constexpr int64_t kMillisPerMinute = 60'000;

std::string SourceName(OrderSource source) {
  return std::string(SpellingOf(
      source == OrderSource::kOrdersPlaced ? Keyword::kOrdersPlaced : Keyword::kProductsPurchased));
}

}  // namespace

ConditionGenerator::ConditionGenerator(const domain::ShopDefinitions& definitions, ValuePools pools,
                                       EvaluationContext context, uint64_t seed, Options options)
    : definitions_(definitions),
      pools_(std::move(pools)),
      context_(context),
      options_(options),
      random_(seed) {
  AddAttributeFeatures();
  AddClauseFeatures(OrderSource::kOrdersPlaced);
  AddClauseFeatures(OrderSource::kProductsPurchased);
  AddTagFeatures();
  AddOtherFeatures();
}

int64_t ConditionGenerator::Draw(int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random_);
}

bool ConditionGenerator::Chance(int percent) { return Draw(1, 100) <= percent; }

template <typename T>
const T& ConditionGenerator::Pick(const std::vector<T>& items) {
  return items[static_cast<size_t>(Draw(0, static_cast<int64_t>(items.size()) - 1))];
}

void ConditionGenerator::AddAttributeFeatures() {
  for (const Attribute* attribute : domain::AttributeCatalogue(definitions_).All()) {
    for (Operator op : OperatorsOf(attribute->type)) {
      attributes_.features.push_back(
          {base::StrCat("attribute ", attribute->name, " ", SpellingOf(op)),
           [this, attribute, op] { return AttributeTest(*attribute, op); }});
    }
  }
}

void ConditionGenerator::AddClauseFeatures(OrderSource source) {
  const std::string prefix = SourceName(source);
  for (const RowFieldInfo& info : RowFields()) {
    const RowField field = info.field;
    if (field == RowField::kStore && definitions_.stores.empty()) continue;
    std::vector<Operator> operators =
        OperatorsOf(field == RowField::kStore ? ValueType::kEnum : info.type);
    if (field == RowField::kProperty) operators = OperatorsOf(ValueType::kDecimal);
    if (field == RowField::kProperty) {
      operators.insert(operators.end(), {Operator::kContains, Operator::kNotContains,
                                         Operator::kContainsAny, Operator::kNotContainsAny});
    }
    if (info.type == ValueType::kInstant && !definitions_.promotions.empty()) {
      operators.insert(operators.end(), {Operator::kDuring, Operator::kNotDuring});
    }
    for (Operator op : operators) {
      clauses_.features.push_back(
          {base::StrCat(prefix, " ", info.name, " ", SpellingOf(op)), [this, source, field, op] {
             OrderClause clause = RandomClause(source);
             clause.rows.push_back(RandomRow(field, op));
             return Node{std::move(clause), {}};
           }});
    }
  }
  for (const RowAggregateInfo& info : RowAggregates()) {
    if (info.lines_only && source == OrderSource::kOrdersPlaced) continue;
    for (Operator op : OperatorsOf(info.type)) {
      const RowAggregate aggregate = info.aggregate;
      clauses_.features.push_back({base::StrCat(prefix, " ", info.name, " ", SpellingOf(op)),
                                   [this, source, aggregate, op] {
                                     OrderClause clause = RandomClause(source);
                                     clause.aggregates = {RandomAggregate(aggregate, op)};
                                     return Node{std::move(clause), {}};
                                   }});
    }
  }
}

void ConditionGenerator::AddTagFeatures() {
  if (definitions_.tags.empty()) return;
  std::vector<const domain::Tag*> tags;
  std::vector<const domain::Tag*> numeric;
  for (const auto& [number, tag] : definitions_.tags) {
    const auto category = definitions_.tag_categories.find(tag.category_no);
    if (category == definitions_.tag_categories.end()) continue;
    tags.push_back(&tag);
    if (category->second.kind == domain::TagCategoryKind::kNumeric) numeric.push_back(&tag);
  }
  if (tags.empty()) return;
  auto leaf_of = [this](const domain::Tag& tag, bool with_value) {
    const domain::TagCategory& category = definitions_.tag_categories.at(tag.category_no);
    TagLeaf leaf;
    leaf.category = category.template_name.empty()
                        ? category.name
                        : base::StrCat(category.template_name, ".", category.name);
    if (with_value) leaf.value = tag.value;
    return leaf;
  };
  others_.features.push_back({"tag value", [=, this] {
                                return Node{leaf_of(*Pick(tags), true), {}};
                              }});
  others_.features.push_back({"tag category", [=, this] {
                                return Node{leaf_of(*Pick(tags), false), {}};
                              }});
  others_.features.push_back({"tag FROM", [=, this] {
                                TagLeaf leaf = leaf_of(*Pick(tags), Chance(50));
                                std::vector<domain::TagSource> sources;
                                for (const std::string& name : TagSourceNames()) {
                                  sources.push_back(*FindTagSource(name));
                                }
                                std::shuffle(sources.begin(), sources.end(), random_);
                                sources.resize(static_cast<size_t>(Draw(1, 4)));
                                leaf.sources = std::move(sources);
                                return Node{std::move(leaf), {}};
                              }});
  others_.features.push_back({"tag SINCE", [=, this] {
                                TagLeaf leaf = leaf_of(*Pick(tags), Chance(50));
                                leaf.since = OneLiteral(
                                    {.type = ValueType::kInstant, .pool = &pools_.tagged_at});
                                return Node{std::move(leaf), {}};
                              }});
  if (numeric.empty()) return;
  for (Operator op : OperatorsOf(ValueType::kDecimal)) {
    if (LiteralCountOf(op) == 0) continue;
    others_.features.push_back({base::StrCat("tag number ", SpellingOf(op)), [=, this] {
                                  const domain::Tag& tag = *Pick(numeric);
                                  TagLeaf leaf = leaf_of(tag, Chance(70));
                                  const Side side{.type = ValueType::kDecimal,
                                                  .pool = &pools_.tag_numbers[tag.category_no]};
                                  leaf.number = TagLeaf::NumberTest{op, Literals(side, op)};
                                  return Node{std::move(leaf), {}};
                                }});
  }
}

void ConditionGenerator::AddOtherFeatures() {
  auto add = [this](std::string name, std::function<Node()> make) {
    others_.features.push_back({std::move(name), std::move(make)});
  };
  if (options_.groups && !definitions_.groups.empty()) {
    add("group", [this] {
      std::vector<std::string> ids;
      for (const auto& [number, group] : definitions_.groups) ids.push_back(group.id);
      return Node{GroupLeaf{Pick(ids), std::nullopt}, {}};
    });
  }
  for (const std::string& name : IdentityKindNames()) {
    add(base::StrCat("identity ", name), [name] {
      return Node{IdentityLeaf{*FindIdentityKind(name)}, {}};
    });
  }
  for (const std::string& name : ChannelNames()) {
    const domain::Channel channel = *FindChannel(name);
    for (Operator op :
         {Operator::kEqual, Operator::kNotEqual, Operator::kIsNull, Operator::kIsNotNull}) {
      add(base::StrCat("consent ", name, " ", SpellingOf(op)), [this, channel, op] {
        ConsentLeaf leaf{channel, op, std::nullopt};
        if (LiteralCountOf(op) == 1) {
          leaf.state =
              Chance(50) ? domain::ConsentState::kOptedIn : domain::ConsentState::kOptedOut;
        }
        return Node{leaf, {}};
      });
    }
  }
  for (const Attribute* attribute : domain::AttributeCatalogue(definitions_).All()) {
    const bool ordered = attribute->type != ValueType::kText &&
                         attribute->type != ValueType::kEnum &&
                         attribute->type != ValueType::kBoolean && !attribute->multi_valued;
    if (ordered && options_.tops) {
      add(base::StrCat("top PERCENT ", attribute->name), [this, attribute] {
        const int64_t hundredths = Chance(70) ? Draw(2, 98) * 100 : Draw(1, kFullPercent);
        return Node{TopLeaf{TopLeaf::Unit::kPercent, hundredths, attribute->name}, {}};
      });
      add(base::StrCat("top ", attribute->name), [this, attribute] {
        return Node{TopLeaf{TopLeaf::Unit::kCount, Draw(1, 300), attribute->name}, {}};
      });
    }
    if (attribute->type != ValueType::kDate) continue;
    for (Operator op :
         {Operator::kEqual, Operator::kNotEqual, Operator::kBetween, Operator::kNotBetween}) {
      add(base::StrCat("anniversary ", attribute->name, " ", SpellingOf(op)), [this, attribute,
                                                                               op] {
        AnniversaryLeaf leaf{attribute->name, op, {}};
        const int64_t start = Draw(-400, 400);
        auto day = [](int64_t amount) {
          return Literal{RelativeDay{RelativeDay::Unit::kDay, static_cast<int32_t>(amount)}, {}};
        };
        leaf.literals.push_back(day(start));
        if (LiteralCountOf(op) == 2) leaf.literals.push_back(day(start + Draw(0, 380)));
        return Node{std::move(leaf), {}};
      });
    }
  }
  for (Operator op : {Operator::kEqual, Operator::kNotEqual, Operator::kLess,
                      Operator::kLessOrEqual, Operator::kGreater, Operator::kGreaterOrEqual}) {
    add(base::StrCat("bucket ", SpellingOf(op)), [this, op] {
      const int32_t bound =
          static_cast<int32_t>(Chance(50) ? Draw(1, 99) * 100 : Draw(0, kFullPercent));
      return Node{BucketLeaf{base::StrCat("salt ", Draw(1, 50)), op, bound}, {}};
    });
  }
}

std::vector<std::string> ConditionGenerator::AllFeatures() const {
  std::vector<std::string> names;
  for (const Deck* deck : {&attributes_, &clauses_, &others_}) {
    for (const Feature& feature : deck->features) names.push_back(feature.name);
  }
  return names;
}

Node ConditionGenerator::LeafWith(const std::string& feature) {
  if (by_name_.empty()) {
    for (const Deck* deck : {&attributes_, &clauses_, &others_}) {
      for (const Feature& one : deck->features) by_name_[one.name] = one.make;
    }
  }
  return by_name_.at(feature)();
}

const ConditionGenerator::Feature& ConditionGenerator::Deal(Deck* deck) {
  if (deck->next == 0) std::shuffle(deck->features.begin(), deck->features.end(), random_);
  const Feature& feature = deck->features[deck->next];
  deck->next = (deck->next + 1) % deck->features.size();
  return feature;
}

Node ConditionGenerator::Leaf(std::set<std::string>* features) {
  const int64_t draw = Draw(1, 100);
  Deck* deck = &others_;
  if (draw <= options_.attribute_percent) {
    deck = &attributes_;
  } else if (draw <= options_.attribute_percent + options_.clause_percent) {
    deck = &clauses_;
  }
  const Feature& feature = Deal(deck);
  features->insert(feature.name);
  return feature.make();
}

Node ConditionGenerator::Tree(int leaves, int depth, std::set<std::string>* features) {
  if (leaves <= 1 || depth >= kMaxDepth - 1) {
    Node leaf = Leaf(features);
    return Chance(15) && depth + 1 < kMaxDepth ? Node{Not{NodeBox(std::move(leaf))}, {}} : leaf;
  }
  const int parts = static_cast<int>(Draw(2, std::min(leaves, 4)));
  std::vector<Node> children;
  for (int i = 0; i < parts; ++i) {
    const int share = leaves / parts + (i < leaves % parts ? 1 : 0);
    children.push_back(Tree(share, depth + 1, features));
  }
  Node joined = Chance(50) ? Node{And{std::move(children)}, {}} : Node{Or{std::move(children)}, {}};
  return Chance(15) && depth + 1 < kMaxDepth / 2 ? Node{Not{NodeBox(std::move(joined))}, {}}
                                                 : joined;
}

GeneratedCondition ConditionGenerator::Next() {
  GeneratedCondition generated;
  const int leaves = Chance(33) ? 1 : static_cast<int>(Draw(2, std::max(2, options_.max_leaves)));
  generated.tree = Tree(leaves, 0, &generated.features);
  return generated;
}

Node ConditionGenerator::AttributeTest(const Attribute& attribute, Operator op) {
  const Side side{attribute.type, attribute.folding, &pools_.attributes[attribute.number],
                  attribute.enum_values};
  return Node{AttributeLeaf{attribute.name, op, Literals(side, op)}, {}};
}

OrderClause ConditionGenerator::RandomClause(OrderSource source) {
  OrderClause clause;
  clause.source = source;
  // Further terms, few, or hardly any row would be left.
  if (Chance(25)) {
    const RowFieldInfo& info =
        RowFields()[static_cast<size_t>(Draw(0, static_cast<int64_t>(RowFields().size()) - 1))];
    if (info.field != RowField::kStore && info.field != RowField::kProperty) {
      clause.rows.push_back(RandomRow(info.field, Pick(OperatorsOf(info.type))));
    }
  }
  if (Chance(30)) {
    clause.aggregates.push_back(
        RandomAggregate(RowAggregate::kCount, Pick(OperatorsOf(ValueType::kInteger))));
  }
  return clause;
}

RowTerm ConditionGenerator::RandomRow(RowField field, Operator op) {
  const RowFieldInfo& info = InfoOf(field);
  RowTerm term{field, "", op, {}, {}};
  Side side{info.type, info.folding, &pools_.rows[field], {}};
  if (PositiveOf(op) == Operator::kDuring) {
    std::vector<std::string> ids;
    for (const auto& [number, promotion] : definitions_.promotions) ids.push_back(promotion.id);
    term.literals = {Literal{Pick(ids), {}}};
    return term;
  }
  if (field == RowField::kStatus) side.enum_values = OrderStatusNames();
  if (field == RowField::kStore) {
    side.type = ValueType::kEnum;
    for (const auto& [number, store] : definitions_.stores) side.enum_values.push_back(store.id);
  }
  if (field == RowField::kProperty) {
    std::vector<std::string> names;
    for (const auto& [name, values] : pools_.properties) names.push_back(name);
    term.argument = names.empty() ? "尺码" : Pick(names);
    side.pool = &pools_.properties[term.argument];
    const bool ordering = op >= Operator::kLess && op <= Operator::kGreaterOrEqual;
    const bool equality =
        op == Operator::kEqual || op == Operator::kNotEqual || PositiveOf(op) == Operator::kIn;
    if (ordering || PositiveOf(op) == Operator::kBetween || (equality && Chance(50))) {
      side.type = ValueType::kDecimal;
      side.pool = &pools_.property_numbers[term.argument];
    }
  }
  term.literals = Literals(side, op);
  if (field == RowField::kRating) {
    for (Literal& literal : term.literals) {
      auto* rating = std::get_if<int64_t>(&literal.value);
      if (rating != nullptr) *rating = std::clamp<int64_t>(*rating, 1, 5);
    }
  }
  return term;
}

AggregateTerm ConditionGenerator::RandomAggregate(RowAggregate aggregate, Operator op) {
  const Side side{
      InfoOf(aggregate).type, domain::TextFolding::kExact, &pools_.aggregates[aggregate], {}};
  return AggregateTerm{aggregate, op, Literals(side, op), {}};
}

std::vector<Literal> ConditionGenerator::Literals(const Side& side, Operator op) {
  const Operator positive = PositiveOf(op);
  if (LiteralCountOf(op) == 0) return {};
  if (positive == Operator::kWithin) {
    const bool hours = Chance(70);
    if (Chance(50)) {  // the windows that shops have facts at the edge of
      if (!hours) return {Literal{RollingTime{RollingTime::Unit::kMinute, -30}, {}}};
      const auto usual = static_cast<int32_t>(Pick(std::vector<int>{1, 2, 24, 48, 72, 168}));
      return {Literal{RollingTime{RollingTime::Unit::kHour, -usual}, {}}};
    }
    const auto amount =
        static_cast<int32_t>(hours ? Draw(1, kMaxRollingHours) : Draw(1, kMaxRollingMinutes));
    const auto unit = hours ? RollingTime::Unit::kHour : RollingTime::Unit::kMinute;
    return {Literal{RollingTime{unit, -amount}, {}}};
  }
  if (positive == Operator::kContains || positive == Operator::kContainsAny) {
    std::vector<Literal> literals;
    const int64_t count = positive == Operator::kContains ? 1 : Draw(1, 4);
    for (int64_t i = 0; i < count; ++i) literals.push_back({Substring(TextValue(side)), {}});
    return literals;
  }
  if (positive == Operator::kIn) {
    std::vector<Literal> literals;
    const int64_t count = Chance(30) ? Draw(1, 3) : Draw(2, 40);
    for (int64_t i = 0; i < count; ++i) literals.push_back(OneLiteral(side));
    return literals;
  }
  if (positive == Operator::kBetween) {
    const bool time = side.type == ValueType::kDate || side.type == ValueType::kInstant;
    const int64_t a = NumberValue(side);
    const int64_t b = NumberValue(side);
    if (!time) {
      return {NumberLiteral(std::min(a, b), side.type), NumberLiteral(std::max(a, b), side.type)};
    }
    std::vector<Literal> ends = {TimeLiteralNear(std::min(a, b), side.type),
                                 TimeLiteralNear(std::max(a, b), side.type)};
    // Clamped months and cut spans may turn the ends round.
    absl::StatusOr<TimeLiteral> low = BindTime(ends[0], side.type, "low");
    absl::StatusOr<TimeLiteral> high = BindTime(ends[1], side.type, "high");
    if (low.ok() && high.ok() && !CheckOrder(*low, *high, {}).ok()) std::swap(ends[0], ends[1]);
    return ends;
  }
  const bool time = side.type == ValueType::kDate || side.type == ValueType::kInstant;
  if (time && positive == Operator::kEqual && Chance(80)) {
    // Of its very day, so that it is met.
    return {TimeLiteralNear(NumberValue(side), side.type, Chance(40) ? 1 : Draw(66, 100))};
  }
  return {OneLiteral(side)};
}

Literal ConditionGenerator::OneLiteral(const Side& side) {
  switch (side.type) {
    case ValueType::kText:
      return {TextValue(side), {}};
    case ValueType::kEnum:
      return {side.enum_values.empty() ? std::string("?") : Pick(side.enum_values), {}};
    case ValueType::kBoolean:
      return {Chance(50), {}};
    case ValueType::kDate:
    case ValueType::kInstant:
      return TimeLiteralNear(NumberValue(side), side.type);
    default:
      return NumberLiteral(NumberValue(side), side.type);
  }
}

std::string ConditionGenerator::TextValue(const Side& side) {
  if (side.pool == nullptr || side.pool->empty() || Chance(3)) {
    return Pick(std::vector<std::string>{"无此值", "%", "_", "it's", "a\\b", " ", "😀", ""});
  }
  const Value& value = Pick(*side.pool);
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::to_string(std::get<int64_t>(value));
  // Another spelling of the same folded text.
  if (side.folding == domain::TextFolding::kNfkcCase && Chance(20)) {
    return absl::AsciiStrToUpper(*text);
  }
  return *text;
}

std::string ConditionGenerator::Substring(const std::string& text) {
  const auto length = static_cast<int64_t>(base::CountCodePoints(text));
  if (length == 0) return "无";
  const int64_t begin = Draw(0, length - 1);
  const int64_t count = Draw(1, std::min<int64_t>(3, length - begin));
  const size_t skip = base::TruncateCodePoints(text, static_cast<size_t>(begin)).size();
  return std::string(
      base::TruncateCodePoints(std::string_view(text).substr(skip), static_cast<size_t>(count)));
}

int64_t ConditionGenerator::NumberValue(const Side& side) {
  const bool drawn = side.pool != nullptr && !side.pool->empty() && !Chance(3);
  if (drawn) {
    const auto* number = std::get_if<int64_t>(&Pick(*side.pool));
    if (number != nullptr) {
      const bool plain = side.type == ValueType::kDate || side.type == ValueType::kInstant;
      if (plain || Chance(75)) return *number;
      int64_t beside = 0;
      return __builtin_add_overflow(*number, Draw(-2, 2), &beside) ? *number : beside;
    }
  }
  switch (side.type) {
    case ValueType::kDate:
      return base::DateCodeOf(TodayOf(context_) - static_cast<base::DayNumber>(Draw(0, 20'000)));
    case ValueType::kInstant:
      return context_.as_of - Draw(0, 700 * base::kMillisPerDay);
    case ValueType::kDecimal:
      return Draw(-100, 2'000) * (kDecimalScale / 2);
    case ValueType::kMoney:
      return Draw(-100, 100'000);
    default:
      return Draw(1, 5);
  }
}

Literal ConditionGenerator::NumberLiteral(int64_t stored, ValueType type) {
  int64_t scale = 1;
  if (type == ValueType::kDecimal) scale = kDecimalScale;
  if (type == ValueType::kMoney) {
    for (int32_t i = 0; i < definitions_.shop.currency_digits; ++i) scale *= 10;
  }
  if (scale == 1) return {stored, {}};
  if (stored % scale == 0 && Chance(80)) return {stored / scale, {}};
  return {DecimalLiteral{stored * (kDecimalScale / scale)}, {}};
}

Literal ConditionGenerator::TimeLiteralNear(int64_t stored, ValueType type) {
  return TimeLiteralNear(stored, type, Draw(1, 100));
}

Literal ConditionGenerator::TimeLiteralNear(int64_t stored, ValueType type, int64_t style) {
  const bool date = type == ValueType::kDate;
  base::LocalTime local;
  if (date) {
    // A birthday of unknown year has a stand-in.
    const int64_t code = stored < kDateCodeFloor ? stored + 1990 * 10'000 : stored;
    local.day = base::DayOfDateCode(code, "pool").value_or(0);
  } else {
    local = base::LocalTimeOf(stored, context_.zone);
  }
  const base::DayNumber today = TodayOf(context_);
  const int64_t days = local.day - today;
  if (style <= 35 && days >= -kMaxRelativeDays && days <= kMaxRelativeDays) {
    return {RelativeDay{RelativeDay::Unit::kDay, static_cast<int32_t>(days)}, {}};
  }
  if (style <= 45 && days / 30 >= -kMaxRelativeMonths && days / 30 <= kMaxRelativeMonths &&
      days / 30 != 0) {
    return {RelativeDay{RelativeDay::Unit::kMonth, static_cast<int32_t>(days / 30)}, {}};
  }
  if (style <= 50 && days / 365 >= -kMaxRelativeYears && days / 365 <= kMaxRelativeYears &&
      days / 365 != 0) {
    return {RelativeDay{RelativeDay::Unit::kYear, static_cast<int32_t>(days / 365)}, {}};
  }
  const int64_t minutes = (stored - context_.as_of) / kMillisPerMinute;
  if (!date && style <= 65 && minutes >= -kMaxRollingMinutes && minutes <= kMaxRollingMinutes &&
      minutes != 0) {
    if (minutes % 60 == 0 || Chance(50)) {
      const auto hours = static_cast<int32_t>(minutes / 60);
      if (hours != 0) return {RollingTime{RollingTime::Unit::kHour, hours}, {}};
    }
    return {RollingTime{RollingTime::Unit::kMinute, static_cast<int32_t>(minutes)}, {}};
  }
  if (date || style <= 85) return {base::FormatDay(local.day), {}};
  return {base::FormatLocalTime(local), {}};
}

}  // namespace segmentation::testing_support
