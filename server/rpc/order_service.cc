#include "server/rpc/order_service.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_order.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/import_stream.h"
#include "server/rpc/list_page.h"
#include "server/rpc/order_validate.h"
#include "server/rpc/reveal.h"

namespace segmentation::rpc {
namespace {

using usecase::AnswerContext;
using usecase::OrderView;

absl::Status Missing(std::string_view field) {
  return base::MakeError(base::Reason::FIELD_REQUIRED, field, "got nothing, want it");
}

struct OrderImport {
  using Request = v1::ImportOrdersRequest;
  using Response = v1::ImportOrdersResponse;
  using Input = usecase::OrderInput;
  static constexpr std::string_view kMethod = "OrderService/ImportOrders";
  static constexpr auto kKind = storage::ImportProgressRow::Kind::kOrders;
  static constexpr std::string_view kRowsField = "chunk.orders";

  static const auto& RowsOf(const v1::OrderChunk& chunk) { return chunk.orders(); }
  static const std::string& IdOf(const v1::Order& row) { return row.external_id(); }
  absl::StatusOr<Input> Convert(const v1::Order& row) const { return FromProto(row); }
  void Submit(usecase::CallContext context, usecase::ImportChunk chunk, std::vector<Input> rows,
              usecase::AnswerEncoder<usecase::ImportChunkResult> encode,
              usecase::WriteCallback done) const {
    orders->ImportOrders(std::move(context), std::move(chunk), std::move(rows), std::move(encode),
                         std::move(done));
  }

  usecase::OrderUsecase* orders;
};

struct ProductImport {
  using Request = v1::ImportProductsRequest;
  using Response = v1::ImportProductsResponse;
  using Input = usecase::ProductInput;
  static constexpr std::string_view kMethod = "OrderService/ImportProducts";
  static constexpr auto kKind = storage::ImportProgressRow::Kind::kProducts;
  static constexpr std::string_view kRowsField = "chunk.products";

  static const auto& RowsOf(const v1::ProductChunk& chunk) { return chunk.products(); }
  static const std::string& IdOf(const v1::Product& row) { return row.product_id(); }
  absl::StatusOr<Input> Convert(const v1::Product& row) const { return FromProto(row); }
  void Submit(usecase::CallContext context, usecase::ImportChunk chunk, std::vector<Input> rows,
              usecase::AnswerEncoder<usecase::ImportChunkResult> encode,
              usecase::WriteCallback done) const {
    orders->ImportProducts(std::move(context), std::move(chunk), std::move(rows), std::move(encode),
                           std::move(done));
  }

  usecase::OrderUsecase* orders;
};

v1::Order Show(const OrderView& view, const usecase::OrdersView& views, bool reveal) {
  return ToProto(view.order, {.member_id = view.member_id,
                              .identity = view.identity ? &*view.identity : nullptr,
                              .definitions = views.definitions.get(),
                              .as_of_ms = views.stamp.as_of_ms,
                              .reveal = reveal});
}

// A member's orders, newest first: (order_at, number), both descending.
std::pair<int64_t, int64_t> Age(const OrderView& view) {
  return {-view.order.measure.order_at, -int64_t{view.order.number}};
}

// Leaves the `size` orders after (order_at, number), newest first; nothing: from the newest.
void KeepPage(const Page& page, std::vector<OrderView>& orders) {
  if (page.after) {
    const std::pair<int64_t, int64_t> last{-page.NumberAfter(0), -page.NumberAfter(1)};
    std::erase_if(orders, [&](const OrderView& view) { return Age(view) <= last; });
  }
  std::sort(orders.begin(), orders.end(),
            [](const OrderView& a, const OrderView& b) { return Age(a) < Age(b); });
}

}  // namespace

OrderService::OrderService(const CallParts& parts, usecase::OrderUsecase& orders,
                           usecase::OrderQueryUsecase& queries,
                           usecase::ImportQueryUsecase& imports)
    : parts_(parts), orders_(orders), queries_(queries), imports_(imports) {
  MarkMethodRawCallback(ImportMethodIndex(OrderImport::kMethod),
                        ImportHandler<OrderImport>([this](grpc::CallbackServerContext* context) {
                          return new ImportStream<OrderImport>(parts_, imports_, context,
                                                               OrderImport{&orders_});
                        }));
  MarkMethodRawCallback(ImportMethodIndex(ProductImport::kMethod),
                        ImportHandler<ProductImport>([this](grpc::CallbackServerContext* context) {
                          return new ImportStream<ProductImport>(parts_, imports_, context,
                                                                 ProductImport{&orders_});
                        }));
}

grpc::ServerUnaryReactor* OrderService::UpsertOrder(grpc::CallbackServerContext* context,
                                                    const v1::UpsertOrderRequest* request,
                                                    v1::UpsertOrderResponse* response) {
  return RunWrite(
      parts_, "OrderService/UpsertOrder", context, request, response,
      [this, request](Call& call, usecase::WriteCallback done) -> absl::Status {
        if (!request->has_order()) return Missing("order");
        ASSIGN_OR_RETURN(usecase::OrderInput order, Under("order", FromProto(request->order())));
        const auto encode = [](const usecase::UpsertOrderResult& result,
                               const AnswerContext& answer) {
          v1::UpsertOrderResponse out;
          *out.mutable_order() = ToProto(*result.order, {.member_id = result.member_id,
                                                         .definitions = answer.definitions,
                                                         .as_of_ms = answer.now_ms});
          out.set_created(result.created);
          out.set_changed(result.changed);
          out.set_member_created(result.member_created);
          out.set_revision_token(answer.revision_token);
          BoundAnswer(out);
          return out.SerializeAsString();
        };
        orders_.UpsertOrder(call.context, std::move(order), encode, std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* OrderService::GetOrder(grpc::CallbackServerContext* context,
                                                 const v1::GetOrderRequest* request,
                                                 v1::GetOrderResponse* response) {
  return RunRead(
      parts_, "OrderService/GetOrder", context, request,
      [this, request, response](Call& call) -> absl::Status {
        RETURN_IF_ERROR(ValidateOrderKey(request->key(), "key"));
        ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request->reveal_purpose()));
        RETURN_IF_ERROR(ReadAsOf(*request, call.read));
        const domain::OrderKey key{request->key().source(), request->key().external_id()};
        ASSIGN_OR_RETURN(const usecase::OrdersView found,
                         queries_.Get(call.context, key, call.read));
        *response->mutable_order() = Show(found.orders.front(), found, reveal);
        *response->mutable_stamp() = call.StampOf(found.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* OrderService::ListOrders(grpc::CallbackServerContext* context,
                                                   const v1::ListOrdersRequest* request,
                                                   v1::ListOrdersResponse* response) {
  return RunRead(parts_, "OrderService/ListOrders", context, request,
                 [this, request, response](Call& call) { return List(call, *request, *response); });
}

absl::Status OrderService::List(const Call& call, const v1::ListOrdersRequest& request,
                                v1::ListOrdersResponse& response) {
  ASSIGN_OR_RETURN(Page page, OpenPage(call, request));
  RETURN_IF_ERROR(ReadAsOf(request, page.read));
  ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request.reveal_purpose()));
  const bool of_member = !request.member_id().empty();
  if (of_member) RETURN_IF_ERROR(domain::ValidateId(request.member_id(), "member_id"));
  // A member's orders are read whole, however many a page shows: there are few.
  const usecase::OrderPosition after =
      of_member ? usecase::OrderPosition{}
                : usecase::OrderPosition{static_cast<domain::MemberNo>(page.NumberAfter(0)),
                                         static_cast<domain::OrderNo>(page.NumberAfter(1))};
  const int limit = of_member ? std::numeric_limits<int>::max() : page.size + 1;
  ASSIGN_OR_RETURN(usecase::OrdersView found,
                   queries_.List(call.context, request.member_id(), after, limit, page.read));
  if (of_member) KeepPage(page, found.orders);
  const size_t shown = AddRows(page, found.orders, response.mutable_orders(),
                               [&](const auto& row) { return Show(row, found, reveal); });
  if (shown < found.orders.size()) {
    const domain::Order& last = found.orders[shown - 1].order;
    internal::PageToken position =
        AfterNumber(of_member ? last.measure.order_at : int64_t{last.member_no});
    position.add_after_numbers(last.number);
    response.set_next_page_token(page.NextToken(call, found.stamp, std::move(position)));
  }
  *response.mutable_stamp() = call.StampOf(found.stamp);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* OrderService::ExcludeOrders(grpc::CallbackServerContext* context,
                                                      const v1::ExcludeOrdersRequest* request,
                                                      v1::ExcludeOrdersResponse* response) {
  return RunWrite(parts_, "OrderService/ExcludeOrders", context, request, response,
                  [this, request](Call& call, usecase::WriteCallback done) -> absl::Status {
                    RETURN_IF_ERROR(ValidateExcludeOrders(*request));
                    std::vector<domain::OrderKey> keys;
                    for (const v1::OrderKey& key : request->keys()) {
                      keys.push_back({key.source(), key.external_id()});
                    }
                    const auto encode = [](const usecase::ExcludeOrdersResult& result,
                                           const AnswerContext& answer) {
                      v1::ExcludeOrdersResponse out;
                      for (const usecase::ExcludeOrderItem& item : result.items) {
                        v1::ExcludeOrderResult* const row = out.add_results();
                        *row->mutable_status() = ToItemStatus(item.status);
                        row->set_changed(item.changed);
                        row->set_counted(item.counted);
                        row->set_not_counted_reason(EnumTo<v1::NotCountedReason>(item.reason));
                      }
                      out.set_revision_token(answer.revision_token);
                      return out.SerializeAsString();
                    };
                    orders_.ExcludeOrders(call.context, std::move(keys), request->reason(), encode,
                                          std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* OrderService::RecordReview(grpc::CallbackServerContext* context,
                                                     const v1::RecordReviewRequest* request,
                                                     v1::RecordReviewResponse* response) {
  return RunWrite(parts_, "OrderService/RecordReview", context, request, response,
                  [this, request](Call& call, usecase::WriteCallback done) -> absl::Status {
                    RETURN_IF_ERROR(ValidateOrderKey(request->key(), "key"));
                    if (!request->has_review()) return Missing("review");
                    ASSIGN_OR_RETURN(domain::Review review, FromProto(request->review(), "review"));
                    const auto encode = [](const usecase::RecordReviewResult& result,
                                           const AnswerContext& answer) {
                      v1::RecordReviewResponse out;
                      *out.mutable_review() = ToProto(result.review, /*reveal=*/false);
                      out.set_changed(result.changed);
                      out.set_revision_token(answer.revision_token);
                      return out.SerializeAsString();
                    };
                    orders_.RecordReview(call.context,
                                         {request->key().source(), request->key().external_id()},
                                         std::move(review), encode, std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* OrderService::UpsertProduct(grpc::CallbackServerContext* context,
                                                      const v1::UpsertProductRequest* request,
                                                      v1::UpsertProductResponse* response) {
  return RunWrite(parts_, "OrderService/UpsertProduct", context, request, response,
                  [this, request](Call& call, usecase::WriteCallback done) -> absl::Status {
                    if (!request->has_product()) return Missing("product");
                    ASSIGN_OR_RETURN(usecase::ProductInput product,
                                     Under("product", FromProto(request->product())));
                    const auto encode = [](const usecase::UpsertProductResult& result,
                                           const AnswerContext& answer) {
                      v1::UpsertProductResponse out;
                      *out.mutable_product() = ToProto(*result.product);
                      out.set_created(result.created);
                      out.set_changed(result.changed);
                      out.set_revision_token(answer.revision_token);
                      return out.SerializeAsString();
                    };
                    orders_.UpsertProduct(call.context, std::move(product), encode,
                                          std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* OrderService::GetProduct(grpc::CallbackServerContext* context,
                                                   const v1::GetProductRequest* request,
                                                   v1::GetProductResponse* response) {
  return RunRead(
      parts_, "OrderService/GetProduct", context, request,
      [this, request, response](Call& call) -> absl::Status {
        RETURN_IF_ERROR(domain::ValidateId(request->product_id(), "product_id"));
        ASSIGN_OR_RETURN(const usecase::ProductsView found,
                         queries_.GetProduct(call.context, request->product_id(), call.read));
        if (found.products.empty()) {
          return base::MakeError(base::Reason::PRODUCT_NOT_FOUND, "product_id", "no such product");
        }
        *response->mutable_product() = ToProto(found.products.front());
        *response->mutable_stamp() = call.StampOf(found.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* OrderService::ListProducts(grpc::CallbackServerContext* context,
                                                     const v1::ListProductsRequest* request,
                                                     v1::ListProductsResponse* response) {
  return RunRead(
      parts_, "OrderService/ListProducts", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(const Page page, OpenPage(call, *request));
        ASSIGN_OR_RETURN(
            const usecase::ProductsView found,
            queries_.ListProducts(call.context, static_cast<domain::ProductNo>(page.NumberAfter(0)),
                                  page.size + 1, page.read));
        const size_t shown = AddRows(page, found.products, response->mutable_products(),
                                     [](const domain::Product& row) { return ToProto(row); });
        if (shown < found.products.size()) {
          response->set_next_page_token(
              page.NextToken(call, found.stamp, AfterNumber(found.products[shown - 1].number)));
        }
        *response->mutable_stamp() = call.StampOf(found.stamp);
        return absl::OkStatus();
      });
}

}  // namespace segmentation::rpc
