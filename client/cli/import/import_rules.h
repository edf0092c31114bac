// What the readers of all formats share: settings of one import, and where its rows go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cli/import/text_decoder.h"

namespace segmentation::cli {

struct ImportRules {
  // The shop's: local times of the file, and digits of its amounts.
  absl::TimeZone zone;
  int currency_digits = 2;
  // Source written into orders.
  std::string source;
  // Store written into orders without one of their own; empty = none.
  std::string store_id;
  // When the file was exported: written as the source's time into orders without one of their own.
  std::optional<absl::Time> exported_at;
  std::optional<TextEncoding> encoding;  // nothing = found out
  char delimiter = 0;                    // 0 = found out
  // Memory for sorting; what is beyond it goes to temporary files.
  size_t sort_memory_bytes = 64 << 20;
};

// A row of a file.
struct RowPlace {
  std::string file;
  int64_t line = 0;  // from 1
};

// Where the rows of a file go. An error ends the import.
template <typename Row>
class RowSink {
 public:
  virtual ~RowSink() = default;
  // `place`: of the row's first line.
  virtual absl::Status Take(Row row, const RowPlace& place) = 0;
  // A line that cannot become part of a row. `reason` is a short stable key, `message` is for a
  // person: field, got, want.
  virtual absl::Status Reject(const RowPlace& place, std::string_view reason,
                              std::string_view message) = 0;
  // A line left out because the settings say so.
  virtual void Skip(std::string_view reason) = 0;
  // While reading: lines so far, and the part of the present file (negative = not known).
  virtual void Reading(int64_t line_count, double fraction) = 0;
  // Once a file: what was found out about it, for --dry-run.
  virtual void Note(std::string_view text) = 0;
};

}  // namespace segmentation::cli
