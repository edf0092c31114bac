// The words of the grammar. Reserved: no attribute may be called like one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace segmentation::domain::condition {

enum class Keyword : uint8_t {
  kNone = 0,
  kAnd,
  kOr,
  kNot,
  kIn,
  kBetween,
  kContains,
  kAny,
  kIs,
  kNull,
  kWithin,
  kMinutes,
  kHours,
  kDuring,
  kHas,
  kTag,
  kIdentity,
  kFrom,
  kSince,
  kGroup,
  kTop,
  kPercent,
  kBy,
  kBucket,
  kAnniversary,
  kConsent,
  kOrdersPlaced,
  kProductsPurchased,
  kMatches,
  kTrue,
  kFalse,
  kToday,
  kNow,
};

// As printed: AND, orders_placed …
std::string_view SpellingOf(Keyword keyword);

// The keywords a word stands for, ASCII letters in any case; a Chinese word may stand for two
// (标签 = HAS TAG). Empty: not reserved.
std::span<const Keyword> KeywordsOf(std::string_view word);

// Whether an attribute's name or alias would clash with the grammar.
bool IsReservedWord(std::string_view word);

}  // namespace segmentation::domain::condition
