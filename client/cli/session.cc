#include "client/cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/explain.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/proto_time.h"

namespace segmentation::cli {

Output& Session::output() {
  if (output_ == nullptr) output_ = std::make_unique<Output>(out_, err_, flags_.json);
  return *output_;
}

absl::StatusOr<Config> Session::config() {
  if (!config_.has_value()) {
    absl::StatusOr<Config> config = LoadConfig(flags_.config, ReadEnvironment);
    if (!config.ok()) return config.status();
    config_ = *std::move(config);
  }
  return *config_;
}

absl::StatusOr<Client> Session::client() {
  if (!client_.has_value()) {
    absl::StatusOr<Config> loaded = config();
    if (!loaded.ok()) return loaded.status();
    ClientOptions options;
    options.address = loaded->address;
    options.token = loaded->token;
    options.actor.set_name(loaded->actor);
    options.actor.set_origin("segctl");
    options.deadline = absl::Minutes(2);
    // A person waits: a server that is down is told soon.
    options.retry.max_elapsed = absl::Seconds(5);
    options.retry.max_attempts = 5;
    absl::StatusOr<Client> client = make_client_(options);
    if (!client.ok()) return client.status();
    client_ = *std::move(client);
  }
  return *client_;
}

absl::StatusOr<std::string> Session::shop() {
  absl::StatusOr<Config> loaded = config();
  if (!loaded.ok()) return loaded.status();
  if (loaded->shop.empty()) {
    return absl::InvalidArgumentError(
        "no shop: name it with --shop ID, SEGCTL_SHOP, or 'shop = ID' in the config file");
  }
  return loaded->shop;
}

CallOptions Session::call() const {
  CallOptions options;
  if (flags_.timeout_seconds > 0) options.deadline = absl::Seconds(flags_.timeout_seconds);
  options.request_id = flags_.request_id;
  options.min_revision_token = flags_.min_revision_token;
  return options;
}

bool Session::live_progress() const { return flags_.progress || isatty(STDERR_FILENO) != 0; }

CLI::App* AddCommand(CLI::App& parent, Session& session, const std::string& name,
                     const std::string& help, std::function<absl::Status(Client&)> run) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->callback([&session, run = std::move(run)] {
    session.action = [&session, run]() -> absl::Status {
      absl::StatusOr<Client> client = session.client();
      if (!client.ok()) return client.status();
      return run(*client);
    };
  });
  return command;
}

CLI::App* AddNoun(CLI::App& parent, const std::string& name, const std::string& help) {
  CLI::App* noun = parent.add_subcommand(name, help);
  noun->require_subcommand(1);
  return noun;
}

absl::StatusOr<absl::TimeZone> ShopZone(Session& session, Client& client) {
  v1::GetShopRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  absl::StatusOr<v1::GetShopResponse> shop = client.GetShop(request, session.call());
  if (!shop.ok()) return shop.status();
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(shop->shop().time_zone(), &zone)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "this machine does not know the time zone ", shop->shop().time_zone(), ": install tzdata"));
  }
  return zone;
}

absl::StatusOr<google::protobuf::Timestamp> ParseTimeFlag(Session& session, Client& client,
                                                          const std::string& flag,
                                                          const std::string& text) {
  const absl::StatusOr<absl::TimeZone> zone = ShopZone(session, client);
  if (!zone.ok()) return zone.status();
  absl::StatusOr<std::optional<absl::Time>> time = ParseTime(text, *zone);
  if (!time.ok() || !time->has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": ", time.ok() ? absl::string_view("is empty") : time.status().message()));
  }
  return ToTimestamp(**time);
}

namespace {

// A repeated flag takes one value each time: otherwise it would swallow the words that follow.
void TakeOneValueEach(CLI::App& app) {
  for (CLI::Option* option : app.get_options([](CLI::Option*) { return true; })) {
    if (!option->get_positional()) option->allow_extra_args(false);
  }
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    TakeOneValueEach(*command);
  }
}

}  // namespace

int RunSegctl(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
              const Session::MakeClient& make_client) {
  Session session(out, err, make_client);
  GlobalFlags& flags = session.flags();
  CLI::App app("Commands of the segmentation service.", "segctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Address and token: flags, then SEGCTL_ADDRESS and SEGCTL_TOKEN or SEGCTL_TOKEN_FILE, then "
      "the\n"
      "file ~/.config/segctl/config (KEY = VALUE lines: address, token, token_file, shop, actor).\n"
      "Exit code: 0 done, 1 failed, 2 the command line is wrong.");
  app.add_option("--address", flags.config.address, "HOST:PORT or unix:PATH of the server");
  app.add_option("--token", flags.config.token, "API token (a file or variable is safer)");
  app.add_option("--token-file", flags.config.token_file, "file that holds the API token");
  app.add_option("--config", flags.config.config_file, "config file");
  app.add_option("--shop", flags.config.shop, "the shop");
  app.add_option("--actor", flags.config.actor, "who does it, kept with every change");
  app.add_flag("--json", flags.json, "print JSON with stable keys");
  app.add_flag("--progress", flags.progress, "draw progress bars although this is no terminal");
  app.add_option("--timeout", flags.timeout_seconds, "seconds for one call")
      ->check(CLI::PositiveNumber);
  app.add_option("--request-id", flags.request_id, "repeat a change whose outcome is unknown");
  app.add_option("--at-least", flags.min_revision_token,
                 "revision token of an earlier write that must be seen");
  app.add_option("--purpose", flags.purpose,
                 "why personal data are needed in clear; needs the privacy role");
  AddShopCommands(app, session);
  AddTokenCommands(app, session);
  AddStoreCommands(app, session);
  AddMemberCommands(app, session);
  AddAttributeCommands(app, session);
  AddOrderCommands(app, session);
  AddTagCommands(app, session);
  AddGroupCommands(app, session);
  AddOperationCommands(app, session);
  AddImportCommands(app, session);
  AddDemoCommands(app, session);
  TakeOneValueEach(app);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? 0 : 2;
  }
  const absl::Status status = session.action();
  out.flush();
  if (status.ok()) return 0;
  absl::StatusOr<Config> config = session.config();
  if (flags.json) {
    err << ErrorToJson(status).dump(2) << "\n";
  } else {
    err << "segctl: " << Explain(status, config.value_or(Config()), session.condition) << "\n";
  }
  return 1;
}

}  // namespace segmentation::cli
