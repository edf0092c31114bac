// Kills segmentd, or its database, at random moments under load, and checks that every acknowledged
// write is there exactly once and that every unknown one, asked again, answers once.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fault/segmentd_process.h"
#include "tests/fault/workload.h"

namespace segmentation::fault {
namespace {

constexpr int kLeastAcknowledged = 100;  // a cycle with fewer does not count
constexpr int kPatience = 1'000;         // attempts; the time is up long before
constexpr size_t kReplays = 40;          // of acknowledged requests, after each cycle

struct Flags {
  std::string segmentd;
  std::string folder = "/dev/shm";
  int cycles = 20;
  uint64_t seed = 0;
  bool keep = false;
};

ClientOptions OptionsFor(const SegmentdProcess& server, int attempts) {
  ClientOptions options;
  options.address = server.address();
  options.token = server.admin_token();
  options.actor.set_name("kill-test");
  // A database that dies again and again is started again only after up to 10 s.
  options.deadline = absl::Seconds(120);
  options.stream_deadline = absl::Seconds(120);
  options.retry.max_attempts = attempts;
  options.retry.max_elapsed = absl::Seconds(110);
  options.retry.max_backoff = absl::Milliseconds(500);
  return options;
}

class Run {
 public:
  explicit Run(const Flags& flags)
      : flags_(flags),
        folder_(absl::StrCat(flags.folder, "/segmentation-kill-", getpid())),
        server_(flags.segmentd, folder_),
        random_(flags.seed) {}
  ~Run() {
    server_.Kill();
    if (!flags_.keep) std::filesystem::remove_all(folder_);
  }

  // The first thing that is wrong.
  absl::Status Go() {
    const auto begun = std::chrono::steady_clock::now();
    if (absl::Status status = server_.Start(); !status.ok()) return status;
    int counted = 0;
    for (int cycle = 0; counted < flags_.cycles; ++cycle) {
      if (cycle >= flags_.cycles * 3 + 10) {
        return absl::InternalError(absl::StrCat("only ", counted, " of ", cycle, " cycles had ",
                                                kLeastAcknowledged, " acknowledgements"));
      }
      const absl::StatusOr<bool> counts = Cycle(cycle);
      if (!counts.ok()) return counts.status();
      if (*counts) ++counted;
    }
    // What later kills might have taken away.
    const auto client = Client::Connect(OptionsFor(server_, kPatience));
    if (!client.ok()) return client.status();
    for (const auto& shop : shops_) {
      if (absl::Status status = shop->Verify(*client); !status.ok()) return status;
    }
    if (absl::Status status = server_.Stop(); !status.ok()) return status;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::cout << absl::StrCat(
        counted, " cycles counted, ", shops_.size() - static_cast<size_t>(counted),
        " had too few acknowledgements; ", acknowledged_, " acknowledged, ", unknown_,
        " unknown and resolved, ", replayed_, " replayed; 0 lost, 0 double; ",
        static_cast<int>(took.count()), " s\n");
    return absl::OkStatus();
  }

 private:
  // Whether the cycle counts.
  absl::StatusOr<bool> Cycle(int number) {
    const bool database = random_() % 2 == 0;
    const auto after = std::chrono::milliseconds(50 + random_() % 1951);
    auto client = Client::Connect(OptionsFor(server_, kPatience));
    if (!client.ok()) return client.status();
    auto made = Workload::Make(*client, absl::StrCat("shop-", number),
                               absl::StrCat(folder_, "/ledger-", number), random_());
    if (!made.ok()) return made.status();
    Workload& work = **made;
    shops_.push_back(*std::move(made));

    std::thread writers([&] { work.Run(OptionsFor(server_, 1)); });
    // The moment of the kill is the one thing here that is a matter of time.
    std::this_thread::sleep_for(after);
    if (database) {
      server_.KillDatabase();
    } else {
      server_.Kill();
    }
    work.Stop();
    writers.join();
    const int acknowledged = work.acknowledged();
    const int unknown = work.unknown();
    if (!database) {
      if (absl::Status status = server_.Start(); !status.ok()) return status;
      client = Client::Connect(OptionsFor(server_, kPatience));
      if (!client.ok()) return client.status();
    }
    if (absl::Status status = work.ResolveUnknown(*client); !status.ok()) return status;
    if (absl::Status status = work.ReplaySome(*client, kReplays); !status.ok()) return status;
    if (absl::Status status = work.Verify(*client); !status.ok()) return status;
    acknowledged_ += acknowledged;
    unknown_ += unknown;
    replayed_ += static_cast<int>(std::min<size_t>(kReplays, static_cast<size_t>(acknowledged)));
    const bool counts = acknowledged >= kLeastAcknowledged;
    std::cout << absl::StrCat("cycle ", number, ": ", database ? "database" : "segmentd",
                              " killed after ", after.count(), " ms, ", acknowledged,
                              " acknowledged, ", unknown, " unknown",
                              counts ? "" : " (too few, does not count)", "\n")
              << std::flush;
    return counts;
  }

  const Flags flags_;
  const std::string folder_;
  SegmentdProcess server_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Workload>> shops_;
  int acknowledged_ = 0;
  int unknown_ = 0;
  int replayed_ = 0;
};

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App cli("kill -9 of segmentd and its database under load");
  cli.add_option("--segmentd", flags.segmentd, "the program to kill")->required();
  cli.add_option("--cycles", flags.cycles, "cycles that must count [20]");
  cli.add_option("--seed", flags.seed, "of the moments and choices [a new one]");
  cli.add_option("--folder", flags.folder, "where the data folder is made [/dev/shm]");
  cli.add_flag("--keep", flags.keep, "leave the data folder behind");
  CLI11_PARSE(cli, argc, argv);
  if (flags.seed == 0) flags.seed = std::random_device()();
  std::cout << "seed " << flags.seed << std::endl;
  Run run(flags);
  const absl::Status status = run.Go();
  if (!status.ok()) std::cerr << "FAILED: " << status << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace segmentation::fault

int main(int argc, char** argv) { return segmentation::fault::Main(argc, argv); }
