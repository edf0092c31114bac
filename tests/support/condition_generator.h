// Random conditions for property tests: well-typed ones over a shop's definitions and the values
// its members really have, and arbitrary trees that only obey the shape. Deterministic by seed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "server/domain/condition/time_bounds.h"
#include "server/domain/condition/tree.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"

namespace segmentation::testing_support {

// Values that occur, to draw literals from; each as it is stored (see domain::ValueType).
struct ValuePools {
  std::map<domain::AttributeNo, std::vector<domain::Value>> attributes;
  std::map<domain::condition::RowField, std::vector<domain::Value>> rows;
  std::map<std::string, std::vector<domain::Value>> properties;        // texts, by name
  std::map<std::string, std::vector<domain::Value>> property_numbers;  // what they read
  std::map<domain::condition::RowAggregate, std::vector<domain::Value>> aggregates;
  std::map<domain::TagCategoryNo, std::vector<domain::Value>> tag_numbers;  // in 1/10,000
  std::vector<domain::Value> tagged_at;
};

// The values of these members and orders.
ValuePools CollectPools(const domain::ShopDefinitions& definitions,
                        std::span<const domain::Member> members,
                        std::span<const domain::Order> orders);

// A condition and the features it uses, such as "attribute city NOT IN", "orders_placed title
// CONTAINS" or "tag FROM".
struct GeneratedCondition {
  domain::condition::Node tree;
  std::set<std::string> features;
};

class ConditionGenerator {
 public:
  struct Options {
    int max_leaves = 6;
    // Of a hundred leaves, how many compare an attribute and how many are order clauses; the rest
    // are tags, groups, identities, consents, anniversaries, buckets and tops.
    int attribute_percent = 55;
    int clause_percent = 25;
    bool groups = true;  // IN GROUP may occur
    bool tops = true;    // TOP may occur
  };

  // Definitions outlive the generator. Relative times are drawn round `context`.
  ConditionGenerator(const domain::ShopDefinitions& definitions, ValuePools pools,
                     domain::condition::EvaluationContext context, uint64_t seed, Options options);
  ConditionGenerator(const ConditionGenerator&) = delete;  // its features refer to itself
  ConditionGenerator& operator=(const ConditionGenerator&) = delete;

  // A condition that Bind accepts. Features come in turn, each round in a new order, so that after
  // n leaves of a kind with f features each was used at least n / f times, rounded down. A third
  // are single leaves; the others mix AND, OR, NOT and brackets.
  GeneratedCondition Next();

  // Every feature there is for this shop.
  std::vector<std::string> AllFeatures() const;

  // A leaf with that one of AllFeatures().
  domain::condition::Node LeafWith(const std::string& feature);

 private:
  struct Feature {
    std::string name;
    std::function<domain::condition::Node()> make;
  };
  // Features dealt like cards.
  struct Deck {
    std::vector<Feature> features;
    size_t next = 0;
  };

  void AddAttributeFeatures();
  void AddClauseFeatures(domain::condition::OrderSource source);
  void AddOtherFeatures();
  void AddTagFeatures();
  const Feature& Deal(Deck* deck);
  domain::condition::Node Leaf(std::set<std::string>* features);
  domain::condition::Node Tree(int leaves, int depth, std::set<std::string>* features);

  domain::condition::Node AttributeTest(const domain::Attribute& attribute,
                                        domain::condition::Operator op);
  domain::condition::OrderClause RandomClause(domain::condition::OrderSource source);
  domain::condition::RowTerm RandomRow(domain::condition::RowField field,
                                       domain::condition::Operator op);
  domain::condition::AggregateTerm RandomAggregate(domain::condition::RowAggregate aggregate,
                                                   domain::condition::Operator op);

  struct Side {  // the left side of an operator
    domain::ValueType type = domain::ValueType::kText;
    domain::TextFolding folding = domain::TextFolding::kExact;
    const std::vector<domain::Value>* pool = nullptr;  // null or empty: values made up
    std::vector<std::string> enum_values;
  };
  std::vector<domain::condition::Literal> Literals(const Side& side,
                                                   domain::condition::Operator op);
  domain::condition::Literal OneLiteral(const Side& side);
  std::string TextValue(const Side& side);
  std::string Substring(const std::string& text);
  int64_t NumberValue(const Side& side);
  domain::condition::Literal NumberLiteral(int64_t stored, domain::ValueType type);
  domain::condition::Literal TimeLiteralNear(int64_t stored, domain::ValueType type);
  // `style`, 1 to 100: up to 35 days from today, then months, years, hours and minutes; above 65 a
  // date, above 85 to the millisecond. What cannot be said so is said as a date.
  domain::condition::Literal TimeLiteralNear(int64_t stored, domain::ValueType type, int64_t style);

  int64_t Draw(int64_t low, int64_t high);  // both included
  bool Chance(int percent);
  template <typename T>
  const T& Pick(const std::vector<T>& items);

  const domain::ShopDefinitions& definitions_;
  ValuePools pools_;
  domain::condition::EvaluationContext context_;
  Options options_;
  std::mt19937_64 random_;
  Deck attributes_, clauses_, others_;
  // Of the decks, once asked for.
  std::map<std::string, std::function<domain::condition::Node()>> by_name_;
};

// Any tree that CheckShape accepts, with hostile texts; names need not exist and types need not
// fit. At most `max_leaves` leaves.
domain::condition::Node ArbitraryTree(std::mt19937_64& random, int max_leaves);

}  // namespace segmentation::testing_support
