// Changes of members: their row, identities, attributes, consents and notes. Every method queues
// one command and returns; see ShopWriter::Submit for how `done` is called and the errors it may
// bring beside those stated here. Field paths in errors begin at the request, as rpc sends it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/domain/attribute.h"
#include "server/domain/member.h"
#include "server/usecase/attribute_values.h"
#include "server/usecase/import_chunk.h"
#include "server/usecase/member_resolution.h"
#include "server/usecase/shop_writer.h"

namespace segmentation::usecase {

struct MemberInput {
  std::string member_id;                        // empty: found by identities, else made
  std::vector<domain::IdentityKey> identities;  // as sent; normalized here
  std::vector<AttributeInput> attributes;       // each at most once
  std::optional<bool> blocked;                  // nothing: left, false for a new member
  std::optional<domain::Etag> etag;             // the state last read; nothing: whatever is there
};

// `member` points into the batch and is valid while the encoder runs. It has all parts but tags.
struct UpsertMemberResult {
  const domain::Member* member = nullptr;
  bool created = false;
  bool changed = false;
};

struct BatchUpsertItem {
  absl::Status status;  // field paths begin with "members[i]"
  std::string member_id;
  bool created = false;
  bool changed = false;
};
struct BatchUpsertMembersResult {
  std::vector<BatchUpsertItem> items;  // one for each member, at its index
};

// Which fields UpdateMember writes.
struct MemberMask {
  bool blocked = false;
  bool identities = false;                   // adds those listed
  bool all_attributes = false;               // those not listed become absent
  std::vector<std::string> attribute_names;  // "attributes.KEY": absent when not listed
};
struct UpdateMemberInput {
  MemberInput member;  // member_id is required
  MemberMask mask;
};
struct UpdateMemberResult {
  const domain::Member* member = nullptr;  // as UpsertMemberResult
  bool changed = false;
};

struct ConsentInput {
  domain::Channel channel = domain::Channel::kSms;
  domain::ConsentState state = domain::ConsentState::kOptedOut;
  std::optional<base::InstantMs> changed_at;  // nothing: now
  std::string evidence;
};
struct RecordConsentResult {
  std::vector<domain::Consent> in_force;  // one for each channel named, in the order first named
  std::vector<std::string> actors;        // who recorded it where this call did, else empty
  bool changed = false;
};

struct AddNoteResult {
  const domain::Note* note = nullptr;
};
struct DeleteNoteResult {};

// Thread-safe.
class MemberUsecase {
 public:
  // `writer` outlives it. `identity` seeds the ids of members that are first seen by an identity.
  MemberUsecase(ShopWriter& writer, const storage::DatabaseIdentity& identity);

  // Makes a member or adds to one. Errors: FIELD_REQUIRED (neither id nor identity),
  // IDENTITY_MASKED, FIELD_INVALID, IDENTITY_TAKEN, ATTRIBUTE_NOT_FOUND, DATE_INVALID,
  // FIELD_OUT_OF_RANGE, LIMIT_REACHED, ETAG_STALE.
  void UpsertMember(CallContext context, MemberInput member,
                    AnswerEncoder<UpsertMemberResult> encode, WriteCallback done);

  // Each item succeeds or fails alone, in order, at one revision.
  void BatchUpsertMembers(CallContext context, std::vector<MemberInput> members,
                          AnswerEncoder<BatchUpsertMembersResult> encode, WriteCallback done);

  // Replaces what the mask names. Errors: MEMBER_NOT_FOUND, UPDATE_MASK_INVALID (nothing named),
  // and those of UpsertMember.
  void UpdateMember(CallContext context, UpdateMemberInput update,
                    AnswerEncoder<UpdateMemberResult> encode, WriteCallback done);

  // All or none. The newest choice a channel is in force, opting out at equal times; every choice
  // not known yet goes to the history. Errors: MEMBER_NOT_FOUND, FIELD_OUT_OF_RANGE (a choice in
  // the future).
  void RecordConsent(CallContext context, std::string member_id, std::vector<ConsentInput> consents,
                     AnswerEncoder<RecordConsentResult> encode, WriteCallback done);

  // Errors: MEMBER_NOT_FOUND, LIMIT_REACHED.
  void AddNote(CallContext context, std::string member_id, std::string text,
               AnswerEncoder<AddNoteResult> encode, WriteCallback done);

  // Errors: MEMBER_NOT_FOUND, NOTE_NOT_FOUND.
  void DeleteNote(CallContext context, std::string member_id, std::string note_id,
                  AnswerEncoder<DeleteNoteResult> encode, WriteCallback done);

  // Each row as UpsertMember; see import_chunk.h. Errors: IMPORT_OUT_OF_SEQUENCE, FIELD_INVALID
  // (the import id is another kind's).
  void ImportMembers(CallContext context, ImportChunk chunk, std::vector<MemberInput> members,
                     AnswerEncoder<ImportChunkResult> encode, WriteCallback done);

 private:
  ShopWriter& writer_;
  const MemberIds ids_;
};

}  // namespace segmentation::usecase
