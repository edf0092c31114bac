#include "tests/differential/shop_under_test.h"

#include <utility>

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
using storage::mysql::Params;

namespace {

// Of one statement: servers take more than linear time in the number of sub-queries. A prepared
// statement holds 65,535 values.
constexpr size_t kConditionsPerStatement = 4;
constexpr size_t kParamsPerStatement = 20'000;

}  // namespace

ShopUnderTest::ShopUnderTest(testing_support::GeneratedShop shop,
                             storage::mysql::Connection& connection)
    : shop_(std::move(shop)), population_(shop_.Facts()), connection_(connection) {
  for (const domain::Member& member : shop_.members) all_.set(member.number);
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

absl::StatusOr<std::vector<MemberSet>> ShopUnderTest::SelectBySql(
    const std::vector<const BoundNode*>& conditions, base::InstantMs as_of,
    storage::mysql::EvaluationForm form) const {
  std::vector<MemberSet> sets;
  std::string expressions;
  Params params;
  size_t pending = 0;
  for (const BoundNode* condition : conditions) {
    ASSIGN_OR_RETURN(const CompiledCondition compiled,
                     storage::mysql::CompileCondition(
                         shop_no_, {condition, &groups_, &shop_.definitions, as_of}, form));
    if (pending == kConditionsPerStatement ||
        (pending > 0 && params.size() + compiled.params.size() > kParamsPerStatement)) {
      RETURN_IF_ERROR(RunStatement(expressions, std::move(params), &sets));
      expressions.clear();
      params = Params();
      pending = 0;
    }
    base::StrAppend(&expressions, ", ", compiled.sql);
    params.insert(params.end(), compiled.params.begin(), compiled.params.end());
    ++pending;
  }
  if (pending > 0) RETURN_IF_ERROR(RunStatement(expressions, std::move(params), &sets));
  return sets;
}

absl::Status ShopUnderTest::RunStatement(const std::string& expressions, Params params,
                                         std::vector<MemberSet>* sets) const {
  params.emplace_back(shop_no_);
  ASSIGN_OR_RETURN(
      const storage::mysql::ResultSet rows,
      connection_.Query(base::StrCat("SELECT m.member_no", expressions,
                                     " FROM member AS m WHERE m.shop_no = ? AND m.live = 1"),
                        params));
  const size_t first = sets->size();
  sets->resize(first + rows.column_count() - 1);
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
