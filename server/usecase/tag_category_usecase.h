// Changes of tag categories and their values. Every method queues one command and returns; see
// ShopWriter::Submit for how `done` is called and the errors it may bring beside those stated here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/domain/shop.h"
#include "server/usecase/shop_writer.h"
#include "server/usecase/store_usecase.h"

namespace segmentation::usecase {

// Pointers in results are valid while the encoder runs.
struct TagCategoryResult {
  const domain::TagCategory* category = nullptr;
  int64_t tag_count = 0;
};
struct TagResult {
  const domain::Tag* tag = nullptr;
  const domain::TagCategory* category = nullptr;
};

struct UpdateTagCategoryInput {
  domain::TagCategory category;  // id is required
  std::optional<domain::Etag> etag;
  bool set_template = false;
  bool set_name = false;
  bool set_description = false;
};
struct UpdateTagInput {
  std::string category_id;
  domain::Tag tag;  // value is required and stays
  std::optional<domain::Etag> etag;
  bool set_exclusion_set = false;
  bool set_position = false;
  bool set_synonyms = false;
  bool set_description = false;
};

// Thread-safe.
class TagCategoryUsecase {
 public:
  // `writer` outlives it.
  explicit TagCategoryUsecase(ShopWriter& writer) : writer_(writer) {}

  // With its first values, all or none. Errors: ALREADY_EXISTS (id, or template and name),
  // ID_MALFORMED, FIELD_INVALID, LIMIT_REACHED, RESOURCE_IN_USE (by its name saved groups would
  // come to mean it, or nothing: conditions use the short name where only one category has it).
  void CreateCategory(CallContext context, domain::TagCategory category,
                      std::vector<domain::Tag> tags, AnswerEncoder<TagCategoryResult> encode,
                      WriteCallback done);
  // Errors: TAG_CATEGORY_NOT_FOUND, ALREADY_EXISTS, ETAG_STALE, UPDATE_MASK_INVALID,
  // RESOURCE_IN_USE (a rename while groups name it: their text would no longer find it; or to a
  // name that changes what other groups mean).
  void UpdateCategory(CallContext context, UpdateTagCategoryInput update,
                      AnswerEncoder<TagCategoryResult> encode, WriteCallback done);
  // With its values and their assignments. Errors: TAG_CATEGORY_NOT_FOUND, ETAG_STALE,
  // RESOURCE_IN_USE (metadata used_by: the groups, T41).
  void DeleteCategory(CallContext context, std::string category_id,
                      std::optional<domain::Etag> etag, AnswerEncoder<DeletedResult> encode,
                      WriteCallback done);

  // Errors: TAG_CATEGORY_NOT_FOUND, ALREADY_EXISTS, FIELD_INVALID, LIMIT_REACHED.
  void CreateTag(CallContext context, std::string category_id, domain::Tag tag,
                 AnswerEncoder<TagResult> encode, WriteCallback done);
  // Errors: TAG_CATEGORY_NOT_FOUND, TAG_NOT_FOUND, ETAG_STALE, UPDATE_MASK_INVALID.
  void UpdateTag(CallContext context, UpdateTagInput update, AnswerEncoder<TagResult> encode,
                 WriteCallback done);
  // With its assignments. Errors: TAG_CATEGORY_NOT_FOUND, TAG_NOT_FOUND, ETAG_STALE,
  // RESOURCE_IN_USE (T41).
  void DeleteTag(CallContext context, std::string category_id, std::string value,
                 std::optional<domain::Etag> etag, AnswerEncoder<DeletedResult> encode,
                 WriteCallback done);

 private:
  ShopWriter& writer_;
};

}  // namespace segmentation::usecase
