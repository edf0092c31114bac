#include "client/cli/config.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace segmentation::cli {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  std::string token(absl::StripAsciiWhitespace(*text));
  if (token.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " holds no token"));
  return token;
}

}  // namespace

std::optional<std::string> ReadEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

absl::StatusOr<std::map<std::string, std::string>> ParseConfig(const std::string& text,
                                                               const std::string& file) {
  static const auto* known =
      new std::set<std::string>{"address", "token", "token_file", "shop", "actor"};
  std::map<std::string, std::string> values;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line[0] == '#') continue;
    const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits('=', 1));
    const std::string key(absl::StripAsciiWhitespace(parts[0]));
    if (parts.size() != 2 || !known->contains(key)) {
      return absl::InvalidArgumentError(absl::StrCat(
          file, ", line ", number, ": got '", line,
          "', want KEY = VALUE with a key of address, token, token_file, shop, actor"));
    }
    values[key] = std::string(absl::StripAsciiWhitespace(parts[1]));
  }
  return values;
}

absl::StatusOr<Config> LoadConfig(const ConfigFlags& flags, const Environment& environment) {
  std::string path = flags.config_file;
  if (path.empty()) path = environment("SEGCTL_CONFIG").value_or("");
  const bool named = !path.empty();
  if (!named) {
    if (const auto folder = environment("XDG_CONFIG_HOME")) {
      path = *folder + "/segctl/config";
    } else if (const auto home = environment("HOME")) {
      path = *home + "/.config/segctl/config";
    }
  }
  std::map<std::string, std::string> file;
  if (!path.empty()) {
    absl::StatusOr<std::string> text = ReadFile(path);
    if (text.ok()) {
      auto values = ParseConfig(*text, path);
      if (!values.ok()) return values.status();
      file = *std::move(values);
    } else if (named || text.status().code() != absl::StatusCode::kNotFound) {
      return text.status();
    }
  }
  const auto choose = [&](const std::string& flag, const char* variable, const char* key,
                          const std::string& otherwise) {
    if (!flag.empty()) return flag;
    if (auto value = environment(variable)) return *value;
    const auto found = file.find(key);
    return found != file.end() && !found->second.empty() ? found->second : otherwise;
  };
  Config config;
  config.address = choose(flags.address, "SEGCTL_ADDRESS", "address", "127.0.0.1:50051");
  config.shop = choose(flags.shop, "SEGCTL_SHOP", "shop", "");
  config.actor = choose(flags.actor, "SEGCTL_ACTOR", "actor",
                        absl::StrCat("segctl:", environment("USER").value_or("unknown")));
  // The nearest place that names a token or a file with one.
  std::string token_file;
  if (!flags.token.empty()) {
    config.token = flags.token;
  } else if (!flags.token_file.empty()) {
    token_file = flags.token_file;
  } else if (auto token = environment("SEGCTL_TOKEN")) {
    config.token = *token;
  } else if (auto named_file = environment("SEGCTL_TOKEN_FILE")) {
    token_file = *named_file;
  } else if (file.contains("token")) {
    config.token = file["token"];
  } else if (file.contains("token_file")) {
    token_file = file["token_file"];
  }
  if (!token_file.empty()) {
    absl::StatusOr<std::string> token = ReadToken(token_file);
    if (!token.ok()) return token.status();
    config.token = *std::move(token);
  }
  return config;
}

}  // namespace segmentation::cli
