// segctl demo: loads the demo shop.
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/demo/demo_shop.h"
#include "client/cli/progress_bar.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct DemoFlags {
  std::string last_day;
  int32_t member_count = 20'000;
};

absl::Status IgnoreExisting(const absl::Status& status) {
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

absl::StatusOr<DemoOptions> OptionsOf(const DemoFlags& flags) {
  DemoOptions options;
  options.member_count = flags.member_count;
  if (flags.last_day.empty()) {
    absl::TimeZone zone;
    if (!absl::LoadTimeZone(kDemoTimeZone, &zone)) zone = absl::FixedTimeZone(8 * 3600);
    options.last_day = absl::ToCivilDay(absl::Now(), zone);
  } else if (!absl::ParseCivilTime(flags.last_day, &options.last_day)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--last-day: got '", flags.last_day, "', want YYYY-MM-DD"));
  }
  return options;
}

// Shop, stores, promotions and tag categories; what is there already stays.
absl::Status MakeDefinitions(Session& session, Client& client, const std::string& shop_id,
                             const DemoOptions& options) {
  v1::CreateShopRequest shop;
  shop.set_shop_id(shop_id);
  shop.mutable_shop()->set_display_name("云裳女装 (演示)");
  shop.mutable_shop()->set_time_zone(kDemoTimeZone);
  shop.mutable_shop()->set_currency_code(kDemoCurrency);
  if (auto made = client.CreateShop(shop, session.call()); !made.ok()) {
    if (absl::Status status = IgnoreExisting(made.status()); !status.ok()) return status;
  }
  for (v1::Store& store : DemoStores()) {
    v1::CreateStoreRequest request;
    request.set_shop_id(shop_id);
    *request.mutable_store() = std::move(store);
    absl::Status status = IgnoreExisting(client.CreateStore(request, session.call()).status());
    if (!status.ok()) return status;
  }
  for (v1::Promotion& promotion : DemoPromotions(options)) {
    v1::CreatePromotionRequest request;
    request.set_shop_id(shop_id);
    *request.mutable_promotion() = std::move(promotion);
    absl::Status status = IgnoreExisting(client.CreatePromotion(request, session.call()).status());
    if (!status.ok()) return status;
  }
  for (DemoCategory& category : DemoTagCategories()) {
    v1::CreateTagCategoryRequest request;
    request.set_shop_id(shop_id);
    *request.mutable_category() = std::move(category.category);
    for (v1::Tag& tag : category.tags) *request.add_tags() = std::move(tag);
    absl::Status status =
        IgnoreExisting(client.CreateTagCategory(request, session.call()).status());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Streams what `make` makes, and tells how it went. Refused rows are an error: the demo's are
// right.
template <typename Row, typename Start, typename Make>
absl::Status Stream(Session& session, const std::string& what, int64_t expected, const Start& start,
                    const Make& make, Json& json) {
  ProgressBar bar(session.output().err(), session.live_progress(), what, absl::Now);
  ImportOptions options;
  int64_t committed = 0;
  options.on_progress = [&](const ImportProgress& progress) {
    committed = progress.committed_rows;
    bar.Update(committed, static_cast<double>(committed) / static_cast<double>(expected));
  };
  absl::Status refused;
  options.on_rejected = [&](const RejectedRow& row) {
    refused.Update(absl::InternalError(
        absl::StrCat("row ", row.row_index, ": ", row.status.field(), ": ", row.status.message())));
  };
  ImportSession<Row> stream = start(std::move(options));
  absl::Status made = make([&](Row row) { return stream.Add(std::move(row)); });
  if (!made.ok()) return made;
  absl::StatusOr<ImportResult> result = stream.Finish();
  if (!result.ok()) return result.status();
  if (!refused.ok()) return refused;
  bar.Finish(committed);
  json[absl::StrCat(what, "_count")] = committed;
  return absl::OkStatus();
}

absl::Status Load(Session& session, Client& client, const DemoFlags& flags) {
  absl::StatusOr<std::string> shop_id = session.shop();
  if (!shop_id.ok()) return shop_id.status();
  absl::StatusOr<DemoOptions> options = OptionsOf(flags);
  if (!options.ok()) return options.status();
  if (absl::Status status = MakeDefinitions(session, client, *shop_id, *options); !status.ok()) {
    return status;
  }
  Json json;
  json["shop_id"] = *shop_id;
  absl::Status status = Stream<v1::Member>(
      session, "member", options->member_count,
      [&](ImportOptions import) {
        return client.ImportMembers(*shop_id, std::move(import), session.call());
      },
      [&](const std::function<absl::Status(v1::Member)>& take) {
        return MakeDemoMembers(*options, take);
      },
      json);
  if (!status.ok()) return status;
  status = Stream<v1::Order>(
      session, "order", int64_t{options->member_count} * 3,
      [&](ImportOptions import) {
        return client.ImportOrders(*shop_id, std::move(import), session.call());
      },
      [&](const std::function<absl::Status(v1::Order)>& take) {
        return MakeDemoOrders(*options, take);
      },
      json);
  if (!status.ok()) return status;
  session.output().Print(json);
  return absl::OkStatus();
}

}  // namespace

void AddDemoCommands(CLI::App& app, Session& session) {
  CLI::App* demo = AddNoun(app, "demo", "A made-up shop to try things on");
  auto flags = std::make_shared<DemoFlags>();
  CLI::App* load = AddCommand(
      *demo, session, "load", "Make the shop of --shop with members and two years of orders",
      [&session, flags](Client& client) -> absl::Status { return Load(session, client, *flags); });
  load->add_option("--members", flags->member_count, "about three orders each [20000]")
      ->check(CLI::Range(1, 1'000'000));
  load->add_option("--last-day", flags->last_day, "YYYY-MM-DD, the last day with orders [today]");
}

}  // namespace segmentation::cli
