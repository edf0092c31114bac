#include "server/domain/condition/property_number.h"

#include <string>

#include "absl/strings/ascii.h"
#include "server/base/text.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

std::optional<int64_t> PropertyNumber(std::string_view text) {
  constexpr int kMaxWholeDigits = 14;  // in 1/10,000 they fit 64 bits
  constexpr int kDecimals = 4;
  const std::string plain = base::FoldNfkc(text);
  size_t at = 0;
  while (at < plain.size() && !absl::ascii_isdigit(plain[at])) ++at;
  if (at == plain.size()) return std::nullopt;
  const bool negative = at == 1 && plain[0] == '-';
  while (at < plain.size() && plain[at] == '0') ++at;  // leading zeros are no digits of a number
  int64_t number = 0;
  for (int digits = 0; at < plain.size() && absl::ascii_isdigit(plain[at]); ++at) {
    if (++digits > kMaxWholeDigits) return std::nullopt;
    number = number * 10 + (plain[at] - '0');
  }
  number *= kDecimalScale;
  if (at + 1 < plain.size() && plain[at] == '.' && absl::ascii_isdigit(plain[at + 1])) {
    int64_t weight = kDecimalScale;
    ++at;
    for (int digits = 0; digits < kDecimals && at < plain.size() && absl::ascii_isdigit(plain[at]);
         ++digits, ++at) {
      weight /= 10;
      number += (plain[at] - '0') * weight;
    }
  }
  return negative ? -number : number;
}

}  // namespace segmentation::domain::condition
