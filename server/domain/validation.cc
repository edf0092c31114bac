#include "server/domain/validation.h"

#include "absl/strings/ascii.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/limits.h"

namespace segmentation::domain {
namespace {

using base::MakeError;
using base::Reason;

absl::Status TooLong(size_t size, size_t max_bytes, std::string_view field) {
  return MakeError(Reason::FIELD_TOO_LONG, field,
                   base::StrCat("got ", size, " bytes, want at most ", max_bytes),
                   {{"limit", base::StrCat(max_bytes)}});
}

absl::Status Missing(std::string_view field) {
  return MakeError(Reason::FIELD_REQUIRED, field, "got nothing, want a value");
}

// Only characters that show nothing.
bool IsBlank(std::string_view text) {
  const std::string folded = base::FoldNfkc(text);
  return folded.find_first_not_of(' ') == std::string::npos;
}

}  // namespace

absl::Status ValidateId(std::string_view id, std::string_view field) {
  return ValidateIdBytes(id, kMaxIdBytes, field);
}

absl::Status ValidateIdBytes(std::string_view id, size_t max_bytes, std::string_view field) {
  if (id.empty()) return Missing(field);
  RETURN_IF_ERROR(ValidateText(id, max_bytes, field));
  if (base::HasControlCharacter(id)) {
    return MakeError(Reason::ID_MALFORMED, field,
                     "got a control character, want an id without any");
  }
  return absl::OkStatus();
}

absl::Status ValidateName(std::string_view name, size_t max_bytes, std::string_view field) {
  if (name.empty()) return Missing(field);
  RETURN_IF_ERROR(ValidateText(name, max_bytes, field));
  if (base::HasControlCharacter(name)) {
    return MakeError(Reason::FIELD_INVALID, field,
                     "got a control character, want one line of text");
  }
  if (IsBlank(name)) {
    return MakeError(Reason::FIELD_INVALID, field, "got blanks alone, want a name");
  }
  return absl::OkStatus();
}

absl::Status ValidateText(std::string_view text, size_t max_bytes, std::string_view field) {
  if (text.size() > max_bytes) return TooLong(text.size(), max_bytes, field);
  return base::CheckText(text, field);
}

absl::Status ValidateFoldedText(std::string_view text, size_t max_bytes, base::Folding folding,
                                std::string_view field) {
  RETURN_IF_ERROR(ValidateText(text, max_bytes, field));
  const size_t folded = base::Fold(folding, text).size();
  if (folded > max_bytes * kMaxFoldedGrowth) {
    return MakeError(Reason::FIELD_TOO_LONG, field,
                     base::StrCat("got text of ", folded, " bytes in its normalised form, want at ",
                                  "most ", max_bytes * kMaxFoldedGrowth),
                     {{"limit", base::StrCat(max_bytes * kMaxFoldedGrowth)}});
  }
  return absl::OkStatus();
}

absl::Status ValidateAttributeName(std::string_view name, std::string_view field) {
  if (name.empty()) return Missing(field);
  RETURN_IF_ERROR(ValidateText(name, kMaxAttributeNameBytes, field));
  bool well_formed = absl::ascii_islower(name.front());
  for (char c : name) {
    well_formed = well_formed && (absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_');
  }
  if (!well_formed) {
    return MakeError(Reason::FIELD_INVALID, field,
                     base::StrCat("got '", name,
                                  "', want a lower-case letter followed by lower-case letters, "
                                  "digits and '_'"));
  }
  return absl::OkStatus();
}

absl::Status ValidateTagCategoryName(std::string_view name, std::string_view field) {
  RETURN_IF_ERROR(ValidateName(name, kMaxNameBytes, field));
  if (name.find('/') != std::string_view::npos) {
    return MakeError(Reason::FIELD_INVALID, field,
                     base::StrCat("got '", name,
                                  "', want a name without '/', which parts category "
                                  "and value"));
  }
  return absl::OkStatus();
}

absl::Status ValidateInstant(base::InstantMs instant, std::string_view field) {
  if (instant < base::kMinInstantMs || instant > base::kMaxInstantMs) {
    return MakeError(Reason::FIELD_OUT_OF_RANGE, field,
                     base::StrCat("got ", instant,
                                  " milliseconds since 1970, want an instant of the years 0001 to "
                                  "9999"));
  }
  return absl::OkStatus();
}

absl::Status ValidateRange(int64_t value, int64_t min, int64_t max, std::string_view field) {
  if (value < min || value > max) {
    return MakeError(Reason::FIELD_OUT_OF_RANGE, field,
                     base::StrCat("got ", value, ", want ", min, " to ", max),
                     {{"min", base::StrCat(min)}, {"max", base::StrCat(max)}});
  }
  return absl::OkStatus();
}

absl::Status ValidateAmount(int64_t amount_minor, std::string_view field) {
  return ValidateRange(amount_minor, -kMaxAmountMinor, kMaxAmountMinor, field);
}

absl::Status ValidateBatchSize(size_t size, size_t max, std::string_view field) {
  if (size <= max) return absl::OkStatus();
  return MakeError(Reason::BATCH_TOO_LARGE, field,
                   base::StrCat("got ", size, " items, want at most ", max),
                   {{"limit", base::StrCat(max)}});
}

absl::Status ValidateListSize(size_t size, size_t max, std::string_view field) {
  if (size <= max) return absl::OkStatus();
  return MakeError(Reason::FIELD_OUT_OF_RANGE, field,
                   base::StrCat("got ", size, " entries, want at most ", max),
                   {{"limit", base::StrCat(max)}});
}

}  // namespace segmentation::domain
