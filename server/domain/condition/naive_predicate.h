// Whether observed values pass a predicate: the plain meaning of every test. Times are compared the
// way a person would, day by day on the shop's calendar; nothing here knows intervals or queries.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/base/clock.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/time_bounds.h"

namespace segmentation::domain::condition {

// Sums of 64-bit amounts and products of them with 64-bit counts fit.
using WideInteger = __int128;

// An exact number: sum ÷ count. Everything but an average has count 1.
struct Quotient {
  WideInteger sum = 0;
  int64_t count = 1;  // > 0
};

// -1, 0 or 1.
int Compare(const Quotient& a, const Quotient& b);

// A value a leaf reads: folded text, or a number in the units of its type.
using Observation = std::variant<std::string, Quotient>;

// The values present; empty: absent (T03).
using Observations = std::vector<Observation>;

inline Observation Number(WideInteger value) { return Quotient{value, 1}; }

// (one of the values passes the test) != negated (T01, T02, T09).
bool Passes(const Observations& values, const Predicate& predicate,
            const EvaluationContext& context);

// Whether an instant, or a date code, passes a time test (T13–T15).
bool PassesTime(int64_t value, const TimeTest& test, const EvaluationContext& context);

// The civil day a date or relative day names in this evaluation (T17).
base::DayNumber CivilDayOf(const TimeLiteral& literal, const EvaluationContext& context);

}  // namespace segmentation::domain::condition
