// A shop and its definitions: everything but members and orders, small enough to be held whole.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/domain/attribute.h"
#include "server/domain/ids.h"
#include "server/domain/policy.h"

namespace segmentation::domain {

struct Shop {
  ShopNo number = 0;
  std::string id;  // public, 1–64 bytes
  std::string name;
  std::string time_zone;        // IANA name
  std::string currency;         // ISO 4217
  int32_t currency_digits = 2;  // digits after the point: CNY 2, JPY 0
  bool deleted = false;
  Stamp stamp;
};

struct Store {
  StoreNo number = 0;
  std::string id;
  std::string name;
  std::string platform;  // tmall, jd, wechat, offline …
  Stamp stamp;
};

// A named occasion with one or more half-open windows [from, until).
struct Promotion {
  PromotionNo number = 0;
  std::string id;  // the name conditions use: DURING '店庆2024'
  std::string kind;
  struct Window {
    base::InstantMs from = 0;
    base::InstantMs until = 0;
    friend bool operator==(const Window&, const Window&) = default;
  };
  std::vector<Window> windows;
  Stamp stamp;
};

enum class TagChoice : uint8_t { kSingle = 1, kMulti = 2 };
enum class TagCategoryKind : uint8_t { kListed = 1, kFree = 2, kNumeric = 3 };

// A category is known by its template and name (服装.偏好风格); the short name is accepted where
// unique.
struct TagCategory {
  TagCategoryNo number = 0;
  std::string id;             // public id
  std::string template_name;  // may be empty
  std::string name;           // holds no '/'
  TagCategoryKind kind = TagCategoryKind::kListed;
  TagChoice choice = TagChoice::kMulti;
  std::string description;
  Stamp stamp;
};

struct Tag {
  TagNo number = 0;
  TagCategoryNo category_no = 0;
  std::string id;
  std::string value;
  // Values of one set of a category replace each other; 0: none. A single-choice category is one
  // set of all.
  int32_t exclusion_set = 0;
  int32_t position = 0;
  std::vector<std::string> synonyms;
  std::string description;
  Stamp stamp;
};

// A saved group. Every edit is a new revision; all are kept.
struct Group {
  GroupNo number = 0;
  std::string id;
  std::string name;
  std::string condition_text;  // canonical
  int32_t grammar_version = 1;
  int32_t group_revision = 1;       // counts edits of this group, from 1
  std::vector<GroupNo> references;  // groups its condition names, sorted
  std::string note, owner;
  Stamp stamp;
};

// All definitions of a shop as of one revision. Immutable once shared.
struct ShopDefinitions {
  Shop shop;
  Revision definition_revision = 0;  // the last revision that changed anything in here
  MetricPolicy policy;
  std::map<StoreNo, Store> stores;
  std::map<PromotionNo, Promotion> promotions;
  std::map<AttributeNo, Attribute> attributes;  // custom ones
  std::map<TagCategoryNo, TagCategory> tag_categories;
  std::map<TagNo, Tag> tags;
  std::map<GroupNo, Group> groups;
  std::set<std::string> retired_group_ids;  // of deleted groups: never given again (T68)
};

}  // namespace segmentation::domain
