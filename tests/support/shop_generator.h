// A random shop for tests of meaning: a few hundred members, skewed as in real shops, with every
// trap of the rules in it: absent values beside empty ones, full-width twins of texts, `%` and `_`,
// instants one millisecond either side of midnights and windows, 29 February, facts of the future,
// returns, gifts, presales, exclusions. The same seed gives the same shop.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/domain/condition/naive_evaluator.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "tests/support/generator_random.h"

namespace segmentation::testing_support {

// Custom attributes of every generated shop, one a type.
enum CustomAttribute : domain::AttributeNo {
  kHobby = 1000,      // text, many, NFKC and case
  kCode = 1001,       // text, bytes
  kNickname = 1002,   // text, NFKC, personal
  kChildren = 1003,   // integer
  kScore = 1004,      // decimal
  kBudget = 1005,     // money
  kVip = 1006,        // boolean
  kWedding = 1007,    // date
  kLastVisit = 1008,  // instant
  kTier = 1009,       // enum
  kVisitDays = 1010,  // date, many
  kSizes = 1011,      // integer, many
};

struct GeneratedShop {
  uint64_t seed = 0;
  domain::ShopDefinitions definitions;
  std::vector<domain::Member> members;  // by number, from 1 without gaps; all live
  std::vector<domain::Order> orders;    // by member and order number, measured by the policy
  absl::TimeZone zone;
  // Instants worth evaluating at: facts lie just before, at and just after each and its windows;
  // the last one is when every fact of orders has happened.
  std::vector<base::InstantMs> as_ofs;

  std::span<const domain::Order> OrdersOf(domain::MemberNo member_no) const;
  // Of every member; borrows from this shop.
  std::vector<domain::condition::MemberFacts> Facts() const;
};

struct ShopGeneratorOptions {
  uint64_t seed = 1;
  int member_count = 500;
};

GeneratedShop GenerateShop(const ShopGeneratorOptions& options);

// What the parts of the generator share.
struct ShopGeneration {
  GeneratorRandom random;
  GeneratedShop* shop;
  // Edges of days, windows, birthdays around the as-ofs: where facts are put on purpose.
  std::vector<base::InstantMs> edges;

  // An instant of the last two years, or of the near future; often at an edge or beside it.
  base::InstantMs AnyInstant();
  // A later one: minutes to weeks after, sometimes at an edge.
  base::InstantMs After(base::InstantMs earlier);
};

void GenerateOrders(ShopGeneration& generation);

}  // namespace segmentation::testing_support
