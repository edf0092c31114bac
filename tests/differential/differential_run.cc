#include "tests/differential/differential_run.h"

#include <algorithm>
#include <future>
#include <utility>

#include "server/base/calendar.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/normaliser.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "tests/differential/shrink.h"

namespace segmentation::differential {

using domain::condition::And;
using domain::condition::BoundAnd;
using domain::condition::BoundNode;
using domain::condition::BoundNot;
using domain::condition::BoundOr;
using domain::condition::GroupLeaf;
using domain::condition::Node;
using domain::condition::NodeBox;
using domain::condition::Not;
using domain::condition::Or;
using storage::mysql::EvaluationForm;

namespace {

constexpr int kConditionsPerBatch = 48;
// Of a hundred batches, how many are run in the form that looks up every member, the slower one.
constexpr int kEachMemberPercent = 6;
// Of a hundred batches for whole shops, how many are run in two ranges of members.
constexpr int kSplitPercent = 20;
// Of a hundred conditions, how many are also run complemented.
constexpr int kMetamorphicPercent = 12;

BoundNode Negated(BoundNode node) {
  BoundNot negated;
  negated.child.push_back(std::move(node));
  return BoundNode{std::move(negated)};
}

// The complement by De Morgan's laws; false if the root is no AND and no OR.
bool DeMorgan(const BoundNode& node, BoundNode* complement) {
  const auto negate_all = [](const std::vector<BoundNode>& children) {
    std::vector<BoundNode> negated;
    for (const BoundNode& child : children) negated.push_back(Negated(child));
    return negated;
  };
  if (const auto* node_and = std::get_if<BoundAnd>(&node.body)) {
    *complement = BoundNode{BoundOr{negate_all(node_and->children)}};
    return true;
  }
  if (const auto* node_or = std::get_if<BoundOr>(&node.body)) {
    *complement = BoundNode{BoundAnd{negate_all(node_or->children)}};
    return true;
  }
  return false;
}

std::string SomeMembers(const ShopUnderTest& shop, const MemberSet& set) {
  std::string text;
  int shown = 0;
  for (const domain::Member& member : shop.shop().members) {
    if (!set.test(member.number) || ++shown > 5) continue;
    base::StrAppend(&text, text.empty() ? "" : ", ", member.id);
  }
  return base::StrCat(set.count(), " (", text, ")");
}

}  // namespace

DifferentialRun::DifferentialRun(const RunOptions& options, storage::Store& store,
                                 storage::mysql::Connection& connection)
    : options_(options),
      store_(store),
      connection_(connection),
      random_(options.seed),
      coverage_(options.quotas) {}

absl::StatusOr<RunReport> DifferentialRun::Run() {
  const auto stop = [&] {
    return static_cast<int>(report_.mismatches.size()) >= options_.max_mismatches;
  };
  while (report_.conditions < options_.conditions && !stop()) RETURN_IF_ERROR(RunShop());
  // Features come in random turns: a few shops more, if some are still short.
  const int extra_shops = options_.demand_quotas ? report_.shops / 5 : 0;
  for (int i = 0; i < extra_shops && !report_.missing.empty() && !stop(); ++i) {
    RETURN_IF_ERROR(RunShop());
  }
  return report_;
}

absl::Status DifferentialRun::RunShop() {
  testing_support::ShopGeneratorOptions shop_options;
  shop_options.seed = options_.seed + static_cast<uint64_t>(report_.shops) * 1'000'003;
  // 300 to 800 members, the larger ones rarer.
  shop_options.member_count =
      static_cast<int>(random_.Percent(90) ? random_.Between(300, 330) : random_.Between(330, 800));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<ShopUnderTest> shop,
      ShopUnderTest::Create(testing_support::GenerateShop(shop_options), store_, connection_));
  ++report_.shops;
  RETURN_IF_ERROR(AddGroups(*shop));

  const int as_of_count = static_cast<int>(shop->shop().as_ofs.size());
  for (const base::InstantMs as_of : shop->shop().as_ofs) {
    ConditionComposer composer(*shop, as_of, coverage_,
                               shop_options.seed + static_cast<uint64_t>(as_of));
    Batch running;
    std::future<absl::StatusOr<std::vector<MemberSet>>> answer;
    EvaluationForm form = EvaluationForm::kWholeShop;
    const int count = options_.conditions_per_shop / as_of_count;
    for (int done = 0; done < count || !running.empty();) {
      Batch next;
      if (done < count) {
        ASSIGN_OR_RETURN(next,
                         Compose(*shop, composer, std::min(kConditionsPerBatch, count - done)));
        done += static_cast<int>(next.size());
      }
      if (!running.empty()) {
        const absl::StatusOr<std::vector<MemberSet>> sets = answer.get();
        if (sets.ok()) {
          RETURN_IF_ERROR(Compare(*shop, as_of, form, running, *sets));
        } else {
          RETURN_IF_ERROR(ReportFailure(*shop, as_of, form, running, sets.status()));
        }
        if (static_cast<int>(report_.mismatches.size()) >= options_.max_mismatches) {
          return absl::OkStatus();
        }
      }
      running = std::move(next);
      // The database works on one batch while the next is composed.
      if (!running.empty()) {
        form = random_.Percent(kEachMemberPercent) ? EvaluationForm::kEachMember
                                                   : EvaluationForm::kWholeShop;
        ++(form == EvaluationForm::kEachMember ? report_.each_member : report_.whole_shop);
        domain::MemberNo split_at = 0;
        if (form == EvaluationForm::kWholeShop && random_.Percent(kSplitPercent)) {
          split_at = static_cast<domain::MemberNo>(random_.Between(1, 300));
        }
        answer = std::async(std::launch::async, [&shop, &running, as_of, form, split_at] {
          std::vector<const BoundNode*> conditions;
          for (const Case& one : running) {
            conditions.push_back(&one.sql_condition);
            if (one.metamorphic) {
              conditions.push_back(&one.complement);
              conditions.push_back(&one.double_negation);
            }
            if (one.has_de_morgan) conditions.push_back(&one.de_morgan);
          }
          return shop->SelectBySql(conditions, as_of, form, split_at);
        });
      }
    }
  }
  report_.missing = coverage_.Missing(ExpectedFeaturesOf(shop->definitions()));
  return absl::OkStatus();
}

// Three groups, each naming the one before: T47.
absl::Status DifferentialRun::AddGroups(ShopUnderTest& shop) {
  ConditionComposer composer(shop, shop.shop().as_ofs.front(), coverage_, shop.shop().seed + 7);
  std::vector<Node> trees;
  for (int i = 0; i < 4; ++i) {
    ASSIGN_OR_RETURN(const ComposedCondition composed, composer.Next());
    trees.push_back(composed.tree);
  }
  RETURN_IF_ERROR(shop.AddGroup(trees[0]));
  RETURN_IF_ERROR(shop.AddGroup(Node{Or{{Node{GroupLeaf{"g1", std::nullopt}, {}}, trees[1]}}, {}}));
  return shop.AddGroup(Node{And{{Node{Not{NodeBox(Node{GroupLeaf{"g2", 1}, {}})}, {}},
                                 Node{Or{{trees[2], trees[3]}}, {}}}},
                            {}});
}

absl::StatusOr<DifferentialRun::Batch> DifferentialRun::Compose(const ShopUnderTest& shop,
                                                                ConditionComposer& composer,
                                                                int count) {
  Batch batch;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(Case one, MakeCase(shop, composer));
    batch.push_back(std::move(one));
  }
  return batch;
}

absl::StatusOr<DifferentialRun::Case> DifferentialRun::MakeCase(const ShopUnderTest& shop,
                                                                ConditionComposer& composer) {
  Case one;
  ASSIGN_OR_RETURN(one.composed, composer.Next());
  const Node& tree = one.composed.tree;
  ++report_.conditions;

  // T43: the text says the same tree.
  const std::string text = domain::condition::Print(tree);
  absl::StatusOr<Node> parsed = domain::condition::Parse(text);
  if (!parsed.ok() || !(*parsed == tree)) {
    AddMismatch(shop, composer.as_of(), "parse(print(x)) is not x", tree);
    parsed = tree;
  }
  ASSIGN_OR_RETURN(one.sql_condition,
                   shop.Bind(domain::condition::Normalise(*parsed, shop.definitions())));

  // The oracle decides by the whole tree; what its leaves combine to is a second opinion.
  ASSIGN_OR_RETURN(const BoundNode bound, shop.Bind(tree));
  ASSIGN_OR_RETURN(one.naive, shop.SelectNaively(bound, composer.as_of()));
  if (one.naive != one.composed.selected) {
    AddMismatch(shop, composer.as_of(), "the naive evaluator contradicts its own leaves", tree);
  }
  ASSIGN_OR_RETURN(const MemberSet by_index,
                   shop.SelectByIndex(one.sql_condition, composer.as_of()));
  if (by_index != one.naive) ReportIndex(shop, composer.as_of(), tree);
  const auto members = static_cast<double>(shop.all().count());
  const double share = static_cast<double>(one.naive.count()) / members;
  if (share >= 0.02 && share <= 0.98) ++report_.balanced;

  std::vector<const Node*> leaves;
  CollectLeaves(tree, &leaves);
  RETURN_IF_ERROR(coverage_.Count(shop, composer.as_of(), tree, leaves, one.composed.leaf_sets));

  if (random_.Percent(kMetamorphicPercent)) {
    one.metamorphic = true;
    one.complement = Negated(one.sql_condition);
    one.double_negation = Negated(one.complement);
    one.has_de_morgan = DeMorgan(one.sql_condition, &one.de_morgan);
    ASSIGN_OR_RETURN(const MemberSet complement,
                     shop.SelectByIndex(one.complement, composer.as_of()));
    ASSIGN_OR_RETURN(const MemberSet twice,
                     shop.SelectByIndex(one.double_negation, composer.as_of()));
    if (complement != (shop.all() & ~one.naive) || twice != one.naive) {
      AddMismatch(shop, composer.as_of(), "S and NOT S do not part the members in the index (T01)",
                  tree);
    }
  }
  return one;
}

absl::Status DifferentialRun::Compare(const ShopUnderTest& shop, base::InstantMs as_of,
                                      EvaluationForm form, const Batch& batch,
                                      const std::vector<MemberSet>& sql_sets) {
  size_t next = 0;
  for (const Case& one : batch) {
    const MemberSet& by_sql = sql_sets[next++];
    if (by_sql != one.naive) ReportMismatch(shop, as_of, form, one.composed.tree);
    if (one.metamorphic) {
      const MemberSet& complement = sql_sets[next++];
      if ((by_sql | complement) != shop.all() || (by_sql & complement).any()) {
        AddMismatch(shop, as_of, "S and NOT S do not part the members (T01)", one.composed.tree);
      }
      ++report_.complements;
      if (sql_sets[next++] != by_sql) {
        AddMismatch(shop, as_of, "NOT NOT S is not S", one.composed.tree);
      }
      ++report_.double_negations;
      if (one.has_de_morgan) {
        if (sql_sets[next++] != complement) {
          AddMismatch(shop, as_of, "De Morgan's law does not hold", one.composed.tree);
        }
        ++report_.de_morgan;
      }
    }
    if (static_cast<int>(report_.mismatches.size()) >= options_.max_mismatches) break;
  }
  return absl::OkStatus();
}

void DifferentialRun::ReportMismatch(const ShopUnderTest& shop, base::InstantMs as_of,
                                     EvaluationForm form, const Node& tree) {
  MemberSet naive, sql;
  const auto fails = [&](const Node& candidate) {
    const absl::StatusOr<BoundNode> bound = shop.Bind(candidate);
    if (!bound.ok()) return false;
    absl::StatusOr<Node> parsed = domain::condition::Parse(domain::condition::Print(candidate));
    if (!parsed.ok()) return false;
    const absl::StatusOr<BoundNode> canonical =
        shop.Bind(domain::condition::Normalise(*parsed, shop.definitions()));
    if (!canonical.ok()) return false;
    const auto naive_set = shop.SelectNaively(*bound, as_of);
    const auto sql_set = shop.SelectBySql({&*canonical}, as_of, form);
    if (!naive_set.ok() || !sql_set.ok() || *naive_set == sql_set->front()) return false;
    naive = *naive_set;
    sql = sql_set->front();
    return true;
  };
  const Node shrunk = fails(tree) ? Shrink(tree, fails, options_.max_shrink_steps) : tree;
  AddMismatch(shop, as_of,
              base::StrCat("naive alone selects ", SomeMembers(shop, naive & ~sql),
                           ", SQL alone selects ", SomeMembers(shop, sql & ~naive),
                           form == EvaluationForm::kEachMember ? " (each member looked up)" : ""),
              shrunk);
}

void DifferentialRun::ReportIndex(const ShopUnderTest& shop, base::InstantMs as_of,
                                  const Node& tree) {
  MemberSet naive, index;
  const auto fails = [&](const Node& candidate) {
    const absl::StatusOr<BoundNode> bound = shop.Bind(candidate);
    const absl::StatusOr<BoundNode> normal =
        shop.Bind(domain::condition::Normalise(candidate, shop.definitions()));
    if (!bound.ok() || !normal.ok()) return false;
    const auto naive_set = shop.SelectNaively(*bound, as_of);
    const auto index_set = shop.SelectByIndex(*normal, as_of);
    if (!naive_set.ok() || !index_set.ok() || *naive_set == *index_set) return false;
    naive = *naive_set;
    index = *index_set;
    return true;
  };
  const Node shrunk = fails(tree) ? Shrink(tree, fails, options_.max_shrink_steps) : tree;
  AddMismatch(shop, as_of,
              base::StrCat("naive alone selects ", SomeMembers(shop, naive & ~index),
                           ", the index alone selects ", SomeMembers(shop, index & ~naive)),
              shrunk);
}

absl::Status DifferentialRun::ReportFailure(const ShopUnderTest& shop, base::InstantMs as_of,
                                            EvaluationForm form, const Batch& batch,
                                            const absl::Status& failure) {
  const auto fails = [&](const Node& candidate) {
    const absl::StatusOr<BoundNode> bound =
        shop.Bind(domain::condition::Normalise(candidate, shop.definitions()));
    return bound.ok() && !shop.SelectBySql({&*bound}, as_of, form).ok();
  };
  for (const Case& one : batch) {
    if (!fails(one.composed.tree)) continue;
    AddMismatch(shop, as_of, base::StrCat("SQL alone selects nothing: ", failure.ToString()),
                Shrink(one.composed.tree, fails, options_.max_shrink_steps));
    return absl::OkStatus();
  }
  return failure;
}

void DifferentialRun::AddMismatch(const ShopUnderTest& shop, base::InstantMs as_of,
                                  std::string_view what, const Node& tree) {
  report_.mismatches.push_back(
      base::StrCat(what, "\n  seed ", options_.seed, ", shop ", shop.shop().seed, " of ",
                   shop.shop().members.size(), " members in ", shop.definitions().shop.time_zone,
                   ", as of ", base::FormatLocalTime(base::LocalTimeOf(as_of, shop.shop().zone)),
                   "\n  condition: ", domain::condition::Print(tree)));
}

}  // namespace segmentation::differential
