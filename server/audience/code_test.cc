#include "server/audience/code_test.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "server/base/planted_fault.h"
#include "server/base/strings.h"

namespace segmentation::audience {
namespace {

using namespace domain::condition;  // NOLINT: the predicates of conditions are what this is about

constexpr size_t kMostPasses = 8;

std::vector<ValueRange> RangesOf(const std::vector<Interval>& intervals) {
  std::vector<ValueRange> ranges;
  for (const Interval& interval : intervals) {
    if (interval.from < interval.until) ranges.push_back({interval.from, interval.until - 1});
  }
  return ranges;
}

// The integers within; an end that excludes the last integer there is leaves nothing.
std::vector<ValueRange> RangesOf(const NumberRange& range) {
  ValueRange values;
  if (range.min) {
    if (!range.min_inclusive && *range.min == INT64_MAX) return {};
    values.first = range.min_inclusive ? *range.min : *range.min + 1;
  }
  if (range.max) {
    if (!range.max_inclusive && *range.max == INT64_MIN) return {};
    values.last = range.max_inclusive ? *range.max : *range.max - 1;
  }
  if (values.first > values.last) return {};
  return {values};
}

std::vector<ValueRange> RangesOf(const NumberSet& set) {
  std::vector<ValueRange> ranges;
  for (const int64_t value : set.values) {
    if (!ranges.empty() && ranges.back().last != INT64_MAX && value == ranges.back().last + 1) {
      ranges.back().last = value;
    } else {
      ranges.push_back({value, value});
    }
  }
  return ranges;
}

std::vector<ValueRange> TimesOf(const Predicate& predicate, const EvaluationContext& context) {
  if (const auto* time = std::get_if<TimeTest>(&predicate.test)) {
    return RangesOf(IntervalsOf(*time, context));
  }
  if (const auto* during = std::get_if<DuringTest>(&predicate.test)) {
    return RangesOf(IntervalsOf(*during));
  }
  return {};
}

bool Contains(const std::vector<ValueRange>& ranges, int64_t value) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), value,
                       [](int64_t v, const ValueRange& range) { return v < range.first; });
  return after != ranges.begin() && value <= std::prev(after)->last;
}

}  // namespace

std::string TextTestKey(const Predicate& predicate) {
  const auto* const set = std::get_if<TextSet>(&predicate.test);
  const auto* const contains = std::get_if<TextContains>(&predicate.test);
  std::string key;
  if (set == nullptr && contains == nullptr) return key;
  key = set != nullptr ? "=" : "~";
  for (const std::string& text : set != nullptr ? set->values : contains->any_of) {
    key += std::to_string(text.size());
    key += ':';
    key += text;
    if (key.size() > TextDictionary::kMaxKeyBytes) break;  // too long to be remembered
  }
  return key;
}

std::string RowTestKey(std::string_view field, const Predicate& predicate) {
  std::string key = TextTestKey(predicate);
  if (std::holds_alternative<AbsentTest>(predicate.test)) key = "0";
  if (key.empty()) return key;
  return base::StrCat(field, predicate.negated ? " not" : "", key);
}

CodeTest CodeTest::OfNumbers(const Predicate& predicate, const EvaluationContext& context) {
  CodeTest test;
  test.negated_ = predicate.negated;
  test.asks_absence_ = std::holds_alternative<AbsentTest>(predicate.test);
  if (const auto* range = std::get_if<NumberRange>(&predicate.test)) {
    test.ranges_ = RangesOf(*range);
  } else if (const auto* set = std::get_if<NumberSet>(&predicate.test)) {
    test.ranges_ = RangesOf(*set);
  } else {
    test.ranges_ = TimesOf(predicate, context);
  }
  return test;
}

CodeTest CodeTest::OfTexts(const Predicate& predicate, const TextDictionary& texts) {
  CodeTest test;
  test.negated_ = predicate.negated;
  test.asks_absence_ = std::holds_alternative<AbsentTest>(predicate.test);
  test.is_set_ = true;
  if (const auto* set = std::get_if<TextSet>(&predicate.test)) {
    for (const std::string& value : set->values) {
      const std::optional<TextNo> number = texts.Find(value);
      if (!number) continue;
      if (test.set_.size() <= *number / 64) test.set_.resize(*number / 64 + 1);
      test.set_[*number / 64] |= uint64_t{1} << (*number % 64);
    }
  } else if (const auto* contains = std::get_if<TextContains>(&predicate.test)) {
    test.set_ = texts.ChooseAgain(TextTestKey(predicate), texts.size(), [&](std::string_view text) {
      return std::any_of(
          contains->any_of.begin(), contains->any_of.end(),
          [&](const std::string& part) { return text.find(part) != std::string_view::npos; });
    });
  }
  test.UseRangesIfFew();
  return test;
}

CodeTest CodeTest::OfSet(std::vector<uint64_t> set) {
  CodeTest test;
  test.is_set_ = true;
  test.set_ = std::move(set);
  return test;
}

CodeTest CodeTest::Mirrored(int64_t around) const {
  CodeTest mirrored = *this;
  mirrored.ranges_.clear();
  const auto reflect = [around](int64_t value) {
    const __int128 other = static_cast<__int128>(around) - value;
    return static_cast<int64_t>(std::clamp<__int128>(other, INT64_MIN, INT64_MAX));
  };
  for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range) {
    mirrored.ranges_.push_back({reflect(range->last), reflect(range->first)});
  }
  return mirrored;
}

void CodeTest::UseRangesIfFew() {
  std::vector<ValueRange> ranges;
  for (size_t word = 0; word < set_.size(); ++word) {
    for (uint64_t rest = set_[word]; rest != 0; rest &= rest - 1) {
      const auto value = static_cast<int64_t>(word * 64) + std::countr_zero(rest);
      if (!ranges.empty() && ranges.back().last + 1 == value) {
        ranges.back().last = value;
        continue;
      }
      if (ranges.size() == kMostPasses) return;
      ranges.push_back({value, value});
    }
  }
  ranges_ = std::move(ranges);
  set_.clear();
  is_set_ = false;
}

bool CodeTest::Passes(int64_t value) const {
  if (!is_set_) return Contains(ranges_, value);
  if (value < 0) return false;
  const auto word = static_cast<size_t>(value / 64);
  return word < set_.size() && (set_[word] >> (value % 64) & 1) != 0;
}

void CodeTest::AddRows(const PackedPage& page, uint64_t* bits) const {
  // A range is a pass over the page; from some on, looking each value up is quicker.
  if (is_set_ || ranges_.size() > kMostPasses) {
    page.AddRowsWhere([this](int64_t value) { return Passes(value); }, bits);
  } else {
    page.AddRowsIn(ranges_, bits);
  }
}

void CodeTest::AddCells(std::span<const uint16_t, kPageRows> cells, uint64_t* bits) const {
  for (const ValueRange& range : ranges_) {
    const int64_t first = std::max<int64_t>(range.first, 0);
    const int64_t last = std::min<int64_t>(range.last, UINT16_MAX);
    if (first <= last) {
      AddCellsIn(cells, static_cast<uint16_t>(first), static_cast<uint16_t>(last), bits);
    }
  }
}

AggregateTest::AggregateTest(const Predicate& predicate, const EvaluationContext& context)
    : predicate_(predicate),
      asks_absence_(std::holds_alternative<AbsentTest>(predicate.test)),
      times_(TimesOf(predicate, context)) {}

bool AggregateTest::PassesQuotient(Wide sum, int64_t count) const {
  bool passed = false;
  if (const auto* range = std::get_if<NumberRange>(&predicate_.test)) {
    passed = true;
    if (range->min) {
      if (base::PlantedFault("index_average_cut")) sum -= sum % count;
      const Wide bound = Wide{*range->min} * count;
      passed = range->min_inclusive ? sum >= bound : sum > bound;
    }
    if (passed && range->max) {
      const Wide bound = Wide{*range->max} * count;
      passed = range->max_inclusive ? sum <= bound : sum < bound;
    }
  } else if (const auto* set = std::get_if<NumberSet>(&predicate_.test)) {
    if (sum % count == 0) {
      const Wide value = sum / count;
      passed =
          value >= INT64_MIN && value <= INT64_MAX &&
          std::binary_search(set->values.begin(), set->values.end(), static_cast<int64_t>(value));
    }
  } else if (!asks_absence_) {
    passed = count == 1 && Contains(times_, static_cast<int64_t>(sum));
  }
  return passed != predicate_.negated;
}

}  // namespace segmentation::audience
