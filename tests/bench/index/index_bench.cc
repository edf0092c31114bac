// P1: exact counts of conditions of ten leaves, fresh literals each, no result kept, in four
// classes:
//   a  tags, enums, consents and a bucket
//   b  a and texts, numbers, dates
//   c  b and one count of orders in a window that reaches to now, and one title clause
//   d  six leaves, three order clauses (one a sum over a window of the past, one under NOT) and a
//      substring of the city
// Beside each: a bare loop over as many bytes as the least that the condition names, in the same
// run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/audience/condition_plan.h"
#include "server/audience/shop_index.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/parser.h"
#include "tests/bench/index/made_shop.h"

namespace segmentation::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Random = std::mt19937_64;

double Milliseconds(Clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
}

int64_t Below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}

struct Leaf {
  std::string text;
  double bytes = 0;  // a member, at least
};

// Leaves with literals drawn anew.
class Leaves {
 public:
  explicit Leaves(uint64_t seed) : random_(seed) {}

  Leaf Tag() {
    return {absl::StrCat("HAS TAG '", CategoryName(Below(random_, kCategories)), "/",
                         TagValue(Below(random_, kTagsOfCategory)), "'"),
            1.0 / 8};
  }
  Leaf Enum() { return {absl::StrCat("gender = '", Below(random_, 2) ? "男" : "女", "'"), 1.0}; }
  Leaf Consent() { return {"consent('sms') = 'opted_in'", 1.0 / 8}; }
  Leaf Bucket() { return {absl::StrCat("BUCKET('campaign') < ", 20 + Below(random_, 60)), 2.0}; }
  Leaf City() {
    std::vector<std::string> names;
    for (int i = 0; i < 5; ++i) {
      names.push_back(absl::StrCat("'", CityName(Below(random_, kCities)), "'"));
    }
    return {absl::StrCat("city NOT IN (", absl::StrJoin(names, ", "), ")"), 2.0};
  }
  Leaf Birthday() {
    return {absl::StrCat("birthday >= '", 1'955 + Below(random_, 50), "-03-01'"), 4.0};
  }
  Leaf Registered() {
    return {absl::StrCat("registered_at >= -", 100 + Below(random_, 900), "d"), 5.0};
  }
  Leaf Height() { return {absl::StrCat("height_cm < ", 160 + Below(random_, 30)), 1.0}; }
  Leaf Income() {
    return {absl::StrCat("monthly_income >= ", 4'000 + Below(random_, 20'000)), 4.0};
  }
  Leaf RecentOrders() {
    return {absl::StrCat("orders_placed MATCHES (count >= ", 1 + Below(random_, 3), ", date >= -",
                         30 + Below(random_, 300), "d)"),
            5.0};
  }
  Leaf Title() {
    static const std::vector<std::string> kWords = {"蕾丝", "补水", "铆钉", "防晒"};
    return {absl::StrCat("products_purchased MATCHES (title CONTAINS '",
                         kWords[static_cast<size_t>(Below(random_, 4))], "')"),
            5 * 2.0};
  }
  Leaf PastSum() {
    const int64_t from = 200 + Below(random_, 600);
    return {absl::StrCat("orders_placed MATCHES (sum_amount >= ", 100 + Below(random_, 900),
                         ", date BETWEEN -", from, "d AND -", from - 120, "d)"),
            2.5 * (5 + 4)};
  }
  Leaf Spent() { return {absl::StrCat("amount_spent >= ", 100 + Below(random_, 2'000)), 4.0}; }
  Leaf CityPart() { return {absl::StrCat("city CONTAINS '", Below(random_, 10), "'"), 2.0}; }

 private:
  Random random_;
};

struct Condition {
  char kind;
  std::string text;
  double bytes;
};

// Joins leaves: pairs under OR, every third pair under NOT, all pairs under AND.
Condition Join(char kind, const std::vector<Leaf>& leaves) {
  Condition condition{kind, "", 0};
  std::vector<std::string> pairs;
  for (size_t i = 0; i < leaves.size(); i += 2) {
    const std::string pair = absl::StrCat("(", leaves[i].text, " OR ", leaves[i + 1].text, ")");
    pairs.push_back(i / 2 % 3 == 2 ? absl::StrCat("NOT ", pair) : pair);
  }
  for (const Leaf& leaf : leaves) condition.bytes += leaf.bytes;
  condition.text = absl::StrJoin(pairs, " AND ");
  return condition;
}

std::vector<Condition> MakeConditions(int of_each) {
  Leaves l(11);
  std::vector<Condition> conditions;
  for (int i = 0; i < of_each; ++i) {
    conditions.push_back(Join('a', {l.Tag(), l.Enum(), l.Tag(), l.Consent(), l.Tag(), l.Tag(),
                                    l.Tag(), l.Bucket(), l.Consent(), l.Tag()}));
    conditions.push_back(Join('b', {l.Tag(), l.City(), l.Birthday(), l.Consent(), l.Income(),
                                    l.Tag(), l.Registered(), l.Height(), l.Enum(), l.Tag()}));
    conditions.push_back(
        Join('c', {l.RecentOrders(), l.Tag(), l.Title(), l.City(), l.Tag(), l.Income(),
                   l.Birthday(), l.Consent(), l.Registered(), l.Tag()}));
    conditions.push_back(Join('d', {l.PastSum(), l.Tag(), l.RecentOrders(), l.City(), l.Title(),
                                    l.Tag(), l.Spent(), l.CityPart(), l.Consent(), l.Tag()}));
  }
  return conditions;
}

// Reads `bytes` bytes as a loop of no further work would.
double BareLoop(const std::vector<uint64_t>& memory, double bytes) {
  const auto words = std::min(memory.size(), static_cast<size_t>(bytes / 8));
  const auto begun = Clock::now();
  uint64_t sum = 0;
  for (size_t i = 0; i < words; ++i) sum += memory[i] & 0x0101010101010101;
  const double took = Milliseconds(begun);
  static volatile uint64_t sink;
  sink = sum;
  (void)sink;
  return took;
}

double Percentile(std::vector<double> sorted, double share) {
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

absl::StatusOr<int64_t> CountOnce(const MadeShop& shop, const std::string& text) {
  const auto tree = domain::condition::Parse(text);
  if (!tree.ok()) return tree.status();
  const auto bound = domain::condition::Bind(*tree, shop.definitions);
  if (!bound.ok()) return bound.status();
  auto plan = audience::ConditionPlan::Make(shop.root, {&*bound, nullptr, &shop.definitions, kAsOf},
                                            shop.zone);
  if (!plan.ok()) return plan.status();
  return plan->Count([] { return absl::OkStatus(); });
}

int Main(int argc, char** argv) {
  uint32_t members = 1'000'000;
  int of_each = 10;
  bool verbose = false;
  CLI::App cli("Counts by the index (P1) and its memory (P6) over a shop made in memory");
  cli.add_option("--members", members, "[1000000]");
  cli.add_option("--conditions", of_each, "of each class [10]");
  cli.add_flag("--verbose", verbose, "a line a condition");
  CLI11_PARSE(cli, argc, argv);

  auto begun = Clock::now();
  const MadeShop shop = MakeShop(members, 1);
  std::printf("made %u members in %.1f s\n", members, Milliseconds(begun) / 1'000);
  const audience::IndexMemory memory = audience::MemoryOf(*shop.root);
  const auto a_member = [&](size_t bytes) { return static_cast<double>(bytes) / members; };
  std::printf(
      "bytes a member: members %.1f, attributes %.1f, tags %.1f, orders %.1f; texts %.1f "
      "beside\n",
      a_member(memory.members), a_member(memory.attributes), a_member(memory.tags),
      a_member(memory.orders), a_member(memory.texts));

  const std::vector<Condition> conditions = MakeConditions(of_each);
  std::vector<uint64_t> bare(size_t{members} * 64 / 8, 1);
  std::map<char, std::vector<double>> times, ratios;
  // Once for nothing: the bucket column is computed, the caches are warm.
  for (const Condition& condition : conditions) {
    if (auto counted = CountOnce(shop, condition.text); !counted.ok()) {
      std::cerr << counted.status() << "\n" << condition.text << "\n";
      return 1;
    }
  }
  for (const Condition& condition : conditions) {
    begun = Clock::now();
    const int64_t count = *CountOnce(shop, condition.text);
    const double took = Milliseconds(begun);
    const double loop = BareLoop(bare, condition.bytes * members);
    times[condition.kind].push_back(took);
    ratios[condition.kind].push_back(took / loop);
    if (verbose) {
      std::printf("%c %8.2f ms, bare loop %6.2f, %9ld members: %s\n", condition.kind, took, loop,
                  static_cast<long>(count), condition.text.c_str());
    }
  }
  for (const auto& [kind, all] : times) {
    std::printf("%c  p50 %8.2f  worst %8.2f ms;  ÷ bare loop: p50 %6.1f  worst %6.1f\n", kind,
                Percentile(all, 0.5), Percentile(all, 1), Percentile(ratios[kind], 0.5),
                Percentile(ratios[kind], 1));
  }
  return 0;
}

}  // namespace
}  // namespace segmentation::bench

int main(int argc, char** argv) { return segmentation::bench::Main(argc, argv); }
