#include "server/rpc/convert_time.h"

#include "absl/strings/str_cat.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/validation.h"

namespace segmentation::rpc {

google::protobuf::Timestamp ToTimestamp(base::InstantMs instant) {
  google::protobuf::Timestamp out;
  int64_t seconds = instant / 1'000;
  int64_t rest = instant % 1'000;
  if (rest < 0) {
    --seconds;
    rest += 1'000;
  }
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(rest * 1'000'000));
  return out;
}

absl::StatusOr<base::InstantMs> FromTimestamp(const google::protobuf::Timestamp& timestamp,
                                              std::string_view field) {
  if (timestamp.nanos() < 0 || timestamp.nanos() > 999'999'999) {
    return base::MakeError(
        base::Reason::FIELD_INVALID, field,
        absl::StrCat("got ", timestamp.nanos(), " nanos, want 0 to 999,999,999"));
  }
  constexpr int64_t kMaxSeconds = INT64_MAX / 1'000 - 1;
  if (timestamp.seconds() > kMaxSeconds || timestamp.seconds() < -kMaxSeconds) {
    return base::MakeError(base::Reason::FIELD_OUT_OF_RANGE, field,
                           "got an instant outside the years 0001 to 9999");
  }
  const base::InstantMs instant = timestamp.seconds() * 1'000 + timestamp.nanos() / 1'000'000;
  RETURN_IF_ERROR(domain::ValidateInstant(instant, field));
  return instant;
}

v1::CivilDate ToCivilDate(base::DayNumber day) { return CivilDateFromCode(base::DateCodeOf(day)); }

v1::CivilDate CivilDateFromCode(int64_t code) {
  v1::CivilDate out;
  out.set_year(static_cast<int32_t>(code / 10'000));
  out.set_month(static_cast<int32_t>(code / 100 % 100));
  out.set_day(static_cast<int32_t>(code % 100));
  return out;
}

absl::StatusOr<int64_t> CodeFromCivilDate(const v1::CivilDate& date, std::string_view field) {
  const int64_t code =
      int64_t{date.year()} * 10'000 + int64_t{date.month()} * 100 + int64_t{date.day()};
  const bool in_range = date.year() >= 0 && date.year() <= 9'999 && date.month() >= 1 &&
                        date.month() <= 12 && date.day() >= 1 && date.day() <= 31;
  if (!in_range || !base::IsDateCode(code)) {
    return base::MakeError(base::Reason::DATE_INVALID, field,
                           absl::StrCat("got ", date.year(), "-", date.month(), "-", date.day(),
                                        ", want a day of the calendar"));
  }
  return code;
}

}  // namespace segmentation::rpc
