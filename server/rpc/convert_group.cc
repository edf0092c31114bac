#include "server/rpc/convert_group.h"

#include <variant>

#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/identity.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_condition.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_time.h"

namespace segmentation::rpc {
namespace {

// Of a row or column: 64 of them stay well within a message.
constexpr size_t kMaxComparedText = 4'096;

}  // namespace

usecase::GroupInput FromProto(const v1::Group& group) {
  return {group.group_id(), group.display_name(), group.description(), group.owner()};
}

v1::Group ToProto(const domain::Group& group, const domain::condition::Node& condition,
                  const std::vector<std::string>& reference_ids) {
  v1::Group out;
  out.set_group_id(group.id);
  out.set_display_name(group.name);
  out.set_description(group.note);
  out.set_owner(group.owner);
  out.set_condition_text(group.condition_text);
  *out.mutable_condition() = ToProto(condition);
  out.set_grammar_version(group.grammar_version);
  out.set_group_revision(group.group_revision);
  for (const std::string& id : reference_ids) out.add_references(id);
  *out.mutable_created_at() = ToTimestamp(group.stamp.created_at_ms);
  *out.mutable_updated_at() = ToTimestamp(group.stamp.updated_at_ms);
  out.set_actor_name(group.stamp.updated_by);
  out.set_etag(EtagText(group.stamp.etag));
  return out;
}

absl::StatusOr<usecase::ReferenceTarget> TargetOf(const v1::ListReferencesRequest& request) {
  using Kind = usecase::ReferenceTarget::Kind;
  usecase::ReferenceTarget target;
  std::string_view field;
  switch (request.target_case()) {
    case v1::ListReferencesRequest::kGroupId:
      target = {Kind::kGroup, request.group_id(), {}};
      field = "group_id";
      break;
    case v1::ListReferencesRequest::kCategoryId:
      target = {Kind::kTagCategory, request.category_id(), {}};
      field = "category_id";
      break;
    case v1::ListReferencesRequest::kTag:
      target = {Kind::kTag, request.tag().category_id(), request.tag().value()};
      field = "tag.category_id";
      break;
    case v1::ListReferencesRequest::kAttribute:
      target = {Kind::kAttribute, request.attribute(), {}};
      field = "attribute";
      break;
    case v1::ListReferencesRequest::kPromotionId:
      target = {Kind::kPromotion, request.promotion_id(), {}};
      field = "promotion_id";
      break;
    case v1::ListReferencesRequest::TARGET_NOT_SET:
      return base::MakeError(base::Reason::FIELD_REQUIRED, "target",
                             "got nothing, want what groups refer to");
  }
  RETURN_IF_ERROR(domain::ValidateIdBytes(target.id, domain::kMaxNameBytes, field));
  return target;
}

v1::SampleMember ToSample(const domain::Member& member) {
  v1::SampleMember sample;
  sample.set_member_id(member.id);
  const auto name = member.attributes.find(domain::kAttributeName);
  if (name != member.attributes.end() && !name->second.empty()) {
    if (const auto* text = std::get_if<std::string>(&name->second.front())) {
      sample.set_masked_name(domain::MaskName(*text));
      return sample;
    }
  }
  for (const domain::Identity& identity : member.identities) {
    if (identity.kind != domain::IdentityKind::kNick) continue;
    sample.set_masked_name(domain::MaskIdentity(identity.kind, identity.value));
    break;
  }
  return sample;
}

v1::PreviewGroupResponse ToProto(const usecase::GroupPreview& preview) {
  v1::PreviewGroupResponse out;
  out.set_member_count(preview.member_count);
  out.set_population_count(preview.population_count);
  out.set_condition_text(preview.condition_text);
  out.set_clause_join(EnumTo<v1::ClauseJoin>(preview.join));
  for (const usecase::ClauseCount& clause : preview.clauses) {
    v1::ClauseCount* const row = out.add_clauses();
    row->set_text(clause.text);
    row->set_member_count(clause.member_count);
    row->set_running_count(clause.running_count);
  }
  for (const domain::Member& member : preview.samples) *out.add_samples() = ToSample(member);
  return out;
}

v1::CompareGroupsResponse ToProto(const usecase::GroupComparison& comparison) {
  v1::CompareGroupsResponse out;
  const auto add = [](const usecase::ComparedTotal& total, v1::ComparedTotal* added) {
    if (total.text.size() <= kMaxComparedText) added->set_condition_text(total.text);
    added->set_member_count(total.member_count);
    added->set_alone_count(total.alone_count);
  };
  for (const usecase::ComparedTotal& row : comparison.rows) add(row, out.add_rows());
  for (const usecase::ComparedTotal& column : comparison.columns) add(column, out.add_columns());
  const size_t width = comparison.columns.size();
  for (size_t row = 0; row < comparison.rows.size(); ++row) {
    v1::ComparedCells* const cells = out.add_cells();
    for (size_t column = 0; column < width; ++column) {
      cells->add_member_counts(comparison.cells[row * width + column]);
    }
  }
  out.set_within_count(comparison.within_count);
  out.set_neither_count(comparison.neither_count);
  return out;
}

v1::ExplainMembershipResponse ToProto(const usecase::MembershipExplanation& explanation) {
  v1::ExplainMembershipResponse out;
  out.set_in_group(explanation.in_group);
  for (const usecase::ExplainedPart& part : explanation.parts) {
    v1::ExplainedPart* const added = out.add_parts();
    added->set_depth(part.depth);
    added->set_kind(static_cast<v1::ConditionPartKind>(part.kind));
    added->set_text(part.text);
    added->set_holds(part.holds);
    added->set_decides(part.decides);
    for (const std::string& value : part.values) added->add_values(value);
    added->set_group_id(part.group_id);
    added->set_group_revision(part.group_revision);
  }
  out.set_complete(explanation.complete);
  if (explanation.next_change.known) {
    *out.mutable_looked_until() = ToTimestamp(explanation.looked_until);
    if (explanation.next_change.at) {
      *out.mutable_next_change_at() = ToTimestamp(*explanation.next_change.at);
    }
  }
  out.set_group_revision(explanation.group_revision);
  return out;
}

}  // namespace segmentation::rpc
