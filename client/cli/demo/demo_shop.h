// The demo shop: made-up members, goods and orders of a Chinese clothing and cosmetics shop with
// two stores, skewed like a real one. Deterministic: the same last day always gives the same shop.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "segmentation/v1/member.pb.h"
#include "segmentation/v1/order.pb.h"
#include "segmentation/v1/shop.pb.h"
#include "segmentation/v1/tag.pb.h"

namespace segmentation::cli {

struct DemoOptions {
  absl::CivilDay last_day;  // orders of the two years up to and with this day, in Asia/Shanghai
  int32_t member_count = 20'000;  // about three orders each
};

inline constexpr char kDemoTimeZone[] = "Asia/Shanghai";
inline constexpr char kDemoCurrency[] = "CNY";

std::vector<v1::Store> DemoStores();
std::vector<v1::Promotion> DemoPromotions(const DemoOptions& options);

struct DemoCategory {
  v1::TagCategory category;
  std::vector<v1::Tag> tags;
};
std::vector<DemoCategory> DemoTagCategories();

// Hands out members, then orders, one by one; stops at the first error of `take`.
absl::Status MakeDemoMembers(const DemoOptions& options,
                             const std::function<absl::Status(v1::Member)>& take);
absl::Status MakeDemoOrders(const DemoOptions& options,
                            const std::function<absl::Status(v1::Order)>& take);

}  // namespace segmentation::cli
