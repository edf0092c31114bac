// Decoded text of an import file in pieces that end at line feeds, for readers of rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/import/byte_source.h"
#include "client/cli/import/text_decoder.h"

namespace segmentation::cli {

class LineReader {
 public:
  // A line longer than this ends the import: it is no table.
  static constexpr size_t kMaxLineBytes = 8 << 20;

  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path,
                                                          std::optional<TextEncoding> encoding);

  // The next line with its line feed, if it has one. False = the end.
  absl::StatusOr<bool> Next(std::string* line);

  // Of the line last read, from 1.
  int64_t line_number() const { return line_number_; }
  const std::string& path() const { return path_; }
  TextEncoding encoding() const { return decoder_.encoding(); }
  double Fraction() const { return source_->Fraction(); }

 private:
  LineReader(std::string path, std::unique_ptr<ByteSource> source,
             std::optional<TextEncoding> encoding);

  const std::string path_;
  const std::unique_ptr<ByteSource> source_;
  TextDecoder decoder_;
  std::string buffer_;
  size_t at_ = 0;
  bool source_ended_ = false;
  int64_t line_number_ = 0;
};

}  // namespace segmentation::cli
