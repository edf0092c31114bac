// ShopService: shops, stores, promotions, the metric policy, tokens.
#pragma once

#include <grpcpp/grpcpp.h>

#include "segmentation/v1/shop_service.grpc.pb.h"
#include "server/rpc/call.h"
#include "server/usecase/member_query_usecase.h"
#include "server/usecase/store_usecase.h"

namespace segmentation::rpc {

class ShopService final : public v1::ShopService::CallbackService {
 public:
  // All outlive it. Shops and tokens are those of `parts`.
  ShopService(const CallParts& parts, usecase::StoreUsecase& stores,
              usecase::MemberQueryUsecase& queries)
      : parts_(parts), stores_(stores), queries_(queries) {}

#define SEG_UNARY(Method)                                                \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, \
                                   const v1::Method##Request* request,   \
                                   v1::Method##Response* response) override;
  SEG_UNARY(CreateShop)
  SEG_UNARY(GetShop)
  SEG_UNARY(UpdateShop)
  SEG_UNARY(ListShops)
  SEG_UNARY(DeleteShop)
  SEG_UNARY(GetShopStats)
  SEG_UNARY(CreateStore)
  SEG_UNARY(GetStore)
  SEG_UNARY(UpdateStore)
  SEG_UNARY(ListStores)
  SEG_UNARY(DeleteStore)
  SEG_UNARY(CreatePromotion)
  SEG_UNARY(GetPromotion)
  SEG_UNARY(UpdatePromotion)
  SEG_UNARY(ListPromotions)
  SEG_UNARY(DeletePromotion)
  SEG_UNARY(GetMetricPolicy)
  SEG_UNARY(UpdateMetricPolicy)
  SEG_UNARY(CreateToken)
  SEG_UNARY(RevokeToken)
  SEG_UNARY(ListTokens)
#undef SEG_UNARY

 private:
  const CallParts& parts_;
  usecase::StoreUsecase& stores_;
  usecase::MemberQueryUsecase& queries_;
};

}  // namespace segmentation::rpc
