#include "server/usecase/revision_token.h"

#include <utility>

#include "server/base/error.h"
#include "server/base/hash.h"

namespace segmentation::usecase {
namespace {

constexpr char kVersion = 1;
constexpr size_t kIncarnationBytes = 16;
constexpr size_t kShopBytes = 4;
constexpr size_t kRevisionBytes = 8;
constexpr size_t kBodyBytes = 1 + kIncarnationBytes + kShopBytes + kRevisionBytes;
constexpr size_t kSignatureBytes = 16;

void AppendBigEndian(uint64_t value, size_t bytes, std::string& target) {
  for (size_t i = bytes; i-- > 0;) target.push_back(static_cast<char>(value >> (8 * i)));
}

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

absl::Status Invalid(std::string_view field, std::string_view why) {
  return base::MakeError(base::Reason::REVISION_TOKEN_INVALID, field, why);
}

}  // namespace

RevisionTokenCodec::RevisionTokenCodec(storage::DatabaseIdentity identity)
    : identity_(std::move(identity)) {
  identity_.incarnation.resize(kIncarnationBytes, '\0');
}

// The leading text keeps signatures of other kinds of tokens made with the same key apart.
std::string RevisionTokenCodec::Sign(std::string_view body) const {
  std::string text = "revision-token:";
  text.append(body);
  const base::Sha256Digest digest = base::HmacSha256(identity_.token_key, text);
  return std::string(base::BytesOf(digest).substr(0, kSignatureBytes));
}

std::string RevisionTokenCodec::Encode(domain::ShopNo shop_no, domain::Revision revision) const {
  std::string body(1, kVersion);
  body += identity_.incarnation;
  AppendBigEndian(shop_no, kShopBytes, body);
  AppendBigEndian(static_cast<uint64_t>(revision), kRevisionBytes, body);
  return base::Base64UrlEncode(body + Sign(body));
}

absl::StatusOr<domain::Revision> RevisionTokenCodec::Decode(domain::ShopNo shop_no,
                                                            std::string_view token,
                                                            std::string_view field) const {
  const absl::StatusOr<std::string> bytes = base::Base64UrlDecode(token, field);
  if (!bytes.ok() || bytes->size() != kBodyBytes + kSignatureBytes || (*bytes)[0] != kVersion) {
    return Invalid(field, "got a text that is no revision token, want one that a call returned");
  }
  const std::string_view all = *bytes;
  const std::string_view body = all.substr(0, kBodyBytes);
  if (body.substr(1, kIncarnationBytes) != identity_.incarnation) {
    return Invalid(field, "got a revision token of another database");
  }
  if (!base::ConstantTimeEquals(Sign(body), all.substr(kBodyBytes))) {
    return Invalid(field, "got a damaged revision token");
  }
  if (ReadBigEndian(body.substr(1 + kIncarnationBytes, kShopBytes)) != shop_no) {
    return Invalid(field, "got a revision token of another shop");
  }
  return static_cast<domain::Revision>(
      ReadBigEndian(body.substr(1 + kIncarnationBytes + kShopBytes)));
}

}  // namespace segmentation::usecase
