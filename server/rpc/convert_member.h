// Members, attributes, consents and notes between the API and the domain.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "segmentation/v1/member.pb.h"
#include "server/domain/member.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/usecase/member_usecase.h"

namespace segmentation::rpc {

// Personal data (identities, attributes declared personal) is masked unless `reveal`.
v1::Member ToProto(const domain::Member& member, const domain::ShopDefinitions& definitions,
                   bool reveal);
// Of a mutation's answer: the catalogue entries of custom attributes come from `definitions`.
absl::StatusOr<usecase::MemberInput> FromProto(const v1::Member& member, std::string_view field);

absl::StatusOr<domain::IdentityKey> FromProto(const v1::Identity& identity, std::string_view field);
v1::Identity ToProto(const domain::Identity& identity, bool reveal);

v1::Consent ToProto(const domain::Consent& consent, std::string_view actor);
absl::StatusOr<usecase::ConsentInput> FromProto(const v1::Consent& consent, std::string_view field);

// The text is left out unless `reveal`.
v1::Note ToProto(const domain::Note& note, bool reveal);

v1::Attribute ToProto(const domain::Attribute& attribute);
absl::StatusOr<domain::Attribute> FromProto(const v1::Attribute& attribute);

}  // namespace segmentation::rpc
