#include "server/usecase/order_usecase.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/order_commands.h"
#include "server/usecase/order_validation.h"
#include "server/usecase/row_command.h"

namespace segmentation::usecase {
namespace {

absl::StatusOr<absl::TimeZone> ZoneOf(const WorkingSet& ws) {
  return base::LoadTimeZone(ws.definitions().shop.time_zone, "shop.time_zone");
}

size_t BytesOf(const domain::Order& order) {
  size_t bytes = 512 + 96 * (order.refunds.size() + order.coupon_ids.size()) +
                 (order.address ? 4 * order.address->full_text.size() : 0);
  for (const domain::OrderLine& line : order.lines) {
    bytes += 192 + 2 * line.title.size() + 96 * line.properties.size();
  }
  for (const domain::Review& review : order.reviews) bytes += 96 + review.text.size();
  return bytes;
}

size_t BytesOf(const domain::Product& product) { return 192 + 2 * product.title.size(); }

ProductInput WithoutGivenParts(ProductInput input) {
  input.product.number = 0;
  input.product.stamp = {};
  return input;
}

}  // namespace

OrderUsecase::OrderUsecase(ShopWriter& writer, const storage::DatabaseIdentity& identity)
    : writer_(writer), ids_(identity) {}

void OrderUsecase::UpsertOrder(CallContext context, OrderInput order,
                               AnswerEncoder<UpsertOrderResult> encode, WriteCallback done) {
  PreparedOrder prepared = PrepareOrder(context.shop, std::move(order));
  if (!prepared.status.ok()) {
    done(base::WithFieldPrefix(prepared.status, "order"));
    return;
  }
  WriteKeys keys;
  CollectOrderKeys(ids_, context.shop.id, prepared.input, keys);
  const RowCommandTraits traits{.estimated_bytes = BytesOf(prepared.input.order)};
  auto decide = [this, prepared = std::move(prepared), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(ws));
    const auto outcome = ApplyOrder(ws, ids_, call, zone, prepared);
    if (!outcome.ok()) return base::WithFieldPrefix(outcome.status(), "order");
    const domain::Member* const member = ws.FindMember(outcome->order->member_no);
    return encode({outcome->order, member == nullptr ? std::string() : member->id, outcome->created,
                   outcome->changed, outcome->member_created},
                  ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void OrderUsecase::ImportOrders(CallContext context, ImportChunk chunk,
                                std::vector<OrderInput> orders,
                                AnswerEncoder<ImportChunkResult> encode, WriteCallback done) {
  if (absl::Status valid = CheckImportChunk(chunk, orders.size()); !valid.ok()) {
    done(std::move(valid));
    return;
  }
  WriteKeys keys;
  keys.import_ids.push_back(chunk.import_id);
  std::vector<PreparedOrder> prepared;
  size_t bytes = 0;
  for (OrderInput& order : orders) {
    bytes += BytesOf(order.order);
    prepared.push_back(PrepareOrder(context.shop, std::move(order)));
    if (prepared.back().status.ok()) {
      CollectOrderKeys(ids_, context.shop.id, prepared.back().input, keys);
    }
  }
  const RowCommandTraits traits{WritePriority::kBulk, storage::ChangeCause::kImport, bytes};
  auto decide = [this, chunk = std::move(chunk), rows = std::move(prepared),
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(ws));
    const auto apply_row = [&](size_t i) -> absl::StatusOr<RowOutcome> {
      ASSIGN_OR_RETURN(const OrderOutcome outcome, ApplyOrder(ws, ids_, call, zone, rows[i]));
      return outcome.anything_changed ? RowOutcome::kAccepted : RowOutcome::kUnchanged;
    };
    return ApplyImportChunk(ws, chunk, storage::ImportProgressRow::Kind::kOrders, rows.size(),
                            apply_row, encode);
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void OrderUsecase::ExcludeOrders(CallContext context, std::vector<domain::OrderKey> keys,
                                 std::string reason, AnswerEncoder<ExcludeOrdersResult> encode,
                                 WriteCallback done) {
  absl::Status valid =
      domain::ValidateBatchSize(keys.size(), domain::kMaxExcludedOrdersPerCall, "keys");
  if (valid.ok()) {
    valid = domain::ValidateText(reason, domain::kMaxExclusionReasonBytes, "reason");
  }
  if (!valid.ok()) {
    done(std::move(valid));
    return;
  }
  WriteKeys write_keys;
  write_keys.orders = keys;
  const RowCommandTraits traits{.priority = WritePriority::kBulk,
                                .estimated_bytes = 1024 * keys.size()};
  auto decide = [keys = std::move(keys), reason = std::move(reason), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(ws));
    ExcludeOrdersResult result;
    for (size_t i = 0; i < keys.size(); ++i) {
      auto item = ApplyExclusion(ws, call, zone, keys[i], reason);
      if (!item.ok()) {
        item =
            ExcludeOrderItem{base::WithFieldPrefix(item.status(), absl::StrCat("keys[", i, "]"))};
      }
      result.items.push_back(*std::move(item));
    }
    return encode(result, ws.answer_context());
  };
  writer_.Submit(std::make_unique<RowCommand>(std::move(context), std::move(write_keys),
                                              std::move(decide), traits),
                 std::move(done));
}

void OrderUsecase::RecordReview(CallContext context, domain::OrderKey key, domain::Review review,
                                AnswerEncoder<RecordReviewResult> encode, WriteCallback done) {
  if (absl::Status valid = ValidateReview(review, "review"); !valid.ok()) {
    done(std::move(valid));
    return;
  }
  WriteKeys keys;
  keys.orders.push_back(key);
  const RowCommandTraits traits{.estimated_bytes = 2048 + review.text.size()};
  auto decide = [key = std::move(key), review = std::move(review), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(ws));
    ASSIGN_OR_RETURN(const RecordReviewResult result, ApplyReview(ws, call, zone, key, review));
    return encode(result, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void OrderUsecase::UpsertProduct(CallContext context, ProductInput product,
                                 AnswerEncoder<UpsertProductResult> encode, WriteCallback done) {
  product = WithoutGivenParts(std::move(product));
  if (absl::Status valid = ValidateProduct(product.product); !valid.ok()) {
    done(base::WithFieldPrefix(valid, "product"));
    return;
  }
  WriteKeys keys;
  keys.product_ids.push_back(product.product.id);
  auto decide = [product = std::move(product), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const auto result = ApplyProduct(ws, call, product);
    if (!result.ok()) return base::WithFieldPrefix(result.status(), "product");
    return encode(*result, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide)),
      std::move(done));
}

void OrderUsecase::ImportProducts(CallContext context, ImportChunk chunk,
                                  std::vector<ProductInput> products,
                                  AnswerEncoder<ImportChunkResult> encode, WriteCallback done) {
  if (absl::Status valid = CheckImportChunk(chunk, products.size()); !valid.ok()) {
    done(std::move(valid));
    return;
  }
  WriteKeys keys;
  keys.import_ids.push_back(chunk.import_id);
  size_t bytes = 0;
  for (ProductInput& product : products) {
    product = WithoutGivenParts(std::move(product));
    bytes += BytesOf(product.product);
    if (ValidateProduct(product.product).ok()) keys.product_ids.push_back(product.product.id);
  }
  const RowCommandTraits traits{WritePriority::kBulk, storage::ChangeCause::kImport, bytes};
  auto decide = [chunk = std::move(chunk), products = std::move(products),
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    const auto apply_row = [&](size_t i) -> absl::StatusOr<RowOutcome> {
      RETURN_IF_ERROR(ValidateProduct(products[i].product));
      ASSIGN_OR_RETURN(const UpsertProductResult result, ApplyProduct(ws, call, products[i]));
      return result.changed ? RowOutcome::kAccepted : RowOutcome::kUnchanged;
    };
    return ApplyImportChunk(ws, chunk, storage::ImportProgressRow::Kind::kProducts, products.size(),
                            apply_row, encode);
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

}  // namespace segmentation::usecase
