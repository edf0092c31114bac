// P3: durable TagMember, 1, 8 and 64 in flight, through gRPC and below it. P5: an order import
// through RPC to durable rows, and TagMember meanwhile. Each beside a yardstick on the same
// database server in the same run; the goals are those of the design.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "segmentation/client.h"
#include "server/app/app.h"
#include "server/base/clock.h"
#include "server/base/status_macros.h"
#include "server/storage/mysql/mysql_store.h"
#include "server/storage/mysql/server_process.h"
#include "server/usecase/shop_writer.h"
#include "server/usecase/tag_usecase.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw_rows.h"
#include "tests/bench/tag_load.h"

namespace segmentation::bench {
namespace {

constexpr int kTagValues = 100;
constexpr int kConnections = 64;  // of the raw loop
constexpr char kDatabase[] = "segmentation";
constexpr char kTagShop[] = "p3";
constexpr char kOrderShop[] = "p5";

struct Flags {
  std::string folder = "/var/tmp";
  double seconds = 5;
  int orders = 20'000;
  int rounds = 3;
};

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(probe, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  close(probe);
  return ntohs(address.sin_port);
}

// The figures of a goal, one a round: a machine that gets slower for a while does so for one side
// of a ratio alone, so each round measures both and the median counts.
class Rounds {
 public:
  void Add(double figure) { figures_.push_back(figure); }
  void Print(const char* what, const char* goal) const {
    std::vector<double> sorted = figures_;
    std::sort(sorted.begin(), sorted.end());
    std::printf("  => %-55s %9.2f    goal %s   (", what, sorted[sorted.size() / 2], goal);
    for (size_t i = 0; i < figures_.size(); ++i)
      std::printf("%s%.2f", i > 0 ? " " : "", figures_[i]);
    std::printf(")\n");
  }

 private:
  std::vector<double> figures_;
};

class Bench {
 public:
  explicit Bench(const Flags& flags)
      : flags_(flags), folder_(absl::StrCat(flags.folder, "/segmentation-bench-", getpid())) {}
  ~Bench() {
    app_.reset();
    process_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::Status Go() {
    RETURN_IF_ERROR(StartDatabase());
    RETURN_IF_ERROR(StartServer());
    RETURN_IF_ERROR(MeasureTags());
    return MeasureImport();
  }

 private:
  // The settings of the embedded database: every commit is on disk, binary log included.
  absl::Status StartDatabase() {
    std::filesystem::create_directories(folder_);
    ASSIGN_OR_RETURN(const mysql::ServerProgram program, mysql::FindServerProgram());
    std::cout << "database: " << program.version.text << "\n";
    mysql::ServerProcessOptions options;
    options.folder = folder_ + "/database";
    options.buffer_pool_mib = 512;
    options.port = FreePort();
    port_ = options.port;
    ASSIGN_OR_RETURN(process_, mysql::ServerProcess::Create(program, options));
    RETURN_IF_ERROR(process_->Launch());
    RETURN_IF_ERROR(process_->WaitReady(absl::Seconds(60)));
    ASSIGN_OR_RETURN(auto admin, mysql::Connection::Open(process_->connection()));
    RETURN_IF_ERROR(admin->ExecuteText(absl::StrCat("CREATE DATABASE ", kDatabase)));
    // The link that the server has, so that yardsticks pay for it too.
    connection_.host = "127.0.0.1";
    connection_.port = port_;
    connection_.user = "bench";
    connection_.password = "bench";
    connection_.database = kDatabase;
    for (const char* host : {"127.0.0.1", "localhost"}) {
      RETURN_IF_ERROR(admin->ExecuteText(
          absl::StrCat("CREATE USER 'bench'@'", host, "' IDENTIFIED BY 'bench'")));
      RETURN_IF_ERROR(admin->ExecuteText(absl::StrCat("GRANT ALL ON *.* TO 'bench'@'", host, "'")));
    }
    return absl::OkStatus();
  }

  absl::Status StartServer() {
    setenv("SEGMENTATION_MYSQL_PASSWORD", "bench", 1);
    app::Config config;
    config.data_dir = folder_ + "/data";
    config.listen = "127.0.0.1:0";
    config.mysql_url = absl::StrCat("mysql://bench@127.0.0.1:", port_, "/", kDatabase);
    config.log_level = "warn";
    RETURN_IF_ERROR(app::MigrateDatabase(config));
    ASSIGN_OR_RETURN(app_, app::App::Start(config));
    options_.address = app_->address();
    options_.token = app_->admin_token();
    options_.actor.set_name("bench");
    options_.deadline = absl::Seconds(60);
    ASSIGN_OR_RETURN(Client client, Client::Connect(options_));
    client_ = std::make_unique<Client>(std::move(client));
    for (const char* id : {kTagShop, kOrderShop}) RETURN_IF_ERROR(MakeShop(id));
    return absl::OkStatus();
  }

  absl::Status MakeShop(const std::string& shop_id) {
    v1::CreateShopRequest shop;
    shop.set_shop_id(shop_id);
    shop.mutable_shop()->set_time_zone("Asia/Shanghai");
    shop.mutable_shop()->set_currency_code("CNY");
    if (auto made = client_->CreateShop(shop); !made.ok()) return made.status();
    v1::CreateTagCategoryRequest category;
    category.set_shop_id(shop_id);
    category.mutable_category()->set_category_id("c");
    category.mutable_category()->set_display_name("c");
    category.mutable_category()->set_kind(v1::TAG_CATEGORY_KIND_LISTED);
    category.mutable_category()->set_choice(v1::TAG_CHOICE_MULTI);
    for (int i = 0; i < kTagValues; ++i) category.add_tags()->set_value(absl::StrCat("t", i));
    if (auto made = client_->CreateTagCategory(category); !made.ok()) return made.status();
    MemberImport members = client_->ImportMembers(shop_id);
    for (int i = 0; i < kMembers; ++i) {
      v1::Member member;
      member.set_member_id(absl::StrCat("m", i));
      RETURN_IF_ERROR(members.Add(std::move(member)));
    }
    return members.Finish().status();
  }

  // The n-th assignment of a run: every member and value once.
  static std::pair<std::string, std::string> Assignment(int64_t n) {
    return {absl::StrCat("m", n % kMembers), absl::StrCat("t", n / kMembers % kTagValues)};
  }

  absl::Status TagOnce(const Client& client, const std::string& shop_id) {
    const auto [member, value] = Assignment(next_tag_++);
    v1::TagMemberRequest request;
    request.set_shop_id(shop_id);
    request.set_member_id(member);
    v1::TagAssignment* const tag = request.add_tags();
    tag->set_category("c");
    tag->set_value(value);
    tag->set_source(v1::TAG_SOURCE_AGENT);
    const auto answer = client.TagMember(request);
    if (answer.ok() && answer->changes(0).outcome() != v1::TAG_OUTCOME_APPLIED) {
      return absl::InternalError("a tag was not new: the run is longer than its data");
    }
    return answer.status();
  }

  // As many callers as in flight, each waiting for its answer: what a program reaches that calls
  // the SDK from threads.
  Measured BySdkThreads(int in_flight) {
    std::vector<Client> clients;
    for (int i = 0; i < std::min(in_flight, 8); ++i) clients.push_back(*Client::Connect(options_));
    return MeasureCalls(in_flight, flags_.seconds, [&](int thread) {
      return Said(TagOnce(clients[static_cast<size_t>(thread) % clients.size()], kTagShop));
    });
  }

  absl::StatusOr<Measured> ThroughGrpc(int in_flight) {
    TagLoad load;
    load.address = options_.address;
    load.token = options_.token;
    load.shop_id = kTagShop;
    load.in_flight = in_flight;
    load.channels = std::min(in_flight, 2);
    load.seconds = flags_.seconds;
    load.next = [this] { return Assignment(next_tag_++); };
    return RunTagLoad(load);
  }

  // The use case as rpc/ calls it: each answer sends the next request, no thread waits.
  absl::StatusOr<Measured> BelowGrpc(int in_flight) {
    mysql::MysqlStoreOptions store_options;
    store_options.pool.connection = connection_;
    ASSIGN_OR_RETURN(const auto store, mysql::MysqlStore::Open(store_options));
    ASSIGN_OR_RETURN(const std::vector<domain::Shop> shops, store->ListShops());
    const base::SystemClock clock;
    usecase::ShopWriter writer(*store, clock);
    usecase::TagUsecase tags(writer);
    usecase::CallContext context;
    for (const domain::Shop& shop : shops) {
      if (shop.id == kTagShop) context.shop = shop;
    }
    context.actor = "bench";
    context.role = usecase::Role::kAdmin;
    context.request_hash = std::string(32, 'h');

    using Clock = std::chrono::steady_clock;
    std::mutex mutex;
    std::condition_variable changed;
    int running = in_flight;
    bool failed = false;
    Measured measured;
    const auto begun = Clock::now();
    const auto end = begun + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(flags_.seconds));
    std::function<void()> send = [&] {
      const int64_t n = next_tag_++;
      auto [member, value] = Assignment(n);
      usecase::CallContext mine = context;
      mine.request_id = absl::StrCat("below-", n);
      const auto sent = Clock::now();
      tags.TagMember(
          mine, member, {{"c", value, {}, domain::TagSource::kAgent, 100, {}, ""}},
          [this](const usecase::TagMemberResult&, const usecase::AnswerContext& answer) {
            // As many bytes as the message's.
            return answer.revision_token + std::string(answer_bytes_, 'a');
          },
          [&, sent](absl::StatusOr<usecase::WriteResult> result) {
            const auto now = Clock::now();
            std::unique_lock lock(mutex);
            failed = failed || !Said(result.status());
            measured.milliseconds.push_back(
                std::chrono::duration<double, std::milli>(now - sent).count());
            if (failed || now >= end) {
              if (--running == 0) changed.notify_all();
              return;
            }
            lock.unlock();
            send();
          });
    };
    for (int i = 0; i < in_flight; ++i) send();
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return running == 0; });
    }
    measured.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    writer.Shutdown(absl::Now() + absl::Seconds(10));
    if (failed) return absl::InternalError("TagMember failed below gRPC");
    measured.calls = static_cast<int64_t>(measured.milliseconds.size());
    std::sort(measured.milliseconds.begin(), measured.milliseconds.end());
    return measured;
  }

  absl::StatusOr<Measured> RawLoop(const TagRows& rows, int connections) {
    std::vector<std::unique_ptr<mysql::Connection>> opened;
    for (int i = 0; i < connections; ++i) {
      ASSIGN_OR_RETURN(auto one, mysql::Connection::Open(connection_));
      opened.push_back(std::move(one));
    }
    std::vector<int64_t>& sequences = raw_sequences_;
    sequences.resize(kConnections, 0);
    Measured measured = MeasureCalls(connections, flags_.seconds, [&](int thread) {
      const auto index = static_cast<size_t>(thread);
      return Said(rows.Write(*opened[index], thread, ++sequences[index]));
    });
    if (measured.calls == 0) return absl::InternalError("the raw loop failed");
    return measured;
  }

  // One connection that runs the statements of the server's transaction.
  absl::StatusOr<Measured> RawTransaction(const TagRows& rows) {
    ASSIGN_OR_RETURN(const auto connection, mysql::Connection::Open(connection_));
    raw_sequences_.resize(kConnections, 0);
    Measured measured = MeasureCalls(1, flags_.seconds, [&](int) {
      return Said(rows.WriteLikeServer(*connection, ++raw_sequences_[0]));
    });
    if (measured.calls == 0) return absl::InternalError("the raw transaction failed");
    return measured;
  }

  // Lists the statements of one TagMember; says so when the raw transaction runs others.
  absl::Status CompareStatements(mysql::Connection& admin, const TagRows& rows) {
    ASSIGN_OR_RETURN(const auto connection, mysql::Connection::Open(connection_));
    raw_sequences_.resize(kConnections, 0);
    ASSIGN_OR_RETURN(const std::vector<std::string> servers,
                     StatementsOf(admin, [&] { return TagOnce(*client_, kTagShop); }));
    ASSIGN_OR_RETURN(const std::vector<std::string> raw, StatementsOf(admin, [&] {
                       return rows.WriteLikeServer(*connection, ++raw_sequences_[0]);
                     }));
    std::printf("  statements a call: %s\n", absl::StrJoin(servers, ", ").c_str());
    if (raw != servers) {
      std::printf("  the raw transaction runs OTHER ones: %s\n", absl::StrJoin(raw, ", ").c_str());
    }
    return absl::OkStatus();
  }

  // The cheapest unary call this server answers: its health check.
  Measured Echo() {
    const auto channel = grpc::CreateChannel(app_->address(), grpc::InsecureChannelCredentials());
    grpc::GenericStub stub(channel);
    const grpc::Slice nothing;
    return MeasureCalls(1, flags_.seconds, [&](int) {
      grpc::ClientContext context;
      grpc::CompletionQueue queue;
      const grpc::ByteBuffer request(&nothing, 1);
      grpc::ByteBuffer answer;
      grpc::Status status;
      const auto call =
          stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
      call->StartCall();
      call->Finish(&answer, &status, nullptr);
      void* tag = nullptr;
      bool ok = false;
      queue.Next(&tag, &ok);
      if (!status.ok()) std::cerr << "echo: " << status.error_message() << "\n";
      return status.ok();
    });
  }

  absl::Status MeasureTags() {
    std::printf("\nP3 durable TagMember (%d s each)\n", static_cast<int>(flags_.seconds));
    // Connections, caches and the code itself get warm.
    RETURN_IF_ERROR(ThroughGrpc(1).status());
    ASSIGN_OR_RETURN(const auto connection, mysql::Connection::Open(connection_));
    ASSIGN_OR_RETURN(const auto number,
                     connection->Query("SELECT shop_no FROM shop WHERE shop_id=?", {kTagShop}));
    ASSIGN_OR_RETURN(const TagRows rows,
                     TagRows::Make(*connection, number[0].Int64(0), kConnections));
    answer_bytes_ = rows.answer_bytes();
    std::printf("  rows a call: head, tag, history, request (answer %zu bytes), log (%zu bytes)\n",
                rows.answer_bytes(), rows.log_bytes());
    RETURN_IF_ERROR(CompareStatements(*connection, rows));
    Rounds one_in_flight, below_grpc, through_grpc;
    for (int round = 1; round <= flags_.rounds; ++round) {
      std::printf(" round %d\n", round);
      const Measured echo = Echo();
      ASSIGN_OR_RETURN(const Measured raw_one, RawTransaction(rows));
      ASSIGN_OR_RETURN(const Measured one, ThroughGrpc(1));
      ASSIGN_OR_RETURN(const Measured raw, RawLoop(rows, kConnections));
      ASSIGN_OR_RETURN(const Measured many, ThroughGrpc(64));
      ASSIGN_OR_RETURN(const Measured below, BelowGrpc(64));
      echo.Print("echo (health check), 1 in flight");
      raw_one.Print("raw transaction of the same statements, 1 connection");
      one.Print("TagMember through gRPC, 1 in flight");
      raw.Print("raw loop of the same rows, 64 connections, a head each");
      many.Print("TagMember through gRPC, 64 in flight");
      below.Print("TagMember below gRPC, 64 in flight");
      one_in_flight.Add(one.mean_ms() / (raw_one.mean_ms() + echo.mean_ms()));
      below_grpc.Add(below.rate() / raw.rate());
      through_grpc.Add(many.rate() / raw.rate());
    }
    ASSIGN_OR_RETURN(const Measured eight, ThroughGrpc(8));
    const Measured sdk_one = BySdkThreads(1);
    const Measured sdk_many = BySdkThreads(64);
    if (sdk_one.calls == 0 || sdk_many.calls == 0) return absl::InternalError("TagMember failed");
    eight.Print("TagMember through gRPC, 8 in flight");
    sdk_one.Print("TagMember by the SDK, 1 thread");
    sdk_many.Print("TagMember by the SDK, 64 threads on the same cores");
    below_grpc.Print("64 in flight below gRPC / raw loop", ">= 2.5");
    through_grpc.Print("64 in flight through gRPC / raw loop", ">= 1.3");
    one_in_flight.Print("1 in flight / (raw transaction + echo), mean time", "<= 1.5");
    return absl::OkStatus();
  }

  static v1::Order MakeOrder(int number) {
    std::minstd_rand random(static_cast<unsigned>(number) + 1);
    v1::Order order;
    order.set_source("bench");
    order.set_external_id(absl::StrCat("o", number));
    v1::Identity* const buyer = order.add_buyer_identities();
    buyer->set_kind(v1::IDENTITY_KIND_OUID);
    buyer->set_value(absl::StrCat("buyer-", random() % 8'000));
    order.set_status(v1::ORDER_STATUS_PAID);
    order.mutable_created_at()->set_seconds(1'650'000'000 + random() % 60'000'000);
    *order.mutable_paid_at() = order.created_at();
    order.set_terminal("手机端");
    int64_t paid = 0;
    for (int i = 0; i < 2; ++i) {
      v1::OrderLine* const line = order.add_lines();
      const auto product = random() % 500;
      line->set_line_id(absl::StrCat(i));
      line->set_product_id(absl::StrCat("p", product));
      line->set_title(absl::StrCat("蕾丝连衣裙 ", product, " 号 新款"));
      line->set_quantity(1);
      line->set_unit_price_minor_units(static_cast<int64_t>(1'000 + random() % 50'000));
      paid += line->unit_price_minor_units();
    }
    order.set_goods_paid_minor_units(paid);
    return order;
  }

  // Seconds until all orders [first, first + count) are durable.
  absl::StatusOr<double> Import(int first, int count) {
    std::vector<v1::Order> orders;
    for (int i = first; i < first + count; ++i) orders.push_back(MakeOrder(i));
    const auto begun = std::chrono::steady_clock::now();
    OrderImport import = client_->ImportOrders(kOrderShop);
    for (v1::Order& order : orders) RETURN_IF_ERROR(import.Add(std::move(order)));
    ASSIGN_OR_RETURN(const ImportResult result, import.Finish());
    if (result.progress.totals.accepted_count() != count) {
      return absl::InternalError("not every order went in");
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }

  // Seconds of inserting the same rows chunk by chunk; `tables` says which.
  absl::StatusOr<double> RawInsert(mysql::Connection& connection,
                                   const std::vector<TableRows>& tables, size_t chunks) {
    for (const TableRows& table : tables) RETURN_IF_ERROR(MakeTwin(connection, table.table));
    const auto begun = std::chrono::steady_clock::now();
    for (size_t chunk = 0; chunk < chunks; ++chunk) {
      RETURN_IF_ERROR(connection.Begin());
      for (const TableRows& table : tables) {
        RETURN_IF_ERROR(InsertRows(connection, table, table.rows.size() * chunk / chunks,
                                   table.rows.size() * (chunk + 1) / chunks));
      }
      RETURN_IF_ERROR(connection.Commit());
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }

  // As many rows of each table of a shop as it has more than `before`, which is brought up to date.
  static absl::StatusOr<std::vector<TableRows>> ReadNewRows(mysql::Connection& connection,
                                                            int64_t shop_no,
                                                            std::map<std::string, size_t>& before) {
    std::vector<TableRows> tables;
    ASSIGN_OR_RETURN(const std::vector<std::string> names, TablesOfShop(connection, shop_no));
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(TableRows rows, ReadTable(connection, name, shop_no));
      const size_t known = std::exchange(before[name], rows.rows.size());
      if (rows.rows.size() <= known) continue;
      // As many as are new, of the end of the key order: where keys do not grow (new orders of old
      // members) some of them are older ones like them.
      rows.rows.erase(rows.rows.begin(), rows.rows.begin() + static_cast<ptrdiff_t>(known));
      tables.push_back(std::move(rows));
    }
    return tables;
  }

  absl::Status MeasureImport() {
    std::printf("\nP5 import of %d orders of two lines a round\n", flags_.orders);
    ASSIGN_OR_RETURN(const auto connection, mysql::Connection::Open(connection_));
    ASSIGN_OR_RETURN(const auto number,
                     connection->Query("SELECT shop_no FROM shop WHERE shop_id=?", {kOrderShop}));
    const int64_t shop_no = number[0].Int64(0);
    const double orders = flags_.orders;
    const size_t chunks = (static_cast<size_t>(flags_.orders) + 499) / 500;
    std::map<std::string, size_t> before;
    RETURN_IF_ERROR(ReadNewRows(*connection, shop_no, before).status());
    Rounds all_rows, without_log, tag_p99;
    next_tag_ = 0;
    int first = 0;
    for (int round = 1; round <= flags_.rounds; ++round) {
      std::printf(" round %d\n", round);
      ASSIGN_OR_RETURN(const double alone, Import(first, flags_.orders));
      first += flags_.orders;
      ASSIGN_OR_RETURN(const std::vector<TableRows> all, ReadNewRows(*connection, shop_no, before));
      std::vector<TableRows> facts;
      size_t row_count = 0;
      for (const TableRows& table : all) {
        row_count += table.rows.size();
        if (!table.table.starts_with("change_log")) facts.push_back(table);
      }
      ASSIGN_OR_RETURN(const double raw_all, RawInsert(*connection, all, chunks));
      ASSIGN_OR_RETURN(const double raw_facts, RawInsert(*connection, facts, chunks));

      std::atomic<bool> imported = false;
      Measured tags;
      std::thread tagger([&] {
        tags = MeasureCalls(
            1, 3'600, [&](int) { return Said(TagOnce(*client_, kOrderShop)); }, &imported);
      });
      const absl::StatusOr<double> busy = Import(first, flags_.orders);
      first += flags_.orders;
      imported = true;
      tagger.join();
      RETURN_IF_ERROR(busy.status());
      // Its rows are not the next round's.
      RETURN_IF_ERROR(ReadNewRows(*connection, shop_no, before).status());

      std::printf("  %-58s %9.0f orders/s\n", "ImportOrders through gRPC, one stream",
                  orders / alone);
      std::printf("  %-58s %9.0f orders/s\n", "the same, TagMember meanwhile in the same shop",
                  orders / *busy);
      std::printf("  %-58s %9.0f orders/s  (%zu rows, %zu tables)\n",
                  "raw multi-row INSERT of the same rows, one connection", orders / raw_all,
                  row_count, all.size());
      std::printf("  %-58s %9.0f orders/s\n", "the same without the change log's rows",
                  orders / raw_facts);
      tags.Print("TagMember meanwhile, 1 in flight");
      all_rows.Add(raw_all / alone);
      without_log.Add(raw_facts / alone);
      tag_p99.Add(tags.percentile_ms(0.99));
    }
    all_rows.Print("import / raw INSERT of the same rows", ">= 0.60");
    without_log.Print("import / raw INSERT without the change log's rows", "-");
    tag_p99.Print("TagMember p99 meanwhile, ms", "<= 100");
    return absl::OkStatus();
  }

  // Whether it is OK; an error is told once it happens.
  static bool Said(const absl::Status& status) {
    if (!status.ok()) std::cerr << status << "\n";
    return status.ok();
  }

  const Flags flags_;
  const std::string folder_;
  int port_ = 0;
  std::unique_ptr<mysql::ServerProcess> process_;
  mysql::ConnectionOptions connection_;
  std::unique_ptr<app::App> app_;
  ClientOptions options_;
  std::unique_ptr<Client> client_;
  std::atomic<int64_t> next_tag_ = 0;
  std::vector<int64_t> raw_sequences_;
  size_t answer_bytes_ = 0;
};

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App cli("Figures of the write path and the import beside their yardsticks");
  cli.add_option("--seconds", flags.seconds, "of each measurement of P3 [5]");
  cli.add_option("--orders", flags.orders, "of each import of P5 [20000]");
  cli.add_option("--rounds", flags.rounds, "of which the median counts, 1 to 9 [3]")
      ->check(CLI::Range(1, 9));
  cli.add_option("--folder", flags.folder, "where the database's folder is made [/var/tmp]");
  CLI11_PARSE(cli, argc, argv);
  Bench bench(flags);
  const absl::Status status = bench.Go();
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace segmentation::bench

int main(int argc, char** argv) { return segmentation::bench::Main(argc, argv); }
