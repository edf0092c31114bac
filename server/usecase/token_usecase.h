// API tokens: 256 random bits each, kept as a hash, scoped to shops and one role, revocable (design
// D9).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/storage/store.h"
#include "server/usecase/call_context.h"

namespace segmentation::usecase {

// Who presented a token.
struct Principal {
  std::string token_id;
  std::string label;
  Role role = Role::kReader;
  bool all_shops = false;
  std::vector<std::string> shop_ids;  // sorted
  // Whether the shop is within its scope. Existence of the shop is not looked at.
  bool MayUse(std::string_view shop_id) const;
};

struct NewToken {
  std::string label;
  Role role = Role::kReader;
  bool all_shops = false;
  std::vector<std::string> shop_ids;
  std::optional<base::InstantMs> expires_at_ms;
};

struct CreatedToken {
  storage::ApiTokenRow token;
  std::string secret;  // shown this one time
};

// Thread-safe.
class TokenUsecase {
 public:
  // Both outlive it. A look-up is remembered for `cache_time`, so a token revoked through another
  // replica is refused within it.
  TokenUsecase(storage::Store& store, const base::Clock& clock,
               absl::Duration cache_time = absl::Seconds(5))
      : store_(store), clock_(clock), cache_time_(cache_time) {}

  // The token behind a secret. TOKEN_MISSING for an empty one; TOKEN_INVALID for one unknown,
  // revoked or expired, all alike.
  absl::StatusOr<Principal> Authenticate(std::string_view secret);
  // Whether Authenticate would ask the database nothing now.
  bool Remembers(std::string_view secret);

  // The id follows from the request id, so a repeat of the request finds the first token:
  // ALREADY_EXISTS with metadata token_id. Errors: FIELD_REQUIRED, FIELD_OUT_OF_RANGE (expiry in
  // the past), BATCH_TOO_LARGE, ROLE_INSUFFICIENT (a scope beyond the maker's own).
  absl::StatusOr<CreatedToken> Create(const Principal& maker, std::string_view request_id,
                                      const NewToken& token);

  // The token of the embedded server's operator: admin of all shops, with the given secret, made
  // once.
  absl::Status EnsureAdminToken(std::string_view secret);

  // Revoking twice keeps the first time. TOKEN_NOT_FOUND, also for a token outside the revoker's
  // scope.
  absl::Status Revoke(const Principal& revoker, std::string_view token_id);

  // Those within the caller's scope, oldest first.
  absl::StatusOr<std::vector<storage::ApiTokenRow>> List(const Principal& caller);

  // A new secret: "seg_" and 43 characters of base64url.
  static absl::StatusOr<std::string> MakeSecret();

 private:
  struct Cached {
    std::optional<storage::ApiTokenRow> row;  // nothing: no such token
    absl::Time read_at;
  };
  absl::StatusOr<std::optional<storage::ApiTokenRow>> Read(const std::string& secret_hash);
  bool IsFresh(const Cached& cached, absl::Time now) const {
    return now - cached.read_at < cache_time_ && now >= cached.read_at;
  }

  storage::Store& store_;
  const base::Clock& clock_;
  const absl::Duration cache_time_;

  std::mutex mutex_;
  std::map<std::string, Cached, std::less<>> cached_;  // by secret hash; by mutex_
};

}  // namespace segmentation::usecase
