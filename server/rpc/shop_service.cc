#include "server/rpc/shop_service.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_shop.h"
#include "server/rpc/list_page.h"

namespace segmentation::rpc {
namespace {

using usecase::AnswerContext;
using usecase::WriteCallback;

// Rows of a definition table by public id, after `after`, at most `limit`.
template <typename Table>
auto PageById(const Table& table, const std::string& after, int limit) {
  std::map<std::string_view, const typename Table::mapped_type*> by_id;
  for (const auto& [number, row] : table) by_id.emplace(row.id, &row);
  std::vector<const typename Table::mapped_type*> page;
  for (auto it = by_id.upper_bound(after);
       it != by_id.end() && page.size() < static_cast<size_t>(limit); ++it) {
    page.push_back(it->second);
  }
  return page;
}

// Lists `rows` (one more than a page when there is a next one) into `out`, and sets the next token.
template <typename Rows, typename Message, typename Response>
void FillPage(const Call& call, const Page& page, const Rows& rows, const usecase::ReadStamp& stamp,
              google::protobuf::RepeatedPtrField<Message>* out, Response* response) {
  const size_t shown =
      AddRows(page, rows, out, [](const auto* row) -> Message { return ToProto(*row); });
  if (shown < rows.size()) {
    response->set_next_page_token(page.NextToken(call, stamp, AfterText(rows[shown - 1]->id)));
  }
  *response->mutable_stamp() = call.StampOf(stamp);
}

template <typename Table>
const typename Table::mapped_type* FindById(const Table& table, std::string_view id) {
  for (const auto& [number, row] : table) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

}  // namespace

grpc::ServerUnaryReactor* ShopService::CreateShop(grpc::CallbackServerContext* context,
                                                  const v1::CreateShopRequest* request,
                                                  v1::CreateShopResponse* response) {
  // Creation is not queued: there is no shop yet. The answer's revision is the shop's first.
  return RunRead(
      parts_, "ShopService/CreateShop", context, request,
      [this, request, response](Call& call) -> absl::Status {
        if (!call.principal.all_shops) {
          return base::MakeError(base::Reason::ROLE_INSUFFICIENT, "authorization",
                                 "making shops needs a token for all shops");
        }
        call.context.request_id = request->request_id();
        call.context.request_hash = HashOf(*request);
        call.context.actor = request->actor().name();
        const v1::Shop& wanted = request->shop();
        ASSIGN_OR_RETURN(
            call.context.shop,
            parts_.shops.Create(call.context, {request->shop_id(), wanted.display_name(),
                                               wanted.time_zone(), wanted.currency_code()}));
        *response->mutable_shop() = ToProto(call.context.shop);
        response->set_revision_token(call.TokenOf(call.context.shop.stamp.etag.revision));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ShopService::GetShop(grpc::CallbackServerContext* context,
                                               const v1::GetShopRequest* request,
                                               v1::GetShopResponse* response) {
  return RunRead(parts_, "ShopService/GetShop", context, request,
                 [this, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(usecase::DefinitionsView view,
                                    queries_.Definitions(call.context, call.read));
                   *response->mutable_shop() = ToProto(view.definitions->shop);
                   *response->mutable_stamp() = call.StampOf(view.stamp);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::UpdateShop(grpc::CallbackServerContext* context,
                                                  const v1::UpdateShopRequest* request,
                                                  v1::UpdateShopResponse* response) {
  return RunWrite(
      parts_, "ShopService/UpdateShop", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        bool name = false;
        RETURN_IF_ERROR(ReadUpdateMask(request->update_mask(), {{"display_name", &name}}));
        ASSIGN_OR_RETURN(std::optional<domain::Etag> etag,
                         EtagFromText(request->shop().etag(), "shop.etag"));
        parts_.shops.Rename(
            call.context, request->shop().display_name(), etag,
            [](const usecase::ShopResult& result, const AnswerContext& answer) {
              v1::UpdateShopResponse out;
              *out.mutable_shop() = ToProto(*result.shop);
              out.set_revision_token(answer.revision_token);
              return out.SerializeAsString();
            },
            std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ShopService::ListShops(grpc::CallbackServerContext* context,
                                                 const v1::ListShopsRequest* request,
                                                 v1::ListShopsResponse* response) {
  return RunRead(parts_, "ShopService/ListShops", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
                   ASSIGN_OR_RETURN(std::vector<domain::Shop> shops, parts_.shops.List());
                   std::erase_if(shops, [&](const domain::Shop& shop) {
                     return !call.principal.MayUse(shop.id) || shop.id <= page.TextAfter(0);
                   });
                   for (const domain::Shop& shop : shops) {
                     if (response->shops_size() == page.size) {
                       response->set_next_page_token(page.NextToken(
                           call, {}, AfterText(response->shops(page.size - 1).shop_id())));
                       break;
                     }
                     *response->add_shops() = ToProto(shop);
                   }
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::DeleteShop(grpc::CallbackServerContext* context,
                                                  const v1::DeleteShopRequest* request,
                                                  v1::DeleteShopResponse* response) {
  return RunWrite(parts_, "ShopService/DeleteShop", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    ASSIGN_OR_RETURN(std::optional<domain::Etag> etag,
                                     EtagFromText(request->etag(), "etag"));
                    parts_.shops.Delete(
                        call.context, etag,
                        [](const usecase::DeletedShopResult&, const AnswerContext& answer) {
                          v1::DeleteShopResponse out;
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* ShopService::GetShopStats(grpc::CallbackServerContext* context,
                                                    const v1::GetShopStatsRequest* request,
                                                    v1::GetShopStatsResponse* response) {
  return RunRead(parts_, "ShopService/GetShopStats", context, request,
                 [this, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(usecase::ShopStats stats,
                                    parts_.shops.Stats(call.context, call.read));
                   *response->mutable_stats() = ToProto(stats);
                   *response->mutable_index() = IndexToProto(stats);
                   *response->mutable_stamp() =
                       call.StampOf({stats.revision, stats.as_of_ms, stats.policy_revision});
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::CreateStore(grpc::CallbackServerContext* context,
                                                   const v1::CreateStoreRequest* request,
                                                   v1::CreateStoreResponse* response) {
  return RunWrite(parts_, "ShopService/CreateStore", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    stores_.CreateStore(
                        call.context, FromProto(request->store()),
                        [](const usecase::StoreResult& result, const AnswerContext& answer) {
                          v1::CreateStoreResponse out;
                          *out.mutable_store() = ToProto(*result.store);
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* ShopService::GetStore(grpc::CallbackServerContext* context,
                                                const v1::GetStoreRequest* request,
                                                v1::GetStoreResponse* response) {
  return RunRead(parts_, "ShopService/GetStore", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(usecase::DefinitionsView view,
                                    queries_.Definitions(call.context, call.read));
                   const auto* store = FindById(view.definitions->stores, request->store_id());
                   if (store == nullptr) {
                     return base::MakeError(base::Reason::STORE_NOT_FOUND, "store_id",
                                            "no such store");
                   }
                   *response->mutable_store() = ToProto(*store);
                   *response->mutable_stamp() = call.StampOf(view.stamp);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::UpdateStore(grpc::CallbackServerContext* context,
                                                   const v1::UpdateStoreRequest* request,
                                                   v1::UpdateStoreResponse* response) {
  return RunWrite(parts_, "ShopService/UpdateStore", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    usecase::UpdateStoreInput update;
                    RETURN_IF_ERROR(ReadUpdateMask(
                        request->update_mask(),
                        {{"display_name", &update.set_name}, {"platform", &update.set_platform}}));
                    update.store = FromProto(request->store());
                    ASSIGN_OR_RETURN(update.etag,
                                     EtagFromText(request->store().etag(), "store.etag"));
                    stores_.UpdateStore(
                        call.context, std::move(update),
                        [](const usecase::StoreResult& result, const AnswerContext& answer) {
                          v1::UpdateStoreResponse out;
                          *out.mutable_store() = ToProto(*result.store);
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* ShopService::ListStores(grpc::CallbackServerContext* context,
                                                  const v1::ListStoresRequest* request,
                                                  v1::ListStoresResponse* response) {
  return RunRead(parts_, "ShopService/ListStores", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
                   ASSIGN_OR_RETURN(usecase::DefinitionsView view,
                                    queries_.Definitions(call.context, page.read));
                   FillPage(call, page,
                            PageById(view.definitions->stores, page.TextAfter(0), page.size + 1),
                            view.stamp, response->mutable_stores(), response);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::DeleteStore(grpc::CallbackServerContext* context,
                                                   const v1::DeleteStoreRequest* request,
                                                   v1::DeleteStoreResponse* response) {
  return RunWrite(parts_, "ShopService/DeleteStore", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    ASSIGN_OR_RETURN(std::optional<domain::Etag> etag,
                                     EtagFromText(request->etag(), "etag"));
                    stores_.DeleteStore(
                        call.context, request->store_id(), etag,
                        [](const usecase::DeletedResult&, const AnswerContext& answer) {
                          v1::DeleteStoreResponse out;
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* ShopService::CreatePromotion(grpc::CallbackServerContext* context,
                                                       const v1::CreatePromotionRequest* request,
                                                       v1::CreatePromotionResponse* response) {
  return RunWrite(parts_, "ShopService/CreatePromotion", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    ASSIGN_OR_RETURN(domain::Promotion promotion, FromProto(request->promotion()));
                    stores_.CreatePromotion(
                        call.context, std::move(promotion),
                        [](const usecase::PromotionResult& result, const AnswerContext& answer) {
                          v1::CreatePromotionResponse out;
                          *out.mutable_promotion() = ToProto(*result.promotion);
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* ShopService::GetPromotion(grpc::CallbackServerContext* context,
                                                    const v1::GetPromotionRequest* request,
                                                    v1::GetPromotionResponse* response) {
  return RunRead(parts_, "ShopService/GetPromotion", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(usecase::DefinitionsView view,
                                    queries_.Definitions(call.context, call.read));
                   const auto* promotion =
                       FindById(view.definitions->promotions, request->promotion_id());
                   if (promotion == nullptr) {
                     return base::MakeError(base::Reason::PROMOTION_NOT_FOUND, "promotion_id",
                                            "no such promotion");
                   }
                   *response->mutable_promotion() = ToProto(*promotion);
                   *response->mutable_stamp() = call.StampOf(view.stamp);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::UpdatePromotion(grpc::CallbackServerContext* context,
                                                       const v1::UpdatePromotionRequest* request,
                                                       v1::UpdatePromotionResponse* response) {
  return RunWrite(
      parts_, "ShopService/UpdatePromotion", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        usecase::UpdatePromotionInput update;
        RETURN_IF_ERROR(ReadUpdateMask(request->update_mask(), {{"kind", &update.set_kind},
                                                                {"windows", &update.set_windows}}));
        ASSIGN_OR_RETURN(update.promotion, FromProto(request->promotion()));
        ASSIGN_OR_RETURN(update.etag, EtagFromText(request->promotion().etag(), "promotion.etag"));
        stores_.UpdatePromotion(
            call.context, std::move(update),
            [](const usecase::PromotionResult& result, const AnswerContext& answer) {
              v1::UpdatePromotionResponse out;
              *out.mutable_promotion() = ToProto(*result.promotion);
              out.set_revision_token(answer.revision_token);
              return out.SerializeAsString();
            },
            std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ShopService::ListPromotions(grpc::CallbackServerContext* context,
                                                      const v1::ListPromotionsRequest* request,
                                                      v1::ListPromotionsResponse* response) {
  return RunRead(parts_, "ShopService/ListPromotions", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
                   ASSIGN_OR_RETURN(usecase::DefinitionsView view,
                                    queries_.Definitions(call.context, page.read));
                   FillPage(
                       call, page,
                       PageById(view.definitions->promotions, page.TextAfter(0), page.size + 1),
                       view.stamp, response->mutable_promotions(), response);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::DeletePromotion(grpc::CallbackServerContext* context,
                                                       const v1::DeletePromotionRequest* request,
                                                       v1::DeletePromotionResponse* response) {
  return RunWrite(parts_, "ShopService/DeletePromotion", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    ASSIGN_OR_RETURN(std::optional<domain::Etag> etag,
                                     EtagFromText(request->etag(), "etag"));
                    stores_.DeletePromotion(
                        call.context, request->promotion_id(), etag,
                        [](const usecase::DeletedResult&, const AnswerContext& answer) {
                          v1::DeletePromotionResponse out;
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* ShopService::GetMetricPolicy(grpc::CallbackServerContext* context,
                                                       const v1::GetMetricPolicyRequest* request,
                                                       v1::GetMetricPolicyResponse* response) {
  return RunRead(parts_, "ShopService/GetMetricPolicy", context, request,
                 [this, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(usecase::DefinitionsView view,
                                    queries_.Definitions(call.context, call.read));
                   *response->mutable_policy() = ToProto(view.definitions->policy);
                   *response->mutable_stamp() = call.StampOf(view.stamp);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* ShopService::UpdateMetricPolicy(
    grpc::CallbackServerContext* context, const v1::UpdateMetricPolicyRequest* request,
    v1::UpdateMetricPolicyResponse* response) {
  return RunWrite(parts_, "ShopService/UpdateMetricPolicy", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    usecase::UpdatePolicyInput update;
                    RETURN_IF_ERROR(ReadUpdateMask(
                        request->update_mask(),
                        {{"valid_order_moment", &update.set_valid_moment},
                         {"order_date_basis", &update.set_order_date},
                         {"count_wholly_refunded", &update.set_count_wholly_refunded},
                         {"platform_discounts_count_as_paid", &update.set_platform_discounts},
                         {"gifts_count_as_bought", &update.set_gifts}}));
                    ASSIGN_OR_RETURN(update.policy, FromProto(request->policy()));
                    ASSIGN_OR_RETURN(std::optional<domain::Etag> etag,
                                     EtagFromText(request->policy().etag(), "policy.etag"));
                    if (etag) update.expected_revision = static_cast<int32_t>(etag->revision);
                    parts_.shops.UpdatePolicy(
                        call.context, update,
                        [](const usecase::PolicyResult& result, const AnswerContext& answer) {
                          v1::UpdateMetricPolicyResponse out;
                          *out.mutable_policy() = ToProto(*result.policy);
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* ShopService::CreateToken(grpc::CallbackServerContext* context,
                                                   const v1::CreateTokenRequest* request,
                                                   v1::CreateTokenResponse* response) {
  return RunRead(
      parts_, "ShopService/CreateToken", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(usecase::NewToken wanted, FromProto(request->token(), request->shop_id()));
        ASSIGN_OR_RETURN(usecase::CreatedToken created,
                         parts_.tokens.Create(call.principal, request->request_id(), wanted));
        *response->mutable_token() = ToProto(created.token);
        response->set_secret(created.secret);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* ShopService::RevokeToken(grpc::CallbackServerContext* context,
                                                   const v1::RevokeTokenRequest* request,
                                                   v1::RevokeTokenResponse* /*response*/) {
  return RunRead(parts_, "ShopService/RevokeToken", context, request,
                 [this, request](Call& call) -> absl::Status {
                   return parts_.tokens.Revoke(call.principal, request->token_id());
                 });
}

grpc::ServerUnaryReactor* ShopService::ListTokens(grpc::CallbackServerContext* context,
                                                  const v1::ListTokensRequest* request,
                                                  v1::ListTokensResponse* response) {
  return RunRead(
      parts_, "ShopService/ListTokens", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
        ASSIGN_OR_RETURN(std::vector<storage::ApiTokenRow> tokens,
                         parts_.tokens.List(call.principal));
        const std::string& shop_id = request->shop_id();
        const std::pair after(page.NumberAfter(0), page.TextAfter(0));
        std::erase_if(tokens, [&](const storage::ApiTokenRow& row) {
          const bool for_shop = shop_id.empty() || row.all_shops ||
                                std::count(row.shop_ids.begin(), row.shop_ids.end(), shop_id) > 0;
          return !for_shop || (page.after && std::pair(row.created_at_ms, row.id) <= after);
        });
        const size_t shown = AddRows(page, tokens, response->mutable_tokens(),
                                     [](const storage::ApiTokenRow& row) { return ToProto(row); });
        if (shown < tokens.size()) {
          internal::PageToken position = AfterText(tokens[shown - 1].id);
          position.add_after_numbers(tokens[shown - 1].created_at_ms);
          response->set_next_page_token(page.NextToken(call, {}, std::move(position)));
        }
        return absl::OkStatus();
      });
}

}  // namespace segmentation::rpc
