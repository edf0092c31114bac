#include "server/audience/tag_page.h"

#include <span>

namespace segmentation::audience {

TagPage::TagPage(const TagPage& old, const std::map<uint32_t, std::vector<TagFact>>& rows) {
  std::vector<int64_t> ends, tag_nos, sources, assigned_at;
  std::vector<std::optional<int64_t>> expires_at, numbers;
  for (uint32_t row = 0; row < kFactRows; ++row) {
    const auto given = rows.find(row);
    for (const TagFact& fact : given != rows.end() ? given->second : old.Row(row)) {
      tag_nos.push_back(fact.tag_no);
      sources.push_back(static_cast<int64_t>(fact.source));
      assigned_at.push_back(fact.assigned_at_ms);
      expires_at.push_back(fact.expires_at_ms);
      numbers.push_back(fact.number);
    }
    ends.push_back(static_cast<int64_t>(tag_nos.size()));
  }
  count_ = tag_nos.size();
  ends_ = PackedArray(std::span<const int64_t>(ends));
  tag_nos_ = PackedArray(std::span<const int64_t>(tag_nos));
  sources_ = PackedArray(std::span<const int64_t>(sources));
  assigned_at_ = PackedArray(std::span<const int64_t>(assigned_at));
  expires_at_ = PackedArray(std::span<const std::optional<int64_t>>(expires_at));
  numbers_ = PackedArray(std::span<const std::optional<int64_t>>(numbers));
}

std::pair<size_t, size_t> TagPage::PlacesOf(uint32_t row) const {
  if (count_ == 0) return {0, 0};
  return {row == 0 ? 0 : static_cast<size_t>(ends_.Value(row - 1)),
          static_cast<size_t>(ends_.Value(row))};
}

TagFact TagPage::At(size_t place) const {
  return {tag_no(place), static_cast<domain::TagSource>(sources_.Value(place)),
          assigned_at_.Value(place), expires_at_.Get(place), numbers_.Get(place)};
}

std::vector<TagFact> TagPage::Row(uint32_t row) const {
  std::vector<TagFact> facts;
  const auto [first, last] = PlacesOf(row);
  for (size_t place = first; place < last; ++place) facts.push_back(At(place));
  return facts;
}

size_t TagPage::bytes() const {
  return sizeof(TagPage) + ends_.bytes() + tag_nos_.bytes() + sources_.bytes() +
         assigned_at_.bytes() + expires_at_.bytes() + numbers_.bytes();
}

}  // namespace segmentation::audience
