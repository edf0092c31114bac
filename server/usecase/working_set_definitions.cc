// The definitions in a unit of work: one copy a batch, changed in place, with the way back.
#include <algorithm>
#include <iterator>
#include <utility>

#include "server/usecase/working_set.h"

namespace segmentation::usecase {

using domain::ShopDefinitions;

ShopDefinitions& WorkingSet::EditDefinitions() {
  if (edited_definitions_ == nullptr) {
    edited_definitions_ = std::make_shared<ShopDefinitions>(*definitions_);
    definitions_ = edited_definitions_;
  }
  return *edited_definitions_;
}

template <typename Number, typename Row>
void WorkingSet::PutDefinition(std::map<Number, Row> ShopDefinitions::*table, Row row) {
  std::map<Number, Row>& rows = EditDefinitions().*table;
  const Number number = row.number;
  const auto found = rows.find(number);
  if (found == rows.end()) {
    rows.emplace(number, std::move(row));
    definition_undo_.push_back(
        [table, number](ShopDefinitions& definitions) { (definitions.*table).erase(number); });
    return;
  }
  definition_undo_.push_back(
      [table, number, old = std::exchange(found->second, std::move(row))](
          ShopDefinitions& definitions) { (definitions.*table)[number] = old; });
}

template <typename Number, typename Row>
void WorkingSet::DeleteDefinition(std::map<Number, Row> ShopDefinitions::*table, Number number) {
  std::map<Number, Row>& rows = EditDefinitions().*table;
  const auto found = rows.find(number);
  if (found == rows.end()) return;
  definition_undo_.push_back(
      [table, number, old = std::move(found->second)](ShopDefinitions& definitions) {
        (definitions.*table)[number] = old;
      });
  rows.erase(found);
}

void WorkingSet::PutShop(domain::Shop shop) {
  ShopDefinitions& definitions = EditDefinitions();
  definition_undo_.push_back([old = std::exchange(definitions.shop, std::move(shop))](
                                 ShopDefinitions& edited) { edited.shop = old; });
}

void WorkingSet::PutPolicy(domain::MetricPolicy policy) {
  ShopDefinitions& definitions = EditDefinitions();
  definition_undo_.push_back([old = std::exchange(definitions.policy, policy)](
                                 ShopDefinitions& edited) { edited.policy = old; });
}

void WorkingSet::PutStore(domain::Store store) {
  PutDefinition(&ShopDefinitions::stores, std::move(store));
}
void WorkingSet::DeleteStore(domain::StoreNo number) {
  DeleteDefinition(&ShopDefinitions::stores, number);
}
void WorkingSet::PutPromotion(domain::Promotion promotion) {
  PutDefinition(&ShopDefinitions::promotions, std::move(promotion));
}
void WorkingSet::DeletePromotion(domain::PromotionNo number) {
  DeleteDefinition(&ShopDefinitions::promotions, number);
}
void WorkingSet::PutAttribute(domain::Attribute attribute) {
  PutDefinition(&ShopDefinitions::attributes, std::move(attribute));
}
void WorkingSet::DeleteAttribute(domain::AttributeNo number) {
  DeleteDefinition(&ShopDefinitions::attributes, number);
}
void WorkingSet::PutTagCategory(domain::TagCategory category) {
  PutDefinition(&ShopDefinitions::tag_categories, std::move(category));
}
void WorkingSet::DeleteTagCategory(domain::TagCategoryNo number) {
  DeleteDefinition(&ShopDefinitions::tag_categories, number);
}
void WorkingSet::PutTag(domain::Tag tag) {
  put_tag_values_[{tag.category_no, tag.value}] = tag.number;
  PutDefinition(&ShopDefinitions::tags, std::move(tag));
}
void WorkingSet::DeleteTag(domain::TagNo number) {
  DeleteDefinition(&ShopDefinitions::tags, number);
}
void WorkingSet::PutGroup(domain::Group group) {
  const auto stored = definitions_->groups.find(group.number);
  // Every revision is kept, also one that lasts no longer than this batch.
  if (stored != definitions_->groups.end() &&
      stored->second.stamp.etag.revision == head_.revision &&
      stored->second.group_revision != group.group_revision) {
    const domain::Group& before = stored->second;
    overtaken_revisions_.push_back({before.number, before.group_revision, before.name,
                                    before.condition_text, before.grammar_version, before.stamp});
    definition_undo_.push_back([this](ShopDefinitions&) { overtaken_revisions_.pop_back(); });
  }
  PutDefinition(&ShopDefinitions::groups, std::move(group));
}
void WorkingSet::DeleteGroup(domain::GroupNo number) {
  ShopDefinitions& definitions = EditDefinitions();
  const auto found = definitions.groups.find(number);
  if (found == definitions.groups.end()) return;
  const std::string& id = found->second.id;
  definitions.retired_group_ids.insert(id);
  definition_undo_.push_back([id](ShopDefinitions& edited) { edited.retired_group_ids.erase(id); });
  DeleteDefinition(&ShopDefinitions::groups, number);
}

const domain::Store* WorkingSet::FindStore(std::string_view id) const {
  if (edited_definitions_ == nullptr) {
    const auto found = definitions_->stores.find(loaded_definitions_->StoreById(id));
    return found == definitions_->stores.end() ? nullptr : &found->second;
  }
  for (const auto& [number, store] : definitions_->stores) {
    if (store.id == id) return &store;
  }
  return nullptr;
}

const domain::TagCategory* WorkingSet::FindTagCategory(std::string_view id) const {
  if (edited_definitions_ == nullptr) {
    const auto found = definitions_->tag_categories.find(loaded_definitions_->TagCategoryById(id));
    return found == definitions_->tag_categories.end() ? nullptr : &found->second;
  }
  for (const auto& [number, category] : definitions_->tag_categories) {
    if (category.id == id) return &category;
  }
  return nullptr;
}

const domain::Tag* WorkingSet::FindTag(domain::TagCategoryNo category_no,
                                       std::string_view value) const {
  const auto agreed = [&](domain::TagNo number) -> const domain::Tag* {
    const auto found = definitions_->tags.find(number);
    if (found == definitions_->tags.end()) return nullptr;
    const domain::Tag& tag = found->second;
    return tag.category_no == category_no && tag.value == value ? &tag : nullptr;
  };
  if (edited_definitions_ != nullptr) {
    const auto put = put_tag_values_.find({category_no, std::string(value)});
    if (put != put_tag_values_.end()) {
      if (const domain::Tag* const tag = agreed(put->second)) return tag;
    }
  }
  return agreed(loaded_definitions_->TagByValue(category_no, value));
}

namespace {

// Rows of `now` whose etag is not that of `before`, and numbers that are gone.
template <typename Number, typename Row>
void CompareTables(const std::map<Number, Row>& before, const std::map<Number, Row>& now,
                   std::vector<Row>& changed, std::vector<Number>& deleted) {
  for (const auto& [number, row] : now) {
    const auto was = before.find(number);
    if (was == before.end() || was->second.stamp.etag != row.stamp.etag) changed.push_back(row);
  }
  for (const auto& [number, row] : before) {
    if (!now.contains(number)) deleted.push_back(number);
  }
}

}  // namespace

void WorkingSet::WriteDefinitions(storage::WriteSet& rows) {
  const ShopDefinitions& before = *loaded_definitions_->definitions();
  ShopDefinitions& now = *edited_definitions_;
  storage::WriteSet found;
  if (before.shop.stamp.etag != now.shop.stamp.etag) found.shop = now.shop;
  if (before.policy.revision != now.policy.revision) found.policy = now.policy;
  CompareTables(before.stores, now.stores, found.stores, found.deleted_stores);
  CompareTables(before.promotions, now.promotions, found.promotions, found.deleted_promotions);
  CompareTables(before.attributes, now.attributes, found.attribute_definitions,
                found.deleted_attribute_definitions);
  CompareTables(before.tag_categories, now.tag_categories, found.tag_categories,
                found.deleted_tag_categories);
  CompareTables(before.tags, now.tags, found.tags, found.deleted_tags);
  CompareTables(before.groups, now.groups, found.groups, found.deleted_groups);
  std::set_difference(now.retired_group_ids.begin(), now.retired_group_ids.end(),
                      before.retired_group_ids.begin(), before.retired_group_ids.end(),
                      std::back_inserter(found.retired_group_ids));
  found.group_revisions = overtaken_revisions_;
  if (found.empty()) return;

  now.definition_revision = head_.revision;
  head_.definition_revision = head_.revision;
  rows.shop = std::move(found.shop);
  rows.policy = found.policy;
  rows.stores = std::move(found.stores);
  rows.deleted_stores = std::move(found.deleted_stores);
  rows.promotions = std::move(found.promotions);
  rows.deleted_promotions = std::move(found.deleted_promotions);
  rows.attribute_definitions = std::move(found.attribute_definitions);
  rows.deleted_attribute_definitions = std::move(found.deleted_attribute_definitions);
  rows.tag_categories = std::move(found.tag_categories);
  rows.deleted_tag_categories = std::move(found.deleted_tag_categories);
  rows.tags = std::move(found.tags);
  rows.deleted_tags = std::move(found.deleted_tags);
  rows.groups = std::move(found.groups);
  rows.group_revisions = std::move(found.group_revisions);
  rows.deleted_groups = std::move(found.deleted_groups);
  rows.retired_group_ids = std::move(found.retired_group_ids);
}

}  // namespace segmentation::usecase
