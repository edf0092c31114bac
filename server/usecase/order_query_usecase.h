// Questions about orders and products.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::usecase {

// An order with the public id of its member and the identity it came under.
struct OrderView {
  domain::Order order;
  std::string member_id;
  std::optional<domain::Identity> identity;  // nothing: it came under the member's id
};

struct OrdersView {
  std::vector<OrderView> orders;
  std::shared_ptr<const domain::ShopDefinitions> definitions;  // names of stores
  ReadStamp stamp;
};

struct ProductsView {
  std::vector<domain::Product> products;
  ReadStamp stamp;
};

// Where a page of orders ends.
struct OrderPosition {
  domain::MemberNo member_no = 0;
  domain::OrderNo order_no = 0;
};

// Thread-safe. Every method runs its queries on the calling thread.
class OrderQueryUsecase {
 public:
  // `reader` outlives it.
  explicit OrderQueryUsecase(ShopReader& reader) : reader_(reader) {}

  // ORDER_NOT_FOUND, naming `external_id`.
  absl::StatusOr<OrdersView> Get(const CallContext& context, const domain::OrderKey& key,
                                 const ReadOptions& read);
  // After `after`, at most `limit`: by member, then as they came. With `member_id` those of one
  // member: MEMBER_NOT_FOUND.
  absl::StatusOr<OrdersView> List(const CallContext& context, std::string_view member_id,
                                  OrderPosition after, int limit, const ReadOptions& read);

  // FIELD_INVALID reasons aside: nothing found is an empty list.
  absl::StatusOr<ProductsView> GetProduct(const CallContext& context, const std::string& product_id,
                                          const ReadOptions& read);
  absl::StatusOr<ProductsView> ListProducts(const CallContext& context, domain::ProductNo after_no,
                                            int limit, const ReadOptions& read);

 private:
  ShopReader& reader_;
};

}  // namespace segmentation::usecase
