#include "server/usecase/group_query_usecase.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/attribute_catalogue.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/usecase/definition_users.h"

namespace segmentation::usecase {
namespace {

using domain::condition::BoundAnd;
using domain::condition::BoundNode;
using domain::condition::BoundOr;

// Members read in one statement while an audience is evaluated or its ids are looked up.
constexpr int kEvaluationPage = 100'000;
constexpr size_t kLookupPage = 8'192;

// The first `count` children of a join as a condition of its own.
template <typename Join>
BoundNode Prefix(const std::vector<BoundNode>& children, size_t count) {
  if (count == 1) return children.front();
  return BoundNode{Join{{children.begin(), children.begin() + count}}};
}

// Canonical texts of the top-level clauses.
std::vector<std::string> ClauseTexts(const domain::condition::Node& tree) {
  std::vector<std::string> texts;
  const auto add = [&](const std::vector<domain::condition::Node>& children) {
    for (const domain::condition::Node& child : children) {
      texts.push_back(domain::condition::Print(child));
    }
  };
  if (const auto* join = std::get_if<domain::condition::And>(&tree.body)) {
    add(join->children);
  } else if (const auto* either = std::get_if<domain::condition::Or>(&tree.body)) {
    add(either->children);
  } else {
    texts.push_back(domain::condition::Print(tree));
  }
  return texts;
}

absl::StatusOr<GroupView> ViewOf(const domain::Group& group, const ShopView& view) {
  ASSIGN_OR_RETURN(domain::condition::Node tree, domain::condition::Parse(group.condition_text));
  GroupView result{group, std::move(tree), {}, StampOf(view)};
  for (domain::GroupNo number : group.references) {
    auto found = view.definitions->groups.find(number);
    if (found != view.definitions->groups.end()) result.reference_ids.push_back(found->second.id);
  }
  std::sort(result.reference_ids.begin(), result.reference_ids.end());
  return result;
}

absl::StatusOr<int64_t> CountOf(ConditionView& view, const storage::ConditionQuery& query) {
  ASSIGN_OR_RETURN(Evaluation evaluation, view.Evaluate(query));
  return evaluation.Count();
}

// Counts of the top-level clauses, each alone and all up to it.
absl::Status CountClauses(ConditionView& view, const PreparedCondition& prepared,
                          GroupPreview& preview) {
  const auto* conjunction = std::get_if<BoundAnd>(&prepared.bound.body);
  const auto* disjunction = std::get_if<BoundOr>(&prepared.bound.body);
  const std::vector<BoundNode> whole{prepared.bound};
  const std::vector<BoundNode>& children = conjunction   ? conjunction->children
                                           : disjunction ? disjunction->children
                                                         : whole;
  preview.join = conjunction ? ClauseJoin::kAnd : disjunction ? ClauseJoin::kOr : ClauseJoin::kNone;
  const std::vector<std::string> texts = ClauseTexts(prepared.tree);
  storage::ConditionQuery query = prepared.Query(view.definitions(), view.as_of_ms());
  for (size_t i = 0; i < children.size(); ++i) {
    ClauseCount clause;
    clause.text = texts[i];
    query.condition = &children[i];
    ASSIGN_OR_RETURN(clause.member_count, CountOf(view, query));
    if (i == 0) {
      clause.running_count = clause.member_count;
    } else if (i + 1 == children.size()) {
      clause.running_count = preview.member_count;
    } else {
      const BoundNode prefix =
          conjunction ? Prefix<BoundAnd>(children, i + 1) : Prefix<BoundOr>(children, i + 1);
      query.condition = &prefix;
      ASSIGN_OR_RETURN(clause.running_count, CountOf(view, query));
    }
    preview.clauses.push_back(std::move(clause));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GroupPreview> GroupQueryUsecase::Preview(const CallContext& context,
                                                        const ConditionInput& condition,
                                                        const ReadOptions& read,
                                                        const PreviewOptions& options) {
  ASSIGN_OR_RETURN(ConditionView view, ConditionView::Open(reader_, indexes_, context, read));
  ASSIGN_OR_RETURN(PreparedCondition prepared, PrepareCondition(condition, view.definitions(),
                                                                [&view] { return view.rows(); }));
  GroupPreview preview;
  preview.stamp = view.stamp();
  preview.condition_text = prepared.text;
  ASSIGN_OR_RETURN(Evaluation evaluation,
                   view.Evaluate(prepared.Query(view.definitions(), view.as_of_ms())));
  ASSIGN_OR_RETURN(preview.member_count, evaluation.Count());
  ASSIGN_OR_RETURN(preview.population_count, view.CountMembers());
  if (options.split_clauses) RETURN_IF_ERROR(CountClauses(view, prepared, preview));
  const int wanted = static_cast<int>(
      std::min<int64_t>(std::clamp(options.sample_size, 0, 10), preview.member_count));
  if (wanted > 0) {
    ASSIGN_OR_RETURN(preview.samples, ReadSamples(view, evaluation, wanted));
  }
  return preview;
}

// Samples are spread over the member numbers: one after each of evenly spaced starting points.
absl::StatusOr<std::vector<domain::Member>> GroupQueryUsecase::ReadSamples(ConditionView& view,
                                                                           Evaluation& evaluation,
                                                                           int wanted) {
  ASSIGN_OR_RETURN(storage::Reader* const rows, view.rows());
  std::set<domain::MemberNo> chosen;
  const uint64_t number_range = rows->head().next_member_no;
  for (int i = 0; i < wanted; ++i) {
    const auto start = static_cast<domain::MemberNo>(number_range * i / wanted);
    ASSIGN_OR_RETURN(const std::vector<domain::MemberNo> found, evaluation.List(start, wanted));
    for (const domain::MemberNo number : found) {
      if (chosen.insert(number).second) break;
    }
  }
  const std::vector<domain::MemberNo> numbers(chosen.begin(), chosen.end());
  ASSIGN_OR_RETURN(std::vector<domain::Member> samples,
                   rows->ReadMembersByNo(numbers, storage::MemberParts::kIdentities |
                                                      storage::MemberParts::kAttributes));
  std::sort(samples.begin(), samples.end(),
            [](const domain::Member& a, const domain::Member& b) { return a.number < b.number; });
  return samples;
}

absl::StatusOr<GroupView> GroupQueryUsecase::Get(const CallContext& context,
                                                 std::string_view group_id, int32_t group_revision,
                                                 const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(domain::Group group, ReadGroupRevision(*view.definitions, group_id,
                                                          group_revision, RowsOf(*view.snapshot)));
  return ViewOf(group, view);
}

absl::StatusOr<std::vector<GroupView>> GroupQueryUsecase::List(const CallContext& context,
                                                               std::string_view after_id, int limit,
                                                               const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  std::map<std::string_view, const domain::Group*> by_id;
  for (const auto& [number, group] : view.definitions->groups) by_id.emplace(group.id, &group);
  std::vector<GroupView> views;
  for (auto it = by_id.upper_bound(after_id);
       it != by_id.end() && views.size() < static_cast<size_t>(limit); ++it) {
    ASSIGN_OR_RETURN(GroupView next, ViewOf(*it->second, view));
    views.push_back(std::move(next));
  }
  return views;
}

absl::StatusOr<std::vector<GroupView>> GroupQueryUsecase::ListRevisions(
    const CallContext& context, std::string_view group_id, int32_t before_group_revision, int limit,
    const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  ASSIGN_OR_RETURN(domain::Group group,
                   ReadGroupRevision(*view.definitions, group_id, 0, RowsOf(*view.snapshot)));
  ASSIGN_OR_RETURN(std::vector<storage::GroupRevisionRow> rows,
                   view.snapshot->ListGroupRevisions(group.number, before_group_revision, limit));
  std::vector<GroupView> views;
  for (storage::GroupRevisionRow& row : rows) {
    group.group_revision = row.group_revision;
    group.name = std::move(row.name);
    group.condition_text = std::move(row.condition_text);
    group.grammar_version = row.grammar_version;
    group.stamp = std::move(row.stamp);
    ASSIGN_OR_RETURN(GroupView next, ViewOf(group, view));
    views.push_back(std::move(next));
  }
  return views;
}

absl::StatusOr<std::shared_ptr<const Audience>> GroupQueryUsecase::Evaluate(
    const CallContext& context, ConditionView& view, const domain::Group& group) {
  ASSIGN_OR_RETURN(
      const PreparedCondition prepared,
      PrepareCondition(group.condition_text, view.definitions(), [&view] { return view.rows(); }));
  std::shared_ptr<Audience> audience = audiences_.Make();
  audience->key = {context.shop.number, group.number, group.group_revision, view.revision(),
                   view.as_of_ms()};
  audience->policy_revision = view.definitions().policy.revision;
  ASSIGN_OR_RETURN(Evaluation evaluation,
                   view.Evaluate(prepared.Query(view.definitions(), view.as_of_ms())));
  domain::MemberNo after = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const std::vector<domain::MemberNo> page,
                     evaluation.List(after, kEvaluationPage));
    RETURN_IF_ERROR(audiences_.Append(page, *audience));
    if (page.size() < static_cast<size_t>(kEvaluationPage)) break;
    after = page.back();
  }
  audiences_.Put(audience);
  return audience;
}

absl::StatusOr<std::shared_ptr<const Audience>> GroupQueryUsecase::OpenAudience(
    const CallContext& context, std::string_view group_id, int32_t group_revision,
    const ReadOptions& read) {
  ASSIGN_OR_RETURN(ConditionView view, ConditionView::Open(reader_, indexes_, context, read));
  ASSIGN_OR_RETURN(const domain::Group group,
                   ReadGroupRevision(view.definitions(), group_id, group_revision,
                                     [&view] { return view.rows(); }));
  return Evaluate(context, view, group);
}

absl::StatusOr<std::shared_ptr<const Audience>> GroupQueryUsecase::ReopenAudience(
    const CallContext& context, const AudienceKey& key) {
  if (key.shop_no != context.shop.number) {
    return base::MakeError(base::Reason::PAGE_TOKEN_INVALID, "page_token",
                           "the token belongs to another shop");
  }
  if (std::shared_ptr<const Audience> kept = audiences_.Find(key)) return kept;
  ReadOptions read;
  read.min_revision = key.revision;
  read.as_of_ms = key.as_of_ms;
  ASSIGN_OR_RETURN(ConditionView view, ConditionView::Open(reader_, indexes_, context, read));
  const auto group = view.definitions().groups.find(key.group_no);
  if (view.revision() != key.revision || group == view.definitions().groups.end()) {
    return base::MakeError(
        base::Reason::PAGE_TOKEN_EXPIRED, "page_token",
        absl::StrCat("the audience of revision ", key.revision, " is no longer held; start again"));
  }
  ASSIGN_OR_RETURN(const domain::Group revision,
                   ReadGroupRevision(view.definitions(), group->second.id, key.group_revision,
                                     [&view] { return view.rows(); }));
  return Evaluate(context, view, revision);
}

absl::StatusOr<std::vector<domain::Member>> GroupQueryUsecase::ReadMembers(
    const CallContext& context, const Audience& audience, size_t offset, size_t count,
    storage::MemberParts parts) {
  if (offset >= audience.members.size()) return std::vector<domain::Member>();
  const std::span<const domain::MemberNo> wanted =
      std::span(audience.members)
          .subspan(offset)
          .first(std::min(count, audience.members.size() - offset));
  ReadOptions read;
  read.min_revision = audience.key.revision;
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  std::vector<domain::Member> members;
  members.reserve(wanted.size());
  for (size_t from = 0; from < wanted.size(); from += kLookupPage) {
    ASSIGN_OR_RETURN(std::vector<domain::Member> page,
                     view.snapshot->ReadMembersByNo(
                         wanted.subspan(from, std::min(kLookupPage, wanted.size() - from)), parts));
    std::move(page.begin(), page.end(), std::back_inserter(members));
  }
  std::sort(members.begin(), members.end(),
            [](const domain::Member& a, const domain::Member& b) { return a.number < b.number; });
  if (members.size() != wanted.size()) {
    return base::MakeError(base::Reason::INTERNAL, "",
                           absl::StrCat("an audience names ", wanted.size(), " members, ",
                                        members.size(), " were found"));
  }
  return members;
}

absl::StatusOr<std::vector<std::string>> GroupQueryUsecase::ReadMemberIds(
    const CallContext& context, const Audience& audience, size_t offset, size_t count) {
  ASSIGN_OR_RETURN(std::vector<domain::Member> members,
                   ReadMembers(context, audience, offset, count, storage::MemberParts::kRow));
  std::vector<std::string> ids;
  ids.reserve(members.size());
  for (domain::Member& member : members) ids.push_back(std::move(member.id));
  return ids;
}

absl::StatusOr<std::vector<std::string>> GroupQueryUsecase::ReadIdentities(
    const CallContext& context, const Audience& audience, size_t offset, size_t count,
    domain::IdentityKind kind) {
  ASSIGN_OR_RETURN(
      std::vector<domain::Member> members,
      ReadMembers(context, audience, offset, count, storage::MemberParts::kIdentities));
  std::vector<std::string> values;
  values.reserve(members.size());
  for (domain::Member& member : members) {
    const domain::Identity* oldest = nullptr;
    for (const domain::Identity& identity : member.identities) {
      if (identity.kind != kind) continue;
      if (oldest == nullptr || std::pair(identity.added_at_ms, identity.number) <
                                   std::pair(oldest->added_at_ms, oldest->number)) {
        oldest = &identity;
      }
    }
    values.push_back(oldest == nullptr ? std::string() : oldest->value);
  }
  return values;
}

absl::StatusOr<std::vector<std::string>> GroupQueryUsecase::ListReferences(
    const CallContext& context, const ReferenceTarget& target, const ReadOptions& read,
    ReadStamp* stamp) {
  using Kind = ReferenceTarget::Kind;
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  *stamp = StampOf(view);
  const domain::ShopDefinitions& definitions = *view.definitions;
  const auto by_id = [&](const auto& table) {
    for (const auto& [number, row] : table) {
      if (row.id == target.id) return number;
    }
    return decltype(table.begin()->first){};
  };
  std::function<bool(const DefinitionUse&)> names;
  base::Reason missing = base::Reason::GROUP_NOT_FOUND;
  switch (target.kind) {
    case Kind::kGroup:
      if (const auto number = by_id(definitions.groups)) {
        names = [number](const DefinitionUse& use) { return use.groups.contains(number); };
      }
      break;
    case Kind::kTagCategory:
    case Kind::kTag: {
      missing = base::Reason::TAG_CATEGORY_NOT_FOUND;
      const auto category = by_id(definitions.tag_categories);
      if (category == 0) break;
      if (target.kind == Kind::kTagCategory) {
        names = [category](const DefinitionUse& use) {
          return use.tag_categories.contains(category);
        };
        break;
      }
      missing = base::Reason::TAG_NOT_FOUND;
      if (const auto* tag = domain::condition::FindTag(category, target.value, definitions)) {
        names = [number = tag->number](const DefinitionUse& use) {
          return use.tags.contains(number);
        };
      }
      break;
    }
    case Kind::kAttribute:
      missing = base::Reason::ATTRIBUTE_NOT_FOUND;
      if (const auto* attribute = domain::AttributeCatalogue(definitions).Find(target.id)) {
        names = [number = attribute->number](const DefinitionUse& use) {
          return use.attributes.contains(number);
        };
      }
      break;
    case Kind::kPromotion:
      missing = base::Reason::PROMOTION_NOT_FOUND;
      if (const auto number = by_id(definitions.promotions)) {
        names = [number](const DefinitionUse& use) { return use.promotions.contains(number); };
      }
      break;
  }
  if (!names) return base::MakeError(missing, "target", "there is no such thing to refer to");
  return GroupsNaming(definitions, *view.snapshot, names);
}

absl::StatusOr<PreparedCondition> GroupQueryUsecase::Prepare(const CallContext& context,
                                                             const ConditionInput& condition,
                                                             const ReadOptions& read) {
  ASSIGN_OR_RETURN(ShopView view, reader_.Open(context, read));
  return PrepareCondition(condition, *view.definitions, RowsOf(*view.snapshot));
}

}  // namespace segmentation::usecase
