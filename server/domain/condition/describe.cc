#include "server/domain/condition/describe.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "absl/strings/str_replace.h"
#include "server/base/calendar.h"
#include "server/base/strings.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/condition/shape.h"

namespace segmentation::domain::condition {
namespace {

constexpr size_t kMaxShownValues = 10;

// How an operator reads depends on what it compares.
enum class Reading : uint8_t { kText, kNumber, kTime };

Reading ReadingOf(ValueType type) {
  switch (type) {
    case ValueType::kInteger:
    case ValueType::kDecimal:
    case ValueType::kMoney:
      return Reading::kNumber;
    case ValueType::kDate:
    case ValueType::kInstant:
      return Reading::kTime;
    default:
      return Reading::kText;
  }
}

struct Phrase {
  std::string_view english;  // with a blank before what follows
  std::string_view chinese;
};

Phrase PhraseOf(Operator op, Reading reading) {
  const bool time = reading == Reading::kTime;
  switch (op) {
    case Operator::kEqual:
      return time ? Phrase{" is on ", "在"} : Phrase{" is ", "为"};
    case Operator::kNotEqual:
      return time ? Phrase{" is not on ", "不在"} : Phrase{" is not ", "不为"};
    case Operator::kLess:
      return time ? Phrase{" is before ", "早于"} : Phrase{" is less than ", "小于"};
    case Operator::kLessOrEqual:
      return time ? Phrase{" is not after ", "不晚于"} : Phrase{" is at most ", "不超过"};
    case Operator::kGreater:
      return time ? Phrase{" is after ", "晚于"} : Phrase{" is more than ", "大于"};
    case Operator::kGreaterOrEqual:
      return time ? Phrase{" is not before ", "不早于"} : Phrase{" is at least ", "不少于"};
    case Operator::kIn:
      return {" is one of ", "为其中之一："};
    case Operator::kNotIn:
      return {" is none of ", "不为其中任何一个："};
    case Operator::kBetween:
      return {" is between ", "介于"};
    case Operator::kNotBetween:
      return {" is not between ", "不介于"};
    case Operator::kContains:
      return {" contains ", "包含"};
    case Operator::kNotContains:
      return {" does not contain ", "不包含"};
    case Operator::kContainsAny:
      return {" contains any of ", "包含其中任一："};
    case Operator::kNotContainsAny:
      return {" contains none of ", "不包含其中任何一个："};
    case Operator::kIsNull:
      return {" is unknown", "未知"};
    case Operator::kIsNotNull:
      return {" is known", "已知"};
    case Operator::kWithin:
      return {" is within the last ", "在最近"};
    case Operator::kDuring:
      return {" is during the promotion ", "在活动期间内："};
    case Operator::kNotDuring:
      return {" is not during the promotion ", "不在活动期间内："};
  }
  return {"", ""};
}

class Describer {
 public:
  Describer(const ShopDefinitions& definitions, Language language)
      : definitions_(definitions),
        catalogue_(definitions),
        english_(language == Language::kEnglish) {}

  std::string Sentence(const Node& tree) const {
    return base::StrCat(Say("Members where ", "满足以下条件的会员："), Say(tree), Say(".", "。"));
  }

 private:
  std::string_view Say(std::string_view english, std::string_view chinese) const {
    return english_ ? english : chinese;
  }

  std::string Quote(std::string_view text) const {
    return base::StrCat(Say("'", "“"), text, Say("'", "”"));
  }

  std::string Say(const Node& node) const {
    return std::visit([this](const auto& body) { return SayBody(body); }, node.body);
  }

  // A part of a larger whole: AND and OR inside another one stand in brackets.
  std::string SayPart(const Node& node) const {
    const bool joined =
        std::holds_alternative<And>(node.body) || std::holds_alternative<Or>(node.body);
    if (!joined) return Say(node);
    return base::StrCat(Say("(", "（"), Say(node), Say(")", "）"));
  }

  std::string SayAll(const std::vector<Node>& children, std::string_view joint) const {
    std::string text;
    for (size_t i = 0; i < children.size(); ++i) {
      base::StrAppend(&text, i > 0 ? joint : "", SayPart(children[i]));
    }
    return text;
  }

  std::string SayBody(const And& body) const { return SayAll(body.children, Say(" and ", "，且")); }
  std::string SayBody(const Or& body) const { return SayAll(body.children, Say(" or ", "，或")); }
  std::string SayBody(const Not& body) const {
    return base::StrCat(Say("not (", "不满足（"), Say(*body.child), Say(")", "）"));
  }

  std::string NameOfAttribute(const std::string& name) const {
    const Attribute* attribute = catalogue_.Find(name);
    if (attribute == nullptr) return name;
    if (!english_ && !attribute->aliases.empty()) return attribute->aliases.front();
    return absl::StrReplaceAll(attribute->name, {{"_", " "}});
  }

  ValueType TypeOfAttribute(const std::string& name) const {
    const Attribute* attribute = catalogue_.Find(name);
    return attribute == nullptr ? ValueType::kText : attribute->type;
  }

  // "7 days ago", "in 30 days", "7天前", "30天后".
  std::string Ago(int64_t amount, std::string_view english_unit,
                  std::string_view chinese_unit) const {
    const int64_t size = std::abs(amount);
    if (!english_) return base::StrCat(size, chinese_unit, amount < 0 ? "前" : "后");
    const std::string span = base::StrCat(size, " ", english_unit, size == 1 ? "" : "s");
    return amount < 0 ? base::StrCat(span, " ago") : base::StrCat("in ", span);
  }

  std::string SayValue(const RelativeDay& day) const {
    if (day.amount == 0) return std::string(Say("today", "今天"));
    switch (day.unit) {
      case RelativeDay::Unit::kDay:
        return Ago(day.amount, "day", "天");
      case RelativeDay::Unit::kMonth:
        return Ago(day.amount, "month", "个月");
      case RelativeDay::Unit::kYear:
        return Ago(day.amount, "year", "年");
    }
    return "";
  }

  std::string SayValue(const RollingTime& time) const {
    if (time.amount == 0) return std::string(Say("now", "现在"));
    return time.unit == RollingTime::Unit::kHour ? Ago(time.amount, "hour", "小时")
                                                 : Ago(time.amount, "minute", "分钟");
  }

  std::string SayValue(const Literal& literal, ValueType type) const {
    if (const auto* text = std::get_if<std::string>(&literal.value)) {
      return ReadingOf(type) == Reading::kTime ? *text : Quote(*text);
    }
    if (const auto* day = std::get_if<RelativeDay>(&literal.value)) return SayValue(*day);
    if (const auto* time = std::get_if<RollingTime>(&literal.value)) return SayValue(*time);
    if (const auto* value = std::get_if<bool>(&literal.value)) {
      return std::string(*value ? Say("true", "是") : Say("false", "否"));
    }
    const std::string number = Print(literal);
    if (type != ValueType::kMoney) return number;
    return base::StrCat(number, " ", definitions_.shop.currency);
  }

  std::string SayList(const std::vector<Literal>& literals, ValueType type) const {
    std::string text;
    const size_t shown = std::min(literals.size(), kMaxShownValues);
    for (size_t i = 0; i < shown; ++i) {
      base::StrAppend(&text, i > 0 ? Say(", ", "、") : "", SayValue(literals[i], type));
    }
    if (shown < literals.size()) {
      base::StrAppend(&text, Say(", … (", "…（共"), literals.size(), Say(" in all)", "个）"));
    }
    return text;
  }

  // What follows the name: " is at least 3".
  std::string SayTest(Operator op, const std::vector<Literal>& literals, ValueType type) const {
    const Phrase phrase = PhraseOf(op, ReadingOf(type));
    std::string text(english_ ? phrase.english : phrase.chinese);
    switch (PositiveOf(op)) {
      case Operator::kIsNull:
        return text;
      case Operator::kBetween:
        return base::StrCat(text, SayValue(literals.front(), type), Say(" and ", "与"),
                            SayValue(literals.back(), type), Say("", "之间"));
      case Operator::kWithin: {
        const auto& span = std::get<RollingTime>(literals.front().value);
        const bool hours = span.unit == RollingTime::Unit::kHour;
        const int64_t size = -int64_t{span.amount};
        return english_
                   ? base::StrCat(text, size, hours ? " hour" : " minute", size == 1 ? "" : "s")
                   : base::StrCat(text, size, hours ? "小时内" : "分钟内");
      }
      default:
        return base::StrCat(text, SayList(literals, type));
    }
  }

  std::string SayBody(const AttributeLeaf& leaf) const {
    return base::StrCat(NameOfAttribute(leaf.attribute),
                        SayTest(leaf.op, leaf.literals, TypeOfAttribute(leaf.attribute)));
  }

  std::string SayBody(const TagLeaf& leaf) const {
    std::string text =
        leaf.value
            ? base::StrCat(Say("the tag ", "有标签"),
                           Quote(base::StrCat(leaf.category, "/", *leaf.value)))
            : base::StrCat(Say("a tag of ", "有类别"), Quote(leaf.category), Say("", "的标签"));
    base::StrAppend(&text, Say(" is set", ""));
    if (leaf.number) {
      base::StrAppend(&text, Say(" and its number", "且其数值"),
                      SayTest(leaf.number->op, leaf.number->literals, ValueType::kDecimal));
    }
    for (size_t i = 0; i < leaf.sources.size(); ++i) {
      base::StrAppend(&text, i == 0 ? Say(" by ", "，来源为") : Say(" or ", "或"),
                      english_ ? NameOf(leaf.sources[i]) : ChineseOf(leaf.sources[i]));
    }
    if (leaf.since) {
      base::StrAppend(&text, Say(" since ", "，自"), SayValue(*leaf.since, ValueType::kInstant),
                      Say("", "起"));
    }
    return text;
  }

  std::string SayBody(const GroupLeaf& leaf) const {
    std::string text =
        base::StrCat(Say("the member is in the group ", "属于人群"), Quote(leaf.group_id));
    for (const auto& [number, group] : definitions_.groups) {
      if (group.id == leaf.group_id && !group.name.empty() && group.name != group.id) {
        base::StrAppend(&text, Say(" (", "（"), group.name, Say(")", "）"));
      }
    }
    if (leaf.definition_revision) {
      base::StrAppend(&text, Say(" at its revision ", "的第"), *leaf.definition_revision,
                      Say("", "版"));
    }
    return text;
  }

  std::string SayBody(const IdentityLeaf& leaf) const {
    return english_ ? base::StrCat("an identity of kind ", NameOf(leaf.kind), " is known")
                    : base::StrCat("已知", ChineseOf(leaf.kind));
  }

  std::string SayBody(const ConsentLeaf& leaf) const {
    std::string subject = english_ ? base::StrCat("the consent for ", NameOf(leaf.channel))
                                   : base::StrCat(ChineseOf(leaf.channel), "订阅意愿");
    const Phrase phrase = PhraseOf(leaf.op, Reading::kText);
    base::StrAppend(&subject, english_ ? phrase.english : phrase.chinese);
    if (!leaf.state) return subject;
    return base::StrCat(subject, english_ ? NameOf(*leaf.state) : ChineseOf(*leaf.state));
  }

  std::string SayBody(const AnniversaryLeaf& leaf) const {
    const std::string name = NameOfAttribute(leaf.attribute);
    return base::StrCat(
        english_ ? base::StrCat("the anniversary of ", name) : base::StrCat(name, "的周年日"),
        SayTest(leaf.op, leaf.literals, ValueType::kDate));
  }

  std::string SayRow(const RowTerm& term) const {
    const RowFieldInfo& info = InfoOf(term.field);
    std::string name(english_ ? info.english : info.chinese);
    if (term.field == RowField::kProperty)
      base::StrAppend(&name, Say(" ", ""), Quote(term.argument));
    if (term.field == RowField::kStatus) return base::StrCat(name, SayStatuses(term));
    return base::StrCat(name, SayTest(term.op, term.literals, info.type));
  }

  // Status words in the language of the sentence.
  std::string SayStatuses(const RowTerm& term) const {
    std::vector<Literal> words = term.literals;
    for (Literal& literal : words) {
      const auto* word = std::get_if<std::string>(&literal.value);
      const auto status = word == nullptr ? std::nullopt : FindOrderStatus(*word);
      if (status) literal.value = std::string(english_ ? NameOf(*status) : ChineseOf(*status));
    }
    return SayTest(term.op, words, ValueType::kEnum);
  }

  std::string SayBody(const OrderClause& clause) const {
    const bool lines = clause.source == OrderSource::kProductsPurchased;
    std::string rows;
    for (const RowTerm& term : clause.rows) {
      base::StrAppend(&rows, rows.empty() ? "" : Say(" and ", "且"), SayRow(term));
    }
    std::string bounds;
    for (const AggregateTerm& term : clause.aggregates) {
      const RowAggregateInfo& info = InfoOf(term.aggregate);
      base::StrAppend(&bounds, bounds.empty() ? "" : Say(" and ", "且"),
                      english_ ? base::StrCat("the ", info.english) : std::string(info.chinese),
                      SayTest(term.op, term.literals, info.type));
    }
    const std::string_view what =
        lines ? Say("bought products", "购买的商品") : Say("orders", "订单");
    if (!english_) {
      const std::string which =
          rows.empty() ? std::string(what) : base::StrCat("满足（", rows, "）的", what);
      return bounds.empty() ? base::StrCat("有", which) : base::StrCat("在", which, "中，", bounds);
    }
    const std::string which =
        rows.empty() ? std::string(what) : base::StrCat(what, " with (", rows, ")");
    return bounds.empty() ? base::StrCat("there are ", which)
                          : base::StrCat("over the ", which, ", ", bounds);
  }

  // 1/100 percent as a number.
  static Literal PercentLiteral(int64_t hundredths) {
    if (hundredths % 100 == 0) return {hundredths / 100, {}};
    return {DecimalLiteral{hundredths * (kDecimalScale / 100)}, {}};
  }

  std::string SayBody(const BucketLeaf& leaf) const {
    return base::StrCat(
        Say("the member's place in the split ", "在分桶"), Quote(leaf.salt), Say("", "中的位置"),
        SayTest(leaf.op, {PercentLiteral(leaf.bound)}, ValueType::kDecimal), Say(" percent", "%"));
  }

  std::string SayBody(const TopLeaf& leaf) const {
    const bool percent = leaf.unit == TopLeaf::Unit::kPercent;
    const std::string amount =
        percent ? Print(PercentLiteral(leaf.amount)) : base::StrCat(leaf.amount);
    const std::string name = NameOfAttribute(leaf.attribute);
    return english_ ? base::StrCat("the member is among the top ", amount,
                                   percent ? " percent" : "", " by ", name)
                    : base::StrCat("按", name, "排在前", amount, percent ? "%" : "名");
  }

  const ShopDefinitions& definitions_;
  AttributeCatalogue catalogue_;
  bool english_;
};

}  // namespace

std::string Describe(const Node& tree, const ShopDefinitions& definitions, Language language) {
  return Describer(definitions, language).Sentence(tree);
}

}  // namespace segmentation::domain::condition
