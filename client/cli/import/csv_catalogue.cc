#include "client/cli/import/csv_catalogue.h"

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/import/csv_reader.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/identity_columns.h"
#include "client/cli/import/proto_time.h"

namespace segmentation::cli {
namespace {

constexpr char kAttributePrefix[] = "attribute.";

using FieldText = std::function<std::string(const std::string& field)>;

// Reads all rows of all files; `make` builds a row out of its fields.
template <typename Row>
absl::Status ReadRows(
    const std::vector<std::string>& files, const std::vector<FieldName>& fields,
    const char* free_prefix, const FieldColumns& columns, const ImportRules& rules,
    RowSink<Row>& sink,
    const std::function<absl::StatusOr<Row>(const ColumnMap&, const FieldText&)>& make) {
  for (const std::string& file : files) {
    absl::StatusOr<std::unique_ptr<CsvReader>> reader =
        CsvReader::Open(file, rules.encoding, rules.delimiter);
    if (!reader.ok()) return reader.status();
    CsvRow row;
    absl::StatusOr<bool> more = (*reader)->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) return absl::InvalidArgumentError(absl::StrCat(file, " is empty"));
    const CsvHeader header(row.fields);
    absl::StatusOr<ColumnMap> map = ColumnMap::Make(header, file, fields, free_prefix, columns);
    if (!map.ok()) return map.status();
    sink.Note(absl::StrCat(file, ": ", NameOf((*reader)->encoding()), ", ", map->Describe()));
    while (true) {
      more = (*reader)->Next(&row);
      if (!more.ok()) return more.status();
      if (!*more) break;
      sink.Reading(row.line, (*reader)->Fraction());
      const RowPlace place{file, row.line};
      std::string bad_field;
      for (const std::string& field : map->fields()) {
        if (!IsCleanUtf8(map->Get(row.fields, field))) bad_field = field;
      }
      absl::Status status;
      if (row.fields.size() > header.names().size()) {
        status = sink.Reject(
            place, "column_count",
            absl::StrCat("got ", row.fields.size(), " fields, want ", header.names().size()));
      } else if (!bad_field.empty()) {
        status =
            sink.Reject(place, "text_invalid",
                        absl::StrCat(bad_field, ": is not valid ", NameOf((*reader)->encoding())));
      } else {
        absl::StatusOr<Row> made =
            make(*map, [&](const std::string& field) { return map->Get(row.fields, field); });
        status = made.ok()
                     ? sink.Take(*std::move(made), place)
                     : sink.Reject(place, "field_invalid", std::string(made.status().message()));
      }
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status InField(const std::string& field, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(field, ": ", status.message()));
}

absl::StatusOr<v1::Member> MakeMember(const ColumnMap& map, const FieldText& text,
                                      const AttributeTypes& attributes, const ImportRules& rules) {
  v1::Member member;
  absl::StatusOr<std::string> id = CleanId(text("member_id"));
  if (!id.ok()) return InField("member_id", id.status());
  member.set_member_id(*id);
  for (const IdentityColumn& column : IdentityColumns()) {
    for (const std::string& part : SplitList(text(column.field))) {
      absl::StatusOr<std::string> value = CleanId(part);
      if (!value.ok()) return InField(column.field, value.status());
      v1::Identity& identity = *member.add_identities();
      identity.set_kind(column.kind);
      identity.set_value(*value);
    }
  }
  if (member.member_id().empty() && member.identities().empty()) {
    return absl::InvalidArgumentError("member_id: is empty, and so are all identities");
  }
  absl::StatusOr<bool> blocked = ParseYesNo(text("blocked"));
  if (!blocked.ok()) return InField("blocked", blocked.status());
  member.set_blocked(*blocked);
  for (const std::string& field : map.fields()) {
    if (!field.starts_with(kAttributePrefix)) continue;
    const std::string value = text(field);
    if (value.empty()) continue;
    const std::string key = field.substr(sizeof kAttributePrefix - 1);
    const auto attribute = attributes.find(key);
    if (attribute == attributes.end()) {
      return absl::InvalidArgumentError(absl::StrCat(field, ": the shop has no attribute '", key,
                                                     "'; segctl attribute create makes one"));
    }
    v1::AttributeValues& values = *member.add_attributes();
    values.set_attribute(key);
    const std::vector<std::string> parts =
        attribute->second.multi_valued() ? SplitList(value) : std::vector<std::string>{value};
    for (const std::string& part : parts) {
      absl::StatusOr<v1::AttributeValue> parsed =
          ParseAttributeValue(part, attribute->second.type(), rules);
      if (!parsed.ok()) return InField(field, parsed.status());
      *values.add_values() = *std::move(parsed);
    }
  }
  return member;
}

}  // namespace

const std::vector<FieldName>& MemberFields() {
  static const auto* fields = new std::vector<FieldName>{
      {"member_id", "the member's id; empty = found by identities"},
      {"ouid", "identity; several parted by ;"},
      {"nick", "identity; several parted by ;"},
      {"phone", "identity; several parted by ;"},
      {"email", "identity; several parted by ;"},
      {"open_id", "identity; several parted by ;"},
      {"pin", "identity; several parted by ;"},
      {"card", "identity; several parted by ;"},
      {"blocked", "yes or no"},
  };
  return *fields;
}

const std::vector<FieldName>& ProductFields() {
  static const auto* fields = new std::vector<FieldName>{
      {"product_id", "id of the product; needed"},
      {"title", "its title"},
      {"category", "its category"},
      {"brand", "its brand"},
      {"stage", "新品, 热销, 清仓 …"},
  };
  return *fields;
}

absl::StatusOr<v1::AttributeValue> ParseAttributeValue(const std::string& text,
                                                       v1::AttributeType type,
                                                       const ImportRules& rules) {
  v1::AttributeValue value;
  switch (type) {
    case v1::ATTRIBUTE_TYPE_INTEGER: {
      absl::StatusOr<int64_t> number = ParseWholeNumber(text);
      if (!number.ok()) return number.status();
      value.set_integer_value(*number);
      return value;
    }
    case v1::ATTRIBUTE_TYPE_DECIMAL: {
      absl::StatusOr<ExactDecimal> number = ParseDecimal(text);
      if (!number.ok()) return number.status();
      value.set_decimal_value(FormatMoney(number->mantissa, number->scale));
      return value;
    }
    case v1::ATTRIBUTE_TYPE_MONEY: {
      absl::StatusOr<int64_t> money = ParseMoney(text, rules.currency_digits);
      if (!money.ok()) return money.status();
      value.set_money_minor_units(*money);
      return value;
    }
    case v1::ATTRIBUTE_TYPE_BOOLEAN: {
      absl::StatusOr<bool> yes = ParseYesNo(text);
      if (!yes.ok()) return yes.status();
      value.set_boolean_value(*yes);
      return value;
    }
    case v1::ATTRIBUTE_TYPE_DATE: {
      // A birthday without its year: --MM-DD or MM-DD.
      std::string day_text = text;
      if (day_text.starts_with("--")) day_text.erase(0, 2);
      const bool without_year = day_text.size() <= 5;
      // 2000 is a leap year, so that 29 February stands.
      absl::StatusOr<absl::CivilDay> day =
          ParseDay(without_year ? absl::StrCat("2000-", day_text) : day_text);
      if (!day.ok()) return day.status();
      *value.mutable_date_value() = ToCivilDate(*day);
      if (without_year) value.mutable_date_value()->set_year(0);
      return value;
    }
    case v1::ATTRIBUTE_TYPE_TIME: {
      absl::StatusOr<std::optional<absl::Time>> time = ParseTime(text, rules.zone);
      if (!time.ok()) return time.status();
      if (!time->has_value()) return absl::InvalidArgumentError("got no time");
      *value.mutable_time_value() = ToTimestamp(**time);
      return value;
    }
    default:
      value.set_text_value(text);
      return value;
  }
}

absl::Status ReadCsvMembers(const std::vector<std::string>& files, const FieldColumns& columns,
                            const AttributeTypes& attributes, const ImportRules& rules,
                            RowSink<v1::Member>& sink) {
  return ReadRows<v1::Member>(files, MemberFields(), kAttributePrefix, columns, rules, sink,
                              [&](const ColumnMap& map, const FieldText& text) {
                                return MakeMember(map, text, attributes, rules);
                              });
}

absl::Status ReadCsvProducts(const std::vector<std::string>& files, const FieldColumns& columns,
                             const ImportRules& rules, RowSink<v1::Product>& sink) {
  return ReadRows<v1::Product>(
      files, ProductFields(), "", columns, rules, sink,
      [](const ColumnMap&, const FieldText& text) -> absl::StatusOr<v1::Product> {
        v1::Product product;
        absl::StatusOr<std::string> id = CleanId(text("product_id"));
        if (!id.ok()) return InField("product_id", id.status());
        if (id->empty()) return absl::InvalidArgumentError("product_id: is empty");
        product.set_product_id(*id);
        product.set_title(text("title"));
        product.set_category(text("category"));
        product.set_brand(text("brand"));
        product.set_stage(text("stage"));
        return product;
      });
}

}  // namespace segmentation::cli
