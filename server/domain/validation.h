// Field checks that several nouns share. Pure; each returns OK or an error that names the field,
// what was got and what is wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/base/text.h"

namespace segmentation::domain {

// A public id: 1–64 bytes of UTF-8 without control characters, kept byte by byte, blanks too (T36).
// FIELD_REQUIRED, FIELD_TOO_LONG, TEXT_NOT_UTF8, TEXT_HAS_NUL, ID_MALFORMED.
absl::Status ValidateId(std::string_view id, std::string_view field);

// As ValidateId with another length.
absl::Status ValidateIdBytes(std::string_view id, size_t max_bytes, std::string_view field);

// One line a person reads: not empty, not only blanks, no control characters. FIELD_REQUIRED,
// FIELD_INVALID, FIELD_TOO_LONG and those of text.
absl::Status ValidateName(std::string_view name, size_t max_bytes, std::string_view field);

// Any text, also empty, line breaks included. FIELD_TOO_LONG, TEXT_NOT_UTF8, TEXT_HAS_NUL.
absl::Status ValidateText(std::string_view text, size_t max_bytes, std::string_view field);

// Text that is stored folded as well: its folded form must not outgrow kMaxFoldedGrowth ×
// max_bytes.
absl::Status ValidateFoldedText(std::string_view text, size_t max_bytes, base::Folding folding,
                                std::string_view field);

// A name conditions use: a lower-case letter, then lower-case letters, digits and '_', at most 64.
absl::Status ValidateAttributeName(std::string_view name, std::string_view field);

// A tag category's name: a name that holds no '/'.
absl::Status ValidateTagCategoryName(std::string_view name, std::string_view field);

// Instants of the years 0001–9999. FIELD_OUT_OF_RANGE.
absl::Status ValidateInstant(base::InstantMs instant, std::string_view field);

// A number within [min, max]. FIELD_OUT_OF_RANGE.
absl::Status ValidateRange(int64_t value, int64_t min, int64_t max, std::string_view field);

// Money within ±kMaxAmountMinor. FIELD_OUT_OF_RANGE.
absl::Status ValidateAmount(int64_t amount_minor, std::string_view field);

// At most `max` entries. BATCH_TOO_LARGE is for batches, FIELD_OUT_OF_RANGE for lists of a noun.
absl::Status ValidateBatchSize(size_t size, size_t max, std::string_view field);
absl::Status ValidateListSize(size_t size, size_t max, std::string_view field);

}  // namespace segmentation::domain
