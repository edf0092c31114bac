// What segctl prints. With --json: one JSON value on standard output, whose keys are the names of
// the API's fields. Otherwise tables and lists for people.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "segmentation/page_range.h"

namespace segmentation::cli {

using Json = nlohmann::ordered_json;

// A message by its fields' names, in their order; all fields, so that keys are stable: unset
// messages are null, of a oneof only the set member is there. 64-bit numbers are numbers, enums
// lower-case names without their prefix, instants RFC 3339 in UTC, days YYYY-MM-DD (--MM-DD without
// a year), durations seconds, attribute values the plain value.
Json ToJson(const google::protobuf::Message& message);

// A table with columns as wide as their content; Chinese characters are two wide.
std::string FormatTable(const std::vector<std::string>& headers,
                        const std::vector<std::vector<std::string>>& rows);

// Columns that the text takes on a terminal.
size_t DisplayWidth(std::string_view text);

// "key  value" lines; nested values are indented, empty ones left out.
std::string FormatDetails(const Json& value);

class Output {
 public:
  Output(std::ostream& out, std::ostream& err, bool json) : out_(out), err_(err), json_(json) {}

  bool json() const { return json_; }
  std::ostream& out() { return out_; }
  // For progress and hints; never part of the answer.
  std::ostream& err() { return err_; }

  // A value as JSON, or as details.
  void Print(const Json& value);
  void Print(const google::protobuf::Message& message) { Print(ToJson(message)); }
  // A line for people only.
  void Say(const std::string& line);

  // A list read page by page: JSON {"KEY": […]}, or a table of the named columns (paths like "a.b"
  // into the item's JSON). Stops after `limit` items (0 = all). Nothing of it is held in memory but
  // the table.
  template <typename T>
  absl::Status PrintList(PageRange<T> range, const std::string& key,
                         const std::vector<std::string>& columns, int64_t limit = 0) {
    BeginList(key, columns);
    int64_t count = 0;
    for (auto& item : range) {
      if (!item.ok()) {
        EndList(false);
        return item.status();
      }
      if constexpr (std::is_same_v<T, std::string>) {
        AddToList(*item);
      } else {
        AddToList(ToJson(*item));
      }
      if (++count == limit) break;
    }
    EndList(true);
    return absl::OkStatus();
  }

 private:
  void BeginList(const std::string& key, const std::vector<std::string>& columns);
  void AddToList(const Json& item);
  void EndList(bool complete);

  std::ostream& out_;
  std::ostream& err_;
  const bool json_;
  bool first_in_list_ = true;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace segmentation::cli
