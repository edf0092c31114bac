#include "client/cli/import/spool_sort.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace segmentation::cli {

// One sorted file: two lengths of four bytes, key and value, again and again.
class SpoolSort::Run {
 public:
  static absl::StatusOr<std::unique_ptr<Run>> Make() {
    const char* folder = std::getenv("TMPDIR");
    std::string path =
        absl::StrCat(folder == nullptr || *folder == '\0' ? "/tmp" : folder, "/segctl-sort-XXXXXX");
    const int descriptor = mkstemp(path.data());
    if (descriptor < 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot make a temporary file like ", path));
    }
    unlink(path.c_str());
    FILE* file = fdopen(descriptor, "w+b");
    if (file == nullptr) {
      close(descriptor);
      return absl::InternalError("no memory for a temporary file");
    }
    return std::unique_ptr<Run>(new Run(file));
  }
  ~Run() { fclose(file_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  absl::Status Write(std::string_view new_key, std::string_view new_value) {
    const uint32_t sizes[2] = {static_cast<uint32_t>(new_key.size()),
                               static_cast<uint32_t>(new_value.size())};
    if (fwrite(sizes, sizeof sizes, 1, file_) != 1 ||
        fwrite(new_key.data(), 1, new_key.size(), file_) != new_key.size() ||
        fwrite(new_value.data(), 1, new_value.size(), file_) != new_value.size()) {
      return absl::ErrnoToStatus(errno, "cannot write a temporary file");
    }
    return absl::OkStatus();
  }

  absl::Status Rewind() {
    if (fflush(file_) != 0 || fseek(file_, 0, SEEK_SET) != 0) {
      return absl::ErrnoToStatus(errno, "cannot write a temporary file");
    }
    return absl::OkStatus();
  }

  // Makes the next record the front. False = the end.
  absl::StatusOr<bool> Advance() {
    uint32_t sizes[2];
    if (fread(sizes, sizeof sizes, 1, file_) != 1) {
      if (feof(file_) != 0) return false;
      return absl::ErrnoToStatus(errno, "cannot read a temporary file");
    }
    key.resize(sizes[0]);
    value.resize(sizes[1]);
    if (fread(key.data(), 1, key.size(), file_) != key.size() ||
        fread(value.data(), 1, value.size(), file_) != value.size()) {
      return absl::DataLossError("a temporary file is shorter than it was written");
    }
    return true;
  }

  std::string key, value;  // the front

 private:
  explicit Run(FILE* file) : file_(file) {}
  FILE* const file_;
};

SpoolSort::SpoolSort(size_t memory_bytes) : memory_bytes_(memory_bytes) {}
SpoolSort::~SpoolSort() = default;

std::string_view SpoolSort::KeyOf(const Record& record) const {
  return std::string_view(bytes_).substr(record.offset, record.key_size);
}

void SpoolSort::SortMemory() {
  std::stable_sort(records_.begin(), records_.end(),
                   [this](const Record& a, const Record& b) { return KeyOf(a) < KeyOf(b); });
}

absl::Status SpoolSort::Add(std::string_view key, std::string_view value) {
  const size_t size = key.size() + value.size();
  if (!records_.empty() &&
      bytes_.size() + size + (records_.size() + 1) * sizeof(Record) > memory_bytes_) {
    if (absl::Status status = Spool(); !status.ok()) return status;
  }
  records_.push_back(
      {bytes_.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())});
  bytes_.append(key).append(value);
  return absl::OkStatus();
}

absl::Status SpoolSort::Spool() {
  SortMemory();
  absl::StatusOr<std::unique_ptr<Run>> run = Run::Make();
  if (!run.ok()) return run.status();
  for (const Record& record : records_) {
    const std::string_view value =
        std::string_view(bytes_).substr(record.offset + record.key_size, record.value_size);
    if (absl::Status status = (*run)->Write(KeyOf(record), value); !status.ok()) return status;
  }
  runs_.push_back(*std::move(run));
  records_.clear();
  bytes_.clear();
  return absl::OkStatus();
}

absl::Status SpoolSort::BeginReading() {
  reading_ = true;
  if (runs_.empty()) {
    SortMemory();
    return absl::OkStatus();
  }
  if (!records_.empty()) {
    if (absl::Status status = Spool(); !status.ok()) return status;
  }
  for (size_t i = 0; i < runs_.size(); ++i) {
    if (absl::Status status = runs_[i]->Rewind(); !status.ok()) return status;
    absl::StatusOr<bool> more = runs_[i]->Advance();
    if (!more.ok()) return more.status();
    if (*more) heap_.push_back(i);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> SpoolSort::Next(std::string* key, std::string* value) {
  // The earlier run goes first among equal keys: it was added first.
  const auto later = [this](size_t a, size_t b) {
    const int order = runs_[a]->key.compare(runs_[b]->key);
    return order != 0 ? order > 0 : a > b;
  };
  if (!reading_) {
    if (absl::Status status = BeginReading(); !status.ok()) return status;
    std::make_heap(heap_.begin(), heap_.end(), later);
  }
  if (runs_.empty()) {
    if (position_ == records_.size()) return false;
    const Record& record = records_[position_++];
    key->assign(KeyOf(record));
    value->assign(bytes_, record.offset + record.key_size, record.value_size);
    return true;
  }
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  Run& run = *runs_[heap_.back()];
  key->swap(run.key);
  value->swap(run.value);
  absl::StatusOr<bool> more = run.Advance();
  if (!more.ok()) return more.status();
  if (*more) {
    std::push_heap(heap_.begin(), heap_.end(), later);
  } else {
    heap_.pop_back();
  }
  return true;
}

}  // namespace segmentation::cli
