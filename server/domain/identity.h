// Identities: what makes two spellings one, which values can identify nobody (T88), and how they
// are shown. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/domain/member.h"

namespace segmentation::domain {

// The normalised value under which an identity is unique in its shop:
//   phone: E.164; `region` (ISO 3166, "CN") reads numbers without country code, "" takes only such
//          with '+'. Blanks, dashes, full-width digits and a leading ' are understood.
//   e-mail: NFKC, the domain in lower case; the part before '@' keeps its case.
//   nick: NFKC without blanks at the ends.
//   others: the bytes without blanks at the ends.
// Errors: FIELD_REQUIRED when nothing is left; FIELD_TOO_LONG; TEXT_NOT_UTF8, TEXT_HAS_NUL;
// IDENTITY_MASKED for values that stand for nobody or for anybody: masked ones ("t**8",
// "138****8000"), virtual phones ("18877771111-123"), encrypted tokens that change weekly,
// 匿名, one digit repeated; FIELD_INVALID for what a spreadsheet damaged ("1.93E+15"), for control
// characters and for what is no phone or e-mail.
absl::StatusOr<std::string> NormalizeIdentity(IdentityKind kind, std::string_view text,
                                              std::string_view region, std::string_view field);

// Region for NormalizeIdentity from a shop's zone, else its currency; "" when neither tells.
std::string_view DefaultPhoneRegion(std::string_view time_zone, std::string_view currency);

// The part after '@' of a normalised e-mail; empty for anything else.
std::string_view EmailDomainOf(const IdentityKey& identity);

// For display where personal data is masked: "138****8000", "j***@qq.com", "t**8". The mask's
// length says nothing about the value's.
std::string MaskIdentity(IdentityKind kind, std::string_view value);

// A person's name: the first character, then '*' ("王**", "A**"); one character alone is "*".
std::string MaskName(std::string_view name);

// Any other personal text: nothing of it but whether there is any.
std::string MaskText(std::string_view text);

}  // namespace segmentation::domain
