// Internal numbers: dense, counted up a shop (shop numbers: in the database), never reused, never
// shown to callers.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace segmentation::domain {

using ShopNo = uint32_t;
using MemberNo = uint32_t;
using IdentityNo = uint32_t;  // counts within a member, from 1
using OrderNo = uint32_t;     // counts within a shop
using LineNo = uint32_t;      // counts within an order, from 1
using RefundNo = uint32_t;    // counts within an order, from 1
using StoreNo = uint32_t;
using PromotionNo = uint32_t;
using ProductNo = uint32_t;
using AttributeNo = uint32_t;  // below kFirstCustomAttributeNo: built in
using TagCategoryNo = uint32_t;
using TagNo = uint32_t;
using GroupNo = uint32_t;

// Position of a write in its shop: r + 1 is committed after r. 0 = nothing was ever written.
using Revision = int64_t;

// State of one row: the revision that last changed it and its place within that revision.
struct Etag {
  Revision revision = 0;
  int32_t ordinal = 0;
  friend auto operator<=>(const Etag&, const Etag&) = default;
};

// Which write changed a row, when and by whom.
struct Stamp {
  Etag etag;
  int64_t created_at_ms = 0;
  int64_t updated_at_ms = 0;
  std::string created_by;  // actor's name
  std::string updated_by;
};

}  // namespace segmentation::domain
