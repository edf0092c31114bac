// Digests, checksums and their text forms. Pure and thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace segmentation::base {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(std::string_view data);

// HMAC-SHA-256 (RFC 2104). The key may have any length.
Sha256Digest HmacSha256(std::string_view key, std::string_view data);

// The 32 bytes of a digest, as stored. Lives as long as the digest.
inline std::string_view BytesOf(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The first 8 bytes, big-endian: the number behind buckets and split keys.
uint64_t FirstEightBytes(const Sha256Digest& digest);

// CRC-32C (Castagnoli, as iSCSI) of `data`; `seed` is the checksum of what came before it, 0 at the
// start.
uint32_t Crc32c(std::string_view data, uint32_t seed = 0);

// Compares in a time that depends on the lengths alone.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

// Lower-case hexadecimal. Decoding takes both cases; FIELD_INVALID otherwise.
std::string HexEncode(std::string_view bytes);
absl::StatusOr<std::string> HexDecode(std::string_view text, std::string_view field);

// Base64 of the URL-safe alphabet, unpadded. Decoding refuses padding and a last character whose
// unused bits are not 0, so a value has one text; FIELD_INVALID otherwise.
std::string Base64UrlEncode(std::string_view bytes);
absl::StatusOr<std::string> Base64UrlDecode(std::string_view text, std::string_view field);

}  // namespace segmentation::base
