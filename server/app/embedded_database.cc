#include "server/app/embedded_database.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "spdlog/spdlog.h"

namespace segmentation::app {
namespace {

using storage::mysql::Connection;
using storage::mysql::ServerProcess;
using storage::mysql::ServerProgram;

// How often the watching thread looks whether the server still runs.
constexpr absl::Duration kWatchInterval = absl::Milliseconds(100);
// A server that ran for longer begins again with the short wait.
constexpr absl::Duration kSoundRun = absl::Minutes(1);

}  // namespace

EmbeddedDatabase::EmbeddedDatabase(EmbeddedDatabaseOptions options)
    : options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<EmbeddedDatabase>> EmbeddedDatabase::Start(
    EmbeddedDatabaseOptions options) {
  std::unique_ptr<EmbeddedDatabase> database(new EmbeddedDatabase(std::move(options)));
  database->thread_ = std::thread([raw = database.get()] { raw->Run(); });
  {
    std::unique_lock<std::mutex> lock(database->mutex_);
    database->changed_.wait(lock, [&] { return database->started_; });
    if (database->start_status_.ok()) {
      lock.unlock();
      return database;
    }
  }
  return database->start_status_;
}

EmbeddedDatabase::~EmbeddedDatabase() { Stop().IgnoreError(); }

pid_t EmbeddedDatabase::pid() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return pid_;
}

absl::Status EmbeddedDatabase::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  std::lock_guard<std::mutex> join(join_mutex_);
  if (thread_.joinable()) thread_.join();
  std::lock_guard<std::mutex> lock(mutex_);
  return stop_status_;
}

void EmbeddedDatabase::Run() {
  const absl::Status status = FirstStart();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    started_ = true;
    start_status_ = status;
  }
  changed_.notify_all();

  absl::Time begun = absl::Now();
  absl::Duration backoff = options_.initial_backoff;
  while (status.ok() && !StopWithin(kWatchInterval)) {
    std::string how;
    if (!process_->HasEnded(&how)) continue;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      pid_ = 0;
    }
    Tell(base::MakeError(base::Reason::DATABASE_UNAVAILABLE, "",
                         base::StrCat("the embedded database ended: ", how)));
    if (absl::Now() - begun > kSoundRun) backoff = options_.initial_backoff;
    if (StopWithin(backoff)) break;
    backoff = std::min(backoff * 2, options_.max_backoff);
    begun = absl::Now();
    Tell(LaunchAndWait());
  }

  const absl::Status stopped =
      process_ == nullptr ? absl::OkStatus() : process_->Stop(options_.stop_timeout);
  process_.reset();
  std::lock_guard<std::mutex> lock(mutex_);
  pid_ = 0;
  stop_status_ = stopped;
}

absl::Status EmbeddedDatabase::FirstStart() {
  absl::StatusOr<ServerProgram> program = options_.program
                                              ? absl::StatusOr<ServerProgram>(*options_.program)
                                              : storage::mysql::FindServerProgram();
  RETURN_IF_ERROR(program.status());
  storage::mysql::ServerProcessOptions process_options;
  process_options.folder = options_.folder;
  process_options.buffer_pool_mib = options_.buffer_pool_mib;
  ASSIGN_OR_RETURN(process_, ServerProcess::Create(*program, std::move(process_options)));
  RETURN_IF_ERROR(LaunchAndWait());
  RETURN_IF_ERROR(MakeDatabase());
  connection_ = process_->connection();
  connection_.database = options_.database;
  version_ = program->version;
  return absl::OkStatus();
}

absl::Status EmbeddedDatabase::LaunchAndWait() {
  RETURN_IF_ERROR(process_->Launch());
  {
    std::lock_guard<std::mutex> lock(mutex_);
    pid_ = process_->pid();
  }
  const absl::Status ready = process_->WaitReady(options_.start_timeout);
  // One that runs but does not answer is ended, so that the watch begins anew.
  if (!ready.ok()) process_->Stop(options_.stop_timeout).IgnoreError();
  return ready;
}

absl::Status EmbeddedDatabase::MakeDatabase() {
  ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                   Connection::Open(process_->connection()));
  return connection->ExecuteText(base::StrCat("CREATE DATABASE IF NOT EXISTS ", options_.database,
                                              " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
}

bool EmbeddedDatabase::StopWithin(absl::Duration wait) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(wait), [this] { return stop_; });
}

void EmbeddedDatabase::Tell(const absl::Status& status) const {
  if (status.ok()) {
    spdlog::info("the embedded database answers again");
  } else {
    spdlog::error("{}", std::string(status.message()));
  }
  if (options_.on_change) options_.on_change(status);
}

}  // namespace segmentation::app
