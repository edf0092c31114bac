// The only macros of the project: early return of a status.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define SEG_CONCAT_INNER(a, b) a##b
#define SEG_CONCAT(a, b) SEG_CONCAT_INNER(a, b)

// Returns the status of `expression` from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expression)                                 \
  do {                                                              \
    if (absl::Status seg_status = (expression); !seg_status.ok()) { \
      return seg_status;                                            \
    }                                                               \
  } while (false)

// Evaluates a StatusOr and either assigns its value to `lhs` (which may declare a variable) or
// returns its status.
#define ASSIGN_OR_RETURN(lhs, expression) \
  SEG_ASSIGN_OR_RETURN_IMPL(SEG_CONCAT(seg_statusor_, __LINE__), lhs, expression)
#define SEG_ASSIGN_OR_RETURN_IMPL(name, lhs, expression) \
  auto name = (expression);                              \
  if (!name.ok()) return std::move(name).status();       \
  lhs = *std::move(name)
