// The bytes of an import file, plain or gzip, or of standard input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct gzFile_s;

namespace segmentation::cli {

class ByteSource {
 public:
  // "-" is standard input. NOT_FOUND or PERMISSION_DENIED name the path.
  static absl::StatusOr<std::unique_ptr<ByteSource>> Open(const std::string& path);
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ~ByteSource();

  // At most `size` bytes, unpacked; 0 = the end. DATA_LOSS when a gzip file is damaged or cut.
  absl::StatusOr<size_t> Read(char* buffer, size_t size);

  // Part of the file read, 0 to 1; negative where its size is not known.
  double Fraction() const;

 private:
  ByteSource(std::string path, gzFile_s* file, int64_t size);

  const std::string path_;
  gzFile_s* const file_;
  const int64_t size_;  // packed; -1: not known
};

}  // namespace segmentation::cli
