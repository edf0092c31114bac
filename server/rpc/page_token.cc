#include "server/rpc/page_token.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/strings.h"

namespace segmentation::rpc {
namespace {

constexpr size_t kSignatureBytes = 16;
constexpr size_t kMaxTokenBytes = 512;
constexpr int kFormatVersion = 1;

std::string SignatureOf(std::string_view key, std::string_view kind, std::string_view body) {
  std::string signed_bytes(kind);
  signed_bytes.push_back('\0');
  signed_bytes.append(body);
  return std::string(base::BytesOf(base::HmacSha256(key, signed_bytes)).substr(0, kSignatureBytes));
}

}  // namespace

template <typename Payload>
std::string PageTokenCodec::Sign(Payload& payload, std::string_view kind) const {
  payload.set_format_version(kFormatVersion);
  payload.set_issued_at_ms(clock_.NowMs());
  std::string body = payload.SerializeAsString();
  return base::Base64UrlEncode(SignatureOf(key_, kind, body) + body);
}

template <typename Payload>
absl::StatusOr<Payload> PageTokenCodec::Verify(std::string_view text, std::string_view kind,
                                               domain::ShopNo shop_no,
                                               std::string_view arguments_hash, absl::Duration life,
                                               std::string_view field) const {
  const absl::Status invalid = base::MakeError(
      base::Reason::PAGE_TOKEN_INVALID, field,
      "got a token that was not made for this call and these arguments, want next_page_token or "
      "cursor of the answer before, with all other fields unchanged");
  if (text.size() > kMaxTokenBytes) return invalid;
  absl::StatusOr<std::string> bytes = base::Base64UrlDecode(text, field);
  if (!bytes.ok() || bytes->size() < kSignatureBytes) return invalid;
  const std::string_view body = std::string_view(*bytes).substr(kSignatureBytes);
  if (!base::ConstantTimeEquals(std::string_view(*bytes).substr(0, kSignatureBytes),
                                SignatureOf(key_, kind, body))) {
    return invalid;
  }
  Payload payload;
  if (!payload.ParseFromArray(body.data(), static_cast<int>(body.size()))) return invalid;
  if (payload.shop_no() != shop_no || payload.arguments_hash() != arguments_hash) return invalid;
  const base::InstantMs age = clock_.NowMs() - payload.issued_at_ms();
  if (payload.format_version() != kFormatVersion || age > absl::ToInt64Milliseconds(life)) {
    return base::MakeError(base::Reason::PAGE_TOKEN_EXPIRED, field,
                           "the token is too old: start again from the first page");
  }
  return payload;
}

std::string PageTokenCodec::Encode(internal::PageToken token) const { return Sign(token, "page"); }

std::string PageTokenCodec::Encode(internal::StreamCursor cursor) const {
  return Sign(cursor, "stream");
}

absl::StatusOr<internal::PageToken> PageTokenCodec::DecodePage(std::string_view text,
                                                               domain::ShopNo shop_no,
                                                               std::string_view arguments_hash,
                                                               std::string_view field) const {
  return Verify<internal::PageToken>(text, "page", shop_no, arguments_hash, kPageTokenLife, field);
}

absl::StatusOr<internal::StreamCursor> PageTokenCodec::DecodeCursor(std::string_view text,
                                                                    domain::ShopNo shop_no,
                                                                    std::string_view arguments_hash,
                                                                    std::string_view field) const {
  return Verify<internal::StreamCursor>(text, "stream", shop_no, arguments_hash, kStreamCursorLife,
                                        field);
}

}  // namespace segmentation::rpc
