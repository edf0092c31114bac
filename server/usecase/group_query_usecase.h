// Questions about groups: exact counts, audiences. One evaluation sees one revision and
// one as-of instant through the whole tree, groups in groups included (T23, T47).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/domain/shop.h"
#include "server/storage/store.h"
#include "server/usecase/audience_cache.h"
#include "server/usecase/call_context.h"
#include "server/usecase/condition_view.h"
#include "server/usecase/prepared_condition.h"
#include "server/usecase/read_stamp.h"
#include "server/usecase/shop_reader.h"

namespace segmentation::usecase {

enum class ClauseJoin : uint8_t { kNone = 0, kAnd = 1, kOr = 2 };

struct ClauseCount {
  std::string text;           // canonical
  int64_t member_count = 0;   // of this clause alone
  int64_t running_count = 0;  // of all clauses up to and with this one, joined
};

struct PreviewOptions {
  int sample_size = 0;  // 0–10
  bool split_clauses = false;
};

struct GroupPreview {
  int64_t member_count = 0;
  int64_t population_count = 0;  // live members
  std::string condition_text;    // canonical
  ClauseJoin join = ClauseJoin::kNone;
  std::vector<ClauseCount> clauses;     // when asked for
  std::vector<domain::Member> samples;  // row and attributes; spread over the result
  ReadStamp stamp;
};

// One side of a comparison: a saved group, or a condition.
struct ComparedInput {
  std::string group_id;  // empty: the condition
  ConditionInput condition;
};

struct ComparedTotal {
  std::string text;          // canonical
  int64_t member_count = 0;  // of those looked at
  int64_t alone_count = 0;   // of them, in nothing of the other list
};

// How two lists of groups or conditions overlap.
struct GroupComparison {
  std::vector<ComparedTotal> rows, columns;
  std::vector<int64_t> cells;  // of row r and column c: r * columns.size() + c
  int64_t within_count = 0;    // members looked at
  int64_t neither_count = 0;   // of them, in no row and no column
  ReadStamp stamp;
};

// A group as shown: with the text forms of what it names.
struct GroupView {
  domain::Group group;
  domain::condition::Node condition;
  std::vector<std::string> reference_ids;  // sorted
  ReadStamp stamp;
};

// What ListReferences looks for.
struct ReferenceTarget {
  enum class Kind : uint8_t { kGroup, kTagCategory, kTag, kAttribute, kPromotion };
  Kind kind = Kind::kGroup;
  std::string id;     // group, category, promotion: public id; attribute: name or alias
  std::string value;  // kTag: the value in category `id`
};

// Memory of evaluated audiences, 4 bytes a member.
struct AudienceLimits {
  size_t max_cached_bytes = size_t{256} << 20;  // kept for their next page
  size_t max_live_bytes = size_t{1} << 30;      // these and those being streamed
};

// Thread-safe. Every method runs its queries on the calling thread.
class GroupQueryUsecase {
 public:
  // `reader` and `indexes` outlive it. `indexes` null: the database evaluates every condition.
  explicit GroupQueryUsecase(ShopReader& reader, audience::ShopIndexes* indexes = nullptr,
                             AudienceLimits limits = {})
      : reader_(reader),
        indexes_(indexes),
        audiences_(limits.max_cached_bytes, limits.max_live_bytes) {}

  absl::StatusOr<GroupPreview> Preview(const CallContext& context, const ConditionInput& condition,
                                       const ReadOptions& read, const PreviewOptions& options);

  // Counts how two lists overlap, among the members of `within` or all. Errors name rows[i],
  // columns[i] or within.
  absl::StatusOr<GroupComparison> Compare(const CallContext& context,
                                          std::span<const ComparedInput> rows,
                                          std::span<const ComparedInput> columns,
                                          const std::optional<ComparedInput>& within,
                                          const ReadOptions& read);

  // A group, its newest revision (0) or an older one. GROUP_NOT_FOUND.
  absl::StatusOr<GroupView> Get(const CallContext& context, std::string_view group_id,
                                int32_t group_revision, const ReadOptions& read);
  // By id after `after_id` (empty: from the first), at most `limit`.
  absl::StatusOr<std::vector<GroupView>> List(const CallContext& context, std::string_view after_id,
                                              int limit, const ReadOptions& read);
  // Newest first, before `before_group_revision` (0: from the newest).
  absl::StatusOr<std::vector<GroupView>> ListRevisions(const CallContext& context,
                                                       std::string_view group_id,
                                                       int32_t before_group_revision, int limit,
                                                       const ReadOptions& read);

  // Evaluates a group and keeps the result for Reopen. QUEUE_FULL when the audiences in use take
  // all of max_live_bytes.
  absl::StatusOr<std::shared_ptr<const Audience>> OpenAudience(const CallContext& context,
                                                               std::string_view group_id,
                                                               int32_t group_revision,
                                                               const ReadOptions& read);
  // The same audience again: from the cache, or evaluated anew while the shop is still at that
  // revision; else PAGE_TOKEN_EXPIRED. QUEUE_FULL as above.
  absl::StatusOr<std::shared_ptr<const Audience>> ReopenAudience(const CallContext& context,
                                                                 const AudienceKey& key);
  // Public ids of `count` members from `offset`, in the audience's order; fewer at its end.
  absl::StatusOr<std::vector<std::string>> ReadMemberIds(const CallContext& context,
                                                         const Audience& audience, size_t offset,
                                                         size_t count);
  // Their identities of one kind, the one known longest each; empty where a member has none.
  absl::StatusOr<std::vector<std::string>> ReadIdentities(const CallContext& context,
                                                          const Audience& audience, size_t offset,
                                                          size_t count, domain::IdentityKind kind);

  // Ids of the groups whose conditions name the target, sorted.
  absl::StatusOr<std::vector<std::string>> ListReferences(const CallContext& context,
                                                          const ReferenceTarget& target,
                                                          const ReadOptions& read,
                                                          ReadStamp* stamp);

  // Bytes of all audiences that are kept or held by a caller.
  size_t live_audience_bytes() const { return audiences_.budget().taken(); }

  // The condition checked against the shop's definitions. A wrong condition is the error.
  absl::StatusOr<PreparedCondition> Prepare(const CallContext& context,
                                            const ConditionInput& condition,
                                            const ReadOptions& read);

 private:
  absl::StatusOr<std::vector<domain::Member>> ReadSamples(ConditionView& view,
                                                          Evaluation& evaluation, int wanted);
  absl::StatusOr<std::shared_ptr<const Audience>> Evaluate(const CallContext& context,
                                                           ConditionView& view,
                                                           const domain::Group& group);
  absl::StatusOr<std::vector<domain::Member>> ReadMembers(const CallContext& context,
                                                          const Audience& audience, size_t offset,
                                                          size_t count, storage::MemberParts parts);

  ShopReader& reader_;
  audience::ShopIndexes* const indexes_;
  AudienceCache audiences_;
};

}  // namespace segmentation::usecase
