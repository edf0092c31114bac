// Members and products out of CSV files, one a line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/import/column_map.h"
#include "client/cli/import/import_rules.h"
#include "segmentation/v1/member.pb.h"
#include "segmentation/v1/order.pb.h"

namespace segmentation::cli {

// member_id, the identities and blocked; and "attribute.KEY" for any attribute.
const std::vector<FieldName>& MemberFields();
const std::vector<FieldName>& ProductFields();

// The attribute catalogue of the shop, by key.
using AttributeTypes = std::map<std::string, v1::Attribute>;

// Values take the type that `attributes` gives their key; a key that is not there is rejected.
// Values of a multi-valued attribute are parted by ";".
absl::Status ReadCsvMembers(const std::vector<std::string>& files, const FieldColumns& columns,
                            const AttributeTypes& attributes, const ImportRules& rules,
                            RowSink<v1::Member>& sink);

absl::Status ReadCsvProducts(const std::vector<std::string>& files, const FieldColumns& columns,
                             const ImportRules& rules, RowSink<v1::Product>& sink);

// One attribute value out of text; the type must be set.
absl::StatusOr<v1::AttributeValue> ParseAttributeValue(const std::string& text,
                                                       v1::AttributeType type,
                                                       const ImportRules& rules);

}  // namespace segmentation::cli
