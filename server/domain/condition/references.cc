#include "server/domain/condition/references.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

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

// A group's definition: the newest, or a pinned revision.
using GroupKey = std::pair<GroupNo, std::optional<int32_t>>;

std::string NameOf(const GroupKey& key, const ShopDefinitions& definitions) {
  const auto found = definitions.groups.find(key.first);
  std::string name = found == definitions.groups.end() ? "this group" : found->second.id;
  if (key.second) base::StrAppend(&name, "@", *key.second);
  return name;
}

void AppendGroupLeaves(const BoundNode& node, std::vector<GroupKey>* keys) {
  std::visit(Visitor{[&](const BoundAnd& body) {
                       for (const BoundNode& child : body.children) AppendGroupLeaves(child, keys);
                     },
                     [&](const BoundOr& body) {
                       for (const BoundNode& child : body.children) AppendGroupLeaves(child, keys);
                     },
                     [&](const BoundNot& body) { AppendGroupLeaves(body.child.front(), keys); },
                     [&](const BoundGroup& leaf) {
                       keys->emplace_back(leaf.group_no, leaf.definition_revision);
                     },
                     [](const auto&) {}},
             node.body);
}

std::vector<GroupKey> GroupLeavesOf(const BoundNode& node) {
  std::vector<GroupKey> keys;
  AppendGroupLeaves(node, &keys);
  return keys;
}

// Depth first without recursion from the root's references; an error if the root is reached.
template <typename ReferencesOf>
absl::Status FindWayBack(const GroupKey& root, const std::vector<GroupKey>& references,
                         const ShopDefinitions& definitions, ReferencesOf references_of) {
  std::map<GroupKey, GroupKey> reached_from;
  std::vector<GroupKey> open;
  auto reach = [&](const GroupKey& from, const std::vector<GroupKey>& targets) {
    for (const GroupKey& target : targets) {
      if (reached_from.emplace(target, from).second) open.push_back(target);
    }
  };
  reach(root, references);
  while (!open.empty() && !reached_from.contains(root)) {
    const GroupKey key = open.back();
    open.pop_back();
    reach(key, references_of(key));
  }
  if (!reached_from.contains(root)) return absl::OkStatus();
  std::vector<std::string> way = {NameOf(root, definitions)};
  for (GroupKey at = reached_from[root]; at != root; at = reached_from[at]) {
    way.push_back(NameOf(at, definitions));
  }
  way.push_back(NameOf(root, definitions));
  std::reverse(way.begin(), way.end());
  const std::string text = absl::StrJoin(way, " → ");
  return base::MakeError(base::Reason::GROUP_REFERENCE_CYCLE, kConditionField,
                         base::StrCat("the group would contain itself: ", text), {{"cycle", text}});
}

}  // namespace

References CollectReferences(const BoundNode& condition) {
  Collector collector;
  collector.Visit(condition);
  return collector.Take();
}

absl::Status CheckGroupCycle(GroupNo self, const BoundNode& condition, const BoundGroups& groups,
                             const ShopDefinitions& definitions) {
  const GroupKey root{self, std::nullopt};
  return FindWayBack(root, GroupLeavesOf(condition), definitions, [&](const GroupKey& key) {
    const BoundNode* bound = groups.Find({key.first, key.second});
    return bound == nullptr ? std::vector<GroupKey>{} : GroupLeavesOf(*bound);
  });
}

absl::Status CheckGroupCycle(GroupNo self, const std::vector<GroupNo>& references,
                             const ShopDefinitions& definitions) {
  auto keys_of = [](const std::vector<GroupNo>& numbers) {
    std::vector<GroupKey> keys;
    for (GroupNo number : numbers) keys.emplace_back(number, std::nullopt);
    return keys;
  };
  const GroupKey root{self, std::nullopt};
  return FindWayBack(root, keys_of(references), definitions, [&](const GroupKey& key) {
    const auto found = definitions.groups.find(key.first);
    return found == definitions.groups.end() ? std::vector<GroupKey>{}
                                             : keys_of(found->second.references);
  });
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
