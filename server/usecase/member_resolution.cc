#include "server/usecase/member_resolution.h"

#include <algorithm>

#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/identity.h"
#include "server/domain/limits.h"

namespace segmentation::usecase {
namespace {

// A derived id is another member's only if that member was given it on purpose, or lost the
// identity later: a few tries are plenty.
constexpr int kIdTries = 4;

std::string ItemField(std::string_view field, size_t index, std::string_view leaf) {
  return base::StrCat(field, "[", index, "]", leaf);
}

absl::StatusOr<std::string> FreeMemberId(const WorkingSet& ws, const MemberIds& ids,
                                         std::string_view shop_id,
                                         const domain::IdentityKey& identity) {
  for (int attempt = 0; attempt < kIdTries; ++attempt) {
    std::string id = ids.IdFor(shop_id, identity, attempt);
    ASSIGN_OR_RETURN(const bool free, ws.IsMemberIdFree(id));
    if (free) return id;
  }
  return base::MakeError(base::Reason::INTERNAL, "", "no free member id was found");
}

}  // namespace

std::string MemberIds::IdFor(std::string_view shop_id, const domain::IdentityKey& identity,
                             int attempt) const {
  std::string text = base::StrCat("member-id:", shop_id.size(), ":", shop_id, ":",
                                  static_cast<int>(identity.kind), ":", attempt, ":");
  text += identity.value;
  const base::Sha256Digest digest = base::HmacSha256(key_, text);
  return "m-" + base::HexEncode(base::BytesOf(digest).substr(0, 12));
}

absl::StatusOr<std::vector<domain::IdentityKey>> NormalizeIdentities(
    std::span<const domain::IdentityKey> identities, const domain::Shop& shop,
    std::string_view field) {
  const std::string_view region = domain::DefaultPhoneRegion(shop.time_zone, shop.currency);
  std::vector<domain::IdentityKey> normalized;
  normalized.reserve(identities.size());
  for (size_t i = 0; i < identities.size(); ++i) {
    const domain::IdentityKey& given = identities[i];
    ASSIGN_OR_RETURN(std::string value, domain::NormalizeIdentity(given.kind, given.value, region,
                                                                  ItemField(field, i, ".value")));
    domain::IdentityKey key{given.kind, std::move(value)};
    if (std::find(normalized.begin(), normalized.end(), key) == normalized.end()) {
      normalized.push_back(std::move(key));
    }
  }
  return normalized;
}

void CollectMemberKeys(const MemberIds& ids, std::string_view shop_id,
                       const MemberReference& reference, WriteKeys& keys) {
  keys.parts = keys.parts | storage::MemberParts::kIdentities;
  keys.identities.insert(keys.identities.end(), reference.identities.begin(),
                         reference.identities.end());
  if (!reference.member_id.empty()) {
    keys.member_ids.emplace_back(reference.member_id);
  } else if (!reference.identities.empty()) {
    // That the first id is another member's is next to impossible: the further ones are asked for
    // when it happens.
    keys.fresh_members.push_back({{reference.identities.begin(), reference.identities.end()},
                                  ids.IdFor(shop_id, reference.identities.front(), 0)});
  }
}

absl::StatusOr<ResolvedMember> ResolveMember(WorkingSet& ws, const MemberIds& ids,
                                             std::string_view shop_id, std::string_view actor,
                                             const MemberReference& reference) {
  ResolvedMember resolved;
  if (!reference.member_id.empty()) {
    const domain::Member* const member = ws.FindMember(reference.member_id);
    if (member != nullptr) resolved.member_no = member->number;
  } else if (reference.identities.empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, reference.identities_field,
                           "got neither a member id nor an identity, want one of them");
  } else {
    for (const domain::IdentityKey& identity : reference.identities) {
      resolved.member_no = ws.OwnerOf(identity);
      if (resolved.member_no != 0) break;
    }
  }

  for (size_t i = 0; i < reference.identities.size(); ++i) {
    const domain::MemberNo owner = ws.OwnerOf(reference.identities[i]);
    if (owner == 0 || owner == resolved.member_no) continue;
    const domain::Member* const other = ws.FindMember(owner);
    return base::MakeError(base::Reason::IDENTITY_TAKEN,
                           ItemField(reference.identities_field, i, ".value"),
                           "is an identity of another member",
                           {{"member_id", other == nullptr ? std::string() : other->id}});
  }

  if (resolved.member_no == 0) {
    std::string id(reference.member_id);
    if (id.empty()) {
      ASSIGN_OR_RETURN(id, FreeMemberId(ws, ids, shop_id, reference.identities.front()));
    }
    resolved.member_no = ws.CreateMember(std::move(id), actor)->number;
    resolved.created = true;
  }
  for (const domain::IdentityKey& identity : reference.identities) {
    if (ws.OwnerOf(identity) != 0) continue;
    if (ws.FindMember(resolved.member_no)->identities.size() >= domain::kMaxIdentitiesPerMember) {
      return base::MakeError(base::Reason::LIMIT_REACHED, reference.identities_field,
                             "the member has too many identities",
                             {{"limit", base::StrCat(domain::kMaxIdentitiesPerMember)}});
    }
    ws.AddIdentity(resolved.member_no, identity);
    resolved.identities_added = true;
  }
  if (resolved.identities_added && !resolved.created) {
    ws.Restamp(ws.MutableMember(resolved.member_no)->stamp, actor);
  }
  return resolved;
}

}  // namespace segmentation::usecase
