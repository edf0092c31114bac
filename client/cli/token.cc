// segctl token.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/session.h"

namespace segmentation::cli {

void AddTokenCommands(CLI::App& app, Session& session) {
  CLI::App* token = AddNoun(app, "token", "API tokens");
  struct Flags {
    std::string id, name, expires;
    std::string role;
    bool all_shops = false;
    std::vector<std::string> shops;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* create = AddCommand(
      *token, session, "create", "Make a token; its secret is shown this one time",
      [&session, flags](Client& client) -> absl::Status {
        v1::CreateTokenRequest request;
        request.mutable_token()->set_display_name(flags->name);
        auto role = ParseEnum<v1::TokenRole>(*v1::TokenRole_descriptor(), "TOKEN_ROLE_", "--role",
                                             flags->role);
        if (!role.ok()) return role.status();
        request.mutable_token()->set_role(*role);
        request.mutable_token()->set_all_shops(flags->all_shops);
        for (const std::string& shop : flags->shops) request.mutable_token()->add_shop_ids(shop);
        if (flags->shops.size() == 1) request.set_shop_id(flags->shops[0]);
        if (!flags->expires.empty()) {
          absl::Time time;
          std::string error;
          if (!absl::ParseTime("%Y-%m-%d", flags->expires, &time, &error) &&
              !absl::ParseTime(absl::RFC3339_full, flags->expires, &time, &error)) {
            return absl::InvalidArgumentError("--expires: got '" + flags->expires +
                                              "', want YYYY-MM-DD (UTC) or an RFC 3339 time");
          }
          request.mutable_token()->mutable_expires_at()->set_seconds(absl::ToUnixSeconds(time));
        }
        return PrintAnswer(session, client.CreateToken(request, session.call()));
      });
  create->add_option("NAME", flags->name, "name for people")->required();
  create
      ->add_option("--role", flags->role,
                   "admin, operator, assistant, scheduler, reader or privacy")
      ->required();
  create->add_option("--for-shop", flags->shops, "for this shop; may be repeated");
  create->add_flag("--all-shops", flags->all_shops, "for every shop, also those made later");
  create->add_option("--expires", flags->expires, "from when it is refused");

  AddCommand(*token, session, "list", "List tokens, without secrets", [&session](Client& client) {
    return session.output().PrintList(client.ListTokens({}, session.call()), "tokens",
                                      {"token_id", "display_name", "role", "all_shops", "shop_ids",
                                       "created_at", "expires_at", "revoked_at"});
  });

  AddCommand(*token, session, "revoke", "Refuse a token from now on",
             [&session, flags](Client& client) {
               v1::RevokeTokenRequest request;
               request.set_token_id(flags->id);
               return PrintAnswer(session, client.RevokeToken(request, session.call()));
             })
      ->add_option("TOKEN_ID", flags->id)
      ->required();
}

}  // namespace segmentation::cli
