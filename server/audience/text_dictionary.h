// The distinct texts of a column, numbered from 0 in the order they came. Only grows, so every
// version of the index reads the same dictionary, up to the size it was published with.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/base/text.h"

namespace segmentation::audience {

using TextNo = uint32_t;

// Interning is the writer's; everything else may be called by any thread at any time.
class TextDictionary {
 public:
  TextDictionary() = default;
  TextDictionary(const TextDictionary&) = delete;
  TextDictionary& operator=(const TextDictionary&) = delete;

  TextNo Intern(std::string_view text);
  // The same of the folded text. The writer's too: folding is dear, so the texts seen last are
  // remembered as they came.
  TextNo InternFolded(std::string_view text, base::Folding folding);
  // Nothing if it was never interned.
  std::optional<TextNo> Find(std::string_view text) const;
  // Valid as long as the dictionary. `number` was given by Intern.
  std::string_view Text(TextNo number) const;
  TextNo size() const;
  size_t bytes() const;

  // The texts for which `wanted` is true, as a set of bits over the numbers.
  std::vector<uint64_t> Choose(const std::function<bool(std::string_view)>& wanted) const;
  // The same of the texts below `size`, remembered under `key`: when the test comes again, only
  // texts that came since are asked. Under one key `wanted` says the same of a text whenever it is
  // asked. An empty key, and one beyond kMaxKeyBytes, is not remembered.
  std::vector<uint64_t> ChooseAgain(const std::string& key, TextNo size,
                                    const std::function<bool(std::string_view)>& wanted) const;
  static constexpr size_t kMaxKeyBytes = 4'096;

 private:
  static constexpr size_t kChunkTexts = 1'024;
  using Chunk = std::array<std::string, kChunkTexts>;
  // Shared by readers as it is; what is beyond the size they know is not read.
  std::vector<std::shared_ptr<Chunk>> CopyChunks(TextNo* size) const;

  struct Seen {
    std::string text;
    base::Folding folding = base::Folding::kExact;
    TextNo number = 0;
  };
  static constexpr size_t kSeenTexts = 256;
  std::vector<Seen> seen_;  // by hash of the text; empty until a dictionary is used much
  size_t folded_ = 0;

  // Adds the numbers in [first, size) whose texts are wanted.
  static void AddWanted(const std::vector<std::shared_ptr<Chunk>>& chunks, TextNo first,
                        TextNo size, const std::function<bool(std::string_view)>& wanted,
                        std::vector<uint64_t>& chosen);

  // What was decided, for the tests asked last.
  struct Decided {
    std::string key;
    std::shared_ptr<const std::vector<uint64_t>> chosen;
    TextNo size = 0;  // of those below
    uint64_t asked = 0;
  };
  static constexpr size_t kMostDecided = 32;
  mutable std::mutex decided_mutex_;
  mutable std::vector<Decided> decided_;  // by decided_mutex_
  mutable uint64_t asked_ = 0;            // by decided_mutex_

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Chunk>> chunks_;  // guarded by mutex_, the texts in them are not
  absl::flat_hash_map<std::string_view, TextNo> numbers_;
  TextNo size_ = 0;
  size_t bytes_ = 0;
};

}  // namespace segmentation::audience
