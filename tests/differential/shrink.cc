#include "tests/differential/shrink.h"

#include <utility>

namespace segmentation::differential {

using namespace domain::condition;  // NOLINT: this file is about nothing else

namespace {

// The lists of operators that take many literals, one literal shorter.
template <typename Body>
void AddShorterLists(const Body& body, std::vector<Node>* smaller) {
  if (body.op != Operator::kIn && body.op != Operator::kNotIn &&
      body.op != Operator::kContainsAny && body.op != Operator::kNotContainsAny) {
    return;
  }
  const size_t size = body.literals.size();
  if (size < 2) return;
  for (const auto& [begin, end] : {std::pair{size_t{0}, size / 2}, std::pair{size / 2, size}}) {
    Body half = body;
    half.literals.assign(body.literals.begin() + static_cast<ptrdiff_t>(begin),
                         body.literals.begin() + static_cast<ptrdiff_t>(end));
    smaller->push_back(Node{std::move(half), {}});
  }
}

template <typename Connective>
void AddFewerChildren(const Connective& body, std::vector<Node>* smaller) {
  for (const Node& child : body.children) smaller->push_back(child);
  for (size_t i = 0; i < body.children.size(); ++i) {
    if (body.children.size() > 2) {
      Connective fewer = body;
      fewer.children.erase(fewer.children.begin() + static_cast<ptrdiff_t>(i));
      smaller->push_back(Node{std::move(fewer), {}});
    }
    for (Node& child : SmallerTrees(body.children[i])) {
      Connective changed = body;
      changed.children[i] = std::move(child);
      smaller->push_back(Node{std::move(changed), {}});
    }
  }
}

void AddFewerTerms(const OrderClause& clause, std::vector<Node>* smaller) {
  for (size_t i = 0; i < clause.rows.size(); ++i) {
    OrderClause fewer = clause;
    fewer.rows.erase(fewer.rows.begin() + static_cast<ptrdiff_t>(i));
    smaller->push_back(Node{std::move(fewer), {}});
  }
  for (size_t i = 0; i < clause.aggregates.size(); ++i) {
    OrderClause fewer = clause;
    fewer.aggregates.erase(fewer.aggregates.begin() + static_cast<ptrdiff_t>(i));
    smaller->push_back(Node{std::move(fewer), {}});
  }
}

}  // namespace

std::vector<Node> SmallerTrees(const Node& tree) {
  std::vector<Node> smaller;
  std::visit(
      Visitor{[&](const And& body) { AddFewerChildren(body, &smaller); },
              [&](const Or& body) { AddFewerChildren(body, &smaller); },
              [&](const Not& body) {
                smaller.push_back(*body.child);
                for (Node& child : SmallerTrees(*body.child)) {
                  smaller.push_back(Node{Not{NodeBox(std::move(child))}, {}});
                }
              },
              [&](const AttributeLeaf& body) { AddShorterLists(body, &smaller); },
              [&](const OrderClause& body) { AddFewerTerms(body, &smaller); }, [](const auto&) {}},
      tree.body);
  return smaller;
}

Node Shrink(const Node& tree, const std::function<bool(const Node&)>& fails, int max_steps) {
  Node smallest = tree;
  bool smaller_found = true;
  while (smaller_found) {
    smaller_found = false;
    for (Node& candidate : SmallerTrees(smallest)) {
      if (max_steps-- <= 0) return smallest;
      if (!fails(candidate)) continue;
      smallest = std::move(candidate);
      smaller_found = true;
      break;
    }
  }
  return smallest;
}

}  // namespace segmentation::differential
