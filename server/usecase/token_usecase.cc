#include "server/usecase/token_usecase.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/random.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::usecase {
namespace {

using storage::ApiTokenRow;

constexpr size_t kSecretBytes = 32;
// Unknown secrets are remembered too, so that guessing costs the database nothing; bounded.
constexpr size_t kMaxCached = 10'000;
constexpr std::string_view kAdminTokenId = "embedded-admin";

std::string HashOf(std::string_view secret) {
  return std::string(base::BytesOf(base::Sha256(secret)));
}

absl::Status TokenInvalid() {
  return base::MakeError(base::Reason::TOKEN_INVALID, "authorization",
                         "the token is unknown, revoked or expired");
}

bool ScopeWithin(const Principal& outer, bool all_shops, const std::vector<std::string>& shop_ids) {
  if (outer.all_shops) return true;
  if (all_shops) return false;
  return std::all_of(shop_ids.begin(), shop_ids.end(),
                     [&](const std::string& id) { return outer.MayUse(id); });
}

}  // namespace

bool Principal::MayUse(std::string_view shop_id) const {
  return all_shops || std::binary_search(shop_ids.begin(), shop_ids.end(), shop_id);
}

absl::StatusOr<std::string> TokenUsecase::MakeSecret() {
  ASSIGN_OR_RETURN(const std::string bytes, base::RandomBytes(kSecretBytes));
  return absl::StrCat("seg_", base::Base64UrlEncode(bytes));
}

absl::StatusOr<std::optional<ApiTokenRow>> TokenUsecase::Read(const std::string& secret_hash) {
  const absl::Time now = clock_.Now();
  {
    std::lock_guard lock(mutex_);
    auto found = cached_.find(secret_hash);
    if (found != cached_.end() && IsFresh(found->second, now)) return found->second.row;
  }
  ASSIGN_OR_RETURN(std::optional<ApiTokenRow> row, store_.ReadApiToken(secret_hash));
  std::lock_guard lock(mutex_);
  if (cached_.size() >= kMaxCached) cached_.clear();
  cached_[secret_hash] = {row, now};
  return row;
}

bool TokenUsecase::Remembers(std::string_view secret) {
  if (secret.empty()) return true;
  const std::string secret_hash = HashOf(secret);
  const absl::Time now = clock_.Now();
  std::lock_guard lock(mutex_);
  const auto found = cached_.find(secret_hash);
  return found != cached_.end() && IsFresh(found->second, now);
}

absl::StatusOr<Principal> TokenUsecase::Authenticate(std::string_view secret) {
  if (secret.empty()) {
    return base::MakeError(base::Reason::TOKEN_MISSING, "authorization",
                           "want the header 'authorization: Bearer TOKEN'");
  }
  ASSIGN_OR_RETURN(std::optional<ApiTokenRow> row, Read(HashOf(secret)));
  const base::InstantMs now = clock_.NowMs();
  if (!row || row->revoked_at_ms || (row->expires_at_ms && *row->expires_at_ms <= now)) {
    return TokenInvalid();
  }
  Principal principal{row->id, row->label, static_cast<Role>(row->role), row->all_shops,
                      std::move(row->shop_ids)};
  std::sort(principal.shop_ids.begin(), principal.shop_ids.end());
  return principal;
}

absl::StatusOr<CreatedToken> TokenUsecase::Create(const Principal& maker,
                                                  std::string_view request_id,
                                                  const NewToken& token) {
  RETURN_IF_ERROR(
      domain::ValidateName(token.label, domain::kMaxTokenLabelBytes, "token.display_name"));
  if (!token.all_shops && token.shop_ids.empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, "token.shop_ids",
                           "got none, want the shops it is for, or all_shops");
  }
  RETURN_IF_ERROR(domain::ValidateBatchSize(token.shop_ids.size(), domain::kMaxShopsPerToken,
                                            "token.shop_ids"));
  for (size_t i = 0; i < token.shop_ids.size(); ++i) {
    RETURN_IF_ERROR(domain::ValidateId(token.shop_ids[i], absl::StrCat("token.shop_ids[", i, "]")));
  }
  const base::InstantMs now = clock_.NowMs();
  if (token.expires_at_ms && *token.expires_at_ms <= now) {
    return base::MakeError(base::Reason::FIELD_OUT_OF_RANGE, "token.expires_at",
                           "got an instant that is over, want one in the future");
  }
  if (!ScopeWithin(maker, token.all_shops, token.shop_ids)) {
    return base::MakeError(base::Reason::ROLE_INSUFFICIENT, "token.shop_ids",
                           "the scope goes beyond the token that makes it");
  }
  CreatedToken created;
  ASSIGN_OR_RETURN(created.secret, MakeSecret());
  created.token.id = absl::StrCat(
      "tok-", base::HexEncode(HashOf(absl::StrCat(maker.token_id, "/", std::string(request_id))))
                  .substr(0, 24));
  created.token.secret_hash = HashOf(created.secret);
  created.token.label = token.label;
  created.token.role = static_cast<uint8_t>(token.role);
  created.token.all_shops = token.all_shops;
  if (!token.all_shops) created.token.shop_ids = token.shop_ids;
  std::sort(created.token.shop_ids.begin(), created.token.shop_ids.end());
  created.token.shop_ids.erase(
      std::unique(created.token.shop_ids.begin(), created.token.shop_ids.end()),
      created.token.shop_ids.end());
  created.token.expires_at_ms = token.expires_at_ms;
  created.token.created_at_ms = now;
  created.token.created_by = maker.label;
  absl::Status inserted = store_.InsertApiToken(created.token);
  if (absl::IsAlreadyExists(inserted)) {
    return base::MakeError(base::Reason::ALREADY_EXISTS, "request_id",
                           "this request made a token before; its secret is not kept: revoke it "
                           "and make another",
                           {{"token_id", created.token.id}});
  }
  RETURN_IF_ERROR(inserted);
  return created;
}

absl::Status TokenUsecase::EnsureAdminToken(std::string_view secret) {
  const std::string hash = HashOf(secret);
  ASSIGN_OR_RETURN(std::optional<ApiTokenRow> existing, store_.ReadApiToken(hash));
  if (existing) return absl::OkStatus();
  ApiTokenRow row;
  // One token a secret: a new secret file makes a new token beside the old one.
  row.id = absl::StrCat(std::string(kAdminTokenId), "-", base::HexEncode(hash).substr(0, 12));
  row.secret_hash = hash;
  row.label = "embedded admin";
  row.role = static_cast<uint8_t>(Role::kAdmin);
  row.all_shops = true;
  row.created_at_ms = clock_.NowMs();
  row.created_by = "segmentd";
  absl::Status inserted = store_.InsertApiToken(row);
  return absl::IsAlreadyExists(inserted) ? absl::OkStatus() : inserted;
}

absl::Status TokenUsecase::Revoke(const Principal& revoker, std::string_view token_id) {
  const absl::Status not_found =
      base::MakeError(base::Reason::TOKEN_NOT_FOUND, "token_id", "no such token");
  ASSIGN_OR_RETURN(std::vector<ApiTokenRow> tokens, store_.ListApiTokens());
  auto found = std::find_if(tokens.begin(), tokens.end(),
                            [&](const ApiTokenRow& row) { return row.id == token_id; });
  if (found == tokens.end() || !ScopeWithin(revoker, found->all_shops, found->shop_ids)) {
    return not_found;
  }
  ASSIGN_OR_RETURN(const bool known, store_.RevokeApiToken(token_id, clock_.NowMs()));
  std::lock_guard lock(mutex_);
  cached_.erase(found->secret_hash);
  return known ? absl::OkStatus() : not_found;
}

absl::StatusOr<std::vector<ApiTokenRow>> TokenUsecase::List(const Principal& caller) {
  ASSIGN_OR_RETURN(std::vector<ApiTokenRow> tokens, store_.ListApiTokens());
  std::erase_if(tokens, [&](const ApiTokenRow& row) {
    return !ScopeWithin(caller, row.all_shops, row.shop_ids);
  });
  std::sort(tokens.begin(), tokens.end(), [](const ApiTokenRow& a, const ApiTokenRow& b) {
    return std::pair(a.created_at_ms, a.id) < std::pair(b.created_at_ms, b.id);
  });
  return tokens;
}

}  // namespace segmentation::usecase
