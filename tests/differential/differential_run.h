// The comparison itself: shop after shop, batch after batch, naive against index and SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/condition/bound_tree.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/store.h"
#include "tests/differential/condition_composer.h"
#include "tests/differential/coverage.h"
#include "tests/differential/member_set.h"
#include "tests/differential/shop_under_test.h"

namespace segmentation::differential {

struct RunOptions {
  uint64_t seed = 1;
  int conditions = 20'000;
  int conditions_per_shop = 500;
  Quotas quotas;              // conditions are composed towards them
  bool demand_quotas = true;  // a few shops more are run while some are short
  int max_mismatches = 3;     // then the run stops
  int max_shrink_steps = 400;
};

struct RunReport {
  int conditions = 0;
  int shops = 0;
  int whole_shop = 0;  // batches run in each form of the SQL
  int each_member = 0;
  int balanced = 0;                     // selected 2 to 98 percent of the members
  int complements = 0;                  // T01: S and NOT S parted the members in SQL
  int double_negations = 0;             // NOT NOT S = S
  int de_morgan = 0;                    // NOT (A AND B) = NOT A OR NOT B, and the other way round
  std::vector<std::string> mismatches;  // each with seed, shop, as-of and the shrunk condition
  std::vector<std::string> missing;     // features below their quota
};

class DifferentialRun {
 public:
  // Both outlive the run.
  DifferentialRun(const RunOptions& options, storage::Store& store,
                  storage::mysql::Connection& connection);

  // Errors are those of the database and of conditions that cannot be run at all.
  absl::StatusOr<RunReport> Run();

 private:
  // A condition with what the SQL side runs for it.
  struct Case {
    ComposedCondition composed;
    domain::condition::BoundNode sql_condition;  // of the printed, parsed, normalised tree
    domain::condition::BoundNode complement, double_negation, de_morgan;
    bool metamorphic = false;
    bool has_de_morgan = false;
    MemberSet naive;
  };
  using Batch = std::vector<Case>;

  absl::Status RunShop();
  absl::Status AddGroups(ShopUnderTest& shop);
  absl::StatusOr<Batch> Compose(const ShopUnderTest& shop, ConditionComposer& composer, int count);
  absl::StatusOr<Case> MakeCase(const ShopUnderTest& shop, ConditionComposer& composer);
  absl::Status Compare(const ShopUnderTest& shop, base::InstantMs as_of,
                       storage::mysql::EvaluationForm form, const Batch& batch,
                       const std::vector<MemberSet>& sql_sets);
  void ReportMismatch(const ShopUnderTest& shop, base::InstantMs as_of,
                      storage::mysql::EvaluationForm form, const domain::condition::Node& tree);
  void ReportIndex(const ShopUnderTest& shop, base::InstantMs as_of,
                   const domain::condition::Node& tree);
  // Finds the condition that the database cannot run; `failure` if none fails alone.
  absl::Status ReportFailure(const ShopUnderTest& shop, base::InstantMs as_of,
                             storage::mysql::EvaluationForm form, const Batch& batch,
                             const absl::Status& failure);
  void AddMismatch(const ShopUnderTest& shop, base::InstantMs as_of, std::string_view what,
                   const domain::condition::Node& tree);

  const RunOptions options_;
  storage::Store& store_;
  storage::mysql::Connection& connection_;
  testing_support::GeneratorRandom random_;
  Coverage coverage_;
  RunReport report_;
};

}  // namespace segmentation::differential
