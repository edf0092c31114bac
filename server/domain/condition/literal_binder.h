// From an operator with literals to a predicate over stored values: types, ranges, folding, money
// (T13, T29, T36, T40).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/attribute.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

// What the left side of an operator is.
struct TestTarget {
  std::string_view name;  // for messages
  ValueType type = ValueType::kText;
  TextFolding folding = TextFolding::kExact;
  std::span<const std::string> enum_values;  // kEnum
  int32_t currency_digits = 2;               // kMoney
  std::optional<int64_t> min, max;           // kInteger: values there can be
};

// The operators a type takes, in the order of the enum.
std::vector<Operator> OperatorsOf(ValueType type);

// CONDITION_TYPE_MISMATCH when the type does not take the operator or a literal is of another type
// (a quoted number is no number); CONDITION_LITERAL_OUT_OF_RANGE when it does not fit (more digits
// than the currency has, no such date, ends of BETWEEN the wrong way round, an empty substring).
absl::StatusOr<Predicate> BindTest(const TestTarget& target, Operator op,
                                   const std::vector<Literal>& literals, Position position);

// A date, date-time, relative day or rolling time. kDate takes neither a time of day nor a rolling
// time.
absl::StatusOr<TimeLiteral> BindTime(const Literal& literal, ValueType type, std::string_view name);

// CONDITION_LITERAL_OUT_OF_RANGE when it is certain, whatever today is, that `low` is after `high`.
absl::Status CheckOrder(const TimeLiteral& low, const TimeLiteral& high, Position position);

}  // namespace segmentation::domain::condition
