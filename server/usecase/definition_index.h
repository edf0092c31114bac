// The definitions of a shop with their names sorted for look-up: what the writer keeps a shop from
// batch to batch.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/domain/ids.h"
#include "server/domain/shop.h"

namespace segmentation::usecase {

// Immutable. Numbers are 0 where there is no such name.
class DefinitionIndex {
 public:
  explicit DefinitionIndex(std::shared_ptr<const domain::ShopDefinitions> definitions);

  const std::shared_ptr<const domain::ShopDefinitions>& definitions() const { return definitions_; }

  domain::StoreNo StoreById(std::string_view id) const;
  domain::TagCategoryNo TagCategoryById(std::string_view id) const;
  domain::TagNo TagByValue(domain::TagCategoryNo category_no, std::string_view value) const;

 private:
  // The views point into *definitions_.
  std::shared_ptr<const domain::ShopDefinitions> definitions_;
  std::unordered_map<std::string_view, domain::StoreNo> stores_;
  std::unordered_map<std::string_view, domain::TagCategoryNo> tag_categories_;
  std::map<std::pair<domain::TagCategoryNo, std::string_view>, domain::TagNo> tag_values_;
};

}  // namespace segmentation::usecase
