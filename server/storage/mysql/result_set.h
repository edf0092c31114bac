// The rows a query answered, all of them in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segmentation::storage::mysql {

// A table of cells: NULL, signed or unsigned whole number, or bytes. Whole-number columns (also
// DECIMAL without a fraction, as SUM answers, where it fits) are numbers; everything else is bytes:
// text, binary, DECIMAL with a fraction exactly as the server prints it, dates as "YYYY-MM-DD" and
// date-times as "YYYY-MM-DD hh:mm:ss" with ".ffffff" only where the fraction is not zero.
//
// Columns count from 0. An accessor that does not fit its cell (a number read as text, NULL read as
// a number) is an error of the statement's own reader, never of data: it aborts the process with
// the column named. Read-only after it was filled, then safe to share between threads.
class ResultSet {
 public:
  class Row {
   public:
    bool IsNull(size_t column) const;
    // A number within int64.
    int64_t Int64(size_t column) const;
    // A number of 0 or more.
    uint64_t UInt64(size_t column) const;
    // Bytes; they live as long as the result set.
    std::string_view Text(size_t column) const;
    // As above; nothing for NULL.
    std::optional<int64_t> OptionalInt64(size_t column) const;
    std::optional<std::string_view> OptionalText(size_t column) const;

   private:
    friend class ResultSet;
    Row(const ResultSet* set, size_t first_cell) : set_(set), first_cell_(first_cell) {}
    const ResultSet* set_;
    size_t first_cell_;
  };

  class Iterator {
   public:
    Row operator*() const { return (*set_)[row_]; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return row_ != other.row_; }

   private:
    friend class ResultSet;
    Iterator(const ResultSet* set, size_t row) : set_(set), row_(row) {}
    const ResultSet* set_;
    size_t row_;
  };

  ResultSet() = default;
  // An empty set of columns with these names.
  explicit ResultSet(std::vector<std::string> column_names) : names_(std::move(column_names)) {}

  size_t row_count() const { return names_.empty() ? 0 : cells_.size() / names_.size(); }
  size_t column_count() const { return names_.size(); }
  bool empty() const { return cells_.empty(); }
  Row operator[](size_t row) const { return Row(this, row * names_.size()); }
  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, row_count()); }

  // Filling: cells in row-major order.
  void Reserve(size_t rows) { cells_.reserve(rows * names_.size()); }
  void AddNull() { cells_.push_back({Kind::kNull, 0, 0}); }
  void AddInt64(int64_t value) {
    cells_.push_back({Kind::kSigned, static_cast<uint64_t>(value), 0});
  }
  void AddUInt64(uint64_t value) { cells_.push_back({Kind::kUnsigned, value, 0}); }
  void AddBytes(std::string_view bytes) {
    cells_.push_back({Kind::kBytes, bytes_.size(), bytes.size()});
    bytes_.append(bytes);
  }
  // Puts the rows of `other` after these; both have the same columns, or this has none yet.
  void Append(const ResultSet& other);

 private:
  enum class Kind : uint8_t { kNull, kSigned, kUnsigned, kBytes };
  struct Cell {
    Kind kind;
    uint64_t value;  // the number's bits, or where the bytes begin
    uint64_t size;   // of the bytes
  };

  [[noreturn]] void BadAccess(size_t cell, const char* wanted) const;

  std::vector<std::string> names_;
  std::vector<Cell> cells_;
  std::string bytes_;
};

}  // namespace segmentation::storage::mysql
