// Look-up in the attribute catalogue of one shop: the built-in entries and the shop's own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/attribute.h"
#include "server/domain/shop.h"

namespace segmentation::domain {

// A view of a shop's definitions, which must outlive it. Thread-safe.
class AttributeCatalogue {
 public:
  explicit AttributeCatalogue(const ShopDefinitions& definitions) : definitions_(definitions) {}

  // By name (ASCII letters in any case) or alias (exact); names come before aliases, built-in
  // entries before custom ones. Null when there is none.
  const Attribute* Find(std::string_view name_or_alias) const;
  const Attribute* Find(AttributeNo number) const;

  // Every entry, by number.
  std::vector<const Attribute*> All() const;

  // Names and aliases that may have been meant, nearest first, at most `limit`.
  std::vector<std::string> NearMatches(std::string_view text, size_t limit = 3) const;

 private:
  const ShopDefinitions& definitions_;
};

}  // namespace segmentation::domain
