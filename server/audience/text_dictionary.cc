#include "server/audience/text_dictionary.h"

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
  const std::lock_guard lock(mutex_);
  return bytes_ + numbers_.capacity() * (sizeof(std::pair<std::string_view, TextNo>) + 1);
}

std::vector<std::shared_ptr<TextDictionary::Chunk>> TextDictionary::CopyChunks(TextNo* size) const {
  const std::lock_guard lock(mutex_);
  *size = size_;
  return chunks_;
}

std::vector<uint64_t> TextDictionary::Choose(
    const std::function<bool(std::string_view)>& wanted) const {
  TextNo size = 0;
  const std::vector<std::shared_ptr<Chunk>> chunks = CopyChunks(&size);
  std::vector<uint64_t> chosen((size_t{size} + 63) / 64, 0);
  for (TextNo number = 0; number < size; ++number) {
    if (wanted((*chunks[number / kChunkTexts])[number % kChunkTexts])) {
      chosen[number / 64] |= uint64_t{1} << (number % 64);
    }
  }
  return chosen;
}

}  // namespace segmentation::audience
