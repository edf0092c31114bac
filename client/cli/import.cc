// segctl import.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/import/cdnow_orders.h"
#include "client/cli/import/csv_catalogue.h"
#include "client/cli/import/csv_orders.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/order_totals.h"
#include "client/cli/import/proto_time.h"
#include "client/cli/import/tmall_orders.h"
#include "client/cli/import_sink.h"
#include "client/cli/progress_bar.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct ImportFlags {
  std::vector<std::string> files, items, maps;
  std::string format = "csv";
  std::string source, store, exported_at, encoding = "auto", delimiter;
  std::string time_zone, currency;
  std::string rejects, import_id;
  std::string unpriced = "keep", returns = "import", without_member = "reject";
  std::string cancellation_prefix;
  bool dry_run = false;
  bool check = false;
  int64_t sort_memory_mib = 64;
};

// `offline`: when a dry run needs no server.
void AddCommonFlags(CLI::App* command, const std::shared_ptr<ImportFlags>& flags,
                    const std::string& offline) {
  command->add_option("FILE", flags->files, "files, plain or .gz; - is standard input")->required();
  command->add_flag("--dry-run", flags->dry_run,
                    "show mapping, first rows and totals; send nothing. " + offline);
  command->add_flag("--check", flags->check,
                    "send everything, let the server check it and write nothing");
  command->add_option("--rejects", flags->rejects,
                      "file for refused rows: file, line, reason, message");
  command->add_option("--import-id", flags->import_id,
                      "goes on after the last committed chunk of an interrupted import");
  command->add_option("--encoding", flags->encoding,
                      "auto, utf-8, gbk, gb18030, utf-16le, utf-16be");
  command->add_option("--delimiter", flags->delimiter, "one character, or tab; else found out");
  command->add_option("--time-zone", flags->time_zone, "of the file's times; else the shop's");
  command->add_option("--currency", flags->currency, "of the file's amounts; else the shop's");
  command
      ->add_option("--sort-memory-mib", flags->sort_memory_mib,
                   "memory for sorting; the rest goes to $TMPDIR")
      ->check(CLI::Range(1, 1 << 20));
}

// Zone, digits and the other settings; asks the server for the shop, in a dry run only when the
// flags do not say enough. Rows have no currency of their own, so amounts in another currency than
// the shop's are refused (T29).
absl::StatusOr<ImportRules> MakeRules(Session& session, const ImportFlags& flags) {
  ImportRules rules;
  std::string zone = flags.time_zone, currency = flags.currency;
  if (!flags.dry_run || zone.empty() || currency.empty()) {
    absl::StatusOr<Client> client = session.client();
    if (!client.ok()) return client.status();
    v1::GetShopRequest request;
    if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
    absl::StatusOr<v1::GetShopResponse> shop = client->GetShop(request, session.call());
    if (!shop.ok()) return shop.status();
    if (zone.empty()) zone = shop->shop().time_zone();
    if (currency.empty()) currency = shop->shop().currency_code();
    if (!flags.dry_run && currency != shop->shop().currency_code()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--currency: got ", currency, ", but shop ", request.shop_id(), " has its amounts in ",
          shop->shop().currency_code(), ": want a shop in the file's currency"));
    }
  }
  if (!absl::LoadTimeZone(zone, &rules.zone)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--time-zone: got '", zone, "', want a zone of this machine's tzdata"));
  }
  rules.currency_digits = CurrencyDigits(currency);
  rules.source = flags.source.empty() ? flags.format : flags.source;
  rules.store_id = flags.store;
  auto encoding = ParseTextEncoding(flags.encoding);
  if (!encoding.ok()) return encoding.status();
  rules.encoding = *encoding;
  if (flags.delimiter == "tab" || flags.delimiter == "\\t") {
    rules.delimiter = '\t';
  } else if (flags.delimiter.size() == 1) {
    rules.delimiter = flags.delimiter[0];
  } else if (!flags.delimiter.empty()) {
    return absl::InvalidArgumentError("--delimiter: got '" + flags.delimiter +
                                      "', want one character or tab");
  }
  if (!flags.exported_at.empty()) {
    auto time = ParseTime(flags.exported_at, rules.zone);
    if (!time.ok() || !time->has_value()) {
      return absl::InvalidArgumentError("--exported-at: got '" + flags.exported_at +
                                        "', want a time like 2024-11-11 20:00");
    }
    rules.exported_at = **time;
  }
  rules.sort_memory_bytes = static_cast<size_t>(flags.sort_memory_mib) << 20;
  return rules;
}

ImportOptions MakeImportOptions(const ImportFlags& flags) {
  ImportOptions options;
  options.import_id = flags.import_id;
  options.dry_run = flags.check;
  return options;
}

// Drops what a row does not say, so that a person sees what it says.
void DropDefaults(Json* value) {
  if (!value->is_structured()) return;
  for (Json& item : *value) DropDefaults(&item);
  if (!value->is_object()) return;
  for (auto item = value->begin(); item != value->end();) {
    const bool unset = item->is_null() || *item == "" || *item == "unspecified" || *item == 0 ||
                       *item == false || (item->is_structured() && item->empty());
    item = unset ? value->erase(item) : std::next(item);
  }
}

// Reads with `read` into a sink that sends (or, in a dry run, only counts), and prints the outcome.
template <typename Row, typename Read, typename Start>
absl::Status RunImport(Session& session, const ImportFlags& flags, const ImportRules& rules,
                       const Read& read, const Start& start) {
  ProgressBar bar(session.output().err(), session.live_progress(),
                  flags.dry_run ? "reading" : "import", absl::Now);
  absl::StatusOr<std::unique_ptr<RejectLog>> rejects =
      RejectLog::Open(flags.rejects, session.output().err());
  if (!rejects.ok()) return rejects.status();
  ImportSink<Row> sink(rules, **rejects, bar);
  if (!flags.dry_run) {
    absl::StatusOr<ImportSession<Row>> import = start(sink.Callbacks(MakeImportOptions(flags)));
    if (!import.ok()) return import.status();
    sink.SendTo(*std::move(import));
  }
  absl::Status status = read(sink);
  absl::StatusOr<Json> summary = sink.Finish(status);
  bar.Finish(sink.row_count());
  if (absl::Status closed = (*rejects)->Close(); status.ok()) status = closed;
  if (!summary.ok()) {
    if (!flags.dry_run && !flags.check && !sink.import_id().empty()) {
      session.output().err() << "what was committed stays; the same command with --import-id "
                             << sink.import_id() << " goes on\n";
    }
    return summary.status();
  }
  (*summary)["dry_run"] = flags.dry_run;
  if (!session.output().json() && summary->contains("first_rows")) {
    DropDefaults(&(*summary)["first_rows"]);
  }
  session.output().Print(*summary);
  return status;
}

absl::Status ImportOrderFiles(Session& session, const ImportFlags& flags) {
  if (!flags.items.empty() && flags.format != "tmall") {
    return absl::InvalidArgumentError("--items goes with --format tmall only");
  }
  CsvOrderRules csv;
  auto columns = ParseFieldColumns(flags.maps);
  if (!columns.ok()) return columns.status();
  if (!columns->empty() && flags.format != "csv") {
    return absl::InvalidArgumentError("--map goes with --format csv only");
  }
  csv.columns = *columns;
  csv.cancellation_prefix = flags.cancellation_prefix;
  using Choice = CsvOrderRules::Choice;
  csv.unpriced = flags.unpriced == "skip" ? Choice::kSkip : Choice::kTake;
  csv.returns = flags.returns == "skip" ? Choice::kSkip : Choice::kTake;
  csv.without_member = flags.without_member == "skip" ? Choice::kSkip : Choice::kReject;
  absl::StatusOr<ImportRules> rules = MakeRules(session, flags);
  if (!rules.ok()) return rules.status();
  return RunImport<v1::Order>(
      session, flags, *rules,
      [&](RowSink<v1::Order>& sink) {
        if (flags.format == "cdnow") return ReadCdnowOrders(flags.files, *rules, sink);
        if (flags.format == "tmall") {
          return ReadTmallOrders(flags.files, flags.items, *rules, sink);
        }
        return ReadCsvOrders(flags.files, csv, *rules, sink);
      },
      [&](const ImportOptions& options) -> absl::StatusOr<OrderImport> {
        absl::StatusOr<Client> client = session.client();
        if (!client.ok()) return client.status();
        absl::StatusOr<std::string> shop = session.shop();
        if (!shop.ok()) return shop.status();
        return client->ImportOrders(*shop, options);
      });
}

absl::Status ImportMemberFiles(Session& session, const ImportFlags& flags) {
  auto columns = ParseFieldColumns(flags.maps);
  if (!columns.ok()) return columns.status();
  absl::StatusOr<ImportRules> rules = MakeRules(session, flags);
  if (!rules.ok()) return rules.status();
  absl::StatusOr<Client> client = session.client();
  if (!client.ok()) return client.status();
  v1::ListAttributesRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  AttributeTypes attributes;
  for (auto& attribute : client->ListAttributes(request, session.call())) {
    if (!attribute.ok()) return attribute.status();
    attributes[attribute->attribute()] = *attribute;
  }
  return RunImport<v1::Member>(
      session, flags, *rules,
      [&](RowSink<v1::Member>& sink) {
        return ReadCsvMembers(flags.files, *columns, attributes, *rules, sink);
      },
      [&](const ImportOptions& options) -> absl::StatusOr<MemberImport> {
        return client->ImportMembers(request.shop_id(), options);
      });
}

absl::Status ImportProductFiles(Session& session, const ImportFlags& flags) {
  auto columns = ParseFieldColumns(flags.maps);
  if (!columns.ok()) return columns.status();
  absl::StatusOr<ImportRules> rules = MakeRules(session, flags);
  if (!rules.ok()) return rules.status();
  return RunImport<v1::Product>(
      session, flags, *rules,
      [&](RowSink<v1::Product>& sink) {
        return ReadCsvProducts(flags.files, *columns, *rules, sink);
      },
      [&](const ImportOptions& options) -> absl::StatusOr<ProductImport> {
        absl::StatusOr<Client> client = session.client();
        if (!client.ok()) return client.status();
        absl::StatusOr<std::string> shop = session.shop();
        if (!shop.ok()) return shop.status();
        return client->ImportProducts(*shop, options);
      });
}

std::string FieldHelp(const std::vector<FieldName>& fields) {
  std::string help =
      "Fields of --map FIELD=COLUMN (a column of a field's own name needs no --map;\n"
      "#3 is the third column):\n";
  for (const FieldName& field : fields) {
    absl::StrAppend(&help, "  ", field.name,
                    std::string(std::max<size_t>(1, 20 - std::string(field.name).size()), ' '),
                    field.meaning, "\n");
  }
  return help;
}

// A command whose client is made only when it is needed: a dry run may do without.
CLI::App* AddOfflineCommand(CLI::App& parent, Session& session, const std::string& name,
                            const std::string& help, std::function<absl::Status()> run) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([&session, run = std::move(run)] { session.action = run; });
  return command;
}

}  // namespace

void AddImportCommands(CLI::App& app, Session& session) {
  CLI::App* import = AddNoun(app, "import", "Files into the shop");
  auto orders_flags = std::make_shared<ImportFlags>();
  CLI::App* orders = AddOfflineCommand(
      *import, session, "orders", "Import orders",
      [&session, orders_flags] { return ImportOrderFiles(session, *orders_flags); });
  orders
      ->add_option("--format", orders_flags->format,
                   "cdnow: the CDNOW data set; tmall: 订单报表; csv: any columns, with --map")
      ->check(CLI::IsMember({"cdnow", "tmall", "csv"}));
  orders->add_option("--items", orders_flags->items,
                     "tmall: goods file (宝贝报表); may be repeated");
  orders->add_option("--map", orders_flags->maps, "FIELD=COLUMN; may be repeated");
  orders->add_option("--source", orders_flags->source, "source of the orders; else the format");
  orders->add_option("--store", orders_flags->store, "store of orders that name none");
  orders->add_option("--exported-at", orders_flags->exported_at,
                     "when the file was exported: a newer export wins");
  orders->add_option("--cancellation-prefix", orders_flags->cancellation_prefix,
                     "csv: orders whose id begins so take back others (returns)");
  orders
      ->add_option("--returns", orders_flags->returns,
                   "csv: import or skip orders with the cancellation prefix")
      ->check(CLI::IsMember({"import", "skip"}));
  orders
      ->add_option("--unpriced", orders_flags->unpriced,
                   "csv: keep or skip lines with price 0, or quantity 0 or less outside returns")
      ->check(CLI::IsMember({"keep", "skip"}));
  orders
      ->add_option("--without-member", orders_flags->without_member,
                   "csv: reject or skip lines that name no buyer")
      ->check(CLI::IsMember({"reject", "skip"}));
  const std::string offline = "With --time-zone and --currency no server is needed";
  AddCommonFlags(orders, orders_flags, offline);
  orders->footer(FieldHelp(OrderFields()));

  auto member_flags = std::make_shared<ImportFlags>();
  CLI::App* members = AddOfflineCommand(
      *import, session, "members", "Import members from CSV",
      [&session, member_flags] { return ImportMemberFiles(session, *member_flags); });
  members->add_option("--map", member_flags->maps,
                      "FIELD=COLUMN or attribute.KEY=COLUMN; may be repeated");
  AddCommonFlags(members, member_flags, "Asks the server for the shop's attributes");
  members->footer(FieldHelp(MemberFields()));

  auto product_flags = std::make_shared<ImportFlags>();
  CLI::App* products = AddOfflineCommand(
      *import, session, "products", "Import products from CSV",
      [&session, product_flags] { return ImportProductFiles(session, *product_flags); });
  products->add_option("--map", product_flags->maps, "FIELD=COLUMN; may be repeated");
  AddCommonFlags(products, product_flags, offline);
  products->footer(FieldHelp(ProductFields()));
}

}  // namespace segmentation::cli
