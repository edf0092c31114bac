// Limits of conditions. Checked before anything recurses or allocates by them; going one beyond is
// an error, never a cut (T51). The API's comments quote these numbers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace segmentation::domain::condition {

inline constexpr size_t kMaxTextBytes = 256 * 1024;  // of the whole text form
inline constexpr int32_t kMaxNodes = 256;  // AND, OR, NOT, leaves and the terms of order clauses
inline constexpr int32_t kMaxDepth = 16;   // levels of AND, OR, NOT and leaf; a lone leaf is 1
inline constexpr size_t kMaxListLiterals = 10'000;    // of one IN or CONTAINS ANY
inline constexpr size_t kMaxLiteralBytes = 1024;      // of one quoted literal, unescaped
inline constexpr size_t kMaxNameBytes = 256;          // of an attribute name or alias
inline constexpr int32_t kMaxRelativeDays = 36'525;   // 100 years either way
inline constexpr int32_t kMaxRelativeMonths = 1'200;  // 100 years
inline constexpr int32_t kMaxRelativeYears = 100;
inline constexpr int32_t kMaxRollingMinutes = 527'040;  // 366 days
inline constexpr int32_t kMaxRollingHours = 8'784;      // 366 days
inline constexpr int64_t kMaxTopCount = 1'000'000'000;  // members
inline constexpr int32_t kFullPercent = 10'000;         // 100 percent in 1/100 percent

}  // namespace segmentation::domain::condition
