// A predicate made ready for one evaluation: times have become ranges of instants, texts sets of
// numbers of a dictionary.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/audience/packed_page.h"
#include "server/audience/text_dictionary.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/time_bounds.h"

namespace segmentation::audience {

// What a text predicate passes of present values, as a name: equal ones have equal names. Empty:
// the predicate is not of texts.
std::string TextTestKey(const domain::condition::Predicate& predicate);

// What the predicate makes of one value of `field`, present or not, as a name. Empty: of other
// predicates than those of texts and of absence.
std::string RowTestKey(std::string_view field, const domain::condition::Predicate& predicate);

// What a value must be; true when (a present value passes) != negated.
class CodeTest {
 public:
  // Of numbers and times.
  static CodeTest OfNumbers(const domain::condition::Predicate& predicate,
                            const domain::condition::EvaluationContext& context);
  // Of texts; values are numbers of `texts`.
  static CodeTest OfTexts(const domain::condition::Predicate& predicate,
                          const TextDictionary& texts);
  // Of values that are members of `set`, a set of bits.
  static CodeTest OfSet(std::vector<uint64_t> set);

  // The one range of numbers that passes; nothing if there are none, several or another kind.
  std::optional<ValueRange> OneRange() const {
    if (negated_ || asks_absence_ || is_set_ || ranges_.size() != 1) return std::nullopt;
    return ranges_.front();
  }

  // The test of v that passes what this one, of numbers, passes of around − v.
  CodeTest Mirrored(int64_t around) const;

  bool negated() const { return negated_; }
  // IS NULL: passes what is absent, before `negated`.
  bool asks_absence() const { return asks_absence_; }

  // Whether a present value passes, before `negated`.
  bool Passes(int64_t value) const;
  // Whether a single value, present or not, passes.
  bool PassesOne(const std::optional<int64_t>& value) const {
    const bool passed = asks_absence_ ? !value.has_value() : value.has_value() && Passes(*value);
    return passed != negated_;
  }
  // Adds to `bits` the rows of a page with a passing present value, before `negated`.
  void AddRows(const PackedPage& page, uint64_t* bits) const;
  // The same of a page of small numbers that are all present.
  void AddCells(std::span<const uint16_t, kPageRows> cells, uint64_t* bits) const;

 private:
  // Comparing with a few ranges is much quicker than looking numbers up.
  void UseRangesIfFew();

  bool negated_ = false;
  bool asks_absence_ = false;
  bool is_set_ = false;
  std::vector<ValueRange> ranges_;  // sorted, disjoint
  std::vector<uint64_t> set_;
};

// A test of sums and averages: exact, whatever the amounts.
class AggregateTest {
 public:
  using Wide = __int128;

  AggregateTest(const domain::condition::Predicate& predicate,
                const domain::condition::EvaluationContext& context);

  // sum ÷ count; count > 0.
  bool PassesQuotient(Wide sum, int64_t count) const;
  bool PassesAbsent() const { return asks_absence_ != predicate_.negated; }

 private:
  domain::condition::Predicate predicate_;
  bool asks_absence_ = false;
  std::vector<ValueRange> times_;
};

}  // namespace segmentation::audience
