// A list of texts as one, for sorting rows outside memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace segmentation::cli {

// Each text as four bytes of length and its bytes.
std::string PackFields(const std::vector<std::string>& fields);
// Of what PackFields made.
std::vector<std::string> UnpackFields(std::string_view packed);

}  // namespace segmentation::cli
