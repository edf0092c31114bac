// A shop as text that depends only on what it holds.
#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "segmentation/client.h"

namespace segmentation::cli {

// One JSON object a line: {"kind", …} of the shop, its policy, custom attributes, stores,
// promotions, tag categories, tags, products, members with their tags, orders, groups; each kind by
// public id. Left out: etags, revisions, and when and by whom something was written;
// `reveal_purpose` empty = personal data are masked. Two shops that hold the same print the same
// bytes, whatever the order in which it came, unless shop ids differ. The shop must not change
// meanwhile.
absl::Status DumpShop(Client& client, const std::string& shop_id, const std::string& reveal_purpose,
                      const CallOptions& options, std::ostream& out);

}  // namespace segmentation::cli
