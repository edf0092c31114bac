#include "tests/support/model_reader.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/condition/naive_evaluator.h"
#include "server/domain/order_policy.h"

namespace segmentation::testing_support {
namespace {

using domain::Member;
using domain::MemberNo;
using domain::Order;
using storage::MemberParts;

Member WithParts(const Member& member, MemberParts parts) {
  Member copy = member;
  if (!Has(parts, MemberParts::kIdentities)) copy.identities.clear();
  if (!Has(parts, MemberParts::kAttributes)) copy.attributes.clear();
  if (!Has(parts, MemberParts::kConsents)) copy.consents.clear();
  if (!Has(parts, MemberParts::kTags)) copy.tags.clear();
  return copy;
}

absl::StatusOr<int64_t> Narrow(__int128 sum) {
  if (sum < INT64_MIN || sum > INT64_MAX) {
    return base::MakeError(base::Reason::RESULT_TOO_LARGE, "", "a total exceeds 64 bits");
  }
  return static_cast<int64_t>(sum);
}

}  // namespace

std::vector<Member> ModelMembersById(const ModelShop& shop, std::span<const std::string> ids,
                                     MemberParts parts) {
  std::vector<MemberNo> nos;
  for (const std::string& id : ids) {
    const auto found = shop.member_nos.find(id);
    if (found != shop.member_nos.end()) nos.push_back(found->second);
  }
  return ModelMembersByNo(shop, nos, parts);
}

std::vector<Member> ModelMembersByNo(const ModelShop& shop, std::span<const MemberNo> nos,
                                     MemberParts parts) {
  std::vector<Member> members;
  for (const MemberNo no : std::set<MemberNo>(nos.begin(), nos.end())) {
    const auto found = shop.members.find(no);
    if (found != shop.members.end()) members.push_back(WithParts(*found->second, parts));
  }
  return members;
}

std::vector<Member> ModelListMembers(const ModelShop& shop, MemberNo after_no, int limit,
                                     MemberParts parts) {
  std::vector<Member> members;
  for (auto it = shop.members.upper_bound(after_no); it != shop.members.end(); ++it) {
    if (members.size() == static_cast<size_t>(limit)) break;
    members.push_back(WithParts(*it->second, parts));
  }
  return members;
}

std::vector<storage::IdentityOwner> ModelIdentityOwners(const ModelShop& shop,
                                                        std::span<const domain::IdentityKey> keys) {
  std::vector<storage::IdentityOwner> owners;
  for (const auto& key : std::set<domain::IdentityKey>(keys.begin(), keys.end())) {
    const auto found = shop.identities.find(key);
    if (found == shop.identities.end()) continue;
    owners.push_back({key, found->second.first, found->second.second});
  }
  return owners;
}

std::vector<Order> ModelOrders(const ModelShop& shop, std::span<const domain::OrderKey> keys) {
  std::vector<Order> orders;
  for (const auto& key : std::set<domain::OrderKey>(keys.begin(), keys.end())) {
    const auto found = shop.order_places.find(key);
    if (found != shop.order_places.end()) orders.push_back(*shop.orders.at(found->second));
  }
  return orders;
}

std::vector<Order> ModelOrdersOfMembers(const ModelShop& shop, std::span<const MemberNo> nos) {
  const std::set<MemberNo> wanted(nos.begin(), nos.end());
  std::vector<Order> orders;
  for (const auto& [place, order] : shop.orders) {
    if (wanted.contains(place.first)) orders.push_back(*order);
  }
  return orders;
}

std::vector<Order> ModelListOrders(const ModelShop& shop, MemberNo after_member_no,
                                   domain::OrderNo after_order_no, int limit) {
  std::vector<Order> orders;
  for (auto it = shop.orders.upper_bound({after_member_no, after_order_no});
       it != shop.orders.end(); ++it) {
    if (orders.size() == static_cast<size_t>(limit)) break;
    orders.push_back(*it->second);
  }
  return orders;
}

std::vector<domain::Product> ModelProducts(const ModelShop& shop,
                                           std::span<const std::string> product_ids) {
  std::vector<domain::Product> products;
  for (const std::string& id : std::set<std::string>(product_ids.begin(), product_ids.end())) {
    const auto found = shop.product_nos.find(id);
    if (found != shop.product_nos.end()) products.push_back(shop.products.at(found->second));
  }
  return products;
}

std::vector<domain::Product> ModelListProducts(const ModelShop& shop, domain::ProductNo after_no,
                                               int limit) {
  std::vector<domain::Product> products;
  for (auto it = shop.products.upper_bound(after_no); it != shop.products.end(); ++it) {
    if (products.size() == static_cast<size_t>(limit)) break;
    products.push_back(it->second);
  }
  return products;
}

std::vector<domain::Note> ModelNotes(const ModelShop& shop, MemberNo member_no) {
  std::vector<domain::Note> notes;
  for (const auto& [key, note] : shop.notes) {
    if (key.first == member_no) notes.push_back(note);
  }
  return notes;
}

std::vector<storage::GroupRevisionRow> ModelGroupRevisions(const ModelShop& shop,
                                                           domain::GroupNo group_no, int32_t before,
                                                           int limit) {
  std::vector<storage::GroupRevisionRow> rows;
  for (auto it = shop.group_revisions.rbegin(); it != shop.group_revisions.rend(); ++it) {
    if (it->first.first != group_no || (before != 0 && it->first.second >= before)) continue;
    if (rows.size() == static_cast<size_t>(limit)) break;
    rows.push_back(it->second);
  }
  return rows;
}

std::vector<storage::OperationRow> ModelOperations(
    const ModelShop& shop, const std::optional<storage::OperationPlace>& after, int limit) {
  std::vector<storage::OperationRow> rows;
  for (const auto& [id, row] : shop.operations) {
    if (!after || std::tie(row.stamp.created_at_ms, id) < std::tie(after->created_at_ms, after->id))
      rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.stamp.created_at_ms, a.id) > std::tie(b.stamp.created_at_ms, b.id);
  });
  if (rows.size() > static_cast<size_t>(limit)) rows.resize(static_cast<size_t>(limit));
  return rows;
}

absl::StatusOr<storage::ShopTotals> ModelTotals(const ModelShop& shop, base::InstantMs as_of) {
  storage::ShopTotals totals;
  totals.member_count = static_cast<int64_t>(shop.members.size());
  __int128 paid = 0;
  __int128 net = 0;
  for (const auto& [place, order] : shop.orders) {
    if (!shop.members.contains(place.first)) continue;
    const domain::OrderMeasure& measure = order->measure;
    ++totals.order_count;
    if (measure.counted_from <= as_of) {
      ++totals.paid_order_count;
      paid += measure.paid_minor;
    }
    if (domain::IsCountedAt(*order, as_of) || domain::IsReturnAt(*order, as_of)) {
      net += domain::NetAt(*order, as_of);
    }
    if (!domain::IsCountedAt(*order, as_of)) continue;
    ++totals.valid_order_count;
    const base::DayNumber day = measure.order_day;
    totals.first_order_day = std::min(totals.first_order_day.value_or(day), day);
    totals.last_order_day = std::max(totals.last_order_day.value_or(day), day);
  }
  ASSIGN_OR_RETURN(totals.paid_minor, Narrow(paid));
  ASSIGN_OR_RETURN(totals.net_minor, Narrow(net));
  return totals;
}

absl::StatusOr<std::vector<MemberNo>> ModelMatching(const ModelShop& shop,
                                                    const storage::ConditionQuery& query) {
  std::map<MemberNo, std::vector<Order>> orders;
  for (const auto& [place, order] : shop.orders) orders[place.first].push_back(*order);
  std::vector<domain::condition::MemberFacts> facts;
  for (const auto& [no, member] : shop.members) facts.push_back({*member, orders[no]});
  const domain::condition::Population population(facts);
  domain::condition::EvaluationScope scope;
  scope.context.as_of = query.as_of_ms;
  ASSIGN_OR_RETURN(scope.context.zone,
                   base::LoadTimeZone(query.definitions->shop.time_zone, "time_zone"));
  scope.definitions = query.definitions;
  scope.groups = query.groups;
  scope.population = &population;
  ASSIGN_OR_RETURN(const auto evaluator,
                   domain::condition::NaiveEvaluator::Create(*query.condition, scope));
  std::vector<MemberNo> selected;
  for (const auto& member : population.members()) {
    if (evaluator.Selects(member)) selected.push_back(member.member.number);
  }
  return selected;
}

}  // namespace segmentation::testing_support
