#include "client/cli/import/identity_columns.h"

#include <algorithm>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/cli/import/field_text.h"

namespace segmentation::cli {

const std::vector<IdentityColumn>& IdentityColumns() {
  static const auto* columns = new std::vector<IdentityColumn>{
      {"ouid", v1::IDENTITY_KIND_OUID},       {"nick", v1::IDENTITY_KIND_NICK},
      {"phone", v1::IDENTITY_KIND_PHONE},     {"email", v1::IDENTITY_KIND_EMAIL},
      {"open_id", v1::IDENTITY_KIND_OPEN_ID}, {"pin", v1::IDENTITY_KIND_PIN},
      {"card", v1::IDENTITY_KIND_CARD},
  };
  return *columns;
}

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> parts;
  const std::string plain = absl::StrReplaceAll(text, {{"；", ";"}, {"|", ";"}});
  for (const absl::string_view part : absl::StrSplit(plain, ';', absl::SkipWhitespace())) {
    std::string cleaned = CleanText(std::string(part));
    if (!cleaned.empty() && std::find(parts.begin(), parts.end(), cleaned) == parts.end()) {
      parts.push_back(std::move(cleaned));
    }
  }
  return parts;
}

}  // namespace segmentation::cli
