#include "server/usecase/attribute_values.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_join.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;
using domain::Attribute;
using domain::ValueType;

std::string_view NameOfType(ValueType type) {
  switch (type) {
    case ValueType::kText:
      return "text";
    case ValueType::kInteger:
      return "an integer";
    case ValueType::kDecimal:
      return "a decimal";
    case ValueType::kMoney:
      return "money";
    case ValueType::kBoolean:
      return "a boolean";
    case ValueType::kDate:
      return "a date";
    case ValueType::kInstant:
      return "a time";
    case ValueType::kEnum:
      return "a text of the enum";
  }
  return "a value";
}

absl::Status CheckText(const Attribute& attribute, const std::string& text,
                       std::string_view field) {
  RETURN_IF_ERROR(domain::ValidateFoldedText(text, domain::kMaxAttributeTextBytes,
                                             static_cast<base::Folding>(attribute.folding), field));
  if (attribute.type != ValueType::kEnum) return absl::OkStatus();
  const auto& values = attribute.enum_values;
  if (std::find(values.begin(), values.end(), text) != values.end()) return absl::OkStatus();
  const size_t shown = std::min<size_t>(values.size(), 20);
  return MakeError(Reason::FIELD_INVALID, field,
                   base::StrCat("got '", text, "', want one of: ",
                                absl::StrJoin(values.begin(),
                                              values.begin() + static_cast<ptrdiff_t>(shown), ", "),
                                shown < values.size() ? ", …" : ""));
}

absl::Status CheckNumber(const Attribute& attribute, int64_t number, std::string_view field) {
  switch (attribute.type) {
    case ValueType::kDecimal:
      return domain::ValidateRange(number, -domain::kMaxDecimalValue, domain::kMaxDecimalValue,
                                   field);
    case ValueType::kMoney:
      return domain::ValidateAmount(number, field);
    case ValueType::kBoolean:
      return domain::ValidateRange(number, 0, 1, field);
    case ValueType::kInstant:
      return domain::ValidateInstant(number, field);
    case ValueType::kDate:
      if (!base::IsDateCode(number)) {
        return MakeError(Reason::DATE_INVALID, field, "want a day of the calendar");
      }
      if (number < 10'000 && attribute.number != domain::kAttributeBirthday) {
        return MakeError(Reason::DATE_INVALID, field,
                         "got a day of an unknown year, which only birthdays may be");
      }
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckValue(const Attribute& attribute, const TypedValue& value,
                        std::string_view field) {
  const ValueType wanted = attribute.type == ValueType::kEnum ? ValueType::kText : attribute.type;
  const bool is_text = std::holds_alternative<std::string>(value.value);
  if (value.type != wanted || is_text != (wanted == ValueType::kText)) {
    return MakeError(
        Reason::FIELD_INVALID, field,
        base::StrCat("got ", NameOfType(value.type), ", want ", NameOfType(attribute.type), " as '",
                     attribute.name, "' is declared"));
  }
  return is_text ? CheckText(attribute, std::get<std::string>(value.value), field)
                 : CheckNumber(attribute, std::get<int64_t>(value.value), field);
}

absl::StatusOr<const Attribute*> FindProfile(const domain::AttributeCatalogue& catalogue,
                                             std::string_view name, std::string_view field) {
  const Attribute* const attribute = catalogue.Find(name);
  if (attribute == nullptr) {
    const std::vector<std::string> near = catalogue.NearMatches(name);
    return MakeError(Reason::ATTRIBUTE_NOT_FOUND, field,
                     base::StrCat("got '", name, "', no such attribute",
                                  near.empty() ? "" : "; near: ", absl::StrJoin(near, ", ")));
  }
  if (attribute->source != domain::AttributeSource::kProfile) {
    return MakeError(
        Reason::FIELD_INVALID, field,
        base::StrCat("'", attribute->name, "' is computed from other facts and cannot be written"));
  }
  return attribute;
}

}  // namespace

absl::StatusOr<std::vector<CheckedAttribute>> CheckAttributes(
    const domain::AttributeCatalogue& catalogue, std::span<const AttributeInput> inputs) {
  std::vector<CheckedAttribute> checked;
  std::set<domain::AttributeNo> seen;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const AttributeInput& input = inputs[i];
    const std::string field = base::StrCat("attributes[", i, "]");
    ASSIGN_OR_RETURN(const Attribute* const attribute,
                     FindProfile(catalogue, input.attribute, field + ".attribute"));
    if (!seen.insert(attribute->number).second) {
      return MakeError(Reason::FIELD_INVALID, field + ".attribute",
                       base::StrCat("got '", attribute->name, "' twice, want it once"));
    }
    const size_t most = attribute->multi_valued ? domain::kMaxValuesPerAttribute : 1;
    if (input.values.size() > most) {
      return MakeError(attribute->multi_valued ? Reason::FIELD_OUT_OF_RANGE : Reason::FIELD_INVALID,
                       field + ".values",
                       base::StrCat("got ", input.values.size(), " values, want at most ", most));
    }
    CheckedAttribute& result = checked.emplace_back(CheckedAttribute{attribute->number, {}});
    for (size_t j = 0; j < input.values.size(); ++j) {
      const std::string value_field = base::StrCat(field, ".values[", j, "]");
      RETURN_IF_ERROR(CheckValue(*attribute, input.values[j], value_field));
      if (std::find(result.values.begin(), result.values.end(), input.values[j].value) !=
          result.values.end()) {
        return MakeError(Reason::FIELD_INVALID, value_field, "got a value twice, want it once");
      }
      result.values.push_back(input.values[j].value);
    }
  }
  return checked;
}

absl::StatusOr<domain::AttributeNo> FindProfileAttribute(
    const domain::AttributeCatalogue& catalogue, std::string_view name, std::string_view field) {
  ASSIGN_OR_RETURN(const Attribute* const attribute, FindProfile(catalogue, name, field));
  return attribute->number;
}

bool SetAttribute(const CheckedAttribute& attribute, domain::Member& member) {
  if (attribute.values.empty()) return member.attributes.erase(attribute.number) > 0;
  std::vector<domain::Value>& values = member.attributes[attribute.number];
  if (values == attribute.values) return false;
  values = attribute.values;
  return true;
}

}  // namespace segmentation::usecase
