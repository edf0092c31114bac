#include "server/audience/text_dictionary.h"

#include <algorithm>

namespace segmentation::audience {

TextNo TextDictionary::Intern(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
  if (size_ % kChunkTexts == 0) {
    chunks_.push_back(std::make_shared<Chunk>());
    bytes_ += sizeof(Chunk);
  }
  std::string& kept = (*chunks_.back())[size_ % kChunkTexts];
  kept = std::string(text);
  bytes_ += kept.capacity() > 15 ? kept.capacity() + 1 : 0;
  numbers_.emplace(kept, size_);
  return size_++;
}

TextNo TextDictionary::InternFolded(std::string_view text, base::Folding folding) {
  if (text.empty()) return Intern(text);
  if (++folded_ < 4 * kSeenTexts) return Intern(base::Fold(folding, text));
  if (seen_.empty()) seen_.resize(kSeenTexts);
  Seen& seen = seen_[absl::HashOf(text) % kSeenTexts];
  if (seen.text != text || seen.folding != folding) {
    seen.number = Intern(base::Fold(folding, text));
    seen.text = text;
    seen.folding = folding;
  }
  return seen.number;
}

std::optional<TextNo> TextDictionary::Find(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  const auto known = numbers_.find(text);
  if (known == numbers_.end()) return std::nullopt;
  return known->second;
}

std::string_view TextDictionary::Text(TextNo number) const {
  const std::lock_guard lock(mutex_);
  return (*chunks_[number / kChunkTexts])[number % kChunkTexts];
}

TextNo TextDictionary::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

size_t TextDictionary::bytes() const {
  size_t decided = 0;
  {
    const std::lock_guard lock(decided_mutex_);
    for (const Decided& one : decided_) decided += one.key.capacity() + one.size / 8;
  }
  const std::lock_guard lock(mutex_);
  return bytes_ + decided + numbers_.capacity() * (sizeof(std::pair<std::string_view, TextNo>) + 1);
}

std::vector<std::shared_ptr<TextDictionary::Chunk>> TextDictionary::CopyChunks(TextNo* size) const {
  const std::lock_guard lock(mutex_);
  *size = size_;
  return chunks_;
}

void TextDictionary::AddWanted(const std::vector<std::shared_ptr<Chunk>>& chunks, TextNo first,
                               TextNo size, const std::function<bool(std::string_view)>& wanted,
                               std::vector<uint64_t>& chosen) {
  chosen.resize((size_t{size} + 63) / 64, 0);
  for (TextNo number = first; number < size; ++number) {
    if (wanted((*chunks[number / kChunkTexts])[number % kChunkTexts])) {
      chosen[number / 64] |= uint64_t{1} << (number % 64);
    }
  }
}

std::vector<uint64_t> TextDictionary::Choose(
    const std::function<bool(std::string_view)>& wanted) const {
  TextNo size = 0;
  const std::vector<std::shared_ptr<Chunk>> chunks = CopyChunks(&size);
  std::vector<uint64_t> chosen;
  AddWanted(chunks, 0, size, wanted, chosen);
  return chosen;
}

std::vector<uint64_t> TextDictionary::ChooseAgain(
    const std::string& key, TextNo size,
    const std::function<bool(std::string_view)>& wanted) const {
  const bool remembers = !key.empty() && key.size() <= kMaxKeyBytes;
  const auto find = [&] {
    return std::find_if(decided_.begin(), decided_.end(),
                        [&](const Decided& decided) { return decided.key == key; });
  };
  std::vector<uint64_t> chosen;
  TextNo first = 0;
  if (remembers) {
    const std::lock_guard lock(decided_mutex_);
    // A slower caller may know fewer texts than were decided: it decides for itself.
    if (const auto known = find(); known != decided_.end() && known->size <= size) {
      known->asked = ++asked_;
      chosen = *known->chosen;
      first = known->size;
    }
  }
  if (first == size && size > 0) return chosen;
  TextNo newest = 0;
  AddWanted(CopyChunks(&newest), first, size, wanted, chosen);
  if (!remembers) return chosen;
  const std::lock_guard lock(decided_mutex_);
  auto place = find();
  if (place == decided_.end()) {
    if (decided_.size() < kMostDecided) {
      place = decided_.emplace(decided_.end());
    } else {
      place =
          std::min_element(decided_.begin(), decided_.end(),
                           [](const Decided& a, const Decided& b) { return a.asked < b.asked; });
    }
    *place = {key, nullptr, 0, 0};
  }
  place->asked = ++asked_;
  if (place->chosen == nullptr || place->size < size) {
    place->chosen = std::make_shared<const std::vector<uint64_t>>(chosen);
    place->size = size;
  }
  return chosen;
}

}  // namespace segmentation::audience
