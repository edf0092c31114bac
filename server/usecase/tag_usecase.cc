#include "server/usecase/tag_usecase.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/fact_errors.h"
#include "server/usecase/row_command.h"
#include "server/usecase/tag_commands.h"

namespace segmentation::usecase {
namespace {

// Of one assignment: the row and its history.
constexpr size_t kBytesPerTag = 320;

absl::StatusOr<domain::MemberNo> FindMemberNo(const WorkingSet& ws, std::string_view member_id) {
  const domain::Member* const member = ws.FindMember(member_id);
  if (member == nullptr) return MemberNotFound(member_id, "member_id");
  return member->number;
}

// One item of a batch: removals, then assignments. Field paths begin at the item.
absl::StatusOr<std::vector<TagChange>> ApplyItem(WorkingSet& ws, const CallContext& context,
                                                 const BatchTagItem& item) {
  RETURN_IF_ERROR(domain::ValidateListSize(item.removals.size(), kMaxTagsPerCall, "removals"));
  RETURN_IF_ERROR(domain::ValidateListSize(item.tags.size(), kMaxTagsPerCall, "tags"));
  ASSIGN_OR_RETURN(const domain::MemberNo member_no, FindMemberNo(ws, item.member_id));
  std::vector<TagChange> changes;
  for (size_t i = 0; i < item.removals.size(); ++i) {
    RETURN_IF_ERROR(ApplyRemoval(ws, context, member_no, item.removals[i], item.remover,
                                 absl::StrCat("removals[", i, "]"), changes));
  }
  for (size_t i = 0; i < item.tags.size(); ++i) {
    ASSIGN_OR_RETURN(TagChange change,
                     ApplyTag(ws, context, member_no, item.tags[i], absl::StrCat("tags[", i, "]")));
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace

void TagUsecase::TagMember(CallContext context, std::string member_id, std::vector<TagInput> tags,
                           AnswerEncoder<TagMemberResult> encode, WriteCallback done) {
  WriteKeys keys;
  keys.member_ids.push_back(member_id);
  keys.parts = storage::MemberParts::kTags;
  const RowCommandTraits traits{.estimated_bytes = 128 + kBytesPerTag * tags.size()};
  BatchTagItem item{std::move(member_id), {}, std::move(tags)};
  auto decide = [item = std::move(item), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(std::vector<TagChange> changes, ApplyItem(ws, call, item));
    return encode({item.member_id, std::move(changes)}, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void TagUsecase::UntagMember(CallContext context, std::string member_id,
                             std::vector<TagRemoval> removals, domain::TagSource remover,
                             AnswerEncoder<TagMemberResult> encode, WriteCallback done) {
  if (absl::Status size = domain::ValidateListSize(removals.size(), kMaxTagsPerCall, "tags");
      !size.ok()) {
    done(std::move(size));
    return;
  }
  WriteKeys keys;
  keys.member_ids.push_back(member_id);
  keys.parts = storage::MemberParts::kTags;
  const RowCommandTraits traits{.estimated_bytes = 128 + kBytesPerTag * removals.size()};
  auto decide = [member_id = std::move(member_id), removals = std::move(removals), remover,
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const domain::MemberNo member_no, FindMemberNo(ws, member_id));
    TagMemberResult result{member_id, {}};
    for (size_t i = 0; i < removals.size(); ++i) {
      RETURN_IF_ERROR(ApplyRemoval(ws, call, member_no, removals[i], remover,
                                   absl::StrCat("tags[", i, "]"), result.changes));
    }
    return encode(result, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void TagUsecase::BatchTagMembers(CallContext context, std::vector<BatchTagItem> items,
                                 AnswerEncoder<BatchTagMembersResult> encode, WriteCallback done) {
  if (absl::Status size = domain::ValidateBatchSize(items.size(), domain::kMaxBatchItems, "items");
      !size.ok()) {
    done(std::move(size));
    return;
  }
  WriteKeys keys;
  keys.parts = storage::MemberParts::kTags;
  size_t bytes = 0;
  for (const BatchTagItem& item : items) {
    keys.member_ids.push_back(item.member_id);
    bytes += 64 + kBytesPerTag * (item.tags.size() + item.removals.size());
  }
  const RowCommandTraits traits{.priority = WritePriority::kBulk, .estimated_bytes = bytes};
  auto decide = [items = std::move(items), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    BatchTagMembersResult result;
    for (size_t i = 0; i < items.size(); ++i) {
      const WorkingSet::Savepoint savepoint = ws.Save();
      auto changes = ApplyItem(ws, call, items[i]);
      BatchTagItemResult& item = result.items.emplace_back();
      if (changes.ok()) {
        item.changes = *std::move(changes);
      } else {
        ws.RollbackTo(savepoint);
        item.status = base::WithFieldPrefix(changes.status(), absl::StrCat("items[", i, "]"));
      }
    }
    return encode(result, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

}  // namespace segmentation::usecase
