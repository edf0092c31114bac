// Group commit: order, replay, unknown outcomes, culprits, priorities, bounds, shutdown.
#include "server/usecase/shop_writer.h"

#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/usecase/recent_answers.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

using base::Reason;

// Makes a member, or counts one up that exists: the answer is "id:times@revision".
std::unique_ptr<WriteCommand> Touch(CallContext context, const std::string& member_id,
                                    RowCommandTraits traits = {}) {
  WriteKeys keys;
  keys.member_ids.push_back(member_id);
  keys.parts = storage::MemberParts::kAttributes;
  return std::make_unique<RowCommand>(
      std::move(context), std::move(keys),
      [member_id](const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
        const domain::Member* member = ws.FindMember(member_id);
        if (member == nullptr) member = ws.CreateMember(member_id, call.actor);
        domain::Member& edited = *ws.MutableMember(member->number);
        std::vector<domain::Value>& values = edited.attributes[domain::kAttributeHeightCm];
        if (values.empty()) values.emplace_back(int64_t{0});
        const int64_t times = ++std::get<int64_t>(values[0]);
        ws.Restamp(edited.stamp, call.actor);
        return absl::StrCat(member_id, ":", times, "@", ws.answer_context().revision);
      },
      traits);
}

// Changes something, then fails.
std::unique_ptr<WriteCommand> Failing(CallContext context, const std::string& member_id) {
  WriteKeys keys;
  keys.member_ids.push_back(member_id);
  return std::make_unique<RowCommand>(
      std::move(context), std::move(keys),
      [member_id](const CallContext& call, WorkingSet& ws) -> absl::StatusOr<std::string> {
        ws.CreateMember(member_id, call.actor);
        ws.AddConsentHistory({});
        domain::Tag tag;
        tag.number = ws.TakeTagNo();
        ws.PutTag(tag);
        return base::MakeError(Reason::LIMIT_REACHED, "field", "on purpose");
      });
}

std::unique_ptr<WriteCommand> Reading(CallContext context) {
  return std::make_unique<RowCommand>(std::move(context), WriteKeys{},
                                      [](const CallContext&, WorkingSet& ws) {
                                        return absl::StrCat("saw ", ws.answer_context().revision);
                                      });
}

std::unique_ptr<WriteCommand> Answering(CallContext context, size_t bytes) {
  return std::make_unique<RowCommand>(
      std::move(context), WriteKeys{},
      [bytes](const CallContext&, WorkingSet&) { return std::string(bytes, 'x'); });
}

std::unique_ptr<WriteCommand> DeletingShop(CallContext context) {
  return std::make_unique<RowCommand>(
      std::move(context), WriteKeys{},
      [](const CallContext& call, WorkingSet& ws) {
        domain::Shop shop = ws.definitions().shop;
        shop.deleted = true;
        ws.Restamp(shop.stamp, call.actor);
        ws.PutShop(std::move(shop));
        return absl::StrCat("deleted@", ws.answer_context().revision);
      },
      RowCommandTraits{.cause = storage::ChangeCause::kDefinition});
}

constexpr RowCommandTraits kBulkImport{WritePriority::kBulk, storage::ChangeCause::kImport, 512};

class ShopWriterTest : public ::testing::Test {
 protected:
  // While the gate is closed the first batch is under way and all others wait in the queue.
  void HoldWithOneBatch() {
    harness_.store.CloseGate();
    first_ = Submit(Touch(Context(), "first"));
    harness_.store.WaitForArrival();
  }
  PendingAnswer Submit(std::unique_ptr<WriteCommand> command) {
    PendingAnswer pending;
    harness_.writer->Submit(std::move(command), pending.callback());
    return pending;
  }
  PendingAnswer SubmitChunk(size_t kib) {
    return Submit(
        Touch(Context(), "m", {WritePriority::kBulk, storage::ChangeCause::kImport, kib * 1024}));
  }
  void EachBatchTakes(absl::Duration span) {
    harness_.store.on_begin = [this, span] {
      harness_.clock.Set(absl::ToUnixMillis(harness_.clock.Now() + span));
      return absl::OkStatus();
    };
  }
  Answer Run(std::unique_ptr<WriteCommand> command) { return Submit(std::move(command)).Get(); }
  CallContext Context(std::string id = "", std::string body = "") {
    return harness_.Context(std::move(id), std::move(body));
  }
  domain::Revision Revision() { return harness_.store.state().head.revision; }
  int64_t TimesOf(const std::string& member_id) {
    for (const auto& [no, member] : harness_.store.state().members) {
      if (member.id == member_id) {
        return std::get<int64_t>(member.attributes.at(domain::kAttributeHeightCm)[0]);
      }
    }
    return 0;
  }

  WriteHarness harness_;
  PendingAnswer first_;
};

TEST_F(ShopWriterTest, CommitsWhatWaitsInOneRevisionAndInOrder) {
  HoldWithOneBatch();
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 100; ++i) pending.push_back(Submit(Touch(Context(), "m")));
  harness_.store.OpenGate();
  EXPECT_EQ(first_.Get()->revision, 1);
  for (int i = 0; i < 100; ++i) {
    const Answer answer = pending[i].Get();
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->answer, absl::StrCat("m:", i + 1, "@2"));
    EXPECT_EQ(answer->revision, 2);
  }
  EXPECT_EQ(Revision(), 2);
}

TEST_F(ShopWriterTest, TakesAtMostABatchOfCommands) {
  ShopWriterOptions options;
  options.max_batch_commands = 10;
  harness_.Start(options);
  HoldWithOneBatch();
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 25; ++i) pending.push_back(Submit(Touch(Context(), "m")));
  harness_.store.OpenGate();
  for (PendingAnswer& one : pending) EXPECT_TRUE(one.Get().ok());
  EXPECT_EQ(Revision(), 4);  // the first one, then 10 + 10 + 5
}

TEST_F(ShopWriterTest, TakesAtMostABatchOfBytesButAlwaysOneCommand) {
  HoldWithOneBatch();
  const RowCommandTraits large{.estimated_bytes = 700 * 1024};
  const RowCommandTraits huge{.estimated_bytes = 10 * 1024 * 1024};
  std::vector<PendingAnswer> pending;
  for (const auto& traits : {large, large, huge}) {
    pending.push_back(Submit(Touch(Context(), "m", traits)));
  }
  harness_.store.OpenGate();
  std::set<domain::Revision> revisions;
  for (PendingAnswer& one : pending) revisions.insert(one.Get()->revision);
  EXPECT_EQ(revisions, (std::set<domain::Revision>{2, 3, 4}));
}

TEST_F(ShopWriterTest, AnErrorAnswersItsCommandAloneAndLeavesNothing) {
  HoldWithOneBatch();
  PendingAnswer good = Submit(Touch(Context(), "good"));
  PendingAnswer bad = Submit(Failing(Context("r-bad"), "bad"));
  PendingAnswer later = Submit(Touch(Context(), "later"));
  harness_.store.OpenGate();
  EXPECT_TRUE(good.Get().ok());
  EXPECT_EQ(ReasonOf(bad.Get().status()), Reason::LIMIT_REACHED);
  EXPECT_EQ(later.Get()->revision, 2);
  const MemoryState state = harness_.store.state();
  EXPECT_EQ(state.members.size(), 3u);  // first, good, later
  EXPECT_TRUE(state.consent_history.empty());
  EXPECT_TRUE(state.definitions.tags.empty());
  EXPECT_EQ(state.head.next_tag_no, 1u);
  EXPECT_EQ(state.head.next_member_no, 4u);
  EXPECT_EQ(state.requests.count("r-bad"), 0u);
}

// T69
TEST_F(ShopWriterTest, ARepeatedRequestIdReturnsTheFirstAnswer) {
  const Answer first = Run(Touch(Context("r1", "body"), "m"));
  Run(Touch(Context("r2", "body"), "m")).value();
  const Answer again = Run(Touch(Context("r1", "body"), "m"));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->answer, first->answer);
  EXPECT_EQ(again->revision, 1);
  EXPECT_EQ(TimesOf("m"), 2);
  EXPECT_EQ(Revision(), 2);  // a replay publishes nothing
}

// T69
TEST_F(ShopWriterTest, ARequestIdWithAnotherBodyIsRefused) {
  Run(Touch(Context("r1", "one"), "m")).value();
  const Answer other = Run(Touch(Context("r1", "two"), "m"));
  EXPECT_EQ(ReasonOf(other.status()), Reason::IDEMPOTENCY_KEY_REUSED);
  EXPECT_EQ(TimesOf("m"), 1);
}

// T69
TEST_F(ShopWriterTest, ARequestIdRepeatedWithinABatchIsDoneOnce) {
  HoldWithOneBatch();
  PendingAnswer one = Submit(Touch(Context("r1", "a"), "m"));
  PendingAnswer two = Submit(Touch(Context("r1", "a"), "m"));
  PendingAnswer other = Submit(Touch(Context("r1", "b"), "m"));
  harness_.store.OpenGate();
  const Answer first = one.Get();
  const Answer second = two.Get();
  EXPECT_EQ(first->answer, "m:1@2");
  EXPECT_EQ(second->answer, "m:1@2");
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(ReasonOf(other.Get().status()), Reason::IDEMPOTENCY_KEY_REUSED);
  EXPECT_EQ(TimesOf("m"), 1);
}

TEST_F(ShopWriterTest, AFailedRequestIdMayBeTriedAgain) {
  EXPECT_FALSE(Run(Failing(Context("r1", "a"), "m")).ok());
  const Answer again = Run(Touch(Context("r1", "a"), "m"));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->replayed);
}

// T69: of a deleted shop only repeats are answered, whether they waited behind the deletion in its
// batch or came later.
TEST_F(ShopWriterTest, ADeletedShopTakesNoWritesButRepeatsItsAnswers) {
  constexpr RowCommandTraits kDefinition{.cause = storage::ChangeCause::kDefinition};
  const Answer earlier = Run(Touch(Context("earlier"), "m"));
  HoldWithOneBatch();
  PendingAnswer deletion = Submit(DeletingShop(Context("delete")));
  PendingAnswer behind = Submit(Touch(Context("behind"), "m", kDefinition));
  PendingAnswer repeated = Submit(DeletingShop(Context("delete")));
  harness_.store.OpenGate();
  const Answer first = deletion.Get();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(ReasonOf(behind.Get().status()), Reason::SHOP_NOT_FOUND);
  EXPECT_EQ(repeated.Get()->answer, first->answer);

  EXPECT_EQ(ReasonOf(Run(Touch(Context("later"), "m")).status()), Reason::SHOP_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Run(Reading(Context())).status()), Reason::SHOP_NOT_FOUND);
  EXPECT_EQ(ReasonOf(Run(DeletingShop(Context("another"))).status()), Reason::SHOP_NOT_FOUND);
  const Answer again = Run(DeletingShop(Context("delete")));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->answer, first->answer);
  EXPECT_EQ(Run(Touch(Context("earlier"), "m"))->answer, earlier->answer);
  EXPECT_EQ(TimesOf("m"), 1);
  EXPECT_EQ(Revision(), first->revision);
}

// T69
TEST_F(ShopWriterTest, ADeletionWhoseCommitWasLostIsAnswered) {
  std::atomic<int> commits = 0;
  harness_.store.on_commit = [&] {
    return commits++ == 0 ? CommitFault::kUnknownCommitted : CommitFault::kNone;
  };
  const Answer answer = Run(DeletingShop(Context("delete")));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->answer, "deleted@1");
  EXPECT_EQ(Revision(), 1);
}

TEST_F(ShopWriterTest, NothingChangedUsesUpNoRevisionAndAnswersTheOneBefore) {
  Run(Touch(Context(), "m")).value();
  const Answer answer = Run(Reading(Context("r1")));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->revision, 1);
  EXPECT_EQ(answer->answer, "saw 1");
  EXPECT_EQ(Revision(), 1);
  EXPECT_TRUE(harness_.store.state().requests.empty());
}

// T69: also for what changed nothing and so has no row.
TEST_F(ShopWriterTest, ARepeatedRequestThatChangedNothingReturnsTheFirstAnswer) {
  EXPECT_EQ(Run(Reading(Context("r1", "a")))->answer, "saw 0");
  Run(Touch(Context(), "m")).value();
  const Answer again = Run(Reading(Context("r1", "a")));
  EXPECT_EQ(again->answer, "saw 0");
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(ReasonOf(Run(Reading(Context("r1", "b"))).status()), Reason::IDEMPOTENCY_KEY_REUSED);
}

TEST(RecentAnswersTest, KeepsTheNewestUpToItsBytes) {
  RecentAnswers recent(10'000);
  for (int i = 0; i < 100; ++i) {
    recent.Add(absl::StrCat("r", i), {"hash", {i, true, std::string(1'000, 'x')}});
  }
  EXPECT_EQ(recent.Find("r0"), nullptr);
  ASSERT_NE(recent.Find("r99"), nullptr);
  EXPECT_EQ(recent.Find("r99")->result.revision, 99);
  recent.Add("r99", {"hash", {7, true, ""}});
  EXPECT_EQ(recent.Find("r99")->result.revision, 99);
}

TEST_F(ShopWriterTest, ALostCommitThatHappenedIsAnsweredOnce) {
  std::atomic<int> commits = 0;
  harness_.store.on_commit = [&] {
    return commits++ == 0 ? CommitFault::kUnknownCommitted : CommitFault::kNone;
  };
  const Answer answer = Run(Touch(Context("r1"), "m"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->answer, "m:1@1");
  EXPECT_FALSE(answer->replayed);  // this caller hears it for the first time
  EXPECT_EQ(TimesOf("m"), 1);
  EXPECT_EQ(Revision(), 1);
}

TEST_F(ShopWriterTest, ALostCommitThatDidNotHappenIsDoneOnce) {
  std::atomic<int> commits = 0;
  harness_.store.on_commit = [&] {
    return commits++ < 3 ? CommitFault::kUnknownLost : CommitFault::kNone;
  };
  const Answer answer = Run(Touch(Context("r1"), "m"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(TimesOf("m"), 1);
  EXPECT_EQ(commits, 4);
}

TEST_F(ShopWriterTest, AfterALostCommitTheOutcomeIsFoundOutWhateverTheDeadline) {
  std::atomic<int> commits = 0;
  std::atomic<int> begins = 0;
  const base::InstantMs start = absl::ToUnixMillis(harness_.clock.Now());
  harness_.store.on_commit = [&] {
    if (commits++ > 0) return CommitFault::kNone;
    harness_.clock.Set(start + 10'000);  // beyond the command's deadline
    return CommitFault::kUnknownCommitted;
  };
  harness_.store.on_begin = [&]() -> absl::Status {
    const int begin = begins++;
    if (begin == 0 || begin > 20) return absl::OkStatus();
    return base::MakeError(Reason::DATABASE_UNAVAILABLE, "", "down");
  };
  CallContext context = Context("r1");
  context.deadline = absl::FromUnixMillis(start + 5'000);
  const Answer answer = Run(Touch(std::move(context), "m"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(TimesOf("m"), 1);
}

TEST_F(ShopWriterTest, AnOutcomeThatCannotBeFoundInTimeIsToldSo) {
  std::atomic<int> begins = 0;
  harness_.store.on_commit = [] { return CommitFault::kUnknownCommitted; };
  harness_.store.on_begin = [&]() -> absl::Status {
    if (begins++ == 0) return absl::OkStatus();
    harness_.clock.Set(absl::ToUnixMillis(harness_.clock.Now()) + 10'000);
    return base::MakeError(Reason::DATABASE_UNAVAILABLE, "", "down");
  };
  EXPECT_EQ(ReasonOf(Run(Touch(Context("r1"), "m")).status()), Reason::OUTCOME_UNKNOWN);
  harness_.store.on_begin = nullptr;
  harness_.store.on_commit = nullptr;
  const Answer again = Run(Touch(Context("r1"), "m"));  // the caller asks again
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->answer, "m:1@1");
}

TEST_F(ShopWriterTest, ConflictsAreTriedAgainABoundedNumberOfTimes) {
  std::atomic<int> commits = 0;
  harness_.store.on_commit = [&] {
    return commits++ < 3 ? CommitFault::kConflict : CommitFault::kNone;
  };
  EXPECT_TRUE(Run(Touch(Context("r1"), "m")).ok());
  EXPECT_EQ(TimesOf("m"), 1);
  harness_.store.on_commit = [&] {
    ++commits;
    return CommitFault::kConflict;
  };
  commits = 0;
  EXPECT_EQ(ReasonOf(Run(Touch(Context("r2"), "m")).status()), Reason::WRITE_CONFLICT);
  EXPECT_EQ(commits, ShopWriterOptions().max_attempts);
  EXPECT_EQ(TimesOf("m"), 1);
}

TEST_F(ShopWriterTest, AnUnreachableDatabaseIsToldAfterBoundedAttempts) {
  std::atomic<int> begins = 0;
  harness_.store.on_begin = [&]() -> absl::Status {
    ++begins;
    return base::MakeError(Reason::DATABASE_UNAVAILABLE, "", "down");
  };
  EXPECT_EQ(ReasonOf(Run(Touch(Context("r1"), "m")).status()), Reason::DATABASE_UNAVAILABLE);
  EXPECT_EQ(begins, ShopWriterOptions().max_attempts);
}

TEST_F(ShopWriterTest, RefusedDataIsSplitDownToTheCulprit) {
  harness_.store.on_apply = [](const storage::WriteSet& rows) -> absl::Status {
    for (const domain::Member& member : rows.members) {
      if (member.id.starts_with("poison")) {
        return base::MakeError(Reason::FIELD_INVALID, "", "data too long");
      }
    }
    return absl::OkStatus();
  };
  HoldWithOneBatch();
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 64; ++i) {
    const std::string id = absl::StrCat(i == 20 || i == 51 ? "poison" : "good", i);
    pending.push_back(Submit(Touch(Context(absl::StrCat("r", i)), id)));
  }
  harness_.store.OpenGate();
  for (int i = 0; i < 64; ++i) {
    const Answer answer = pending[i].Get();
    EXPECT_EQ(answer.ok(), i != 20 && i != 51) << i;
    if (!answer.ok()) {
      EXPECT_EQ(ReasonOf(answer.status()), Reason::FIELD_INVALID);
    }
  }
  EXPECT_EQ(harness_.store.state().members.size(), 63u);
}

TEST_F(ShopWriterTest, InteractiveGoesFirstAndBulkHasEverySecondBatch) {
  ShopWriterOptions options;
  options.max_batch_commands = 2;
  harness_.Start(options);
  HoldWithOneBatch();
  std::vector<PendingAnswer> bulk;
  std::vector<PendingAnswer> interactive;
  for (int i = 0; i < 4; ++i) bulk.push_back(Submit(Touch(Context(), "b", kBulkImport)));
  for (int i = 0; i < 6; ++i) interactive.push_back(Submit(Touch(Context(), "i")));
  harness_.store.OpenGate();
  std::vector<domain::Revision> bulk_at;
  std::vector<domain::Revision> interactive_at;
  for (PendingAnswer& one : bulk) bulk_at.push_back(one.Get()->revision);
  for (PendingAnswer& one : interactive) interactive_at.push_back(one.Get()->revision);
  // Revision 1 was interactive, so bulk is due at 2.
  EXPECT_EQ(bulk_at, (std::vector<domain::Revision>{2, 2, 4, 4}));
  EXPECT_EQ(interactive_at, (std::vector<domain::Revision>{3, 3, 5, 5, 6, 6}));
}

TEST_F(ShopWriterTest, ABulkBatchIsSmall) {
  HoldWithOneBatch();
  const RowCommandTraits chunk{WritePriority::kBulk, storage::ChangeCause::kImport, 200 * 1024};
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 3; ++i) pending.push_back(Submit(Touch(Context(), "m", chunk)));
  harness_.store.OpenGate();
  std::set<domain::Revision> revisions;
  for (PendingAnswer& one : pending) revisions.insert(one.Get()->revision);
  EXPECT_EQ(revisions.size(), 3u);
}

// Interactive writes wait for the bulk batch before them: it holds what the last ones did in its
// time.
TEST_F(ShopWriterTest, ABulkBatchIsAsShortAsTheLastOnesWereFast) {
  EachBatchTakes(absl::Milliseconds(40));
  ASSERT_TRUE(SubmitChunk(400).Get().ok());  // 200 KiB in 20 ms
  HoldWithOneBatch();
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 4; ++i) pending.push_back(SubmitChunk(80));
  harness_.store.OpenGate();
  std::vector<domain::Revision> revisions;
  for (PendingAnswer& one : pending) revisions.push_back(one.Get()->revision);
  // Two fit; they were slower, so that one fits from then on.
  EXPECT_EQ(revisions, (std::vector<domain::Revision>{3, 3, 4, 5}));
}

// A shop that nobody talks to has longer ones: each costs something of its own.
TEST_F(ShopWriterTest, ABulkBatchIsLongerWhileNoInteractiveWriteComes) {
  EachBatchTakes(absl::Milliseconds(40));
  ASSERT_TRUE(SubmitChunk(80).Get().ok());  // 200 KiB in 100 ms, 40 KiB in 20 ms
  HoldWithOneBatch();
  harness_.clock.Set(absl::ToUnixMillis(harness_.clock.Now()) + 960);  // its second is over
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 4; ++i) pending.push_back(SubmitChunk(80));
  harness_.store.OpenGate();
  std::vector<domain::Revision> revisions;
  for (PendingAnswer& one : pending) revisions.push_back(one.Get()->revision);
  EXPECT_EQ(revisions, (std::vector<domain::Revision>{3, 3, 4, 4}));
}

// Batches that are slow whatever is in them do not shrink to single commands.
TEST_F(ShopWriterTest, ASlowDatabaseLeavesBulkBatchesTheirLeastSize) {
  EachBatchTakes(absl::Seconds(1));
  ASSERT_TRUE(SubmitChunk(100).Get().ok());
  HoldWithOneBatch();
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 4; ++i) pending.push_back(SubmitChunk(30));
  harness_.store.OpenGate();
  std::vector<domain::Revision> revisions;
  for (PendingAnswer& one : pending) revisions.push_back(one.Get()->revision);
  EXPECT_EQ(revisions, (std::vector<domain::Revision>{3, 3, 4, 4}));
}

// T89: a revision has one cause.
TEST_F(ShopWriterTest, CommandsOfDifferentCausesNeverShareARevision) {
  HoldWithOneBatch();
  const RowCommandTraits definition{.cause = storage::ChangeCause::kDefinition};
  PendingAnswer a = Submit(Touch(Context(), "m"));
  PendingAnswer b = Submit(Touch(Context(), "m", definition));
  PendingAnswer c = Submit(Touch(Context(), "m"));
  harness_.store.OpenGate();
  EXPECT_EQ(a.Get()->answer, "m:1@2");
  EXPECT_EQ(b.Get()->answer, "m:2@3");
  EXPECT_EQ(c.Get()->answer, "m:3@4");
  using storage::ChangeCause;
  EXPECT_EQ(harness_.store.state().causes,
            (std::vector<ChangeCause>{ChangeCause::kFact, ChangeCause::kFact,
                                      ChangeCause::kDefinition, ChangeCause::kFact}));
}

// T51: at the bound and one beyond.
TEST_F(ShopWriterTest, TheQueueIsBoundedInCommandsAndBytes) {
  ShopWriterOptions options;
  options.max_queued_commands = 3;
  options.max_queued_bytes = 10'000;
  harness_.Start(options);
  HoldWithOneBatch();
  std::vector<PendingAnswer> pending;
  for (int i = 0; i < 3; ++i) pending.push_back(Submit(Touch(Context(), "m")));
  EXPECT_EQ(ReasonOf(Run(Touch(Context(), "m")).status()), Reason::QUEUE_FULL);
  harness_.store.OpenGate();
  for (PendingAnswer& one : pending) EXPECT_TRUE(one.Get().ok());
  EXPECT_EQ(TimesOf("m"), 3);

  HoldWithOneBatch();
  pending.clear();
  pending.push_back(Submit(Touch(Context(), "m", {.estimated_bytes = 9'000})));
  pending.push_back(Submit(Touch(Context(), "m", {.estimated_bytes = 1'000})));
  EXPECT_EQ(ReasonOf(Run(Touch(Context(), "m", {.estimated_bytes = 1})).status()),
            Reason::QUEUE_FULL);
  harness_.store.OpenGate();
  for (PendingAnswer& one : pending) EXPECT_TRUE(one.Get().ok());
}

// T72
TEST_F(ShopWriterTest, WhatNobodyWaitsForIsNotBegun) {
  const base::InstantMs now = absl::ToUnixMillis(harness_.clock.Now());
  CallContext late = Context();
  late.deadline = absl::FromUnixMillis(now);
  EXPECT_EQ(ReasonOf(Run(Touch(late, "m")).status()), Reason::DEADLINE_PASSED);

  HoldWithOneBatch();
  CallContext impatient = Context();
  impatient.deadline = absl::FromUnixMillis(now + 1'000);
  PendingAnswer expired = Submit(Touch(impatient, "m"));
  auto gone = std::make_shared<std::atomic<bool>>(false);
  CallContext leaving = Context();
  leaving.cancelled = [gone] { return gone->load(); };
  PendingAnswer cancelled = Submit(Touch(leaving, "m"));
  PendingAnswer good = Submit(Touch(Context(), "m"));
  harness_.clock.Set(now + 2'000);
  gone->store(true);
  harness_.store.OpenGate();
  EXPECT_EQ(ReasonOf(expired.Get().status()), Reason::DEADLINE_PASSED);
  EXPECT_EQ(ReasonOf(cancelled.Get().status()), Reason::CANCELLED);
  EXPECT_EQ(good.Get()->answer, "m:1@2");
}

TEST_F(ShopWriterTest, ShutdownFinishesWhatWaits) {
  HoldWithOneBatch();
  PendingAnswer waiting = Submit(Touch(Context(), "m"));
  std::thread stopping([this] { harness_.writer->Shutdown(absl::InfiniteFuture()); });
  // Until the writer refuses, it may take these too; they are answered either way.
  std::vector<PendingAnswer> late;
  while (true) {
    late.push_back(Submit(Reading(Context())));
    harness_.store.OpenGate();
    if (ReasonOf(late.back().Get().status()) == Reason::SHUTTING_DOWN) break;
  }
  stopping.join();
  EXPECT_TRUE(waiting.Get().ok());
  EXPECT_EQ(TimesOf("m"), 1);
}

TEST_F(ShopWriterTest, ShutdownAnswersWhatItHasNoTimeFor) {
  HoldWithOneBatch();
  PendingAnswer waiting = Submit(Touch(Context(), "m"));
  std::thread stopping([this] { harness_.writer->Shutdown(absl::InfinitePast()); });
  EXPECT_EQ(ReasonOf(waiting.Get().status()), Reason::SHUTTING_DOWN);
  harness_.store.OpenGate();
  stopping.join();
  EXPECT_TRUE(first_.Get().ok());  // a begun batch is finished
  EXPECT_EQ(ReasonOf(Run(Touch(Context(), "m")).status()), Reason::SHUTTING_DOWN);
  EXPECT_EQ(TimesOf("m"), 0);
}

// T51: at the bound and one beyond.
TEST_F(ShopWriterTest, AnAnswerTooLargeToKeepIsAnError) {
  EXPECT_TRUE(Run(Answering(Context("r1"), 64 * 1024)).ok());
  EXPECT_EQ(ReasonOf(Run(Answering(Context("r2"), 64 * 1024 + 1)).status()),
            Reason::RESULT_TOO_LARGE);
  EXPECT_TRUE(Run(Answering(Context(), 64 * 1024 + 1)).ok());  // without request id none is kept
}

TEST_F(ShopWriterTest, DefinitionsAreReadOnceUntilSomebodyElseChangesThem) {
  Run(Touch(Context(), "m")).value();
  Run(Touch(Context(), "m")).value();
  EXPECT_EQ(harness_.store.definition_reads(), 1);
  const auto add_store = [](const CallContext& call,
                            WorkingSet& ws) -> absl::StatusOr<std::string> {
    domain::Store store;
    store.number = ws.TakeStoreNo();
    store.id = "main";
    store.stamp = ws.NewStamp(call.actor);
    ws.PutStore(store);
    return std::string();
  };
  Run(std::make_unique<RowCommand>(Context(), WriteKeys{}, add_store)).value();
  Run(Touch(Context(), "m")).value();
  EXPECT_EQ(harness_.store.definition_reads(), 1);  // its own change it knows
  EXPECT_EQ(harness_.writer->CachedDefinitions(1)->stores.size(), 1u);
  EXPECT_EQ(harness_.writer->CachedDefinitions(1)->definition_revision, 3);
  harness_.store.EditState([](MemoryState& state) {
    ++state.head.revision;
    state.head.definition_revision = state.definitions.definition_revision = state.head.revision;
  });
  Run(Touch(Context(), "m")).value();
  EXPECT_EQ(harness_.store.definition_reads(), 2);
}

TEST_F(ShopWriterTest, AnUnknownShopIsToldSo) {
  CallContext context = Context();
  context.shop.number = 99;
  EXPECT_EQ(ReasonOf(Run(Touch(std::move(context), "m")).status()), Reason::SHOP_NOT_FOUND);
}

TEST_F(ShopWriterTest, ManyCallersAtOnceAreEachDoneOnce) {
  std::atomic<int> commits = 0;
  harness_.store.on_commit = [&] {
    switch (commits++ % 5) {
      case 1:
        return CommitFault::kUnknownCommitted;
      case 2:
        return CommitFault::kUnknownLost;
      case 3:
        return CommitFault::kConflict;
      default:
        return CommitFault::kNone;
    }
  };
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([this, caller] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = absl::StrCat("c", caller, "-", i);
        EXPECT_TRUE(Run(Touch(Context(id), "m")).ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(TimesOf("m"), 400);
}

}  // namespace
}  // namespace segmentation::usecase
