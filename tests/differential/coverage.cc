#include "tests/differential/coverage.h"

#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/literal_binder.h"
#include "server/domain/condition/names.h"
#include "server/domain/condition/printer.h"
#include "server/domain/condition/row_field.h"
#include "server/domain/condition/shape.h"

namespace segmentation::differential {

using namespace domain::condition;  // NOLINT: this file is about nothing else

namespace {

bool AsksForAbsence(Operator op) { return PositiveOf(op) == Operator::kIsNull; }

bool IsNeverAbsent(const domain::Attribute& attribute) {
  using domain::OrderAggregate;
  switch (attribute.source) {
    case domain::AttributeSource::kMemberRow:
      return true;
    case domain::AttributeSource::kOrders:
      return attribute.aggregate == OrderAggregate::kNumberOfOrders ||
             attribute.aggregate == OrderAggregate::kNumberOfPurchaseDays ||
             attribute.aggregate == OrderAggregate::kNumberOfItems ||
             attribute.aggregate == OrderAggregate::kAmountSpent;
    default:
      return false;
  }
}

bool IsNeverAbsent(RowAggregate aggregate) {
  return aggregate == RowAggregate::kCount || aggregate == RowAggregate::kCountLines ||
         aggregate == RowAggregate::kSumQuantity || aggregate == RowAggregate::kSumAmount;
}

std::string FeatureOf(std::string_view kind, std::string_view name, Operator op) {
  return base::StrCat(kind, " ", name, " ", SpellingOf(op));
}

std::vector<TestSite> SitesOfClause(const OrderClause& clause) {
  std::vector<TestSite> sites;
  for (size_t i = 0; i < clause.rows.size(); ++i) {
    sites.push_back({FeatureOf("row", InfoOf(clause.rows[i].field).name, clause.rows[i].op),
                     TestSite::Part::kRowTerm, i});
  }
  for (size_t i = 0; i < clause.aggregates.size(); ++i) {
    const AggregateTerm& term = clause.aggregates[i];
    sites.push_back({FeatureOf("aggregate", InfoOf(term.aggregate).name, term.op),
                     TestSite::Part::kAggregate, i});
  }
  return sites;
}

// Identities, consents, tags, groups, anniversaries, buckets and tops.
void AddOtherFeatures(const domain::ShopDefinitions& definitions, std::set<std::string>* features) {
  for (const std::string& kind : IdentityKindNames()) {
    features->insert(base::StrCat("identity ", kind));
  }
  for (const std::string& channel : ChannelNames()) {
    for (Operator op :
         {Operator::kEqual, Operator::kNotEqual, Operator::kIsNull, Operator::kIsNotNull}) {
      features->insert(FeatureOf("consent", channel, op));
    }
  }
  for (const char* name :
       {"tag value", "tag category", "tag FROM", "tag SINCE", "group", "group revision"}) {
    features->insert(name);
  }
  for (Operator op : OperatorsOf(domain::ValueType::kDecimal)) {
    if (LiteralCountOf(op) > 0) features->insert(base::StrCat("tag number ", SpellingOf(op)));
  }
  for (Operator op : {Operator::kEqual, Operator::kNotEqual, Operator::kLess,
                      Operator::kLessOrEqual, Operator::kGreater, Operator::kGreaterOrEqual}) {
    features->insert(base::StrCat("bucket ", SpellingOf(op)));
  }
  for (const domain::Attribute* attribute : domain::AttributeCatalogue(definitions).All()) {
    const bool has_order = attribute->type != domain::ValueType::kText &&
                           attribute->type != domain::ValueType::kEnum &&
                           attribute->type != domain::ValueType::kBoolean;
    if (has_order && !attribute->multi_valued) {
      features->insert(base::StrCat("top ", attribute->name));
      features->insert(base::StrCat("top PERCENT ", attribute->name));
    }
    if (attribute->type != domain::ValueType::kDate) continue;
    for (Operator op :
         {Operator::kEqual, Operator::kNotEqual, Operator::kBetween, Operator::kNotBetween}) {
      features->insert(FeatureOf("anniversary", attribute->name, op));
    }
  }
}

// Row terms are parted into order and line terms, each in the order written.
void EraseRowTerm(const OrderClause& clause, size_t index, BoundOrderClause* bound) {
  const auto is_line = [&](const RowTerm& term) {
    return InfoOf(term.field).line ||
           (clause.source == OrderSource::kProductsPurchased && term.field == RowField::kAmount);
  };
  const bool line = is_line(clause.rows[index]);
  ptrdiff_t place = 0;
  for (size_t i = 0; i < index; ++i) place += is_line(clause.rows[i]) == line ? 1 : 0;
  std::vector<BoundRowTerm>& terms = line ? bound->line_terms : bound->order_terms;
  terms.erase(terms.begin() + place);
}

}  // namespace

std::vector<TestSite> SitesOf(const Node& leaf, const domain::ShopDefinitions& definitions) {
  const auto one = [](std::string feature) {
    return std::vector<TestSite>{{std::move(feature), TestSite::Part::kLeaf, 0}};
  };
  return std::visit(
      Visitor{
          [&](const AttributeLeaf& body) {
            const domain::Attribute* attribute =
                domain::AttributeCatalogue(definitions).Find(body.attribute);
            return one(FeatureOf("attribute", attribute->name, body.op));
          },
          [](const OrderClause& body) { return SitesOfClause(body); },
          [&](const AnniversaryLeaf& body) {
            return one(FeatureOf("anniversary", body.attribute, body.op));
          },
          [&](const ConsentLeaf& body) {
            return one(FeatureOf("consent", NameOf(body.channel), body.op));
          },
          [&](const IdentityLeaf& body) {
            return one(base::StrCat("identity ", NameOf(body.kind)));
          },
          [&](const BucketLeaf& body) { return one(base::StrCat("bucket ", SpellingOf(body.op))); },
          [&](const TopLeaf& body) {
            return one(base::StrCat(body.unit == TopLeaf::Unit::kPercent ? "top PERCENT " : "top ",
                                    body.attribute));
          },
          [&](const TagLeaf& body) {
            if (body.number) return one(base::StrCat("tag number ", SpellingOf(body.number->op)));
            if (body.since) return one("tag SINCE");
            if (!body.sources.empty()) return one("tag FROM");
            return one(body.value ? "tag value" : "tag category");
          },
          [&](const GroupLeaf& body) {
            return one(body.definition_revision ? "group revision" : "group");
          },
          [](const auto&) { return std::vector<TestSite>{}; },
      },
      leaf.body);
}

absl::StatusOr<Alternatives> AlternativesOf(const ShopUnderTest& shop, base::InstantMs as_of,
                                            const Node& leaf, const TestSite& site) {
  Alternatives alternatives{shop.all(), {}};
  if (site.part == TestSite::Part::kLeaf) return alternatives;
  ASSIGN_OR_RETURN(const BoundNode bound, shop.Bind(leaf));
  // The clause without the test, and the clause when no row passes.
  BoundNode without = bound;
  auto& clause = std::get<BoundOrderClause>(without.body);
  if (site.part == TestSite::Part::kAggregate) {
    clause.aggregates.erase(clause.aggregates.begin() + static_cast<ptrdiff_t>(site.index));
  } else {
    BoundNode no_rows = bound;
    auto& empty = std::get<BoundOrderClause>(no_rows.body);
    // Impossible: a date within no window.
    empty.order_terms = {{RowField::kDate, "", Predicate{DuringTest{}, false}}};
    ASSIGN_OR_RETURN(alternatives.if_false, shop.SelectNaively(no_rows, as_of));
    EraseRowTerm(std::get<OrderClause>(leaf.body), site.index, &clause);
  }
  ASSIGN_OR_RETURN(alternatives.if_true, shop.SelectNaively(without, as_of));
  return alternatives;
}

bool Decides(const Alternatives& alternatives, const MemberSet& selected,
             const MemberSet& sensitive) {
  return ((alternatives.if_true ^ selected) & sensitive).any() &&
         ((alternatives.if_false ^ selected) & sensitive).any();
}

ExpectedFeatures ExpectedFeaturesOf(const domain::ShopDefinitions& definitions) {
  ExpectedFeatures expected;
  const auto add = [&](std::string feature, bool constant) {
    (constant ? expected.constant : expected.deciding).insert(std::move(feature));
  };
  for (const domain::Attribute* attribute : domain::AttributeCatalogue(definitions).All()) {
    for (Operator op : OperatorsOf(attribute->type)) {
      add(FeatureOf("attribute", attribute->name, op),
          AsksForAbsence(op) && IsNeverAbsent(*attribute));
    }
  }
  for (const RowFieldInfo& info : RowFields()) {
    // A store is compared as a name of a list; a property as text and as number.
    std::vector<Operator> operators =
        OperatorsOf(info.field == RowField::kStore ? domain::ValueType::kEnum : info.type);
    if (info.field == RowField::kProperty) {
      operators.insert(operators.end(),
                       {Operator::kLess, Operator::kLessOrEqual, Operator::kGreater,
                        Operator::kGreaterOrEqual, Operator::kBetween, Operator::kNotBetween});
    }
    if (info.type == domain::ValueType::kInstant) {
      operators.insert(operators.end(), {Operator::kDuring, Operator::kNotDuring});
    }
    for (Operator op : operators) {
      add(FeatureOf("row", info.name, op), AsksForAbsence(op) && !info.nullable);
    }
  }
  for (const RowAggregateInfo& info : RowAggregates()) {
    for (Operator op : OperatorsOf(info.type)) {
      add(FeatureOf("aggregate", info.name, op),
          AsksForAbsence(op) && IsNeverAbsent(info.aggregate));
    }
  }
  AddOtherFeatures(definitions, &expected.deciding);
  return expected;
}

absl::Status Coverage::Count(const ShopUnderTest& shop, base::InstantMs as_of, const Node& tree,
                             const std::vector<const Node*>& leaves,
                             const std::vector<MemberSet>& leaf_sets) {
  std::set<std::string> seen;
  std::vector<MemberSet> changed = leaf_sets;
  for (size_t i = 0; i < leaves.size(); ++i) {
    std::vector<TestSite> open;
    for (TestSite& site : SitesOf(*leaves[i], shop.definitions())) {
      ++uses_[site.feature];
      if (Deciding(site.feature) < quotas_.deciding && seen.insert(site.feature).second) {
        open.push_back(std::move(site));
      }
    }
    if (open.empty()) continue;
    // Where the answer hangs on this leaf.
    changed[i] = shop.all();
    MemberSet sensitive = Combine(tree, changed, shop.all());
    changed[i] = MemberSet();
    sensitive ^= Combine(tree, changed, shop.all());
    changed[i] = leaf_sets[i];
    if (sensitive.none()) continue;
    for (const TestSite& site : open) {
      RETURN_IF_ERROR(CountSite(shop, as_of, *leaves[i], site, leaf_sets[i], sensitive));
    }
  }
  return absl::OkStatus();
}

absl::Status Coverage::CountSite(const ShopUnderTest& shop, base::InstantMs as_of, const Node& leaf,
                                 const TestSite& site, const MemberSet& selected,
                                 const MemberSet& sensitive) {
  ASSIGN_OR_RETURN(const Alternatives alternatives, AlternativesOf(shop, as_of, leaf, site));
  if (Decides(alternatives, selected, sensitive)) ++deciding_[site.feature];
  return absl::OkStatus();
}

int Coverage::Uses(const std::string& feature) const {
  const auto found = uses_.find(feature);
  return found == uses_.end() ? 0 : found->second;
}

int Coverage::Deciding(const std::string& feature) const {
  const auto found = deciding_.find(feature);
  return found == deciding_.end() ? 0 : found->second;
}

std::vector<std::string> Coverage::Missing(const ExpectedFeatures& expected) const {
  std::vector<std::string> missing;
  const auto check = [&](const std::string& feature, int deciding) {
    if (Uses(feature) >= quotas_.uses && Deciding(feature) >= deciding) return;
    missing.push_back(
        base::StrCat(feature, ": used ", Uses(feature), " times, deciding in ", Deciding(feature)));
  };
  for (const std::string& feature : expected.deciding) check(feature, quotas_.deciding);
  for (const std::string& feature : expected.constant) check(feature, 0);
  return missing;
}

}  // namespace segmentation::differential
