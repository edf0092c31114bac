// What an order or a product must be whatever is stored: sizes, ranges, ids that occur once. Pure.
// Field paths begin at the order or product; every error names the field, what was got and wanted.
#pragma once

#include "absl/status/status.h"
#include "server/domain/order.h"
#include "server/usecase/order_usecase.h"

namespace segmentation::usecase {

// FIELD_REQUIRED, FIELD_INVALID, FIELD_TOO_LONG, FIELD_OUT_OF_RANGE, ID_MALFORMED, MONEY_INVALID,
// TEXT_NOT_UTF8, TEXT_HAS_NUL.
absl::Status ValidateOrder(const OrderInput& input);
absl::Status ValidateReview(const domain::Review& review, std::string_view field);
absl::Status ValidateProduct(const domain::Product& product);

// Fills in what a source may leave out: ids of lines from their position ("#1"), the source's time
// from the latest of the order's, the address as one text from its parts.
void CompleteOrder(domain::Order& order);

}  // namespace segmentation::usecase
