#include "server/usecase/tag_category_usecase.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/definition_command.h"
#include "server/usecase/definition_users.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {
namespace {

using domain::ShopDefinitions;
using domain::Tag;
using domain::TagCategory;

constexpr int64_t kMaxExclusionSet = 1'000;
constexpr int64_t kMaxPosition = 1'000'000;

absl::Status CategoryNotFound(std::string_view field) {
  return base::MakeError(base::Reason::TAG_CATEGORY_NOT_FOUND, field, "no such tag category");
}

absl::Status TagNotFound(std::string_view field) {
  return base::MakeError(base::Reason::TAG_NOT_FOUND, field, "no such value in the category");
}

absl::Status CheckCategory(const TagCategory& category, const ShopDefinitions& definitions) {
  RETURN_IF_ERROR(domain::ValidateTagCategoryName(category.name, "category.display_name"));
  if (!category.template_name.empty()) {
    RETURN_IF_ERROR(
        domain::ValidateTagCategoryName(category.template_name, "category.template_key"));
    RETURN_IF_ERROR(domain::ValidateText(category.template_name, domain::kMaxTagTemplateBytes,
                                         "category.template_key"));
  }
  RETURN_IF_ERROR(domain::ValidateText(category.description, domain::kMaxDescriptionBytes,
                                       "category.description"));
  for (const auto& [number, other] : definitions.tag_categories) {
    if (number != category.number && other.template_name == category.template_name &&
        other.name == category.name) {
      return base::MakeError(base::Reason::ALREADY_EXISTS, "category.display_name",
                             "a category of this template and name exists");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTag(const Tag& tag, const std::string& field) {
  RETURN_IF_ERROR(
      domain::ValidateName(tag.value, domain::kMaxNameBytes, absl::StrCat(field, ".value")));
  RETURN_IF_ERROR(domain::ValidateRange(tag.exclusion_set, 0, kMaxExclusionSet,
                                        absl::StrCat(field, ".exclusion_set")));
  RETURN_IF_ERROR(
      domain::ValidateRange(tag.position, 0, kMaxPosition, absl::StrCat(field, ".position")));
  RETURN_IF_ERROR(domain::ValidateListSize(tag.synonyms.size(), domain::kMaxTagSynonyms,
                                           absl::StrCat(field, ".synonyms")));
  for (size_t i = 0; i < tag.synonyms.size(); ++i) {
    RETURN_IF_ERROR(domain::ValidateName(tag.synonyms[i], domain::kMaxNameBytes,
                                         absl::StrCat(field, ".synonyms[", i, "]")));
  }
  return domain::ValidateText(tag.description, domain::kMaxDescriptionBytes,
                              absl::StrCat(field, ".description"));
}

int64_t CountTags(const ShopDefinitions& definitions, domain::TagCategoryNo category_no) {
  int64_t count = 0;
  for (const auto& [number, tag] : definitions.tags) count += tag.category_no == category_no;
  return count;
}

// Checks the value and stores it as a new one of the category.
absl::StatusOr<domain::TagNo> AddTag(Tag tag, domain::TagCategoryNo category_no,
                                     const std::string& field, const CallContext& call,
                                     WorkingSet& ws) {
  RETURN_IF_ERROR(CheckTag(tag, field));
  if (ws.FindTag(category_no, tag.value) != nullptr) {
    return base::MakeError(base::Reason::ALREADY_EXISTS, absl::StrCat(field, ".value"),
                           "the category has this value");
  }
  RETURN_IF_ERROR(CheckRoom(ws.definitions().tags.size(), domain::kMaxTagsPerShop, field, "tags"));
  tag.number = ws.TakeTagNo();
  tag.category_no = category_no;
  // Values are named by category and value; the id only has to be unique in the shop.
  tag.id = absl::StrCat("tag-", tag.number);
  tag.stamp = ws.NewStamp(call.actor);
  const domain::TagNo number = tag.number;
  ws.PutTag(std::move(tag));
  return number;
}

// Stores a category under a new name. Conditions name categories by the short name where only one
// has it, so a name more can make a saved one ambiguous or mean another category.
absl::Status PutCategory(const TagCategory& category, WorkingSet& ws) {
  ASSIGN_OR_RETURN(const GroupUses before, ReadGroupUses(ws.definitions(), ws.reader()));
  ws.PutTagCategory(category);
  return CheckBoundAsBefore(before, ws.definitions(), ws.reader(), "category.display_name");
}

}  // namespace

void TagCategoryUsecase::CreateCategory(CallContext context, TagCategory category,
                                        std::vector<Tag> tags,
                                        AnswerEncoder<TagCategoryResult> encode,
                                        WriteCallback done) {
  auto decide = [category = std::move(category), tags = std::move(tags),
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    TagCategory row = category;
    row.number = 0;
    RETURN_IF_ERROR(domain::ValidateId(row.id, "category.category_id"));
    RETURN_IF_ERROR(CheckCategory(row, ws.definitions()));
    RETURN_IF_ERROR(domain::ValidateBatchSize(tags.size(), domain::kMaxBatchItems, "tags"));
    if (ws.FindTagCategory(row.id) != nullptr) {
      return base::MakeError(base::Reason::ALREADY_EXISTS, "category.category_id",
                             "a category of this id exists");
    }
    RETURN_IF_ERROR(CheckRoom(ws.definitions().tag_categories.size(),
                              domain::kMaxTagCategoriesPerShop, "category", "tag categories"));
    row.number = ws.TakeTagCategoryNo();
    row.stamp = ws.NewStamp(call.actor);
    RETURN_IF_ERROR(PutCategory(row, ws));
    for (size_t i = 0; i < tags.size(); ++i) {
      RETURN_IF_ERROR(
          AddTag(tags[i], row.number, absl::StrCat("tags[", i, "]"), call, ws).status());
    }
    return encode(
        {&ws.definitions().tag_categories.at(row.number), static_cast<int64_t>(tags.size())},
        ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void TagCategoryUsecase::UpdateCategory(CallContext context, UpdateTagCategoryInput update,
                                        AnswerEncoder<TagCategoryResult> encode,
                                        WriteCallback done) {
  auto decide = [update = std::move(update), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const TagCategory* stored = ws.FindTagCategory(update.category.id);
    if (stored == nullptr) return CategoryNotFound("category.category_id");
    RETURN_IF_ERROR(CheckEtag(update.etag, stored->stamp));
    RETURN_IF_ERROR(CheckMask(update.set_template || update.set_name || update.set_description,
                              "template_key, display_name, description"));
    TagCategory row = *stored;
    if (update.set_template) row.template_name = update.category.template_name;
    if (update.set_name) row.name = update.category.name;
    if (update.set_description) row.description = update.category.description;
    RETURN_IF_ERROR(CheckCategory(row, ws.definitions()));
    const bool renamed = row.template_name != stored->template_name || row.name != stored->name;
    if (renamed) {
      RETURN_IF_ERROR(CheckUnnamed(
          ws.definitions(), ws.reader(),
          [&](const DefinitionUse& use) { return use.tag_categories.contains(row.number); },
          "category.display_name"));
    }
    const int64_t tag_count = CountTags(ws.definitions(), row.number);
    if (!renamed && row.description == stored->description) {
      return encode({stored, tag_count}, ws.answer_context());
    }
    ws.Restamp(row.stamp, call.actor);
    if (renamed) {
      RETURN_IF_ERROR(PutCategory(row, ws));
    } else {
      ws.PutTagCategory(row);
    }
    return encode({&ws.definitions().tag_categories.at(row.number), tag_count},
                  ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void TagCategoryUsecase::DeleteCategory(CallContext context, std::string category_id,
                                        std::optional<domain::Etag> etag,
                                        AnswerEncoder<DeletedResult> encode, WriteCallback done) {
  auto decide = [category_id = std::move(category_id), etag, encode = std::move(encode)](
                    const CallContext&, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const TagCategory* stored = ws.FindTagCategory(category_id);
    if (stored == nullptr) return CategoryNotFound("category_id");
    RETURN_IF_ERROR(CheckEtag(etag, stored->stamp));
    const domain::TagCategoryNo number = stored->number;
    RETURN_IF_ERROR(CheckUnnamed(
        ws.definitions(), ws.reader(),
        [&](const DefinitionUse& use) { return use.tag_categories.contains(number); },
        "category_id"));
    std::vector<domain::TagNo> values;
    for (const auto& [tag_no, tag] : ws.definitions().tags) {
      if (tag.category_no == number) values.push_back(tag_no);
    }
    for (domain::TagNo tag_no : values) ws.DeleteTag(tag_no);
    ws.DeleteTagCategory(number);
    return encode({}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void TagCategoryUsecase::CreateTag(CallContext context, std::string category_id, Tag tag,
                                   AnswerEncoder<TagResult> encode, WriteCallback done) {
  auto decide = [category_id = std::move(category_id), tag = std::move(tag),
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    const TagCategory* category = ws.FindTagCategory(category_id);
    if (category == nullptr) return CategoryNotFound("tag.category_id");
    const domain::TagCategoryNo category_no = category->number;
    ASSIGN_OR_RETURN(const domain::TagNo number, AddTag(tag, category_no, "tag", call, ws));
    return encode(
        {&ws.definitions().tags.at(number), &ws.definitions().tag_categories.at(category_no)},
        ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void TagCategoryUsecase::UpdateTag(CallContext context, UpdateTagInput update,
                                   AnswerEncoder<TagResult> encode, WriteCallback done) {
  auto decide = [update = std::move(update), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const TagCategory* category = ws.FindTagCategory(update.category_id);
    if (category == nullptr) return CategoryNotFound("tag.category_id");
    const domain::TagCategoryNo category_no = category->number;
    const Tag* stored = ws.FindTag(category_no, update.tag.value);
    if (stored == nullptr) return TagNotFound("tag.value");
    RETURN_IF_ERROR(CheckEtag(update.etag, stored->stamp));
    RETURN_IF_ERROR(CheckMask(update.set_exclusion_set || update.set_position ||
                                  update.set_synonyms || update.set_description,
                              "exclusion_set, position, synonyms, description"));
    Tag row = *stored;
    if (update.set_exclusion_set) row.exclusion_set = update.tag.exclusion_set;
    if (update.set_position) row.position = update.tag.position;
    if (update.set_synonyms) row.synonyms = update.tag.synonyms;
    if (update.set_description) row.description = update.tag.description;
    RETURN_IF_ERROR(CheckTag(row, "tag"));
    const bool same = row.exclusion_set == stored->exclusion_set &&
                      row.position == stored->position && row.synonyms == stored->synonyms &&
                      row.description == stored->description;
    if (!same) {
      ws.Restamp(row.stamp, call.actor);
      ws.PutTag(row);
    }
    return encode(
        {&ws.definitions().tags.at(row.number), &ws.definitions().tag_categories.at(category_no)},
        ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void TagCategoryUsecase::DeleteTag(CallContext context, std::string category_id, std::string value,
                                   std::optional<domain::Etag> etag,
                                   AnswerEncoder<DeletedResult> encode, WriteCallback done) {
  auto decide = [category_id = std::move(category_id), value = std::move(value), etag,
                 encode = std::move(encode)](const CallContext&,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    const TagCategory* category = ws.FindTagCategory(category_id);
    if (category == nullptr) return CategoryNotFound("category_id");
    const Tag* stored = ws.FindTag(category->number, value);
    if (stored == nullptr) return TagNotFound("value");
    RETURN_IF_ERROR(CheckEtag(etag, stored->stamp));
    RETURN_IF_ERROR(CheckUnnamed(
        ws.definitions(), ws.reader(),
        [&](const DefinitionUse& use) { return use.tags.contains(stored->number); }, "value"));
    ws.DeleteTag(stored->number);
    return encode({}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

}  // namespace segmentation::usecase
