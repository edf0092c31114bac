#include "server/domain/condition/partial_binder.h"

#include <utility>
#include <vector>

#include "server/base/strings.h"
#include "server/domain/condition/checker.h"

namespace segmentation::domain::condition {
namespace {

class PartBinder {
 public:
  explicit PartBinder(const ShopDefinitions& definitions) : definitions_(definitions) {}

  void Add(const Node& node) {
    std::visit(Visitor{
                   [&](const And& join) {
                     for (const Node& child : join.children) Add(child);
                   },
                   [&](const Or& join) {
                     for (const Node& child : join.children) Add(child);
                   },
                   [&](const Not& negation) { Add(*negation.child); },
                   [&](const auto& leaf) {
                     if (!AddIfBound(leaf)) AddPieces(leaf);
                   },
               },
               node.body);
  }

  BoundNode Take() { return BoundNode{BoundOr{std::move(parts_)}}; }

 private:
  template <typename Leaf>
  bool AddIfBound(const Leaf& leaf) {
    absl::StatusOr<BoundNode> bound = Bind(Node{leaf, {}}, definitions_);
    if (bound.ok()) parts_.push_back(*std::move(bound));
    return bound.ok();
  }

  void AddAttribute(const std::string& name) {
    AddIfBound(AttributeLeaf{name, Operator::kIsNull, {}});
  }

  void AddPieces(const AttributeLeaf& leaf) {
    AddAttribute(leaf.attribute);
    for (const Literal& literal : leaf.literals) {
      AddIfBound(AttributeLeaf{leaf.attribute, Operator::kEqual, {literal}});
    }
  }
  void AddPieces(const AnniversaryLeaf& leaf) { AddAttribute(leaf.attribute); }
  void AddPieces(const TopLeaf& leaf) { AddAttribute(leaf.attribute); }

  void AddPieces(const TagLeaf& leaf) {
    for (const auto& [number, category] : definitions_.tag_categories) {
      if (category.name != leaf.category &&
          base::StrCat(category.template_name, ".", category.name) != leaf.category) {
        continue;
      }
      BoundTag bound;
      bound.category_no = number;
      const Tag* tag = leaf.value ? FindTag(number, *leaf.value, definitions_) : nullptr;
      if (tag != nullptr) bound.tag_no = tag->number;
      parts_.push_back(BoundNode{std::move(bound)});
    }
  }

  void AddPieces(const GroupLeaf& leaf) { AddIfBound(GroupLeaf{leaf.group_id, {}}); }

  void AddPieces(const OrderClause& clause) {
    for (const RowTerm& term : clause.rows) {
      if (AddIfBound(OrderClause{clause.source, {term}, {}})) continue;
      for (const Literal& literal : term.literals) {
        RowTerm one = term;
        one.op = Operator::kEqual;
        one.literals = {literal};
        AddIfBound(OrderClause{clause.source, {std::move(one)}, {}});
      }
    }
  }

  // They name nothing of a shop.
  void AddPieces(const IdentityLeaf&) {}
  void AddPieces(const ConsentLeaf&) {}
  void AddPieces(const BucketLeaf&) {}

  const ShopDefinitions& definitions_;
  std::vector<BoundNode> parts_;
};

}  // namespace

BoundNode BindParts(const Node& tree, const ShopDefinitions& definitions) {
  PartBinder binder(definitions);
  binder.Add(tree);
  return binder.Take();
}

}  // namespace segmentation::domain::condition
