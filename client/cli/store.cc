// segctl store and segctl promotion.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct StoreFlags {
  std::string id, name, platform, etag;
};

void AddStoreNoun(CLI::App& app, Session& session) {
  CLI::App* store = AddNoun(app, "store", "Stores of a shop");
  auto flags = std::make_shared<StoreFlags>();
  CLI::App* create = AddCommand(
      *store, session, "create", "Add a store", [&session, flags](Client& client) -> absl::Status {
        v1::CreateStoreRequest request;
        absl::Status status = SetShop(session, &request);
        if (!status.ok()) return status;
        request.mutable_store()->set_store_id(flags->id);
        request.mutable_store()->set_display_name(flags->name);
        request.mutable_store()->set_platform(flags->platform);
        return PrintAnswer(session, client.CreateStore(request, session.call()));
      });
  create->add_option("ID", flags->id)->required();
  create->add_option("--name", flags->name, "name for people");
  create->add_option("--platform", flags->platform, "tmall, jd, offline …");

  AddCommand(*store, session, "get", "Show a store",
             [&session, flags](Client& client) -> absl::Status {
               v1::GetStoreRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_store_id(flags->id);
               return PrintAnswer(session, client.GetStore(request, session.call()));
             })
      ->add_option("ID", flags->id)
      ->required();

  AddCommand(*store, session, "list", "List stores", [&session](Client& client) -> absl::Status {
    v1::ListStoresRequest request;
    if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
    return session.output().PrintList(client.ListStores(request, session.call()), "stores",
                                      {"store_id", "display_name", "platform", "created_at"});
  });

  auto app_of_update = std::make_shared<CLI::App*>(nullptr);
  CLI::App* update =
      AddCommand(*store, session, "update", "Change a store",
                 [&session, flags, app_of_update](Client& client) -> absl::Status {
                   v1::UpdateStoreRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.mutable_store()->set_store_id(flags->id);
                   request.mutable_store()->set_etag(flags->etag);
                   if ((*app_of_update)->count("--name") > 0) {
                     request.mutable_store()->set_display_name(flags->name);
                     request.mutable_update_mask()->add_paths("display_name");
                   }
                   if ((*app_of_update)->count("--platform") > 0) {
                     request.mutable_store()->set_platform(flags->platform);
                     request.mutable_update_mask()->add_paths("platform");
                   }
                   return PrintAnswer(session, client.UpdateStore(request, session.call()));
                 });
  *app_of_update = update;
  update->add_option("ID", flags->id)->required();
  update->add_option("--name", flags->name, "name for people");
  update->add_option("--platform", flags->platform, "tmall, jd, offline …");
  update->add_option("--etag", flags->etag, "as last read");

  CLI::App* remove =
      AddCommand(*store, session, "delete", "Delete a store that no order names",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::DeleteStoreRequest request;
                   absl::Status status = SetShop(session, &request);
                   if (!status.ok()) return status;
                   request.set_store_id(flags->id);
                   request.set_etag(flags->etag);
                   return PrintAnswer(session, client.DeleteStore(request, session.call()));
                 });
  remove->add_option("ID", flags->id)->required();
  remove->add_option("--etag", flags->etag, "as last read");
}

struct PromotionFlags {
  std::string id, kind, etag;
  std::vector<std::string> windows;
};

// "2024-11-10 20:00/2024-11-12" in the shop's zone, the end exclusive.
absl::Status AddWindows(Session& session, Client& client, const std::vector<std::string>& texts,
                        v1::Promotion* promotion) {
  for (const std::string& text : texts) {
    const size_t slash = text.find('/');
    if (slash == std::string::npos) {
      return absl::InvalidArgumentError("--window: got '" + text +
                                        "', want START/END, e.g. '2024-11-10 20:00/2024-11-12'");
    }
    auto start = ParseTimeFlag(session, client, "--window", text.substr(0, slash));
    if (!start.ok()) return start.status();
    auto end = ParseTimeFlag(session, client, "--window", text.substr(slash + 1));
    if (!end.ok()) return end.status();
    v1::TimeWindow& window = *promotion->add_windows();
    *window.mutable_start() = *start;
    *window.mutable_end() = *end;
  }
  return absl::OkStatus();
}

void AddPromotionNoun(CLI::App& app, Session& session) {
  CLI::App* promotion = AddNoun(app, "promotion", "The promotion calendar of a shop");
  auto flags = std::make_shared<PromotionFlags>();
  CLI::App* create =
      AddCommand(*promotion, session, "create", "Add a promotion",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::CreatePromotionRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.mutable_promotion()->set_promotion_id(flags->id);
                   request.mutable_promotion()->set_kind(flags->kind);
                   absl::Status status =
                       AddWindows(session, client, flags->windows, request.mutable_promotion());
                   if (!status.ok()) return status;
                   return PrintAnswer(session, client.CreatePromotion(request, session.call()));
                 });
  create->add_option("ID", flags->id, "its name, e.g. 店庆2024")->required();
  create->add_option("--kind", flags->kind, "店庆, 大促 …");
  create->add_option("--window", flags->windows, "START/END, the end exclusive; may be repeated")
      ->required();

  AddCommand(*promotion, session, "get", "Show a promotion",
             [&session, flags](Client& client) -> absl::Status {
               v1::GetPromotionRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_promotion_id(flags->id);
               return PrintAnswer(session, client.GetPromotion(request, session.call()));
             })
      ->add_option("ID", flags->id)
      ->required();

  AddCommand(*promotion, session, "list", "List promotions",
             [&session](Client& client) -> absl::Status {
               v1::ListPromotionsRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               return session.output().PrintList(client.ListPromotions(request, session.call()),
                                                 "promotions", {"promotion_id", "kind", "windows"});
             });

  auto app_of_update = std::make_shared<CLI::App*>(nullptr);
  CLI::App* update =
      AddCommand(*promotion, session, "update", "Change a promotion",
                 [&session, flags, app_of_update](Client& client) -> absl::Status {
                   v1::UpdatePromotionRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.mutable_promotion()->set_promotion_id(flags->id);
                   request.mutable_promotion()->set_etag(flags->etag);
                   if ((*app_of_update)->count("--kind") > 0) {
                     request.mutable_promotion()->set_kind(flags->kind);
                     request.mutable_update_mask()->add_paths("kind");
                   }
                   if (!flags->windows.empty()) {
                     absl::Status status =
                         AddWindows(session, client, flags->windows, request.mutable_promotion());
                     if (!status.ok()) return status;
                     request.mutable_update_mask()->add_paths("windows");
                   }
                   return PrintAnswer(session, client.UpdatePromotion(request, session.call()));
                 });
  *app_of_update = update;
  update->add_option("ID", flags->id)->required();
  update->add_option("--kind", flags->kind, "店庆, 大促 …");
  update->add_option("--window", flags->windows, "START/END; replaces all; may be repeated");
  update->add_option("--etag", flags->etag, "as last read");

  CLI::App* remove =
      AddCommand(*promotion, session, "delete", "Delete a promotion that no group names",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::DeletePromotionRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   request.set_promotion_id(flags->id);
                   request.set_etag(flags->etag);
                   return PrintAnswer(session, client.DeletePromotion(request, session.call()));
                 });
  remove->add_option("ID", flags->id)->required();
  remove->add_option("--etag", flags->etag, "as last read");
}

}  // namespace

void AddStoreCommands(CLI::App& app, Session& session) {
  AddStoreNoun(app, session);
  AddPromotionNoun(app, session);
}

}  // namespace segmentation::cli
