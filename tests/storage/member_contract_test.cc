// The storage contract: members, identities, attributes, consents, tags, notes and histories.
#include <algorithm>
#include <limits>

#include "server/base/strings.h"
#include "tests/storage/store_fixture.h"

namespace segmentation::storage {
namespace {

using base::Reason;
using domain::Member;
using domain::MemberNo;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using testing_support::TextOf;
using testing_support::TextsOf;

class MemberContract : public StoreTest {
 protected:
  MemberContract() : shop_(MakeShop()) {}

  std::vector<Member> ReadByNo(std::vector<MemberNo> nos, MemberParts parts = MemberParts::kAll) {
    return Must(BeginRead(shop_.number)->ReadMembersByNo(nos, parts));
  }
  std::vector<Member> ReadById(std::vector<std::string> ids) {
    return Must(BeginRead(shop_.number)->ReadMembersById(ids, MemberParts::kAll));
  }
  std::vector<std::string> IdsOf(const std::vector<Member>& members) {
    std::vector<std::string> ids;
    for (const Member& member : members) ids.push_back(member.id);
    return ids;
  }

  const domain::Shop shop_;
};

INSTANTIATE_TEST_SUITE_P(Stores, MemberContract,
                         ::testing::Values(Backend::kModel, Backend::kMysql), BackendName);

// A member with every part, as its write set and as it must be read.
Member FullMember(MemberNo no, WriteSet& rows) {
  Member member = MemberOf(no, base::StrCat("member ", no));
  member.blocked = true;
  member.next_identity_no = 4;
  member.identities = {{1, domain::IdentityKind::kPhone, base::StrCat("+86138000", no), 11},
                       {3, domain::IdentityKind::kEmail, base::StrCat("a", no, "@QQ.com"), 12}};
  member.attributes[domain::kAttributeName] = {std::string("王小明 ")};  // personal
  member.attributes[domain::kAttributeBirthday] = {int64_t{10229}};      // a number
  member.attributes[domain::kAttributeCity] = {std::string("")};         // empty, not absent
  member.attributes[1000] = {std::string("ｂ"), std::string("a"), std::string("ｂ")};  // ordered
  member.consents = {{domain::Channel::kSms, domain::ConsentState::kOptedIn, 21, "form 7"},
                     {domain::Channel::kApp, domain::ConsentState::kOptedOut, 22, ""}};
  domain::TagAssignment tag;
  tag.tag_no = 5;
  tag.source = domain::TagSource::kModel;
  tag.actor = "bot";
  tag.reference = "chat 9";
  tag.confidence_percent = 70;
  tag.assigned_at_ms = 31;
  tag.expires_at_ms = 32;
  tag.number = -45;
  tag.stamp = StampOf(40);
  member.tags.push_back(tag);
  tag.tag_no = 6;
  tag.expires_at_ms.reset();
  tag.number.reset();
  member.tags.push_back(tag);

  rows.members.push_back(member);
  for (const auto& identity : member.identities) rows.identities.emplace_back(no, identity);
  for (const auto& [attribute_no, values] : member.attributes) {
    MemberAttributeRow row;
    row.member_no = no;
    row.attribute_no = attribute_no;
    row.folding = domain::TextFolding::kNfkcCase;
    row.pii = attribute_no == domain::kAttributeName;
    row.values = values;
    rows.attributes.push_back(row);
  }
  for (const auto& consent : member.consents) rows.consents.emplace_back(no, consent);
  // Not in the order of their numbers.
  for (size_t i = member.tags.size(); i-- > 0;) {
    rows.tag_assignments.emplace_back(no, member.tags[i]);
  }
  return member;
}

TEST_P(MemberContract, EveryPartIsReadBackAsWritten) {
  WriteSet rows;
  const Member a = FullMember(1, rows);
  const Member b = FullMember(2, rows);
  Write(shop_.number, rows);
  EXPECT_THAT(TextsOf(ReadByNo({1, 2, 3})), UnorderedElementsAre(TextOf(a), TextOf(b)));
  EXPECT_THAT(TextsOf(ReadById({"member 2", "nobody", "member 1"})),
              UnorderedElementsAre(TextOf(a), TextOf(b)));
  EXPECT_THAT(TextsOf(Must(BeginRead(shop_.number)->ListMembers(0, 10, MemberParts::kAll))),
              ElementsAre(TextOf(a), TextOf(b)));
  EXPECT_THAT(ReadByNo({}), IsEmpty());
  EXPECT_THAT(ReadById({}), IsEmpty());
}

TEST_P(MemberContract, OnlyTheAskedPartsAreFilledIn) {
  WriteSet rows;
  const Member full = FullMember(1, rows);
  Write(shop_.number, rows);
  for (uint32_t bits = 0; bits <= static_cast<uint32_t>(MemberParts::kAll); ++bits) {
    const auto parts = static_cast<MemberParts>(bits);
    Member want = full;
    if (!Has(parts, MemberParts::kIdentities)) want.identities.clear();
    if (!Has(parts, MemberParts::kAttributes)) want.attributes.clear();
    if (!Has(parts, MemberParts::kConsents)) want.consents.clear();
    if (!Has(parts, MemberParts::kTags)) want.tags.clear();
    EXPECT_THAT(TextsOf(ReadByNo({1}, parts)), ElementsAre(TextOf(want))) << bits;
    EXPECT_THAT(TextsOf(Must(BeginRead(shop_.number)->ListMembers(0, 1, parts))),
                ElementsAre(TextOf(want)))
        << bits;
  }
}

TEST_P(MemberContract, AskingTwiceForOneMemberAnswersItOnce) {
  WriteSet rows;
  for (MemberNo no = 1; no <= 100; ++no) rows.members.push_back(MemberOf(no, base::StrCat(no)));
  Write(shop_.number, rows);
  std::vector<MemberNo> nos;
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) {
    nos.push_back(1 + static_cast<MemberNo>(i % 100));
    ids.push_back(base::StrCat(1 + i % 100));
  }
  EXPECT_THAT(ReadByNo(nos), SizeIs(100));
  EXPECT_THAT(ReadById(ids), SizeIs(100));
}

// Sizes round those in which statements come.
TEST_P(MemberContract, ListsOfAnyLengthAreReadWhole) {
  WriteSet rows;
  for (MemberNo no = 1; no <= 700; ++no) {
    rows.members.push_back(MemberOf(no, base::StrCat("m", no)));
    rows.identities.emplace_back(
        no, domain::Identity{1, domain::IdentityKind::kOuid, base::StrCat("o", no), 1});
  }
  Write(shop_.number, rows);
  auto snapshot = BeginRead(shop_.number);
  for (const size_t count : {1, 2, 7, 8, 9, 63, 64, 65, 128, 255, 257, 511, 512, 513, 520, 700}) {
    std::vector<MemberNo> nos;
    std::vector<domain::IdentityKey> keys;
    for (MemberNo no = 1; no <= count; ++no) {
      nos.push_back(no);
      keys.push_back({domain::IdentityKind::kOuid, base::StrCat("o", no)});
    }
    const auto members = Must(snapshot->ReadMembersByNo(nos, MemberParts::kIdentities));
    EXPECT_THAT(members, SizeIs(count));
    for (const Member& member : members) EXPECT_THAT(member.identities, SizeIs(1));
    EXPECT_THAT(Must(snapshot->ReadIdentityOwners(keys)), SizeIs(count));
  }
}

TEST_P(MemberContract, MembersAreListedInPagesByNumber) {
  WriteSet rows;
  for (MemberNo no : {9u, 2u, 5u, 4'294'967'294u}) {
    rows.members.push_back(MemberOf(no, base::StrCat("m", no)));
  }
  Write(shop_.number, rows);
  auto snapshot = BeginRead(shop_.number);
  const auto list = [&](MemberNo after, int limit) {
    std::vector<MemberNo> numbers;
    for (const Member& member : Must(snapshot->ListMembers(after, limit, MemberParts::kRow))) {
      numbers.push_back(member.number);
    }
    return numbers;
  };
  EXPECT_THAT(list(0, 2), ElementsAre(2, 5));
  EXPECT_THAT(list(5, 2), ElementsAre(9, 4'294'967'294u));
  EXPECT_THAT(list(4'294'967'294u, 2), IsEmpty());
}

// T36, T37: byte by byte; T03: the empty string is a value.
TEST_P(MemberContract, TwinsOfIdsIdentitiesAndValuesStayApart) {
  const std::vector<std::string> twins = {"vip",
                                          "VIP",
                                          "vip ",
                                          " vip",
                                          "v\u00efp",
                                          "vi\u0308p",
                                          "ｖｉｐ",
                                          "vip\t",
                                          "vip%",
                                          "v_p",
                                          "vip\\",
                                          "'vip'",
                                          "\U0001F600",
                                          std::string("v\0p", 3),
                                          std::string("vip\0", 4)};
  WriteSet rows;
  MemberNo no = 0;
  for (const std::string& twin : twins) {
    ++no;
    rows.members.push_back(MemberOf(no, twin));
    rows.identities.emplace_back(no, domain::Identity{1, domain::IdentityKind::kNick, twin, 1});
    MemberAttributeRow row;
    row.member_no = no;
    row.attribute_no = 1001;
    row.values = {twin};
    rows.attributes.push_back(row);
  }
  Write(shop_.number, rows);
  for (no = 1; no <= twins.size(); ++no) {
    const std::string& twin = twins[no - 1];
    const auto members = ReadById({twin});
    ASSERT_THAT(members, SizeIs(1));
    EXPECT_EQ(members[0].number, no);
    EXPECT_EQ(std::get<std::string>(members[0].attributes.at(1001)[0]), twin);
    const domain::IdentityKey keys[] = {{domain::IdentityKind::kNick, twin}};
    EXPECT_THAT(TextsOf(Must(BeginRead(shop_.number)->ReadIdentityOwners(keys))),
                ElementsAre(TextOf(IdentityOwner{keys[0], no, 1})));
  }
}

TEST_P(MemberContract, EdgesOf64BitsAreKept) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  WriteSet rows;
  Member member = MemberOf(1, "m");
  member.stamp.etag = {kMax, std::numeric_limits<int32_t>::max()};
  member.stamp.created_at_ms = kMin;
  member.stamp.updated_at_ms = kMax;
  rows.members = {member};
  MemberAttributeRow row;
  row.member_no = 1;
  row.attribute_no = 1003;
  row.type = domain::ValueType::kInteger;
  row.values = {kMin, int64_t{-1}, int64_t{0}, kMax};
  rows.attributes = {row};
  member.attributes[1003] = row.values;
  Write(shop_.number, rows);
  EXPECT_THAT(TextsOf(ReadByNo({1})), ElementsAre(TextOf(member)));
}

TEST_P(MemberContract, LongestTextsFit) {
  WriteSet rows;
  Member member = MemberOf(1, std::string(64, 'x'));
  rows.members = {member};
  MemberAttributeRow row;
  row.member_no = 1;
  row.attribute_no = 1000;
  row.folding = domain::TextFolding::kNfkcCase;
  // U+FDFA grows most when it is folded.
  std::string longest;
  while (longest.size() + 3 <= 1024) longest += "\uFDFA";
  row.values = {longest, std::string(1024, 'A')};
  rows.attributes = {row};
  Write(shop_.number, rows);
  EXPECT_EQ(std::get<std::string>(ReadByNo({1})[0].attributes.at(1000)[0]), longest);
}

TEST_P(MemberContract, RewrittenMemberKeepsItsIdAndItsParts) {
  WriteSet rows;
  Member member = FullMember(1, rows);
  Write(shop_.number, rows);
  WriteSet again;
  Member changed = member;
  changed.id = "ignored";
  changed.blocked = false;
  changed.next_identity_no = 9;
  changed.stamp = StampOf(77);
  again.members = {changed};
  Write(shop_.number, again);
  changed.id = member.id;
  EXPECT_THAT(TextsOf(ReadByNo({1})), ElementsAre(TextOf(changed)));
}

TEST_P(MemberContract, NewMemberCannotTakeAnotherOnesId) {
  WriteSet rows;
  rows.members = {MemberOf(1, "taken")};
  Write(shop_.number, rows);
  rows.members = {MemberOf(2, "taken")};
  rows.members[0].blocked = true;
  EXPECT_EQ(ReasonOf(TryWrite(shop_.number, rows)), Reason::ALREADY_EXISTS);
  EXPECT_FALSE(ReadByNo({1})[0].blocked);
  EXPECT_THAT(ReadByNo({2}), IsEmpty());
}

TEST_P(MemberContract, IdentityBelongsToOneMember) {
  const domain::Identity phone{1, domain::IdentityKind::kPhone, "+8613811112222", 5};
  WriteSet rows;
  rows.members = {MemberOf(1, "a"), MemberOf(2, "b")};
  rows.identities = {{1, phone}};
  Write(shop_.number, rows);
  WriteSet steal;
  steal.identities = {{2, phone}};
  EXPECT_EQ(ReasonOf(TryWrite(shop_.number, steal)), Reason::ALREADY_EXISTS);
  // The same value of another kind is another identity.
  WriteSet other_kind;
  other_kind.identities = {{2, {1, domain::IdentityKind::kCard, phone.value, 5}}};
  Write(shop_.number, other_kind);
  // Deletions come first, so an identity can move within one set.
  WriteSet move;
  move.deleted_identities = {{1, 1}};
  move.identities = {{2, {2, phone.kind, phone.value, 6}}};
  Write(shop_.number, move);
  const domain::IdentityKey keys[] = {{phone.kind, phone.value}};
  EXPECT_THAT(TextsOf(Must(BeginRead(shop_.number)->ReadIdentityOwners(keys))),
              ElementsAre(TextOf(IdentityOwner{keys[0], 2, 2})));
  EXPECT_THAT(ReadByNo({1})[0].identities, IsEmpty());
}

TEST_P(MemberContract, AttributeValuesAreReplacedWhole) {
  const auto write = [&](std::vector<domain::Value> values, bool pii) {
    WriteSet rows;
    MemberAttributeRow row;
    row.member_no = 1;
    row.attribute_no = pii ? 1002 : 1000;
    row.pii = pii;
    row.values = std::move(values);
    rows.attributes = {row};
    Write(shop_.number, rows);
  };
  WriteSet rows;
  rows.members = {MemberOf(1, "m")};
  Write(shop_.number, rows);
  for (const bool pii : {false, true}) {
    const domain::AttributeNo no = pii ? 1002 : 1000;
    write({std::string("a"), std::string("b"), std::string("c")}, pii);
    write({std::string("d")}, pii);
    ASSERT_THAT(ReadByNo({1})[0].attributes.at(no), SizeIs(1));
    EXPECT_EQ(std::get<std::string>(ReadByNo({1})[0].attributes.at(no)[0]), "d");
    write({}, pii);  // T03: absent
    EXPECT_FALSE(ReadByNo({1})[0].attributes.contains(no));
  }
}

TEST_P(MemberContract, ConsentsKeepTheLatestAndTheirHistory) {
  WriteSet rows;
  rows.members = {MemberOf(1, "m")};
  rows.consents = {{1, {domain::Channel::kSms, domain::ConsentState::kOptedIn, 10, "first"}}};
  std::vector<std::string> want;
  for (int i = 1; i <= 5; ++i) {
    ConsentHistoryRow row;
    row.member_no = 1;
    row.at = {10 + i / 3, i};
    row.consent = {domain::Channel::kSms, domain::ConsentState::kOptedIn, i, base::StrCat("e", i)};
    row.actor = base::StrCat("actor ", i);
    rows.consent_history.push_back(row);
    want.insert(want.begin(), TextOf(row));
  }
  Write(shop_.number, rows);
  WriteSet again;
  again.consents = {{1, {domain::Channel::kSms, domain::ConsentState::kOptedOut, 20, "second"}}};
  Write(shop_.number, again);
  EXPECT_THAT(TextsOf(ReadByNo({1})[0].consents), ElementsAre(TextOf(again.consents[0].second)));

  auto snapshot = BeginRead(shop_.number);
  EXPECT_THAT(TextsOf(Must(snapshot->ListConsentHistory(1, std::nullopt, 10))),
              ElementsAreArray(want));
  EXPECT_THAT(TextsOf(Must(snapshot->ListConsentHistory(1, domain::Etag{11, 4}, 2))),
              ElementsAre(want[2], want[3]));
  EXPECT_THAT(Must(snapshot->ListConsentHistory(2, std::nullopt, 10)), IsEmpty());
  WriteSet repeated;
  repeated.consent_history = {rows.consent_history[0]};
  EXPECT_EQ(ReasonOf(TryWrite(shop_.number, repeated)), Reason::ALREADY_EXISTS);
}

TEST_P(MemberContract, TagsAreTakenOffAndTheirHistoryStays) {
  WriteSet rows;
  const Member member = FullMember(1, rows);
  std::vector<std::string> want;
  for (int i = 1; i <= 4; ++i) {
    TagHistoryRow row;
    row.member_no = 1;
    row.at = {10 + i / 3, i};
    row.action = TagHistoryRow::Action::kReplaced;
    row.assignment = member.tags[static_cast<size_t>(i % 2)];
    row.assignment.stamp = {};
    row.at_ms = 500 + i;
    rows.tag_history.push_back(row);
    want.insert(want.begin(), TextOf(row));
  }
  Write(shop_.number, rows);
  WriteSet removal;
  removal.deleted_tag_assignments = {{1, 5}, {1, 99}, {2, 5}};
  Write(shop_.number, removal);
  EXPECT_THAT(TextsOf(ReadByNo({1})[0].tags), ElementsAre(TextOf(member.tags[1])));
  auto snapshot = BeginRead(shop_.number);
  EXPECT_THAT(TextsOf(Must(snapshot->ListTagHistory(1, std::nullopt, 10))), ElementsAreArray(want));
  EXPECT_THAT(TextsOf(Must(snapshot->ListTagHistory(1, domain::Etag{11, 3}, 1))),
              ElementsAre(want[2]));
}

TEST_P(MemberContract, NotesAreListedById) {
  domain::Note note;
  note.member_no = 1;
  note.text = "她喜欢 🌸 ";
  note.author = "小李";
  WriteSet rows;
  rows.members = {MemberOf(1, "m")};
  for (const char* id : {"n2", "N1", "n1"}) {
    note.id = id;
    note.stamp = StampOf(static_cast<int>(rows.notes.size()));
    rows.notes.push_back(note);
  }
  Write(shop_.number, rows);
  auto list = [&] { return TextsOf(Must(BeginRead(shop_.number)->ListNotes(1))); };
  EXPECT_THAT(list(),
              ElementsAre(TextOf(rows.notes[1]), TextOf(rows.notes[2]), TextOf(rows.notes[0])));
  WriteSet edit;
  edit.notes = {rows.notes[0]};
  edit.notes[0].text = "changed";
  edit.deleted_notes = {{1, "n1"}, {1, "nobody"}, {2, "n2"}};
  Write(shop_.number, edit);
  EXPECT_THAT(list(), ElementsAre(TextOf(rows.notes[1]), TextOf(edit.notes[0])));
}

}  // namespace
}  // namespace segmentation::storage
