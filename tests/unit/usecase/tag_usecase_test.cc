#include "server/usecase/tag_usecase.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/domain/limits.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

using base::Reason;
using domain::TagSource;

class TagUsecaseTest : public ::testing::Test {
 protected:
  TagUsecaseTest() {
    harness_.store.EditState([](MemoryState& state) {
      domain::ShopDefinitions& definitions = state.definitions;
      const auto category = [&](domain::TagCategoryNo no, std::string id, std::string name,
                                std::string template_name, domain::TagCategoryKind kind,
                                domain::TagChoice choice) {
        domain::TagCategory row;
        row.number = no;
        row.id = std::move(id);
        row.name = std::move(name);
        row.template_name = std::move(template_name);
        row.kind = kind;
        row.choice = choice;
        definitions.tag_categories[no] = row;
      };
      using domain::TagCategoryKind;
      using domain::TagChoice;
      category(1, "skin", "肤质", "化妆品", TagCategoryKind::kListed, TagChoice::kSingle);
      category(2, "brand", "品牌", "", TagCategoryKind::kFree, TagChoice::kMulti);
      category(3, "size", "尺寸", "服装", TagCategoryKind::kNumeric, TagChoice::kMulti);
      category(4, "size2", "尺寸", "鞋", TagCategoryKind::kListed, TagChoice::kMulti);
      const auto tag = [&](domain::TagNo no, std::string value) {
        domain::Tag row;
        row.number = no;
        row.category_no = 1;
        row.id = absl::StrCat("tag-", no);
        row.value = std::move(value);
        definitions.tags[no] = row;
      };
      tag(1, "油性");
      tag(2, "干性");
      definitions.tags[2].synonyms = {"干"};
      state.head.next_tag_no = 3;
      for (domain::MemberNo no : {1, 2}) {
        state.members[no].number = no;
        state.members[no].id = absl::StrCat("m", no);
      }
    });
  }

  static std::string Describe(const std::vector<TagChange>& changes) {
    std::string text;
    for (const TagChange& change : changes) {
      absl::StrAppend(&text, static_cast<int>(change.outcome), ":", change.assignment.tag_no);
      for (const auto& gone : change.replaced) absl::StrAppend(&text, " instead of ", gone.tag_no);
      if (change.overruled_by) absl::StrAppend(&text, " by ", change.overruled_by->tag_no);
      text += ";";
    }
    return text;
  }
  Answer Tag(std::string member_id, std::vector<TagInput> tags, std::string request_id = "") {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.TagMember(
          harness_.Context(std::move(request_id)), std::move(member_id), std::move(tags),
          [](const TagMemberResult& result, const AnswerContext&) {
            return Describe(result.changes);
          },
          std::move(done));
    });
  }
  Answer Untag(std::string member_id, std::vector<TagRemoval> removals,
               TagSource remover = TagSource::kAgent) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.UntagMember(
          harness_.Context(), std::move(member_id), std::move(removals), remover,
          [](const TagMemberResult& result, const AnswerContext&) {
            return Describe(result.changes);
          },
          std::move(done));
    });
  }
  std::vector<domain::TagAssignment> TagsOf(domain::MemberNo no) {
    return harness_.store.state().members.at(no).tags;
  }
  domain::Revision Revision() { return harness_.store.state().head.revision; }
  void Tick() { harness_.clock.Set(absl::ToUnixMillis(harness_.clock.Now()) + 1); }

  WriteHarness harness_;
  TagUsecase usecase_{*harness_.writer};
};

TEST_F(TagUsecaseTest, AnswersWhatItChanged) {
  EXPECT_EQ(Tag("m1", {{"skin", "油性"}})->answer, "1:1;");
  EXPECT_EQ(Tag("m1", {{"skin", "油性"}})->answer, "3:1;");
  EXPECT_EQ(Revision(), 1);  // already present: nothing is written
  Tick();
  EXPECT_EQ(Tag("m1", {{"化妆品.肤质", "干"}})->answer, "1:2 instead of 1;");
  ASSERT_EQ(TagsOf(1).size(), 1u);
  EXPECT_EQ(TagsOf(1)[0].tag_no, 2u);
  EXPECT_EQ(TagsOf(1)[0].actor, "tester");
  EXPECT_EQ(Untag("m1", {{"肤质", "油性"}, {"肤质", "干性"}})->answer, "6:1;5:2;");
  EXPECT_TRUE(TagsOf(1).empty());
  const auto history = harness_.store.state().tag_history;
  ASSERT_EQ(history.size(), 4u);
  using Action = storage::TagHistoryRow::Action;
  EXPECT_EQ(history[0].action, Action::kAssigned);
  EXPECT_EQ(history[1].action, Action::kReplaced);
  EXPECT_EQ(history[2].action, Action::kAssigned);
  EXPECT_EQ(history[3].action, Action::kRemoved);
}

TEST_F(TagUsecaseTest, WhatAPersonSaidIsNotTakenByARule) {  // T28
  Tag("m1", {{.category = "skin", .value = "油性", .source = TagSource::kRule}}).value();
  EXPECT_EQ(Untag("m1", {{"skin", "油性"}}, TagSource::kRule)->answer, "5:1;");
  Tag("m1", {{.category = "skin", .value = "油性", .source = TagSource::kRule}}).value();
  EXPECT_EQ(Tag("m1", {{"skin", "油性"}})->answer, "2:1;");  // a person confirms it
  EXPECT_EQ(Untag("m1", {{"skin", "油性"}}, TagSource::kRule)->answer, "7:1;");
  EXPECT_EQ(TagsOf(1).size(), 1u);
}

TEST_F(TagUsecaseTest, FreeAndNumericValuesAreMadeOnFirstUse) {
  EXPECT_EQ(Tag("m1", {{"brand", "ＡＢＣ "}, {"brand", "ABC"}})->answer, "1:3;3:3;");
  EXPECT_EQ(Tag("m2", {{"brand", "ABC"}})->answer, "1:3;");
  EXPECT_EQ(Tag("m2", {{.category = "size", .value = "上胸围", .number = 855'000}})->answer,
            "1:4;");
  const MemoryState state = harness_.store.state();
  EXPECT_EQ(state.definitions.tags.size(), 4u);
  EXPECT_EQ(state.definitions.tags.at(3).value, "ABC");
  EXPECT_EQ(state.head.next_tag_no, 5u);
  EXPECT_EQ(state.head.definition_revision, 3);
  EXPECT_EQ(TagsOf(2).back().number, 855'000);
}

TEST_F(TagUsecaseTest, ACallIsAllOrNothing) {
  const Answer answer = Tag("m1", {{"skin", "油性"}, {"brand", "new"}, {"skin", "没有"}}, "r1");
  EXPECT_EQ(ReasonOf(answer.status()), Reason::TAG_NOT_FOUND);
  EXPECT_EQ(FieldOf(answer.status()), "tags[2].value");
  EXPECT_TRUE(TagsOf(1).empty());
  EXPECT_EQ(harness_.store.state().definitions.tags.size(), 2u);
  EXPECT_EQ(Revision(), 0);
}

TEST_F(TagUsecaseTest, ErrorsNameWhatIsUnknown) {
  EXPECT_EQ(ReasonOf(Tag("nobody", {{"skin", "油性"}}).status()), Reason::MEMBER_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Tag("m1", {{"nothing", "x"}}).status()), Reason::TAG_CATEGORY_NOT_FOUND);
  const Answer several = Tag("m1", {{"尺寸", "x"}});
  EXPECT_EQ(ReasonOf(several.status()), Reason::FIELD_INVALID);
  EXPECT_EQ(FieldOf(several.status()), "tags[0].category");
  EXPECT_EQ(ReasonOf(Tag("m1", {{"size", "腰围"}}).status()), Reason::FIELD_REQUIRED);
  EXPECT_EQ(ReasonOf(Untag("m1", {{"brand", "never"}}).status()), Reason::TAG_NOT_FOUND);
  EXPECT_EQ(Revision(), 0);
}

TEST_F(TagUsecaseTest, AWholeCategoryIsRemovedAtOnce) {
  Tag("m1", {{"brand", "a"}, {"brand", "b"}, {"skin", "油性"}}).value();
  EXPECT_EQ(Untag("m1", {{"brand", ""}})->answer, "5:3;5:4;");
  EXPECT_EQ(Untag("m1", {{"brand", ""}})->answer, "6:0;");
  EXPECT_EQ(TagsOf(1).size(), 1u);
}

TEST_F(TagUsecaseTest, ItemsOfABatchAreDoneInOrderAndFailAlone) {
  BatchTagMembersResult result;
  std::vector<BatchTagItem> items = {
      {"m1", {}, {{"skin", "油性"}, {"brand", "x"}}},
      {"nobody", {}, {{"skin", "油性"}}},
      {"m2", {}, {{"brand", "y"}, {"skin", "没有"}}},
      {"m1", {{"brand", "x"}}, {{"brand", "z"}}},
  };
  WriteHarness::Await([&](WriteCallback done) {
    usecase_.BatchTagMembers(
        harness_.Context("r"), items,
        [&](const BatchTagMembersResult& got, const AnswerContext&) {
          result = got;
          return std::string();
        },
        std::move(done));
  }).value();
  ASSERT_EQ(result.items.size(), 4u);
  EXPECT_EQ(Describe(result.items[0].changes), "1:1;1:3;");
  EXPECT_EQ(ReasonOf(result.items[1].status), Reason::MEMBER_NOT_FOUND);
  EXPECT_EQ(FieldOf(result.items[1].status), "items[1].member_id");
  EXPECT_EQ(FieldOf(result.items[2].status), "items[2].tags[1].value");
  EXPECT_TRUE(result.items[2].changes.empty());
  EXPECT_EQ(Describe(result.items[3].changes), "5:3;1:4;");  // "y" took no number
  EXPECT_TRUE(TagsOf(2).empty());
  EXPECT_EQ(Revision(), 1);

  const auto run = [&](size_t count) {  // T51
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.BatchTagMembers(
          harness_.Context(), std::vector<BatchTagItem>(count, BatchTagItem{"m1", {}, {}}),
          [](const BatchTagMembersResult&, const AnswerContext&) { return std::string(); },
          std::move(done));
    });
  };
  EXPECT_TRUE(run(domain::kMaxBatchItems).ok());
  EXPECT_EQ(ReasonOf(run(domain::kMaxBatchItems + 1).status()), Reason::BATCH_TOO_LARGE);
}

TEST_F(TagUsecaseTest, T51ExpiredTagsDoNotFillTheLimit) {
  constexpr auto kNew = static_cast<domain::TagNo>(3 + domain::kMaxTagsPerMember);
  harness_.store.EditState([](MemoryState& state) {
    for (domain::TagNo no = 3; no < kNew; ++no) {
      domain::Tag tag;
      tag.number = no;
      tag.category_no = 2;
      tag.value = absl::StrCat("b", no);
      state.definitions.tags[no] = tag;
      domain::TagAssignment assignment;
      assignment.tag_no = no;
      assignment.assigned_at_ms = 1'600'000'000'000;
      // All but one have expired.
      if (no > 3) assignment.expires_at_ms = 1'600'000'000'001;
      state.members.at(1).tags.push_back(assignment);
    }
    state.head.next_tag_no = kNew;
  });
  EXPECT_EQ(Tag("m1", {{"brand", "new"}})->answer, absl::StrCat("1:", kNew, ";"));
  const auto tags = TagsOf(1);
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags[0].tag_no, 3u);
  // They went silently: nobody removed them.
  EXPECT_EQ(harness_.store.state().tag_history.size(), 1u);
}

TEST_F(TagUsecaseTest, TagsPerCallAreBounded) {  // T51
  std::vector<TagInput> tags(kMaxTagsPerCall, TagInput{"skin", "油性"});
  EXPECT_TRUE(Tag("m1", tags).ok());
  tags.push_back(tags[0]);
  EXPECT_EQ(ReasonOf(Tag("m1", tags).status()), Reason::FIELD_OUT_OF_RANGE);
}

}  // namespace
}  // namespace segmentation::usecase
