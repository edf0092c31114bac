#include "server/storage/mysql/definition_store.h"

#include <string>
#include <vector>

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/member_store.h"
#include "server/storage/mysql/row_cursor.h"
#include "server/storage/mysql/tag_store.h"

namespace segmentation::storage::mysql {
namespace {

using domain::ShopDefinitions;

// Values of definition_text.owner_kind.
enum class TextOwner : int { kAttributeAlias = 1, kAttributeEnumValue = 2, kTagSynonym = 3 };

constexpr std::string_view kPolicyColumns =
    "policy_revision, valid_moment, order_date, count_wholly_refunded, "
    "platform_discounts_count_as_paid, gifts_count_as_bought";
const Statement kReadPolicy("kReadPolicy", "PRIMARY",
                            base::StrCat("SELECT ", kPolicyColumns,
                                         " FROM metric_policy WHERE shop_no=? "
                                         "ORDER BY policy_revision DESC LIMIT 1"));
const RowsStatement kUpsertPolicy =
    UpsertRows("kUpsertPolicy", "metric_policy", "shop_no, policy_revision", "",
               "valid_moment, order_date, count_wholly_refunded, "
               "platform_discounts_count_as_paid, gifts_count_as_bought, revision",
               OtherUniqueKey::kNone);

const std::string kStoreColumns = base::StrCat("store_id, name, platform, ", kStampColumns);
const Statement kReadStores("kReadStores", "PRIMARY",
                            base::StrCat("SELECT store_no, ", kStoreColumns,
                                         " FROM store WHERE shop_no=? ORDER BY store_no"));
const RowsStatement kUpsertStores =
    UpsertRows("kUpsertStores", "store", "shop_no, store_no", "store_id",
               base::StrCat("name, platform, ", kStampColumns), OtherUniqueKey::kGuarded);
const RowsStatement kDeleteStores = DeleteByKeys("kDeleteStores", "store", "store_no");

const Statement kReadPromotions(
    "kReadPromotions", "PRIMARY",
    base::StrCat("SELECT promotion_no, promotion_id, kind, ", kStampColumns,
                 " FROM promotion WHERE shop_no=? ORDER BY promotion_no"));
const RowsStatement kUpsertPromotions =
    UpsertRows("kUpsertPromotions", "promotion", "shop_no, promotion_no", "promotion_id",
               base::StrCat("kind, ", kStampColumns), OtherUniqueKey::kGuarded);
const RowsStatement kDeletePromotions =
    DeleteByKeys("kDeletePromotions", "promotion", "promotion_no");
const Statement kReadPromotionWindows("kReadPromotionWindows", "PRIMARY",
                                      "SELECT promotion_no, from_ms, until_ms FROM "
                                      "promotion_window WHERE shop_no=? "
                                      "ORDER BY promotion_no, position");
const RowsStatement kInsertPromotionWindows =
    InsertRows("kInsertPromotionWindows", "promotion_window",
               "shop_no, promotion_no, position, from_ms, until_ms");
const RowsStatement kDeletePromotionWindows =
    DeleteByKeys("kDeletePromotionWindows", "promotion_window", "promotion_no");

const std::string kAttributeColumns =
    base::StrCat("name, value_type, folding, multi_valued, pii, description, ", kStampColumns);
const Statement kReadAttributeDefinitions(
    "kReadAttributeDefinitions", "PRIMARY",
    base::StrCat("SELECT attribute_no, ", kAttributeColumns,
                 " FROM attribute_definition WHERE shop_no=? ORDER BY attribute_no"));
const RowsStatement kUpsertAttributeDefinitions =
    UpsertRows("kUpsertAttributeDefinitions", "attribute_definition", "shop_no, attribute_no", "",
               kAttributeColumns, OtherUniqueKey::kGuarded);
const RowsStatement kDeleteAttributeDefinitions =
    DeleteByKeys("kDeleteAttributeDefinitions", "attribute_definition", "attribute_no");

const Statement kReadDefinitionTexts("kReadDefinitionTexts", "PRIMARY",
                                     "SELECT owner_kind, owner_no, text FROM definition_text "
                                     "WHERE shop_no=? ORDER BY owner_kind, owner_no, position");
const RowsStatement kInsertDefinitionTexts = InsertRows(
    "kInsertDefinitionTexts", "definition_text", "shop_no, owner_kind, owner_no, position, text");
const RowsStatement kDeleteDefinitionTexts =
    DeleteByKeys("kDeleteDefinitionTexts", "definition_text", "owner_kind, owner_no");

const std::string kCategoryColumns = base::StrCat(
    "tag_category_id, template_name, name, kind, choice, description, ", kStampColumns);
const Statement kReadTagCategories(
    "kReadTagCategories", "PRIMARY",
    base::StrCat("SELECT tag_category_no, ", kCategoryColumns,
                 " FROM tag_category WHERE shop_no=? ORDER BY tag_category_no"));
const RowsStatement kUpsertTagCategories = UpsertRows(
    "kUpsertTagCategories", "tag_category", "shop_no, tag_category_no", "tag_category_id",
    base::StrCat("template_name, name, kind, choice, description, ", kStampColumns),
    OtherUniqueKey::kGuarded);
const RowsStatement kDeleteTagCategories =
    DeleteByKeys("kDeleteTagCategories", "tag_category", "tag_category_no");

const Statement kReadTags(
    "kReadTags", "PRIMARY",
    base::StrCat("SELECT tag_no, tag_id, tag_category_no, value, exclusion_set, position, "
                 "description, ",
                 kStampColumns, " FROM tag WHERE shop_no=? ORDER BY tag_no"));
const RowsStatement kUpsertTags = UpsertRows(
    "kUpsertTags", "tag", "shop_no, tag_no", "tag_id",
    base::StrCat("tag_category_no, value, exclusion_set, position, description, ", kStampColumns),
    OtherUniqueKey::kGuarded);
const RowsStatement kDeleteTags = DeleteByKeys("kDeleteTags", "tag", "tag_no");

absl::Status ReadPolicyRow(ShopSession& session, ShopDefinitions& definitions) {
  ASSIGN_OR_RETURN(const ResultSet rows, session.Query(kReadPolicy, {session.shop_no()}));
  if (rows.empty()) return absl::OkStatus();
  RowCursor cells(rows[0]);
  domain::MetricPolicy& policy = definitions.policy;
  policy.revision = cells.Number<int32_t>();
  policy.valid_moment = cells.Number<domain::ValidMoment>();
  policy.order_date = cells.Number<domain::OrderDate>();
  policy.count_wholly_refunded = cells.Flag();
  policy.platform_discounts_count_as_paid = cells.Flag();
  policy.gifts_count_as_bought = cells.Flag();
  return absl::OkStatus();
}

absl::Status ReadStoreRows(ShopSession& session, ShopDefinitions& definitions) {
  ASSIGN_OR_RETURN(const ResultSet rows, session.Query(kReadStores, {session.shop_no()}));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    domain::Store store;
    store.number = cells.Number<domain::StoreNo>();
    store.id = cells.Text();
    store.name = cells.Text();
    store.platform = cells.Text();
    store.stamp = cells.Stamp();
    definitions.stores.emplace(store.number, std::move(store));
  }
  return absl::OkStatus();
}

absl::Status ReadPromotionRows(ShopSession& session, ShopDefinitions& definitions) {
  ASSIGN_OR_RETURN(const ResultSet rows, session.Query(kReadPromotions, {session.shop_no()}));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    domain::Promotion promotion;
    promotion.number = cells.Number<domain::PromotionNo>();
    promotion.id = cells.Text();
    promotion.kind = cells.Text();
    promotion.stamp = cells.Stamp();
    definitions.promotions.emplace(promotion.number, std::move(promotion));
  }
  ASSIGN_OR_RETURN(const ResultSet windows,
                   session.Query(kReadPromotionWindows, {session.shop_no()}));
  for (const ResultSet::Row row : windows) {
    RowCursor cells(row);
    const auto promotion = definitions.promotions.find(cells.Number<domain::PromotionNo>());
    if (promotion == definitions.promotions.end()) continue;
    domain::Promotion::Window window;
    window.from = cells.Number<base::InstantMs>();
    window.until = cells.Number<base::InstantMs>();
    promotion->second.windows.push_back(window);
  }
  return absl::OkStatus();
}

absl::Status ReadAttributeRows(ShopSession& session, ShopDefinitions& definitions) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kReadAttributeDefinitions, {session.shop_no()}));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    domain::Attribute attribute;
    attribute.number = cells.Number<domain::AttributeNo>();
    attribute.name = cells.Text();
    attribute.type = cells.Number<domain::ValueType>();
    attribute.folding = cells.Number<domain::TextFolding>();
    attribute.multi_valued = cells.Flag();
    attribute.pii = cells.Flag();
    attribute.description = cells.Text();
    attribute.stamp = cells.Stamp();
    definitions.attributes.emplace(attribute.number, std::move(attribute));
  }
  return absl::OkStatus();
}

absl::Status ReadTagDefinitionRows(ShopSession& session, ShopDefinitions& definitions) {
  ASSIGN_OR_RETURN(const ResultSet categories,
                   session.Query(kReadTagCategories, {session.shop_no()}));
  for (const ResultSet::Row row : categories) {
    RowCursor cells(row);
    domain::TagCategory category;
    category.number = cells.Number<domain::TagCategoryNo>();
    category.id = cells.Text();
    category.template_name = cells.Text();
    category.name = cells.Text();
    category.kind = cells.Number<domain::TagCategoryKind>();
    category.choice = cells.Number<domain::TagChoice>();
    category.description = cells.Text();
    category.stamp = cells.Stamp();
    definitions.tag_categories.emplace(category.number, std::move(category));
  }
  ASSIGN_OR_RETURN(const ResultSet tags, session.Query(kReadTags, {session.shop_no()}));
  for (const ResultSet::Row row : tags) {
    RowCursor cells(row);
    domain::Tag tag;
    tag.number = cells.Number<domain::TagNo>();
    tag.id = cells.Text();
    tag.category_no = cells.Number<domain::TagCategoryNo>();
    tag.value = cells.Text();
    tag.exclusion_set = cells.Number<int32_t>();
    tag.position = cells.Number<int32_t>();
    tag.description = cells.Text();
    tag.stamp = cells.Stamp();
    definitions.tags.emplace(tag.number, std::move(tag));
  }
  return absl::OkStatus();
}

// After attributes and tags: the lists they own.
absl::Status ReadTextRows(ShopSession& session, ShopDefinitions& definitions) {
  ASSIGN_OR_RETURN(const ResultSet rows, session.Query(kReadDefinitionTexts, {session.shop_no()}));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    const TextOwner owner = cells.Number<TextOwner>();
    const uint32_t number = cells.Number<uint32_t>();
    std::string text = cells.Text();
    if (owner == TextOwner::kTagSynonym) {
      const auto tag = definitions.tags.find(number);
      if (tag != definitions.tags.end()) tag->second.synonyms.push_back(std::move(text));
      continue;
    }
    const auto attribute = definitions.attributes.find(number);
    if (attribute == definitions.attributes.end()) continue;
    (owner == TextOwner::kAttributeAlias ? attribute->second.aliases
                                         : attribute->second.enum_values)
        .push_back(std::move(text));
  }
  return absl::OkStatus();
}

void AppendTexts(domain::ShopNo shop_no, TextOwner owner, uint32_t number,
                 const std::vector<std::string>& texts, Params& rows) {
  int position = 0;
  for (const std::string& text : texts) {
    Append(rows, {shop_no, static_cast<int>(owner), number, position++, text});
  }
}

absl::Status WriteStoreRows(ShopSession& session, const WriteSet& rows) {
  Params stores;
  for (const domain::Store& store : rows.stores) {
    Append(stores, {session.shop_no(), store.number, store.id, store.name, store.platform});
    AppendStamp(stores, store.stamp);
  }
  RETURN_IF_ERROR(session.Write(kUpsertStores, stores));
  Params promotions, windows, cleared;
  for (const domain::Promotion& promotion : rows.promotions) {
    Append(promotions, {session.shop_no(), promotion.number, promotion.id, promotion.kind});
    AppendStamp(promotions, promotion.stamp);
    cleared.emplace_back(promotion.number);
    int position = 0;
    for (const domain::Promotion::Window& window : promotion.windows) {
      Append(windows, {session.shop_no(), promotion.number, position++, window.from, window.until});
    }
  }
  RETURN_IF_ERROR(session.Write(kUpsertPromotions, promotions));
  RETURN_IF_ERROR(session.DeleteKeys(kDeletePromotionWindows, std::move(cleared)));
  return session.Write(kInsertPromotionWindows, windows);
}

absl::Status WriteCatalogueRows(ShopSession& session, const WriteSet& rows) {
  const domain::ShopNo shop_no = session.shop_no();
  Params attributes, categories, tags, texts, cleared;
  for (const domain::Attribute& attribute : rows.attribute_definitions) {
    Append(attributes, {shop_no, attribute.number, attribute.name, static_cast<int>(attribute.type),
                        static_cast<int>(attribute.folding), attribute.multi_valued, attribute.pii,
                        attribute.description});
    AppendStamp(attributes, attribute.stamp);
    for (const TextOwner owner : {TextOwner::kAttributeAlias, TextOwner::kAttributeEnumValue}) {
      Append(cleared, {static_cast<int>(owner), attribute.number});
    }
    AppendTexts(shop_no, TextOwner::kAttributeAlias, attribute.number, attribute.aliases, texts);
    AppendTexts(shop_no, TextOwner::kAttributeEnumValue, attribute.number, attribute.enum_values,
                texts);
  }
  for (const domain::TagCategory& category : rows.tag_categories) {
    Append(categories, {shop_no, category.number, category.id, category.template_name,
                        category.name, static_cast<int>(category.kind),
                        static_cast<int>(category.choice), category.description});
    AppendStamp(categories, category.stamp);
  }
  for (const domain::Tag& tag : rows.tags) {
    Append(tags, {shop_no, tag.number, tag.id, tag.category_no, tag.value, tag.exclusion_set,
                  tag.position, tag.description});
    AppendStamp(tags, tag.stamp);
    Append(cleared, {static_cast<int>(TextOwner::kTagSynonym), tag.number});
    AppendTexts(shop_no, TextOwner::kTagSynonym, tag.number, tag.synonyms, texts);
  }
  RETURN_IF_ERROR(session.Write(kUpsertAttributeDefinitions, attributes));
  RETURN_IF_ERROR(session.Write(kUpsertTagCategories, categories));
  RETURN_IF_ERROR(session.Write(kUpsertTags, tags));
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteDefinitionTexts, std::move(cleared)));
  return session.Write(kInsertDefinitionTexts, texts);
}

template <typename Number>
Params Keys(const std::vector<Number>& numbers) {
  return KeysOf(std::span<const Number>(numbers));
}

}  // namespace

absl::Status ReadDefinitionTables(ShopSession& session, ShopDefinitions& definitions) {
  RETURN_IF_ERROR(ReadPolicyRow(session, definitions));
  RETURN_IF_ERROR(ReadStoreRows(session, definitions));
  RETURN_IF_ERROR(ReadPromotionRows(session, definitions));
  RETURN_IF_ERROR(ReadAttributeRows(session, definitions));
  RETURN_IF_ERROR(ReadTagDefinitionRows(session, definitions));
  return ReadTextRows(session, definitions);
}

absl::Status DeleteDefinitionRows(ShopSession& session, const WriteSet& rows) {
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteStores, Keys(rows.deleted_stores)));
  RETURN_IF_ERROR(session.DeleteKeys(kDeletePromotions, Keys(rows.deleted_promotions)));
  RETURN_IF_ERROR(session.DeleteKeys(kDeletePromotionWindows, Keys(rows.deleted_promotions)));
  Params texts;
  for (const domain::AttributeNo number : rows.deleted_attribute_definitions) {
    for (const TextOwner owner : {TextOwner::kAttributeAlias, TextOwner::kAttributeEnumValue}) {
      Append(texts, {static_cast<int>(owner), number});
    }
  }
  for (const domain::TagNo number : rows.deleted_tags) {
    Append(texts, {static_cast<int>(TextOwner::kTagSynonym), number});
  }
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteDefinitionTexts, std::move(texts)));
  RETURN_IF_ERROR(
      session.DeleteKeys(kDeleteAttributeDefinitions, Keys(rows.deleted_attribute_definitions)));
  RETURN_IF_ERROR(DeleteAttributeValues(session, rows.deleted_attribute_definitions));
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteTags, Keys(rows.deleted_tags)));
  RETURN_IF_ERROR(DeleteAssignmentsOfTags(session, rows.deleted_tags));
  return session.DeleteKeys(kDeleteTagCategories, Keys(rows.deleted_tag_categories));
}

absl::Status WriteDefinitionRows(ShopSession& session, const WriteSet& rows,
                                 domain::Revision revision) {
  if (rows.policy) RETURN_IF_ERROR(WritePolicy(session, *rows.policy, revision));
  RETURN_IF_ERROR(WriteStoreRows(session, rows));
  return WriteCatalogueRows(session, rows);
}

absl::Status WritePolicy(ShopSession& session, const domain::MetricPolicy& policy,
                         domain::Revision revision) {
  const Params row = {session.shop_no(),
                      policy.revision,
                      static_cast<int>(policy.valid_moment),
                      static_cast<int>(policy.order_date),
                      policy.count_wholly_refunded,
                      policy.platform_discounts_count_as_paid,
                      policy.gifts_count_as_bought,
                      revision};
  return session.Write(kUpsertPolicy, row);
}

void ListDefinitionStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kReadPolicy, &kReadStores, &kReadPromotions, &kReadPromotionWindows,
                 &kReadAttributeDefinitions, &kReadDefinitionTexts, &kReadTagCategories,
                 &kReadTags});
  catalogue.Add({&kUpsertPolicy, &kUpsertStores, &kDeleteStores, &kUpsertPromotions,
                 &kDeletePromotions, &kInsertPromotionWindows, &kDeletePromotionWindows,
                 &kUpsertAttributeDefinitions, &kDeleteAttributeDefinitions,
                 &kInsertDefinitionTexts, &kDeleteDefinitionTexts, &kUpsertTagCategories,
                 &kDeleteTagCategories, &kUpsertTags, &kDeleteTags});
}

}  // namespace segmentation::storage::mysql
