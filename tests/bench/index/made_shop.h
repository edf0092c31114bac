// A shop of any size, made member by member straight into an index: the shape that the figures of
// the index are given for. Ten tags and five lines a member, half of the members buyers.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "server/audience/root_writer.h"
#include "server/base/clock.h"
#include "server/domain/shop.h"

namespace segmentation::bench {

inline constexpr int kCategories = 4;
inline constexpr int kTagsOfCategory = 50;
inline constexpr int kCities = 300;
inline constexpr int kTitles = 20'000;

// 2026-11-30 00:00 in Shanghai: when conditions are evaluated. Facts lie in the three years before.
inline constexpr base::InstantMs kAsOf = 1'795'968'000'000;

struct MadeShop {
  domain::ShopDefinitions definitions;
  absl::TimeZone zone;
  std::shared_ptr<const audience::ShopRoot> root;
};

MadeShop MakeShop(uint32_t members, uint64_t seed);

// Names that both the facts and the conditions use.
std::string CityName(int64_t number);
std::string CategoryName(int64_t number);
std::string TagValue(int64_t number);

}  // namespace segmentation::bench
