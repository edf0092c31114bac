// Identities of members. Found by a keyed hash, so that an index holds no personal value and two
// shops' hashes of one value differ.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/member.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/shop_session.h"
#include "server/storage/mysql/statement_catalogue.h"
#include "server/storage/rows.h"

namespace segmentation::storage::mysql {

// HMAC-SHA-256 over kind byte ‖ value, 32 bytes.
std::string IdentityHash(std::string_view identity_key, domain::IdentityKind kind,
                         std::string_view value);

// The text behind the last '@' of an e-mail address, folded as the attribute email_domain declares;
// nothing for other kinds and without an '@'.
std::optional<std::string> EmailDomain(const domain::Identity& identity);

// By (member, identity number).
absl::StatusOr<std::vector<std::pair<domain::MemberNo, domain::Identity>>> ReadIdentities(
    ShopSession& session, const MemberSelection& selection);
absl::StatusOr<std::vector<IdentityOwner>> ReadIdentityOwners(
    ShopSession& session, std::span<const domain::IdentityKey> keys);

absl::Status DeleteIdentityRows(ShopSession& session, const WriteSet& rows);
absl::Status WriteIdentityRows(ShopSession& session, const WriteSet& rows);

void ListIdentityStatements(StatementCatalogue& catalogue);

}  // namespace segmentation::storage::mysql
