// Settings of segmentd. One row a setting: flag, meaning, default; the README's table and --help
// come from the same rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace segmentation::app {

struct Config {
  std::string data_dir;
  std::string listen = "127.0.0.1:50051";
  bool insecure_listen = false;
  std::string mysql_url;
  std::string mysql_password_file;
  std::string mysql_ca_file;
  int database_connections = 24;
  int writer_threads = 4;
  int lookup_threads = 8;
  int evaluation_threads = 4;
  std::string evaluation = "index";
  int index_memory_mib = 2048;
  int buffer_pool_mib = 256;
  int drain_seconds = 20;
  std::string log_level = "info";
};

// A setting as people see it.
struct Setting {
  std::string_view flag;      // without the dashes
  std::string_view meaning;   // one line
  std::string_view fallback;  // default, for people
};
std::span<const Setting> Settings();

// How to reach an external database, out of mysql://user@host:port/database and the password's
// source.
struct DatabaseAddress {
  std::string user;
  std::string host;
  int port = 3306;
  std::string database;
  std::string password;
};

// FIELD_INVALID naming the flag for anything but that form; a password inside the URL is refused
// (it would stand in the process list). The password comes from `password_file` (first line), else
// from the environment variable SEGMENTATION_MYSQL_PASSWORD, else it is empty.
absl::StatusOr<DatabaseAddress> ParseDatabaseUrl(std::string_view url,
                                                 const std::string& password_file);

// Refuses what is half set or unsafe: listening beyond loopback without --insecure-listen (there is
// no TLS yet), numbers out of range, no data directory without an external database.
absl::Status CheckConfig(const Config& config);

}  // namespace segmentation::app
