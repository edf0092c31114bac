#include "client/cli/import_sink.h"

#include <cerrno>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "client/cli/import/proto_time.h"
#include "client/src/text.h"

namespace segmentation::cli {
namespace {

constexpr int64_t kShownRejects = 10;

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(internal::ToAbsl(text), {{"\"", "\"\""}}), "\"");
}

Json DayToJson(const std::optional<absl::CivilDay>& day) {
  return day.has_value() ? ToJson(ToCivilDate(*day)) : Json(nullptr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RejectLog>> RejectLog::Open(const std::string& path,
                                                           std::ostream& err) {
  std::unique_ptr<RejectLog> log(new RejectLog(path, err));
  if (!path.empty()) {
    log->file_.open(path, std::ios::binary | std::ios::trunc);
    if (!log->file_) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
    log->file_ << "file,line,reason,message\n";
  }
  return log;
}

void RejectLog::Add(const RowPlace& place, std::string_view reason, std::string_view message) {
  ++count_;
  ++by_reason_[std::string(reason)];
  if (!path_.empty()) {
    file_ << CsvField(place.file) << "," << place.line << "," << CsvField(reason) << ","
          << CsvField(message) << "\n";
  }
  if (count_ <= kShownRejects) {
    err_ << place.file << ":" << place.line << ": " << message << " [" << reason << "]\n";
  } else if (count_ == kShownRejects + 1) {
    err_ << (path_.empty() ? "more rows are refused; --rejects FILE lists them all"
                           : "more refused rows are in " + path_)
         << "\n";
  }
}

absl::Status RejectLog::Close() {
  if (path_.empty()) return absl::OkStatus();
  file_.close();
  return file_ ? absl::OkStatus() : absl::DataLossError(absl::StrCat("cannot write ", path_));
}

Json SumsToJson(const OrderSums& sums) {
  Json json;
  json["member_count"] = sums.member_count;
  json["buyer_count"] = sums.buyer_count;
  json["order_count"] = sums.order_count;
  json["line_count"] = sums.line_count;
  json["paid_order_count"] = sums.paid_order_count;
  json["valid_order_count"] = sums.valid_order_count;
  json["wholly_refunded_order_count"] = sums.wholly_refunded_order_count;
  json["partly_refunded_order_count"] = sums.partly_refunded_order_count;
  json["return_count"] = sums.return_count;
  json["paid_minor_units"] = sums.paid_minor_units;
  json["refunded_minor_units"] = sums.refunded_minor_units;
  json["net_minor_units"] = sums.net_minor_units;
  json["return_minor_units"] = sums.return_minor_units;
  json["first_order_day"] = DayToJson(sums.first_order_day);
  json["last_order_day"] = DayToJson(sums.last_order_day);
  return json;
}

}  // namespace segmentation::cli
