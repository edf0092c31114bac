#include "server/app/app.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/app/embedded_database.h"
#include "server/audience/shop_indexes.h"
#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/rpc/call.h"
#include "server/rpc/drain.h"
#include "server/rpc/group_service.h"
#include "server/rpc/member_service.h"
#include "server/rpc/operation_service.h"
#include "server/rpc/order_service.h"
#include "server/rpc/reflection_service.h"
#include "server/rpc/shop_service.h"
#include "server/rpc/tag_service.h"
#include "server/storage/mysql/migrator.h"
#include "server/storage/mysql/mysql_store.h"
#include "server/storage/mysql/server_check.h"
#include "server/usecase/attribute_usecase.h"
#include "server/usecase/group_query_usecase.h"
#include "server/usecase/group_usecase.h"
#include "server/usecase/housekeeping.h"
#include "server/usecase/import_query_usecase.h"
#include "server/usecase/member_query_usecase.h"
#include "server/usecase/member_usecase.h"
#include "server/usecase/membership_usecase.h"
#include "server/usecase/operation_usecase.h"
#include "server/usecase/order_query_usecase.h"
#include "server/usecase/order_usecase.h"
#include "server/usecase/shop_reader.h"
#include "server/usecase/shop_usecase.h"
#include "server/usecase/shop_writer.h"
#include "server/usecase/store_usecase.h"
#include "server/usecase/tag_category_usecase.h"
#include "server/usecase/tag_usecase.h"
#include "server/usecase/token_usecase.h"

namespace segmentation::app {
namespace {

namespace mysql = storage::mysql;

// gRPC 1.51 settings, each for a reason measured on this version: hostile HTTP/2 costs it memory
// and time.
constexpr int kMaxReceiveBytes = 1 << 20;
constexpr int kMaxSendBytes = 4 << 20;
constexpr int kMaxMetadataBytes = 8 << 10;
constexpr int kMaxStreamsPerConnection = 200;
constexpr int kHandshakeTimeoutMs = 10'000;
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMinClientPingMs = 30'000;
// Work that may wait for a thread before calls are refused.
constexpr size_t kMaxQueuedCalls = 4'096;
constexpr absl::Duration kHealthPeriod = absl::Seconds(2);
constexpr absl::Duration kHousekeepingPeriod = absl::Minutes(10);
// Between two rounds while the first has left something to do.
constexpr absl::Duration kHousekeepingPause = absl::Seconds(1);

absl::StatusOr<mysql::ConnectionOptions> ExternalConnection(const Config& config) {
  ASSIGN_OR_RETURN(DatabaseAddress address,
                   ParseDatabaseUrl(config.mysql_url, config.mysql_password_file));
  mysql::ConnectionOptions options;
  options.host = address.host;
  options.port = address.port;
  options.user = address.user;
  options.password = address.password;
  options.database = address.database;
  if (!config.mysql_ca_file.empty()) {
    options.tls.enabled = true;
    options.tls.ca_file = config.mysql_ca_file;
  }
  return options;
}

// Replaces the file whole, readable as `mode` says.
absl::Status WriteFile(const std::string& path, std::string_view content, mode_t mode) {
  const std::string fresh = absl::StrCat(path, ".new");
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  const bool written =
      fd >= 0 && fchmod(fd, mode) == 0 &&
      write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) {
    return base::MakeError(base::Reason::FIELD_INVALID, "--data-dir",
                           absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

std::string ReadFirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// gRPC prints raw header values of unauthenticated peers: only that something happened is kept.
void SilenceGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* args) {
    if (args->severity == GPR_LOG_SEVERITY_ERROR) {
      spdlog::debug("grpc error at {}:{}", args->file, args->line);
    }
  });
}

void SetUpLogging(const std::string& level) {
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  spdlog::set_level(spdlog::level::from_str(level));
  spdlog::flush_on(spdlog::level::info);
  SilenceGrpcLog();
}

}  // namespace

// Members are in order of construction; Stop goes backwards.
class App::Impl {
 public:
  explicit Impl(Config config) : config_(std::move(config)) {}
  ~Impl() { Stop(); }

  absl::Status Start();
  void Stop();

  const std::string& address() const { return address_; }
  const std::string& admin_token() const { return admin_token_; }

 private:
  absl::Status OpenStore();
  absl::Status MakeAdminToken();
  void MakeUsecases();
  absl::Status Listen();
  void Watch();
  void KeepHouse();
  void LoadIndexes();
  bool stops();
  // Files of the data directory that this server has written; another's are left alone.
  absl::Status WriteOwnFile(const std::string& name, const std::string& line);
  void RemoveOwnFiles();

  const Config config_;
  base::SystemClock clock_;
  std::unique_ptr<EmbeddedDatabase> database_;
  std::unique_ptr<mysql::MysqlStore> store_;
  std::unique_ptr<audience::ShopIndexes> indexes_;  // null: the database evaluates
  std::unique_ptr<usecase::ShopWriter> writer_;
  std::unique_ptr<usecase::ShopReader> reader_;
  std::unique_ptr<usecase::TokenUsecase> tokens_;
  std::unique_ptr<usecase::ShopUsecase> shops_;
  std::unique_ptr<usecase::StoreUsecase> stores_;
  std::unique_ptr<usecase::AttributeUsecase> attributes_;
  std::unique_ptr<usecase::MemberUsecase> members_;
  std::unique_ptr<usecase::MemberQueryUsecase> member_queries_;
  std::unique_ptr<usecase::OrderUsecase> orders_;
  std::unique_ptr<usecase::OrderQueryUsecase> order_queries_;
  std::unique_ptr<usecase::TagCategoryUsecase> tag_categories_;
  std::unique_ptr<usecase::TagUsecase> tags_;
  std::unique_ptr<usecase::GroupUsecase> groups_;
  std::unique_ptr<usecase::GroupQueryUsecase> group_queries_;
  std::unique_ptr<usecase::SavedConditions> saved_conditions_;
  std::unique_ptr<usecase::GroupKeeper> group_keeper_;
  std::unique_ptr<usecase::MembershipUsecase> memberships_;
  std::unique_ptr<usecase::OperationUsecase> operations_;
  std::unique_ptr<usecase::ImportQueryUsecase> imports_;
  std::unique_ptr<rpc::PageTokenCodec> pages_;
  std::unique_ptr<rpc::WorkerPool> lookups_;
  std::unique_ptr<rpc::WorkerPool> evaluations_;
  std::unique_ptr<rpc::CallParts> parts_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::string admin_token_;

  std::mutex watch_mutex_;
  std::condition_variable watch_wake_;
  bool watch_stops_ = false;  // by watch_mutex_
  std::thread watch_;
  std::thread housekeeping_;
  std::mutex files_mutex_;
  std::map<std::string, std::string> own_files_;  // path → its line; by files_mutex_
  bool stopped_ = false;
};

absl::Status App::Impl::OpenStore() {
  mysql::MysqlStoreOptions options;
  options.pool.max_connections = config_.database_connections;
  if (config_.mysql_url.empty()) {
    EmbeddedDatabaseOptions embedded;
    embedded.folder =
        absl::StrCat(std::filesystem::absolute(config_.data_dir).string(), "/database");
    embedded.on_change = [](const absl::Status& status) {
      if (status.ok()) {
        spdlog::info("embedded database answers");
      } else {
        spdlog::error("embedded database: {}",
                      std::string_view(status.message().data(), status.message().size()));
      }
    };
    embedded.buffer_pool_mib = config_.buffer_pool_mib;
    ASSIGN_OR_RETURN(database_, EmbeddedDatabase::Start(embedded));
    RETURN_IF_ERROR(WriteOwnFile(kStateFile, "not ready: bringing the schema up to date"));
    options.pool.connection = database_->connection();
    mysql::MigratorOptions migrator;
    migrator.on_step = [](const mysql::Migration& step) {
      spdlog::info("migrate step={}", step.name);
    };
    RETURN_IF_ERROR(mysql::Migrate(options.pool.connection, mysql::EmbeddedMigrations(), migrator));
  } else {
    ASSIGN_OR_RETURN(options.pool.connection, ExternalConnection(config_));
  }
  ASSIGN_OR_RETURN(store_, mysql::MysqlStore::Open(options));
  return absl::OkStatus();
}

absl::Status App::Impl::MakeAdminToken() {
  const std::string path = absl::StrCat(config_.data_dir, "/admin.token");
  admin_token_ = ReadFirstLine(path);
  if (admin_token_.empty()) {
    ASSIGN_OR_RETURN(admin_token_, usecase::TokenUsecase::MakeSecret());
    RETURN_IF_ERROR(WriteFile(path, absl::StrCat(admin_token_, "\n"), 0600));
  }
  return tokens_->EnsureAdminToken(admin_token_);
}

void App::Impl::MakeUsecases() {
  if (config_.evaluation == "index") {
    audience::ShopIndexesOptions indexing;
    indexing.max_bytes = static_cast<size_t>(config_.index_memory_mib) << 20;
    indexing.on_load = [](domain::ShopNo shop_no, const absl::Status& loaded) {
      if (loaded.ok()) {
        spdlog::info("index of shop_no={} answers", shop_no);
      } else {
        spdlog::warn("index of shop_no={}: {}; the database evaluates", shop_no,
                     std::string_view(loaded.message().data(), loaded.message().size()));
      }
    };
    indexes_ = std::make_unique<audience::ShopIndexes>(*store_, indexing);
  }
  usecase::ShopWriterOptions writing;
  writing.thread_count = config_.writer_threads;
  writing.indexes = indexes_.get();
  writer_ = std::make_unique<usecase::ShopWriter>(*store_, clock_, writing);
  reader_ = std::make_unique<usecase::ShopReader>(*store_, clock_);
  tokens_ = std::make_unique<usecase::TokenUsecase>(*store_, clock_);
  shops_ =
      std::make_unique<usecase::ShopUsecase>(*store_, *writer_, *reader_, clock_, indexes_.get());
  stores_ = std::make_unique<usecase::StoreUsecase>(*writer_);
  attributes_ = std::make_unique<usecase::AttributeUsecase>(*writer_);
  members_ = std::make_unique<usecase::MemberUsecase>(*writer_, store_->identity());
  member_queries_ = std::make_unique<usecase::MemberQueryUsecase>(*reader_);
  orders_ = std::make_unique<usecase::OrderUsecase>(*writer_, store_->identity());
  order_queries_ = std::make_unique<usecase::OrderQueryUsecase>(*reader_);
  tag_categories_ = std::make_unique<usecase::TagCategoryUsecase>(*writer_);
  tags_ = std::make_unique<usecase::TagUsecase>(*writer_);
  groups_ = std::make_unique<usecase::GroupUsecase>(*writer_);
  group_queries_ = std::make_unique<usecase::GroupQueryUsecase>(*reader_, indexes_.get());
  saved_conditions_ = std::make_unique<usecase::SavedConditions>();
  if (indexes_ != nullptr) {
    group_keeper_ =
        std::make_unique<usecase::GroupKeeper>(*store_, *indexes_, *saved_conditions_, clock_);
  }
  memberships_ = std::make_unique<usecase::MembershipUsecase>(*reader_, *saved_conditions_,
                                                              indexes_.get(), group_keeper_.get());
  operations_ = std::make_unique<usecase::OperationUsecase>(*reader_, *writer_);
  imports_ = std::make_unique<usecase::ImportQueryUsecase>(*reader_);
}

// Every service of the server, on one page.
absl::Status App::Impl::Listen() {
  pages_ = std::make_unique<rpc::PageTokenCodec>(store_->identity().token_key, clock_);
  lookups_ = std::make_unique<rpc::WorkerPool>(config_.lookup_threads, kMaxQueuedCalls);
  evaluations_ = std::make_unique<rpc::WorkerPool>(config_.evaluation_threads, kMaxQueuedCalls);
  parts_ = std::make_unique<rpc::CallParts>(rpc::CallParts{
      *tokens_, *shops_, writer_->tokens(), *pages_, *lookups_, *evaluations_, clock_});
  services_.push_back(std::make_unique<rpc::ShopService>(*parts_, *stores_, *member_queries_));
  services_.push_back(std::make_unique<rpc::MemberService>(*parts_, *members_, *member_queries_,
                                                           *attributes_, *imports_));
  services_.push_back(
      std::make_unique<rpc::OrderService>(*parts_, *orders_, *order_queries_, *imports_));
  services_.push_back(
      std::make_unique<rpc::TagService>(*parts_, *tag_categories_, *tags_, *member_queries_));
  services_.push_back(std::make_unique<rpc::GroupService>(*parts_, *groups_, *group_queries_,
                                                          *memberships_, *member_queries_));
  services_.push_back(std::make_unique<rpc::OperationService>(*parts_, *operations_));
  services_.push_back(std::make_unique<rpc::ReflectionService>(*parts_));

  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.SetMaxSendMessageSize(kMaxSendBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinClientPingMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A gzip bomb is inflated before its size is looked at: no compression at all.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  // Two servers on one port share its calls unnoticed otherwise.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(config_.listen, grpc::InsecureServerCredentials(), &port);
  for (const auto& service : services_) builder.RegisterService(service.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return base::MakeError(
        base::Reason::FIELD_INVALID, "--listen",
        absl::StrCat("cannot listen on ", config_.listen, ": is another server running there?"));
  }
  address_ = absl::StrCat(config_.listen.substr(0, config_.listen.rfind(':')), ":", port);
  return absl::OkStatus();
}

absl::Status App::Impl::Start() {
  SetUpLogging(config_.log_level);
  std::error_code made;
  std::filesystem::create_directories(config_.data_dir, made);
  if (made) {
    return base::MakeError(base::Reason::FIELD_INVALID, "--data-dir",
                           absl::StrCat("cannot make ", config_.data_dir, ": ", made.message()));
  }
  // A second server on the folder fails in here, before it has written anything.
  RETURN_IF_ERROR(OpenStore());
  MakeUsecases();
  RETURN_IF_ERROR(MakeAdminToken());
  RETURN_IF_ERROR(Listen());
  RETURN_IF_ERROR(WriteOwnFile("segmentd.pid", absl::StrCat(getpid())));
  server_->GetHealthCheckService()->SetServingStatus(true);
  RETURN_IF_ERROR(WriteOwnFile(kStateFile, "ready"));
  RETURN_IF_ERROR(WriteOwnFile("segmentd.address", address_));
  LoadIndexes();
  watch_ = std::thread([this] { Watch(); });
  housekeeping_ = std::thread([this] { KeepHouse(); });
  spdlog::info("serving address={}", address_);
  return absl::OkStatus();
}

// In the background; calls are answered by the database meanwhile.
void App::Impl::LoadIndexes() {
  if (indexes_ == nullptr) return;
  const auto shops = store_->ListShops();
  if (!shops.ok()) return;  // each is loaded when it is first asked for
  for (const domain::Shop& shop : *shops) {
    if (!shop.deleted) indexes_->Want(shop.number);
  }
}

absl::Status App::Impl::WriteOwnFile(const std::string& name, const std::string& line) {
  const std::string path = absl::StrCat(config_.data_dir, "/", name);
  std::lock_guard lock(files_mutex_);
  RETURN_IF_ERROR(WriteFile(path, absl::StrCat(line, "\n"), 0644));
  own_files_[path] = line;
  return absl::OkStatus();
}

void App::Impl::RemoveOwnFiles() {
  std::lock_guard lock(files_mutex_);
  for (const auto& [path, line] : own_files_) {
    if (ReadFirstLine(path) == line) std::remove(path.c_str());
  }
  own_files_.clear();
}

bool App::Impl::stops() {
  std::lock_guard lock(watch_mutex_);
  return watch_stops_;
}

// A thread of its own: a long round must not keep readiness from being looked at.
void App::Impl::KeepHouse() {
  usecase::Housekeeping housekeeping(*store_, clock_);
  absl::Duration wait = kHousekeepingPeriod;
  std::unique_lock lock(watch_mutex_);
  while (!watch_wake_.wait_for(lock, absl::ToChronoMilliseconds(wait),
                               [this] { return watch_stops_; })) {
    lock.unlock();
    const absl::StatusOr<bool> done = housekeeping.RunRound([this] { return stops(); });
    if (!done.ok() && !stops()) spdlog::warn("housekeeping: {}", done.status().ToString());
    wait = done.ok() && !*done ? kHousekeepingPause : kHousekeepingPeriod;
    lock.lock();
  }
}

// Readiness follows the database; a change is logged with its reason, which is in the state file
// too.
void App::Impl::Watch() {
  bool serving = true;
  std::unique_lock lock(watch_mutex_);
  while (!watch_wake_.wait_for(lock, absl::ToChronoMilliseconds(kHealthPeriod),
                               [this] { return watch_stops_; })) {
    lock.unlock();
    const absl::Status state = store_->Check();
    if (state.ok() != serving && !stops()) {
      serving = state.ok();
      server_->GetHealthCheckService()->SetServingStatus(serving);
      const std::string text =
          serving ? "ready"
                  : absl::StrCat("not ready: ",
                                 absl::StrReplaceAll(state.message(), {{"\n", " "}, {"\r", " "}}));
      spdlog::log(serving ? spdlog::level::info : spdlog::level::warn, "{}", text);
      if (const absl::Status written = WriteOwnFile(kStateFile, text); !written.ok()) {
        spdlog::warn("{}", written.ToString());
      }
    }
    lock.lock();
  }
}

void App::Impl::Stop() {
  if (stopped_) return;
  stopped_ = true;
  const absl::Time deadline = clock_.Now() + absl::Seconds(config_.drain_seconds);
  {
    std::lock_guard lock(watch_mutex_);
    watch_stops_ = true;
  }
  watch_wake_.notify_all();
  if (server_ != nullptr) {
    spdlog::info("draining, at most {} s", config_.drain_seconds);
    WriteOwnFile(kStateFile, "not ready: stopping").IgnoreError();
    // For good, whatever the watch still finds: it is not waited for yet, for it may be waiting for
    // the database.
    server_->GetHealthCheckService()->Shutdown();
    // GOAWAY to every client, then the calls that are left are cancelled at the deadline.
    rpc::Drain(*server_, *writer_, deadline);
  }
  if (lookups_ != nullptr) lookups_->Shutdown();
  if (evaluations_ != nullptr) evaluations_->Shutdown();
  if (writer_ != nullptr) writer_->Shutdown(deadline);
  if (store_ != nullptr) store_->Close();
  if (group_keeper_ != nullptr) group_keeper_->Stop();
  if (indexes_ != nullptr) indexes_->Stop();  // a load that waits for the database ends by Close
  if (watch_.joinable()) watch_.join();
  if (housekeeping_.joinable()) housekeeping_.join();
  server_.reset();
  services_.clear();
  memberships_.reset();
  group_keeper_.reset();
  writer_.reset();
  indexes_.reset();
  store_.reset();
  database_.reset();
  RemoveOwnFiles();
  spdlog::info("stopped");
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
App::~App() = default;

absl::StatusOr<std::unique_ptr<App>> App::Start(const Config& config) {
  RETURN_IF_ERROR(CheckConfig(config));
  auto impl = std::make_unique<Impl>(config);
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<App>(new App(std::move(impl)));
}

const std::string& App::address() const { return impl_->address(); }
const std::string& App::admin_token() const { return impl_->admin_token(); }
void App::Stop() { impl_->Stop(); }

absl::Status MigrateDatabase(const Config& config) {
  SetUpLogging(config.log_level);
  ASSIGN_OR_RETURN(mysql::ConnectionOptions options, ExternalConnection(config));
  mysql::MigratorOptions migrator;
  migrator.on_step = [](const mysql::Migration& step) {
    spdlog::info("migrate step={}", step.name);
  };
  return mysql::Migrate(options, mysql::EmbeddedMigrations(), migrator);
}

absl::Status CheckDatabase(const Config& config) {
  ASSIGN_OR_RETURN(mysql::ConnectionOptions options, ExternalConnection(config));
  ASSIGN_OR_RETURN(std::unique_ptr<mysql::Connection> connection, mysql::Connection::Open(options));
  RETURN_IF_ERROR(mysql::CheckServer(*connection));
  return mysql::CheckSchema(*connection, mysql::EmbeddedMigrations());
}

}  // namespace segmentation::app
