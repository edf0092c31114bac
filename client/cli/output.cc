#include "client/cli/output.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "client/cli/import/proto_time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "segmentation/v1/common.pb.h"

namespace segmentation::cli {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// ORDER_STATUS_DEPOSIT_PAID of OrderStatus → deposit_paid.
std::string EnumText(const EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  prefix += '_';
  std::string name = value.name();
  if (absl::StartsWith(name, prefix)) name.erase(0, prefix.size());
  return absl::AsciiStrToLower(name);
}

std::string DayText(const v1::CivilDate& date) {
  return date.year() == 0
             ? absl::StrFormat("--%02d-%02d", date.month(), date.day())
             : absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

Json ValueOf(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return repeated ? reflection.GetRepeatedInt32(message, &field, index)
                      : reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return repeated ? reflection.GetRepeatedInt64(message, &field, index)
                      : reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return repeated ? reflection.GetRepeatedUInt32(message, &field, index)
                      : reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return repeated ? reflection.GetRepeatedUInt64(message, &field, index)
                      : reflection.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return repeated ? reflection.GetRepeatedDouble(message, &field, index)
                      : reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return repeated ? reflection.GetRepeatedFloat(message, &field, index)
                      : reflection.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return repeated ? reflection.GetRepeatedBool(message, &field, index)
                      : reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(repeated ? *reflection.GetRepeatedEnum(message, &field, index)
                               : *reflection.GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = repeated ? reflection.GetRepeatedString(message, &field, index)
                                  : reflection.GetString(message, &field);
      return field.type() == FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(text) : text;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToJson(repeated ? reflection.GetRepeatedMessage(message, &field, index)
                             : reflection.GetMessage(message, &field));
  }
  return nullptr;
}

// Text of a JSON value in a table cell.
std::string CellText(const Json& value) {
  if (value.is_null() || value == "unspecified") return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_array()) {
    std::string text;
    for (const Json& item : value) absl::StrAppend(&text, text.empty() ? "" : ", ", CellText(item));
    return text;
  }
  return value.dump();
}

void AppendDetails(const Json& value, size_t indent, std::string* text) {
  size_t width = 0;
  for (const auto& [key, item] : value.items()) width = std::max(width, key.size());
  for (const auto& [key, item] : value.items()) {
    if (item.is_null() || item == "" || ((item.is_object() || item.is_array()) && item.empty())) {
      continue;
    }
    const std::string margin(indent, ' ');
    const bool nested_list =
        item.is_array() &&
        std::any_of(item.begin(), item.end(), [](const Json& part) { return part.is_object(); });
    if (item.is_object()) {
      absl::StrAppend(text, margin, key, "\n");
      AppendDetails(item, indent + 2, text);
    } else if (nested_list) {
      for (size_t i = 0; i < item.size(); ++i) {
        absl::StrAppend(text, margin, key, "[", i, "]\n");
        AppendDetails(item[i], indent + 2, text);
      }
    } else {
      absl::StrAppend(text, margin, key, std::string(width - key.size() + 2, ' '), CellText(item),
                      "\n");
    }
  }
}

// Bytes of the character that begins at `at`, and its code point.
size_t NextCharacter(std::string_view text, size_t at, uint32_t* code) {
  const auto lead = static_cast<uint8_t>(text[at]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  *code = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t i = 1; i < length && at + i < text.size(); ++i) {
    *code = *code << 6 | (static_cast<uint8_t>(text[at + i]) & 0x3F);
  }
  return std::min(length, text.size() - at);
}

}  // namespace

Json ToJson(const Message& message) {
  if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) {
    google::protobuf::Timestamp timestamp;
    timestamp.CopyFrom(message);
    return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", FromTimestamp(timestamp),
                            absl::UTCTimeZone());
  }
  if (message.GetDescriptor() == google::protobuf::Duration::descriptor()) {
    google::protobuf::Duration duration;
    duration.CopyFrom(message);
    return static_cast<double>(duration.seconds()) + duration.nanos() / 1e9;
  }
  if (message.GetDescriptor() == v1::CivilDate::descriptor()) {
    v1::CivilDate date;
    date.CopyFrom(message);
    return DayText(date);
  }
  const Reflection& reflection = *message.GetReflection();
  if (message.GetDescriptor() == v1::AttributeValue::descriptor()) {
    std::vector<const FieldDescriptor*> set;
    reflection.ListFields(message, &set);
    return set.empty() ? Json(nullptr) : ValueOf(message, *set[0], -1);
  }
  Json json = Json::object();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_repeated()) {
      Json list = Json::array();
      for (int k = 0; k < reflection.FieldSize(message, &field); ++k) {
        list.push_back(ValueOf(message, field, k));
      }
      json[field.name()] = std::move(list);
    } else if (field.real_containing_oneof() != nullptr) {
      if (reflection.HasField(message, &field)) json[field.name()] = ValueOf(message, field, -1);
    } else if (field.has_presence() && !reflection.HasField(message, &field)) {
      json[field.name()] = nullptr;
    } else {
      json[field.name()] = ValueOf(message, field, -1);
    }
  }
  return json;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    uint32_t code = 0;
    at += NextCharacter(text, at, &code);
    const bool combining = (code >= 0x300 && code <= 0x36F) || code == 0x200B || code == 0xFE0F;
    const bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                      (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                      (code >= 0xFE30 && code <= 0xFE4F) || (code >= 0xFF00 && code <= 0xFF60) ||
                      (code >= 0xFFE0 && code <= 0xFFE6) || (code >= 0x1F300 && code <= 0x1FAFF) ||
                      (code >= 0x20000 && code <= 0x3FFFD);
    width += combining ? 0 : wide ? 2 : 1;
  }
  return width;
}

std::string FormatTable(const std::vector<std::string>& headers,
                        const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::string& header : headers) widths.push_back(DisplayWidth(header));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - DisplayWidth(row[i]) + 2, ' ');
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  };
  append(headers);
  for (const auto& row : rows) append(row);
  return text;
}

std::string FormatDetails(const Json& value) {
  std::string text;
  AppendDetails(value, 0, &text);
  return text;
}

void Output::Print(const Json& value) {
  if (json_) {
    out_ << value.dump(2) << "\n";
  } else {
    out_ << (value.is_object() ? FormatDetails(value) : CellText(value) + "\n");
  }
}

void Output::Say(const std::string& line) {
  if (!json_) out_ << line << "\n";
}

void Output::BeginList(const std::string& key, const std::vector<std::string>& columns) {
  first_in_list_ = true;
  columns_ = columns;
  rows_.clear();
  if (json_) out_ << "{\n  " << Json(key).dump() << ": [";
}

void Output::AddToList(const Json& item) {
  if (json_) {
    out_ << (first_in_list_ ? "\n    " : ",\n    ") << item.dump();
    first_in_list_ = false;
    return;
  }
  std::vector<std::string> row;
  for (const std::string& column : columns_) {
    const Json* value = &item;
    static const auto* nothing = new Json(nullptr);
    if (!item.is_string()) {
      for (const absl::string_view part : absl::StrSplit(column, '.')) {
        const auto found = value->is_object() ? value->find(std::string(part)) : value->end();
        if (!value->is_object() || found == value->end()) {
          value = nothing;
          break;
        }
        value = &*found;
      }
    }
    row.push_back(CellText(*value));
  }
  rows_.push_back(std::move(row));
}

void Output::EndList(bool complete) {
  if (json_) {
    // A list cut by an error is left open: it must not look complete.
    if (complete) out_ << (first_in_list_ ? "]\n}\n" : "\n  ]\n}\n");
  } else {
    out_ << FormatTable(columns_, rows_);
  }
  rows_.clear();
}

}  // namespace segmentation::cli
