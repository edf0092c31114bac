// Rows of a CSV file.
#pragma once

#include <csv.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/import/line_reader.h"

namespace segmentation::cli {

struct CsvRow {
  int64_t line = 0;  // where it begins in the file, from 1
  std::vector<std::string> fields;
};

// Streaming. Fields may be quoted and then hold line breaks, delimiters and doubled quotes; blanks
// around unquoted fields are dropped, empty lines are passed over.
class CsvReader {
 public:
  // A row longer than this ends the import: most likely a quote is never closed.
  static constexpr size_t kMaxRowBytes = 4 << 20;

  // `delimiter` 0 = comma, tab or semicolon, whichever the first line has most of.
  static absl::StatusOr<std::unique_ptr<CsvReader>> Open(const std::string& path,
                                                         std::optional<TextEncoding> encoding,
                                                         char delimiter);
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;
  ~CsvReader();

  // False = the end.
  absl::StatusOr<bool> Next(CsvRow* row);

  const std::string& path() const { return lines_->path(); }
  TextEncoding encoding() const { return lines_->encoding(); }
  char delimiter() const { return delimiter_; }
  double Fraction() const { return lines_->Fraction(); }

 private:
  CsvReader(std::unique_ptr<LineReader> lines, char delimiter);
  static void OnField(void* text, size_t length, void* self);
  static void OnRow(int end, void* self);
  absl::Status Parse(const std::string& line);

  const std::unique_ptr<LineReader> lines_;
  char delimiter_;
  csv_parser parser_;
  bool begun_ = false;
  bool ended_ = false;
  CsvRow open_;
  size_t open_bytes_ = 0;  // since the last row ended
  std::deque<CsvRow> rows_;
};

}  // namespace segmentation::cli
