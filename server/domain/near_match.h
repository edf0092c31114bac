// "Did you mean": the candidates nearest to a mistyped word.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace segmentation::domain {

// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other,
// counted in code points, ASCII letters in any case.
size_t EditDistance(std::string_view a, std::string_view b);

// The candidates within a third of the word's length (at least 1 edit, at most 3), or that it is a
// part of (one ASCII letter alone is no part); nearest first, ties in the order given, at most
// `limit`. Words longer than 64 bytes have none.
std::vector<std::string> NearMatches(std::string_view word,
                                     std::span<const std::string_view> candidates,
                                     size_t limit = 3);

}  // namespace segmentation::domain
