#include "tests/integration/shop_data.h"

#include <cstdio>

#include "absl/time/time.h"

namespace segmentation::integration {

google::protobuf::Timestamp NoonOf(absl::CivilDay day) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone("Asia/Shanghai", &zone)) zone = absl::FixedTimeZone(8 * 3600);
  google::protobuf::Timestamp noon;
  noon.set_seconds(absl::ToUnixSeconds(absl::FromCivil(absl::CivilHour(day) + 12, zone)));
  return noon;
}

v1::Order PaidOrder(const std::string& external_id, const std::string& buyer, absl::CivilDay day,
                    int64_t paid_minor_units, const std::string& title) {
  v1::Order order;
  order.set_source("test");
  order.set_external_id(external_id);
  v1::Identity* const identity = order.add_buyer_identities();
  identity->set_kind(v1::IDENTITY_KIND_OUID);
  identity->set_value(buyer);
  order.set_status(v1::ORDER_STATUS_PAID);
  *order.mutable_created_at() = NoonOf(day);
  *order.mutable_paid_at() = NoonOf(day);
  order.set_goods_paid_minor_units(paid_minor_units);
  v1::OrderLine* const line = order.add_lines();
  line->set_line_id("1");
  line->set_product_id("p-" + title);
  line->set_title(title);
  line->set_quantity(1);
  line->set_unit_price_minor_units(paid_minor_units);
  return order;
}

std::vector<v1::Order> TwoHundredBuyers() {
  std::vector<v1::Order> orders;
  for (int i = 0; i < kBuyers; ++i) {
    char buyer[16];
    std::snprintf(buyer, sizeof(buyer), "buyer-%03d", i);
    for (int n = 0; n <= i % 5; ++n) {
      orders.push_back(PaidOrder(std::string(buyer) + "/" + std::to_string(n), buyer,
                                 absl::CivilDay(2024, 1 + n, 1), (i + 1) * 100,
                                 i % 2 == 0 ? "蕾丝连衣裙" : "补水面膜"));
    }
  }
  return orders;
}

absl::StatusOr<ImportResult> ImportAll(const Client& client, const std::string& shop_id,
                                       const std::vector<v1::Order>& orders,
                                       ImportOptions options) {
  OrderImport import = client.ImportOrders(shop_id, std::move(options));
  for (const v1::Order& order : orders) {
    if (absl::Status added = import.Add(order); !added.ok()) return added;
  }
  return import.Finish();
}

}  // namespace segmentation::integration
