#include "server/app/config.h"

#include <cstdlib>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"

namespace segmentation::app {
namespace {

constexpr Setting kSettings[] = {
    {"data-dir",
     "folder of the pid, address, state and admin token files, and of the embedded database",
     "required"},
    {"listen", "address and port; port 0 = any free one", "127.0.0.1:50051"},
    {"insecure-listen", "allow an address beyond loopback without TLS", "off"},
    {"mysql-url", "external database: mysql://user@host:port/database", "embedded database"},
    {"mysql-password-file", "file whose first line is the external database's password",
     "environment variable SEGMENTATION_MYSQL_PASSWORD"},
    {"mysql-ca-file", "certificates to verify the external database by; turns TLS on", "no TLS"},
    {"database-connections", "connections to the database at most, 4 to 1000", "24"},
    {"writer-threads", "shops written at the same time, 1 to 64", "4"},
    {"lookup-threads", "threads for look-ups and the preparation of writes, 1 to 256", "8"},
    {"evaluation-threads", "threads for counts, audiences and streams, 1 to 256", "4"},
    {"evaluation",
     "who evaluates conditions: index (in memory; the database while it is loaded) or sql (the "
     "database alone)",
     "index"},
    {"index-memory-mib",
     "memory of all shops' indexes in MiB, 1 to 1048576; a shop beyond it is evaluated by the "
     "database",
     "2048"},
    {"buffer-pool-mib", "page cache of the embedded database in MiB, 64 to 1048576", "256"},
    {"drain-seconds", "how long calls may finish at shutdown, 0 to 3600", "20"},
    {"log-level", "debug, info, warn or error", "info"},
};

absl::Status Invalid(std::string_view flag, std::string_view message) {
  return base::MakeError(base::Reason::FIELD_INVALID, absl::StrCat("--", std::string(flag)),
                         message);
}

absl::Status CheckRange(std::string_view flag, int value, int min, int max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return Invalid(flag, absl::StrCat("got ", value, ", want ", min, " to ", max));
}

bool IsLoopback(std::string_view address) {
  const std::string_view host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host == "[::1]" || host.starts_with("127.") ||
         address.starts_with("unix:");
}

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

absl::StatusOr<DatabaseAddress> ParseDatabaseUrl(std::string_view url,
                                                 const std::string& password_file) {
  constexpr std::string_view kScheme = "mysql://";
  const absl::Status malformed = Invalid("mysql-url", "want mysql://user@host:port/database");
  if (!url.starts_with(kScheme)) return malformed;
  url.remove_prefix(kScheme.size());
  const size_t at = url.find('@');
  const size_t slash = url.find('/');
  if (at == std::string_view::npos || slash == std::string_view::npos || slash < at) {
    return malformed;
  }
  DatabaseAddress address;
  address.user = std::string(url.substr(0, at));
  if (address.user.find(':') != std::string::npos) {
    return Invalid("mysql-url",
                   "got a password in the URL, want it in --mysql-password-file or "
                   "SEGMENTATION_MYSQL_PASSWORD");
  }
  std::string_view host = url.substr(at + 1, slash - at - 1);
  if (const size_t colon = host.rfind(':'); colon != std::string_view::npos) {
    if (!absl::SimpleAtoi(std::string(host.substr(colon + 1)), &address.port) || address.port < 1 ||
        address.port > 65'535) {
      return malformed;
    }
    host = host.substr(0, colon);
  }
  address.host = std::string(host);
  address.database = std::string(url.substr(slash + 1));
  if (address.user.empty() || address.host.empty() || address.database.empty()) return malformed;
  if (!password_file.empty()) {
    std::ifstream file(password_file);
    if (!file || !std::getline(file, address.password)) {
      return Invalid("mysql-password-file", absl::StrCat("cannot read ", password_file));
    }
  } else if (const char* password = std::getenv("SEGMENTATION_MYSQL_PASSWORD")) {
    address.password = password;
  }
  return address;
}

absl::Status CheckConfig(const Config& config) {
  if (config.data_dir.empty()) {
    return Invalid("data-dir", "got nothing, want a folder");
  }
  if (config.mysql_url.empty() &&
      (!config.mysql_password_file.empty() || !config.mysql_ca_file.empty())) {
    return Invalid("mysql-url", "got nothing, but --mysql-password-file or --mysql-ca-file is set");
  }
  if (config.listen.rfind(':') == std::string::npos) {
    return Invalid("listen", absl::StrCat("got '", config.listen, "', want ADDRESS:PORT"));
  }
  if (!IsLoopback(config.listen) && !config.insecure_listen) {
    return Invalid("listen", absl::StrCat("got '", config.listen,
                                          "', which is beyond loopback: TLS is not there yet, so "
                                          "this needs --insecure-listen"));
  }
  RETURN_IF_ERROR(CheckRange("database-connections", config.database_connections, 4, 1'000));
  RETURN_IF_ERROR(CheckRange("writer-threads", config.writer_threads, 1, 64));
  RETURN_IF_ERROR(CheckRange("lookup-threads", config.lookup_threads, 1, 256));
  RETURN_IF_ERROR(CheckRange("evaluation-threads", config.evaluation_threads, 1, 256));
  if (config.evaluation != "index" && config.evaluation != "sql") {
    return Invalid("evaluation", absl::StrCat("got '", config.evaluation, "', want index or sql"));
  }
  RETURN_IF_ERROR(CheckRange("index-memory-mib", config.index_memory_mib, 1, 1'048'576));
  RETURN_IF_ERROR(CheckRange("buffer-pool-mib", config.buffer_pool_mib, 64, 1'048'576));
  RETURN_IF_ERROR(CheckRange("drain-seconds", config.drain_seconds, 0, 3'600));
  const std::string_view level = config.log_level;
  if (level != "debug" && level != "info" && level != "warn" && level != "error") {
    return Invalid("log-level",
                   absl::StrCat("got '", config.log_level, "', want debug, info, warn or error"));
  }
  return absl::OkStatus();
}

}  // namespace segmentation::app
