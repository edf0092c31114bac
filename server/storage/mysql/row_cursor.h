// Reads the cells of one row in the order of the statement's columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/domain/ids.h"
#include "server/storage/mysql/parameter.h"
#include "server/storage/mysql/result_set.h"

namespace segmentation::storage::mysql {

// The columns of a domain::Stamp, in the order RowCursor::Stamp and AppendStamp use.
inline constexpr std::string_view kStampColumns =
    "revision, ordinal, created_at_ms, updated_at_ms, created_by, updated_by";

// Each call takes the next column. The row's result set must outlive it.
class RowCursor {
 public:
  explicit RowCursor(ResultSet::Row row) : row_(row) {}

  // A whole number or enum.
  template <typename T>
  T Number() {
    return static_cast<T>(row_.Int64(column_++));
  }
  bool Flag() { return row_.Int64(column_++) != 0; }
  std::string Text() { return std::string(row_.Text(column_++)); }
  std::optional<int64_t> OptionalNumber() { return row_.OptionalInt64(column_++); }
  std::optional<std::string> OptionalText() {
    const std::optional<std::string_view> text = row_.OptionalText(column_++);
    if (!text) return std::nullopt;
    return std::string(*text);
  }
  domain::Stamp Stamp() {
    domain::Stamp stamp;
    stamp.etag.revision = Number<domain::Revision>();
    stamp.etag.ordinal = Number<int32_t>();
    stamp.created_at_ms = Number<int64_t>();
    stamp.updated_at_ms = Number<int64_t>();
    stamp.created_by = Text();
    stamp.updated_by = Text();
    return stamp;
  }

 private:
  ResultSet::Row row_;
  size_t column_ = 0;
};

// Adds the values of kStampColumns; borrows the stamp's texts.
inline void AppendStamp(Params& params, const domain::Stamp& stamp) {
  params.insert(params.end(), {stamp.etag.revision, stamp.etag.ordinal, stamp.created_at_ms,
                               stamp.updated_at_ms, stamp.created_by, stamp.updated_by});
}

// Adds values in the order of a statement's columns; borrows texts that are lvalues.
inline void Append(Params& params, std::initializer_list<Parameter> values) {
  params.insert(params.end(), values);
}

}  // namespace segmentation::storage::mysql
