// Changes of the attribute catalogue: custom attributes. Every method queues one command and
// returns; see ShopWriter::Submit for how `done` is called and the errors it may bring beside those
// stated here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/domain/attribute.h"
#include "server/usecase/shop_writer.h"
#include "server/usecase/store_usecase.h"

namespace segmentation::usecase {

// `attribute` points into the batch and is valid while the encoder runs.
struct AttributeResult {
  const domain::Attribute* attribute = nullptr;
};

struct UpdateAttributeInput {
  domain::Attribute attribute;  // name is required
  std::optional<domain::Etag> etag;
  bool set_aliases = false;
  bool set_enum_values = false;
  bool set_description = false;
};

// Thread-safe.
class AttributeUsecase {
 public:
  // `writer` outlives it.
  explicit AttributeUsecase(ShopWriter& writer) : writer_(writer) {}

  // Name and aliases are unique among built-in and custom attributes. Errors: ALREADY_EXISTS,
  // FIELD_INVALID, FIELD_REQUIRED (an enum without values), FIELD_TOO_LONG, LIMIT_REACHED.
  void Create(CallContext context, domain::Attribute attribute,
              AnswerEncoder<AttributeResult> encode, WriteCallback done);
  // Errors: ATTRIBUTE_NOT_FOUND (built-in ones are not found here), ETAG_STALE,
  // UPDATE_MASK_INVALID, RESOURCE_IN_USE (an enum value that groups or members use is taken away,
  // or one is added that groups would mean instead, T41).
  void Update(CallContext context, UpdateAttributeInput update,
              AnswerEncoder<AttributeResult> encode, WriteCallback done);
  // Its values go with it. Errors: ATTRIBUTE_NOT_FOUND, ETAG_STALE, RESOURCE_IN_USE (groups name
  // it).
  void Delete(CallContext context, std::string name, std::optional<domain::Etag> etag,
              AnswerEncoder<DeletedResult> encode, WriteCallback done);

 private:
  ShopWriter& writer_;
};

}  // namespace segmentation::usecase
