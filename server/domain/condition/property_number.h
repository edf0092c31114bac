// The number a property's text reads: 35 of '35码', 80 of '80cm'.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace segmentation::domain::condition {

// The first number of the text in 1/10,000, full-width digits included, digits after the fourth
// decimal cut. A minus sign counts only at the very beginning ('70-80' reads 70). Nothing when the
// text has no digit or the number has more than 14 digits before the point.
std::optional<int64_t> PropertyNumber(std::string_view text);

}  // namespace segmentation::domain::condition
