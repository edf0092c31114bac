#include "server/domain/condition/shown_values.h"

#include <string_view>
#include <utility>

#include "server/base/calendar.h"
#include "server/base/money.h"
#include "server/base/strings.h"
#include "server/domain/condition/bucket.h"
#include "server/domain/condition/naive_facts.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/identity.h"

namespace segmentation::domain::condition {
namespace {

class Shower {
 public:
  Shower(const MemberFacts& facts, const EvaluationScope& scope) : facts_(facts), scope_(scope) {}

  void Show(const BoundAttribute& leaf) { ShowAttribute(leaf.attribute); }
  void Show(const BoundAnniversary& leaf) { ShowAttribute(leaf.attribute); }
  void Show(const BoundTop& leaf) { ShowAttribute(leaf.attribute); }
  void Show(const BoundBucket& leaf) {
    Add(base::FormatDecimal(BucketOf(leaf.salt, facts_.member.id), 2));
  }
  void Show(const BoundIdentity& leaf) {
    for (const Identity& identity : facts_.member.identities) {
      if (identity.kind == leaf.kind) Add(MaskIdentity(identity.kind, identity.value));
    }
  }
  void Show(const BoundConsent& leaf) {
    for (const Consent& consent : facts_.member.consents) {
      if (consent.channel == leaf.channel) Add(std::string(NameOf(consent.state)));
    }
  }
  // The tags of the category, also those that the leaf does not take for their source or age.
  void Show(const BoundTag& leaf) {
    for (const TagAssignment& assignment : facts_.member.tags) {
      const auto tag = scope_.definitions->tags.find(assignment.tag_no);
      if (tag == scope_.definitions->tags.end() || tag->second.category_no != leaf.category_no) {
        continue;
      }
      std::string text = tag->second.value;
      if (assignment.number) {
        text += base::StrCat(" ", base::FormatDecimal(*assignment.number, 4));
      }
      text += base::StrCat(", source ", NameOf(assignment.source), ", since ",
                           Instant(assignment.assigned_at_ms));
      if (assignment.expires_at_ms) {
        const bool over = *assignment.expires_at_ms <= scope_.context.as_of;
        text +=
            base::StrCat(over ? ", expired " : ", expires ", Instant(*assignment.expires_at_ms));
      }
      Add(std::move(text));
    }
  }
  void Show(const BoundOrderClause& leaf) {
    for (const BoundAggregateTerm& term : leaf.aggregates) {
      const RowAggregateInfo& info = InfoOf(term.aggregate);
      const Observations values =
          ObserveClause(leaf, term.aggregate, facts_.orders, scope_.context);
      Add(base::StrCat(info.name, " = ",
                       values.empty()
                           ? std::string("none")
                           : Number(std::get<Quotient>(values.front()), info.type, false)));
    }
  }
  void Show(const auto&) {}  // joins and groups: their parts say it

  std::vector<std::string> Take() && {
    if (count_ > kMaxShownValues) {
      shown_.push_back(base::StrCat("and ", count_ - kMaxShownValues, " more"));
    }
    return std::move(shown_);
  }

 private:
  void Add(std::string text) {
    if (++count_ > kMaxShownValues) return;
    if (text.size() > kMaxShownBytes) {
      // Between characters: bytes of the form 10xxxxxx go on with the one before.
      constexpr std::string_view kCut = "…";
      size_t end = kMaxShownBytes - kCut.size();
      while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
      text.resize(end);
      text += kCut;
    }
    shown_.push_back(std::move(text));
  }

  void ShowAttribute(const AttributeReference& attribute) {
    if (attribute.source == AttributeSource::kProfile) {
      // As it was given, not as it is compared.
      const auto found = facts_.member.attributes.find(attribute.number);
      if (found == facts_.member.attributes.end()) return;
      for (const Value& value : found->second) {
        if (const auto* text = std::get_if<std::string>(&value)) {
          Add(Text(*text, attribute));
        } else {
          Add(Number(Quotient{std::get<int64_t>(value), 1}, attribute.type, attribute.pii));
        }
      }
      return;
    }
    for (const Observation& value : ObserveAttribute(attribute, facts_, scope_.context)) {
      if (const auto* text = std::get_if<std::string>(&value)) {
        Add(Text(*text, attribute));
      } else {
        Add(Number(std::get<Quotient>(value), attribute.type, attribute.pii));
      }
    }
  }

  static std::string Text(const std::string& text, const AttributeReference& attribute) {
    if (!attribute.pii) return text;
    return attribute.number == kAttributeName ? MaskName(text) : MaskText(text);
  }

  std::string Number(const Quotient& value, ValueType type, bool masked) const {
    // A sum of amounts may leave 64 bits; what people read is then its end.
    const WideInteger wide = value.sum / value.count;
    const int64_t whole = wide > INT64_MAX   ? INT64_MAX
                          : wide < INT64_MIN ? INT64_MIN
                                             : static_cast<int64_t>(wide);
    if (masked && type != ValueType::kDate) return MaskText("x");
    switch (type) {
      case ValueType::kMoney: {
        const auto digits = base::CurrencyDigits(scope_.definitions->shop.currency, "");
        const bool fits = value.sum <= INT64_MAX && value.sum >= INT64_MIN;
        return base::FormatDecimal(
            fits ? base::RoundedAverage(static_cast<int64_t>(value.sum), value.count) : whole,
            digits.ok() ? *digits : 0);
      }
      case ValueType::kDecimal:
        return base::FormatDecimal(whole, 4);
      case ValueType::kBoolean:
        return whole != 0 ? "TRUE" : "FALSE";
      case ValueType::kDate:
        return base::FormatDateCode(static_cast<int32_t>(masked ? whole % 10'000 : whole));
      case ValueType::kInstant:
        return Instant(whole);
      case ValueType::kInteger:
      case ValueType::kText:
      case ValueType::kEnum:
        break;
    }
    return base::StrCat(whole);
  }

  std::string Instant(base::InstantMs at) const {
    return base::FormatLocalTime(base::LocalTimeOf(at, scope_.context.zone));
  }

  const MemberFacts& facts_;
  const EvaluationScope& scope_;
  std::vector<std::string> shown_;
  size_t count_ = 0;
};

}  // namespace

std::vector<std::string> ShownValues(const BoundNode& leaf, const MemberFacts& facts,
                                     const EvaluationScope& scope) {
  Shower shower(facts, scope);
  std::visit([&](const auto& body) { shower.Show(body); }, leaf.body);
  return std::move(shower).Take();
}

}  // namespace segmentation::domain::condition
