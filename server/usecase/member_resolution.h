// Finding or making the member that a write is about: by id, else by identity.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/member.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/usecase/working_set.h"
#include "server/usecase/write_command.h"

namespace segmentation::usecase {

// Gives ids to members that are first seen under an identity. The id follows from the identity, a
// secret of the database and the shop, so a batch may be decided again and an import be shuffled;
// it tells nothing about the identity. Thread-safe.
class MemberIds {
 public:
  explicit MemberIds(const storage::DatabaseIdentity& identity) : key_(identity.token_key) {}

  // The id to try as the `attempt`th, from 0: the one before is another member's. 26 bytes.
  std::string IdFor(std::string_view shop_id, const domain::IdentityKey& identity,
                    int attempt) const;

 private:
  const std::string key_;
};

// How a write names a member. `identities` are normalized.
struct MemberReference {
  std::string_view member_id;
  std::span<const domain::IdentityKey> identities;
  std::string_view identities_field;  // for errors: "member.identities"
};

struct ResolvedMember {
  domain::MemberNo member_no = 0;
  bool created = false;
  bool identities_added = false;
};

// Normalizes identities as sent; repeats are dropped. The errors of domain::NormalizeIdentity,
// naming "FIELD[i].value".
absl::StatusOr<std::vector<domain::IdentityKey>> NormalizeIdentities(
    std::span<const domain::IdentityKey> identities, const domain::Shop& shop,
    std::string_view field);

// The keys that ResolveMember needs.
void CollectMemberKeys(const MemberIds& ids, std::string_view shop_id,
                       const MemberReference& reference, WriteKeys& keys);

// Finds the member by id, else by the first identity that has an owner, else makes it; then adds
// the identities it has not. Restamps what it changes. Errors: IDENTITY_TAKEN (an identity is
// another member's), FIELD_REQUIRED (neither id nor identity), LIMIT_REACHED.
absl::StatusOr<ResolvedMember> ResolveMember(WorkingSet& ws, const MemberIds& ids,
                                             std::string_view shop_id, std::string_view actor,
                                             const MemberReference& reference);

}  // namespace segmentation::usecase
