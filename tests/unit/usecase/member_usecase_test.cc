#include "server/usecase/member_usecase.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "server/domain/limits.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

using base::Reason;
using domain::IdentityKind;
using domain::ValueType;

TypedValue TextValue(std::string text) { return {ValueType::kText, std::move(text)}; }
TypedValue NumberValue(ValueType type, int64_t number) { return {type, number}; }

class MemberUsecaseTest : public ::testing::Test {
 protected:
  MemberUsecaseTest() {
    harness_.store.EditState([](MemoryState& state) {
      domain::Attribute level;
      level.number = 1000;
      level.name = "level";
      level.type = ValueType::kEnum;
      level.enum_values = {"gold", "silver"};
      domain::Attribute hobbies;
      hobbies.number = 1001;
      hobbies.name = "hobbies";
      hobbies.multi_valued = true;
      state.definitions.attributes = {{1000, level}, {1001, hobbies}};
    });
  }

  // Answers "id created changed".
  Answer Upsert(MemberInput input, std::string request_id = "") {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.UpsertMember(
          harness_.Context(std::move(request_id)), std::move(input),
          [](const UpsertMemberResult& result, const AnswerContext&) {
            return absl::StrCat(result.member->id, result.created ? " created" : "",
                                result.changed ? " changed" : "");
          },
          std::move(done));
    });
  }
  Answer Update(UpdateMemberInput update) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.UpdateMember(
          harness_.Context(), std::move(update),
          [](const UpdateMemberResult& result, const AnswerContext&) {
            return std::string(result.changed ? "changed" : "same");
          },
          std::move(done));
    });
  }
  // Answers one "channel:state@time" a channel, then whether anything changed.
  Answer Consent(std::string member_id, std::vector<ConsentInput> consents) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.RecordConsent(
          harness_.Context(), std::move(member_id), std::move(consents),
          [](const RecordConsentResult& result, const AnswerContext&) {
            std::string text;
            for (const domain::Consent& one : result.in_force) {
              absl::StrAppend(&text, static_cast<int>(one.channel), ":",
                              static_cast<int>(one.state), "@", one.changed_at_ms, " ");
            }
            return text + (result.changed ? "changed" : "same");
          },
          std::move(done));
    });
  }
  // Answers "accepted/unchanged/rejected of totals".
  Answer Import(ImportChunk chunk, std::vector<MemberInput> members) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.ImportMembers(
          harness_.Context(), std::move(chunk), std::move(members),
          [](const ImportChunkResult& result, const AnswerContext&) {
            std::string text = absl::StrCat("#", result.sequence, " ", result.counts.accepted, "/",
                                            result.counts.unchanged, "/", result.counts.rejected,
                                            " total ", result.totals.accepted, "/",
                                            result.totals.unchanged, "/", result.totals.rejected);
            for (const RejectedRow& row : result.rejected) {
              absl::StrAppend(&text, " ", row.index, ":", FieldOf(row.status));
            }
            return text;
          },
          std::move(done));
    });
  }
  domain::Member Stored(const std::string& id) {
    for (const auto& [no, member] : harness_.store.state().members) {
      if (member.id == id) return member;
    }
    ADD_FAILURE() << "no member " << id;
    return {};
  }
  size_t MemberCount() { return harness_.store.state().members.size(); }
  domain::Revision Revision() { return harness_.store.state().head.revision; }

  WriteHarness harness_;
  MemberUsecase usecase_{*harness_.writer, harness_.store.identity()};
};

TEST_F(MemberUsecaseTest, MakesAMemberOnceAndFindsItByAnyIdentity) {
  const Answer made = Upsert({.identities = {{IdentityKind::kPhone, " 138-0013-8000"}}});
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string id = made->answer.substr(0, made->answer.find(' '));
  EXPECT_EQ(made->answer, id + " created changed");
  EXPECT_EQ(id.size(), 26u);
  EXPECT_EQ(Stored(id).identities[0].value, "+8613800138000");

  EXPECT_EQ(Upsert({.identities = {{IdentityKind::kPhone, "+86 13800138000"},
                                   {IdentityKind::kNick, "小美"}}})
                ->answer,
            id + " changed");
  EXPECT_EQ(Upsert({.identities = {{IdentityKind::kNick, "小美"}}})->answer, id);
  EXPECT_EQ(MemberCount(), 1u);
  EXPECT_EQ(Revision(), 2);  // the last one changed nothing
}

TEST_F(MemberUsecaseTest, AMemberIdIsComparedByteByByte) {  // T36
  for (const char* id : {"vip", "VIP", "vip ", "víp"}) {
    EXPECT_EQ(Upsert({.member_id = id})->answer, absl::StrCat(id, " created changed"));
  }
  EXPECT_EQ(MemberCount(), 4u);
}

TEST_F(MemberUsecaseTest, MaskedValuesIdentifyNobody) {  // T88
  for (const auto& [kind, value] : std::vector<std::pair<IdentityKind, std::string>>{
           {IdentityKind::kNick, "t**8"}, {IdentityKind::kPhone, "138****8000"}}) {
    const Answer answer =
        Upsert({.member_id = "m", .identities = {{IdentityKind::kOuid, "o1"}, {kind, value}}});
    EXPECT_EQ(ReasonOf(answer.status()), Reason::IDENTITY_MASKED);
    EXPECT_EQ(FieldOf(answer.status()), "member.identities[1].value");
  }
  EXPECT_EQ(MemberCount(), 0u);
}

TEST_F(MemberUsecaseTest, AnIdentityOfAnotherMemberIsTaken) {
  Upsert({.member_id = "a", .identities = {{IdentityKind::kCard, "c1"}}}).value();
  const Answer answer = Upsert(
      {.member_id = "b", .identities = {{IdentityKind::kCard, "c2"}, {IdentityKind::kCard, "c1"}}});
  EXPECT_EQ(ReasonOf(answer.status()), Reason::IDENTITY_TAKEN);
  EXPECT_EQ(FieldOf(answer.status()), "member.identities[1].value");
  EXPECT_EQ(MemberCount(), 1u);
  // Two owners in one request: the first one listed is meant.
  Upsert({.member_id = "b", .identities = {{IdentityKind::kCard, "c2"}}}).value();
  EXPECT_EQ(
      ReasonOf(Upsert({.identities = {{IdentityKind::kCard, "c2"}, {IdentityKind::kCard, "c1"}}})
                   .status()),
      Reason::IDENTITY_TAKEN);
}

TEST_F(MemberUsecaseTest, NeitherIdNorIdentityIsAnError) {
  EXPECT_EQ(ReasonOf(Upsert({}).status()), Reason::FIELD_REQUIRED);
}

TEST_F(MemberUsecaseTest, AttributesKeepTheirDeclaredType) {  // T40
  const auto expect = [&](const std::string& name, TypedValue value, std::optional<Reason> reason) {
    const Answer answer =
        Upsert({.member_id = "m", .attributes = {{.attribute = name, .values = {value}}}});
    EXPECT_EQ(ReasonOf(answer.status()), reason) << name << " " << answer.status();
  };
  expect("city", TextValue("上海"), std::nullopt);
  expect("city", NumberValue(ValueType::kInteger, 5), Reason::FIELD_INVALID);
  expect("height_cm", TextValue("170"), Reason::FIELD_INVALID);
  expect("level", TextValue("gold"), std::nullopt);
  expect("level", TextValue("Gold"), Reason::FIELD_INVALID);
  expect("birthday", NumberValue(ValueType::kDate, 19900229), Reason::DATE_INVALID);
  expect("birthday", NumberValue(ValueType::kDate, 229), std::nullopt);  // T19: year unknown
  expect("birthday", NumberValue(ValueType::kInteger, 19900228), Reason::FIELD_INVALID);
  expect("number_of_orders", NumberValue(ValueType::kInteger, 5), Reason::FIELD_INVALID);
  expect("no_such_thing", TextValue("x"), Reason::ATTRIBUTE_NOT_FOUND);
  expect("city", TextValue(std::string("a\0b", 3)), Reason::TEXT_HAS_NUL);    // T37
  expect("city", TextValue("\xff"), Reason::TEXT_NOT_UTF8);                   // T37
  expect("city", TextValue(std::string(1024, 'x')), std::nullopt);            // T51
  expect("city", TextValue(std::string(1025, 'x')), Reason::FIELD_TOO_LONG);  // T51
}

TEST_F(MemberUsecaseTest, OneValueUnlessDeclaredOtherwise) {
  const auto two = std::vector<TypedValue>{TextValue("a"), TextValue("b")};
  EXPECT_EQ(ReasonOf(Upsert({.member_id = "m", .attributes = {{"city", two}}}).status()),
            Reason::FIELD_INVALID);
  EXPECT_TRUE(Upsert({.member_id = "m", .attributes = {{"hobbies", two}}}).ok());
  const auto twice = std::vector<TypedValue>{TextValue("a"), TextValue("a")};
  EXPECT_EQ(ReasonOf(Upsert({.member_id = "m", .attributes = {{"hobbies", twice}}}).status()),
            Reason::FIELD_INVALID);
  EXPECT_EQ(
      ReasonOf(Upsert({.member_id = "m",
                       .attributes = {{"city", {TextValue("a")}}, {"CITY", {TextValue("b")}}}})
                   .status()),
      Reason::FIELD_INVALID);
}

TEST_F(MemberUsecaseTest, ClearedIsAbsentAndEmptyTextIsAValue) {  // T03
  Upsert({.member_id = "m", .attributes = {{"city", {TextValue("")}}}}).value();
  EXPECT_EQ(Stored("m").attributes.at(domain::kAttributeCity),
            (std::vector<domain::Value>{std::string()}));
  EXPECT_EQ(Upsert({.member_id = "m", .attributes = {{"city", {}}}})->answer, "m changed");
  EXPECT_TRUE(Stored("m").attributes.empty());
  EXPECT_EQ(Upsert({.member_id = "m", .attributes = {{"city", {}}}})->answer, "m");
}

TEST_F(MemberUsecaseTest, AStaleEtagIsRefusedAndChangesNothing) {  // T70
  Upsert({.member_id = "m"}).value();
  const domain::Etag read = Stored("m").stamp.etag;
  UpdateMemberInput update;
  update.member = {.member_id = "m", .blocked = true, .etag = read};
  update.mask.blocked = true;
  EXPECT_EQ(Update(update)->answer, "changed");
  update.member.blocked = false;
  EXPECT_EQ(ReasonOf(Update(update).status()), Reason::ETAG_STALE);
  EXPECT_TRUE(Stored("m").blocked);
  update.member.etag = Stored("m").stamp.etag;
  EXPECT_EQ(Update(update)->answer, "changed");
}

TEST_F(MemberUsecaseTest, TheMaskDecidesWhatChanges) {  // T70
  Upsert({.member_id = "m",
          .attributes = {{"city", {TextValue("上海")}}, {"province", {TextValue("上海")}}}})
      .value();
  UpdateMemberInput update;
  update.member = {.member_id = "m",
                   .attributes = {{"city", {TextValue("北京")}}, {"school", {TextValue("s")}}},
                   .blocked = true};
  EXPECT_EQ(ReasonOf(Update(update).status()), Reason::UPDATE_MASK_INVALID);

  update.mask.attribute_names = {"city"};
  Update(update).value();
  EXPECT_FALSE(Stored("m").blocked);
  EXPECT_EQ(Stored("m").attributes.size(), 2u);
  EXPECT_EQ(Stored("m").attributes.at(domain::kAttributeCity)[0], domain::Value("北京"));

  update.mask.attribute_names = {"province"};  // named, not given: cleared
  Update(update).value();
  EXPECT_EQ(Stored("m").attributes.size(), 1u);

  update.mask = {.all_attributes = true};
  update.member.attributes = {{"school", {TextValue("s")}}};
  Update(update).value();
  EXPECT_EQ(Stored("m").attributes.size(), 1u);
  EXPECT_TRUE(Stored("m").attributes.contains(domain::kAttributeSchool));

  update.member.member_id = "nobody";
  EXPECT_EQ(ReasonOf(Update(update).status()), Reason::MEMBER_NOT_FOUND);
}

TEST_F(MemberUsecaseTest, ItemsOfABatchSucceedOrFailAlone) {
  std::vector<MemberInput> members = {
      {.member_id = "a", .identities = {{IdentityKind::kCard, "c"}}},
      {.member_id = "b", .identities = {{IdentityKind::kCard, "c"}}},
      {.identities = {{IdentityKind::kNick, "t**8"}}},
      {.member_id = "c", .attributes = {{"no_such", {TextValue("x")}}}},
      {.member_id = "a", .attributes = {{"city", {TextValue("x")}}}},
  };
  BatchUpsertMembersResult result;
  const Answer answer = WriteHarness::Await([&](WriteCallback done) {
    usecase_.BatchUpsertMembers(
        harness_.Context("r"), members,
        [&](const BatchUpsertMembersResult& got, const AnswerContext&) {
          result = got;
          return std::string();
        },
        std::move(done));
  });
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(result.items.size(), 5u);
  EXPECT_TRUE(result.items[0].status.ok());
  EXPECT_EQ(ReasonOf(result.items[1].status), Reason::IDENTITY_TAKEN);
  EXPECT_EQ(FieldOf(result.items[1].status), "members[1].identities[0].value");
  EXPECT_EQ(ReasonOf(result.items[2].status), Reason::IDENTITY_MASKED);
  EXPECT_EQ(FieldOf(result.items[2].status), "members[2].identities[0].value");
  EXPECT_EQ(ReasonOf(result.items[3].status), Reason::ATTRIBUTE_NOT_FOUND);
  EXPECT_TRUE(result.items[4].changed);
  EXPECT_FALSE(result.items[4].created);
  EXPECT_EQ(MemberCount(), 1u);
  EXPECT_EQ(harness_.store.state().head.next_member_no, 2u);  // what failed took no number
  EXPECT_EQ(Revision(), 1);
}

TEST_F(MemberUsecaseTest, ABatchIsBounded) {  // T51
  const auto run = [&](size_t count) {
    std::vector<MemberInput> members;
    for (size_t i = 0; i < count; ++i) members.push_back({.member_id = absl::StrCat("m", i)});
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.BatchUpsertMembers(
          harness_.Context(), std::move(members),
          [](const BatchUpsertMembersResult&, const AnswerContext&) { return std::string(); },
          std::move(done));
    });
  };
  EXPECT_TRUE(run(domain::kMaxBatchItems).ok());
  EXPECT_EQ(ReasonOf(run(domain::kMaxBatchItems + 1).status()), Reason::BATCH_TOO_LARGE);
}

TEST_F(MemberUsecaseTest, TheNewestChoiceIsInForceWhateverOrderItArrivesIn) {  // T25
  Upsert({.member_id = "m"}).value();
  using domain::Channel;
  using domain::ConsentState;
  const base::InstantMs t = 1'600'000'000'000;
  const auto in = [&](base::InstantMs at) {
    return ConsentInput{Channel::kSms, ConsentState::kOptedIn, at, "form"};
  };
  const auto out = [&](base::InstantMs at) {
    return ConsentInput{Channel::kSms, ConsentState::kOptedOut, at, "call"};
  };
  EXPECT_EQ(Consent("m", {in(t + 5)})->answer, absl::StrCat("1:1@", t + 5, " changed"));
  EXPECT_EQ(Consent("m", {out(t)})->answer, absl::StrCat("1:1@", t + 5, " same"));
  EXPECT_EQ(Consent("m", {out(t + 5)})->answer, absl::StrCat("1:2@", t + 5, " changed"));
  EXPECT_EQ(Consent("m", {in(t + 5)})->answer, absl::StrCat("1:2@", t + 5, " same"));
  EXPECT_EQ(harness_.store.state().consent_history.size(), 4u);
  const domain::Revision before = Revision();
  EXPECT_EQ(Consent("m", {out(t + 5)})->answer, absl::StrCat("1:2@", t + 5, " same"));
  EXPECT_EQ(Revision(), before);  // known to the letter: nothing to write

  const base::InstantMs now = absl::ToUnixMillis(harness_.clock.Now());
  EXPECT_EQ(ReasonOf(Consent("m", {in(now + 3'600'000)}).status()), Reason::FIELD_OUT_OF_RANGE);
  EXPECT_EQ(Consent("m", {in(now + 1'000)})->answer, absl::StrCat("1:1@", now, " changed"));
  EXPECT_EQ(ReasonOf(Consent("nobody", {in(t)}).status()), Reason::MEMBER_NOT_FOUND);
}

TEST_F(MemberUsecaseTest, NotesAreAddedAndDeleted) {
  Upsert({.member_id = "m"}).value();
  const auto add = [&](std::string text, std::string request_id) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.AddNote(
          harness_.Context(request_id), "m", text,
          [](const AddNoteResult& result, const AnswerContext&) { return result.note->id; },
          std::move(done));
    });
  };
  const auto remove = [&](std::string member_id, std::string note_id) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.DeleteNote(
          harness_.Context(), member_id, note_id,
          [](const DeleteNoteResult&, const AnswerContext&) { return std::string(); },
          std::move(done));
    });
  };
  const std::string first = add("likes blue", "r1")->answer;
  const std::string second = add("likes blue", "r2")->answer;
  EXPECT_NE(first, second);
  EXPECT_EQ(add("likes blue", "r1")->answer, first);  // T69
  EXPECT_EQ(harness_.store.state().notes.size(), 2u);
  EXPECT_EQ(ReasonOf(add("", "r3").status()), Reason::FIELD_REQUIRED);
  EXPECT_EQ(ReasonOf(add(std::string(4097, 'x'), "r4").status()), Reason::FIELD_TOO_LONG);
  EXPECT_TRUE(remove("m", first).ok());
  EXPECT_EQ(ReasonOf(remove("m", first).status()), Reason::NOTE_NOT_FOUND);
  EXPECT_EQ(ReasonOf(remove("nobody", second).status()), Reason::MEMBER_NOT_FOUND);
  EXPECT_EQ(harness_.store.state().notes.size(), 1u);
}

TEST_F(MemberUsecaseTest, ImportsByChunkOnceAndInOrder) {  // T26
  const std::vector<MemberInput> rows = {
      {.member_id = "a"}, {}, {.member_id = "b", .attributes = {{"city", {TextValue("x")}}}}};
  EXPECT_EQ(ReasonOf(Import({"i", 2}, rows).status()), Reason::IMPORT_OUT_OF_SEQUENCE);
  EXPECT_EQ(ReasonOf(Import({"i", 0}, rows).status()), Reason::IMPORT_OUT_OF_SEQUENCE);
  EXPECT_EQ(Import({"i", 1}, rows)->answer, "#1 2/0/1 total 2/0/1 1:identities");
  const Answer again = Import({"i", 1}, rows);
  EXPECT_EQ(again->answer, "#1 2/0/1 total 2/0/1");
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(Import({"i", 2}, rows)->answer, "#2 0/2/1 total 2/2/2 1:identities");
  EXPECT_EQ(Import({"i", 1}, rows)->answer, "#1 0/0/0 total 2/2/2");
  EXPECT_EQ(ReasonOf(Import({"i", 4}, rows).status()), Reason::IMPORT_OUT_OF_SEQUENCE);
  EXPECT_EQ(Revision(), 2);
  EXPECT_EQ(harness_.store.state().causes,
            (std::vector<storage::ChangeCause>(2, storage::ChangeCause::kImport)));
}

TEST_F(MemberUsecaseTest, ADryRunDecidesEverythingAndWritesNothing) {
  EXPECT_EQ(Import({"i", 7, true}, {{.member_id = "a"}, {}})->answer,
            "#7 1/0/1 total 1/0/1 1:identities");
  EXPECT_EQ(Revision(), 0);
  EXPECT_EQ(MemberCount(), 0u);
}

TEST_F(MemberUsecaseTest, AnImportWhoseCommitIsLostCountsOnce) {
  std::atomic<int> commits = 0;
  harness_.store.on_commit = [&] {
    return commits++ == 0 ? CommitFault::kUnknownCommitted : CommitFault::kNone;
  };
  const Answer answer = Import({"i", 1}, {{.member_id = "a"}});
  EXPECT_EQ(answer->answer, "#1 1/0/0 total 1/0/0");
  EXPECT_EQ(Revision(), 1);
}

}  // namespace
}  // namespace segmentation::usecase
