#include "server/storage/mysql/member_store.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <unordered_map>
#include <utility>

#include "server/base/hash.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/storage/mysql/child_rows.h"
#include "server/storage/mysql/identity_store.h"
#include "server/storage/mysql/row_cursor.h"
#include "server/storage/mysql/tag_store.h"

namespace segmentation::storage::mysql {
namespace {

using domain::AttributeNo;
using domain::Member;
using domain::MemberNo;

const std::string kMemberColumns =
    base::StrCat("member_no, member_id, blocked, next_identity_no, ", kStampColumns);

const RowsStatement kReadMembersById(
    "kReadMembersById", "uq_member_id",
    MultiRowStatement(base::StrCat("SELECT ", kMemberColumns,
                                   " FROM member WHERE shop_no=? AND member_id IN ("),
                      "?", ") AND live=1"));
const RowsStatement kReadMembersByNo(
    "kReadMembersByNo", "PRIMARY",
    MultiRowStatement(base::StrCat("SELECT ", kMemberColumns,
                                   " FROM member WHERE shop_no=? AND member_no IN ("),
                      "?", ") AND live=1"));
const Statement kListMembers("kListMembers", "PRIMARY",
                             base::StrCat("SELECT ", kMemberColumns,
                                          " FROM member WHERE shop_no=? AND member_no>? AND live=1 "
                                          "ORDER BY member_no LIMIT ?"));
const RowsStatement kUpsertMembers = UpsertRows(
    "kUpsertMembers", "member", "shop_no, member_no",
    "member_id, split_key, live, merged_into_no, erased",
    base::StrCat("blocked, next_identity_no, ", kStampColumns), OtherUniqueKey::kGuarded);

constexpr std::string_view kValueColumns = "member_no, attribute_no, int_value, text_value";
constexpr std::string_view kValueOrder = "member_no, attribute_no, position";
const ChildStatement kReadAttributes("kReadAttributes", "member_attribute", kValueColumns,
                                     kValueOrder);
const ChildStatement kReadPrivateAttributes("kReadPrivateAttributes", "member_private_attribute",
                                            kValueColumns, kValueOrder);
// Values are replaced: deleted by (member, attribute), then inserted.
const RowsStatement kInsertAttributes =
    InsertRows("kInsertAttributes", "member_attribute",
               "shop_no, member_no, attribute_no, position, int_value, text_value, text_folded");
const RowsStatement kInsertPrivateAttributes = InsertRows(
    "kInsertPrivateAttributes", "member_private_attribute",
    "shop_no, member_no, attribute_no, position, key_no, int_value, text_value, text_folded");
const RowsStatement kDeleteAttributes =
    DeleteByKeys("kDeleteAttributes", "member_attribute", "member_no, attribute_no");
const RowsStatement kDeletePrivateAttributes =
    DeleteByKeys("kDeletePrivateAttributes", "member_private_attribute", "member_no, attribute_no");
const RowsStatement kDeleteValuesOfAttribute(
    "kDeleteValuesOfAttribute", "ix_member_attribute_int",
    MultiRowStatement("DELETE FROM member_attribute WHERE shop_no=? AND attribute_no IN (", "?",
                      ")"));
// There is no index by attribute: personal attributes are few, their definitions hardly ever go.
const RowsStatement kDeleteValuesOfPrivateAttribute(
    "kDeleteValuesOfPrivateAttribute", "PRIMARY",
    MultiRowStatement("DELETE FROM member_private_attribute WHERE shop_no=? AND attribute_no IN (",
                      "?", ")"));

const Statement kIsAttributeUsed("kIsAttributeUsed", "ix_member_attribute_int",
                                 "SELECT 1 FROM member_attribute FORCE INDEX "
                                 "(ix_member_attribute_int) WHERE shop_no=? AND attribute_no=? "
                                 "LIMIT 1");
const Statement kIsValueUsed("kIsValueUsed", "ix_member_attribute_text",
                             "SELECT 1 FROM member_attribute FORCE INDEX "
                             "(ix_member_attribute_text) WHERE shop_no=? AND attribute_no=? AND "
                             "text_folded=? AND text_value=? LIMIT 1");
const Statement kIsPrivateAttributeUsed("kIsPrivateAttributeUsed", "PRIMARY",
                                        "SELECT 1 FROM member_private_attribute WHERE shop_no=? "
                                        "AND attribute_no=? LIMIT 1");
const Statement kIsPrivateValueUsed("kIsPrivateValueUsed", "PRIMARY",
                                    "SELECT 1 FROM member_private_attribute WHERE shop_no=? AND "
                                    "attribute_no=? AND text_value=? LIMIT 1");

const ChildStatement kReadConsents("kReadConsents", "member_consent",
                                   "member_no, channel, state, changed_at_ms, evidence",
                                   "member_no, channel");
const RowsStatement kUpsertConsents =
    UpsertRows("kUpsertConsents", "member_consent", "shop_no, member_no, channel", "",
               "state, changed_at_ms, evidence", OtherUniqueKey::kNone);
const Statement kListConsentHistory(
    "kListConsentHistory", "PRIMARY",
    "SELECT revision, ordinal, channel, state, changed_at_ms, evidence, actor FROM consent_history "
    "WHERE shop_no=? AND member_no=? AND (revision<? OR (revision=? AND ordinal<?)) "
    "ORDER BY revision DESC, ordinal DESC LIMIT ?");
const RowsStatement kInsertConsentHistory =
    InsertRows("kInsertConsentHistory", "consent_history",
               "shop_no, member_no, revision, ordinal, channel, state, changed_at_ms, evidence, "
               "actor");

const Statement kListNotes("kListNotes", "PRIMARY",
                           base::StrCat("SELECT note_id, text, author, ", kStampColumns,
                                        " FROM member_note WHERE shop_no=? AND member_no=? "
                                        "ORDER BY note_id"));
const RowsStatement kUpsertNotes =
    UpsertRows("kUpsertNotes", "member_note", "shop_no, member_no, note_id", "",
               base::StrCat("key_no, text, author, ", kStampColumns), OtherUniqueKey::kNone);
const RowsStatement kDeleteNotes =
    DeleteByKeys("kDeleteNotes", "member_note", "member_no, note_id");

Member ReadMember(ResultSet::Row row) {
  RowCursor cells(row);
  Member member;
  member.number = cells.Number<MemberNo>();
  member.id = cells.Text();
  member.blocked = cells.Flag();
  member.next_identity_no = cells.Number<uint32_t>();
  member.stamp = cells.Stamp();
  return member;
}

// Members by number, to hang rows of other tables on.
using MembersByNo = std::unordered_map<MemberNo, Member*>;

absl::Status ReadAttributesInto(ShopSession& session, const ChildStatement& statement,
                                const MemberSelection& selection, const MembersByNo& members) {
  ASSIGN_OR_RETURN(const ResultSet rows, QueryChildren(session, statement, selection));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    const auto member = members.find(cells.Number<MemberNo>());
    if (member == members.end()) continue;
    const AttributeNo attribute_no = cells.Number<AttributeNo>();
    const std::optional<int64_t> number = cells.OptionalNumber();
    std::optional<std::string> text = cells.OptionalText();
    std::vector<domain::Value>& values = member->second->attributes[attribute_no];
    if (text) {
      values.emplace_back(*std::move(text));
    } else if (number) {
      values.emplace_back(*number);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadConsentsInto(ShopSession& session, const MemberSelection& selection,
                              const MembersByNo& members) {
  ASSIGN_OR_RETURN(const ResultSet rows, QueryChildren(session, kReadConsents, selection));
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    const auto member = members.find(cells.Number<MemberNo>());
    if (member == members.end()) continue;
    domain::Consent consent;
    consent.channel = cells.Number<domain::Channel>();
    consent.state = cells.Number<domain::ConsentState>();
    consent.changed_at_ms = cells.Number<int64_t>();
    consent.evidence = cells.Text();
    member->second->consents.push_back(std::move(consent));
  }
  return absl::OkStatus();
}

absl::Status ReadParts(ShopSession& session, MemberParts parts, const MemberSelection& selection,
                       std::vector<Member>& members) {
  MembersByNo by_no;
  for (Member& member : members) by_no.emplace(member.number, &member);
  if (Has(parts, MemberParts::kIdentities)) {
    ASSIGN_OR_RETURN(auto identities, ReadIdentities(session, selection));
    for (auto& [member_no, identity] : identities) {
      const auto member = by_no.find(member_no);
      if (member != by_no.end()) member->second->identities.push_back(std::move(identity));
    }
  }
  if (Has(parts, MemberParts::kAttributes)) {
    RETURN_IF_ERROR(ReadAttributesInto(session, kReadAttributes, selection, by_no));
    RETURN_IF_ERROR(ReadAttributesInto(session, kReadPrivateAttributes, selection, by_no));
  }
  if (Has(parts, MemberParts::kConsents)) {
    RETURN_IF_ERROR(ReadConsentsInto(session, selection, by_no));
  }
  if (Has(parts, MemberParts::kTags)) {
    ASSIGN_OR_RETURN(auto tags, ReadTagAssignments(session, selection));
    for (auto& [member_no, assignment] : tags) {
      const auto member = by_no.find(member_no);
      if (member != by_no.end()) member->second->tags.push_back(std::move(assignment));
    }
  }
  return absl::OkStatus();
}

// Members out of rows, with their parts read by list.
absl::StatusOr<std::vector<Member>> WithParts(ShopSession& session, const ResultSet& rows,
                                              MemberParts parts) {
  std::vector<Member> members;
  members.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) members.push_back(ReadMember(row));
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.number < b.number; });
  std::vector<MemberNo> nos;
  nos.reserve(members.size());
  for (const Member& member : members) nos.push_back(member.number);
  RETURN_IF_ERROR(ReadParts(session, parts, std::span<const MemberNo>(nos), members));
  return members;
}

void AppendValue(Params& params, const MemberAttributeRow& row, const domain::Value& value) {
  if (const int64_t* number = std::get_if<int64_t>(&value)) {
    Append(params, {*number, std::nullopt, std::nullopt});
    return;
  }
  const std::string& text = std::get<std::string>(value);
  params.insert(params.end(),
                {Parameter(std::nullopt), Parameter(text),
                 Parameter(base::Fold(static_cast<base::Folding>(row.folding), text))});
}

absl::Status WriteAttributes(ShopSession& session, const std::vector<MemberAttributeRow>& rows) {
  Params clear, clear_private, values, private_values;
  for (const MemberAttributeRow& row : rows) {
    Append(row.pii ? clear_private : clear, {row.member_no, row.attribute_no});
    int32_t position = 0;
    for (const domain::Value& value : row.values) {
      Params& into = row.pii ? private_values : values;
      Append(into, {session.shop_no(), row.member_no, row.attribute_no, position++});
      if (row.pii) into.emplace_back(0);  // key_no: not encrypted
      AppendValue(into, row, value);
    }
  }
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteAttributes, std::move(clear)));
  RETURN_IF_ERROR(session.DeleteKeys(kDeletePrivateAttributes, std::move(clear_private)));
  RETURN_IF_ERROR(session.Write(kInsertAttributes, values));
  return session.Write(kInsertPrivateAttributes, private_values);
}

absl::Status WriteConsents(ShopSession& session, const WriteSet& rows) {
  Params consents;
  for (const auto& [member_no, consent] : rows.consents) {
    Append(consents, {session.shop_no(), member_no, static_cast<int>(consent.channel),
                      static_cast<int>(consent.state), consent.changed_at_ms, consent.evidence});
  }
  RETURN_IF_ERROR(session.Write(kUpsertConsents, consents));
  Params history;
  for (const ConsentHistoryRow& row : rows.consent_history) {
    Append(history, {session.shop_no(), row.member_no, row.at.revision, row.at.ordinal,
                     static_cast<int>(row.consent.channel), static_cast<int>(row.consent.state),
                     row.consent.changed_at_ms, row.consent.evidence, row.actor});
  }
  return session.Write(kInsertConsentHistory, history);
}

absl::Status WriteNotes(ShopSession& session, const std::vector<domain::Note>& notes) {
  Params params;
  for (const domain::Note& note : notes) {
    Append(params, {session.shop_no(), note.member_no, note.id, 0, note.text, note.author});
    AppendStamp(params, note.stamp);
  }
  return session.Write(kUpsertNotes, params);
}

}  // namespace

absl::StatusOr<std::vector<Member>> ReadMembersById(ShopSession& session,
                                                    std::span<const std::string> ids,
                                                    MemberParts parts) {
  std::vector<std::string_view> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  ASSIGN_OR_RETURN(
      const ResultSet rows,
      session.QueryKeys(kReadMembersById, KeysOf(std::span<const std::string_view>(sorted))));
  return WithParts(session, rows, parts);
}

absl::StatusOr<std::vector<Member>> ReadMembersByNo(ShopSession& session,
                                                    std::span<const MemberNo> nos,
                                                    MemberParts parts) {
  std::vector<MemberNo> sorted(nos.begin(), nos.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.QueryKeys(kReadMembersByNo, KeysOf(std::span<const MemberNo>(sorted))));
  return WithParts(session, rows, parts);
}

absl::StatusOr<std::vector<Member>> ListMembers(ShopSession& session, MemberNo after_no, int limit,
                                                MemberParts parts) {
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kListMembers, {session.shop_no(), after_no, limit}));
  std::vector<Member> members;
  members.reserve(rows.row_count());
  for (const ResultSet::Row row : rows) members.push_back(ReadMember(row));
  if (members.empty()) return members;
  const MemberRange range{members.front().number, members.back().number};
  RETURN_IF_ERROR(ReadParts(session, parts, range, members));
  return members;
}

absl::StatusOr<std::vector<ConsentHistoryRow>> ListConsentHistory(
    ShopSession& session, MemberNo member_no, std::optional<domain::Etag> before, int limit) {
  const domain::Etag end = before.value_or(domain::Etag{std::numeric_limits<int64_t>::max(), 0});
  ASSIGN_OR_RETURN(const ResultSet rows,
                   session.Query(kListConsentHistory, {session.shop_no(), member_no, end.revision,
                                                       end.revision, end.ordinal, limit}));
  std::vector<ConsentHistoryRow> history;
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    ConsentHistoryRow entry;
    entry.member_no = member_no;
    entry.at.revision = cells.Number<domain::Revision>();
    entry.at.ordinal = cells.Number<int32_t>();
    entry.consent.channel = cells.Number<domain::Channel>();
    entry.consent.state = cells.Number<domain::ConsentState>();
    entry.consent.changed_at_ms = cells.Number<int64_t>();
    entry.consent.evidence = cells.Text();
    entry.actor = cells.Text();
    history.push_back(std::move(entry));
  }
  return history;
}

absl::StatusOr<std::vector<domain::Note>> ListNotes(ShopSession& session, MemberNo member_no) {
  ASSIGN_OR_RETURN(const ResultSet rows, session.Query(kListNotes, {session.shop_no(), member_no}));
  std::vector<domain::Note> notes;
  for (const ResultSet::Row row : rows) {
    RowCursor cells(row);
    domain::Note note;
    note.member_no = member_no;
    note.id = cells.Text();
    note.text = cells.Text();
    note.author = cells.Text();
    note.stamp = cells.Stamp();
    notes.push_back(std::move(note));
  }
  return notes;
}

absl::Status DeleteMemberRows(ShopSession& session, const WriteSet& rows) {
  Params notes;
  for (const auto& [member_no, note_id] : rows.deleted_notes) Append(notes, {member_no, note_id});
  return session.DeleteKeys(kDeleteNotes, std::move(notes));
}

absl::Status WriteMemberRows(ShopSession& session, const WriteSet& rows) {
  Params members;
  for (const Member& member : rows.members) {
    const base::Sha256Digest digest = base::Sha256(member.id);
    Append(members, {session.shop_no(), member.number, member.id});
    members.emplace_back(std::string(base::BytesOf(digest).substr(0, 8)));
    Append(members, {1, 0, 0, member.blocked, member.next_identity_no});
    AppendStamp(members, member.stamp);
  }
  RETURN_IF_ERROR(session.Write(kUpsertMembers, members));
  RETURN_IF_ERROR(WriteAttributes(session, rows.attributes));
  RETURN_IF_ERROR(WriteConsents(session, rows));
  return WriteNotes(session, rows.notes);
}

absl::StatusOr<bool> IsAttributeUsed(ShopSession& session, const domain::Attribute& attribute,
                                     const std::optional<std::string>& text_value) {
  const domain::ShopNo shop_no = session.shop_no();
  absl::StatusOr<ResultSet> rows;
  if (!text_value) {
    rows = session.Query(attribute.pii ? kIsPrivateAttributeUsed : kIsAttributeUsed,
                         {shop_no, attribute.number});
  } else if (attribute.pii) {
    rows = session.Query(kIsPrivateValueUsed, {shop_no, attribute.number, *text_value});
  } else {
    const std::string folded =
        base::Fold(static_cast<base::Folding>(attribute.folding), *text_value);
    rows = session.Query(kIsValueUsed, {shop_no, attribute.number, folded, *text_value});
  }
  RETURN_IF_ERROR(rows.status());
  return !rows->empty();
}

absl::Status DeleteAttributeValues(ShopSession& session,
                                   std::span<const AttributeNo> attribute_nos) {
  RETURN_IF_ERROR(session.DeleteKeys(kDeleteValuesOfAttribute, KeysOf(attribute_nos)));
  return session.DeleteKeys(kDeleteValuesOfPrivateAttribute, KeysOf(attribute_nos));
}

void ListMemberStatements(StatementCatalogue& catalogue) {
  catalogue.Add({&kListMembers, &kListConsentHistory, &kListNotes, &kIsAttributeUsed, &kIsValueUsed,
                 &kIsPrivateAttributeUsed, &kIsPrivateValueUsed});
  catalogue.Add({&kReadMembersById, &kReadMembersByNo, &kUpsertMembers, &kInsertAttributes,
                 &kInsertPrivateAttributes, &kDeleteAttributes, &kDeletePrivateAttributes,
                 &kDeleteValuesOfAttribute, &kDeleteValuesOfPrivateAttribute, &kUpsertConsents,
                 &kInsertConsentHistory, &kUpsertNotes, &kDeleteNotes});
  for (const ChildStatement* child : {&kReadAttributes, &kReadPrivateAttributes, &kReadConsents}) {
    catalogue.Add({&child->in_range});
    catalogue.Add({&child->of_members});
  }
}

}  // namespace segmentation::storage::mysql
