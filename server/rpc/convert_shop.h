// Shops, stores, promotions, policies and tokens between the API and the domain.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "segmentation/v1/shop.pb.h"
#include "server/domain/policy.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/usecase/shop_usecase.h"
#include "server/usecase/token_usecase.h"

namespace segmentation::rpc {

v1::Shop ToProto(const domain::Shop& shop);
v1::Store ToProto(const domain::Store& store);
domain::Store FromProto(const v1::Store& store);
v1::Promotion ToProto(const domain::Promotion& promotion);
// FIELD_OUT_OF_RANGE, FIELD_INVALID for instants; FIELD_REQUIRED for an end that is not set.
absl::StatusOr<domain::Promotion> FromProto(const v1::Promotion& promotion);
v1::MetricPolicy ToProto(const domain::MetricPolicy& policy);
// Unset enums stay as in the default policy; ENUM_UNKNOWN for values this server does not know.
absl::StatusOr<domain::MetricPolicy> FromProto(const v1::MetricPolicy& policy);
v1::ShopStats ToProto(const usecase::ShopStats& stats);
v1::ShopIndex IndexToProto(const usecase::ShopStats& stats);
v1::Token ToProto(const storage::ApiTokenRow& token);
// The scope of the request's shop_id is applied. ENUM_UNKNOWN, FIELD_INVALID (scopes that
// contradict).
absl::StatusOr<usecase::NewToken> FromProto(const v1::Token& token, const std::string& shop_id);

}  // namespace segmentation::rpc
