#include "server/storage/mysql/condition_sql.h"

#include <utility>

#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/storage/mysql/condition_sql_parts.h"

namespace segmentation::storage::mysql {
namespace {

using domain::condition::BoundAnd;
using domain::condition::BoundAnniversary;
using domain::condition::BoundAttribute;
using domain::condition::BoundBucket;
using domain::condition::BoundConsent;
using domain::condition::BoundGroup;
using domain::condition::BoundGroups;
using domain::condition::BoundIdentity;
using domain::condition::BoundNode;
using domain::condition::BoundNot;
using domain::condition::BoundOr;
using domain::condition::BoundOrderClause;
using domain::condition::BoundTag;
using domain::condition::BoundTop;
using domain::condition::Visitor;

// Groups within groups; a condition's own depth is bounded where it is parsed.
constexpr int kMaxGroupDepth = 64;

absl::Status TooLarge(std::string_view what, size_t limit) {
  return base::MakeError(base::Reason::CONDITION_TOO_LARGE, "condition",
                         base::StrCat("the condition with its groups written out has too many ",
                                      what, ": want at most ", limit),
                         {{"limit", base::StrCat(limit)}});
}

// Writes the tree; leaves are written by the files of their kind.
class TreeCompiler {
 public:
  TreeCompiler(const CompileScope& scope, const BoundGroups* groups)
      : scope_(scope), groups_(groups) {}

  absl::Status Compile(const BoundNode& node) {
    if (++node_count_ > kMaxCompiledNodes) return TooLarge("parts", kMaxCompiledNodes);
    return std::visit(
        Visitor{
            [&](const BoundAnd& node_and) { return CompileAll(node_and.children, " AND "); },
            [&](const BoundOr& node_or) { return CompileAll(node_or.children, " OR "); },
            [&](const BoundNot& node_not) {
              sql_.Add("(NOT ");
              RETURN_IF_ERROR(Compile(node_not.child.front()));
              sql_.Add(")");
              return absl::OkStatus();
            },
            [&](const BoundGroup& leaf) { return CompileGroup(leaf); },
            [&](const BoundAttribute& leaf) { return AddLeaf(AttributeLeafOf(leaf, scope_)); },
            [&](const BoundTag& leaf) { return AddLeaf(TagLeafOf(leaf, scope_)); },
            [&](const BoundIdentity& leaf) { return AddLeaf(IdentityLeafOf(leaf, scope_)); },
            [&](const BoundConsent& leaf) { return AddLeaf(ConsentLeafOf(leaf, scope_)); },
            [&](const BoundAnniversary& leaf) { return AddLeaf(AnniversaryLeafOf(leaf, scope_)); },
            [&](const BoundOrderClause& leaf) { return AddLeaf(OrderClauseOf(leaf, scope_)); },
            [&](const BoundBucket& leaf) { return AddLeaf(BucketLeafOf(leaf)); },
            [&](const BoundTop& leaf) { return AddLeaf(TopLeafOf(leaf, scope_)); },
        },
        node.body);
  }

  int leaf_count() const { return leaf_count_; }
  CompiledCondition Take() { return {sql_.TakeText(), sql_.TakeParams()}; }

 private:
  absl::Status CompileAll(const std::vector<BoundNode>& children, std::string_view connective) {
    sql_.Add("(");
    bool first = true;
    for (const BoundNode& child : children) {
      if (!std::exchange(first, false)) sql_.Add(connective);
      RETURN_IF_ERROR(Compile(child));
    }
    sql_.Add(")");
    return absl::OkStatus();
  }

  // The group's own condition stands in its place: one as-of, one revision (T47).
  absl::Status CompileGroup(const BoundGroup& leaf) {
    const BoundNode* group = groups_ == nullptr ? nullptr : groups_->Find(leaf);
    if (group == nullptr) {
      return base::MakeError(base::Reason::INTERNAL, "",
                             base::StrCat("group number ", leaf.group_no, " was not bound"));
    }
    if (++group_depth_ > kMaxGroupDepth) return TooLarge("groups within groups", kMaxGroupDepth);
    RETURN_IF_ERROR(Compile(*group));
    --group_depth_;
    return absl::OkStatus();
  }

  absl::Status AddLeaf(const SqlFragment& leaf) {
    ++leaf_count_;
    sql_.Add(leaf);
    if (sql_.params().size() > kMaxCompiledParams) return TooLarge("values", kMaxCompiledParams);
    if (sql_.text().size() > kMaxCompiledBytes) return TooLarge("bytes", kMaxCompiledBytes);
    return absl::OkStatus();
  }

  const CompileScope& scope_;
  const BoundGroups* groups_;
  SqlFragment sql_;
  int node_count_ = 0;
  int leaf_count_ = 0;
  int group_depth_ = 0;
};

}  // namespace

absl::StatusOr<CompiledCondition> CompileCondition(domain::ShopNo shop_no,
                                                   const ConditionQuery& query, EvaluationForm form,
                                                   MemberInterval range) {
  if (query.condition == nullptr || query.definitions == nullptr) {
    return base::MakeError(base::Reason::INTERNAL, "", "the query has no condition or definitions");
  }
  CompileScope scope;
  scope.shop_no = shop_no;
  scope.form = form;
  scope.range = range;
  scope.context.as_of = query.as_of_ms;
  ASSIGN_OR_RETURN(scope.context.zone,
                   base::LoadTimeZone(query.definitions->shop.time_zone, "shop.time_zone"));
  TreeCompiler compiler(scope, query.groups);
  RETURN_IF_ERROR(compiler.Compile(*query.condition));
  if (form == EvaluationForm::kEachMember || compiler.leaf_count() <= kMaxListedLeaves) {
    return compiler.Take();
  }
  scope.form = EvaluationForm::kEachMember;
  TreeCompiler one_by_one(scope, query.groups);
  RETURN_IF_ERROR(one_by_one.Compile(*query.condition));
  return one_by_one.Take();
}

}  // namespace segmentation::storage::mysql
