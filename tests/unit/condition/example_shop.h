// The shop that the golden lines speak of; its header in condition_golden.txt lists the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/domain/shop.h"

namespace segmentation::domain::condition {

inline void AddTagCategory(ShopDefinitions* shop, std::string template_name, std::string name,
                           TagCategoryKind kind, const std::vector<std::string>& values) {
  TagCategory category;
  category.number = static_cast<TagCategoryNo>(shop->tag_categories.size() + 1);
  category.id = template_name + "-" + name;
  category.template_name = std::move(template_name);
  category.name = std::move(name);
  category.kind = kind;
  for (const std::string& value : values) {
    Tag tag;
    tag.number = static_cast<TagNo>(shop->tags.size() + 1);
    tag.category_no = category.number;
    tag.id = category.id + "-" + value;
    tag.value = value;
    if (value == "油性") tag.synonyms = {"油皮"};
    shop->tags[tag.number] = tag;
  }
  shop->tag_categories[category.number] = category;
}

inline void AddAttribute(ShopDefinitions* shop, std::string name, std::string alias, ValueType type,
                         bool multi_valued = false) {
  Attribute attribute;
  attribute.number = kFirstCustomAttributeNo + static_cast<AttributeNo>(shop->attributes.size());
  attribute.name = std::move(name);
  attribute.aliases = {std::move(alias)};
  attribute.type = type;
  attribute.multi_valued = multi_valued;
  if (type == ValueType::kText) attribute.folding = TextFolding::kNfkcCase;
  if (type == ValueType::kEnum) attribute.enum_values = {"gold", "silver"};
  shop->attributes[attribute.number] = attribute;
}

inline void AddGroup(ShopDefinitions* shop, std::string id, int32_t revision,
                     std::vector<GroupNo> references) {
  Group group;
  group.number = static_cast<GroupNo>(shop->groups.size() + 1);
  group.id = std::move(id);
  group.name = group.id;
  group.group_revision = revision;
  group.references = std::move(references);
  shop->groups[group.number] = group;
}

inline ShopDefinitions ExampleShop() {
  ShopDefinitions shop;
  shop.shop.number = 1;
  shop.shop.id = "example";
  shop.shop.time_zone = "Asia/Shanghai";
  shop.shop.currency = "CNY";
  shop.shop.currency_digits = 2;
  shop.stores[1] = Store{1, "tmall-1", "旗舰店", "tmall", {}};
  shop.stores[2] = Store{2, "jd-1", "京东店", "jd", {}};
  Promotion promotion;
  promotion.number = 1;
  promotion.id = "店庆2024";
  promotion.windows = {{1'731'326'400'000, 1'731'427'200'000}};  // 2024-11-11 20:00 to 13 00:00 CST
  shop.promotions[1] = promotion;
  AddAttribute(&shop, "hobby", "爱好", ValueType::kText, true);
  AddAttribute(&shop, "pet_count", "宠物数", ValueType::kInteger);
  AddAttribute(&shop, "level", "等级", ValueType::kEnum);
  AddAttribute(&shop, "wedding_day", "结婚日", ValueType::kDate);
  AddAttribute(&shop, "score", "评分值", ValueType::kDecimal);
  AddTagCategory(&shop, "化妆品", "肤质", TagCategoryKind::kListed, {"中性", "油性"});
  AddTagCategory(&shop, "服装", "偏好风格", TagCategoryKind::kListed, {"百搭", "淑女"});
  AddTagCategory(&shop, "内衣", "偏好风格", TagCategoryKind::kListed, {"少女型"});
  AddTagCategory(&shop, "内衣", "罩杯大小", TagCategoryKind::kListed, {"3/4罩杯"});
  AddTagCategory(&shop, "内衣", "尺寸信息", TagCategoryKind::kNumeric, {"上胸围尺寸"});
  AddGroup(&shop, "vip", 3, {});
  AddGroup(&shop, "lost", 1, {});
  AddGroup(&shop, "lost-vip", 1, {1, 2});
  return shop;
}

}  // namespace segmentation::domain::condition
