// segctl member.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/import/csv_catalogue.h"
#include "client/cli/import/field_text.h"
#include "client/cli/import/identity_columns.h"
#include "client/cli/session.h"

namespace segmentation::cli {
namespace {

struct MemberFlags {
  std::string id, kind, value, text, note_id, etag, start, end;
  std::map<std::string, std::vector<std::string>> identities;  // by field name
  std::vector<std::string> set, clear, consents;
  std::string evidence, changed_at;
  bool block = false, unblock = false;
  int64_t limit = 100;
};

using Flags = std::shared_ptr<MemberFlags>;

absl::StatusOr<v1::Identity> ParseIdentity(const std::string& kind, const std::string& value) {
  auto parsed =
      ParseEnum<v1::IdentityKind>(*v1::IdentityKind_descriptor(), "IDENTITY_KIND_", "KIND", kind);
  if (!parsed.ok()) return parsed.status();
  v1::Identity identity;
  identity.set_kind(*parsed);
  identity.set_value(value);
  return identity;
}

// What values need to be read: zone and digits of the shop, types of its attributes.
absl::Status ReadShopTypes(Session& session, Client& client, ImportRules* rules,
                           AttributeTypes* types) {
  v1::GetShopRequest get;
  if (absl::Status status = SetShop(session, &get); !status.ok()) return status;
  absl::StatusOr<v1::GetShopResponse> shop = client.GetShop(get, session.call());
  if (!shop.ok()) return shop.status();
  if (!absl::LoadTimeZone(shop->shop().time_zone(), &rules->zone)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "this machine does not know the time zone ", shop->shop().time_zone(), ": install tzdata"));
  }
  rules->currency_digits = CurrencyDigits(shop->shop().currency_code());
  v1::ListAttributesRequest list;
  list.set_shop_id(get.shop_id());
  for (auto& attribute : client.ListAttributes(list, session.call())) {
    if (!attribute.ok()) return attribute.status();
    (*types)[attribute->attribute()] = *attribute;
  }
  return absl::OkStatus();
}

// KEY=VALUE texts as attributes; values of multi-valued ones are parted by ";".
absl::Status AddAttributes(Session& session, Client& client, const std::vector<std::string>& texts,
                           v1::Member* member) {
  if (texts.empty()) return absl::OkStatus();
  ImportRules rules;
  AttributeTypes types;
  if (absl::Status status = ReadShopTypes(session, client, &rules, &types); !status.ok()) {
    return status;
  }
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    const auto type = types.find(text.substr(0, equals));
    if (equals == std::string::npos || type == types.end()) {
      return absl::InvalidArgumentError("--set: got '" + text +
                                        "', want KEY=VALUE with a key of segctl attribute list");
    }
    v1::AttributeValues& values = *member->add_attributes();
    values.set_attribute(type->first);
    const std::string value = text.substr(equals + 1);
    const std::vector<std::string> parts =
        type->second.multi_valued() ? SplitList(value) : std::vector<std::string>{value};
    for (const std::string& part : parts) {
      auto parsed = ParseAttributeValue(part, type->second.type(), rules);
      if (!parsed.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--set ", type->first, ": ", parsed.status().message()));
      }
      *values.add_values() = *std::move(parsed);
    }
  }
  return absl::OkStatus();
}

void AddIdentities(const MemberFlags& flags, v1::Member* member) {
  for (const IdentityColumn& column : IdentityColumns()) {
    const auto given = flags.identities.find(column.field);
    if (given == flags.identities.end()) continue;
    for (const std::string& value : given->second) {
      v1::Identity& identity = *member->add_identities();
      identity.set_kind(column.kind);
      identity.set_value(value);
    }
  }
}

void AddIdentityFlags(CLI::App* command, const Flags& flags) {
  for (const IdentityColumn& column : IdentityColumns()) {
    std::string name = column.field;
    for (char& c : name) c = c == '_' ? '-' : c;
    command->add_option("--" + name, flags->identities[column.field], "identity; may be repeated");
  }
}

absl::Status Upsert(Session& session, Client& client, const MemberFlags& flags) {
  v1::UpsertMemberRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  request.mutable_member()->set_member_id(flags.id);
  request.mutable_member()->set_blocked(flags.block);
  AddIdentities(flags, request.mutable_member());
  absl::Status status = AddAttributes(session, client, flags.set, request.mutable_member());
  if (!status.ok()) return status;
  return PrintAnswer(session, client.UpsertMember(request, session.call()));
}

absl::Status Update(Session& session, Client& client, const MemberFlags& flags) {
  v1::UpdateMemberRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  v1::Member& member = *request.mutable_member();
  member.set_member_id(flags.id);
  member.set_etag(flags.etag);
  AddIdentities(flags, &member);
  if (!member.identities().empty()) request.mutable_update_mask()->add_paths("identities");
  if (flags.block || flags.unblock) {
    member.set_blocked(flags.block);
    request.mutable_update_mask()->add_paths("blocked");
  }
  if (absl::Status status = AddAttributes(session, client, flags.set, &member); !status.ok()) {
    return status;
  }
  for (const v1::AttributeValues& values : member.attributes()) {
    request.mutable_update_mask()->add_paths("attributes." + values.attribute());
  }
  for (const std::string& key : flags.clear) {
    request.mutable_update_mask()->add_paths("attributes." + key);
  }
  return PrintAnswer(session, client.UpdateMember(request, session.call()));
}

absl::Status Timeline(Session& session, Client& client, const MemberFlags& flags) {
  v1::ListMemberTimelineRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  request.set_member_id(flags.id);
  request.set_reveal_purpose(session.flags().purpose);
  for (const auto& [text, flag, target] :
       {std::tuple{&flags.start, "--from", &v1::ListMemberTimelineRequest::mutable_start},
        std::tuple{&flags.end, "--until", &v1::ListMemberTimelineRequest::mutable_end}}) {
    if (text->empty()) continue;
    auto time = ParseTimeFlag(session, client, flag, *text);
    if (!time.ok()) return time.status();
    *(request.*target)() = *time;
  }
  return session.output().PrintList(
      client.ListMemberTimeline(request, session.call()), "entries",
      {"occurred_at", "order.external_id", "order.status", "order.title", "refund.external_id",
       "review.external_id", "tag.kind", "tag.tag.category_name", "tag.tag.value",
       "consent.channel", "consent.state", "note.text"},
      flags.limit);
}

// CHANNEL=in or CHANNEL=out.
absl::Status RecordConsents(Session& session, Client& client, const MemberFlags& flags) {
  v1::RecordConsentRequest request;
  if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
  request.set_member_id(flags.id);
  for (const std::string& text : flags.consents) {
    const size_t equals = text.find('=');
    const std::string state = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (state != "in" && state != "out") {
      return absl::InvalidArgumentError("CHOICE: got '" + text + "', want CHANNEL=in or =out");
    }
    auto channel = ParseEnum<v1::ConsentChannel>(
        *v1::ConsentChannel_descriptor(), "CONSENT_CHANNEL_", "CHOICE", text.substr(0, equals));
    if (!channel.ok()) return channel.status();
    v1::Consent& consent = *request.add_consents();
    consent.set_channel(*channel);
    consent.set_state(state == "in" ? v1::CONSENT_STATE_OPTED_IN : v1::CONSENT_STATE_OPTED_OUT);
    consent.set_evidence(flags.evidence);
    if (!flags.changed_at.empty()) {
      auto time = ParseTimeFlag(session, client, "--at", flags.changed_at);
      if (!time.ok()) return time.status();
      *consent.mutable_changed_at() = *time;
    }
  }
  return PrintAnswer(session, client.RecordConsent(request, session.call()));
}

void AddReadCommands(CLI::App& member, Session& session, const Flags& flags) {
  AddCommand(member, session, "get", "Show a member",
             [&session, flags](Client& client) -> absl::Status {
               v1::GetMemberRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_member_id(flags->id);
               request.set_reveal_purpose(session.flags().purpose);
               return PrintAnswer(session, client.GetMember(request, session.call()));
             })
      ->add_option("ID", flags->id)
      ->required();

  CLI::App* lookup =
      AddCommand(member, session, "lookup", "Find the member that has an identity",
                 [&session, flags](Client& client) -> absl::Status {
                   v1::LookupMemberRequest request;
                   if (absl::Status status = SetShop(session, &request); !status.ok())
                     return status;
                   auto identity = ParseIdentity(flags->kind, flags->value);
                   if (!identity.ok()) return identity.status();
                   *request.mutable_identity() = *identity;
                   request.set_reveal_purpose(session.flags().purpose);
                   return PrintAnswer(session, client.LookupMember(request, session.call()));
                 });
  lookup->add_option("KIND", flags->kind, "ouid, nick, phone, email, open_id, pin, card")
      ->required();
  lookup->add_option("VALUE", flags->value)->required();

  CLI::App* list = AddCommand(
      member, session, "list", "List members", [&session, flags](Client& client) -> absl::Status {
        v1::ListMembersRequest request;
        if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
        request.set_reveal_purpose(session.flags().purpose);
        return session.output().PrintList(client.ListMembers(request, session.call()), "members",
                                          {"member_id", "blocked", "created_at", "updated_at"},
                                          flags->limit);
      });
  list->add_option("--limit", flags->limit, "at most so many; 0 = all");

  CLI::App* timeline =
      AddCommand(member, session, "timeline", "What happened to a member, newest first",
                 [&session, flags](Client& client) { return Timeline(session, client, *flags); });
  timeline->add_option("ID", flags->id)->required();
  timeline->add_option("--from", flags->start, "not before");
  timeline->add_option("--until", flags->end, "before");
  timeline->add_option("--limit", flags->limit, "at most so many; 0 = all");
}

void AddConsentCommands(CLI::App& member, Session& session, const Flags& flags) {
  CLI::App* consent = AddNoun(member, "consent", "What a member chose a channel");
  CLI::App* record = AddCommand(
      *consent, session, "record", "Record choices",
      [&session, flags](Client& client) { return RecordConsents(session, client, *flags); });
  record->add_option("ID", flags->id)->required();
  record
      ->add_option("CHOICE", flags->consents,
                   "sms=in, email=out …; channels sms, email, wechat, wangwang, phone, post, app")
      ->required();
  record->add_option("--at", flags->changed_at, "when the member chose; else now");
  record->add_option("--evidence", flags->evidence, "how it is known");

  AddCommand(*consent, session, "list", "List every choice, newest first",
             [&session, flags](Client& client) -> absl::Status {
               v1::ListConsentsRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_member_id(flags->id);
               return session.output().PrintList(
                   client.ListConsents(request, session.call()), "consents",
                   {"channel", "state", "changed_at", "evidence", "actor_name"});
             })
      ->add_option("ID", flags->id)
      ->required();
}

void AddNoteCommands(CLI::App& member, Session& session, const Flags& flags) {
  CLI::App* note = AddNoun(member, "note", "Notes about a member");
  CLI::App* add = AddCommand(*note, session, "add", "Add a note",
                             [&session, flags](Client& client) -> absl::Status {
                               v1::AddNoteRequest request;
                               absl::Status status = SetShop(session, &request);
                               if (!status.ok()) return status;
                               request.set_member_id(flags->id);
                               request.set_text(flags->text);
                               return PrintAnswer(session, client.AddNote(request, session.call()));
                             });
  add->add_option("ID", flags->id)->required();
  add->add_option("TEXT", flags->text)->required();

  AddCommand(*note, session, "list", "List notes, newest first; texts need --purpose",
             [&session, flags](Client& client) -> absl::Status {
               v1::ListNotesRequest request;
               if (absl::Status status = SetShop(session, &request); !status.ok()) return status;
               request.set_member_id(flags->id);
               request.set_reveal_purpose(session.flags().purpose);
               return session.output().PrintList(client.ListNotes(request, session.call()), "notes",
                                                 {"note_id", "created_at", "actor_name", "text"});
             })
      ->add_option("ID", flags->id)
      ->required();

  CLI::App* remove = AddCommand(
      *note, session, "delete", "Delete a note", [&session, flags](Client& client) -> absl::Status {
        v1::DeleteNoteRequest request;
        absl::Status status = SetShop(session, &request);
        if (!status.ok()) return status;
        request.set_member_id(flags->id);
        request.set_note_id(flags->note_id);
        return PrintAnswer(session, client.DeleteNote(request, session.call()));
      });
  remove->add_option("ID", flags->id)->required();
  remove->add_option("NOTE_ID", flags->note_id)->required();
}

}  // namespace

void AddMemberCommands(CLI::App& app, Session& session) {
  CLI::App* member = AddNoun(app, "member", "Members of a shop");
  auto flags = std::make_shared<MemberFlags>();
  AddReadCommands(*member, session, flags);

  CLI::App* upsert = AddCommand(
      *member, session, "upsert", "Make a member, or add to the one that has the id or an identity",
      [&session, flags](Client& client) { return Upsert(session, client, *flags); });
  upsert->add_option("ID", flags->id, "may be left out with an identity");
  AddIdentityFlags(upsert, flags);
  upsert->add_option("--set", flags->set, "attribute KEY=VALUE; may be repeated");
  upsert->add_flag("--block", flags->block, "blocked by the shop");

  CLI::App* update =
      AddCommand(*member, session, "update", "Change a member",
                 [&session, flags](Client& client) { return Update(session, client, *flags); });
  update->add_option("ID", flags->id)->required();
  AddIdentityFlags(update, flags);
  update->add_option("--set", flags->set, "attribute KEY=VALUE; may be repeated");
  update->add_option("--clear", flags->clear, "attribute to clear; may be repeated");
  CLI::Option* block = update->add_flag("--block", flags->block, "blocked by the shop");
  update->add_flag("--unblock", flags->unblock, "no longer blocked")->excludes(block);
  update->add_option("--etag", flags->etag, "as last read");

  AddConsentCommands(*member, session, flags);
  AddNoteCommands(*member, session, flags);
}

}  // namespace segmentation::cli
