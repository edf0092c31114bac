// One call of any method by its path and bytes: for what the SDK never sends.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace segmentation::integration {

// Makes the call with these metadata, sends `request` (nothing else), reads what comes, and gives
// the status the server ended with, its details readable by segmentation/errors.h. `path` is
// "/package.Service/Method".
absl::Status RawCall(const std::string& address, const std::string& path,
                     const std::map<std::string, std::string>& metadata,
                     const std::string& request);

// The same with "authorization: Bearer `token`"; no such header when `token` is empty.
absl::Status RawCall(const std::string& address, const std::string& path, const std::string& token,
                     const std::string& request);

// The same with several requests, as a client stream sends them; how many answers came before the
// end is added to `answers`.
absl::Status RawStream(const std::string& address, const std::string& path,
                       const std::string& token, const std::vector<std::string>& requests,
                       int& answers);

}  // namespace segmentation::integration
