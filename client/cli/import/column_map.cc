#include "client/cli/import/column_map.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/import/field_text.h"

namespace segmentation::cli {

absl::StatusOr<FieldColumns> ParseFieldColumns(const std::vector<std::string>& texts) {
  FieldColumns columns;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--map: got '", text, "', want FIELD=COLUMN, e.g. order_id=订单编号"));
    }
    std::string field = text.substr(0, equals);
    for (const auto& [other, column] : columns) {
      if (other == field) {
        return absl::InvalidArgumentError(absl::StrCat("--map: field '", field, "' comes twice"));
      }
    }
    columns.emplace_back(std::move(field), text.substr(equals + 1));
  }
  return columns;
}

absl::StatusOr<ColumnMap> ColumnMap::Make(const CsvHeader& header, const std::string& file,
                                          const std::vector<FieldName>& fields,
                                          std::string_view free_prefix, const FieldColumns& asked) {
  ColumnMap map;
  for (const auto& [field, column] : asked) {
    const bool known = std::any_of(fields.begin(), fields.end(),
                                   [&field = field](FieldName name) { return field == name.name; });
    if (!known && (free_prefix.empty() || !field.starts_with(free_prefix) ||
                   field.size() == free_prefix.size())) {
      const std::string list = absl::StrJoin(
          fields, ", ", [](std::string* out, FieldName name) { out->append(name.name); });
      return absl::InvalidArgumentError(absl::StrCat(
          "--map: no field '", field, "'; there are: ", list, free_prefix.empty() ? "" : ", ",
          std::string(free_prefix), free_prefix.empty() ? "" : "KEY"));
    }
    absl::StatusOr<size_t> index = header.Require(column, file);
    if (!index.ok()) return index.status();
    map.columns_[field] = *index;
  }
  for (const FieldName& field : fields) {
    if (map.columns_.contains(field.name)) continue;
    if (const std::optional<size_t> index = header.Find({field.name})) {
      map.columns_[field.name] = *index;
    }
  }
  if (!free_prefix.empty()) {
    for (size_t i = 0; i < header.names().size(); ++i) {
      const std::string& name = header.names()[i];
      if (name.starts_with(free_prefix) && name.size() > free_prefix.size()) {
        map.columns_.emplace(name, i);
      }
    }
  }
  for (const auto& [field, index] : map.columns_) map.column_names_[field] = header.names()[index];
  return map;
}

std::string ColumnMap::Get(const std::vector<std::string>& row, const std::string& field) const {
  const auto found = columns_.find(field);
  return found == columns_.end() ? std::string() : CleanText(FieldAt(row, found->second));
}

std::vector<std::string> ColumnMap::fields() const {
  std::vector<std::string> fields;
  for (const auto& [field, index] : columns_) fields.push_back(field);
  return fields;
}

std::string ColumnMap::Describe() const {
  return absl::StrJoin(column_names_, ", ",
                       [](std::string* out, const std::pair<const std::string, std::string>& pair) {
                         absl::StrAppend(out, pair.first, " ← ", pair.second);
                       });
}

}  // namespace segmentation::cli
