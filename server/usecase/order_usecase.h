// Changes of orders and products. Every method queues one command and returns; see
// ShopWriter::Submit for how `done` is called and the errors it may bring beside those stated here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/domain/order.h"
#include "server/usecase/import_chunk.h"
#include "server/usecase/member_resolution.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::usecase {

// A snapshot of an order as its source tells it.
struct OrderInput {
  // Numbers, member, store, exclusion and what the policy makes are filled in here. Lines are in
  // order; a line without id gets one from its position. source_updated_at 0: the latest of the
  // order's times.
  domain::Order order;
  std::string store_id;                         // empty: none
  std::string member_id;                        // empty: by identities
  std::vector<domain::IdentityKey> identities;  // as sent; normalized here; the order comes under
                                                // the first
};

// `order` points into the batch and is valid while the encoder runs.
struct UpsertOrderResult {
  const domain::Order* order = nullptr;
  std::string member_id;
  bool created = false;
  bool changed = false;
  bool member_created = false;
};

struct ExcludeOrderItem {
  absl::Status status;  // field paths begin with "keys[i]"
  bool changed = false;
  bool counted = false;
  domain::NotCountedReason reason = domain::NotCountedReason::kNone;
};
struct ExcludeOrdersResult {
  std::vector<ExcludeOrderItem> items;  // one for each key, at its index
};

struct RecordReviewResult {
  domain::Review review;  // as stored
  bool changed = false;
};

// Product fields as its source tells them: number and stamp are filled in here.
struct ProductInput {
  domain::Product product;
  std::optional<domain::Etag> etag;  // the state last read; nothing: whatever is there
};
struct UpsertProductResult {
  const domain::Product* product = nullptr;
  bool created = false;
  bool changed = false;
};

// Thread-safe.
class OrderUsecase {
 public:
  // `writer` outlives it. `identity` seeds the ids of members that are first seen by an identity.
  OrderUsecase(ShopWriter& writer, const storage::DatabaseIdentity& identity);

  // Merges a snapshot into what is stored (T87) and measures it by the shop's policy (T95). Makes
  // the member and the products it names. Errors: STORE_NOT_FOUND, FIELD_REQUIRED, IDENTITY_MASKED,
  // IDENTITY_TAKEN, FIELD_INVALID, MONEY_INVALID, FIELD_OUT_OF_RANGE.
  void UpsertOrder(CallContext context, OrderInput order, AnswerEncoder<UpsertOrderResult> encode,
                   WriteCallback done);

  // Each row as UpsertOrder; see import_chunk.h. Errors: IMPORT_OUT_OF_SEQUENCE, FIELD_INVALID (the
  // import id is another kind's).
  void ImportOrders(CallContext context, ImportChunk chunk, std::vector<OrderInput> orders,
                    AnswerEncoder<ImportChunkResult> encode, WriteCallback done);

  // Takes orders out of counting for a reason, or puts them back (empty reason). Later snapshots
  // don't change it. Each item succeeds or fails alone: ORDER_NOT_FOUND.
  void ExcludeOrders(CallContext context, std::vector<domain::OrderKey> keys, std::string reason,
                     AnswerEncoder<ExcludeOrdersResult> encode, WriteCallback done);

  // Adds a review or replaces the one of its id, unless that is newer. Errors: ORDER_NOT_FOUND,
  // LIMIT_REACHED.
  void RecordReview(CallContext context, domain::OrderKey key, domain::Review review,
                    AnswerEncoder<RecordReviewResult> encode, WriteCallback done);

  // Errors: ETAG_STALE.
  void UpsertProduct(CallContext context, ProductInput product,
                     AnswerEncoder<UpsertProductResult> encode, WriteCallback done);

  // Each row as UpsertProduct.
  void ImportProducts(CallContext context, ImportChunk chunk, std::vector<ProductInput> products,
                      AnswerEncoder<ImportChunkResult> encode, WriteCallback done);

 private:
  ShopWriter& writer_;
  const MemberIds ids_;
};

}  // namespace segmentation::usecase
