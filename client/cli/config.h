// Where segctl finds the server and its token: flags win over the environment, that over the config
// file, that over the defaults.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace segmentation::cli {

// As given by flags; empty = not given.
struct ConfigFlags {
  std::string config_file;
  std::string address;
  std::string token;
  std::string token_file;
  std::string shop;
  std::string actor;
};

struct Config {
  std::string address;  // default 127.0.0.1:50051
  std::string token;    // may be empty
  std::string shop;     // may be empty
  std::string actor;    // default segctl:$USER
};

using Environment = std::function<std::optional<std::string>(const char* name)>;

// The process's own.
std::optional<std::string> ReadEnvironment(const char* name);

// Reads SEGCTL_ADDRESS, SEGCTL_TOKEN, SEGCTL_TOKEN_FILE, SEGCTL_SHOP, SEGCTL_ACTOR, and the config
// file:
// --config, else SEGCTL_CONFIG, else $XDG_CONFIG_HOME/segctl/config, else ~/.config/segctl/config,
// which need not exist. A token file holds the token alone. INVALID_ARGUMENT for a file with an
// unknown key, NOT_FOUND for a named file that is not there.
absl::StatusOr<Config> LoadConfig(const ConfigFlags& flags, const Environment& environment);

// "key = value" lines; "#" begins a comment; keys address, token, token_file, shop, actor.
absl::StatusOr<std::map<std::string, std::string>> ParseConfig(const std::string& text,
                                                               const std::string& file);

}  // namespace segmentation::cli
