// The goods of the demo shop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/demo/demo_random.h"
#include "segmentation/v1/order.pb.h"

namespace segmentation::cli {

struct DemoProduct {
  std::string id;
  std::string title;
  std::string category;
  std::string brand;
  int64_t price_minor_units = 0;
  enum class Sizes { kNone, kClothes, kShoes, kChildren } sizes = Sizes::kNone;
};

// In order of popularity; the same in every run.
const std::vector<DemoProduct>& DemoProducts();

// A line of an order: one product in one size and colour.
v1::OrderLine MakeDemoLine(const DemoProduct& product, int line_number, DemoRandom& random);

}  // namespace segmentation::cli
