// The tags of 256 members, member by member: what a tag test with source, time or number reads,
// and a member's card.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "server/audience/packed_array.h"
#include "server/domain/member.h"

namespace segmentation::audience {

// Members of a page of facts; page p has the members [p × kFactRows, (p + 1) × kFactRows).
inline constexpr uint32_t kFactRows = 256;

// What the index keeps of an assignment.
struct TagFact {
  domain::TagNo tag_no = 0;
  domain::TagSource source = domain::TagSource::kAgent;
  int64_t assigned_at_ms = 0;
  std::optional<int64_t> expires_at_ms;
  std::optional<int64_t> number;
  friend bool operator==(const TagFact&, const TagFact&) = default;
};

class TagPage {
 public:
  TagPage() = default;
  // Of the rows given, each in any order of tags; those of other rows are taken from `old`.
  TagPage(const TagPage& old, const std::map<uint32_t, std::vector<TagFact>>& rows);

  // [first, last) of a row's places.
  std::pair<size_t, size_t> PlacesOf(uint32_t row) const;
  domain::TagNo tag_no(size_t place) const {
    return static_cast<domain::TagNo>(tag_nos_.Value(place));
  }
  TagFact At(size_t place) const;
  std::vector<TagFact> Row(uint32_t row) const;
  bool empty() const { return count_ == 0; }
  size_t bytes() const;

 private:
  size_t count_ = 0;
  PackedArray ends_, tag_nos_, sources_, assigned_at_, expires_at_, numbers_;
};

}  // namespace segmentation::audience
