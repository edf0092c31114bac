#pragma once

#include <string>

namespace segmentation::internal {

// A random UUID, version 4, in lower case with hyphens.
std::string NewRequestId();

}  // namespace segmentation::internal
