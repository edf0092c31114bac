// What saved groups hold in place: names keep their meaning (T41), deleted ids stay taken (T68),
// pinned revisions keep theirs (T94).
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/usecase/attribute_usecase.h"
#include "server/usecase/group_usecase.h"
#include "server/usecase/store_usecase.h"
#include "server/usecase/tag_category_usecase.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

using base::Reason;

class DefinitionUsecaseTest : public ::testing::Test {
 protected:
  static auto Nothing() {
    return [](const auto&, const AnswerContext&) { return std::string(); };
  }
  // "OK", or "REASON field", and who holds it: "RESOURCE_IN_USE value: g, h".
  static std::string Fault(const Answer& answer) {
    if (answer.ok()) return "OK";
    const auto info = base::GetErrorInfo(answer.status());
    if (!info) return std::string(answer.status().message());
    std::string text = absl::StrCat(std::string(base::NameOf(info->reason)), " ", info->field);
    for (const auto& [key, value] : info->metadata) {
      if (key == "used_by") absl::StrAppend(&text, ": ", value);
    }
    return text;
  }

  std::string Category(const std::string& id, const std::string& template_name,
                       const std::string& name, const std::vector<std::string>& values = {}) {
    domain::TagCategory category;
    category.id = id;
    category.template_name = template_name;
    category.name = name;
    std::vector<domain::Tag> tags(values.size());
    for (size_t i = 0; i < values.size(); ++i) tags[i].value = values[i];
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      categories_.CreateCategory(harness_.Context(), category, tags, Nothing(), std::move(done));
    }));
  }
  std::string Rename(const std::string& id, const std::string& template_name,
                     const std::string& name) {
    UpdateTagCategoryInput update;
    update.category.id = id;
    update.category.template_name = template_name;
    update.category.name = name;
    update.set_template = update.set_name = true;
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      categories_.UpdateCategory(harness_.Context(), update, Nothing(), std::move(done));
    }));
  }
  std::string DeleteTag(const std::string& category, const std::string& value) {
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      categories_.DeleteTag(harness_.Context(), category, value, {}, Nothing(), std::move(done));
    }));
  }
  std::string DeleteCategory(const std::string& category) {
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      categories_.DeleteCategory(harness_.Context(), category, {}, Nothing(), std::move(done));
    }));
  }
  std::string Save(const std::string& id, const std::string& condition) {
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      groups_.Create(harness_.Context(), GroupInput{id, "", "", ""}, condition, Nothing(),
                     std::move(done));
    }));
  }
  std::string Edit(const std::string& id, const std::string& condition) {
    UpdateGroupInput update;
    update.group.id = id;
    update.condition = condition;
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      groups_.Update(harness_.Context(), update, Nothing(), std::move(done));
    }));
  }
  std::string Delete(const std::string& id, bool force = false) {
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      groups_.Delete(harness_.Context(), id, {}, force, Nothing(), std::move(done));
    }));
  }
  std::string Store(const std::string& id) {
    domain::Store store;
    store.id = id;
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      stores_.CreateStore(harness_.Context(), store, Nothing(), std::move(done));
    }));
  }
  std::string DeleteStore(const std::string& id) {
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      stores_.DeleteStore(harness_.Context(), id, {}, Nothing(), std::move(done));
    }));
  }
  std::string Enum(const std::vector<std::string>& values, bool is_new) {
    domain::Attribute attribute;
    attribute.name = "size";
    attribute.type = domain::ValueType::kEnum;
    attribute.folding = domain::TextFolding::kNfkcCase;
    attribute.enum_values = values;
    return Fault(WriteHarness::Await([&](WriteCallback done) {
      if (is_new) {
        attributes_.Create(harness_.Context(), attribute, Nothing(), std::move(done));
        return;
      }
      UpdateAttributeInput update;
      update.attribute = attribute;
      update.set_enum_values = true;
      attributes_.Update(harness_.Context(), update, Nothing(), std::move(done));
    }));
  }
  domain::Revision Revision() { return harness_.store.state().head.revision; }

  WriteHarness harness_;
  TagCategoryUsecase categories_{*harness_.writer};
  GroupUsecase groups_{*harness_.writer};
  StoreUsecase stores_{*harness_.writer};
  AttributeUsecase attributes_{*harness_.writer};
};

TEST_F(DefinitionUsecaseTest, T41ANewCategoryDoesNotMakeSavedNamesAmbiguous) {
  ASSERT_EQ(Category("wear", "服装", "偏好风格", {"淑女"}), "OK");
  ASSERT_EQ(Save("g", "HAS TAG '偏好风格/淑女'"), "OK");
  ASSERT_EQ(Save("full", "HAS TAG '服装.偏好风格/淑女'"), "OK");
  const domain::Revision before = Revision();
  EXPECT_EQ(Category("under", "内衣", "偏好风格", {"淑女"}),
            "RESOURCE_IN_USE category.display_name: g");
  EXPECT_EQ(Revision(), before);
  EXPECT_FALSE(harness_.store.state().definitions.tag_categories.contains(2));
  EXPECT_EQ(Category("under", "内衣", "风格", {"淑女"}), "OK");
  EXPECT_EQ(Rename("under", "内衣", "偏好风格"), "RESOURCE_IN_USE category.display_name: g");
  // Once the group says which, the name is free.
  ASSERT_EQ(Edit("g", "HAS TAG '服装.偏好风格/淑女'"), "OK");
  EXPECT_EQ(Rename("under", "内衣", "偏好风格"), "OK");
}

TEST_F(DefinitionUsecaseTest, T41ANewCategoryDoesNotTakeOverASavedName) {
  ASSERT_EQ(Category("flat", "", "A.B", {"x"}), "OK");
  ASSERT_EQ(Save("value", "HAS TAG 'A.B/x'"), "OK");
  ASSERT_EQ(Save("any", "NOT HAS TAG 'A.B'"), "OK");
  EXPECT_EQ(Category("split", "A", "B", {"x"}),
            "RESOURCE_IN_USE category.display_name: any, value");
  ASSERT_EQ(Category("split", "A", "C", {"x"}), "OK");
  EXPECT_EQ(Rename("split", "A", "B"), "RESOURCE_IN_USE category.display_name: any, value");
}

TEST_F(DefinitionUsecaseTest, T41PinnedRevisionsKeepWhatTheyName) {
  ASSERT_EQ(Category("skin", "化妆品", "肤质", {"油性", "干性"}), "OK");
  ASSERT_EQ(Save("g", "HAS TAG '肤质/油性'"), "OK");
  ASSERT_EQ(Edit("g", "blocked = TRUE"), "OK");
  EXPECT_EQ(DeleteTag("skin", "干性"), "OK");
  ASSERT_EQ(Save("h", "IN GROUP 'g'@1"), "OK");
  ASSERT_EQ(Save("far", "NOT IN GROUP 'h'@1"), "OK");
  EXPECT_EQ(DeleteTag("skin", "油性"), "RESOURCE_IN_USE value: far, h");
  EXPECT_EQ(DeleteCategory("skin"), "RESOURCE_IN_USE category_id: far, h");
  EXPECT_EQ(Rename("skin", "", "皮肤"), "RESOURCE_IN_USE category.display_name: far, h");
  EXPECT_EQ(Category("other", "护肤", "肤质"), "RESOURCE_IN_USE category.display_name: far, h");
  ASSERT_EQ(Delete("far"), "OK");
  ASSERT_EQ(Delete("h"), "OK");
  EXPECT_EQ(DeleteTag("skin", "油性"), "OK");
}

TEST_F(DefinitionUsecaseTest, T41ABrokenGroupHoldsWhatItStillNames) {
  ASSERT_EQ(Category("skin", "化妆品", "肤质", {"油性", "干性"}), "OK");
  ASSERT_EQ(Store("s1"), "OK");
  ASSERT_EQ(Enum({"S", "L"}, true), "OK");
  ASSERT_EQ(Save("inner", "blocked = TRUE"), "OK");
  ASSERT_EQ(Save("g",
                 "IN GROUP 'inner' OR HAS TAG '肤质/油性' OR size = 'S' OR "
                 "orders_placed MATCHES (store = 's1')"),
            "OK");
  ASSERT_EQ(Delete("inner", /*force=*/true), "OK");
  EXPECT_EQ(DeleteTag("skin", "油性"), "RESOURCE_IN_USE value: g");
  EXPECT_EQ(DeleteStore("s1"), "RESOURCE_IN_USE store_id: g");
  EXPECT_EQ(Enum({"L"}, false), "RESOURCE_IN_USE attribute.enum_values: g");
  EXPECT_EQ(DeleteTag("skin", "干性"), "OK");
  // An ambiguous name holds everything it may mean.
  harness_.store.EditState([](MemoryState& state) {
    domain::TagCategory category = state.definitions.tag_categories.at(1);
    category.number = 2;
    category.id = "other";
    category.template_name = "护肤";
    state.definitions.tag_categories[2] = category;
    state.head.next_tag_category_no = 3;
    ++state.definitions.definition_revision;
    state.head.definition_revision = state.definitions.definition_revision;
  });
  EXPECT_EQ(DeleteCategory("skin"), "RESOURCE_IN_USE category_id: g");
  EXPECT_EQ(DeleteCategory("other"), "RESOURCE_IN_USE category_id: g");
  // A text that cannot be read may name anything.
  ASSERT_EQ(Delete("g"), "OK");
  ASSERT_EQ(Save("unreadable", "blocked = TRUE"), "OK");
  harness_.store.EditState([](MemoryState& state) {
    for (auto& [number, group] : state.definitions.groups) group.condition_text = "~";
    ++state.definitions.definition_revision;
    state.head.definition_revision = state.definitions.definition_revision;
  });
  EXPECT_EQ(DeleteStore("s1"), "RESOURCE_IN_USE store_id: unreadable");
}

TEST_F(DefinitionUsecaseTest, T41EnumValuesInUseKeepTheirMeaning) {
  ASSERT_EQ(Enum({"Large", "Small"}, true), "OK");
  ASSERT_EQ(Save("g", "size = 'large'"), "OK");
  // The attribute folds, so the value's own spelling is not what the group compares with.
  EXPECT_EQ(Enum({"Small"}, false), "RESOURCE_IN_USE attribute.enum_values: g");
  EXPECT_EQ(Enum({"Large"}, false), "OK");
  EXPECT_EQ(Enum({"Medium", "Large"}, false), "OK");
}

TEST_F(DefinitionUsecaseTest, T68IdsOfDeletedGroupsStayTaken) {
  ASSERT_EQ(Save("x", "blocked = TRUE"), "OK");
  ASSERT_EQ(Save("h", "IN GROUP 'x'"), "OK");
  ASSERT_EQ(Delete("x"), "RESOURCE_IN_USE group_id: h");
  ASSERT_EQ(Delete("x", /*force=*/true), "OK");
  EXPECT_EQ(Save("x", "blocked = FALSE"), "ALREADY_EXISTS group.group_id");
  EXPECT_EQ(Save("X", "blocked = FALSE"), "OK");  // T36
  EXPECT_EQ(Save("k", "IN GROUP 'x'@1"), "CONDITION_UNKNOWN_REFERENCE condition");
  EXPECT_EQ(harness_.store.state().definitions.retired_group_ids, std::set<std::string>{"x"});
}

TEST_F(DefinitionUsecaseTest, T94EveryRevisionOfOneBatchIsKept) {
  ASSERT_EQ(Save("g", "blocked = TRUE"), "OK");
  harness_.store.CloseGate();
  PendingAnswer first;
  const auto edit = [&](const std::string& id, const std::string& condition,
                        PendingAnswer& answer) {
    UpdateGroupInput update;
    update.group.id = id;
    update.condition = condition;
    groups_.Update(harness_.Context(), update, Nothing(), answer.callback());
  };
  edit("g", "blocked = FALSE", first);
  harness_.store.WaitForArrival();
  // These wait for the first and become one batch.
  std::vector<PendingAnswer> answers(3);
  edit("g", "city = 'a'", answers[0]);
  edit("g", "NOT city = 'nothing", answers[1]);  // refused: it leaves no revision
  edit("g", "city = 'b'", answers[2]);
  harness_.store.OpenGate();
  EXPECT_TRUE(first.Get().ok());
  EXPECT_TRUE(answers[0].Get().ok());
  EXPECT_FALSE(answers[1].Get().ok());
  EXPECT_TRUE(answers[2].Get().ok());
  const MemoryState state = harness_.store.state();
  EXPECT_EQ(state.head.revision, 3);
  ASSERT_EQ(state.group_revisions.size(), 4u);
  EXPECT_EQ(state.group_revisions.at({1, 3}).condition_text, "city = 'a'");
  EXPECT_EQ(state.group_revisions.at({1, 4}).condition_text, "city = 'b'");
  EXPECT_EQ(Save("h", "IN GROUP 'g'@3"), "OK");
}

TEST_F(DefinitionUsecaseTest, T46APinnedRevisionHoldsTheGroupsItNames) {
  ASSERT_EQ(Save("y", "blocked = TRUE"), "OK");
  ASSERT_EQ(Save("g", "IN GROUP 'y'"), "OK");
  ASSERT_EQ(Edit("g", "blocked = FALSE"), "OK");
  ASSERT_EQ(Save("h", "IN GROUP 'g'@1"), "OK");
  EXPECT_EQ(Delete("y"), "RESOURCE_IN_USE group_id: h");
  // A group that names an older revision of itself may go.
  ASSERT_EQ(Save("self", "blocked = TRUE"), "OK");
  ASSERT_EQ(Edit("self", "NOT IN GROUP 'self'@1"), "OK");
  EXPECT_EQ(Delete("self"), "OK");
}

TEST_F(DefinitionUsecaseTest, T41StoresThatGroupsNameAreKept) {
  ASSERT_EQ(Store("s1"), "OK");
  ASSERT_EQ(Store("s2"), "OK");
  ASSERT_EQ(Save("g", "orders_placed MATCHES (store IN ('s1'), date >= -14d)"), "OK");
  EXPECT_EQ(DeleteStore("s1"), "RESOURCE_IN_USE store_id: g");
  EXPECT_EQ(DeleteStore("s2"), "OK");
}

}  // namespace
}  // namespace segmentation::usecase
