#include "server/rpc/member_service.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"
#include "server/rpc/convert_member.h"
#include "server/rpc/convert_resource.h"
#include "server/rpc/convert_time.h"
#include "server/rpc/convert_timeline.h"
#include "server/rpc/list_page.h"
#include "server/rpc/reveal.h"

namespace segmentation::rpc {
namespace {

using usecase::AnswerContext;
using usecase::WriteCallback;

// Members whose ids or identities one call may name.
constexpr size_t kMaxMembersPerCall = 512;

absl::StatusOr<std::vector<usecase::MemberInput>> MembersFrom(
    const google::protobuf::RepeatedPtrField<v1::Member>& members) {
  RETURN_IF_ERROR(domain::ValidateBatchSize(static_cast<size_t>(members.size()),
                                            domain::kMaxBatchItems, "members"));
  std::vector<usecase::MemberInput> inputs;
  for (int i = 0; i < members.size(); ++i) {
    ASSIGN_OR_RETURN(usecase::MemberInput input,
                     FromProto(members[i], absl::StrCat("members[", i, "]")));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

// "attributes.KEY" of an update mask.
bool TakeAttributePath(std::string_view path, std::vector<std::string>& names) {
  constexpr std::string_view kPrefix = "attributes.";
  if (!path.starts_with(kPrefix) || path.size() == kPrefix.size()) return false;
  names.emplace_back(path.substr(kPrefix.size()));
  return true;
}

internal::PageToken AfterEtag(const domain::Etag& etag) {
  internal::PageToken position = AfterNumber(etag.revision);
  position.add_after_numbers(etag.ordinal);
  return position;
}

std::optional<domain::Etag> EtagAfter(const Page& page) {
  if (!page.after) return std::nullopt;
  return domain::Etag{page.NumberAfter(0), static_cast<int32_t>(page.NumberAfter(1))};
}

}  // namespace

grpc::ServerUnaryReactor* MemberService::UpsertMember(grpc::CallbackServerContext* context,
                                                      const v1::UpsertMemberRequest* request,
                                                      v1::UpsertMemberResponse* response) {
  return RunWrite(
      parts_, "MemberService/UpsertMember", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        ASSIGN_OR_RETURN(usecase::MemberInput input, FromProto(request->member(), "member"));
        members_.UpsertMember(
            call.context, std::move(input),
            [](const usecase::UpsertMemberResult& result, const AnswerContext& answer) {
              v1::UpsertMemberResponse out;
              *out.mutable_member() = ToProto(*result.member, *answer.definitions, false);
              out.set_created(result.created);
              out.set_changed(result.changed);
              out.set_revision_token(answer.revision_token);
              return out.SerializeAsString();
            },
            std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::BatchUpsertMembers(
    grpc::CallbackServerContext* context, const v1::BatchUpsertMembersRequest* request,
    v1::BatchUpsertMembersResponse* response) {
  return RunWrite(
      parts_, "MemberService/BatchUpsertMembers", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        ASSIGN_OR_RETURN(std::vector<usecase::MemberInput> inputs, MembersFrom(request->members()));
        members_.BatchUpsertMembers(
            call.context, std::move(inputs),
            [](const usecase::BatchUpsertMembersResult& result, const AnswerContext& answer) {
              v1::BatchUpsertMembersResponse out;
              for (const usecase::BatchUpsertItem& item : result.items) {
                v1::UpsertMemberResult* added = out.add_results();
                *added->mutable_status() = ToItemStatus(item.status);
                added->set_member_id(item.member_id);
                added->set_created(item.created);
                added->set_changed(item.changed);
              }
              out.set_revision_token(answer.revision_token);
              return out.SerializeAsString();
            },
            std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::GetMember(grpc::CallbackServerContext* context,
                                                   const v1::GetMemberRequest* request,
                                                   v1::GetMemberResponse* response) {
  return RunRead(
      parts_, "MemberService/GetMember", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request->reveal_purpose()));
        const std::string ids[] = {request->member_id()};
        ASSIGN_OR_RETURN(usecase::MembersView view, queries_.Get(call.context, ids, call.read));
        if (view.members.empty()) {
          return base::MakeError(base::Reason::MEMBER_NOT_FOUND, "member_id", "no such member");
        }
        *response->mutable_member() = ToProto(view.members.front(), *view.definitions, reveal);
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::BatchGetMembers(grpc::CallbackServerContext* context,
                                                         const v1::BatchGetMembersRequest* request,
                                                         v1::BatchGetMembersResponse* response) {
  return RunRead(
      parts_, "MemberService/BatchGetMembers", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request->reveal_purpose()));
        const std::vector<std::string> ids(request->member_ids().begin(),
                                           request->member_ids().end());
        if (ids.empty()) {
          return base::MakeError(base::Reason::FIELD_REQUIRED, "member_ids",
                                 "got none, want 1 to 512 ids");
        }
        RETURN_IF_ERROR(domain::ValidateBatchSize(ids.size(), kMaxMembersPerCall, "member_ids"));
        ASSIGN_OR_RETURN(usecase::MembersView view, queries_.Get(call.context, ids, call.read));
        std::map<std::string_view, const domain::Member*> found;
        for (const domain::Member& member : view.members) found.emplace(member.id, &member);
        size_t bytes = 0;
        for (size_t i = 0; i < ids.size(); ++i) {
          v1::GetMemberResult* result = response->add_results();
          const auto member = found.find(ids[i]);
          if (member == found.end()) {
            *result->mutable_status() = ToItemStatus(
                base::MakeError(base::Reason::MEMBER_NOT_FOUND, absl::StrCat("member_ids[", i, "]"),
                                "no such member"));
          } else {
            *result->mutable_status() = ToItemStatus(absl::OkStatus());
            *result->mutable_member() = ToProto(*member->second, *view.definitions, reveal);
          }
          bytes += result->ByteSizeLong();
          if (bytes > kMaxRowsBytes) {
            return base::MakeError(base::Reason::BATCH_TOO_LARGE, "member_ids",
                                   "these members are more than one answer can carry: ask for "
                                   "fewer at once",
                                   {{"limit_bytes", absl::StrCat(kMaxRowsBytes)}});
          }
        }
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::LookupMember(grpc::CallbackServerContext* context,
                                                      const v1::LookupMemberRequest* request,
                                                      v1::LookupMemberResponse* response) {
  return RunRead(
      parts_, "MemberService/LookupMember", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request->reveal_purpose()));
        ASSIGN_OR_RETURN(domain::IdentityKey key, FromProto(request->identity(), "identity"));
        ASSIGN_OR_RETURN(usecase::MembersView view, queries_.Lookup(call.context, key, call.read));
        *response->mutable_member() = ToProto(view.members.front(), *view.definitions, reveal);
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::ListMembers(grpc::CallbackServerContext* context,
                                                     const v1::ListMembersRequest* request,
                                                     v1::ListMembersResponse* response) {
  return RunRead(
      parts_, "MemberService/ListMembers", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
        ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request->reveal_purpose()));
        ASSIGN_OR_RETURN(
            usecase::MembersView view,
            queries_.List(call.context, static_cast<domain::MemberNo>(page.NumberAfter(0)),
                          page.size + 1, page.read));
        const size_t shown = AddRows(page, view.members, response->mutable_members(),
                                     [&](const domain::Member& member) {
                                       return ToProto(member, *view.definitions, reveal);
                                     });
        if (shown < view.members.size()) {
          response->set_next_page_token(
              page.NextToken(call, view.stamp, AfterNumber(view.members[shown - 1].number)));
        }
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::UpdateMember(grpc::CallbackServerContext* context,
                                                      const v1::UpdateMemberRequest* request,
                                                      v1::UpdateMemberResponse* response) {
  return RunWrite(parts_, "MemberService/UpdateMember", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    usecase::UpdateMemberInput update;
                    RETURN_IF_ERROR(ReadUpdateMask(request->update_mask(),
                                                   {{"blocked", &update.mask.blocked},
                                                    {"identities", &update.mask.identities},
                                                    {"attributes", &update.mask.all_attributes}},
                                                   [&](std::string_view path) {
                                                     return TakeAttributePath(
                                                         path, update.mask.attribute_names);
                                                   }));
                    ASSIGN_OR_RETURN(update.member, FromProto(request->member(), "member"));
                    update.member.blocked = request->member().blocked();
                    members_.UpdateMember(
                        call.context, std::move(update),
                        [](const usecase::UpdateMemberResult& result, const AnswerContext& answer) {
                          v1::UpdateMemberResponse out;
                          *out.mutable_member() =
                              ToProto(*result.member, *answer.definitions, false);
                          out.set_changed(result.changed);
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* MemberService::RecordConsent(grpc::CallbackServerContext* context,
                                                       const v1::RecordConsentRequest* request,
                                                       v1::RecordConsentResponse* response) {
  return RunWrite(
      parts_, "MemberService/RecordConsent", context, request, response,
      [this, request](Call& call, WriteCallback done) -> absl::Status {
        std::vector<usecase::ConsentInput> consents;
        for (int i = 0; i < request->consents_size(); ++i) {
          ASSIGN_OR_RETURN(usecase::ConsentInput consent,
                           FromProto(request->consents(i), absl::StrCat("consents[", i, "]")));
          consents.push_back(std::move(consent));
        }
        members_.RecordConsent(
            call.context, request->member_id(), std::move(consents),
            [](const usecase::RecordConsentResult& result, const AnswerContext& answer) {
              v1::RecordConsentResponse out;
              for (size_t i = 0; i < result.in_force.size(); ++i) {
                *out.add_consents() = ToProto(result.in_force[i], result.actors[i]);
              }
              out.set_changed(result.changed);
              out.set_revision_token(answer.revision_token);
              return out.SerializeAsString();
            },
            std::move(done));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::ListConsents(grpc::CallbackServerContext* context,
                                                      const v1::ListConsentsRequest* request,
                                                      v1::ListConsentsResponse* response) {
  return RunRead(parts_, "MemberService/ListConsents", context, request,
                 [this, request, response](Call& call) -> absl::Status {
                   ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
                   ASSIGN_OR_RETURN(
                       usecase::ConsentsView view,
                       queries_.ConsentHistory(call.context, request->member_id(), EtagAfter(page),
                                               page.size + 1, page.read));
                   const bool more = view.history.size() > static_cast<size_t>(page.size);
                   if (more) view.history.resize(static_cast<size_t>(page.size));
                   for (const storage::ConsentHistoryRow& row : view.history) {
                     *response->add_consents() = ToProto(row.consent, row.actor);
                   }
                   if (more) {
                     response->set_next_page_token(
                         page.NextToken(call, view.stamp, AfterEtag(view.history.back().at)));
                   }
                   *response->mutable_stamp() = call.StampOf(view.stamp);
                   return absl::OkStatus();
                 });
}

grpc::ServerUnaryReactor* MemberService::AddNote(grpc::CallbackServerContext* context,
                                                 const v1::AddNoteRequest* request,
                                                 v1::AddNoteResponse* response) {
  return RunWrite(parts_, "MemberService/AddNote", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    members_.AddNote(
                        call.context, request->member_id(), request->text(),
                        [](const usecase::AddNoteResult& result, const AnswerContext& answer) {
                          v1::AddNoteResponse out;
                          // The caller just sent the text; a stored answer keeps no copy of it.
                          *out.mutable_note() = ToProto(*result.note, false);
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* MemberService::ListNotes(grpc::CallbackServerContext* context,
                                                   const v1::ListNotesRequest* request,
                                                   v1::ListNotesResponse* response) {
  return RunRead(
      parts_, "MemberService/ListNotes", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
        ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request->reveal_purpose()));
        ASSIGN_OR_RETURN(usecase::NotesView view,
                         queries_.Notes(call.context, request->member_id(), page.read));
        std::vector<domain::Note>& notes = view.notes;
        const auto key = [](const domain::Note& note) {
          return std::pair(-note.stamp.created_at_ms, std::string_view(note.id));
        };
        std::sort(notes.begin(), notes.end(),
                  [&](const domain::Note& a, const domain::Note& b) { return key(a) < key(b); });
        if (page.after) {
          const std::string after_id = page.TextAfter(0);
          std::erase_if(notes, [&](const domain::Note& note) {
            return key(note) <= std::pair(page.NumberAfter(0), std::string_view(after_id));
          });
        }
        const size_t shown =
            AddRows(page, notes, response->mutable_notes(),
                    [&](const domain::Note& note) { return ToProto(note, reveal); });
        if (shown < notes.size()) {
          const domain::Note& last = notes[shown - 1];
          internal::PageToken position = AfterNumber(-last.stamp.created_at_ms);
          position.add_after_texts(last.id);
          response->set_next_page_token(page.NextToken(call, view.stamp, std::move(position)));
        }
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* MemberService::DeleteNote(grpc::CallbackServerContext* context,
                                                    const v1::DeleteNoteRequest* request,
                                                    v1::DeleteNoteResponse* response) {
  return RunWrite(parts_, "MemberService/DeleteNote", context, request, response,
                  [this, request](Call& call, WriteCallback done) -> absl::Status {
                    members_.DeleteNote(
                        call.context, request->member_id(), request->note_id(),
                        [](const usecase::DeleteNoteResult&, const AnswerContext& answer) {
                          v1::DeleteNoteResponse out;
                          out.set_revision_token(answer.revision_token);
                          return out.SerializeAsString();
                        },
                        std::move(done));
                    return absl::OkStatus();
                  });
}

grpc::ServerUnaryReactor* MemberService::ListMemberTimeline(
    grpc::CallbackServerContext* context, const v1::ListMemberTimelineRequest* request,
    v1::ListMemberTimelineResponse* response) {
  return RunRead(
      parts_, "MemberService/ListMemberTimeline", context, request,
      [this, request, response](Call& call) -> absl::Status {
        ASSIGN_OR_RETURN(Page page, OpenPage(call, *request));
        ASSIGN_OR_RETURN(const bool reveal, CheckReveal(call, request->reveal_purpose()));
        usecase::TimelineOptions options;
        options.limit = page.size + 1;
        if (request->has_start()) {
          ASSIGN_OR_RETURN(options.from_ms, FromTimestamp(request->start(), "start"));
        }
        if (request->has_end()) {
          ASSIGN_OR_RETURN(options.until_ms, FromTimestamp(request->end(), "end"));
        }
        if (page.after) {
          options.after = {page.NumberAfter(0),
                           static_cast<usecase::TimelineEvent::Kind>(page.NumberAfter(1)),
                           page.TextAfter(0)};
        }
        ASSIGN_OR_RETURN(usecase::TimelineView view,
                         queries_.Timeline(call.context, request->member_id(), options, page.read));
        const size_t shown = AddRows(page, view.events, response->mutable_entries(),
                                     [&](const usecase::TimelineEvent& event) {
                                       return ToProto(event, view, request->member_id(), reveal);
                                     });
        if (shown < view.events.size()) {
          const usecase::TimelineEvent& last = view.events[shown - 1];
          internal::PageToken position = AfterNumber(last.at_ms);
          position.add_after_numbers(static_cast<int64_t>(last.kind));
          position.add_after_texts(last.key);
          response->set_next_page_token(page.NextToken(call, view.stamp, std::move(position)));
        }
        *response->mutable_stamp() = call.StampOf(view.stamp);
        return absl::OkStatus();
      });
}

}  // namespace segmentation::rpc
