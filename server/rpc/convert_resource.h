// What all resources of the API share: etags, update masks, enums and page sizes.
#pragma once

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/error.h"
#include "server/domain/ids.h"

namespace segmentation::rpc {

// Opaque and URL-safe, 16 bytes.
std::string EtagText(const domain::Etag& etag);
// Nothing for the empty text: whatever is stored. FIELD_INVALID, naming `field`, for what EtagText
// never makes.
absl::StatusOr<std::optional<domain::Etag>> EtagFromText(std::string_view text,
                                                         std::string_view field);

// One field that an update may name, and the flag to set when it does.
struct MaskField {
  std::string_view name;
  bool* named;
};

// Takes a mask apart. UPDATE_MASK_INVALID (metadata path) when it is empty or names another field.
// `other` may take further paths ("attributes.KEY"): true if it did.
absl::Status ReadUpdateMask(const google::protobuf::FieldMask& mask,
                            std::initializer_list<MaskField> fields,
                            const std::function<bool(std::string_view)>& other = {});

absl::Status UnknownEnum(int value, std::string_view field);

// The domain's value of an API enum whose numbers are the same. ENUM_UNKNOWN (metadata got) for
// UNSPECIFIED and for numbers this server does not know.
template <typename Domain, typename Api>
absl::StatusOr<Domain> EnumFrom(Api value, std::string_view field) {
  const int number = static_cast<int>(value);
  if (number == 0 ||
      google::protobuf::GetEnumDescriptor<Api>()->FindValueByNumber(number) == nullptr) {
    return UnknownEnum(number, field);
  }
  return static_cast<Domain>(number);
}
template <typename Api, typename Domain>
Api EnumTo(Domain value) {
  return static_cast<Api>(static_cast<int>(value));
}

// The value, or its error with `prefix` put before the field path.
template <typename T>
absl::StatusOr<T> Under(std::string_view prefix, absl::StatusOr<T> value) {
  if (value.ok()) return value;
  return base::WithFieldPrefix(value.status(), prefix);
}

// Items a page holds: 0 = 100. FIELD_OUT_OF_RANGE, naming page_size, when negative or above 1,000.
absl::StatusOr<int> PageSizeOf(int32_t requested);

// A revision of a group or policy within 32 bits, 0 = the newest. FIELD_OUT_OF_RANGE.
absl::StatusOr<int32_t> ResourceRevisionOf(int64_t requested, std::string_view field);

}  // namespace segmentation::rpc
