#include "client/cli/import/csv_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace segmentation::cli {
namespace {

// The delimiter the line has most of outside quotes; comma when it has none.
char GuessDelimiter(const std::string& line) {
  constexpr std::array<char, 3> kCandidates = {',', '\t', ';'};
  std::array<int, kCandidates.size()> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    for (size_t i = 0; i < kCandidates.size(); ++i) counts[i] += c == kCandidates[i] ? 1 : 0;
  }
  return kCandidates[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) -
                                         counts.begin())];
}

}  // namespace

absl::StatusOr<std::unique_ptr<CsvReader>> CsvReader::Open(const std::string& path,
                                                           std::optional<TextEncoding> encoding,
                                                           char delimiter) {
  absl::StatusOr<std::unique_ptr<LineReader>> lines = LineReader::Open(path, encoding);
  if (!lines.ok()) return lines.status();
  return std::unique_ptr<CsvReader>(new CsvReader(*std::move(lines), delimiter));
}

CsvReader::CsvReader(std::unique_ptr<LineReader> lines, char delimiter)
    : lines_(std::move(lines)), delimiter_(delimiter) {
  csv_init(&parser_, CSV_STRICT_FINI);
}

CsvReader::~CsvReader() { csv_free(&parser_); }

void CsvReader::OnField(void* text, size_t length, void* self) {
  auto* reader = static_cast<CsvReader*>(self);
  reader->open_.fields.emplace_back(text == nullptr ? "" : static_cast<char*>(text), length);
}

void CsvReader::OnRow(int /*end*/, void* self) {
  auto* reader = static_cast<CsvReader*>(self);
  reader->rows_.push_back(std::exchange(reader->open_, CsvRow()));
  reader->open_bytes_ = 0;
  reader->open_.line = reader->lines_->line_number() + 1;
}

absl::Status CsvReader::Parse(const std::string& line) {
  // Blank lines between rows do not begin one.
  if (open_bytes_ == 0) open_.line = lines_->line_number();
  open_bytes_ += line.size();
  if (open_bytes_ > kMaxRowBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path(), ": the row that begins in line ",
                                                   open_.line, " is longer than ", kMaxRowBytes,
                                                   " bytes: is a quote never closed?"));
  }
  if (csv_parse(&parser_, line.data(), line.size(), OnField, OnRow, this) != line.size()) {
    return absl::InvalidArgumentError(absl::StrCat(path(), ": line ", lines_->line_number(), ": ",
                                                   csv_strerror(csv_error(&parser_))));
  }
  if (open_.fields.empty() && parser_.pstate == 0) open_bytes_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::Next(CsvRow* row) {
  while (rows_.empty()) {
    if (ended_) return false;
    std::string line;
    absl::StatusOr<bool> more = lines_->Next(&line);
    if (!more.ok()) return more.status();
    if (*more) {
      if (!begun_) {
        begun_ = true;
        if (delimiter_ == 0) delimiter_ = GuessDelimiter(line);
        csv_set_delim(&parser_, static_cast<unsigned char>(delimiter_));
      }
      if (absl::Status status = Parse(line); !status.ok()) return status;
    } else {
      ended_ = true;
      // libcsv tells of an open quote in its strict mode alone, which also refuses quotes inside
      // plain fields; so its state is looked at: 2 is inside a field.
      const bool open_quote = parser_.quoted != 0 && parser_.pstate == 2;
      if (open_quote || csv_fini(&parser_, OnField, OnRow, this) != 0) {
        return absl::InvalidArgumentError(absl::StrCat(path(), ": the row that begins in line ",
                                                       open_.line,
                                                       " has a quote that is never closed"));
      }
    }
  }
  *row = std::move(rows_.front());
  rows_.pop_front();
  return true;
}

}  // namespace segmentation::cli
