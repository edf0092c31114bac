// The texts of orders, by number. Combinations that come again and again (what an order came
// through, where it went, what a line sold) have one number each, so that a test of texts is
// decided once a distinct combination, however many rows have it (design D4).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/audience/text_dictionary.h"
#include "server/domain/order.h"

namespace segmentation::audience {

// Numbers of folded texts; 0 is the empty text, which is absent where sources leave texts empty.
struct OrderKind {
  TextNo source = 0;
  TextNo terminal = 0;
  TextNo logistics_company = 0;
  TextNo promotion_sources = 0;  // a list; 0: the empty one
  uint32_t store_no = 0;
  uint32_t flags = 0;
  static constexpr uint32_t kPresale = 1, kCashOnDelivery = 2, kReceiptAutomatic = 4;
};

struct Place {
  TextNo province = 0;
  TextNo city = 0;
  TextNo full_text = 0;
};

struct Item {
  TextNo product_id = 0;
  TextNo sku = 0;
  TextNo title = 0;
  TextNo category = 0;
  TextNo brand = 0;
  TextNo properties = 0;  // a list of Property; 0: none
};

struct Property {
  TextNo name = 0;   // folded
  TextNo value = 0;  // folded
  int64_t number = 0;
  int64_t has_number = 0;
};

// A combination as the bytes it is interned by. Without padding, so equal ones have equal bytes.
template <typename Row>
std::string_view BytesOf(const Row& row) {
  static_assert(std::has_unique_object_representations_v<Row>);
  return {reinterpret_cast<const char*>(&row), sizeof(Row)};
}
template <typename Row>
Row RowOf(std::string_view bytes) {
  Row row;
  std::memcpy(&row, bytes.data(), sizeof(Row));
  return row;
}
// A list of rows likewise.
template <typename Row>
std::vector<Row> ListOf(std::string_view bytes) {
  std::vector<Row> rows(bytes.size() / sizeof(Row));
  if (!rows.empty()) std::memcpy(rows.data(), bytes.data(), rows.size() * sizeof(Row));
  return rows;
}

// Shared by all versions of one shop's index; the numbers stay.
struct FactTexts {
  FactTexts();

  TextNo KindOf(const domain::Order& order);
  TextNo CouponsOf(const domain::Order& order);
  TextNo PlaceOf(const domain::Order& order);
  TextNo ItemOf(const domain::OrderLine& line);
  TextNo ReviewTextOf(const domain::Review& review);
  size_t bytes() const;

  TextDictionary sources, terminals, logistics_companies, promotion_sources, coupons;
  TextDictionary provinces, cities, addresses;
  TextDictionary product_ids, skus, titles, categories, brands, property_names, property_values;
  TextDictionary review_texts;
  // Lists of numbers of the dictionaries above, and rows of them.
  TextDictionary promotion_source_lists, coupon_lists, property_lists;
  TextDictionary kinds, places, items;

 private:
  std::vector<TextDictionary*> All();
};

}  // namespace segmentation::audience
