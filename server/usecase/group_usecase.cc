#include "server/usecase/group_usecase.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/condition/references.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/definition_command.h"
#include "server/usecase/definition_users.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {
namespace {

using domain::Group;
using domain::GroupNo;
using domain::ShopDefinitions;

constexpr size_t kMaxListedGroups = 1'000;

const Group* FindGroup(const ShopDefinitions& definitions, std::string_view id) {
  for (const auto& [number, group] : definitions.groups) {
    if (group.id == id) return &group;
  }
  return nullptr;
}

absl::Status GroupNotFound(std::string_view field) {
  return base::MakeError(base::Reason::GROUP_NOT_FOUND, field, "no such group");
}

absl::Status CheckTexts(const GroupInput& group) {
  RETURN_IF_ERROR(domain::ValidateText(group.name, domain::kMaxNameBytes, "group.display_name"));
  RETURN_IF_ERROR(
      domain::ValidateText(group.note, domain::kMaxDescriptionBytes, "group.description"));
  return domain::ValidateText(group.owner, domain::kMaxActorBytes, "group.owner");
}

std::vector<std::string> ReferenceIds(const ShopDefinitions& definitions, const Group& group) {
  std::vector<std::string> ids;
  for (GroupNo number : group.references) {
    auto found = definitions.groups.find(number);
    if (found != definitions.groups.end()) ids.push_back(found->second.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

void SetCondition(Group& group, const PreparedCondition& prepared) {
  group.condition_text = prepared.text;
  group.grammar_version = domain::condition::kGrammarVersion;
  const std::set<GroupNo> named = domain::condition::CollectReferences(prepared.bound).groups;
  group.references.assign(named.begin(), named.end());
}

absl::StatusOr<std::string> StoreGroup(WorkingSet& ws, Group group,
                                       const domain::condition::Node& tree,
                                       const AnswerEncoder<GroupResult>& encode) {
  const GroupNo number = group.number;
  ws.PutGroup(std::move(group));
  const Group& stored = ws.definitions().groups.at(number);
  return encode({&stored, &tree, ReferenceIds(ws.definitions(), stored)}, ws.answer_context());
}

}  // namespace

void GroupUsecase::Create(CallContext context, GroupInput input, ConditionInput condition,
                          AnswerEncoder<GroupResult> encode, WriteCallback done) {
  auto decide = [input = std::move(input), condition = std::move(condition),
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(domain::ValidateId(input.id, "group.group_id"));
    RETURN_IF_ERROR(CheckTexts(input));
    if (FindGroup(ws.definitions(), input.id) != nullptr) {
      return base::MakeError(base::Reason::ALREADY_EXISTS, "group.group_id",
                             "a group of this id exists");
    }
    if (ws.definitions().retired_group_ids.contains(input.id)) {
      return base::MakeError(base::Reason::ALREADY_EXISTS, "group.group_id",
                             "a group of this id was deleted, and ids are never used again: other "
                             "groups and pinned revisions may still mean it");
    }
    RETURN_IF_ERROR(
        CheckRoom(ws.definitions().groups.size(), domain::kMaxGroupsPerShop, "group", "groups"));
    ASSIGN_OR_RETURN(PreparedCondition prepared,
                     PrepareCondition(condition, ws.definitions(), RowsOf(ws.reader())));
    Group group;
    group.number = ws.TakeGroupNo();
    group.id = input.id;
    group.name = input.name.empty() ? input.id : input.name;
    group.note = input.note;
    group.owner = input.owner.empty() ? call.actor : input.owner;
    group.stamp = ws.NewStamp(call.actor);
    SetCondition(group, prepared);
    return StoreGroup(ws, std::move(group), prepared.tree, encode);
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void GroupUsecase::Update(CallContext context, UpdateGroupInput update,
                          AnswerEncoder<GroupResult> encode, WriteCallback done) {
  auto decide = [update = std::move(update), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Group* stored = FindGroup(ws.definitions(), update.group.id);
    if (stored == nullptr) return GroupNotFound("group.group_id");
    RETURN_IF_ERROR(CheckEtag(update.etag, stored->stamp));
    if (!update.set_name && !update.set_note && !update.set_owner && !update.condition) {
      return base::MakeError(
          base::Reason::UPDATE_MASK_INVALID, "update_mask",
          "got no field, want one of display_name, description, owner, condition");
    }
    RETURN_IF_ERROR(CheckTexts(update.group));
    Group group = *stored;
    if (update.set_name) group.name = update.group.name.empty() ? group.id : update.group.name;
    if (update.set_note) group.note = update.group.note;
    if (update.set_owner) {
      group.owner = update.group.owner.empty() ? call.actor : update.group.owner;
    }
    ASSIGN_OR_RETURN(
        PreparedCondition prepared,
        PrepareCondition(update.condition.value_or(ConditionInput(group.condition_text)),
                         ws.definitions(), RowsOf(ws.reader())));
    if (update.condition) {
      SetCondition(group, prepared);
      RETURN_IF_ERROR(domain::condition::CheckGroupCycle(group.number, prepared.bound,
                                                         prepared.groups, ws.definitions()));
    }
    const bool same = group.name == stored->name && group.note == stored->note &&
                      group.owner == stored->owner &&
                      group.condition_text == stored->condition_text;
    if (same) {
      return encode({stored, &prepared.tree, ReferenceIds(ws.definitions(), *stored)},
                    ws.answer_context());
    }
    ++group.group_revision;
    ws.Restamp(group.stamp, call.actor);
    return StoreGroup(ws, std::move(group), prepared.tree, encode);
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

void GroupUsecase::Delete(CallContext context, std::string group_id,
                          std::optional<domain::Etag> etag, bool force,
                          AnswerEncoder<DeleteGroupResult> encode, WriteCallback done) {
  auto decide = [group_id = std::move(group_id), etag, force, encode = std::move(encode)](
                    const CallContext&, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const Group* stored = FindGroup(ws.definitions(), group_id);
    if (stored == nullptr) return GroupNotFound("group_id");
    RETURN_IF_ERROR(CheckEtag(etag, stored->stamp));
    DeleteGroupResult result;
    ASSIGN_OR_RETURN(result.broken_group_ids, GroupsNaming(
                                                  ws.definitions(), ws.reader(),
                                                  [&](const DefinitionUse& use) {
                                                    return use.groups.contains(stored->number);
                                                  },
                                                  stored->number));
    if (result.broken_group_ids.size() > kMaxListedGroups) {
      result.broken_group_ids.resize(kMaxListedGroups);
    }
    if (!result.broken_group_ids.empty() && !force) {
      return base::MakeError(
          base::Reason::RESOURCE_IN_USE, "group_id",
          absl::StrCat("groups name it: ", absl::StrJoin(result.broken_group_ids, ", ")),
          {{"used_by", absl::StrJoin(result.broken_group_ids, ",")}});
    }
    ws.DeleteGroup(stored->number);
    return encode(result, ws.answer_context());
  };
  writer_.Submit(std::make_unique<DefinitionCommand>(std::move(context), std::move(decide)),
                 std::move(done));
}

}  // namespace segmentation::usecase
