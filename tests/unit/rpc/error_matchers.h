// What tests ask of errors: reason and field.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "segmentation/internal/google_rpc.pb.h"
#include "server/base/error.h"

namespace segmentation::rpc {

// "REASON field", or "OK", or the bare status.
inline std::string Fault(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  if (!info) return status.ToString();
  return std::string(base::NameOf(info->reason)) + " " + info->field;
}
template <typename T>
std::string Fault(const absl::StatusOr<T>& value) {
  return Fault(value.status());
}

// Metadata of an error; empty if it has none of the key.
inline std::string MetadataOf(const absl::Status& status, std::string_view key) {
  const std::optional<base::ErrorInfo> info = base::GetErrorInfo(status);
  if (!info) return "";
  for (const auto& [name, value] : info->metadata) {
    if (name == key) return value;
  }
  return "";
}

}  // namespace segmentation::rpc
