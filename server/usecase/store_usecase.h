// Changes of stores and promotions. Every method queues one command and returns; see
// ShopWriter::Submit for how `done` is called and the errors it may bring beside those stated here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/domain/shop.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::usecase {

// Pointers in results are valid while the encoder runs.
struct StoreResult {
  const domain::Store* store = nullptr;
};
struct PromotionResult {
  const domain::Promotion* promotion = nullptr;
};
struct DeletedResult {};

struct UpdateStoreInput {
  domain::Store store;  // id is required
  std::optional<domain::Etag> etag;
  bool set_name = false;
  bool set_platform = false;
};
struct UpdatePromotionInput {
  domain::Promotion promotion;  // id is required
  std::optional<domain::Etag> etag;
  bool set_kind = false;
  bool set_windows = false;
};

// Thread-safe.
class StoreUsecase {
 public:
  // `writer` outlives it.
  explicit StoreUsecase(ShopWriter& writer) : writer_(writer) {}

  // Errors: ALREADY_EXISTS, ID_MALFORMED, FIELD_TOO_LONG, LIMIT_REACHED.
  void CreateStore(CallContext context, domain::Store store, AnswerEncoder<StoreResult> encode,
                   WriteCallback done);
  // Errors: STORE_NOT_FOUND, ETAG_STALE, UPDATE_MASK_INVALID (nothing to set).
  void UpdateStore(CallContext context, UpdateStoreInput update, AnswerEncoder<StoreResult> encode,
                   WriteCallback done);
  // Errors: STORE_NOT_FOUND, ETAG_STALE, RESOURCE_IN_USE (metadata used_by: "orders", or
  // the groups that name it, T41).
  void DeleteStore(CallContext context, std::string store_id, std::optional<domain::Etag> etag,
                   AnswerEncoder<DeletedResult> encode, WriteCallback done);

  // Windows are kept sorted by start. Errors: ALREADY_EXISTS, ID_MALFORMED, FIELD_REQUIRED (no
  // window), FIELD_OUT_OF_RANGE (a window that does not end after it starts), LIMIT_REACHED.
  void CreatePromotion(CallContext context, domain::Promotion promotion,
                       AnswerEncoder<PromotionResult> encode, WriteCallback done);
  // Groups that name it follow. Errors: PROMOTION_NOT_FOUND, ETAG_STALE, UPDATE_MASK_INVALID.
  void UpdatePromotion(CallContext context, UpdatePromotionInput update,
                       AnswerEncoder<PromotionResult> encode, WriteCallback done);
  // Errors: PROMOTION_NOT_FOUND, ETAG_STALE, RESOURCE_IN_USE (metadata used_by: the groups, T41).
  void DeletePromotion(CallContext context, std::string promotion_id,
                       std::optional<domain::Etag> etag, AnswerEncoder<DeletedResult> encode,
                       WriteCallback done);

 private:
  ShopWriter& writer_;
};

}  // namespace segmentation::usecase
