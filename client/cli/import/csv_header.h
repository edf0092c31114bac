// The first row of a CSV file: which column holds what.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace segmentation::cli {

class CsvHeader {
 public:
  CsvHeader() = default;
  // Names are taken without blanks around.
  explicit CsvHeader(const std::vector<std::string>& names);

  // Index of the first column of one of these names (the first that exists), as written, else
  // whatever the case. Nothing when there is none.
  std::optional<size_t> Find(const std::vector<std::string>& names) const;

  // Find, or INVALID_ARGUMENT that lists the columns there are. "#3" is the third column.
  absl::StatusOr<size_t> Require(const std::string& name, const std::string& file) const;

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

// The field at an index; empty when the row is shorter or the index is nothing.
std::string_view FieldAt(const std::vector<std::string>& fields, std::optional<size_t> index);

}  // namespace segmentation::cli
