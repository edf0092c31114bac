// Puts a whole generated shop into a store, and takes one write set through a transaction.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/domain/shop.h"
#include "server/storage/store.h"
#include "tests/support/shop_generator.h"

namespace segmentation::testing_support {

// What creates a shop of this id with defaults (Asia/Shanghai, CNY).
storage::NewShop NewShopOf(const std::string& shop_id);

// Applies `rows` in a transaction of its own and commits it; its revision.
absl::StatusOr<domain::Revision> WriteRows(storage::Store& store, domain::ShopNo shop_no,
                                           const storage::WriteSet& rows);

// Creates a shop of this id and writes everything of `generated` into it, by its own numbers,
// members and orders in chunks. The definitions then in force are equal to the generated ones but
// for the shop's own row and definition_revision.
absl::StatusOr<domain::Shop> FillStore(storage::Store& store, const std::string& shop_id,
                                       const GeneratedShop& generated);

}  // namespace segmentation::testing_support
