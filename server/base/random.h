// Unpredictable bytes and ids from the operating system's generator, by way of OpenSSL.
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace segmentation::base {

// `count` secret bytes, fit for keys and tokens. INTERNAL when the generator has no entropy.
absl::StatusOr<std::string> RandomBytes(size_t count);

// A random UUID, version 4, in lower case with hyphens.
absl::StatusOr<std::string> RandomUuid();

}  // namespace segmentation::base
