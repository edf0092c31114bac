#include "server/domain/condition/condition_reads.h"

#include <variant>
#include <vector>

namespace segmentation::domain::condition {
namespace {

class Collector {
 public:
  explicit Collector(const BoundGroups* groups) : groups_(groups) {}

  void Collect(const BoundNode& node) {
    std::visit([this](const auto& body) { Add(body); }, node.body);
  }
  ConditionReads Take() && { return std::move(reads_); }

 private:
  void Add(const BoundAnd& node) {
    for (const BoundNode& child : node.children) Collect(child);
  }
  void Add(const BoundOr& node) {
    for (const BoundNode& child : node.children) Collect(child);
  }
  void Add(const BoundNot& node) { Collect(node.child.front()); }
  void Add(const BoundGroup& leaf) {
    const BoundNode* const group = groups_ == nullptr ? nullptr : groups_->Find(leaf);
    if (group != nullptr && seen_.insert(group).second) Collect(*group);
  }
  void Add(const BoundAttribute& leaf) {
    Add(leaf.attribute);
    Add(leaf.predicate);
  }
  void Add(const BoundTag& leaf) {
    reads_.tags = true;
    if (leaf.since) Add(*leaf.since);
  }
  void Add(const BoundIdentity&) { reads_.identities = true; }
  void Add(const BoundConsent&) { reads_.consents = true; }
  void Add(const BoundAnniversary& leaf) {
    Add(leaf.attribute);
    Add(leaf.from);
    Add(leaf.until);
  }
  void Add(const BoundOrderClause& leaf) {
    reads_.orders = true;
    for (const BoundRowTerm& term : leaf.order_terms) Add(term.predicate);
    for (const BoundRowTerm& term : leaf.line_terms) Add(term.predicate);
    for (const BoundAggregateTerm& term : leaf.aggregates) Add(term.predicate);
  }
  void Add(const BoundBucket&) { reads_.member_row = true; }
  void Add(const BoundTop& leaf) {
    reads_.ranks = true;
    Add(leaf.attribute);
  }

  void Add(const AttributeReference& attribute) {
    switch (attribute.source) {
      case AttributeSource::kProfile:
        reads_.attributes = true;
        break;
      case AttributeSource::kMemberRow:
        reads_.member_row = true;
        break;
      case AttributeSource::kIdentity:
        reads_.identities = true;
        break;
      case AttributeSource::kOrders:
      case AttributeSource::kShippingAddress:
        reads_.orders = true;
        break;
    }
    if (attribute.aggregate == OrderAggregate::kDaysSinceLastOrder) reads_.days = true;
  }
  void Add(const Predicate& predicate) {
    if (const auto* time = std::get_if<TimeTest>(&predicate.test)) Add(*time);
  }
  void Add(const TimeTest& test) {
    for (const TimeLiteral& literal : test.literals) Add(literal);
  }
  void Add(const TimeLiteral& literal) {
    if (std::holds_alternative<RelativeDay>(literal)) reads_.days = true;
    const auto* const rolling = std::get_if<RollingTime>(&literal);
    if (rolling == nullptr) return;
    constexpr int64_t kMinute = 60'000;
    const int64_t unit = rolling->unit == RollingTime::Unit::kHour ? 60 * kMinute : kMinute;
    reads_.rolling.insert(unit * rolling->amount);
  }

  const BoundGroups* const groups_;
  std::set<const BoundNode*> seen_;
  ConditionReads reads_;
};

}  // namespace

ConditionReads ReadsOf(const BoundNode& condition, const BoundGroups* groups) {
  Collector collector(groups);
  collector.Collect(condition);
  return std::move(collector).Take();
}

}  // namespace segmentation::domain::condition
