// Tests of one value: ranges, sets, substrings, times.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "server/base/planted_fault.h"
#include "server/storage/mysql/condition_sql_parts.h"

namespace segmentation::storage::mysql {
namespace {

using domain::condition::AbsentTest;
using domain::condition::DuringTest;
using domain::condition::Interval;
using domain::condition::IntervalsOf;
using domain::condition::kInstantCeiling;
using domain::condition::kInstantFloor;
using domain::condition::NumberRange;
using domain::condition::NumberSet;
using domain::condition::Predicate;
using domain::condition::TextContains;
using domain::condition::TextSet;
using domain::condition::TimeTest;
using domain::condition::Visitor;

// Values of one IN list; longer lists become several, each of which the server searches by halving.
// MariaDB rewrites lists of 1,000 and more to joins with a table of values.
constexpr size_t kValuesPerInList = 500;

// "(first OR second …)"; FALSE for none.
class Alternatives {
 public:
  SqlFragment& Next() {
    sql_.Add(empty_ ? "(" : " OR ");
    empty_ = false;
    return sql_;
  }
  SqlFragment& Current() { return sql_; }
  SqlFragment Take() { return empty_ ? SqlFragment("(FALSE)") : std::move(sql_.Add(")")); }

 private:
  SqlFragment sql_;
  bool empty_ = true;
};

template <typename T>
SqlFragment InList(const SqlFragment& value, const std::vector<T>& wanted) {
  Alternatives lists;
  for (size_t begin = 0; begin < wanted.size(); begin += kValuesPerInList) {
    if (begin > 0 && base::PlantedFault("sql_long_list_cut")) break;
    const size_t end = std::min(begin + kValuesPerInList, wanted.size());
    SqlFragment& sql = lists.Next();
    sql.Add(value).Add(" IN (");
    for (size_t i = begin; i < end; ++i) sql.Add(i == begin ? "" : ", ").Bind(wanted[i]);
    sql.Add(")");
  }
  return lists.Take();
}

SqlFragment ContainsAny(const SqlFragment& value, const std::vector<std::string>& parts) {
  Alternatives found;
  for (const std::string& part : parts) {
    found.Next().Add("INSTR(").Add(value).Add(", ").Bind(part);
    found.Current().Add(base::PlantedFault("sql_contains_at_start") ? ") = 1" : ") > 0");
    if (base::PlantedFault("sql_contains_first_only")) break;
  }
  return found.Take();
}

// Both bounds included. What a value is written from may be a sub-query, so it stands there once;
// NULL passes no comparison.
SqlFragment Between(const SqlFragment& value, std::optional<int64_t> min,
                    std::optional<int64_t> max) {
  SqlFragment sql("(");
  sql.Add(value);
  if (min && max) {
    sql.Add(" BETWEEN ").Bind(*min).Add(" AND ").Bind(*max);
  } else if (min) {
    sql.Add(" >= ").Bind(*min);
  } else if (max) {
    sql.Add(" <= ").Bind(*max);
  } else {
    sql.Add(" IS NOT NULL");
  }
  return std::move(sql.Add(")"));
}

SqlFragment InIntervals(const SqlFragment& value, const std::vector<Interval>& intervals) {
  Alternatives inside;
  for (const Interval& interval : intervals) {
    std::optional<int64_t> first, last;
    if (interval.from != kInstantFloor) {
      first = interval.from + (base::PlantedFault("sql_interval_start_left_out") ? 1 : 0);
    }
    if (interval.until != kInstantCeiling) {
      last = interval.until - (base::PlantedFault("sql_interval_end_taken_in") ? 0 : 1);
    }
    inside.Next().Add(Between(value, first, last));
  }
  return inside.Take();
}

SqlFragment InRange(const SqlFragment& value, const NumberRange& range) {
  constexpr auto kLowest = std::numeric_limits<int64_t>::min();
  constexpr auto kHighest = std::numeric_limits<int64_t>::max();
  std::optional<int64_t> min = range.min, max = range.max;
  if (min && !range.min_inclusive) {
    if (*min == kHighest) return SqlFragment("(FALSE)");
    ++*min;
  }
  if (max && (!range.max_inclusive || base::PlantedFault("sql_range_end_left_out"))) {
    if (*max == kLowest) return SqlFragment("(FALSE)");
    --*max;
  }
  return Between(value, min, max);
}

// Sum ÷ count within the range. Wide on both sides, so that no product overflows.
SqlFragment AverageInRange(const SqlFragment& sum, const SqlFragment& count,
                           const NumberRange& range) {
  SqlFragment sql("(TRUE");
  const auto compare = [&](std::string_view comparison, int64_t bound) {
    if (base::PlantedFault("sql_average_bound_taken_in")) {
      comparison = comparison[1] == '>' ? " >= " : " <= ";
    }
    sql.Add(" AND ").Add(sum).Add(comparison);
    sql.Add("CAST(").Bind(bound).Add(" AS DECIMAL(38,0)) * ").Add(count);
  };
  if (range.min) compare(range.min_inclusive ? " >= " : " > ", *range.min);
  if (range.max) compare(range.max_inclusive ? " <= " : " < ", *range.max);
  return std::move(sql.Add(")"));
}

}  // namespace

SqlFragment TestOf(const SqlFragment& value, const Predicate& predicate,
                   const CompileScope& scope) {
  return std::visit(
      Visitor{
          [&](const AbsentTest&) {
            return std::move(SqlFragment("(").Add(value).Add(" IS NULL)"));
          },
          [&](const NumberRange& range) { return InRange(value, range); },
          [&](const NumberSet& set) { return InList(value, set.values); },
          [&](const TextSet& set) { return InList(value, set.values); },
          [&](const TextContains& contains) { return ContainsAny(value, contains.any_of); },
          [&](const TimeTest& test) {
            return InIntervals(value, IntervalsOf(test, scope.context));
          },
          [&](const DuringTest& test) { return InIntervals(value, IntervalsOf(test)); },
      },
      predicate.test);
}

SqlFragment TestOfAverage(const SqlFragment& sum, const SqlFragment& count,
                          const Predicate& predicate) {
  SqlFragment sql("(");
  sql.Add(count);
  if (std::holds_alternative<AbsentTest>(predicate.test)) return std::move(sql.Add(" = 0)"));
  sql.Add(base::PlantedFault("sql_average_of_nothing_is_0") ? " >= 0 AND " : " > 0 AND ");
  if (const auto* range = std::get_if<NumberRange>(&predicate.test)) {
    sql.Add(AverageInRange(sum, count, *range));
  } else if (const auto* set = std::get_if<NumberSet>(&predicate.test)) {
    Alternatives equal;
    for (const int64_t wanted : set->values) {
      equal.Next().Add(sum).Add(" = CAST(").Bind(wanted).Add(" AS DECIMAL(38,0)) * ").Add(count);
    }
    sql.Add(equal.Take());
  } else {
    sql.Add("FALSE");  // the checker lets only numbers meet an average
  }
  return std::move(sql.Add(")"));
}

SqlFragment Leaf(const SqlFragment& test, bool negated) {
  if (base::PlantedFault("sql_null_meets_not")) {
    return std::move(SqlFragment(negated ? "(NOT (" : "((").Add(test).Add("))"));
  }
  return std::move(SqlFragment(negated ? "(NOT (" : "((").Add(test).Add(" IS TRUE))"));
}

SqlFragment AnyRowPasses(const SqlFragment& rows, const SqlFragment& value,
                         const Predicate& predicate, const CompileScope& scope) {
  const bool absent = std::holds_alternative<AbsentTest>(predicate.test);
  SqlFragment exists("(EXISTS (");
  exists.Add(rows);
  if (!absent && predicate.negated && base::PlantedFault("sql_negation_inside_exists")) {
    return Leaf(exists.Add(" AND NOT ").Add(TestOf(value, predicate, scope)).Add("))"), false);
  }
  if (!absent) exists.Add(" AND ").Add(TestOf(value, predicate, scope));
  exists.Add("))");
  return Leaf(exists, absent != predicate.negated);
}

namespace {

// " AND" the row belongs to a member of the range, of which a list of members has to know alone.
SqlFragment WithinRange(std::string_view alias, const CompileScope& scope) {
  SqlFragment sql;
  if (scope.range.everyone()) return sql;
  sql.Add(" AND ").Add(alias).Add(".member_no > ").Bind(scope.range.after);
  sql.Add(" AND ").Add(alias).Add(".member_no <= ").Bind(scope.range.until);
  return sql;
}

}  // namespace

SqlFragment OwnsRow(const SqlFragment& rows, std::string_view alias, const CompileScope& scope) {
  SqlFragment sql;
  if (scope.form == EvaluationForm::kWholeShop) {
    sql.Add("(m.member_no IN (SELECT ").Add(alias).Add(".member_no FROM ").Add(rows);
    sql.Add(WithinRange(alias, scope));
  } else {
    sql.Add("(EXISTS (SELECT 1 FROM ").Add(rows);
    sql.Add(" AND ").Add(alias).Add(".member_no = m.member_no");
  }
  return std::move(sql.Add("))"));
}

SqlFragment OwnsPassingRow(const SqlFragment& rows, std::string_view alias,
                           const SqlFragment& value, const Predicate& predicate,
                           const CompileScope& scope) {
  const bool absent = std::holds_alternative<AbsentTest>(predicate.test);
  SqlFragment passing = rows;
  if (!absent && predicate.negated && base::PlantedFault("sql_negation_inside_exists")) {
    passing.Add(" AND NOT ").Add(TestOf(value, predicate, scope));
    return Leaf(OwnsRow(passing, alias, scope), false);
  }
  if (!absent) passing.Add(" AND ").Add(TestOf(value, predicate, scope));
  return Leaf(OwnsRow(passing, alias, scope), absent != predicate.negated);
}

SqlFragment TestOverOwnRows(const SqlFragment& test, bool over_nothing, const SqlFragment& rows,
                            std::string_view alias, const CompileScope& scope) {
  SqlFragment sql("(");
  if (scope.form == EvaluationForm::kEachMember) {
    // COUNT(*) makes it one row also when the test holds no aggregate.
    sql.Add("SELECT COUNT(*) >= 0 AND ").Add(test).Add(" FROM ").Add(rows);
    sql.Add(" AND ").Add(alias).Add(".member_no = m.member_no");
    return std::move(sql.Add(")"));
  }
  // Members without rows are in no group, so those are listed whose answer is the other one.
  sql.Add(over_nothing ? "m.member_no NOT IN (" : "m.member_no IN (");
  sql.Add("SELECT g.member_no FROM (SELECT ").Add(alias).Add(".member_no AS member_no, ");
  sql.Add(test).Add(" AS passes FROM ").Add(rows).Add(WithinRange(alias, scope));
  sql.Add(" GROUP BY ").Add(alias).Add(".member_no) g WHERE ");
  sql.Add(over_nothing ? "g.passes IS NOT TRUE))" : "g.passes IS TRUE))");
  return sql;
}

bool PassesOverNothing(const Predicate& predicate, bool is_zero) {
  bool passes = false;
  if (!is_zero) {
    passes = std::holds_alternative<AbsentTest>(predicate.test);
  } else if (const auto* range = std::get_if<NumberRange>(&predicate.test)) {
    passes = (!range->min || *range->min < 0 || (*range->min == 0 && range->min_inclusive)) &&
             (!range->max || *range->max > 0 || (*range->max == 0 && range->max_inclusive));
  } else if (const auto* set = std::get_if<NumberSet>(&predicate.test)) {
    passes = std::find(set->values.begin(), set->values.end(), 0) != set->values.end();
  }
  return passes != predicate.negated;
}

}  // namespace segmentation::storage::mysql
