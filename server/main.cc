// segmentd: serve, migrate, check, wait-ready. Parses the flags, runs the App until a signal.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "server/app/app.h"
#include "server/app/config.h"

namespace {

using segmentation::app::App;
using segmentation::app::Config;

int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  std::cerr << "segmentd: " << std::string(status.message()) << "\n";
  return 1;
}

// Flags take their text from the settings' table, so that --help and the README say the same.
std::string Help(std::string_view flag) {
  for (const auto& setting : segmentation::app::Settings()) {
    if (setting.flag == flag) {
      return std::string(setting.meaning) + " [" + std::string(setting.fallback) + "]";
    }
  }
  return {};
}

template <typename Value>
void AddFlag(CLI::App& command, const char* flag, Value& value) {
  command.add_option(std::string("--") + flag, value, Help(flag));
}

void AddDatabaseFlags(CLI::App& command, Config& config) {
  AddFlag(command, "mysql-url", config.mysql_url);
  AddFlag(command, "mysql-password-file", config.mysql_password_file);
  AddFlag(command, "mysql-ca-file", config.mysql_ca_file);
  AddFlag(command, "log-level", config.log_level);
}

int Serve(const Config& config) {
  // Blocked before any thread is made, so that all inherit it and only sigwait sees the signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  absl::StatusOr<std::unique_ptr<App>> app = App::Start(config);
  if (!app.ok()) return Report(app.status());
  std::cout << "segmentd serves on " << (*app)->address() << std::endl;
  int got = 0;
  sigwait(&signals, &got);
  (*app)->Stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("segmentd: customer segmentation over MySQL");
  cli.require_subcommand(1);
  Config config;

  CLI::App* serve = cli.add_subcommand("serve", "run the server until SIGTERM or SIGINT");
  AddFlag(*serve, "data-dir", config.data_dir);
  AddFlag(*serve, "listen", config.listen);
  serve->add_flag("--insecure-listen", config.insecure_listen, Help("insecure-listen"));
  AddDatabaseFlags(*serve, config);
  AddFlag(*serve, "database-connections", config.database_connections);
  AddFlag(*serve, "writer-threads", config.writer_threads);
  AddFlag(*serve, "lookup-threads", config.lookup_threads);
  AddFlag(*serve, "evaluation-threads", config.evaluation_threads);
  AddFlag(*serve, "evaluation", config.evaluation);
  AddFlag(*serve, "index-memory-mib", config.index_memory_mib);
  AddFlag(*serve, "buffer-pool-mib", config.buffer_pool_mib);
  AddFlag(*serve, "drain-seconds", config.drain_seconds);

  CLI::App* migrate =
      cli.add_subcommand("migrate", "bring an external database's schema up to date");
  AddDatabaseFlags(*migrate, config);
  CLI::App* check = cli.add_subcommand("check", "say whether an external database is fit to serve");
  AddDatabaseFlags(*check, config);

  CLI::App* wait =
      cli.add_subcommand("wait-ready", "wait until the server of a data folder serves");
  int pid = 0;
  int timeout_seconds = 60;
  wait->add_option("--data-dir", config.data_dir, Help("data-dir"))->required();
  wait->add_option("--pid", pid, "give up when this process ends");
  wait->add_option("--timeout-seconds", timeout_seconds, "give up after this long [60]");

  CLI11_PARSE(cli, argc, argv);
  if (serve->parsed()) return Serve(config);
  if (migrate->parsed()) return Report(segmentation::app::MigrateDatabase(config));
  if (check->parsed()) return Report(segmentation::app::CheckDatabase(config));
  return Report(segmentation::app::WaitReady(config.data_dir, pid, timeout_seconds));
}
