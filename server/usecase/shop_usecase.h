// Shops and their metric policy. Changes of an existing shop are queued commands: see
// ShopWriter::Submit for how `done` is called; creation and look-ups run on the calling thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/audience/shop_indexes.h"
#include "server/base/clock.h"
#include "server/domain/shop.h"
#include "server/storage/store.h"
#include "server/usecase/shop_reader.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::usecase {

struct ShopInput {
  std::string id;
  std::string name;       // empty: the id
  std::string time_zone;  // IANA name
  std::string currency;   // ISO 4217
};

// Pointers in results are valid while the encoder runs.
struct ShopResult {
  const domain::Shop* shop = nullptr;
};
struct PolicyResult {
  const domain::MetricPolicy* policy = nullptr;
  bool changed = false;
};
struct DeletedShopResult {};

// Which options UpdatePolicy sets.
struct UpdatePolicyInput {
  domain::MetricPolicy policy;
  std::optional<int32_t> expected_revision;  // from the etag; nothing: whatever is in force
  bool set_valid_moment = false;
  bool set_order_date = false;
  bool set_count_wholly_refunded = false;
  bool set_platform_discounts = false;
  bool set_gifts = false;
};

struct ShopStats {
  storage::ShopTotals totals;
  domain::Revision revision = 0;
  base::InstantMs as_of_ms = 0;
  int32_t policy_revision = 0;
  std::optional<audience::ShopIndexStatus> index;  // nothing: this server keeps none
};

// Thread-safe.
class ShopUsecase {
 public:
  // All outlive it; `indexes` null: there are none. A look-up is remembered for `cache_time`.
  ShopUsecase(storage::Store& store, ShopWriter& writer, ShopReader& reader,
              const base::Clock& clock, const audience::ShopIndexes* indexes = nullptr,
              absl::Duration cache_time = absl::Seconds(5))
      : store_(store),
        writer_(writer),
        reader_(reader),
        clock_(clock),
        indexes_(indexes),
        cache_time_(cache_time) {}

  // Makes an empty shop at revision 1 with policy revision 1. The same request again returns it.
  // Errors: ALREADY_EXISTS, ID_MALFORMED, TIME_ZONE_UNKNOWN, CURRENCY_UNKNOWN, FIELD_TOO_LONG.
  absl::StatusOr<domain::Shop> Create(const CallContext& context, const ShopInput& shop);

  // The shop of a public id; SHOP_NOT_FOUND. One remembered may have another name since, or be
  // deleted: writer and reader look again at the state they work on. Unknown ids are not
  // remembered.
  absl::StatusOr<domain::Shop> Find(std::string_view shop_id);
  // The same, a deleted one too: for who asks again for the deletion whose answer was lost (T69).
  absl::StatusOr<domain::Shop> FindEvenDeleted(std::string_view shop_id);
  // Whether Find would ask the database nothing now.
  bool Remembers(std::string_view shop_id);
  // All live shops by id.
  absl::StatusOr<std::vector<domain::Shop>> List();

  // Changes the name (empty: the id). Errors: ETAG_STALE, FIELD_TOO_LONG.
  void Rename(CallContext context, std::string name, std::optional<domain::Etag> etag,
              AnswerEncoder<ShopResult> encode, WriteCallback done);

  // Deletes a shop without members and orders. Errors: SHOP_NOT_EMPTY, ETAG_STALE; of a deleted
  // shop SHOP_NOT_FOUND, unless this request deleted it.
  void Delete(CallContext context, std::optional<domain::Etag> etag,
              AnswerEncoder<DeletedShopResult> encode, WriteCallback done);

  // Makes a new policy revision. Only while the shop has no orders, since orders are measured when
  // they are written (T95): SHOP_NOT_EMPTY. Errors: ETAG_STALE, UPDATE_MASK_INVALID (nothing to
  // set).
  void UpdatePolicy(CallContext context, UpdatePolicyInput update,
                    AnswerEncoder<PolicyResult> encode, WriteCallback done);

  absl::StatusOr<ShopStats> Stats(const CallContext& context, const ReadOptions& read);

 private:
  storage::Store& store_;
  ShopWriter& writer_;
  ShopReader& reader_;
  const base::Clock& clock_;
  const audience::ShopIndexes* const indexes_;
  const absl::Duration cache_time_;

  struct Cached {
    domain::Shop shop;
    absl::Time read_at;
  };
  // By mutex_: the shop remembered under this id, null if there is none or it is too old.
  const domain::Shop* FindCached(std::string_view shop_id, absl::Time now) const;
  void Remember(const domain::Shop& shop, absl::Time now);

  std::mutex mutex_;
  std::map<std::string, Cached, std::less<>> cached_;  // by public id; by mutex_
};

}  // namespace segmentation::usecase
