#include "client/cli/import/csv_orders.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/import/csv_order_builder.h"
#include "client/cli/import/csv_reader.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/identity_columns.h"
#include "client/cli/import/packed_fields.h"
#include "client/cli/import/spool_sort.h"

namespace segmentation::cli {
namespace {

// More lines of one order id are a mistake in the file; they would have to be held in memory.
constexpr size_t kMaxLinesOfOrder = 10'000;

using Choice = CsvOrderRules::Choice;

struct PlacedLine {
  CsvLine fields;
  size_t file = 0;
  RowPlace place;
};

class CsvOrderFiles {
 public:
  CsvOrderFiles(const std::vector<std::string>& files, const CsvOrderRules& csv_rules,
                const ImportRules& rules, RowSink<v1::Order>& sink)
      : files_(files),
        csv_rules_(csv_rules),
        rules_(rules),
        sink_(sink),
        rows_(rules.sort_memory_bytes) {}

  absl::Status Read() {
    for (size_t i = 0; i < files_.size(); ++i) {
      if (absl::Status status = SortFile(i); !status.ok()) return status;
    }
    return EmitOrders();
  }

 private:
  absl::Status SortFile(size_t file) {
    absl::StatusOr<std::unique_ptr<CsvReader>> reader =
        CsvReader::Open(files_[file], rules_.encoding, rules_.delimiter);
    if (!reader.ok()) return reader.status();
    CsvRow row;
    absl::StatusOr<bool> more = (*reader)->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) return absl::InvalidArgumentError(absl::StrCat(files_[file], " is empty"));
    const CsvHeader header(row.fields);
    absl::StatusOr<ColumnMap> map =
        ColumnMap::Make(header, files_[file], OrderFields(), "", csv_rules_.columns);
    if (!map.ok()) return map.status();
    if (!map->Has("order_id")) return header.Require("order_id", files_[file]).status();
    if (!map->Has("created_at") && !map->Has("paid_at")) {
      return header.Require("created_at", files_[file]).status();
    }
    maps_.push_back(map->fields());
    sink_.Note(
        absl::StrCat(files_[file], ": ", NameOf((*reader)->encoding()), ", ", map->Describe()));
    while (true) {
      more = (*reader)->Next(&row);
      if (!more.ok()) return more.status();
      if (!*more) return absl::OkStatus();
      sink_.Reading(row.line, (*reader)->Fraction());
      if (absl::Status status = SortRow(row, file, *map, header, **reader); !status.ok()) {
        return status;
      }
    }
  }

  absl::Status SortRow(const CsvRow& row, size_t file, const ColumnMap& map,
                       const CsvHeader& header, const CsvReader& reader) {
    const RowPlace place{files_[file], row.line};
    if (row.fields.size() > header.names().size()) {
      return sink_.Reject(
          place, "column_count",
          absl::StrCat("got ", row.fields.size(), " fields, want ", header.names().size()));
    }
    std::vector<std::string> fields;
    for (const std::string& field : maps_.back()) {
      fields.push_back(map.Get(row.fields, field));
      if (!IsCleanUtf8(fields.back())) {
        return sink_.Reject(place, "text_invalid",
                            absl::StrCat(field, ": is not valid ", NameOf(reader.encoding())));
      }
    }
    absl::StatusOr<std::string> id = CleanId(map.Get(row.fields, "order_id"));
    if (!id.ok()) {
      return sink_.Reject(place, "id_damaged", absl::StrCat("order_id: ", id.status().message()));
    }
    if (id->empty()) return sink_.Reject(place, "field_required", "order_id: is empty");
    fields.push_back(absl::StrCat(file));
    fields.push_back(absl::StrCat(row.line));
    return rows_.Add(*id, PackFields(fields));
  }

  absl::StatusOr<PlacedLine> Unpack(const std::string& packed) const {
    std::vector<std::string> values = UnpackFields(packed);
    PlacedLine line;
    size_t& file = line.file;
    if (values.size() < 2 || !absl::SimpleAtoi(values[values.size() - 2], &file) ||
        file >= files_.size() || values.size() != maps_[file].size() + 2 ||
        !absl::SimpleAtoi(values.back(), &line.place.line)) {
      return absl::InternalError("a spooled row lost its place");
    }
    line.place.file = files_[file];
    for (size_t i = 0; i < maps_[file].size(); ++i) {
      line.fields[maps_[file][i]] = std::move(values[i]);
    }
    return line;
  }

  absl::Status EmitOrders() {
    std::string id, packed, order_id;
    std::vector<PlacedLine> lines;
    while (true) {
      absl::StatusOr<bool> more = rows_.Next(&id, &packed);
      if (!more.ok()) return more.status();
      if (!*more) return Emit(order_id, &lines);
      absl::StatusOr<PlacedLine> line = Unpack(packed);
      if (!line.ok()) return line.status();
      // The sort keeps the rows of one order in the order of the files.
      const bool same_order = id == order_id;
      if (!same_order || (!lines.empty() && lines.front().file != line->file)) {
        if (absl::Status status = Emit(order_id, &lines); !status.ok()) return status;
        lines.clear();
      }
      if (!same_order) {
        order_id = id;
        snapshots_.clear();
      }
      bool take = false;
      if (absl::Status status = Choose(id, *line, &take); !status.ok()) return status;
      if (!take) continue;
      if (lines.size() == kMaxLinesOfOrder) {
        const absl::Status status =
            sink_.Reject(line->place, "order_too_long",
                         absl::StrCat("order ", id, " has more than ", kMaxLinesOfOrder, " lines"));
        if (!status.ok()) return status;
        continue;
      }
      lines.push_back(*std::move(line));
    }
  }

  // Applies the choices about returns, unpriced lines and lines without a buyer.
  absl::Status Choose(const std::string& id, const PlacedLine& line, bool* take) {
    *take = false;
    const bool cancellation =
        !csv_rules_.cancellation_prefix.empty() && id.starts_with(csv_rules_.cancellation_prefix);
    absl::StatusOr<LineAmounts> amounts = ReadLineAmounts(line.fields);
    if (!HasBuyer(line.fields)) {
      if (csv_rules_.without_member == Choice::kSkip) {
        sink_.Skip("without_member");
        return absl::OkStatus();
      }
      return sink_.Reject(line.place, "without_member",
                          "member_id: the line names no buyer, want a member id or an identity");
    }
    if (csv_rules_.returns == Choice::kSkip && cancellation) {
      sink_.Skip("return");
      return absl::OkStatus();
    }
    // A line whose amounts cannot be read goes on: building its order says what is wrong.
    if (csv_rules_.unpriced == Choice::kSkip && amounts.ok()) {
      const bool no_price = amounts->has_price && amounts->price_is_zero;
      const bool no_quantity = amounts->quantity <= 0 && !cancellation;
      if (no_price || no_quantity) {
        sink_.Skip(no_price ? "price_zero" : "quantity_not_positive");
        return absl::OkStatus();
      }
    }
    *take = true;
    return absl::OkStatus();
  }

  static bool HasBuyer(const CsvLine& line) {
    const auto filled = [&line](const char* field) {
      const auto found = line.find(field);
      return found != line.end() && !found->second.empty();
    };
    return filled("member_id") ||
           std::any_of(IdentityColumns().begin(), IdentityColumns().end(),
                       [&](const IdentityColumn& column) { return filled(column.field); });
  }

  absl::Status Emit(const std::string& id, std::vector<PlacedLine>* lines) {
    if (lines->empty()) return absl::OkStatus();
    if (!lines->front().fields.contains("line_id")) {
      std::stable_sort(lines->begin(), lines->end(), [](const PlacedLine& a, const PlacedLine& b) {
        return a.fields < b.fields;
      });
    }
    std::vector<CsvLine> fields;
    for (PlacedLine& line : *lines) fields.push_back(std::move(line.fields));
    BuiltOrder built = BuildCsvOrder(id, fields, rules_);
    if (built.status.ok()) {
      // The place of an order is the first of its lines in the file.
      const auto first = std::min_element(
          lines->begin(), lines->end(),
          [](const PlacedLine& a, const PlacedLine& b) { return a.place.line < b.place.line; });
      if (!snapshots_.insert(built.order.SerializeAsString()).second) {
        for (size_t i = 0; i < lines->size(); ++i) sink_.Skip("same_in_other_file");
        return absl::OkStatus();
      }
      return sink_.Take(std::move(built.order), first->place);
    }
    const RowPlace bad = (*lines)[built.bad_line].place;
    for (size_t i = 0; i < lines->size(); ++i) {
      const absl::Status status =
          i == built.bad_line
              ? sink_.Reject(bad, "field_invalid", std::string(built.status.message()))
              : sink_.Reject((*lines)[i].place, "order_rejected",
                             absl::StrCat("order ", id, " is rejected as a whole because of line ",
                                          bad.line));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>& files_;
  const CsvOrderRules& csv_rules_;
  const ImportRules& rules_;
  RowSink<v1::Order>& sink_;
  std::vector<std::vector<std::string>> maps_;  // mapped fields of each file, in packing order
  SpoolSort rows_;
  std::set<std::string> snapshots_;  // of the present order, one a file
};

}  // namespace

const std::vector<FieldName>& OrderFields() {
  static const auto* fields = new std::vector<FieldName>{
      {"order_id", "id of the order; needed"},
      {"source", "where the order comes from; else --source"},
      {"store_id", "store; else --store"},
      {"member_id", "the buyer's member id"},
      {"ouid", "identity of the buyer"},
      {"nick", "identity of the buyer"},
      {"phone", "identity of the buyer"},
      {"email", "identity of the buyer"},
      {"open_id", "identity of the buyer"},
      {"pin", "identity of the buyer"},
      {"card", "identity of the buyer"},
      {"status", "unpaid, deposit_paid, paid, shipped, received, finished, closed, or in Chinese"},
      {"created_at", "when it was placed; needed, or paid_at"},
      {"paid_at", "when it was paid; empty = not paid; no such column = paid when placed"},
      {"final_paid_at", "when a presale was paid in full"},
      {"shipped_at", "when it was sent"},
      {"received_at", "when it was received"},
      {"finished_at", "when the trade was finished"},
      {"closed_at", "when it was closed"},
      {"source_updated_at", "when the source last changed it; else --exported-at"},
      {"presale", "yes or no"},
      {"cash_on_delivery", "yes or no"},
      {"terminal", "where it was placed"},
      {"promotion_source", "how the buyer came; several parted by ;"},
      {"coupon_id", "coupons used; several parted by ;"},
      {"logistics_company", "who carries it"},
      {"goods_paid", "paid for goods, before refunds; else the sum of the lines"},
      {"freight", "paid for freight"},
      {"platform_discount", "part of goods_paid that the platform settles"},
      {"refund", "refunded so far"},
      {"refunded_at", "when"},
      {"province", "of the receiver"},
      {"city", "of the receiver"},
      {"district", "of the receiver"},
      {"street", "of the receiver"},
      {"address", "of the receiver, as one text"},
      {"line_id", "id of the line"},
      {"product_id", "product of the line"},
      {"sku", "SKU of the line"},
      {"title", "title of the line"},
      {"properties", "SKU properties like 颜色:红;尺码:35码"},
      {"category", "category of the line"},
      {"brand", "brand of the line"},
      {"quantity", "pieces of the line; no such column = 1"},
      {"unit_price", "price of one piece"},
      {"line_discount", "discount on the line"},
      {"line_paid", "paid for the line; else quantity × unit_price - line_discount"},
      {"gift", "yes or no"},
      {"reviewed_at", "when it was reviewed"},
      {"rating", "1 to 5"},
      {"review_text", "text of the review"},
  };
  return *fields;
}

absl::Status ReadCsvOrders(const std::vector<std::string>& files, const CsvOrderRules& csv_rules,
                           const ImportRules& rules, RowSink<v1::Order>& sink) {
  return CsvOrderFiles(files, csv_rules, rules, sink).Read();
}

}  // namespace segmentation::cli
