// Where the rows of an import go: counted, shown, sent; refused ones written down.
#pragma once

#include <cstdint>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/import/import_rules.h"
#include "client/cli/import/order_totals.h"
#include "client/cli/output.h"
#include "client/cli/progress_bar.h"
#include "segmentation/import_session.h"

namespace segmentation::cli {

// Refused rows: all of them in a CSV file (file, line, reason, message) if one is named; the first
// ten on `err`.
class RejectLog {
 public:
  // `path` empty = no file.
  static absl::StatusOr<std::unique_ptr<RejectLog>> Open(const std::string& path,
                                                         std::ostream& err);

  void Add(const RowPlace& place, std::string_view reason, std::string_view message);
  // Whether everything was written.
  absl::Status Close();

  int64_t count() const { return count_; }
  const std::map<std::string, int64_t>& by_reason() const { return by_reason_; }

 private:
  RejectLog(std::string path, std::ostream& err) : path_(std::move(path)), err_(err) {}

  const std::string path_;
  std::ostream& err_;
  std::ofstream file_;
  int64_t count_ = 0;
  std::map<std::string, int64_t> by_reason_;
};

// Sums as JSON with the documented keys.
Json SumsToJson(const OrderSums& sums);

// Without SendTo it is a dry run: the first rows are kept to be shown.
template <typename Row>
class ImportSink : public RowSink<Row> {
 public:
  static constexpr size_t kShownRows = 5;

  ImportSink(const ImportRules& rules, RejectLog& rejects, ProgressBar& bar)
      : rejects_(rejects), bar_(bar) {
    if constexpr (std::is_same_v<Row, v1::Order>) {
      totals_ = std::make_unique<OrderTotals>(rules.zone, rules.sort_memory_bytes);
    }
  }

  // Import options that report to this sink.
  ImportOptions Callbacks(ImportOptions options) {
    options.on_progress = [this](const ImportProgress& progress) {
      progress_ = progress;
      Forget();
      // Orders are sent after the whole file was read and sorted.
      bar_.Update(progress.committed_rows, fraction_);
    };
    options.on_rejected = [this](const RejectedRow& row) {
      const auto index = static_cast<size_t>(row.row_index - first_kept_);
      const RowPlace place = index < kept_.size() ? kept_[index] : RowPlace{"?", 0};
      std::string reason = v1::ErrorReason_Name(row.status.reason());
      constexpr std::string_view kPrefix = "ERROR_REASON_";
      if (reason.starts_with(kPrefix)) reason.erase(0, kPrefix.size());
      // Messages of the server usually begin with their field.
      const std::string& field = row.status.field();
      const std::string& message = row.status.message();
      rejects_.Add(place, reason,
                   field.empty() || message.starts_with(field)
                       ? message
                       : absl::StrCat(field, ": ", message));
    };
    return options;
  }
  void SendTo(ImportSession<Row> import) { import_.emplace(std::move(import)); }

  absl::Status Take(Row row, const RowPlace& place) override {
    ++row_count_;
    if constexpr (std::is_same_v<Row, v1::Order>) {
      if (absl::Status status = totals_->Add(row); !status.ok()) return status;
    }
    if (!import_.has_value()) {
      if (first_rows_.size() < kShownRows) first_rows_.push_back(ToJson(row));
      return absl::OkStatus();
    }
    kept_.push_back(place);
    return import_->Add(std::move(row));
  }
  absl::Status Reject(const RowPlace& place, std::string_view reason,
                      std::string_view message) override {
    rejects_.Add(place, reason, message);
    return absl::OkStatus();
  }
  void Skip(std::string_view reason) override { ++skipped_[std::string(reason)]; }
  void Reading(int64_t line_count, double fraction) override {
    fraction_ = fraction;
    if (progress_.committed_rows == 0) bar_.Update(line_count, fraction);
  }
  void Note(std::string_view text) override { notes_.emplace_back(text); }

  // After reading, which ended with `read`: sends the rest and sums up. Keys: files, row_count
  // (rows made), rejected_row_count, rejected_rows (by reason), skipped_rows (by reason), then for
  // orders the sums, in a dry run first_rows, else import_id, accepted_count, unchanged_count,
  // rejected_count (by the server), unreported_row_count, revision_token.
  absl::StatusOr<Json> Finish(const absl::Status& read) {
    if (!read.ok()) return read;
    std::optional<ImportResult> result;
    if (import_.has_value()) {
      absl::StatusOr<ImportResult> finished = import_->Finish();
      if (!finished.ok()) return finished.status();
      result = *std::move(finished);
    }
    Json json;
    json["files"] = notes_;
    json["row_count"] = row_count_;
    json["rejected_row_count"] = rejects_.count();
    json["rejected_rows"] = rejects_.by_reason();
    json["skipped_rows"] = skipped_;
    if constexpr (std::is_same_v<Row, v1::Order>) {
      absl::StatusOr<OrderSums> sums = totals_->Finish();
      if (!sums.ok()) return sums.status();
      json.update(SumsToJson(*sums));
    }
    if (result.has_value()) {
      json["import_id"] = result->import_id;
      json["accepted_count"] = result->progress.totals.accepted_count();
      json["unchanged_count"] = result->progress.totals.unchanged_count();
      json["rejected_count"] = result->progress.totals.rejected_count();
      json["unreported_row_count"] = result->unreported_rows;
      json["revision_token"] = result->revision_token;
    } else {
      json["first_rows"] = first_rows_;
    }
    return json;
  }

  int64_t row_count() const { return row_count_; }
  std::string import_id() const { return import_.has_value() ? import_->import_id() : ""; }

 private:
  // Places of committed rows are needed no more.
  void Forget() {
    while (first_kept_ < progress_.committed_rows && !kept_.empty()) {
      kept_.pop_front();
      ++first_kept_;
    }
  }

  RejectLog& rejects_;
  ProgressBar& bar_;
  std::unique_ptr<OrderTotals> totals_;
  std::optional<ImportSession<Row>> import_;
  std::deque<RowPlace> kept_;  // of rows sent and not committed
  int64_t first_kept_ = 0;     // index of the first of them
  ImportProgress progress_;
  double fraction_ = -1;
  int64_t row_count_ = 0;
  std::map<std::string, int64_t> skipped_;
  std::vector<std::string> notes_;
  Json first_rows_ = Json::array();
};

}  // namespace segmentation::cli
