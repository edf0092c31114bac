// segctl shop.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/dump.h"
#include "client/cli/import/field_text.h"
#include "client/cli/progress_bar.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct ShopFlags {
  std::string id, time_zone, currency, name, etag;
};

// Totals at the top level, with what they are true of.
Json StatsJson(const v1::GetShopStatsResponse& answer) {
  Json json = ToJson(answer.stats());
  const Json stamp = ToJson(answer.stamp());
  for (const char* key : {"as_of", "policy_revision", "exact", "revision_token"}) {
    json[key] = stamp[key];
  }
  json["index"] = ToJson(answer.index());
  return json;
}

std::string IndexLine(const v1::ShopIndex& index) {
  const auto mib = [](int64_t bytes) { return absl::StrFormat("%.1f MiB", bytes / 1048576.0); };
  switch (index.state()) {
    case v1::INDEX_STATE_LOADING:
      return "loading; the database evaluates";
    case v1::INDEX_STATE_TOO_LARGE:
      return "too large for its memory; the database evaluates";
    case v1::INDEX_STATE_FAILED:
      return "failed to load and is tried again; the database evaluates";
    case v1::INDEX_STATE_READY:
      return absl::StrCat("at revision ", index.revision(), "; members ", mib(index.member_bytes()),
                          ", attributes ", mib(index.attribute_bytes()), ", tags ",
                          mib(index.tag_bytes()), ", orders ", mib(index.order_bytes()), ", texts ",
                          mib(index.text_bytes()));
    default:
      return "none; the database evaluates";
  }
}

absl::Status PrintStats(Session& session, Client& client, const std::string& id) {
  v1::GetShopStatsRequest request;
  request.set_shop_id(id);
  absl::StatusOr<v1::GetShopStatsResponse> answer = client.GetShopStats(request, session.call());
  if (!answer.ok()) return answer.status();
  if (session.output().json()) {
    session.output().Print(StatsJson(*answer));
    return absl::OkStatus();
  }
  v1::GetShopRequest get;
  get.set_shop_id(id);
  absl::StatusOr<v1::GetShopResponse> shop = client.GetShop(get, session.call());
  if (!shop.ok()) return shop.status();
  const v1::ShopStats& stats = answer->stats();
  const std::string& currency = shop->shop().currency_code();
  Json shown;
  shown["members"] = GroupDigits(stats.member_count());
  shown["orders"] = GroupDigits(stats.order_count());
  shown["paid orders"] = GroupDigits(stats.paid_order_count());
  shown["valid orders"] = GroupDigits(stats.valid_order_count());
  shown["net of valid orders"] =
      absl::StrCat(FormatMoney(stats.net_minor_units(), CurrencyDigits(currency)), " ", currency);
  shown["first valid order"] = ToJson(stats)["first_order_day"];
  shown["last valid order"] = ToJson(stats)["last_order_day"];
  shown["revision"] = stats.revision();
  shown["as of"] = ToJson(answer->stamp())["as_of"];
  shown["policy revision"] = answer->stamp().policy_revision();
  shown["index"] = IndexLine(answer->index());
  session.output().Print(shown);
  return absl::OkStatus();
}

void AddPolicyCommands(CLI::App& shop, Session& session) {
  CLI::App* policy = AddNoun(shop, "policy", "What counts and when (metric policy)");
  auto id = std::make_shared<std::string>();
  AddCommand(*policy, session, "get", "Show the policy in force",
             [&session, id](Client& client) {
               v1::GetMetricPolicyRequest request;
               request.set_shop_id(*id);
               return PrintAnswer(session, client.GetMetricPolicy(request, session.call()));
             })
      ->add_option("ID", *id, "the shop")
      ->required();
  struct Flags {
    std::string id, moment, basis, etag;
    bool wholly = false, platform = true, gifts = false;
  };
  auto flags = std::make_shared<Flags>();
  auto app = std::make_shared<CLI::App*>(nullptr);
  CLI::App* set = AddCommand(
      *policy, session, "set", "Change the policy; only while the shop has no orders",
      [&session, flags, app](Client& client) -> absl::Status {
        v1::UpdateMetricPolicyRequest request;
        request.set_shop_id(flags->id);
        request.mutable_policy()->set_etag(flags->etag);
        const auto given = [&](const char* name) { return (*app)->count(name) > 0; };
        if (given("--valid-from")) {
          auto moment =
              ParseEnum<v1::ValidOrderMoment>(*v1::ValidOrderMoment_descriptor(),
                                              "VALID_ORDER_MOMENT_", "--valid-from", flags->moment);
          if (!moment.ok()) return moment.status();
          request.mutable_policy()->set_valid_order_moment(*moment);
          request.mutable_update_mask()->add_paths("valid_order_moment");
        }
        if (given("--order-date")) {
          auto basis = ParseEnum<v1::OrderDateBasis>(
              *v1::OrderDateBasis_descriptor(), "ORDER_DATE_BASIS_", "--order-date", flags->basis);
          if (!basis.ok()) return basis.status();
          request.mutable_policy()->set_order_date_basis(*basis);
          request.mutable_update_mask()->add_paths("order_date_basis");
        }
        if (given("--count-wholly-refunded")) {
          request.mutable_policy()->set_count_wholly_refunded(flags->wholly);
          request.mutable_update_mask()->add_paths("count_wholly_refunded");
        }
        if (given("--platform-discounts-paid")) {
          request.mutable_policy()->set_platform_discounts_count_as_paid(flags->platform);
          request.mutable_update_mask()->add_paths("platform_discounts_count_as_paid");
        }
        if (given("--gifts-bought")) {
          request.mutable_policy()->set_gifts_count_as_bought(flags->gifts);
          request.mutable_update_mask()->add_paths("gifts_count_as_bought");
        }
        return PrintAnswer(session, client.UpdateMetricPolicy(request, session.call()));
      });
  *app = set;
  set->add_option("ID", flags->id, "the shop")->required();
  set->add_option("--valid-from", flags->moment, "placed, paid, received or finished");
  set->add_option("--order-date", flags->basis, "paid or placed");
  set->add_option("--count-wholly-refunded", flags->wholly, "true or false");
  set->add_option("--platform-discounts-paid", flags->platform, "true or false");
  set->add_option("--gifts-bought", flags->gifts, "true or false");
  set->add_option("--etag", flags->etag, "as last read");
}

}  // namespace

void AddShopCommands(CLI::App& app, Session& session) {
  CLI::App* shop = AddNoun(app, "shop", "Shops");
  auto flags = std::make_shared<ShopFlags>();
  CLI::App* create =
      AddCommand(*shop, session, "create", "Make an empty shop", [&session, flags](Client& client) {
        v1::CreateShopRequest request;
        request.set_shop_id(flags->id);
        request.mutable_shop()->set_time_zone(flags->time_zone);
        request.mutable_shop()->set_currency_code(flags->currency);
        request.mutable_shop()->set_display_name(flags->name);
        return PrintAnswer(session, client.CreateShop(request, session.call()));
      });
  create->add_option("ID", flags->id, "1 to 64 bytes, for ever")->required();
  create->add_option("--time-zone", flags->time_zone, "IANA zone, e.g. Asia/Shanghai")->required();
  create->add_option("--currency", flags->currency, "ISO 4217 code, e.g. CNY")->required();
  create->add_option("--name", flags->name, "name for people");

  AddCommand(*shop, session, "get", "Show a shop",
             [&session, flags](Client& client) {
               v1::GetShopRequest request;
               request.set_shop_id(flags->id);
               return PrintAnswer(session, client.GetShop(request, session.call()));
             })
      ->add_option("ID", flags->id)
      ->required();

  CLI::App* update =
      AddCommand(*shop, session, "update", "Change a shop", [&session, flags](Client& client) {
        v1::UpdateShopRequest request;
        request.set_shop_id(flags->id);
        request.mutable_shop()->set_display_name(flags->name);
        request.mutable_shop()->set_etag(flags->etag);
        request.mutable_update_mask()->add_paths("display_name");
        return PrintAnswer(session, client.UpdateShop(request, session.call()));
      });
  update->add_option("ID", flags->id)->required();
  update->add_option("--name", flags->name, "name for people")->required();
  update->add_option("--etag", flags->etag, "as last read");

  AddCommand(*shop, session, "list", "List the shops that the token may see",
             [&session](Client& client) {
               return session.output().PrintList(
                   client.ListShops({}, session.call()), "shops",
                   {"shop_id", "display_name", "time_zone", "currency_code", "created_at"});
             });

  CLI::App* remove =
      AddCommand(*shop, session, "delete", "Delete a shop without members and orders",
                 [&session, flags](Client& client) {
                   v1::DeleteShopRequest request;
                   request.set_shop_id(flags->id);
                   request.set_etag(flags->etag);
                   return PrintAnswer(session, client.DeleteShop(request, session.call()));
                 });
  remove->add_option("ID", flags->id)->required();
  remove->add_option("--etag", flags->etag, "as last read");

  AddCommand(*shop, session, "stats", "Exact totals of a shop",
             [&session, flags](Client& client) { return PrintStats(session, client, flags->id); })
      ->add_option("ID", flags->id)
      ->required();

  AddCommand(*shop, session, "dump",
             "Print everything in a shop as sorted JSON lines, without numbers and times of the "
             "server's own: equal shops print equal text",
             [&session, flags](Client& client) {
               return DumpShop(client, flags->id, session.flags().purpose, session.call(),
                               session.output().out());
             })
      ->add_option("ID", flags->id)
      ->required();

  AddPolicyCommands(*shop, session);
}

}  // namespace segmentation::cli
