// One generated shop in three worlds: in memory for the naive evaluator, in an index, in a database
// for SQL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/audience/shop_root.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/naive_evaluator.h"
#include "server/domain/condition/tree.h"
#include "server/storage/mysql/condition_sql.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/store.h"
#include "tests/differential/member_set.h"
#include "tests/support/shop_generator.h"

namespace segmentation::differential {

// Not thread-safe. Groups may be added; everything else is fixed.
class ShopUnderTest {
 public:
  // Writes the shop through the store; `connection` then runs the compiled conditions. Both outlive
  // this object.
  static absl::StatusOr<std::unique_ptr<ShopUnderTest>> Create(
      testing_support::GeneratedShop shop, storage::Store& store,
      storage::mysql::Connection& connection);

  const testing_support::GeneratedShop& shop() const { return shop_; }
  const domain::ShopDefinitions& definitions() const { return shop_.definitions; }
  const domain::condition::Population& population() const { return population_; }
  const MemberSet& all() const { return all_; }

  // Saves a group under the next number; its id is "g<number>". It can be named with revision 1.
  absl::Status AddGroup(const domain::condition::Node& tree);

  absl::StatusOr<domain::condition::BoundNode> Bind(const domain::condition::Node& tree) const;

  // By the naive evaluator, member by member.
  absl::StatusOr<MemberSet> SelectNaively(const domain::condition::BoundNode& condition,
                                          base::InstantMs as_of) const;

  // By the index.
  absl::StatusOr<MemberSet> SelectByIndex(const domain::condition::BoundNode& condition,
                                          base::InstantMs as_of) const;

  // By SQL, some conditions a statement; sets in the order of the conditions. `split_at`: in two
  // ranges of members, up to that one and after it, as large audiences are listed; 0: in one.
  absl::StatusOr<std::vector<MemberSet>> SelectBySql(
      const std::vector<const domain::condition::BoundNode*>& conditions, base::InstantMs as_of,
      storage::mysql::EvaluationForm form, domain::MemberNo split_at = 0) const;

 private:
  ShopUnderTest(testing_support::GeneratedShop shop, storage::mysql::Connection& connection);

  absl::Status AddRange(const std::vector<const domain::condition::BoundNode*>& conditions,
                        base::InstantMs as_of, storage::mysql::EvaluationForm form,
                        storage::mysql::MemberInterval range, std::vector<MemberSet>* sets) const;
  // Adds to `sets` from `first` on.
  absl::Status RunStatement(const std::string& expressions, storage::mysql::Params params,
                            storage::mysql::MemberInterval range, size_t first,
                            std::vector<MemberSet>* sets) const;

  testing_support::GeneratedShop shop_;
  domain::condition::Population population_;
  std::shared_ptr<const audience::ShopRoot> index_;
  domain::condition::BoundGroups groups_;
  storage::mysql::Connection& connection_;
  domain::ShopNo shop_no_ = 0;
  MemberSet all_;
};

}  // namespace segmentation::differential
