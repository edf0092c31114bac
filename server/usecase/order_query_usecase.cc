#include "server/usecase/order_query_usecase.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace segmentation::usecase {
namespace {

// Adds the public ids of the orders' members and the identities the orders came under.
absl::StatusOr<OrdersView> WithMemberIds(std::vector<domain::Order> orders, ShopView& view) {
  std::vector<domain::MemberNo> numbers;
  for (const domain::Order& order : orders) numbers.push_back(order.member_no);
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  ASSIGN_OR_RETURN(std::vector<domain::Member> members,
                   view.snapshot->ReadMembersByNo(numbers, storage::MemberParts::kIdentities));
  std::map<domain::MemberNo, const domain::Member*> by_number;
  for (const domain::Member& member : members) by_number[member.number] = &member;
  OrdersView result{{}, view.definitions, StampOf(view)};
  for (domain::Order& order : orders) {
    OrderView& shown = result.orders.emplace_back();
    if (const auto found = by_number.find(order.member_no); found != by_number.end()) {
      shown.member_id = found->second->id;
      for (const domain::Identity& identity : found->second->identities) {
        if (identity.number == order.identity_no) shown.identity = identity;
      }
    }
    shown.order = std::move(order);
  }
  return result;
}

}  // namespace

absl::StatusOr<OrdersView> OrderQueryUsecase::Get(const CallContext& context,
                                                  const domain::OrderKey& key,
                                                  const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  const domain::OrderKey keys[] = {key};
  ASSIGN_OR_RETURN(std::vector<domain::Order> orders, view.snapshot->ReadOrders(keys));
  if (orders.empty()) {
    return base::MakeError(base::Reason::ORDER_NOT_FOUND, "external_id", "no such order");
  }
  return WithMemberIds(std::move(orders), view);
}

absl::StatusOr<OrdersView> OrderQueryUsecase::List(const CallContext& context,
                                                   std::string_view member_id, OrderPosition after,
                                                   int limit, const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  if (member_id.empty()) {
    ASSIGN_OR_RETURN(std::vector<domain::Order> orders,
                     view.snapshot->ListOrders(after.member_no, after.order_no, limit));
    return WithMemberIds(std::move(orders), view);
  }
  const std::string ids[] = {std::string(member_id)};
  ASSIGN_OR_RETURN(std::vector<domain::Member> members,
                   view.snapshot->ReadMembersById(ids, storage::MemberParts::kRow));
  if (members.empty()) {
    return base::MakeError(base::Reason::MEMBER_NOT_FOUND, "member_id", "no such member");
  }
  const domain::MemberNo numbers[] = {members.front().number};
  ASSIGN_OR_RETURN(std::vector<domain::Order> orders, view.snapshot->ReadOrdersOfMembers(numbers));
  std::erase_if(orders, [&](const domain::Order& order) { return order.number <= after.order_no; });
  if (orders.size() > static_cast<size_t>(limit)) {
    orders.erase(orders.begin() + limit, orders.end());
  }
  return WithMemberIds(std::move(orders), view);
}

absl::StatusOr<ProductsView> OrderQueryUsecase::GetProduct(const CallContext& context,
                                                           const std::string& product_id,
                                                           const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  const std::string ids[] = {product_id};
  ASSIGN_OR_RETURN(std::vector<domain::Product> products, view.snapshot->ReadProducts(ids));
  return ProductsView{std::move(products), StampOf(view)};
}

absl::StatusOr<ProductsView> OrderQueryUsecase::ListProducts(const CallContext& context,
                                                             domain::ProductNo after_no, int limit,
                                                             const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(std::vector<domain::Product> products,
                   view.snapshot->ListProducts(after_no, limit));
  return ProductsView{std::move(products), StampOf(view)};
}

}  // namespace segmentation::usecase
