// Puts a generated shop into a store, as an import would.
#pragma once

#include "absl/status/statusor.h"
#include "server/domain/ids.h"
#include "server/storage/store.h"
#include "tests/support/shop_generator.h"

namespace segmentation::testing_support {

// Creates the shop and writes its definitions (without groups), members and orders under the
// numbers they have. Returns the number the store gave the shop.
absl::StatusOr<domain::ShopNo> WriteShop(storage::Store& store, const GeneratedShop& shop);

}  // namespace segmentation::testing_support
