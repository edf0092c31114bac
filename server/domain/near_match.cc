#include "server/domain/near_match.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/base/strings.h"
#include "server/base/text.h"

namespace segmentation::domain {
namespace {

constexpr size_t kMaxWordBytes = 64;

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(base::ToAbsl(text)); }

// Code points as pieces of the text, ASCII in lower case.
std::vector<std::string> CodePoints(std::string_view text) {
  std::vector<std::string> points;
  while (!text.empty()) {
    std::string_view point = base::TruncateCodePoints(text, 1);
    if (point.empty()) point = text.substr(0, 1);
    points.push_back(Lower(point));
    text.remove_prefix(point.size());
  }
  return points;
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  const std::vector<std::string> x = CodePoints(a);
  const std::vector<std::string> y = CodePoints(b);
  std::vector<std::vector<size_t>> cost(x.size() + 1, std::vector<size_t>(y.size() + 1));
  for (size_t i = 0; i <= x.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= y.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= x.size(); ++i) {
    for (size_t j = 1; j <= y.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (x[i - 1] == y[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[x.size()][y.size()];
}

std::vector<std::string> NearMatches(std::string_view word,
                                     std::span<const std::string_view> candidates, size_t limit) {
  if (word.empty() || word.size() > kMaxWordBytes) return {};
  const size_t length = base::CountCodePoints(word);
  const size_t allowed = std::clamp<size_t>(length / 3, 1, 3);
  std::vector<std::pair<size_t, std::string_view>> found;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kMaxWordBytes) continue;
    size_t distance = EditDistance(word, candidate);
    // A word of one character is no misspelling of another one.
    const bool misspelt = distance <= allowed && distance < length;
    const bool part = word.size() >= 2 && Lower(candidate).find(Lower(word)) != std::string::npos;
    if (part) distance = std::min(distance, allowed);
    if (misspelt || part) found.emplace_back(distance, candidate);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, name] : found) {
    if (names.size() == limit) break;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  }
  return names;
}

}  // namespace segmentation::domain
