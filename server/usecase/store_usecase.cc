#include "server/usecase/store_usecase.h"

#include <algorithm>
#include <memory>
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

using domain::Promotion;
using domain::Store;

absl::Status CheckStore(const Store& store) {
  RETURN_IF_ERROR(domain::ValidateText(store.name, domain::kMaxNameBytes, "store.display_name"));
  return domain::ValidateText(store.platform, domain::kMaxPlatformBytes, "store.platform");
}

absl::Status CheckPromotion(Promotion& promotion) {
  RETURN_IF_ERROR(domain::ValidateText(promotion.kind, domain::kMaxKindBytes, "promotion.kind"));
  if (promotion.windows.empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, "promotion.windows",
                           "got none, want 1 to 100 windows");
  }
  RETURN_IF_ERROR(domain::ValidateListSize(promotion.windows.size(),
                                           domain::kMaxWindowsPerPromotion, "promotion.windows"));
  for (size_t i = 0; i < promotion.windows.size(); ++i) {
    const Promotion::Window& window = promotion.windows[i];
    const std::string field = absl::StrCat("promotion.windows[", i, "]");
    RETURN_IF_ERROR(domain::ValidateInstant(window.from, absl::StrCat(field, ".start")));
    RETURN_IF_ERROR(domain::ValidateInstant(window.until, absl::StrCat(field, ".end")));
    if (window.until <= window.from) {
      return base::MakeError(base::Reason::FIELD_OUT_OF_RANGE, absl::StrCat(field, ".end"),
                             "got an end at or before the start, want a later one");
    }
  }
  std::sort(promotion.windows.begin(), promotion.windows.end(),
            [](const Promotion::Window& a, const Promotion::Window& b) {
              return std::pair(a.from, a.until) < std::pair(b.from, b.until);
            });
  return absl::OkStatus();
}

const Promotion* FindPromotion(const domain::ShopDefinitions& definitions, std::string_view id) {
  for (const auto& [number, promotion] : definitions.promotions) {
    if (promotion.id == id) return &promotion;
  }
  return nullptr;
}

absl::Status StoreNotFound(std::string_view field) {
  return base::MakeError(base::Reason::STORE_NOT_FOUND, field, "no such store");
}

absl::Status PromotionNotFound(std::string_view field) {
  return base::MakeError(base::Reason::PROMOTION_NOT_FOUND, field, "no such promotion");
}

}  // namespace

void StoreUsecase::CreateStore(CallContext context, Store store, AnswerEncoder<StoreResult> encode,
                               WriteCallback done) {
  auto decide = [store = std::move(store), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    Store row = store;
    RETURN_IF_ERROR(domain::ValidateId(row.id, "store.store_id"));
    RETURN_IF_ERROR(CheckStore(row));
    if (ws.FindStore(row.id) != nullptr) {
      return base::MakeError(base::Reason::ALREADY_EXISTS, "store.store_id",
                             "a store of this id exists");
    }
    RETURN_IF_ERROR(
        CheckRoom(ws.definitions().stores.size(), domain::kMaxStoresPerShop, "store", "stores"));
    if (row.name.empty()) row.name = row.id;
    row.number = ws.TakeStoreNo();
    row.stamp = ws.NewStamp(call.actor);
    ws.PutStore(row);
    return encode({&ws.definitions().stores.at(row.number)}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void StoreUsecase::UpdateStore(CallContext context, UpdateStoreInput update,
                               AnswerEncoder<StoreResult> encode, WriteCallback done) {
  auto decide = [update = std::move(update), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Store* stored = ws.FindStore(update.store.id);
    if (stored == nullptr) return StoreNotFound("store.store_id");
    RETURN_IF_ERROR(CheckEtag(update.etag, stored->stamp));
    RETURN_IF_ERROR(CheckMask(update.set_name || update.set_platform, "display_name, platform"));
    RETURN_IF_ERROR(CheckStore(update.store));
    Store row = *stored;
    if (update.set_name) row.name = update.store.name.empty() ? row.id : update.store.name;
    if (update.set_platform) row.platform = update.store.platform;
    if (row.name == stored->name && row.platform == stored->platform) {
      return encode({stored}, ws.answer_context());
    }
    ws.Restamp(row.stamp, call.actor);
    ws.PutStore(row);
    return encode({&ws.definitions().stores.at(row.number)}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void StoreUsecase::DeleteStore(CallContext context, std::string store_id,
                               std::optional<domain::Etag> etag,
                               AnswerEncoder<DeletedResult> encode, WriteCallback done) {
  auto decide = [store_id = std::move(store_id), etag, encode = std::move(encode)](
                    const CallContext&, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Store* stored = ws.FindStore(store_id);
    if (stored == nullptr) return StoreNotFound("store_id");
    RETURN_IF_ERROR(CheckEtag(etag, stored->stamp));
    // Commands of other causes never share a batch with this one, so what is stored is all there
    // is.
    ASSIGN_OR_RETURN(const bool used, ws.reader().IsStoreUsed(stored->number));
    if (used) {
      return base::MakeError(base::Reason::RESOURCE_IN_USE, "store_id",
                             "orders of this store exist", {{"used_by", "orders"}});
    }
    RETURN_IF_ERROR(CheckUnnamed(
        ws.definitions(), ws.reader(),
        [&](const DefinitionUse& use) { return use.stores.contains(stored->number); }, "store_id"));
    ws.DeleteStore(stored->number);
    return encode({}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void StoreUsecase::CreatePromotion(CallContext context, Promotion promotion,
                                   AnswerEncoder<PromotionResult> encode, WriteCallback done) {
  auto decide = [promotion = std::move(promotion), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    Promotion row = promotion;
    RETURN_IF_ERROR(domain::ValidateId(row.id, "promotion.promotion_id"));
    RETURN_IF_ERROR(CheckPromotion(row));
    if (FindPromotion(ws.definitions(), row.id) != nullptr) {
      return base::MakeError(base::Reason::ALREADY_EXISTS, "promotion.promotion_id",
                             "a promotion of this id exists");
    }
    RETURN_IF_ERROR(CheckRoom(ws.definitions().promotions.size(), domain::kMaxPromotionsPerShop,
                              "promotion", "promotions"));
    row.number = ws.TakePromotionNo();
    row.stamp = ws.NewStamp(call.actor);
    ws.PutPromotion(row);
    return encode({&ws.definitions().promotions.at(row.number)}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void StoreUsecase::UpdatePromotion(CallContext context, UpdatePromotionInput update,
                                   AnswerEncoder<PromotionResult> encode, WriteCallback done) {
  auto decide = [update = std::move(update), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Promotion* stored = FindPromotion(ws.definitions(), update.promotion.id);
    if (stored == nullptr) return PromotionNotFound("promotion.promotion_id");
    RETURN_IF_ERROR(CheckEtag(update.etag, stored->stamp));
    RETURN_IF_ERROR(CheckMask(update.set_kind || update.set_windows, "kind, windows"));
    Promotion row = *stored;
    if (update.set_kind) row.kind = update.promotion.kind;
    if (update.set_windows) row.windows = update.promotion.windows;
    RETURN_IF_ERROR(CheckPromotion(row));
    if (row.kind == stored->kind && row.windows == stored->windows) {
      return encode({stored}, ws.answer_context());
    }
    ws.Restamp(row.stamp, call.actor);
    ws.PutPromotion(row);
    return encode({&ws.definitions().promotions.at(row.number)}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void StoreUsecase::DeletePromotion(CallContext context, std::string promotion_id,
                                   std::optional<domain::Etag> etag,
                                   AnswerEncoder<DeletedResult> encode, WriteCallback done) {
  auto decide = [promotion_id = std::move(promotion_id), etag, encode = std::move(encode)](
                    const CallContext&, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Promotion* stored = FindPromotion(ws.definitions(), promotion_id);
    if (stored == nullptr) return PromotionNotFound("promotion_id");
    RETURN_IF_ERROR(CheckEtag(etag, stored->stamp));
    RETURN_IF_ERROR(CheckUnnamed(
        ws.definitions(), ws.reader(),
        [&](const DefinitionUse& use) { return use.promotions.contains(stored->number); },
        "promotion_id"));
    ws.DeletePromotion(stored->number);
    return encode({}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

}  // namespace segmentation::usecase
