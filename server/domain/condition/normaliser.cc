#include "server/domain/condition/normaliser.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "server/base/planted_fault.h"
#include "server/base/text.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/shape.h"

namespace segmentation::domain::condition {
namespace {

bool Before(const Literal& a, const Literal& b) {
  if (a.value.index() != b.value.index()) return a.value.index() < b.value.index();
  return std::visit(
      Visitor{[&](const std::string& text) { return text < std::get<std::string>(b.value); },
              [&](int64_t number) { return number < std::get<int64_t>(b.value); },
              [&](const DecimalLiteral& decimal) {
                return decimal.scaled < std::get<DecimalLiteral>(b.value).scaled;
              },
              [&](bool value) { return value < std::get<bool>(b.value); },
              [&](const RelativeDay& day) {
                const auto& other = std::get<RelativeDay>(b.value);
                return std::pair(day.unit, day.amount) < std::pair(other.unit, other.amount);
              },
              [&](const RollingTime& time) {
                const auto& other = std::get<RollingTime>(b.value);
                return std::pair(time.unit, time.amount) < std::pair(other.unit, other.amount);
              }},
      a.value);
}

// Keeps the first of equal literals. Lists are long, so equal ones are found by sorting.
void DropRepeated(std::vector<Literal>* literals) {
  std::vector<size_t> order(literals->size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return Before((*literals)[a], (*literals)[b]); });
  std::vector<bool> repeated(literals->size(), false);
  for (size_t i = 1; i < order.size(); ++i) {
    repeated[order[i]] = (*literals)[order[i]] == (*literals)[order[i - 1]];
  }
  size_t kept = 0;
  for (size_t i = 0; i < literals->size(); ++i) {
    if (repeated[i]) continue;
    if (kept != i) (*literals)[kept] = std::move((*literals)[i]);
    ++kept;
  }
  if (kept > 1 && base::PlantedFault("normaliser_drops_last_literal")) --kept;
  literals->resize(kept);
}

void NormaliseLiterals(Operator op, std::vector<Literal>* literals) {
  for (Literal& literal : *literals) {
    const auto* decimal = std::get_if<DecimalLiteral>(&literal.value);
    if (decimal != nullptr && decimal->scaled % kDecimalScale == 0) {
      literal.value = decimal->scaled / kDecimalScale;
    }
  }
  if (LiteralCountOf(op) == kManyLiterals) DropRepeated(literals);
}

class Normaliser {
 public:
  explicit Normaliser(const ShopDefinitions& definitions)
      : definitions_(definitions), catalogue_(definitions) {}

  Node Rewrite(Node node) const {
    std::visit([&](auto& body) { RewriteBody(&body); }, node.body);
    // NOT NOT x is x: a member is in or out, never unknown (T01).
    if (auto* negation = std::get_if<Not>(&node.body)) {
      if (auto* inner = std::get_if<Not>(&negation->child->body)) {
        Node child = std::move(*inner->child);
        if (base::PlantedFault("normaliser_drops_one_not_of_two")) {
          return Node{Not{NodeBox(child)}, {}};
        }
        return child;
      }
    }
    return node;
  }

 private:
  void RewriteBody(And* body) const { RewriteChildren<And>(&body->children); }
  void RewriteBody(Or* body) const {
    RewriteChildren<Or>(&body->children);
    if (body->children.size() > 2 && base::PlantedFault("normaliser_drops_last_alternative")) {
      body->children.pop_back();
    }
  }
  void RewriteBody(Not* body) const { *body->child = Rewrite(std::move(*body->child)); }

  template <typename Sequence>
  void RewriteChildren(std::vector<Node>* children) const {
    std::vector<Node> flat;
    for (Node& child : *children) {
      Node rewritten = Rewrite(std::move(child));
      if (auto* inner = std::get_if<Sequence>(&rewritten.body)) {
        std::move(inner->children.begin(), inner->children.end(), std::back_inserter(flat));
      } else {
        flat.push_back(std::move(rewritten));
      }
    }
    *children = std::move(flat);
  }

  void RewriteName(std::string* name) const {
    const Attribute* attribute = catalogue_.Find(*name);
    if (attribute != nullptr) *name = attribute->name;
  }

  void RewriteBody(AttributeLeaf* leaf) const {
    RewriteName(&leaf->attribute);
    const Attribute* attribute = catalogue_.Find(leaf->attribute);
    if (attribute != nullptr && attribute->type == ValueType::kEnum) {
      for (Literal& literal : leaf->literals) RewriteEnumValue(*attribute, &literal);
    }
    NormaliseLiterals(leaf->op, &leaf->literals);
  }

  static void RewriteEnumValue(const Attribute& attribute, Literal* literal) {
    const auto* text = std::get_if<std::string>(&literal->value);
    if (text == nullptr) return;
    const std::string folded = base::FoldNfkcCase(*text);
    for (const std::string& value : attribute.enum_values) {
      if (base::FoldNfkcCase(value) != folded) continue;
      literal->value = value;
      return;
    }
  }
  void RewriteBody(AnniversaryLeaf* leaf) const { RewriteName(&leaf->attribute); }
  void RewriteBody(TopLeaf* leaf) const { RewriteName(&leaf->attribute); }

  void RewriteBody(TagLeaf* leaf) const {
    if (leaf->number) NormaliseLiterals(leaf->number->op, &leaf->number->literals);
    bool ambiguous = false;
    const TagCategory* category = FindTagCategory(leaf->category, definitions_, &ambiguous);
    if (category == nullptr || !leaf->value) return;
    const Tag* tag = FindTag(category->number, *leaf->value, definitions_);
    if (tag != nullptr) leaf->value = tag->value;
  }

  void RewriteBody(OrderClause* clause) const {
    for (RowTerm& term : clause->rows) {
      if (term.field == RowField::kStatus) {
        for (Literal& literal : term.literals) RewriteStatus(&literal);
      }
      NormaliseLiterals(term.op, &term.literals);
    }
    for (AggregateTerm& term : clause->aggregates) NormaliseLiterals(term.op, &term.literals);
  }

  static void RewriteStatus(Literal* literal) {
    const auto* word = std::get_if<std::string>(&literal->value);
    const auto status = word == nullptr ? std::nullopt : FindOrderStatus(*word);
    if (status) literal->value = std::string(NameOf(*status));
  }

  void RewriteBody(GroupLeaf*) const {}
  void RewriteBody(IdentityLeaf*) const {}
  void RewriteBody(ConsentLeaf*) const {}
  void RewriteBody(BucketLeaf*) const {}

  const ShopDefinitions& definitions_;
  AttributeCatalogue catalogue_;
};

}  // namespace

Node Normalise(const Node& tree, const ShopDefinitions& definitions) {
  return Normaliser(definitions).Rewrite(tree);
}

}  // namespace segmentation::domain::condition
