#include "server/storage/mysql/result_set.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "server/storage/mysql/parameter.h"

namespace segmentation::storage::mysql {

void Parameter::UnsignedTooLarge(uint64_t value) {
  std::fprintf(stderr, "statement parameter %llu: want a value below 2^63\n",
               static_cast<unsigned long long>(value));
  std::abort();
}

void ResultSet::BadAccess(size_t cell, const char* wanted) const {
  static constexpr const char* kKinds[] = {"NULL", "a signed number", "an unsigned number",
                                           "bytes"};
  if (cell >= cells_.size()) {
    std::fprintf(stderr, "result set: cell %zu of %zu\n", cell, cells_.size());
  } else {
    std::fprintf(stderr, "result column '%s': got %s, want %s\n",
                 names_[cell % names_.size()].c_str(),
                 kKinds[static_cast<size_t>(cells_[cell].kind)], wanted);
  }
  std::abort();
}

void ResultSet::Append(const ResultSet& other) {
  if (names_.empty()) names_ = other.names_;
  if (names_.size() != other.names_.size()) {
    std::fprintf(stderr, "result set: appended %zu columns to %zu\n", other.names_.size(),
                 names_.size());
    std::abort();
  }
  const uint64_t shift = bytes_.size();
  bytes_.append(other.bytes_);
  cells_.reserve(cells_.size() + other.cells_.size());
  for (Cell cell : other.cells_) {
    if (cell.kind == Kind::kBytes) cell.value += shift;
    cells_.push_back(cell);
  }
}

bool ResultSet::Row::IsNull(size_t column) const {
  const size_t at = first_cell_ + column;
  if (column >= set_->names_.size() || at >= set_->cells_.size()) set_->BadAccess(at, "a cell");
  return set_->cells_[at].kind == Kind::kNull;
}

int64_t ResultSet::Row::Int64(size_t column) const {
  if (IsNull(column)) set_->BadAccess(first_cell_ + column, "a number within int64");
  const Cell& cell = set_->cells_[first_cell_ + column];
  const int64_t value = static_cast<int64_t>(cell.value);
  if (cell.kind == Kind::kSigned || (cell.kind == Kind::kUnsigned && value >= 0)) return value;
  set_->BadAccess(first_cell_ + column, "a number within int64");
}

uint64_t ResultSet::Row::UInt64(size_t column) const {
  if (IsNull(column)) set_->BadAccess(first_cell_ + column, "a number of 0 or more");
  const Cell& cell = set_->cells_[first_cell_ + column];
  if (cell.kind == Kind::kUnsigned ||
      (cell.kind == Kind::kSigned && static_cast<int64_t>(cell.value) >= 0)) {
    return cell.value;
  }
  set_->BadAccess(first_cell_ + column, "a number of 0 or more");
}

std::string_view ResultSet::Row::Text(size_t column) const {
  if (IsNull(column)) set_->BadAccess(first_cell_ + column, "bytes");
  const Cell& cell = set_->cells_[first_cell_ + column];
  if (cell.kind != Kind::kBytes) set_->BadAccess(first_cell_ + column, "bytes");
  return std::string_view(set_->bytes_).substr(cell.value, cell.size);
}

std::optional<int64_t> ResultSet::Row::OptionalInt64(size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Int64(column);
}

std::optional<std::string_view> ResultSet::Row::OptionalText(size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Text(column);
}

}  // namespace segmentation::storage::mysql
