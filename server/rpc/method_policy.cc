#include "server/rpc/method_policy.h"

#include <algorithm>

namespace segmentation::rpc {
namespace {

using usecase::Role;

constexpr RoleSet kAdmin = RoleBit(Role::kAdmin);
constexpr RoleSet kOperators = kAdmin | RoleBit(Role::kOperator);
constexpr RoleSet kAssistants = kOperators | RoleBit(Role::kAssistant);
constexpr RoleSet kStreamers = kOperators | RoleBit(Role::kScheduler);
constexpr RoleSet kEverybody =
    kAssistants | RoleBit(Role::kScheduler) | RoleBit(Role::kReader) | RoleBit(Role::kPrivacy);

constexpr MethodKind R = MethodKind::kRead;
constexpr MethodKind E = MethodKind::kEvaluate;
constexpr MethodKind W = MethodKind::kWrite;
constexpr MethodKind S = MethodKind::kStream;

// Sorted by method.
constexpr MethodPolicy kPolicies[] = {
    {"GroupService/CheckMembership", kEverybody, E},
    {"GroupService/CompareGroups", kEverybody, E},
    {"GroupService/CreateGroup", kOperators, W},
    {"GroupService/DeleteGroup", kOperators, W},
    {"GroupService/DescribeCondition", kEverybody, R},
    {"GroupService/ExplainMembership", kEverybody, E},
    {"GroupService/GetGroup", kEverybody, R},
    {"GroupService/ListGroupMembers", kEverybody, E},
    {"GroupService/ListGroupRevisions", kEverybody, R},
    {"GroupService/ListGroups", kEverybody, R},
    {"GroupService/ListGroupsOfMember", kEverybody, E},
    {"GroupService/ListReferences", kEverybody, R},
    {"GroupService/PreviewGroup", kEverybody, E},
    {"GroupService/StreamGroupMembers", kStreamers, S},
    {"GroupService/UpdateGroup", kOperators, W},
    {"MemberService/AddNote", kAssistants, W},
    {"MemberService/BatchGetMembers", kEverybody, R},
    {"MemberService/BatchUpsertMembers", kOperators, W},
    {"MemberService/CreateAttribute", kOperators, W},
    {"MemberService/DeleteAttribute", kOperators, W},
    {"MemberService/DeleteNote", kAssistants, W},
    {"MemberService/GetMember", kEverybody, R},
    {"MemberService/ImportMembers", kOperators, S},
    {"MemberService/ListAttributes", kEverybody, R},
    {"MemberService/ListConsents", kEverybody, R},
    {"MemberService/ListMemberTimeline", kEverybody, R},
    {"MemberService/ListMembers", kEverybody, R},
    {"MemberService/ListNotes", kEverybody, R},
    {"MemberService/LookupMember", kEverybody, R},
    {"MemberService/RecordConsent", kAssistants, W},
    {"MemberService/UpdateAttribute", kOperators, W},
    {"MemberService/UpdateMember", kAssistants, W},
    {"MemberService/UpsertMember", kAssistants, W},
    {"OperationService/CancelOperation", kOperators, W},
    {"OperationService/GetOperation", kEverybody, R},
    {"OperationService/ListOperations", kEverybody, R},
    {"OperationService/WaitOperation", kEverybody, R},
    {"OrderService/ExcludeOrders", kOperators, W},
    {"OrderService/GetOrder", kEverybody, R},
    {"OrderService/GetProduct", kEverybody, R},
    {"OrderService/ImportOrders", kOperators, S},
    {"OrderService/ImportProducts", kOperators, S},
    {"OrderService/ListOrders", kEverybody, R},
    {"OrderService/ListProducts", kEverybody, R},
    {"OrderService/RecordReview", kOperators, W},
    {"OrderService/UpsertOrder", kOperators, W},
    {"OrderService/UpsertProduct", kOperators, W},
    {"ShopService/CreatePromotion", kOperators, W},
    {"ShopService/CreateShop", kAdmin, W, true},
    {"ShopService/CreateStore", kOperators, W},
    {"ShopService/CreateToken", kAdmin, W, false, true},
    {"ShopService/DeletePromotion", kOperators, W},
    {"ShopService/DeleteShop", kAdmin, W, false, false, true},
    {"ShopService/DeleteStore", kOperators, W},
    {"ShopService/GetMetricPolicy", kEverybody, R},
    {"ShopService/GetPromotion", kEverybody, R},
    {"ShopService/GetShop", kEverybody, R},
    {"ShopService/GetShopStats", kEverybody, E},
    {"ShopService/GetStore", kEverybody, R},
    {"ShopService/ListPromotions", kEverybody, R},
    {"ShopService/ListShops", kEverybody, R, false, true},
    {"ShopService/ListStores", kEverybody, R},
    {"ShopService/ListTokens", kAdmin, R, false, true},
    {"ShopService/RevokeToken", kAdmin, W, false, true},
    {"ShopService/UpdateMetricPolicy", kAdmin, W},
    {"ShopService/UpdatePromotion", kOperators, W},
    {"ShopService/UpdateShop", kAdmin, W},
    {"ShopService/UpdateStore", kOperators, W},
    {"TagService/BatchTagMembers", kOperators, W},
    {"TagService/CreateTag", kOperators, W},
    {"TagService/CreateTagCategory", kOperators, W},
    {"TagService/DeleteTag", kOperators, W},
    {"TagService/DeleteTagCategory", kOperators, W},
    {"TagService/GetTag", kEverybody, R},
    {"TagService/GetTagCategory", kEverybody, R},
    {"TagService/ListMemberTags", kEverybody, R},
    {"TagService/ListTagCategories", kEverybody, R},
    {"TagService/ListTagHistory", kEverybody, R},
    {"TagService/ListTags", kEverybody, R},
    {"TagService/TagMember", kAssistants, W},
    {"TagService/UntagMember", kAssistants, W},
    {"TagService/UpdateTag", kOperators, W},
    {"TagService/UpdateTagCategory", kOperators, W},
};

constexpr bool Less(const MethodPolicy& a, const MethodPolicy& b) { return a.method < b.method; }
static_assert(std::is_sorted(std::begin(kPolicies), std::end(kPolicies), Less));

}  // namespace

const MethodPolicy* FindMethodPolicy(std::string_view method) {
  const auto* found = std::lower_bound(
      std::begin(kPolicies), std::end(kPolicies), method,
      [](const MethodPolicy& row, std::string_view wanted) { return row.method < wanted; });
  return found != std::end(kPolicies) && found->method == method ? found : nullptr;
}

std::span<const MethodPolicy> AllMethodPolicies() { return kPolicies; }

}  // namespace segmentation::rpc
