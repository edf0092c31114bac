// Instants and days between the API and the domain.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "segmentation/v1/common.pb.h"
#include "server/base/clock.h"

namespace segmentation::rpc {

google::protobuf::Timestamp ToTimestamp(base::InstantMs instant);

// Rounded down to the millisecond. FIELD_OUT_OF_RANGE outside the years 0001 to 9999, FIELD_INVALID
// for nanos that no Timestamp has.
absl::StatusOr<base::InstantMs> FromTimestamp(const google::protobuf::Timestamp& timestamp,
                                              std::string_view field);

v1::CivilDate ToCivilDate(base::DayNumber day);
// yyyymmdd, year 0 = unknown.
v1::CivilDate CivilDateFromCode(int64_t code);
absl::StatusOr<int64_t> CodeFromCivilDate(const v1::CivilDate& date, std::string_view field);

}  // namespace segmentation::rpc
