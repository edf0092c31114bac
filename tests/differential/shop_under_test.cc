#include "tests/differential/shop_under_test.h"

#include <utility>

#include "server/audience/condition_plan.h"
#include "server/audience/root_writer.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/printer.h"
#include "server/storage/mysql/condition_sql.h"
#include "tests/support/shop_writer.h"

namespace segmentation::differential {

using domain::condition::BoundNode;
using domain::condition::NaiveEvaluator;
using domain::condition::Node;
using storage::mysql::CompiledCondition;
using storage::mysql::EvaluationForm;
using storage::mysql::MemberInterval;
using storage::mysql::Params;

namespace {

// Of one statement: servers take more than linear time in the number of sub-queries, and MariaDB
// runs out of memory over too many. A prepared statement holds 65,535 values.
constexpr size_t kConditionsPerStatement = 1;
constexpr size_t kParamsPerStatement = 20'000;

}  // namespace

ShopUnderTest::ShopUnderTest(testing_support::GeneratedShop shop,
                             storage::mysql::Connection& connection)
    : shop_(std::move(shop)), population_(shop_.Facts()), connection_(connection) {
  audience::RootWriter writer;
  for (const domain::Member& member : shop_.members) {
    all_.set(member.number);
    const auto orders = shop_.OrdersOf(member.number);
    writer.PutMember(member, shop_.definitions);
    writer.PutOrders(member.number, {orders.begin(), orders.end()});
  }
  index_ = writer.Publish(1, 0);
}

absl::StatusOr<std::unique_ptr<ShopUnderTest>> ShopUnderTest::Create(
    testing_support::GeneratedShop shop, storage::Store& store,
    storage::mysql::Connection& connection) {
  std::unique_ptr<ShopUnderTest> result(new ShopUnderTest(std::move(shop), connection));
  ASSIGN_OR_RETURN(result->shop_no_, testing_support::WriteShop(store, result->shop_));
  return result;
}

absl::Status ShopUnderTest::AddGroup(const Node& tree) {
  ASSIGN_OR_RETURN(BoundNode bound, Bind(tree));
  const auto number = static_cast<domain::GroupNo>(shop_.definitions.groups.size() + 1);
  groups_.conditions[{number, std::nullopt}] = bound;
  groups_.conditions[{number, 1}] = std::move(bound);
  domain::Group& group = shop_.definitions.groups[number];
  group.number = number;
  group.id = base::StrCat("g", number);
  group.name = group.id;
  group.condition_text = domain::condition::Print(tree);
  return absl::OkStatus();
}

absl::StatusOr<BoundNode> ShopUnderTest::Bind(const Node& tree) const {
  return domain::condition::Bind(tree, shop_.definitions);
}

absl::StatusOr<MemberSet> ShopUnderTest::SelectNaively(const BoundNode& condition,
                                                       base::InstantMs as_of) const {
  ASSIGN_OR_RETURN(
      const NaiveEvaluator evaluator,
      NaiveEvaluator::Create(condition,
                             {{as_of, shop_.zone}, &shop_.definitions, &groups_, &population_}));
  MemberSet set;
  for (const domain::condition::MemberFacts& facts : population_.members()) {
    if (evaluator.Selects(facts)) set.set(facts.member.number);
  }
  return set;
}

absl::StatusOr<MemberSet> ShopUnderTest::SelectByIndex(const BoundNode& condition,
                                                       base::InstantMs as_of) const {
  ASSIGN_OR_RETURN(audience::ConditionPlan plan,
                   audience::ConditionPlan::Make(
                       index_, {&condition, &groups_, &shop_.definitions, as_of}, shop_.zone));
  ASSIGN_OR_RETURN(const std::vector<domain::MemberNo> members,
                   plan.Members([] { return absl::OkStatus(); }));
  MemberSet set;
  for (const domain::MemberNo member_no : members) set.set(member_no);
  return set;
}

absl::StatusOr<std::vector<MemberSet>> ShopUnderTest::SelectBySql(
    const std::vector<const BoundNode*>& conditions, base::InstantMs as_of, EvaluationForm form,
    domain::MemberNo split_at) const {
  std::vector<MemberSet> sets(conditions.size());
  if (split_at == 0) {
    RETURN_IF_ERROR(AddRange(conditions, as_of, form, {}, &sets));
  } else {
    RETURN_IF_ERROR(AddRange(conditions, as_of, form, {.until = split_at}, &sets));
    RETURN_IF_ERROR(AddRange(conditions, as_of, form, {.after = split_at}, &sets));
  }
  return sets;
}

absl::Status ShopUnderTest::AddRange(const std::vector<const BoundNode*>& conditions,
                                     base::InstantMs as_of, EvaluationForm form,
                                     MemberInterval range, std::vector<MemberSet>* sets) const {
  std::string expressions;
  Params params;
  size_t first = 0;
  for (size_t i = 0; i < conditions.size(); ++i) {
    ASSIGN_OR_RETURN(
        const CompiledCondition compiled,
        storage::mysql::CompileCondition(
            shop_no_, {conditions[i], &groups_, &shop_.definitions, as_of}, form, range));
    if (i - first == kConditionsPerStatement ||
        (i > first && params.size() + compiled.params.size() > kParamsPerStatement)) {
      RETURN_IF_ERROR(RunStatement(expressions, std::move(params), range, first, sets));
      expressions.clear();
      params = Params();
      first = i;
    }
    base::StrAppend(&expressions, ", ", compiled.sql);
    params.insert(params.end(), compiled.params.begin(), compiled.params.end());
  }
  if (first == conditions.size()) return absl::OkStatus();
  return RunStatement(expressions, std::move(params), range, first, sets);
}

absl::Status ShopUnderTest::RunStatement(const std::string& expressions, Params params,
                                         MemberInterval range, size_t first,
                                         std::vector<MemberSet>* sets) const {
  params.insert(params.end(), {shop_no_, range.after, range.until});
  ASSIGN_OR_RETURN(const storage::mysql::ResultSet rows,
                   connection_.Query(base::StrCat("SELECT m.member_no", expressions,
                                                  " FROM member AS m WHERE m.shop_no = ? AND "
                                                  "m.member_no > ? AND m.member_no <= ? AND "
                                                  "m.live = 1"),
                                     params));
  for (const storage::mysql::ResultSet::Row row : rows) {
    const auto member_no = static_cast<size_t>(row.Int64(0));
    for (size_t column = 1; column < rows.column_count(); ++column) {
      // NULL would be a fault, and is then missed among the selected or among their complement.
      if (row.OptionalInt64(column).value_or(0) != 0) (*sets)[first + column - 1].set(member_no);
    }
  }
  return absl::OkStatus();
}

}  // namespace segmentation::differential
