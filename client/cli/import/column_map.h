// --map field=column: which columns of a CSV file fill which fields.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/import/csv_header.h"

namespace segmentation::cli {

// A field that a column can fill.
struct FieldName {
  const char* name;
  const char* meaning;
};

// What the user asked for: pairs of field and column, e.g. {"order_id", "Invoice"}.
using FieldColumns = std::vector<std::pair<std::string, std::string>>;

// Splits "field=column" texts. INVALID_ARGUMENT for a text without "=" or a field twice.
absl::StatusOr<FieldColumns> ParseFieldColumns(const std::vector<std::string>& texts);

// The columns of one file.
class ColumnMap {
 public:
  // Fields that the user did not map take the column of their own name, if there is one.
  // INVALID_ARGUMENT for a field that is not in `fields` (unless `free_prefix`, e.g. "attribute.",
  // begins it), and for a column that is not in the header.
  static absl::StatusOr<ColumnMap> Make(const CsvHeader& header, const std::string& file,
                                        const std::vector<FieldName>& fields,
                                        std::string_view free_prefix, const FieldColumns& asked);

  bool Has(const std::string& field) const { return columns_.contains(field); }
  // The field of a row, cleaned; empty when it is not mapped.
  std::string Get(const std::vector<std::string>& row, const std::string& field) const;
  // Mapped fields, sorted.
  std::vector<std::string> fields() const;
  // "order_id ← Invoice, …"
  std::string Describe() const;

 private:
  std::map<std::string, size_t> columns_;
  std::map<std::string, std::string> column_names_;
};

}  // namespace segmentation::cli
