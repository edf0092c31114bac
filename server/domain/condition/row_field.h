// The terms and aggregates of order clauses by name, with type and folding: one table for parser,
// checker, printer and for the storage that keeps the folded forms. An empty text of an order or a
// line, a property it does not have, no store and a review without rating are absent values.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/domain/attribute.h"
#include "server/domain/condition/tree.h"

namespace segmentation::domain::condition {

struct RowFieldInfo {
  RowField field;
  std::string_view name;                  // snake_case
  std::vector<std::string_view> aliases;  // Chinese
  // kText, kInteger, kMoney, kBoolean, kInstant; kEnum: status. kStore is kText, kProperty is text
  // or number as its literals are.
  ValueType type;
  TextFolding folding = TextFolding::kExact;
  bool line = false;          // read on a line
  bool nullable = true;       // can be absent
  bool multi_valued = false;  // `=` means contains (T09)
  std::string_view english;   // for sentences: "the order's payment time"
  std::string_view chinese;
};

struct RowAggregateInfo {
  RowAggregate aggregate;
  std::string_view name;
  std::vector<std::string_view> aliases;
  ValueType type;           // kInteger, kMoney, kInstant
  bool lines_only = false;  // products_purchased only
  std::string_view english;
  std::string_view chinese;
};

// All of them, in the order of the enums.
std::span<const RowFieldInfo> RowFields();
std::span<const RowAggregateInfo> RowAggregates();

const RowFieldInfo& InfoOf(RowField field);
const RowAggregateInfo& InfoOf(RowAggregate aggregate);

// By name or alias, ASCII letters in any case.
std::optional<RowField> FindRowField(std::string_view name);
std::optional<RowAggregate> FindRowAggregate(std::string_view name);

}  // namespace segmentation::domain::condition
