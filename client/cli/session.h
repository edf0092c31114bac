// What every command has at hand: flags, the client, the output.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/config.h"
#include "client/cli/output.h"
#include "segmentation/client.h"

namespace segmentation::cli {

// Flags that every command takes.
struct GlobalFlags {
  ConfigFlags config;
  bool json = false;
  bool progress = false;       // a progress bar although the output is no terminal
  double timeout_seconds = 0;  // 0 = the client's default
  std::string request_id;
  std::string min_revision_token;
  std::string purpose;
};

class Session {
 public:
  using MakeClient = std::function<absl::StatusOr<Client>(const ClientOptions&)>;

  // `make_client`: Client::Connect, or a test's.
  Session(std::ostream& out, std::ostream& err, MakeClient make_client)
      : out_(out), err_(err), make_client_(std::move(make_client)) {}

  GlobalFlags& flags() { return flags_; }
  Output& output();
  // Config and client are made on first use; errors are the user's to mend.
  absl::StatusOr<Config> config();
  absl::StatusOr<Client> client();
  // --shop, SEGCTL_SHOP or the config file; INVALID_ARGUMENT when none names one.
  absl::StatusOr<std::string> shop();
  CallOptions call() const;
  // For explaining a wrong condition.
  std::string condition;

  // Whether to draw a progress bar.
  bool live_progress() const;

  // The chosen command; set by the parser.
  std::function<absl::Status()> action;

 private:
  std::ostream& out_;
  std::ostream& err_;
  const MakeClient make_client_;
  GlobalFlags flags_;
  std::unique_ptr<Output> output_;
  std::optional<Config> config_;
  std::optional<Client> client_;
};

// Adds a command that runs `run` when chosen.
CLI::App* AddCommand(CLI::App& parent, Session& session, const std::string& name,
                     const std::string& help, std::function<absl::Status(Client&)> run);
// A command that is only a name for those below it.
CLI::App* AddNoun(CLI::App& parent, const std::string& name, const std::string& help);

// Sets a request's shop from the session. OK, or what to do.
template <typename Request>
absl::Status SetShop(Session& session, Request* request) {
  absl::StatusOr<std::string> shop = session.shop();
  if (!shop.ok()) return shop.status();
  request->set_shop_id(*shop);
  return absl::OkStatus();
}

// Prints an answer, or hands on its error.
template <typename Response>
absl::Status PrintAnswer(Session& session, const absl::StatusOr<Response>& answer) {
  if (!answer.ok()) return answer.status();
  session.output().Print(*answer);
  return absl::OkStatus();
}

// Reads an enum value by its lower-case name without prefix, e.g. "single" of TagChoice with prefix
// "TAG_CHOICE_". INVALID_ARGUMENT lists the names.
template <typename Enum>
absl::StatusOr<Enum> ParseEnum(const google::protobuf::EnumDescriptor& type,
                               const std::string& prefix, const std::string& flag,
                               const std::string& text) {
  std::string upper = prefix + text, names;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (int i = 0; i < type.value_count(); ++i) {
    const google::protobuf::EnumValueDescriptor& value = *type.value(i);
    if (value.number() == 0) continue;
    if (value.name() == upper) return static_cast<Enum>(value.number());
    std::string name = value.name().substr(prefix.size());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    names += (names.empty() ? "" : ", ") + name;
  }
  return absl::InvalidArgumentError(flag + ": got '" + text + "', want one of " + names);
}

// The zone that times are read and shown in.
absl::StatusOr<absl::TimeZone> ShopZone(Session& session, Client& client);

// Local text of a flag as an instant of the shop's zone.
absl::StatusOr<google::protobuf::Timestamp> ParseTimeFlag(Session& session, Client& client,
                                                          const std::string& flag,
                                                          const std::string& text);

// Sets a request's shop, and its as-of from a flag that may be empty.
template <typename Request>
absl::Status SetShopAndAsOf(Session& session, Client& client, const std::string& as_of,
                            Request* request) {
  if (absl::Status status = SetShop(session, request); !status.ok()) return status;
  if (as_of.empty()) return absl::OkStatus();
  auto time = ParseTimeFlag(session, client, "--as-of", as_of);
  if (!time.ok()) return time.status();
  *request->mutable_as_of() = *time;
  return absl::OkStatus();
}

void AddShopCommands(CLI::App& app, Session& session);
void AddTokenCommands(CLI::App& app, Session& session);
void AddStoreCommands(CLI::App& app, Session& session);
void AddMemberCommands(CLI::App& app, Session& session);
void AddAttributeCommands(CLI::App& app, Session& session);
void AddOrderCommands(CLI::App& app, Session& session);
void AddTagCommands(CLI::App& app, Session& session);
void AddGroupCommands(CLI::App& app, Session& session);
// Those of them that are about single members.
void AddMembershipCommands(CLI::App& group, Session& session);
// Those that set groups beside each other.
void AddComparisonCommands(CLI::App& group, Session& session);
void AddOperationCommands(CLI::App& app, Session& session);
void AddImportCommands(CLI::App& app, Session& session);
void AddDemoCommands(CLI::App& app, Session& session);

// Runs a command line. 0 = done, 1 = it failed, 2 = the command line is wrong.
int RunSegctl(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
              const Session::MakeClient& make_client);

}  // namespace segmentation::cli
