#include "client/cli/import/csv_header.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/import/field_text.h"

namespace segmentation::cli {

CsvHeader::CsvHeader(const std::vector<std::string>& names) {
  for (const std::string& name : names) names_.push_back(CleanText(name));
}

std::optional<size_t> CsvHeader::Find(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return i;
    }
  }
  for (const std::string& name : names) {
    for (size_t i = 0; i < names_.size(); ++i) {
      if (absl::EqualsIgnoreCase(names_[i], name)) return i;
    }
  }
  return std::nullopt;
}

absl::StatusOr<size_t> CsvHeader::Require(const std::string& name, const std::string& file) const {
  if (const std::optional<size_t> index = Find({CleanText(name)})) return *index;
  size_t number = 0;
  if (name.size() > 1 && name[0] == '#' && absl::SimpleAtoi(name.substr(1), &number) &&
      number >= 1 && number <= names_.size()) {
    return number - 1;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(file, " has no column '", name, "'; it has: ", absl::StrJoin(names_, ", ")));
}

std::string_view FieldAt(const std::vector<std::string>& fields, std::optional<size_t> index) {
  if (!index.has_value() || *index >= fields.size()) return {};
  return fields[*index];
}

}  // namespace segmentation::cli
