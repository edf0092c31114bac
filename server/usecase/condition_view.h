// One committed state of a shop on which conditions are evaluated: by the index where there is one
// at that state, else by the database. Both give the same answers (T71); the index in milliseconds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/audience/cross_count.h"
#include "server/base/clock.h"
#include "server/domain/condition/bound_tree.h"
#include "server/domain/ids.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/storage/store.h"
#include "server/usecase/call_context.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::audience {
class ConditionPlan;
class ShopIndexes;
struct IndexVersion;
}  // namespace segmentation::audience

namespace segmentation::usecase {

class ConditionView;

// One condition on one state. Of one call; one thread at a time; the view and what the query names
// outlive it.
class Evaluation {
 public:
  Evaluation(Evaluation&&) noexcept;
  ~Evaluation();

  // How many members it selects.
  absl::StatusOr<int64_t> Count();
  // The members, ascending: after `after_no`, at most `limit`.
  absl::StatusOr<std::vector<domain::MemberNo>> List(domain::MemberNo after_no, int limit);
  // Which of `member_nos`, ascending, it selects.
  absl::StatusOr<std::vector<domain::MemberNo>> Filter(
      std::span<const domain::MemberNo> member_nos);

 private:
  friend class ConditionView;
  Evaluation(ConditionView& view, const storage::ConditionQuery& query);

  ConditionView& view_;
  const storage::ConditionQuery query_;
  std::unique_ptr<audience::ConditionPlan> plan_;  // null: the database evaluates
};

// Two lists of conditions, to be counted pair by pair.
struct CrossQuery {
  const domain::condition::BoundNode* within = nullptr;  // null: all live members
  std::span<const domain::condition::BoundNode> rows, columns;
  const domain::condition::BoundGroups* groups = nullptr;  // of all of them
};

// Of one call; one thread at a time. What it was opened with outlives it.
class ConditionView {
 public:
  // As ShopReader::Open. `indexes` null: the database evaluates.
  static absl::StatusOr<ConditionView> Open(ShopReader& reader, audience::ShopIndexes* indexes,
                                            const CallContext& context, const ReadOptions& options);

  const domain::ShopDefinitions& definitions() const { return *definitions_; }
  const std::shared_ptr<const domain::ShopDefinitions>& shared_definitions() const {
    return definitions_;
  }
  domain::Revision revision() const { return revision_; }
  base::InstantMs as_of_ms() const { return as_of_ms_; }
  ReadStamp stamp() const { return {revision_, as_of_ms_, definitions_->policy.revision}; }

  // The version of the index that evaluates; null: the database does.
  const audience::IndexVersion* index() const { return index_.get(); }

  // Live members.
  absl::StatusOr<int64_t> CountMembers();
  absl::StatusOr<Evaluation> Evaluate(const storage::ConditionQuery& query);
  // The database lists the members of each condition once. Errors name rows[i], columns[i], within.
  absl::StatusOr<audience::CrossCounts> CountCross(const CrossQuery& query);

  // The numbers of live members, one for each id at its index; 0: there is none.
  absl::StatusOr<std::vector<domain::MemberNo>> NumbersOf(std::span<const std::string> member_ids);

  // Rows of the shop, opened when they are first asked for: of this state, or where the index
  // evaluates, of this state or a later one. Numbers that are not in this state are not in its
  // answers either: ask IsMember.
  absl::StatusOr<storage::Reader*> rows();
  // Whether a member of rows() lives in this state.
  bool IsMember(domain::MemberNo member_no) const;

 private:
  friend class Evaluation;
  ConditionView(ShopReader& reader, const CallContext& context)
      : reader_(&reader), context_(&context) {}

  absl::Status StillWanted() const;
  absl::StatusOr<audience::CrossCounts> CountCrossByRows(const CrossQuery& query);

  ShopReader* reader_;
  const CallContext* context_;
  std::shared_ptr<const domain::ShopDefinitions> definitions_;
  domain::Revision revision_ = 0;
  base::InstantMs as_of_ms_ = 0;
  std::shared_ptr<const audience::IndexVersion> index_;  // null: the snapshot evaluates
  std::unique_ptr<storage::ReadSnapshot> snapshot_;      // null: not opened yet
};

}  // namespace segmentation::usecase
