// From what a caller wrote to what the evaluators run.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/condition/tree.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/storage/store.h"

namespace segmentation::usecase {

// Text, or a tree that rpc converted.
using ConditionInput = std::variant<std::string, domain::condition::Node>;

// A condition checked against one state of the definitions, with everything its groups name.
struct PreparedCondition {
  domain::condition::Node tree;  // normalised
  std::string text;              // canonical
  domain::condition::BoundNode bound;
  domain::condition::BoundGroups groups;

  // The query of the whole condition. The result points into this object and into `definitions`.
  storage::ConditionQuery Query(const domain::ShopDefinitions& definitions,
                                base::InstantMs as_of_ms) const {
    return {&bound, &groups, &definitions, as_of_ms};
  }
};

// Rows of the shop, wanted only where a revision of a group that is not the newest is named.
using RowsSource = std::function<absl::StatusOr<storage::Reader*>()>;
inline RowsSource RowsOf(storage::Reader& reader) {
  return [&reader] { return &reader; };
}

// CONDITION_ errors name field `condition`. Pinned revisions of groups ('vip'@3) are read from
// `rows`.
absl::StatusOr<PreparedCondition> PrepareCondition(const ConditionInput& input,
                                                   const domain::ShopDefinitions& definitions,
                                                   const RowsSource& rows);

// The saved text of a group, newest (0) or an older revision. GROUP_NOT_FOUND.
absl::StatusOr<domain::Group> ReadGroupRevision(const domain::ShopDefinitions& definitions,
                                                std::string_view group_id, int32_t group_revision,
                                                const RowsSource& rows);

}  // namespace segmentation::usecase
