#include "server/domain/attribute_catalogue.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "server/base/strings.h"
#include "server/domain/near_match.h"

namespace segmentation::domain {
namespace {

bool HasName(const Attribute& attribute, std::string_view text) {
  return absl::EqualsIgnoreCase(base::ToAbsl(attribute.name), base::ToAbsl(text));
}

bool HasAlias(const Attribute& attribute, std::string_view text) {
  return std::find(attribute.aliases.begin(), attribute.aliases.end(), text) !=
         attribute.aliases.end();
}

}  // namespace

std::vector<const Attribute*> AttributeCatalogue::All() const {
  std::vector<const Attribute*> all;
  for (const Attribute& attribute : BuiltinAttributes()) all.push_back(&attribute);
  for (const auto& [number, attribute] : definitions_.attributes) all.push_back(&attribute);
  return all;
}

const Attribute* AttributeCatalogue::Find(std::string_view name_or_alias) const {
  const std::vector<const Attribute*> all = All();
  for (const Attribute* attribute : all) {
    if (HasName(*attribute, name_or_alias)) return attribute;
  }
  for (const Attribute* attribute : all) {
    if (HasAlias(*attribute, name_or_alias)) return attribute;
  }
  return nullptr;
}

const Attribute* AttributeCatalogue::Find(AttributeNo number) const {
  if (auto custom = definitions_.attributes.find(number); custom != definitions_.attributes.end()) {
    return &custom->second;
  }
  for (const Attribute& attribute : BuiltinAttributes()) {
    if (attribute.number == number) return &attribute;
  }
  return nullptr;
}

std::vector<std::string> AttributeCatalogue::NearMatches(std::string_view text,
                                                         size_t limit) const {
  std::vector<std::string_view> names;
  for (const Attribute* attribute : All()) {
    names.push_back(attribute->name);
    names.insert(names.end(), attribute->aliases.begin(), attribute->aliases.end());
  }
  return domain::NearMatches(text, names, limit);
}

}  // namespace segmentation::domain
