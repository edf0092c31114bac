#include "server/rpc/convert_shop.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_time.h"

namespace segmentation::rpc {
namespace {

static_assert(static_cast<int>(usecase::Role::kPrivacy) == v1::TOKEN_ROLE_PRIVACY);
static_assert(static_cast<int>(usecase::Role::kAssistant) == v1::TOKEN_ROLE_ASSISTANT);

template <typename Resource>
void SetTimes(const domain::Stamp& stamp, Resource& out) {
  *out.mutable_created_at() = ToTimestamp(stamp.created_at_ms);
  *out.mutable_updated_at() = ToTimestamp(stamp.updated_at_ms);
  out.set_etag(EtagText(stamp.etag));
}

// The API and the domain number these alike but for the moment an order becomes valid.
v1::ValidOrderMoment ToProto(domain::ValidMoment moment) {
  switch (moment) {
    case domain::ValidMoment::kPaid:
      return v1::VALID_ORDER_MOMENT_PAID;
    case domain::ValidMoment::kCreated:
      return v1::VALID_ORDER_MOMENT_PLACED;
    case domain::ValidMoment::kReceived:
      return v1::VALID_ORDER_MOMENT_RECEIVED;
    case domain::ValidMoment::kFinished:
      return v1::VALID_ORDER_MOMENT_FINISHED;
  }
  return v1::VALID_ORDER_MOMENT_UNSPECIFIED;
}

absl::StatusOr<domain::ValidMoment> MomentOf(v1::ValidOrderMoment moment) {
  switch (moment) {
    case v1::VALID_ORDER_MOMENT_UNSPECIFIED:
    case v1::VALID_ORDER_MOMENT_PAID:
      return domain::ValidMoment::kPaid;
    case v1::VALID_ORDER_MOMENT_PLACED:
      return domain::ValidMoment::kCreated;
    case v1::VALID_ORDER_MOMENT_RECEIVED:
      return domain::ValidMoment::kReceived;
    case v1::VALID_ORDER_MOMENT_FINISHED:
      return domain::ValidMoment::kFinished;
    default:
      return UnknownEnum(moment, "policy.valid_order_moment");
  }
}

absl::StatusOr<domain::OrderDate> DateBasisOf(v1::OrderDateBasis basis) {
  switch (basis) {
    case v1::ORDER_DATE_BASIS_UNSPECIFIED:
    case v1::ORDER_DATE_BASIS_PAID:
      return domain::OrderDate::kPaid;
    case v1::ORDER_DATE_BASIS_PLACED:
      return domain::OrderDate::kCreated;
    default:
      return UnknownEnum(basis, "policy.order_date_basis");
  }
}

}  // namespace

v1::Shop ToProto(const domain::Shop& shop) {
  v1::Shop out;
  out.set_shop_id(shop.id);
  out.set_display_name(shop.name);
  out.set_time_zone(shop.time_zone);
  out.set_currency_code(shop.currency);
  out.set_currency_digits(shop.currency_digits);
  SetTimes(shop.stamp, out);
  return out;
}

v1::Store ToProto(const domain::Store& store) {
  v1::Store out;
  out.set_store_id(store.id);
  out.set_display_name(store.name);
  out.set_platform(store.platform);
  SetTimes(store.stamp, out);
  return out;
}

domain::Store FromProto(const v1::Store& store) {
  domain::Store out;
  out.id = store.store_id();
  out.name = store.display_name();
  out.platform = store.platform();
  return out;
}

v1::Promotion ToProto(const domain::Promotion& promotion) {
  v1::Promotion out;
  out.set_promotion_id(promotion.id);
  out.set_kind(promotion.kind);
  for (const domain::Promotion::Window& window : promotion.windows) {
    v1::TimeWindow* added = out.add_windows();
    *added->mutable_start() = ToTimestamp(window.from);
    *added->mutable_end() = ToTimestamp(window.until);
  }
  SetTimes(promotion.stamp, out);
  return out;
}

absl::StatusOr<domain::Promotion> FromProto(const v1::Promotion& promotion) {
  domain::Promotion out;
  out.id = promotion.promotion_id();
  out.kind = promotion.kind();
  for (int i = 0; i < promotion.windows_size(); ++i) {
    const v1::TimeWindow& window = promotion.windows(i);
    const std::string field = absl::StrCat("promotion.windows[", i, "]");
    if (!window.has_start() || !window.has_end()) {
      return base::MakeError(base::Reason::FIELD_REQUIRED, field, "want both start and end");
    }
    domain::Promotion::Window added;
    ASSIGN_OR_RETURN(added.from, FromTimestamp(window.start(), absl::StrCat(field, ".start")));
    ASSIGN_OR_RETURN(added.until, FromTimestamp(window.end(), absl::StrCat(field, ".end")));
    out.windows.push_back(added);
  }
  return out;
}

v1::MetricPolicy ToProto(const domain::MetricPolicy& policy) {
  v1::MetricPolicy out;
  out.set_policy_revision(policy.revision);
  out.set_valid_order_moment(ToProto(policy.valid_moment));
  out.set_order_date_basis(policy.order_date == domain::OrderDate::kPaid
                               ? v1::ORDER_DATE_BASIS_PAID
                               : v1::ORDER_DATE_BASIS_PLACED);
  out.set_count_wholly_refunded(policy.count_wholly_refunded);
  out.set_platform_discounts_count_as_paid(policy.platform_discounts_count_as_paid);
  out.set_gifts_count_as_bought(policy.gifts_count_as_bought);
  // A policy is known by its revision.
  out.set_etag(EtagText({policy.revision, 0}));
  return out;
}

absl::StatusOr<domain::MetricPolicy> FromProto(const v1::MetricPolicy& policy) {
  domain::MetricPolicy out;
  ASSIGN_OR_RETURN(out.valid_moment, MomentOf(policy.valid_order_moment()));
  ASSIGN_OR_RETURN(out.order_date, DateBasisOf(policy.order_date_basis()));
  out.count_wholly_refunded = policy.count_wholly_refunded();
  out.platform_discounts_count_as_paid = policy.platform_discounts_count_as_paid();
  out.gifts_count_as_bought = policy.gifts_count_as_bought();
  return out;
}

v1::ShopIndex IndexToProto(const usecase::ShopStats& stats) {
  v1::ShopIndex out;
  if (!stats.index) return out;
  using State = audience::ShopIndex::State;
  switch (stats.index->state) {
    case State::kReady:
      out.set_state(v1::INDEX_STATE_READY);
      break;
    case State::kTooLarge:
      out.set_state(v1::INDEX_STATE_TOO_LARGE);
      break;
    case State::kFailed:
      out.set_state(v1::INDEX_STATE_FAILED);
      break;
    case State::kLoading:
    case State::kDeleted:  // no call gets here for a deleted shop but one that began before
      out.set_state(v1::INDEX_STATE_LOADING);
      break;
  }
  const audience::IndexMemory& memory = stats.index->memory;
  out.set_revision(stats.index->revision);
  out.set_member_bytes(static_cast<int64_t>(memory.members));
  out.set_attribute_bytes(static_cast<int64_t>(memory.attributes));
  out.set_tag_bytes(static_cast<int64_t>(memory.tags));
  out.set_order_bytes(static_cast<int64_t>(memory.orders));
  out.set_text_bytes(static_cast<int64_t>(memory.texts));
  return out;
}

v1::ShopStats ToProto(const usecase::ShopStats& stats) {
  v1::ShopStats out;
  out.set_member_count(stats.totals.member_count);
  out.set_order_count(stats.totals.order_count);
  out.set_paid_order_count(stats.totals.paid_order_count);
  out.set_valid_order_count(stats.totals.valid_order_count);
  out.set_paid_minor_units(stats.totals.paid_minor);
  out.set_net_minor_units(stats.totals.net_minor);
  out.set_revision(stats.revision);
  if (stats.totals.first_order_day) {
    *out.mutable_first_order_day() = ToCivilDate(*stats.totals.first_order_day);
  }
  if (stats.totals.last_order_day) {
    *out.mutable_last_order_day() = ToCivilDate(*stats.totals.last_order_day);
  }
  return out;
}

v1::Token ToProto(const storage::ApiTokenRow& token) {
  v1::Token out;
  out.set_token_id(token.id);
  out.set_display_name(token.label);
  out.set_role(static_cast<v1::TokenRole>(token.role));
  out.set_all_shops(token.all_shops);
  for (const std::string& id : token.shop_ids) out.add_shop_ids(id);
  *out.mutable_created_at() = ToTimestamp(token.created_at_ms);
  if (token.expires_at_ms) *out.mutable_expires_at() = ToTimestamp(*token.expires_at_ms);
  if (token.revoked_at_ms) *out.mutable_revoked_at() = ToTimestamp(*token.revoked_at_ms);
  return out;
}

absl::StatusOr<usecase::NewToken> FromProto(const v1::Token& token, const std::string& shop_id) {
  usecase::NewToken out;
  out.label = token.display_name();
  ASSIGN_OR_RETURN(out.role, EnumFrom<usecase::Role>(token.role(), "token.role"));
  out.all_shops = token.all_shops();
  out.shop_ids.assign(token.shop_ids().begin(), token.shop_ids().end());
  if (out.all_shops && !out.shop_ids.empty()) {
    return base::MakeError(base::Reason::FIELD_INVALID, "token.shop_ids",
                           "got shops beside all_shops, want one of the two");
  }
  if (!shop_id.empty()) {
    if (out.all_shops || out.shop_ids.size() > 1 ||
        (out.shop_ids.size() == 1 && out.shop_ids[0] != shop_id)) {
      return base::MakeError(base::Reason::FIELD_INVALID, "token.shop_ids",
                             "got another scope than shop_id");
    }
    out.shop_ids = {shop_id};
  }
  if (token.has_expires_at()) {
    ASSIGN_OR_RETURN(out.expires_at_ms, FromTimestamp(token.expires_at(), "token.expires_at"));
  }
  return out;
}

}  // namespace segmentation::rpc
