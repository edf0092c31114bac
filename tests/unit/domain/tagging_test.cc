// What one tagging does: applied, replaced, already there, overruled. T25, T28, T41 elsewhere.
#include "server/domain/tagging.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "server/base/error.h"
#include "tests/support/law_cases.h"
#include "tests/support/seed.h"

namespace segmentation::domain {
namespace {

using base::GetErrorInfo;
using base::Reason;

enum : TagNo {
  kNeutral = 1,  // 中性
  kDry,          // 干性
  kOily,         // 油性
  kSensitive,    // 敏感性
  kNoAllergy,    // 无
  kSomeAllergy,  // 有
  kAlcohol,      // 酒精过敏
  kYoung,        // 20-25
  kOlder,        // 25-30
  kLace,         // 蕾丝, multi-choice
  kChest,        // 上胸围尺寸, numeric
};

ShopDefinitions Definitions() {
  ShopDefinitions definitions;
  const auto category = [&](TagCategoryNo number, TagCategoryKind kind, TagChoice choice) {
    TagCategory& made = definitions.tag_categories[number];
    made.number = number;
    made.kind = kind;
    made.choice = choice;
    made.name = "category";
  };
  const auto tag = [&](TagNo number, TagCategoryNo category_no, int32_t exclusion_set) {
    Tag& made = definitions.tags[number];
    made.number = number;
    made.category_no = category_no;
    made.exclusion_set = exclusion_set;
  };
  category(1, TagCategoryKind::kListed, TagChoice::kMulti);  // 肤质
  tag(kNeutral, 1, 1);
  tag(kDry, 1, 1);
  tag(kOily, 1, 1);
  tag(kSensitive, 1, 0);
  category(2, TagCategoryKind::kListed, TagChoice::kMulti);  // 过敏史情况
  tag(kNoAllergy, 2, kExcludesWholeCategory);
  tag(kSomeAllergy, 2, 0);
  tag(kAlcohol, 2, 0);
  category(3, TagCategoryKind::kListed, TagChoice::kSingle);  // 年龄段
  tag(kYoung, 3, 0);
  tag(kOlder, 3, 0);
  category(4, TagCategoryKind::kFree, TagChoice::kMulti);
  tag(kLace, 4, 0);
  category(5, TagCategoryKind::kNumeric, TagChoice::kMulti);
  tag(kChest, 5, 0);
  return definitions;
}

TagAssignment Assignment(TagNo tag_no, int64_t at_ms, TagSource source = TagSource::kAgent) {
  TagAssignment assignment;
  assignment.tag_no = tag_no;
  assignment.source = source;
  assignment.assigned_at_ms = at_ms;
  assignment.actor = "agent";
  return assignment;
}

// Applies what is decided to the member's tags and answers the outcome.
TaggingDecision Tag(std::vector<TagAssignment>& tags, const TagAssignment& wanted) {
  static const ShopDefinitions definitions = Definitions();
  absl::StatusOr<TaggingDecision> decision = DecideTagging(definitions, tags, wanted, "tags[0]");
  EXPECT_TRUE(decision.ok()) << decision.status();
  const auto drop = [&](TagNo tag_no) {
    std::erase_if(tags, [&](const TagAssignment& tag) { return tag.tag_no == tag_no; });
  };
  for (const TagAssignment& gone : decision->replaced) drop(gone.tag_no);
  for (const TagAssignment& gone : decision->expired) drop(gone.tag_no);
  if (decision->outcome == TagOutcome::kApplied || decision->outcome == TagOutcome::kUpdated) {
    drop(wanted.tag_no);
    tags.push_back(decision->assignment);
  }
  return *decision;
}

std::vector<TagNo> Numbers(const std::vector<TagAssignment>& tags) {
  std::vector<TagNo> numbers;
  for (const TagAssignment& tag : tags) numbers.push_back(tag.tag_no);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

TEST(TaggingTest, SetsReplaceAndTheRestIsAdded) {
  std::vector<TagAssignment> tags;
  EXPECT_EQ(Tag(tags, Assignment(kDry, 1)).outcome, TagOutcome::kApplied);
  EXPECT_EQ(Tag(tags, Assignment(kSensitive, 2)).outcome, TagOutcome::kApplied);
  const TaggingDecision decision = Tag(tags, Assignment(kOily, 3));
  EXPECT_EQ(decision.outcome, TagOutcome::kApplied);
  EXPECT_EQ(Numbers(decision.replaced), (std::vector<TagNo>{kDry}));
  EXPECT_EQ(Numbers(tags), (std::vector<TagNo>{kOily, kSensitive}));
  EXPECT_EQ(Tag(tags, Assignment(kOily, 4)).outcome, TagOutcome::kAlreadyPresent);
}

TEST(TaggingTest, SingleChoiceIsOneSet) {
  std::vector<TagAssignment> tags;
  Tag(tags, Assignment(kYoung, 1));
  EXPECT_EQ(Numbers(Tag(tags, Assignment(kOlder, 2)).replaced), (std::vector<TagNo>{kYoung}));
  EXPECT_EQ(Numbers(tags), (std::vector<TagNo>{kOlder}));
}

TEST(TaggingTest, AValueThatStandsAloneReplacesAllOthers) {
  std::vector<TagAssignment> tags;
  Tag(tags, Assignment(kSomeAllergy, 1));
  Tag(tags, Assignment(kAlcohol, 2));
  Tag(tags, Assignment(kLace, 2));
  EXPECT_EQ(Numbers(tags), (std::vector<TagNo>{kSomeAllergy, kAlcohol, kLace}));
  EXPECT_EQ(Numbers(Tag(tags, Assignment(kNoAllergy, 3)).replaced),
            (std::vector<TagNo>{kSomeAllergy, kAlcohol}));
  EXPECT_EQ(Numbers(tags), (std::vector<TagNo>{kNoAllergy, kLace}));
  EXPECT_EQ(Numbers(Tag(tags, Assignment(kAlcohol, 4)).replaced), (std::vector<TagNo>{kNoAllergy}));
}

TEST(TaggingTest, AnEarlierWordIsOverruledByALaterOne) {
  std::vector<TagAssignment> tags;
  Tag(tags, Assignment(kOily, 10));
  const TaggingDecision decision = Tag(tags, Assignment(kDry, 9));
  EXPECT_EQ(decision.outcome, TagOutcome::kOverruled);
  EXPECT_EQ(decision.overruled_by, TagNo{kOily});
  EXPECT_TRUE(decision.replaced.empty());
  EXPECT_EQ(Numbers(tags), (std::vector<TagNo>{kOily}));
  // At one instant the one that comes second holds.
  EXPECT_EQ(Tag(tags, Assignment(kDry, 10)).outcome, TagOutcome::kApplied);
}

TEST(TaggingTest, ExpiredTagsAreGone) {
  std::vector<TagAssignment> tags;
  TagAssignment dry = Assignment(kDry, 10);
  dry.expires_at_ms = 20;
  Tag(tags, dry);
  EXPECT_TRUE(IsLiveAt(tags[0], 19));
  EXPECT_FALSE(IsLiveAt(tags[0], 20));
  std::vector<TagAssignment> before = tags;
  EXPECT_EQ(Numbers(Tag(before, Assignment(kOily, 19)).replaced), (std::vector<TagNo>{kDry}));
  std::vector<TagAssignment> after = tags;
  const TaggingDecision decision = Tag(after, Assignment(kOily, 20));
  EXPECT_TRUE(decision.replaced.empty());
  EXPECT_EQ(Numbers(decision.expired), (std::vector<TagNo>{kDry}));
  // Also of what excludes nothing.
  std::vector<TagAssignment> other = tags;
  EXPECT_EQ(Numbers(Tag(other, Assignment(kLace, 20)).expired), (std::vector<TagNo>{kDry}));
  EXPECT_EQ(Tag(tags, Assignment(kDry, 20)).outcome, TagOutcome::kApplied);
  EXPECT_FALSE(tags[0].expires_at_ms);
}

TEST(TaggingTest, TheLaterEndAndTheHigherConfidenceHold) {
  std::vector<TagAssignment> tags;
  TagAssignment lace = Assignment(kLace, 10);
  lace.expires_at_ms = 100;
  lace.confidence_percent = 60;
  Tag(tags, lace);
  lace.expires_at_ms = 50;
  lace.confidence_percent = 30;
  EXPECT_EQ(Tag(tags, lace).outcome, TagOutcome::kAlreadyPresent);
  lace.confidence_percent = 80;
  EXPECT_EQ(Tag(tags, lace).outcome, TagOutcome::kUpdated);
  EXPECT_EQ(tags[0].confidence_percent, 80);
  EXPECT_EQ(tags[0].expires_at_ms, 100);
  lace.expires_at_ms.reset();
  EXPECT_EQ(Tag(tags, lace).outcome, TagOutcome::kUpdated);
  EXPECT_FALSE(tags[0].expires_at_ms);
  lace.expires_at_ms = 200;
  EXPECT_EQ(Tag(tags, lace).outcome, TagOutcome::kAlreadyPresent);
}

TEST(TaggingTest, NumbersAreReplacedByLaterOnes) {
  std::vector<TagAssignment> tags;
  TagAssignment chest = Assignment(kChest, 10);
  chest.number = 800'000;
  EXPECT_EQ(Tag(tags, chest).outcome, TagOutcome::kApplied);
  EXPECT_EQ(Tag(tags, chest).outcome, TagOutcome::kAlreadyPresent);
  chest.number = 850'000;
  chest.assigned_at_ms = 11;
  const TaggingDecision decision = Tag(tags, chest);
  EXPECT_EQ(decision.outcome, TagOutcome::kUpdated);
  EXPECT_EQ(decision.previous_number, 800'000);
  chest.number = 700'000;
  chest.assigned_at_ms = 9;
  EXPECT_EQ(Tag(tags, chest).outcome, TagOutcome::kAlreadyPresent);
  EXPECT_EQ(tags[0].number, 850'000);
  // A rule does not overrule what a person measured.
  chest.assigned_at_ms = 12;
  chest.source = TagSource::kRule;
  const TaggingDecision rule = Tag(tags, chest);
  EXPECT_EQ(rule.outcome, TagOutcome::kOverruled);
  EXPECT_EQ(rule.overruled_by, TagNo{kChest});
  EXPECT_EQ(tags[0].number, 850'000);
}

// T28: a rule withdraws its tag, unless a person confirmed it.
TEST(TaggingTest, T28RulesWithdrawOnlyWhatNobodyConfirmed) {
  std::vector<TagAssignment> tags;
  Tag(tags, Assignment(kLace, 1, TagSource::kRule));
  EXPECT_EQ(DecideUntagging(tags, kLace, TagSource::kRule, 2).outcome, UntagOutcome::kRemoved);
  EXPECT_EQ(Tag(tags, Assignment(kLace, 2, TagSource::kBuyer)).outcome, TagOutcome::kUpdated);
  EXPECT_EQ(tags[0].source, TagSource::kBuyer);
  EXPECT_EQ(tags[0].assigned_at_ms, 1);
  EXPECT_EQ(Tag(tags, Assignment(kLace, 3, TagSource::kRule)).outcome, TagOutcome::kAlreadyPresent);
  EXPECT_EQ(tags[0].source, TagSource::kBuyer);
  for (TagSource machine : {TagSource::kRule, TagSource::kModel}) {
    const UntaggingDecision kept = DecideUntagging(tags, kLace, machine, 4);
    EXPECT_EQ(kept.outcome, UntagOutcome::kKeptForPerson);
    EXPECT_FALSE(kept.removed);
  }
  const UntaggingDecision removed = DecideUntagging(tags, kLace, TagSource::kAgent, 4);
  EXPECT_EQ(removed.outcome, UntagOutcome::kRemoved);
  EXPECT_EQ(removed.removed->tag_no, TagNo{kLace});
  EXPECT_EQ(DecideUntagging(tags, kOily, TagSource::kAgent, 4).outcome, UntagOutcome::kNotPresent);
  tags[0].expires_at_ms = 4;
  const UntaggingDecision expired = DecideUntagging(tags, kLace, TagSource::kAgent, 4);
  EXPECT_EQ(expired.outcome, UntagOutcome::kNotPresent);
  EXPECT_TRUE(expired.removed);
}

// T25: of tags that exclude each other the latest holds, whatever order they arrive in.
TEST(TaggingTest, T25AnyOrderOfArrivalEndsInTheSameTags) {
  const uint64_t seed = testing_support::TestSeed();
  std::mt19937_64 random(seed);
  for ([[maybe_unused]] const int i : testing_support::LawCases("T25", 2'000, seed)) {
    std::vector<TagAssignment> events;
    const bool skin = random() % 2 == 0;
    for (size_t n = 2 + random() % 6; events.size() < n;) {
      const TagNo tag_no =
          static_cast<TagNo>(skin ? kNeutral + random() % 4 : kYoung + random() % 2);
      // Each value once: when one was said again, its first time stays.
      const bool said = std::any_of(events.begin(), events.end(), [&](const TagAssignment& event) {
        return event.tag_no == tag_no;
      });
      if (!said) {
        events.push_back(Assignment(
            tag_no, static_cast<int64_t>(random() % 1'000'000 * 10 + events.size() + 1)));
      } else {
        --n;
      }
    }
    std::vector<TagNo> expected;
    for (int arrival = 0; arrival < 4; ++arrival) {
      std::vector<TagAssignment> tags;
      for (const TagAssignment& event : events) Tag(tags, event);
      if (arrival == 0) expected = Numbers(tags);
      ASSERT_EQ(Numbers(tags), expected);
      std::shuffle(events.begin(), events.end(), random);
    }
  }
}

TEST(TaggingTest, RefusesWhatDoesNotFitTheCategory) {
  const ShopDefinitions definitions = Definitions();
  const auto refusal = [&](const TagAssignment& wanted) {
    const absl::Status status = DecideTagging(definitions, {}, wanted, "tags[2]").status();
    return GetErrorInfo(status).value_or(base::ErrorInfo{Reason::INTERNAL, "", {}});
  };
  EXPECT_EQ(refusal(Assignment(99, 1)).reason, Reason::TAG_NOT_FOUND);
  EXPECT_EQ(refusal(Assignment(kChest, 1)).reason, Reason::FIELD_REQUIRED);
  EXPECT_EQ(refusal(Assignment(kChest, 1)).field, "tags[2].number");
  TagAssignment bad = Assignment(kLace, 1);
  bad.number = 1;
  EXPECT_EQ(refusal(bad).reason, Reason::FIELD_INVALID);
  bad = Assignment(kLace, 1);
  bad.confidence_percent = 101;
  EXPECT_EQ(refusal(bad).reason, Reason::FIELD_OUT_OF_RANGE);
  bad = Assignment(kLace, 1);
  bad.expires_at_ms = 1;
  EXPECT_EQ(refusal(bad).field, "tags[2].expires_at");
  bad = Assignment(kLace, INT64_MAX);
  EXPECT_EQ(refusal(bad).reason, Reason::FIELD_OUT_OF_RANGE);
  bad = Assignment(kChest, 1);
  bad.number = INT64_MIN;
  EXPECT_EQ(refusal(bad).reason, Reason::FIELD_OUT_OF_RANGE);
}

TEST(TaggingTest, PathsSplitAtTheFirstSlash) {
  EXPECT_EQ(ParseTagPath("肤质/油性", "tag")->value, "油性");
  EXPECT_EQ(ParseTagPath("罩杯大小/3/4罩杯", "tag")->category, "罩杯大小");
  EXPECT_EQ(ParseTagPath("罩杯大小/3/4罩杯", "tag")->value, "3/4罩杯");
  for (const char* path : {"", "肤质", "/油性", "肤质/"}) {
    EXPECT_EQ(GetErrorInfo(ParseTagPath(path, "tag").status())->reason, Reason::FIELD_INVALID);
  }
  EXPECT_EQ(*NormalizeFreeTagValue(" ｉPhone5S　", "value"), "iPhone5S");
  EXPECT_EQ(GetErrorInfo(NormalizeFreeTagValue("　", "value").status())->reason,
            Reason::FIELD_INVALID);
}

}  // namespace
}  // namespace segmentation::domain
