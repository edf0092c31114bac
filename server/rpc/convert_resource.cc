#include "server/rpc/convert_resource.h"

#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::rpc {
namespace {

constexpr size_t kEtagBytes = 12;  // revision and ordinal, big-endian

void AppendBigEndian(uint64_t value, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
}

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

absl::Status MaskError(std::string_view path, std::initializer_list<MaskField> fields) {
  std::string message = base::StrCat(
      "got ", path.empty() ? std::string("no field") : base::StrCat("'", path, "'"), ", want ");
  for (const MaskField* field = fields.begin(); field != fields.end(); ++field) {
    base::StrAppend(&message, field == fields.begin() ? "" : ", ", field->name);
  }
  return base::MakeError(base::Reason::UPDATE_MASK_INVALID, "update_mask", message,
                         {{"path", std::string(path)}});
}

}  // namespace

std::string EtagText(const domain::Etag& etag) {
  std::string bytes;
  AppendBigEndian(static_cast<uint64_t>(etag.revision), 8, bytes);
  AppendBigEndian(static_cast<uint32_t>(etag.ordinal), 4, bytes);
  return base::Base64UrlEncode(bytes);
}

absl::StatusOr<std::optional<domain::Etag>> EtagFromText(std::string_view text,
                                                         std::string_view field) {
  if (text.empty()) return std::nullopt;
  const absl::Status invalid =
      base::MakeError(base::Reason::FIELD_INVALID, field,
                      "got a text that is no etag, want the resource's etag as last read");
  const absl::StatusOr<std::string> bytes = base::Base64UrlDecode(text, field);
  if (!bytes.ok() || bytes->size() != kEtagBytes) return invalid;
  const uint64_t revision = ReadBigEndian(std::string_view(*bytes).substr(0, 8));
  const uint64_t ordinal = ReadBigEndian(std::string_view(*bytes).substr(8));
  if (revision > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) ||
      ordinal > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
    return invalid;
  }
  return domain::Etag{static_cast<int64_t>(revision), static_cast<int32_t>(ordinal)};
}

absl::Status ReadUpdateMask(const google::protobuf::FieldMask& mask,
                            std::initializer_list<MaskField> fields,
                            const std::function<bool(std::string_view)>& other) {
  if (mask.paths().empty()) return MaskError("", fields);
  for (const std::string& path : mask.paths()) {
    bool known = false;
    for (const MaskField& field : fields) {
      if (field.name == path) known = *field.named = true;
    }
    if (!known && !(other && other(path))) {
      return MaskError(
          base::IsValidUtf8(path) ? base::TruncateBytes(path, domain::kMaxNameBytes) : "?", fields);
    }
  }
  return absl::OkStatus();
}

absl::Status UnknownEnum(int value, std::string_view field) {
  return base::MakeError(
      base::Reason::ENUM_UNKNOWN, field,
      value == 0 ? "got no value, want one of the enum's"
                 : absl::StrCat("got the number ", value, ", which this server does not know"),
      {{"got", absl::StrCat(value)}});
}

absl::StatusOr<int> PageSizeOf(int32_t requested) {
  RETURN_IF_ERROR(domain::ValidateRange(requested, 0, domain::kMaxPageSize, "page_size"));
  return requested == 0 ? domain::kDefaultPageSize : requested;
}

absl::StatusOr<int32_t> ResourceRevisionOf(int64_t requested, std::string_view field) {
  RETURN_IF_ERROR(domain::ValidateRange(requested, 0, std::numeric_limits<int32_t>::max(), field));
  return static_cast<int32_t>(requested);
}

}  // namespace segmentation::rpc
