// Columns that name a person, and lists in one column.
#pragma once

#include <string>
#include <vector>

#include "segmentation/v1/identity.pb.h"

namespace segmentation::cli {

struct IdentityColumn {
  const char* field;
  v1::IdentityKind kind;
};

// ouid, nick, phone, email, open_id, pin, card.
const std::vector<IdentityColumn>& IdentityColumns();

// "a; b；c|d" → a, b, c, d; each once.
std::vector<std::string> SplitList(const std::string& text);

}  // namespace segmentation::cli
