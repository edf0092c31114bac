#include "server/storage/mysql/identity_store.h"

#include <map>
#include <optional>

#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/base/text.h"
#include "server/storage/mysql/row_cursor.h"

namespace segmentation::storage::mysql {
namespace {

const ChildStatement kReadIdentities("kReadIdentities", "member_identity",
                                     "member_no, identity_no, kind, value, added_at_ms",
                                     "member_no, identity_no");
const RowsStatement kReadIdentityOwners(
    "kReadIdentityOwners", "uq_member_identity_value",
    MultiRowStatement("SELECT value_hash, kind, value, member_no, identity_no FROM member_identity "
                      "WHERE shop_no=? AND value_hash IN (",
                      "?", ")"));
const RowsStatement kUpsertIdentities = UpsertRows(
    "kUpsertIdentities", "member_identity", "shop_no, member_no, identity_no", "",
    "kind, value_hash, key_no, value, email_domain, added_at_ms", OtherUniqueKey::kGuarded);
const RowsStatement kDeleteIdentities =
    DeleteByKeys("kDeleteIdentities", "member_identity", "member_no, identity_no");

}  // namespace

std::string IdentityHash(std::string_view identity_key, domain::IdentityKind kind,
                         std::string_view value) {
  std::string data(1, static_cast<char>(kind));
  data.append(value);
  return std::string(base::BytesOf(base::HmacSha256(identity_key, data)));
}

std::optional<std::string> EmailDomain(const domain::Identity& identity) {
  if (identity.kind != domain::IdentityKind::kEmail) return std::nullopt;
  const size_t at = identity.value.rfind('@');
  if (at == std::string::npos) return std::nullopt;
  return base::FoldNfkcCase(std::string_view(identity.value).substr(at + 1));
}

absl::StatusOr<std::vector<std::pair<domain::MemberNo, domain::Identity>>> ReadIdentities(
    ShopSession& session, const MemberSelection& selection) {
  ASSIGN_OR_RETURN(const ResultSet rows, QueryChildren(session, kReadIdentities, selection));
  std::vector<std::pair<domain::MemberNo, domain::Identity>> identities;
  identities.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    const domain::MemberNo member_no = cells.Number<domain::MemberNo>();
    domain::Identity identity;
    identity.number = cells.Number<domain::IdentityNo>();
    identity.kind = cells.Number<domain::IdentityKind>();
    identity.value = cells.Text();
    identity.added_at_ms = cells.Number<int64_t>();
    identities.emplace_back(member_no, std::move(identity));
  }
  return identities;
}

absl::StatusOr<std::vector<IdentityOwner>> ReadIdentityOwners(
    ShopSession& session, std::span<const domain::IdentityKey> keys) {
  std::map<std::string, const domain::IdentityKey*> by_hash;
  for (const domain::IdentityKey& key : keys) {
    by_hash.emplace(IdentityHash(session.identity_key(), key.kind, key.value), &key);
  }
  Params hashes;
  hashes.reserve(by_hash.size());
  for (const auto& entry : by_hash) hashes.emplace_back(entry.first);
  ASSIGN_OR_RETURN(const ResultSet rows, session.QueryKeys(kReadIdentityOwners, std::move(hashes)));
  std::vector<IdentityOwner> owners;
  owners.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    const auto wanted = by_hash.find(cells.Text());
    IdentityOwner owner;
    owner.key.kind = cells.Number<domain::IdentityKind>();
    owner.key.value = cells.Text();
    owner.member_no = cells.Number<domain::MemberNo>();
    owner.identity_no = cells.Number<domain::IdentityNo>();
    if (wanted == by_hash.end() || owner.key != *wanted->second) continue;
    owners.push_back(std::move(owner));
  }
  return owners;
}

absl::Status DeleteIdentityRows(ShopSession& session, const WriteSet& rows) {
  Params keys;
  for (const auto& [member_no, identity_no] : rows.deleted_identities) {
    Append(keys, {member_no, identity_no});
  }
  return session.DeleteKeys(kDeleteIdentities, std::move(keys));
}

absl::Status WriteIdentityRows(ShopSession& session, const WriteSet& rows) {
  Params params;
  for (const auto& [member_no, identity] : rows.identities) {
    Append(params,
           {session.shop_no(), member_no, identity.number, static_cast<int>(identity.kind)});
    params.emplace_back(IdentityHash(session.identity_key(), identity.kind, identity.value));
    Append(params, {0, identity.value});
    std::optional<std::string> domain = EmailDomain(identity);
    if (domain) {
      params.emplace_back(*std::move(domain));
    } else {
      params.emplace_back(std::nullopt);
    }
    params.emplace_back(identity.added_at_ms);
  }
  return session.Write(kUpsertIdentities, params);
}

void ListIdentityStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kReadIdentities.in_range});
  catalogue.Add(
      {&kReadIdentities.of_members, &kReadIdentityOwners, &kUpsertIdentities, &kDeleteIdentities});
}

}  // namespace segmentation::storage::mysql
