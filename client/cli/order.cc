// segctl order and segctl product.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct OrderFlags {
  std::string key, member, as_of, reason;
  std::vector<std::string> keys;
  int64_t limit = 100;
  bool include_again = false;
};

// SOURCE/EXTERNAL_ID; the id may hold slashes, the source may not.
absl::StatusOr<v1::OrderKey> ParseKey(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
    return absl::InvalidArgumentError("ORDER: got '" + text +
                                      "', want SOURCE/ID, e.g. tmall/201912110001");
  }
  v1::OrderKey key;
  key.set_source(text.substr(0, slash));
  key.set_external_id(text.substr(slash + 1));
  return key;
}

void AddProductNoun(CLI::App& app, Session& session) {
  CLI::App* product = AddNoun(app, "product", "Products of a shop");
  struct Flags {
    std::string id, title, category, brand, stage;
    int64_t limit = 100;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* upsert =
      AddCommand(*product, session, "upsert", "Add or replace a product",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::UpsertProductRequest request;
                   absl::Status status = SetShop(session, &request);
                   if (!status.ok()) return status;
                   request.mutable_product()->set_product_id(flags->id);
                   request.mutable_product()->set_title(flags->title);
                   request.mutable_product()->set_category(flags->category);
                   request.mutable_product()->set_brand(flags->brand);
                   request.mutable_product()->set_stage(flags->stage);
                   return PrintAnswer(session, client.UpsertProduct(request, session.call()));
                 });
  upsert->add_option("ID", flags->id)->required();
  upsert->add_option("--title", flags->title, "its title");
  upsert->add_option("--category", flags->category, "its category");
  upsert->add_option("--brand", flags->brand, "its brand");
  upsert->add_option("--stage", flags->stage, "新品, 热销, 清仓 …");
  AddCommand(*product, session, "get", "Show a product",
             [&session, flags](Client& client) -> absl::Status {
               v1::GetProductRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_product_id(flags->id);
               return PrintAnswer(session, client.GetProduct(request, session.call()));
             })
      ->add_option("ID", flags->id)
      ->required();
  CLI::App* list =
      AddCommand(*product, session, "list", "List products",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::ListProductsRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   return session.output().PrintList(
                       client.ListProducts(request, session.call()), "products",
                       {"product_id", "title", "category", "brand", "stage"}, flags->limit);
                 });
  list->add_option("--limit", flags->limit, "at most so many; 0 = all");
}

}  // namespace

void AddOrderCommands(CLI::App& app, Session& session) {
  CLI::App* order = AddNoun(app, "order", "Orders of a shop");
  auto flags = std::make_shared<OrderFlags>();
  CLI::App* get =
      AddCommand(*order, session, "get", "Show an order, and whether it is counted",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::GetOrderRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   auto key = ParseKey(flags->key);
                   if (!key.ok()) return key.status();
                   *request.mutable_key() = *key;
                   request.set_reveal_purpose(session.flags().purpose);
                   if (!flags->as_of.empty()) {
                     auto time = ParseTimeFlag(session, client, "--as-of", flags->as_of);
                     if (!time.ok()) return time.status();
                     *request.mutable_as_of() = *time;
                   }
                   return PrintAnswer(session, client.GetOrder(request, session.call()));
                 });
  get->add_option("ORDER", flags->key, "SOURCE/ID")->required();
  get->add_option("--as-of", flags->as_of, "time of the facts; else now");

  CLI::App* list = AddCommand(*order, session, "list", "List orders, of a member newest first",
                              [&session, flags](Client& client) -> absl::Status {
                                v1::ListOrdersRequest request;
                                if (absl::Status status = SetShop(session, &request); !status.ok())
                                  return status;
                                request.set_member_id(flags->member);
                                request.set_reveal_purpose(session.flags().purpose);
                                return session.output().PrintList(
                                    client.ListOrders(request, session.call()), "orders",
                                    {"source", "external_id", "member_id", "order_day", "status",
                                     "net_minor_units", "counted", "not_counted_reason"},
                                    flags->limit);
                              });
  list->add_option("--member", flags->member, "only this member's");
  list->add_option("--limit", flags->limit, "at most so many; 0 = all");

  CLI::App* exclude =
      AddCommand(*order, session, "exclude", "Leave orders out of every count, or count them again",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::ExcludeOrdersRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   for (const std::string& text : flags->keys) {
                     auto key = ParseKey(text);
                     if (!key.ok()) return key.status();
                     *request.add_keys() = *key;
                   }
                   request.set_reason(flags->reason);
                   request.set_include_again(flags->include_again);
                   return PrintAnswer(session, client.ExcludeOrders(request, session.call()));
                 });
  exclude->add_option("ORDER", flags->keys, "SOURCE/ID, at most 512")->required();
  CLI::Option* reason = exclude->add_option("--reason", flags->reason, "样品, 内购, 补单 …");
  exclude->add_flag("--include-again", flags->include_again, "count them again")->excludes(reason);

  AddProductNoun(app, session);
}

}  // namespace segmentation::cli
