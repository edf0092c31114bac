#include "server/domain/condition/references.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/domain/condition/errors.h"

namespace segmentation::domain::condition {
namespace {

class Collector {
 public:
  void Visit(const BoundNode& node) {
    std::visit([this](const auto& body) { Visit(body); }, node.body);
  }

  References Take() { return std::move(references_); }

 private:
  void Visit(const BoundAnd& body) {
    for (const BoundNode& child : body.children) Visit(child);
  }
  void Visit(const BoundOr& body) {
    for (const BoundNode& child : body.children) Visit(child);
  }
  void Visit(const BoundNot& body) { Visit(body.child.front()); }

  void Visit(const AttributeReference& attribute) {
    references_.attributes.insert(attribute.number);
    references_.uses_orders = references_.uses_orders ||
                              attribute.source == AttributeSource::kOrders ||
                              attribute.source == AttributeSource::kShippingAddress;
    // An order dated in the future, a refund's hour and the count of days all wait for time.
    references_.uses_time = references_.uses_time || references_.uses_orders;
  }

  void Visit(const TimeTest& test) {
    references_.uses_time =
        references_.uses_time || test.op == Operator::kWithin ||
        std::any_of(test.literals.begin(), test.literals.end(), [](const TimeLiteral& literal) {
          return !std::holds_alternative<base::LocalTime>(literal);
        });
  }

  void Visit(const Predicate& predicate) {
    if (const auto* time = std::get_if<TimeTest>(&predicate.test)) Visit(*time);
    if (const auto* during = std::get_if<DuringTest>(&predicate.test)) {
      references_.promotions.insert(during->promotion_no);
    }
  }

  void Visit(const BoundAttribute& leaf) {
    Visit(leaf.attribute);
    Visit(leaf.predicate);
  }

  void Visit(const BoundTag& leaf) {
    references_.tag_categories.insert(leaf.category_no);
    if (leaf.tag_no) references_.tags.insert(*leaf.tag_no);
    if (leaf.since) Visit(*leaf.since);
    references_.uses_time = true;  // assignments expire
  }

  void Visit(const BoundGroup& leaf) { references_.groups.insert(leaf.group_no); }
  void Visit(const BoundIdentity&) {}
  void Visit(const BoundConsent&) {}

  void Visit(const BoundAnniversary& leaf) {
    Visit(leaf.attribute);
    for (const TimeLiteral* end : {&leaf.from, &leaf.until}) {
      if (!std::holds_alternative<base::LocalTime>(*end)) references_.uses_time = true;
    }
  }

  void Visit(const BoundOrderClause& clause) {
    references_.uses_orders = true;
    references_.uses_time = true;
    for (const auto* terms : {&clause.order_terms, &clause.line_terms}) {
      for (const BoundRowTerm& term : *terms) VisitRow(term);
    }
    for (const BoundAggregateTerm& term : clause.aggregates) Visit(term.predicate);
  }

  void VisitRow(const BoundRowTerm& term) {
    Visit(term.predicate);
    const auto* numbers = std::get_if<NumberSet>(&term.predicate.test);
    if (term.field != RowField::kStore || numbers == nullptr) return;
    for (int64_t store : numbers->values) references_.stores.insert(static_cast<StoreNo>(store));
  }

  void Visit(const BoundBucket&) {}

  void Visit(const BoundTop& leaf) {
    Visit(leaf.attribute);
    references_.uses_ranking = true;
  }

  References references_;
};

std::string IdOf(GroupNo group_no, const ShopDefinitions& definitions) {
  const auto found = definitions.groups.find(group_no);
  return found == definitions.groups.end() ? "this group" : found->second.id;
}

}  // namespace

References CollectReferences(const BoundNode& condition) {
  Collector collector;
  collector.Visit(condition);
  return collector.Take();
}

absl::Status CheckGroupCycle(GroupNo self, const std::vector<GroupNo>& references,
                             const ShopDefinitions& definitions) {
  // Depth first without recursion; `reached_from` is the way back.
  std::map<GroupNo, GroupNo> reached_from;
  std::vector<GroupNo> open;
  auto reach = [&](GroupNo from, const std::vector<GroupNo>& targets) {
    for (GroupNo target : targets) {
      if (reached_from.emplace(target, from).second) open.push_back(target);
    }
  };
  reach(self, references);
  while (!open.empty() && !reached_from.contains(self)) {
    const GroupNo group_no = open.back();
    open.pop_back();
    const auto found = definitions.groups.find(group_no);
    if (found != definitions.groups.end()) reach(group_no, found->second.references);
  }
  if (!reached_from.contains(self)) return absl::OkStatus();
  std::vector<std::string> way = {IdOf(self, definitions)};
  for (GroupNo at = reached_from[self]; at != self; at = reached_from[at]) {
    way.push_back(IdOf(at, definitions));
  }
  way.push_back(IdOf(self, definitions));
  std::reverse(way.begin(), way.end());
  const std::string text = absl::StrJoin(way, " → ");
  return base::MakeError(base::Reason::GROUP_REFERENCE_CYCLE, kConditionField,
                         base::StrCat("the group would contain itself: ", text), {{"cycle", text}});
}

std::vector<GroupNo> GroupsReferringTo(GroupNo target, const ShopDefinitions& definitions) {
  std::vector<GroupNo> groups;
  for (const auto& [number, group] : definitions.groups) {
    if (std::find(group.references.begin(), group.references.end(), target) !=
        group.references.end()) {
      groups.push_back(number);
    }
  }
  return groups;
}

}  // namespace segmentation::domain::condition
