// Profile attributes as they are written: typed values checked against the catalogue (T40).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/member.h"

namespace segmentation::usecase {

// A value with the type its sender gave it: never converted to another. kText also stands for
// values of enums.
struct TypedValue {
  domain::ValueType type = domain::ValueType::kText;
  domain::Value value;
};

struct AttributeInput {
  std::string attribute;           // name in the catalogue, or an alias
  std::vector<TypedValue> values;  // none: absent (T03)
};

struct CheckedAttribute {
  domain::AttributeNo number = 0;
  std::vector<domain::Value> values;
};

// Checks each input, "attributes[i]" in errors. ATTRIBUTE_NOT_FOUND (with near matches),
// FIELD_INVALID (another type, several values of a single-valued attribute, a value twice, an
// attribute twice or one that is not written, a text that is no value of the enum),
// FIELD_OUT_OF_RANGE, FIELD_TOO_LONG, DATE_INVALID, TEXT_NOT_UTF8, TEXT_HAS_NUL.
absl::StatusOr<std::vector<CheckedAttribute>> CheckAttributes(
    const domain::AttributeCatalogue& catalogue, std::span<const AttributeInput> inputs);

// The number of a profile attribute by name. ATTRIBUTE_NOT_FOUND, FIELD_INVALID (not written).
absl::StatusOr<domain::AttributeNo> FindProfileAttribute(
    const domain::AttributeCatalogue& catalogue, std::string_view name, std::string_view field);

// Sets or clears one attribute; whether anything changed.
bool SetAttribute(const CheckedAttribute& attribute, domain::Member& member);

}  // namespace segmentation::usecase
