#include "server/usecase/definition_index.h"

namespace segmentation::usecase {
namespace {

template <typename Map, typename Key>
typename Map::mapped_type FindOrZero(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

}  // namespace

DefinitionIndex::DefinitionIndex(std::shared_ptr<const domain::ShopDefinitions> definitions)
    : definitions_(std::move(definitions)) {
  for (const auto& [number, store] : definitions_->stores) stores_.emplace(store.id, number);
  for (const auto& [number, category] : definitions_->tag_categories) {
    tag_categories_.emplace(category.id, number);
  }
  for (const auto& [number, tag] : definitions_->tags) {
    tag_values_.emplace(std::pair(tag.category_no, std::string_view(tag.value)), number);
  }
}

domain::StoreNo DefinitionIndex::StoreById(std::string_view id) const {
  return FindOrZero(stores_, id);
}

domain::TagCategoryNo DefinitionIndex::TagCategoryById(std::string_view id) const {
  return FindOrZero(tag_categories_, id);
}

domain::TagNo DefinitionIndex::TagByValue(domain::TagCategoryNo category_no,
                                          std::string_view value) const {
  return FindOrZero(tag_values_, std::pair(category_no, value));
}

}  // namespace segmentation::usecase
