#include "client/cli/import/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace segmentation::cli {

absl::StatusOr<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  const int descriptor = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  struct stat info {};
  if (fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode)) {
    close(descriptor);
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path, ": it is a folder"));
  }
  const int64_t size = S_ISREG(info.st_mode) && info.st_size > 0 ? info.st_size : -1;
  gzFile file = gzdopen(descriptor, "rb");
  if (file == nullptr) {
    close(descriptor);
    return absl::InternalError(absl::StrCat("cannot read ", path, ": no memory"));
  }
  gzbuffer(file, 1 << 17);
  return std::unique_ptr<ByteSource>(new ByteSource(path, file, size));
}

ByteSource::ByteSource(std::string path, gzFile_s* file, int64_t size)
    : path_(std::move(path)), file_(file), size_(size) {}

ByteSource::~ByteSource() { gzclose_r(file_); }

absl::StatusOr<size_t> ByteSource::Read(char* buffer, size_t size) {
  const int count = gzread(file_, buffer, static_cast<unsigned>(std::min<size_t>(size, 1 << 30)));
  int error = Z_OK;
  const char* text = gzerror(file_, &error);
  if (error == Z_ERRNO) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path_));
  if (count < 0 || error != Z_OK) {
    // At the end of a cut file zlib gives what it has and Z_BUF_ERROR.
    return absl::DataLossError(absl::StrCat(path_, " is a damaged or cut gzip file: ",
                                            error == Z_BUF_ERROR ? "it ends too early" : text));
  }
  return static_cast<size_t>(count);
}

double ByteSource::Fraction() const {
  if (size_ < 0) return -1;
  return std::clamp(static_cast<double>(gzoffset(file_)) / static_cast<double>(size_), 0.0, 1.0);
}

}  // namespace segmentation::cli
