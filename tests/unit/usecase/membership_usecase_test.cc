// What is said of single members: the index, the database and the naive evaluator say the same
// (T47, T50, T71), an explanation gives the answer of the check, and time changes an answer exactly
// when the explanation says so (T22).
#include "server/usecase/membership_usecase.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/calendar.h"
#include "server/base/error.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/naive_evaluator.h"
#include "server/domain/condition/next_change.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "tests/support/condition_generator.h"
#include "tests/support/generator_random.h"
#include "tests/support/law_cases.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"
#include "tests/unit/usecase/indexed_shop.h"

namespace segmentation::usecase {
namespace {

using domain::condition::NaiveEvaluator;
using domain::condition::NextChange;
using testing_support::GeneratedShop;
using testing_support::GeneratorRandom;

class MembershipTest : public IndexedShopTest {
 protected:
  void Remember() override {
    saved_ = std::make_unique<SavedConditions>();
    keeper_ = std::make_unique<GroupKeeper>(*store_, *indexes_, *saved_, clock_);
    by_keeper_ =
        std::make_unique<MembershipUsecase>(*reader_, *saved_, indexes_.get(), keeper_.get());
    by_index_ = std::make_unique<MembershipUsecase>(*reader_, *saved_, indexes_.get());
    by_rows_ = std::make_unique<MembershipUsecase>(*reader_, *saved_);
  }
  void Forget() override {
    by_keeper_.reset();
    by_index_.reset();
    by_rows_.reset();
    keeper_.reset();
    saved_.reset();
  }

  std::vector<std::string> GroupsOf(MembershipUsecase& usecase, const std::string& member_id) {
    std::vector<std::string> ids;
    const auto found = usecase.ListGroups(context_, member_id, "", 10'000, read_);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return ids;
    for (const MemberGroup& group : found->groups) {
      ids.push_back(group.group_id + (group.status.ok() ? "" : " broken"));
    }
    return ids;
  }

  std::unique_ptr<SavedConditions> saved_;
  std::unique_ptr<GroupKeeper> keeper_;
  std::unique_ptr<MembershipUsecase> by_keeper_, by_index_, by_rows_;
};

std::optional<base::Reason> ReasonOf(const absl::Status& status) {
  const auto info = base::GetErrorInfo(status);
  return info ? std::optional(info->reason) : std::nullopt;
}

TEST_F(MembershipTest, T71GroupsOfAMemberAreThoseWhoseConditionsSelectIt) {
  const uint64_t seed = testing_support::TestSeed();
  GeneratorRandom random(seed);
  std::vector<domain::condition::MemberFacts> facts;
  std::unique_ptr<domain::condition::Population> population;
  size_t inside = 0, outside = 0;
  for (const int i : testing_support::LawCases("T71 T47", 1'000, seed)) {
    if (i % 200 == 0) {
      Start(seed + static_cast<uint64_t>(i), 80);
      PutRandomGroups(20, seed + static_cast<uint64_t>(i));
      if (HasFatalFailure()) return;
      facts = generated_.Facts();
      population = std::make_unique<domain::condition::Population>(facts);
    }
    read_.as_of_ms = random.Pick(generated_.as_ofs);
    const domain::Member& member = random.Pick(generated_.members);
    std::vector<std::string> expected;
    std::vector<const domain::Group*> groups;
    for (const auto& [number, group] : generated_.definitions.groups) groups.push_back(&group);
    std::sort(groups.begin(), groups.end(),
              [](const auto* a, const auto* b) { return a->id < b->id; });
    ASSERT_FALSE(groups.empty());
    for (const domain::Group* group : groups) {
      const auto snapshot = store_->BeginRead(context_.shop.number, absl::InfiniteFuture());
      ASSERT_TRUE(snapshot.ok());
      const auto prepared =
          PrepareCondition(group->condition_text, generated_.definitions, RowsOf(**snapshot));
      ASSERT_TRUE(prepared.ok()) << prepared.status();
      const auto naive =
          NaiveEvaluator::Create(prepared->bound, {{*read_.as_of_ms, generated_.zone},
                                                   &generated_.definitions,
                                                   &prepared->groups,
                                                   population.get()});
      ASSERT_TRUE(naive.ok()) << naive.status();
      const bool selected = naive->Selects(facts[member.number - 1]);
      if (selected) expected.push_back(group->id);
      (selected ? inside : outside) += 1;
      if (i % 10 != 0) continue;
      for (MembershipUsecase* usecase : {by_index_.get(), by_rows_.get()}) {
        const std::vector<std::string> ids{member.id, "nobody", member.id};
        const auto check = usecase->Check(context_, group->id, 0, ids, read_);
        ASSERT_TRUE(check.ok()) << check.status();
        ASSERT_EQ(check->results.size(), 3u);
        EXPECT_TRUE(check->results[0].known && check->results[2].known);
        EXPECT_FALSE(check->results[1].known || check->results[1].in_group);
        EXPECT_EQ(check->results[0].in_group, selected) << group->condition_text;
        EXPECT_EQ(check->results[2].in_group, selected);
      }
      const auto explanation = by_index_->Explain(context_, group->id, 0, member.id, read_);
      ASSERT_TRUE(explanation.ok()) << explanation.status();
      EXPECT_EQ(explanation->in_group, selected) << group->condition_text;
      EXPECT_TRUE(explanation->complete);
    }
    EXPECT_EQ(GroupsOf(*by_index_, member.id), expected);
    if (i % 5 == 0) {
      EXPECT_EQ(GroupsOf(*by_rows_, member.id), expected);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(inside, 200u);
  EXPECT_GT(outside, 200u);
}

// The keeper follows on a thread of its own; what is asked meanwhile, and of groups that are not
// kept, is evaluated, so that the answers are the same whether it is behind or not.
TEST_F(MembershipTest, T45KeptGroupsAnswerAsTheirConditionsDo) {
  const uint64_t seed = testing_support::TestSeed();
  Start(seed, 80);
  PutRandomGroups(12, seed);
  if (HasFatalFailure()) return;
  const auto is_kept = [&] {
    const auto version = indexes_->At(context_.shop.number, read_.min_revision, absl::Now());
    return version != nullptr && keeper_->At(context_.shop.number, *version) != nullptr;
  };
  for (int round = 0; round < 4; ++round) {
    PutGroup(900, "edited", absl::StrCat("number_of_orders >= ", round));
    PutGroup(901, "parent", "IN GROUP 'edited'");
    for (int pass = 0; pass < 2; ++pass) {
      for (const domain::Member& member : generated_.members) {
        EXPECT_EQ(GroupsOf(*by_keeper_, member.id), GroupsOf(*by_rows_, member.id));
        const std::vector<std::string> ids{member.id};
        EXPECT_EQ(by_keeper_->Check(context_, "parent", 0, ids, read_)->results[0].in_group,
                  by_rows_->Check(context_, "parent", 0, ids, read_)->results[0].in_group);
      }
      if (HasFailure()) return;
      const absl::Time deadline = absl::Now() + absl::Seconds(60);
      while (!is_kept() && absl::Now() < deadline) std::this_thread::yield();
      ASSERT_TRUE(is_kept());
    }
  }
}

// What the README says: where the index answers, the database need not be there.
TEST_F(MembershipTest, TheIndexAnswersForAMemberWithoutTheDatabase) {
  Start(1, 20);
  PutGroup(900, "all", "NOT member_id = 'nobody'");
  const std::string member_id = generated_.members.front().id;
  const std::vector<std::string> ids{member_id, "nobody"};
  ASSERT_NE(indexes_->At(context_.shop.number, read_.min_revision, absl::Now() + absl::Seconds(60)),
            nullptr);
  store_->SetUnavailable(true);
  const auto check = by_index_->Check(context_, "all", 0, ids, read_);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(check->results[0].in_group);
  EXPECT_FALSE(check->results[1].known);
  EXPECT_EQ(GroupsOf(*by_index_, member_id), std::vector<std::string>{"all"});
  EXPECT_FALSE(by_rows_->Check(context_, "all", 0, ids, read_).ok());
  store_->SetUnavailable(false);
}

// T50: it shows its error, and the others their answers.
TEST_F(MembershipTest, T50ABrokenGroupStopsNoOther) {
  Start(1, 20);
  const std::string member_id = generated_.members.front().id;
  PutGroup(900, "a-all", "NOT member_id = 'nobody'");
  PutGroup(901, "b-broken", "IN GROUP 'gone'");
  PutGroup(902, "c-all", "NOT member_id = 'nobody'");
  for (MembershipUsecase* usecase : {by_index_.get(), by_rows_.get()}) {
    const std::vector<std::string> groups = GroupsOf(*usecase, member_id);
    for (const std::string id : {"a-all", "b-broken broken", "c-all"}) {
      EXPECT_EQ(std::count(groups.begin(), groups.end(), id), 1) << id;
    }
    const std::vector<std::string> ids{member_id};
    EXPECT_EQ(ReasonOf(usecase->Check(context_, "b-broken", 0, ids, read_).status()),
              base::Reason::CONDITION_UNKNOWN_REFERENCE);
    EXPECT_EQ(ReasonOf(usecase->ListGroups(context_, "nobody", "", 10, read_).status()),
              base::Reason::MEMBER_NOT_FOUND);
    EXPECT_EQ(ReasonOf(usecase->Check(context_, "no-group", 0, ids, read_).status()),
              base::Reason::GROUP_NOT_FOUND);
    EXPECT_EQ(ReasonOf(usecase->Explain(context_, "a-all", 0, "nobody", read_).status()),
              base::Reason::MEMBER_NOT_FOUND);
    EXPECT_EQ(ReasonOf(usecase->Explain(context_, "no-group", 0, member_id, read_).status()),
              base::Reason::GROUP_NOT_FOUND);
  }
}

// Groups that name each other twice, forty deep: whoever looks into each naming anew never ends.
TEST_F(MembershipTest, T47GroupsThatAreNamedInManyPlacesAreDecidedOnce) {
  Start(1, 20);
  const std::string member_id = generated_.members.front().id;
  const std::vector<std::string> ids{member_id};
  PutGroup(900, "g0", "NOT member_id = 'nobody'");
  for (int i = 1; i <= 40; ++i) {
    const std::string inner = absl::StrCat("IN GROUP 'g", i - 1, "'");
    // With another test between them, so that the two are not one.
    PutGroup(static_cast<domain::GroupNo>(900 + i), absl::StrCat("g", i),
             absl::StrCat(inner, " AND NOT member_id = 'nobody' AND ", inner));
  }
  for (MembershipUsecase* usecase : {by_keeper_.get(), by_index_.get(), by_rows_.get()}) {
    EXPECT_TRUE(usecase->Check(context_, "g40", 0, ids, read_)->results[0].in_group);
    const auto explanation = usecase->Explain(context_, "g40", 0, member_id, read_);
    ASSERT_TRUE(explanation.ok()) << explanation.status();
    EXPECT_TRUE(explanation->in_group);
    EXPECT_FALSE(explanation->complete);
    EXPECT_LE(explanation->parts.size(), 2'000u);
    EXPECT_EQ(GroupsOf(*usecase, member_id).size(), 41u);
  }
}

// A member of few among many groups: a page ends before all are looked at, and says where to go on.
TEST_F(MembershipTest, PagesOfAMemberInFewOfManyGroupsEndAndGoOn) {
  Start(1, 10);
  for (int i = 0; i < 1'050; ++i) {
    PutGroup(static_cast<domain::GroupNo>(900 + i), absl::StrCat("g", 10'000 + i),
             "member_id = 'nobody'");
    if (HasFatalFailure()) return;
  }
  PutGroup(5'000, "last", "NOT member_id = 'nobody'");
  const std::string member_id = generated_.members.front().id;
  const auto first = by_index_->ListGroups(context_, member_id, "", 10, read_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->groups.empty());
  EXPECT_EQ(first->go_on_after, "g10999");
  const auto second = by_index_->ListGroups(context_, member_id, first->go_on_after, 10, read_);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->groups.size(), 1u);
  EXPECT_EQ(second->groups[0].group_id, "last");
  EXPECT_EQ(second->go_on_after, "");
}

// A group that is edited is asked by its new condition at once; the old one under its revision.
TEST_F(MembershipTest, T68EditsAreSeenAtOnceAndRevisionsStay) {
  Start(1, 20);
  const std::string member_id = generated_.members.front().id;
  const std::vector<std::string> ids{member_id};
  PutGroup(900, "g", "member_id = 'nobody'");
  EXPECT_FALSE(by_index_->Check(context_, "g", 0, ids, read_)->results[0].in_group);
  PutGroup(900, "g", "NOT member_id = 'nobody'");
  EXPECT_TRUE(by_index_->Check(context_, "g", 0, ids, read_)->results[0].in_group);
}

TEST_F(MembershipTest, AnExplanationShowsWhatDecidesAndWhatTheMemberHas) {
  Start(1, 20);
  const std::string member_id = generated_.members.front().id;
  PutGroup(900, "inner", "member_id = 'nobody' OR NOT member_id = 'nobody'");
  PutGroup(901, "outer", "IN GROUP 'inner' AND number_of_orders < 0 AND member_id = 'nobody'");
  const auto explanation = by_index_->Explain(context_, "outer", 0, member_id, read_);
  ASSERT_TRUE(explanation.ok()) << explanation.status();
  std::string drawn;
  for (const ExplainedPart& part : explanation->parts) {
    absl::StrAppend(&drawn, std::string(static_cast<size_t>(part.depth), ' '),
                    part.holds ? "+" : "-", static_cast<int>(part.kind), part.decides ? "* " : " ",
                    part.text, "\n");
  }
  EXPECT_EQ(drawn,
            "-1* \n"
            " +5 IN GROUP 'inner'\n"
            "  +2 \n"
            "   -4 member_id = 'nobody'\n"
            "   +3 \n"
            "    -4 member_id = 'nobody'\n"
            " -4* number_of_orders < 0\n"
            " -4 member_id = 'nobody'\n");
  EXPECT_EQ(explanation->parts[1].group_id, "inner");
  EXPECT_EQ(explanation->parts[3].values, std::vector<std::string>{member_id});
  EXPECT_TRUE(explanation->next_change.known);
  EXPECT_EQ(explanation->next_change.at, std::nullopt);
}

// Whoever asks: an explanation needs no purpose, so it shows no personal data.
TEST_F(MembershipTest, AnExplanationMasksPersonalData) {
  Start(1, 60);
  PutGroup(900, "named", "name IS NOT NULL AND birthday IS NOT NULL AND address IS NOT NULL");
  PutGroup(901, "reachable", "HAS IDENTITY phone");
  int shown = 0;
  for (const domain::Member& member : generated_.members) {
    for (const char* const id : {"named", "reachable"}) {
      const auto explanation = by_rows_->Explain(context_, id, 0, member.id, read_);
      ASSERT_TRUE(explanation.ok()) << explanation.status();
      std::string values;
      for (const ExplainedPart& part : explanation->parts) {
        for (const std::string& value : part.values) absl::StrAppend(&values, value, "\n");
      }
      shown += values.empty() ? 0 : 1;
      for (const domain::Identity& identity : member.identities) {
        EXPECT_EQ(values.find(identity.value), std::string::npos);
      }
      for (const domain::AttributeNo number :
           {domain::kAttributeName, domain::kAttributeAddress, domain::kAttributeBirthday}) {
        const auto found = member.attributes.find(number);
        if (found == member.attributes.end()) continue;
        for (const domain::Value& value : found->second) {
          const auto* const text = std::get_if<std::string>(&value);
          if (text != nullptr && text->size() > 3) {
            EXPECT_EQ(values.find(*text), std::string::npos);
          }
          if (text != nullptr) continue;
          const auto code = static_cast<int32_t>(std::get<int64_t>(value));
          if (code > 10'000) {
            EXPECT_EQ(values.find(base::FormatDateCode(code)), std::string::npos);
          }
        }
      }
    }
  }
  EXPECT_GT(shown, 20);
}

// T22: between now and the next change the answer stays, at it the answer is the other one. Probes
// lie at random instants, and close before the change.
TEST(NextChange, T22IsTheFirstInstantAtWhichTheAnswerDiffers) {
  const uint64_t seed = testing_support::TestSeed();
  GeneratorRandom random(seed);
  constexpr base::InstantMs kDay = 86'400'000;
  GeneratedShop shop;
  std::unique_ptr<testing_support::ConditionGenerator> generator;
  std::vector<domain::condition::MemberFacts> facts;
  base::InstantMs as_of = 0;
  int changing = 0;
  for (const int i : testing_support::LawCases("T22", 12'000, seed)) {
    if (i % 400 == 0) {
      shop = testing_support::GenerateShop({seed + static_cast<uint64_t>(i), 60});
      facts = shop.Facts();
      as_of = shop.as_ofs[static_cast<size_t>(i / 400) % shop.as_ofs.size()];
      generator = std::make_unique<testing_support::ConditionGenerator>(
          shop.definitions,
          testing_support::CollectPools(shop.definitions, shop.members, shop.orders),
          domain::condition::EvaluationContext{as_of, shop.zone}, seed + static_cast<uint64_t>(i),
          testing_support::ConditionGenerator::Options{.max_leaves = 2,
                                                       .attribute_percent = 25,
                                                       .clause_percent = 60,
                                                       .groups = false,
                                                       .tops = false});
    }
    const domain::condition::Node tree = generator->Next().tree;
    const auto bound = domain::condition::Bind(tree, shop.definitions);
    ASSERT_TRUE(bound.ok()) << bound.status();
    const domain::condition::MemberFacts& member = random.Pick(facts);
    const auto selects = [&](base::InstantMs at) {
      return NaiveEvaluator::Create(*bound, {{at, shop.zone}, &shop.definitions, nullptr, nullptr})
          ->Selects(member);
    };
    const base::InstantMs until = as_of + random.Between(1, 120) * kDay;
    const auto next = domain::condition::FindNextChange(
        *bound, {{as_of, shop.zone}, &shop.definitions, nullptr, nullptr}, member, until,
        [] { return absl::OkStatus(); });
    ASSERT_TRUE(next.ok()) << next.status();
    ASSERT_TRUE(next->known);
    const bool now = selects(as_of);
    const base::InstantMs end = next->at.value_or(until + 1);
    ASSERT_GT(end, as_of);
    ASSERT_LE(end, until + 1);
    if (next->at) {
      ++changing;
      ASSERT_NE(selects(*next->at), now) << domain::condition::Print(tree);
    }
    std::vector<base::InstantMs> probes{end - 1};
    for (int probe = 0; probe < 40; ++probe) probes.push_back(random.Between(as_of, end - 1));
    for (const base::InstantMs at : probes) {
      ASSERT_EQ(selects(at), now) << domain::condition::Print(tree) << " at " << at << ", as of "
                                  << as_of << ", next " << end;
    }
  }
  EXPECT_GT(changing, 150) << "the conditions hardly change, so this shows nothing";
}

}  // namespace
}  // namespace segmentation::usecase
