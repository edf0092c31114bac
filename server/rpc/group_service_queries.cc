// What GroupService answers about conditions and audiences.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/domain/condition/describe.h"
#include "server/domain/validation.h"
#include "server/rpc/condition_problem.h"
#include "server/rpc/convert_condition.h"
#include "server/rpc/convert_group.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/group_service.h"
#include "server/rpc/list_page.h"

namespace segmentation::rpc {
namespace {

constexpr int kMaxSamples = 10;
constexpr size_t kMaxCompared = 32;  // of each list of one CompareGroups

absl::StatusOr<usecase::ComparedInput> ComparedFromProto(const v1::ComparedGroup& compared,
                                                         const std::string& field) {
  usecase::ComparedInput input;
  switch (compared.side_case()) {
    case v1::ComparedGroup::kGroupId:
      RETURN_IF_ERROR(domain::ValidateId(compared.group_id(), absl::StrCat(field, ".group_id")));
      input.group_id = compared.group_id();
      return input;
    case v1::ComparedGroup::kCondition: {
      ASSIGN_OR_RETURN(input.condition,
                       FromProto(compared.condition(), absl::StrCat(field, ".condition")));
      return input;
    }
    case v1::ComparedGroup::SIDE_NOT_SET:
      break;
  }
  return base::MakeError(base::Reason::FIELD_REQUIRED, field,
                         "got nothing, want a group or a condition");
}

absl::StatusOr<std::vector<usecase::ComparedInput>> ListFromProto(
    const google::protobuf::RepeatedPtrField<v1::ComparedGroup>& list, std::string_view name) {
  RETURN_IF_ERROR(domain::ValidateBatchSize(static_cast<size_t>(list.size()), kMaxCompared, name));
  std::vector<usecase::ComparedInput> inputs;
  for (int i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(usecase::ComparedInput input,
                     ComparedFromProto(list[i], base::StrCat(name, "[", i, "]")));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

// The audience that a page belongs to: evaluated for the first one, opened again for later ones.
absl::StatusOr<std::shared_ptr<const usecase::Audience>> AudienceOf(
    const Call& call, const Page& page, const v1::ListGroupMembersRequest& request,
    usecase::GroupQueryUsecase& queries) {
  if (page.after) {
    return queries.ReopenAudience(
        call.context, {call.context.shop.number, static_cast<domain::GroupNo>(page.NumberAfter(0)),
                       static_cast<int32_t>(page.NumberAfter(1)), page.after->revision(),
                       page.after->as_of_ms()});
  }
  ASSIGN_OR_RETURN(const int32_t group_revision,
                   ResourceRevisionOf(request.group_revision(), "group_revision"));
  usecase::ReadOptions read = page.read;
  RETURN_IF_ERROR(ReadAsOf(request, read));
  return queries.OpenAudience(call.context, request.group_id(), group_revision, read);
}

}  // namespace

absl::Status GroupService::Preview(const Call& call, const v1::PreviewGroupRequest& request,
                                   v1::PreviewGroupResponse& response) {
  RETURN_IF_ERROR(domain::ValidateRange(request.sample_size(), 0, kMaxSamples, "sample_size"));
  ASSIGN_OR_RETURN(const usecase::ConditionInput condition,
                   FromProto(request.condition(), "condition"));
  usecase::ReadOptions read = call.read;
  RETURN_IF_ERROR(ReadAsOf(request, read));
  ASSIGN_OR_RETURN(const usecase::GroupPreview preview,
                   queries_.Preview(call.context, condition, read,
                                    {request.sample_size(), request.split_clauses()}));
  response = ToProto(preview);
  *response.mutable_stamp() = call.StampOf(preview.stamp);
  return absl::OkStatus();
}

absl::Status GroupService::ListMembers(const Call& call, const v1::ListGroupMembersRequest& request,
                                       v1::ListGroupMembersResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  RETURN_IF_ERROR(domain::ValidateId(request.group_id(), "group_id"));
  ASSIGN_OR_RETURN(const std::shared_ptr<const usecase::Audience> audience,
                   AudienceOf(call, page, request, queries_));
  const auto offset = static_cast<size_t>(page.NumberAfter(2));
  ASSIGN_OR_RETURN(
      std::vector<std::string> ids,
      queries_.ReadMemberIds(call.context, *audience, offset, static_cast<size_t>(page.size)));
  const usecase::ReadStamp stamp{audience->key.revision, audience->key.as_of_ms,
                                 audience->policy_revision};
  const size_t next = offset + ids.size();
  if (next < audience->members.size()) {
    internal::PageToken position = AfterNumber(audience->key.group_no);
    position.add_after_numbers(audience->key.group_revision);
    position.add_after_numbers(static_cast<int64_t>(next));
    response.set_next_page_token(page.NextToken(call, stamp, std::move(position)));
  }
  for (std::string& id : ids) response.add_member_ids(std::move(id));
  response.set_member_count(static_cast<int64_t>(audience->members.size()));
  *response.mutable_stamp() = call.StampOf(stamp);
  return absl::OkStatus();
}

absl::Status GroupService::Compare(const Call& call, const v1::CompareGroupsRequest& request,
                                   v1::CompareGroupsResponse& response) {
  if (request.rows().empty()) {
    return base::MakeError(base::Reason::FIELD_REQUIRED, "rows",
                           "got nothing, want 1 or more groups or conditions");
  }
  ASSIGN_OR_RETURN(const std::vector<usecase::ComparedInput> rows,
                   ListFromProto(request.rows(), "rows"));
  ASSIGN_OR_RETURN(const std::vector<usecase::ComparedInput> columns,
                   ListFromProto(request.columns(), "columns"));
  std::optional<usecase::ComparedInput> within;
  if (request.has_within()) {
    ASSIGN_OR_RETURN(within, ComparedFromProto(request.within(), "within"));
  }
  usecase::ReadOptions read = call.read;
  RETURN_IF_ERROR(ReadAsOf(request, read));
  ASSIGN_OR_RETURN(const usecase::GroupComparison comparison,
                   queries_.Compare(call.context, rows, columns, within, read));
  response = ToProto(comparison);
  *response.mutable_stamp() = call.StampOf(comparison.stamp);
  return absl::OkStatus();
}

absl::Status GroupService::References(const Call& call, const v1::ListReferencesRequest& request,
                                      v1::ListReferencesResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request));
  ASSIGN_OR_RETURN(const usecase::ReferenceTarget target, TargetOf(request));
  usecase::ReadStamp stamp;
  ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                   queries_.ListReferences(call.context, target, page.read, &stamp));
  usecase::ReadOptions read = page.read;
  read.min_revision = std::max(read.min_revision, stamp.revision);
  ASSIGN_OR_RETURN(const usecase::DefinitionsView view,
                   definitions_.Definitions(call.context, read));
  std::map<std::string_view, const domain::Group*> groups;
  for (const auto& [number, group] : view.definitions->groups) groups.emplace(group.id, &group);
  auto next = std::upper_bound(ids.begin(), ids.end(), page.TextAfter(0));
  if (!page.after) next = ids.begin();
  for (; next != ids.end() && response.references_size() < page.size; ++next) {
    v1::GroupReference* const row = response.add_references();
    row->set_group_id(*next);
    const auto group = groups.find(*next);
    if (group == groups.end()) continue;  // deleted between the two reads
    row->set_display_name(group->second->name);
    row->set_group_revision(group->second->group_revision);
  }
  if (next != ids.end()) {
    response.set_next_page_token(page.NextToken(call, stamp, AfterText(*std::prev(next))));
  }
  *response.mutable_stamp() = call.StampOf(stamp);
  return absl::OkStatus();
}

absl::Status GroupService::Describe(const Call& call, const v1::DescribeConditionRequest& request,
                                    v1::DescribeConditionResponse& response) {
  constexpr std::string_view kField = "condition";
  ASSIGN_OR_RETURN(const usecase::DefinitionsView view,
                   definitions_.Definitions(call.context, call.read));
  *response.mutable_stamp() = call.StampOf(view.stamp);
  usecase::ReadOptions read = call.read;
  read.min_revision = std::max(read.min_revision, view.stamp.revision);
  absl::StatusOr<usecase::ConditionInput> condition = FromProto(request.condition(), kField);
  absl::Status status = condition.status();
  if (status.ok()) {
    const auto prepared = queries_.Prepare(call.context, *condition, read);
    status = prepared.status();
    if (status.ok()) {
      using domain::condition::Language;
      response.set_valid(true);
      response.set_condition_text(prepared->text);
      *response.mutable_condition() = ToProto(prepared->tree);
      response.set_english(
          domain::condition::Describe(prepared->tree, *view.definitions, Language::kEnglish));
      response.set_chinese(
          domain::condition::Describe(prepared->tree, *view.definitions, Language::kChinese));
      return absl::OkStatus();
    }
  }
  if (!IsConditionProblem(status)) return status;
  *response.add_problems() = ToConditionProblem(status, request.condition(), kField);
  return absl::OkStatus();
}

}  // namespace segmentation::rpc
