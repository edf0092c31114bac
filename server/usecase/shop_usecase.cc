#include "server/usecase/shop_usecase.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/money.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/definition_command.h"
#include "server/usecase/definition_users.h"
#include "server/usecase/fact_errors.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {
namespace {

using domain::MetricPolicy;
using domain::Shop;

constexpr size_t kMaxCached = 10'000;

bool SameOptions(const MetricPolicy& a, const MetricPolicy& b) {
  return a.valid_moment == b.valid_moment && a.order_date == b.order_date &&
         a.count_wholly_refunded == b.count_wholly_refunded &&
         a.platform_discounts_count_as_paid == b.platform_discounts_count_as_paid &&
         a.gifts_count_as_bought == b.gifts_count_as_bought;
}

}  // namespace

absl::StatusOr<Shop> ShopUsecase::Create(const CallContext& context, const ShopInput& input) {
  RETURN_IF_ERROR(domain::ValidateId(input.id, "shop_id"));
  RETURN_IF_ERROR(domain::ValidateText(input.name, domain::kMaxNameBytes, "shop.display_name"));
  RETURN_IF_ERROR(
      domain::ValidateText(input.time_zone, domain::kMaxTimeZoneBytes, "shop.time_zone"));
  RETURN_IF_ERROR(base::LoadTimeZone(input.time_zone, "shop.time_zone").status());
  ASSIGN_OR_RETURN(const int digits, base::CurrencyDigits(input.currency, "shop.currency_code"));
  storage::NewShop request;
  request.shop.id = input.id;
  request.shop.name = input.name.empty() ? input.id : input.name;
  request.shop.time_zone = input.time_zone;
  request.shop.currency = input.currency;
  request.shop.currency_digits = digits;
  request.shop.stamp.created_at_ms = request.shop.stamp.updated_at_ms = clock_.NowMs();
  request.shop.stamp.created_by = request.shop.stamp.updated_by = context.actor;
  request.request_id = context.request_id;
  request.request_hash = context.request_hash;
  ASSIGN_OR_RETURN(Shop shop, store_.CreateShop(request));
  // What is remembered under the id, if anything, is older.
  Remember(shop, clock_.Now());
  return shop;
}

void ShopUsecase::Remember(const Shop& shop, absl::Time now) {
  std::lock_guard lock(mutex_);
  if (cached_.size() >= kMaxCached) cached_.clear();
  cached_[shop.id] = {shop, now};
}

const Shop* ShopUsecase::FindCached(std::string_view shop_id, absl::Time now) const {
  const auto found = cached_.find(shop_id);
  if (found == cached_.end()) return nullptr;
  const absl::Duration age = now - found->second.read_at;
  return age >= absl::ZeroDuration() && age < cache_time_ ? &found->second.shop : nullptr;
}

bool ShopUsecase::Remembers(std::string_view shop_id) {
  const absl::Time now = clock_.Now();
  std::lock_guard lock(mutex_);
  return FindCached(shop_id, now) != nullptr;
}

absl::StatusOr<Shop> ShopUsecase::Find(std::string_view shop_id) {
  const absl::Time now = clock_.Now();
  {
    std::lock_guard lock(mutex_);
    if (const Shop* const cached = FindCached(shop_id, now)) return *cached;
  }
  ASSIGN_OR_RETURN(std::optional<Shop> shop, store_.ReadShop(shop_id));
  if (!shop) return ShopNotFound();
  Remember(*shop, now);
  return *std::move(shop);
}

absl::StatusOr<Shop> ShopUsecase::FindEvenDeleted(std::string_view shop_id) {
  absl::StatusOr<Shop> live = Find(shop_id);
  if (!absl::IsNotFound(live.status())) return live;
  ASSIGN_OR_RETURN(std::vector<Shop> shops, store_.ListShops());
  for (Shop& shop : shops) {
    if (shop.id == shop_id) return std::move(shop);
  }
  return live;
}

absl::StatusOr<std::vector<Shop>> ShopUsecase::List() {
  ASSIGN_OR_RETURN(std::vector<Shop> shops, store_.ListShops());
  std::erase_if(shops, [](const Shop& shop) { return shop.deleted; });
  std::sort(shops.begin(), shops.end(), [](const Shop& a, const Shop& b) { return a.id < b.id; });
  return shops;
}

void ShopUsecase::Rename(CallContext context, std::string name, std::optional<domain::Etag> etag,
                         AnswerEncoder<ShopResult> encode, WriteCallback done) {
  auto decide = [name = std::move(name), etag, encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(domain::ValidateText(name, domain::kMaxNameBytes, "shop.display_name"));
    Shop shop = ws.definitions().shop;
    RETURN_IF_ERROR(CheckEtag(etag, shop.stamp));
    const std::string wanted = name.empty() ? shop.id : name;
    if (wanted != shop.name) {
      shop.name = wanted;
      ws.Restamp(shop.stamp, call.actor);
      ws.PutShop(std::move(shop));
    }
    return encode({&ws.definitions().shop}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void ShopUsecase::Delete(CallContext context, std::optional<domain::Etag> etag,
                         AnswerEncoder<DeletedShopResult> encode, WriteCallback done) {
  auto decide = [etag, encode = std::move(encode)](const CallContext& call,
                                                   WorkingSet& ws) -> absl::StatusOr<std::string> {
    Shop shop = ws.definitions().shop;
    RETURN_IF_ERROR(CheckEtag(etag, shop.stamp));
    ASSIGN_OR_RETURN(const storage::ShopTotals totals, ws.reader().ReadShopTotals(ws.now_ms()));
    if (totals.member_count > 0 || totals.order_count > 0) {
      return base::MakeError(base::Reason::SHOP_NOT_EMPTY, "shop_id",
                             absl::StrCat("the shop has ", totals.member_count, " members and ",
                                          totals.order_count, " orders, want none"));
    }
    shop.deleted = true;
    ws.Restamp(shop.stamp, call.actor);
    ws.PutShop(std::move(shop));
    return encode({}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void ShopUsecase::UpdatePolicy(CallContext context, UpdatePolicyInput update,
                               AnswerEncoder<PolicyResult> encode, WriteCallback done) {
  auto decide = [update = std::move(update), encode = std::move(encode)](
                    const CallContext&, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const MetricPolicy before = ws.definitions().policy;
    if (update.expected_revision && *update.expected_revision != before.revision) {
      return base::MakeError(base::Reason::ETAG_STALE, "policy.etag",
                             "the policy was changed since it was read: read it again");
    }
    RETURN_IF_ERROR(CheckMask(update.set_valid_moment || update.set_order_date ||
                                  update.set_count_wholly_refunded ||
                                  update.set_platform_discounts || update.set_gifts,
                              "valid_order_moment, order_date_basis, count_wholly_refunded, "
                              "platform_discounts_count_as_paid, gifts_count_as_bought"));
    MetricPolicy policy = before;
    if (update.set_valid_moment) policy.valid_moment = update.policy.valid_moment;
    if (update.set_order_date) policy.order_date = update.policy.order_date;
    if (update.set_count_wholly_refunded) {
      policy.count_wholly_refunded = update.policy.count_wholly_refunded;
    }
    if (update.set_platform_discounts) {
      policy.platform_discounts_count_as_paid = update.policy.platform_discounts_count_as_paid;
    }
    if (update.set_gifts) policy.gifts_count_as_bought = update.policy.gifts_count_as_bought;
    if (SameOptions(policy, before)) {
      return encode({&ws.definitions().policy, false}, ws.answer_context());
    }
    ASSIGN_OR_RETURN(const storage::ShopTotals totals, ws.reader().ReadShopTotals(ws.now_ms()));
    if (totals.order_count > 0) {
      return base::MakeError(base::Reason::SHOP_NOT_EMPTY, "policy",
                             absl::StrCat("the shop has ", totals.order_count,
                                          " orders measured by the policy in force, want none"));
    }
    policy.revision = before.revision + 1;
    ws.PutPolicy(policy);
    return encode({&ws.definitions().policy, true}, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

absl::StatusOr<ShopStats> ShopUsecase::Stats(const CallContext& context, const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ShopStats stats;
  ASSIGN_OR_RETURN(stats.totals, view.snapshot->ReadShopTotals(view.as_of_ms));
  stats.revision = view.revision;
  stats.as_of_ms = view.as_of_ms;
  stats.policy_revision = view.definitions->policy.revision;
  if (indexes_ != nullptr) {
    stats.index = indexes_->StatusOf(context.shop.number).value_or(audience::ShopIndexStatus());
  }
  return stats;
}

}  // namespace segmentation::usecase
