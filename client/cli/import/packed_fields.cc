#include "client/cli/import/packed_fields.h"

#include <cstdint>
#include <cstring>

namespace segmentation::cli {

std::string PackFields(const std::vector<std::string>& fields) {
  std::string packed;
  for (const std::string& field : fields) {
    const auto size = static_cast<uint32_t>(field.size());
    char bytes[sizeof size];
    std::memcpy(bytes, &size, sizeof size);
    packed.append(bytes, sizeof size).append(field);
  }
  return packed;
}

std::vector<std::string> UnpackFields(std::string_view packed) {
  std::vector<std::string> fields;
  uint32_t size = 0;
  while (packed.size() >= sizeof size) {
    std::memcpy(&size, packed.data(), sizeof size);
    packed.remove_prefix(sizeof size);
    fields.emplace_back(packed.substr(0, size));
    packed.remove_prefix(size < packed.size() ? size : packed.size());
  }
  return fields;
}

}  // namespace segmentation::cli
