// OrderService: orders, their reviews, products, and the imports of both.
#pragma once

#include <grpcpp/grpcpp.h>

#include "segmentation/v1/order_service.grpc.pb.h"
#include "server/rpc/call.h"
#include "server/usecase/import_query_usecase.h"
#include "server/usecase/order_query_usecase.h"
#include "server/usecase/order_usecase.h"

namespace segmentation::rpc {

class OrderService final : public v1::OrderService::CallbackService {
 public:
  // All outlive it.
  OrderService(const CallParts& parts, usecase::OrderUsecase& orders,
               usecase::OrderQueryUsecase& queries, usecase::ImportQueryUsecase& imports);

  grpc::ServerUnaryReactor* UpsertOrder(grpc::CallbackServerContext* context,
                                        const v1::UpsertOrderRequest* request,
                                        v1::UpsertOrderResponse* response) override;
  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const v1::GetOrderRequest* request,
                                     v1::GetOrderResponse* response) override;
  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const v1::ListOrdersRequest* request,
                                       v1::ListOrdersResponse* response) override;
  grpc::ServerUnaryReactor* ExcludeOrders(grpc::CallbackServerContext* context,
                                          const v1::ExcludeOrdersRequest* request,
                                          v1::ExcludeOrdersResponse* response) override;
  grpc::ServerUnaryReactor* RecordReview(grpc::CallbackServerContext* context,
                                         const v1::RecordReviewRequest* request,
                                         v1::RecordReviewResponse* response) override;
  grpc::ServerUnaryReactor* UpsertProduct(grpc::CallbackServerContext* context,
                                          const v1::UpsertProductRequest* request,
                                          v1::UpsertProductResponse* response) override;
  grpc::ServerUnaryReactor* GetProduct(grpc::CallbackServerContext* context,
                                       const v1::GetProductRequest* request,
                                       v1::GetProductResponse* response) override;
  grpc::ServerUnaryReactor* ListProducts(grpc::CallbackServerContext* context,
                                         const v1::ListProductsRequest* request,
                                         v1::ListProductsResponse* response) override;

 private:
  absl::Status List(const Call& call, const v1::ListOrdersRequest& request,
                    v1::ListOrdersResponse& response);

  const CallParts& parts_;
  usecase::OrderUsecase& orders_;
  usecase::OrderQueryUsecase& queries_;
  usecase::ImportQueryUsecase& imports_;
};

}  // namespace segmentation::rpc
