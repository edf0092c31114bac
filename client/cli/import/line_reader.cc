#include "client/cli/import/line_reader.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace segmentation::cli {

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path,
                                                             std::optional<TextEncoding> encoding) {
  absl::StatusOr<std::unique_ptr<ByteSource>> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  return std::unique_ptr<LineReader>(new LineReader(path, *std::move(source), encoding));
}

LineReader::LineReader(std::string path, std::unique_ptr<ByteSource> source,
                       std::optional<TextEncoding> encoding)
    : path_(std::move(path)), source_(std::move(source)), decoder_(encoding) {}

absl::StatusOr<bool> LineReader::Next(std::string* line) {
  size_t searched = at_;
  while (true) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos || (source_ended_ && at_ < buffer_.size())) {
      const size_t stop = end == std::string::npos ? buffer_.size() : end + 1;
      line->assign(buffer_, at_, stop - at_);
      at_ = stop;
      ++line_number_;
      return true;
    }
    if (source_ended_) return false;
    buffer_.erase(0, at_);
    at_ = 0;
    searched = buffer_.size();
    if (buffer_.size() > kMaxLineBytes) {
      return absl::InvalidArgumentError(absl::StrCat(path_, ": line ", line_number_ + 1,
                                                     " is longer than ", kMaxLineBytes,
                                                     " bytes: this is no table"));
    }
    char bytes[1 << 16];
    absl::StatusOr<size_t> count = source_->Read(bytes, sizeof bytes);
    if (!count.ok()) return count.status();
    source_ended_ = *count == 0;
    absl::StatusOr<std::string> text =
        decoder_.Decode(std::string_view(bytes, *count), source_ended_);
    if (!text.ok()) return text.status();
    buffer_ += *text;
  }
}

}  // namespace segmentation::cli
