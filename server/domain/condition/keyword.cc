#include "server/domain/condition/keyword.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "server/base/strings.h"

namespace segmentation::domain::condition {
namespace {

struct Word {
  std::string_view text;
  std::vector<Keyword> keywords;
};

// The first spelling of a keyword is the one that is printed.
std::vector<Word> MakeWords() {
  using enum Keyword;
  return {
      {"AND", {kAnd}},
      {"OR", {kOr}},
      {"NOT", {kNot}},
      {"IN", {kIn}},
      {"BETWEEN", {kBetween}},
      {"CONTAINS", {kContains}},
      {"ANY", {kAny}},
      {"IS", {kIs}},
      {"NULL", {kNull}},
      {"WITHIN", {kWithin}},
      {"MINUTES", {kMinutes}},
      {"HOURS", {kHours}},
      {"DURING", {kDuring}},
      {"HAS", {kHas}},
      {"TAG", {kTag}},
      {"IDENTITY", {kIdentity}},
      {"FROM", {kFrom}},
      {"SINCE", {kSince}},
      {"GROUP", {kGroup}},
      {"TOP", {kTop}},
      {"PERCENT", {kPercent}},
      {"BY", {kBy}},
      {"BUCKET", {kBucket}},
      {"anniversary", {kAnniversary}},
      {"consent", {kConsent}},
      {"orders_placed", {kOrdersPlaced}},
      {"products_purchased", {kProductsPurchased}},
      {"MATCHES", {kMatches}},
      {"TRUE", {kTrue}},
      {"FALSE", {kFalse}},
      {"today", {kToday}},
      {"now", {kNow}},
      {"MINUTE", {kMinutes}},
      {"HOUR", {kHours}},
      {"且", {kAnd}},
      {"并且", {kAnd}},
      {"或", {kOr}},
      {"或者", {kOr}},
      {"非", {kNot}},
      {"属于", {kIn}},
      {"不属于", {kNot, kIn}},
      {"介于", {kBetween}},
      {"包含", {kContains}},
      {"不包含", {kNot, kContains}},
      {"包含任一", {kContains, kAny}},
      {"不包含任一", {kNot, kContains, kAny}},
      {"为空", {kIs, kNull}},
      {"不为空", {kIs, kNot, kNull}},
      {"近", {kWithin}},
      {"分钟", {kMinutes}},
      {"小时", {kHours}},
      {"期间", {kDuring}},
      {"标签", {kHas, kTag}},
      {"有身份", {kHas, kIdentity}},
      {"来自", {kFrom}},
      {"自", {kSince}},
      {"人群", {kIn, kGroup}},
      {"前", {kTop}},
      {"百分比", {kPercent}},
      {"按", {kBy}},
      {"分桶", {kBucket}},
      {"周年", {kAnniversary}},
      {"订阅", {kConsent}},
      {"下单", {kOrdersPlaced}},
      {"购买", {kProductsPurchased}},
      {"满足", {kMatches}},
      {"是", {kTrue}},
      {"否", {kFalse}},
      {"今天", {kToday}},
      {"现在", {kNow}},
  };
}

const std::vector<Word>& Words() {
  static const auto* const kAll = new std::vector<Word>(MakeWords());
  return *kAll;
}

}  // namespace

std::string_view SpellingOf(Keyword keyword) {
  for (const Word& word : Words()) {
    if (word.keywords.size() == 1 && word.keywords.front() == keyword) return word.text;
  }
  return "";
}

std::span<const Keyword> KeywordsOf(std::string_view word) {
  for (const Word& known : Words()) {
    if (absl::EqualsIgnoreCase(base::ToAbsl(known.text), base::ToAbsl(word))) {
      return known.keywords;
    }
  }
  return {};
}

bool IsReservedWord(std::string_view word) { return !KeywordsOf(word).empty(); }

}  // namespace segmentation::domain::condition
