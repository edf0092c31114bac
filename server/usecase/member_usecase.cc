#include "server/usecase/member_usecase.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/usecase/fact_errors.h"
#include "server/usecase/member_commands.h"
#include "server/usecase/row_command.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;

size_t BytesOf(const MemberInput& input) {
  size_t bytes = 256;
  for (const domain::IdentityKey& identity : input.identities) bytes += 64 + identity.value.size();
  for (const AttributeInput& attribute : input.attributes) {
    for (const TypedValue& value : attribute.values) {
      const std::string* const text = std::get_if<std::string>(&value.value);
      bytes += 64 + (text == nullptr ? 0 : 2 * text->size());
    }
  }
  return bytes;
}

struct PreparedMembers {
  std::vector<PreparedMember> members;
  WriteKeys keys;
  size_t bytes = 0;
};

PreparedMembers PrepareMembers(const MemberIds& ids, const domain::Shop& shop,
                               std::vector<MemberInput> inputs) {
  PreparedMembers prepared;
  for (MemberInput& input : inputs) {
    prepared.bytes += BytesOf(input);
    prepared.members.push_back(PrepareMember(shop, std::move(input)));
    if (prepared.members.back().status.ok()) {
      CollectUpsertKeys(ids, shop.id, prepared.members.back().input, prepared.keys);
    }
  }
  return prepared;
}

// Applies one member of a batch; a failed one leaves nothing.
BatchUpsertItem ApplyItem(WorkingSet& ws, const MemberIds& ids, const CallContext& context,
                          const PreparedMember& member, size_t index) {
  BatchUpsertItem item;
  const WorkingSet::Savepoint savepoint = ws.Save();
  const auto outcome = ApplyUpsert(ws, ids, context, member);
  if (!outcome.ok()) {
    ws.RollbackTo(savepoint);
    item.status = base::WithFieldPrefix(outcome.status(), absl::StrCat("members[", index, "]"));
    return item;
  }
  item.member_id = ws.FindMember(outcome->member_no)->id;
  item.created = outcome->created;
  item.changed = outcome->changed;
  return item;
}

// The same for every run of the command, so that a batch decided again makes the same note.
std::string NoteIdFor(const CallContext& context, std::string_view member_id,
                      std::string_view text) {
  const base::Sha256Digest digest = base::Sha256(absl::StrCat(
      "note:", context.shop.id.size(), ":", context.shop.id, context.request_id.size(), ":",
      context.request_id, member_id.size(), ":", std::string(member_id), std::string(text)));
  return "n-" + base::HexEncode(base::BytesOf(digest).substr(0, 12));
}

}  // namespace

MemberUsecase::MemberUsecase(ShopWriter& writer, const storage::DatabaseIdentity& identity)
    : writer_(writer), ids_(identity) {}

void MemberUsecase::UpsertMember(CallContext context, MemberInput member,
                                 AnswerEncoder<UpsertMemberResult> encode, WriteCallback done) {
  PreparedMember prepared = PrepareMember(context.shop, std::move(member));
  if (!prepared.status.ok()) {
    done(base::WithFieldPrefix(prepared.status, "member"));
    return;
  }
  WriteKeys keys;
  CollectUpsertKeys(ids_, context.shop.id, prepared.input, keys);
  const RowCommandTraits traits{.estimated_bytes = BytesOf(prepared.input)};
  auto decide = [this, prepared = std::move(prepared), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const auto outcome = ApplyUpsert(ws, ids_, call, prepared);
    if (!outcome.ok()) return base::WithFieldPrefix(outcome.status(), "member");
    return encode({ws.FindMember(outcome->member_no), outcome->created, outcome->changed},
                  ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void MemberUsecase::BatchUpsertMembers(CallContext context, std::vector<MemberInput> members,
                                       AnswerEncoder<BatchUpsertMembersResult> encode,
                                       WriteCallback done) {
  if (absl::Status size =
          domain::ValidateBatchSize(members.size(), domain::kMaxBatchItems, "members");
      !size.ok()) {
    done(std::move(size));
    return;
  }
  PreparedMembers prepared = PrepareMembers(ids_, context.shop, std::move(members));
  const RowCommandTraits traits{.priority = WritePriority::kBulk,
                                .estimated_bytes = prepared.bytes};
  auto decide = [this, members = std::move(prepared.members), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    BatchUpsertMembersResult result;
    for (size_t i = 0; i < members.size(); ++i) {
      result.items.push_back(ApplyItem(ws, ids_, call, members[i], i));
    }
    return encode(result, ws.answer_context());
  };
  writer_.Submit(std::make_unique<RowCommand>(std::move(context), std::move(prepared.keys),
                                              std::move(decide), traits),
                 std::move(done));
}

void MemberUsecase::UpdateMember(CallContext context, UpdateMemberInput update,
                                 AnswerEncoder<UpdateMemberResult> encode, WriteCallback done) {
  const MemberMask& mask = update.mask;
  if (!mask.blocked && !mask.identities && !mask.all_attributes && mask.attribute_names.empty()) {
    done(MakeError(Reason::UPDATE_MASK_INVALID, "update_mask",
                   "names no field, want at least one of: blocked, attributes, attributes.KEY, "
                   "identities"));
    return;
  }
  if (absl::Status id = domain::ValidateId(update.member.member_id, "member.member_id"); !id.ok()) {
    done(std::move(id));
    return;
  }
  // What the mask leaves out is not even looked at.
  if (!mask.identities) update.member.identities.clear();
  PreparedMember prepared = PrepareMember(context.shop, std::move(update.member));
  if (!prepared.status.ok()) {
    done(base::WithFieldPrefix(prepared.status, "member"));
    return;
  }
  update.member = std::move(prepared.input);
  WriteKeys keys;
  CollectUpsertKeys(ids_, context.shop.id, update.member, keys);
  const RowCommandTraits traits{.estimated_bytes = BytesOf(update.member)};
  auto decide = [this, update = std::move(update), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const UpsertOutcome outcome, ApplyUpdate(ws, ids_, call, update));
    return encode({ws.FindMember(outcome.member_no), outcome.changed}, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void MemberUsecase::RecordConsent(CallContext context, std::string member_id,
                                  std::vector<ConsentInput> consents,
                                  AnswerEncoder<RecordConsentResult> encode, WriteCallback done) {
  for (size_t i = 0; i < consents.size(); ++i) {
    absl::Status evidence = domain::ValidateText(consents[i].evidence, domain::kMaxEvidenceBytes,
                                                 absl::StrCat("consents[", i, "].evidence"));
    if (!evidence.ok()) {
      done(std::move(evidence));
      return;
    }
  }
  WriteKeys keys;
  keys.member_ids.push_back(member_id);
  keys.parts = storage::MemberParts::kConsents;
  auto decide = [member_id = std::move(member_id), consents = std::move(consents),
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const RecordConsentResult result,
                     ApplyConsents(ws, call, member_id, consents));
    return encode(result, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide)),
      std::move(done));
}

void MemberUsecase::AddNote(CallContext context, std::string member_id, std::string text,
                            AnswerEncoder<AddNoteResult> encode, WriteCallback done) {
  absl::Status valid = domain::ValidateText(text, domain::kMaxNoteBytes, "text");
  if (valid.ok() && text.empty()) {
    valid = MakeError(Reason::FIELD_REQUIRED, "text", "got nothing, want the text of the note");
  }
  if (!valid.ok()) {
    done(std::move(valid));
    return;
  }
  WriteKeys keys;
  keys.member_ids.push_back(member_id);
  keys.notes_of_member_ids.push_back(member_id);
  std::string note_id = NoteIdFor(context, member_id, text);
  const RowCommandTraits traits{.estimated_bytes = 256 + text.size()};
  auto decide = [member_id = std::move(member_id), note_id = std::move(note_id),
                 text = std::move(text), encode = std::move(encode)](
                    const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
    const domain::Member* const member = ws.FindMember(member_id);
    if (member == nullptr) return MemberNotFound(member_id, "member_id");
    if (ws.CountNotes(member->number) >= static_cast<int64_t>(domain::kMaxNotesPerMember)) {
      return MakeError(Reason::LIMIT_REACHED, "member_id", "the member has too many notes",
                       {{"limit", absl::StrCat(domain::kMaxNotesPerMember)}});
    }
    ws.PutNote({member->number, note_id, text, call.actor, ws.NewStamp(call.actor)});
    return encode({ws.FindNote(member->number, note_id)}, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide), traits),
      std::move(done));
}

void MemberUsecase::DeleteNote(CallContext context, std::string member_id, std::string note_id,
                               AnswerEncoder<DeleteNoteResult> encode, WriteCallback done) {
  WriteKeys keys;
  keys.member_ids.push_back(member_id);
  keys.notes_of_member_ids.push_back(member_id);
  auto decide = [member_id = std::move(member_id), note_id = std::move(note_id),
                 encode = std::move(encode)](const CallContext&,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    const domain::Member* const member = ws.FindMember(member_id);
    if (member == nullptr) return MemberNotFound(member_id, "member_id");
    if (ws.FindNote(member->number, note_id) == nullptr) {
      return MakeError(Reason::NOTE_NOT_FOUND, "note_id", "no such note of this member");
    }
    ws.DeleteNote(member->number, note_id);
    return encode({}, ws.answer_context());
  };
  writer_.Submit(
      std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide)),
      std::move(done));
}

void MemberUsecase::ImportMembers(CallContext context, ImportChunk chunk,
                                  std::vector<MemberInput> members,
                                  AnswerEncoder<ImportChunkResult> encode, WriteCallback done) {
  if (absl::Status valid = CheckImportChunk(chunk, members.size()); !valid.ok()) {
    done(std::move(valid));
    return;
  }
  PreparedMembers prepared = PrepareMembers(ids_, context.shop, std::move(members));
  prepared.keys.import_ids.push_back(chunk.import_id);
  const RowCommandTraits traits{WritePriority::kBulk, storage::ChangeCause::kImport,
                                prepared.bytes};
  auto decide = [this, chunk = std::move(chunk), members = std::move(prepared.members),
                 encode = std::move(encode)](const CallContext& call,
                                             WorkingSet& ws) -> absl::StatusOr<std::string> {
    const auto apply_row = [&](size_t i) -> absl::StatusOr<RowOutcome> {
      ASSIGN_OR_RETURN(const UpsertOutcome outcome, ApplyUpsert(ws, ids_, call, members[i]));
      return outcome.changed ? RowOutcome::kAccepted : RowOutcome::kUnchanged;
    };
    return ApplyImportChunk(ws, chunk, storage::ImportProgressRow::Kind::kMembers, members.size(),
                            apply_row, encode);
  };
  writer_.Submit(std::make_unique<RowCommand>(std::move(context), std::move(prepared.keys),
                                              std::move(decide), traits),
                 std::move(done));
}

}  // namespace segmentation::usecase
