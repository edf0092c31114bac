// T71, T72, T52: the index is at every commit what the rows are, whoever made it: this process,
// which hands on what it wrote, or another, whose writes are found in the change log. Random writes
// through the writer, random conditions answered by the index and by the naive evaluator over the
// rows.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "server/audience/condition_plan.h"
#include "server/audience/shop_indexes.h"
#include "server/domain/condition/checker.h"
#include "server/domain/condition/normaliser.h"
#include "server/domain/condition/parser.h"
#include "server/domain/condition/printer.h"
#include "server/domain/order_policy.h"
#include "server/usecase/kept_groups.h"
#include "server/usecase/row_command.h"
#include "server/usecase/shop_writer.h"
#include "server/usecase/working_set.h"
#include "tests/support/condition_generator.h"
#include "tests/support/fill_store.h"
#include "tests/support/generator_random.h"
#include "tests/support/law_cases.h"
#include "tests/support/model_store.h"
#include "tests/support/seed.h"
#include "tests/support/shop_generator.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

using audience::IndexVersion;
using audience::ShopIndex;
using audience::ShopIndexes;
using domain::MemberNo;
using testing_support::GeneratedShop;
using testing_support::GeneratorRandom;
using testing_support::ModelStore;

constexpr int kMembers = 60;
constexpr absl::Duration kSoon = absl::Seconds(60);

// Nobody follows by the clock: the tests say when.
audience::ShopIndexesOptions ByHand() {
  audience::ShopIndexesOptions options;
  options.poll = absl::Hours(1);
  return options;
}

class IndexFollowTest : public ::testing::Test {
 protected:
  // A store with a generated shop, a writer that tells its indexes of every commit, and another
  // process's writer that does not.
  void Start(uint64_t seed) {
    random_ = std::make_unique<GeneratorRandom>(seed);
    generated_ = testing_support::GenerateShop({seed, kMembers});
    other_ = testing_support::GenerateShop({seed + 1, kMembers});
    own_.reset();
    foreign_.reset();
    follower_.reset();
    indexes_.reset();
    store_ = std::make_unique<ModelStore>();
    const auto shop = testing_support::FillStore(*store_, "shop", generated_);
    ASSERT_TRUE(shop.ok()) << shop.status();
    shop_ = *shop;
    zone_ = generated_.zone;  // as the filled shop's
    indexes_ = std::make_unique<ShopIndexes>(*store_, ByHand());
    ASSERT_TRUE(indexes_->WaitUntilSettled(shop_.number, absl::Now() + kSoon));
    follower_ = std::make_unique<ShopIndex>(*store_, shop_.number);
    ASSERT_TRUE(LoadWhole(*follower_).ok());
    ShopWriterOptions options;
    options.indexes = indexes_.get();
    own_ = std::make_unique<ShopWriter>(*store_, clock_, options);
    foreign_ = std::make_unique<ShopWriter>(*store_, clock_, ShopWriterOptions{});
    next_order_ = 0;
  }

  static absl::Status LoadWhole(ShopIndex& index) {
    return index.Load([] { return absl::OkStatus(); }, [](size_t) { return true; });
  }

  absl::Status Write(ShopWriter& writer, WriteKeys keys, RowCommand::Decide decide) {
    CallContext context;
    context.shop = shop_;
    context.actor = "tester";
    context.role = Role::kOperator;
    PendingAnswer pending;
    writer.Submit(
        std::make_unique<RowCommand>(std::move(context), std::move(keys), std::move(decide)),
        pending.callback());
    return pending.Get().status();
  }

  MemberNo AnyMember() {
    const MemberNo end =
        store_->BeginRead(shop_.number, absl::InfiniteFuture()).value()->head().next_member_no;
    return static_cast<MemberNo>(random_->Between(1, end - 1));
  }

  // Takes some parts of a member over from one of the other shop.
  void TakeOver(WorkingSet& ws, domain::Member& member, const domain::Member& from,
                storage::MemberParts parts) {
    if (Has(parts, storage::MemberParts::kTags)) {
      member.tags = from.tags;
      std::erase_if(member.tags, [&](const domain::TagAssignment& tag) {
        return !ws.definitions().tags.contains(tag.tag_no);
      });
      for (domain::TagAssignment& tag : member.tags) tag.stamp = ws.NewStamp("tester");
    }
    if (Has(parts, storage::MemberParts::kConsents)) {
      // A choice is overtaken by a later one and never taken back.
      for (const domain::Consent& choice : from.consents) {
        std::erase_if(member.consents,
                      [&](const domain::Consent& old) { return old.channel == choice.channel; });
        member.consents.push_back(choice);
      }
    }
    if (Has(parts, storage::MemberParts::kAttributes)) {
      member.attributes = from.attributes;
      std::erase_if(member.attributes, [&](const auto& entry) {
        return entry.first >= domain::kFirstCustomAttributeNo &&
               !ws.definitions().attributes.contains(entry.first);
      });
    }
    member.blocked = from.blocked;
    ws.Restamp(member.stamp, "tester");
  }

  absl::Status WriteMember(ShopWriter& writer) {
    const domain::Member from = random_->Pick(other_.members);
    WriteKeys keys;
    keys.parts = random_->Pick(std::vector<storage::MemberParts>{
        storage::MemberParts::kTags, storage::MemberParts::kConsents,
        storage::MemberParts::kAttributes,
        storage::MemberParts::kTags | storage::MemberParts::kIdentities,
        storage::MemberParts::kAll});
    const storage::MemberParts parts = keys.parts;
    const bool fresh = random_->Percent(15);
    const MemberNo member_no = fresh ? 0 : AnyMember();
    if (!fresh) keys.member_nos = {member_no};
    const domain::IdentityKey identity{
        static_cast<domain::IdentityKind>(random_->Between(1, 4)),
        absl::StrCat("value", next_identity_, "@", random_->Percent(50) ? "qq.com" : "163.com")};
    ++next_identity_;
    keys.identities = {identity};
    return Write(writer, keys, [=, this](const CallContext&, WorkingSet& ws) {
      MemberNo number = member_no;
      if (fresh) number = ws.CreateMember(absl::StrCat("fresh", next_identity_), "tester")->number;
      domain::Member* member = ws.MutableMember(number);
      TakeOver(ws, *member, from, fresh ? storage::MemberParts::kAll : parts);
      if (fresh || Has(parts, storage::MemberParts::kIdentities)) {
        if (!member->identities.empty()) {
          ws.RemoveIdentity(number, member->identities.front().number);
        }
        ws.AddIdentity(number, identity);
      }
      return std::string();
    });
  }

  // New, changed, or moved to another member.
  absl::Status WriteOrder(ShopWriter& writer) {
    domain::Order order = random_->Pick(other_.orders);
    order.member_no = AnyMember();
    order.number = 0;
    if (next_order_ == 0 || random_->Percent(50)) ++next_order_;
    order.source = "law";
    order.external_id = absl::StrCat(random_->Between(1, next_order_));
    WriteKeys keys;
    keys.orders = {{order.source, order.external_id}};
    return Write(writer, keys, [=, this](const CallContext&, WorkingSet& ws) {
      domain::Order written = order;
      if (const domain::Order* const stored = ws.FindOrder({order.source, order.external_id})) {
        written.number = stored->number;
      }
      written.stamp = ws.NewStamp("tester");
      domain::ApplyPolicy(ws.definitions().policy, zone_, written);
      ws.PutOrder(std::move(written));
      return std::string();
    });
  }

  absl::Status WriteDefinitions(ShopWriter& writer) {
    const int what = static_cast<int>(random_->Below(3));
    const int64_t pick = random_->Below(1'000);
    return Write(writer, {}, [=](const CallContext&, WorkingSet& ws) {
      const domain::ShopDefinitions now = ws.definitions();
      if (what == 0 && now.tags.size() > 4) {
        auto tag = now.tags.begin();
        std::advance(tag, pick % static_cast<int64_t>(now.tags.size()));
        ws.DeleteTag(tag->first);
      } else if (what == 1 && now.attributes.size() > 6) {
        auto attribute = now.attributes.begin();
        std::advance(attribute, pick % static_cast<int64_t>(now.attributes.size()));
        ws.DeleteAttribute(attribute->first);
      } else {
        domain::Shop shop = now.shop;
        shop.name = absl::StrCat("name ", pick);
        ws.Restamp(shop.stamp, "tester");
        ws.PutShop(std::move(shop));
      }
      return std::string();
    });
  }

  // Groups of random conditions beside the generated ones.
  absl::Status WriteGroups(uint64_t seed, base::InstantMs as_of) {
    const auto snapshot = store_->BeginRead(shop_.number, absl::InfiniteFuture());
    const auto definitions = (*snapshot)->ReadDefinitions();
    testing_support::ConditionGenerator generator(
        **definitions,
        testing_support::CollectPools(**definitions, generated_.members, generated_.orders),
        {as_of, zone_}, seed, {.max_leaves = 2, .clause_percent = 35});
    std::vector<std::string> conditions;
    for (int i = 0; i < 12; ++i) {
      conditions.push_back(domain::condition::Print(
          domain::condition::Normalise(generator.Next().tree, **definitions)));
    }
    return Write(*own_, {}, [&](const CallContext& call, WorkingSet& ws) {
      for (size_t i = 0; i < conditions.size(); ++i) {
        domain::Group group;
        group.number = ws.TakeGroupNo();
        group.id = group.name = absl::StrCat("random-", i);
        group.condition_text = conditions[i];
        group.stamp = ws.NewStamp(call.actor);
        ws.PutGroup(std::move(group));
      }
      return std::string();
    });
  }

  absl::Status DeleteShop(ShopWriter& writer) {
    return Write(writer, {}, [](const CallContext& call, WorkingSet& ws) {
      domain::Shop shop = ws.definitions().shop;
      shop.deleted = true;
      ws.Restamp(shop.stamp, call.actor);
      ws.PutShop(std::move(shop));
      return std::string();
    });
  }

  void WriteSomething(ShopWriter& writer) {
    const int kind = static_cast<int>(random_->Below(100));
    const absl::Status status = kind < 45   ? WriteMember(writer)
                                : kind < 97 ? WriteOrder(writer)
                                            : WriteDefinitions(writer);
    ASSERT_TRUE(status.ok()) << status;
  }

  // Compares `cases` random conditions at a version with the rows, which must be of its revision.
  void Compare(const IndexVersion& version, int cases, uint64_t seed) {
    const auto snapshot = store_->BeginRead(shop_.number, absl::InfiniteFuture());
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    storage::ReadSnapshot& rows = **snapshot;
    ASSERT_EQ(version.revision(), rows.head().revision);
    const auto definitions = rows.ReadDefinitions();
    ASSERT_TRUE(definitions.ok()) << definitions.status();
    ASSERT_EQ(version.definitions->definition_revision, (*definitions)->definition_revision);
    const auto members = rows.ListMembers(0, 10'000, storage::MemberParts::kAll);
    const auto orders = rows.ListOrders(0, 0, 100'000);
    ASSERT_TRUE(members.ok() && orders.ok());
    ASSERT_EQ(version.root->live.count(), members->size());
    const base::InstantMs as_of = generated_.as_ofs[seed % generated_.as_ofs.size()];
    testing_support::ConditionGenerator generator(
        **definitions, testing_support::CollectPools(**definitions, *members, *orders),
        {as_of, zone_}, seed, {.max_leaves = 3, .groups = false});
    for (int i = 0; i < cases; ++i) {
      const domain::condition::Node tree = generator.Next().tree;
      const auto bound = domain::condition::Bind(tree, *version.definitions);
      ASSERT_TRUE(bound.ok()) << bound.status();
      const storage::ConditionQuery query{&*bound, nullptr, version.definitions.get(), as_of};
      const auto naive = rows.ListMatching(query, 0, 10'000);
      ASSERT_TRUE(naive.ok()) << naive.status();
      auto plan = audience::ConditionPlan::Make(version.root, query, zone_);
      ASSERT_TRUE(plan.ok()) << plan.status();
      const auto indexed = plan->Members([] { return absl::OkStatus(); });
      ASSERT_TRUE(indexed.ok()) << indexed.status();
      ASSERT_EQ(*indexed, *naive) << domain::condition::Print(tree);
    }
  }

  domain::Revision StoredRevision() {
    return store_->BeginRead(shop_.number, absl::InfiniteFuture()).value()->head().revision;
  }

  std::unique_ptr<GeneratorRandom> random_;
  GeneratedShop generated_, other_;
  base::SystemClock clock_;
  std::unique_ptr<ModelStore> store_;
  domain::Shop shop_;
  absl::TimeZone zone_;
  std::unique_ptr<ShopIndexes> indexes_;
  std::unique_ptr<ShopIndex> follower_;  // of another replica
  std::unique_ptr<ShopWriter> own_, foreign_;
  int64_t next_order_ = 0;
  int64_t next_identity_ = 1;
};

TEST_F(IndexFollowTest, T71TheIndexIsAtEveryCommitWhatTheRowsAre) {
  const uint64_t seed = testing_support::TestSeed();
  for (const int i : testing_support::LawCases("T71 T72", 1'000, seed)) {
    const uint64_t case_seed = seed + static_cast<uint64_t>(i);
    if (i % 100 == 0) Start(case_seed);
    if (HasFatalFailure()) return;
    SCOPED_TRACE(absl::StrCat("case ", i));
    for (int writes = 0; writes < 3; ++writes) {
      WriteSomething(random_->Percent(85) ? *own_ : *foreign_);
      if (HasFatalFailure()) return;
    }
    // The last one may be the other process's: whoever asks for it gets it.
    const auto version =
        indexes_->At(shop_.number, StoredRevision(), absl::Now() + absl::Seconds(10));
    ASSERT_NE(version, nullptr);
    Compare(*version, 2, case_seed);
    if (i % 7 == 0) {
      ASSERT_TRUE(follower_->CatchUp(absl::Now() + absl::Seconds(10)).ok());
      Compare(*follower_->version(), 2, case_seed + 1);
    }
    if (i % 100 == 99) {
      ShopIndex fresh(*store_, shop_.number);
      ASSERT_TRUE(LoadWhole(fresh).ok());
      Compare(*fresh.version(), 10, case_seed + 2);
    }
    if (HasFatalFailure()) return;
  }
}

// Kept groups are at every version what their conditions select, at the instant they were brought
// up to and up to the instant they are said to be good for, though only changed members were looked
// at.
TEST_F(IndexFollowTest, T22KeptGroupsAreWhatTheirConditionsSelect) {
  const uint64_t seed = testing_support::TestSeed();
  constexpr base::InstantMs kDay = 86'400'000;
  std::shared_ptr<const KeptGroups> kept;
  std::unique_ptr<SavedConditions> saved;
  base::InstantMs now = 0;
  int stepped = 0, compared = 0;
  for (const int i : testing_support::LawCases("T22 T49 T71", 1'000, seed)) {
    SCOPED_TRACE(absl::StrCat("case ", i));
    if (i % 100 == 0) {
      Start(seed + static_cast<uint64_t>(i));
      if (HasFatalFailure()) return;
      now = generated_.as_ofs.front() - 2 * kDay;
      kept = nullptr;
      saved = std::make_unique<SavedConditions>();
      const absl::Status made = WriteGroups(seed + static_cast<uint64_t>(i), now);
      ASSERT_TRUE(made.ok()) << made;
    }
    for (int64_t writes = random_->Between(0, 2); writes > 0; --writes) {
      WriteSomething(random_->Percent(85) ? *own_ : *foreign_);
      if (HasFatalFailure()) return;
    }
    if (random_->Percent(60)) now += random_->Between(1, random_->Percent(80) ? 3'600'000 : kDay);
    ASSERT_NE(indexes_->At(shop_.number, StoredRevision(), absl::Now() + kSoon), nullptr);
    const auto step =
        indexes_->StepFrom(shop_.number, kept == nullptr ? 0 : kept->version->revision());
    const auto snapshot = store_->BeginRead(shop_.number, absl::InfiniteFuture());
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    ASSERT_EQ(step.version->revision(), (*snapshot)->head().revision);
    const std::shared_ptr<SavedGroups> groups = saved->Of(shop_.number, step.version->definitions);
    const auto next =
        KeepGroups(kept.get(), step, *groups, now, random_->Percent(10) ? 4'000 : SIZE_MAX,
                   RowsOf(**snapshot), [] { return absl::OkStatus(); });
    ASSERT_TRUE(next.ok()) << next.status();
    ASSERT_EQ((*next)->groups.size(), step.version->definitions->groups.size());
    for (const auto& [number, group] : (*next)->groups) {
      if (!group->IsOf(now)) continue;
      if (kept != nullptr && kept->groups.contains(number) &&
          group->as_of_ms == kept->groups.at(number)->as_of_ms) {
        ++stepped;
      }
      if (!random_->Percent(30)) continue;
      ++compared;
      const domain::Group& definition = step.version->definitions->groups.at(number);
      const auto condition = groups->Get(definition.id, 0, RowsOf(**snapshot));
      ASSERT_TRUE(condition.ok()) << condition.status();
      std::vector<MemberNo> members;
      for (MemberNo member_no = 1; member_no < step.version->root->end_no; ++member_no) {
        if (group->members.Test(member_no)) members.push_back(member_no);
      }
      ASSERT_EQ(group->members.count(), members.size());
      const base::InstantMs end = std::min(group->valid_until_ms, now + 40 * kDay);
      for (const base::InstantMs as_of : {now, random_->Between(now, end - 1), end - 1}) {
        const auto naive = (*snapshot)->ListMatching(
            (*condition)->condition.Query(*step.version->definitions, as_of), 0, 10'000);
        ASSERT_TRUE(naive.ok()) << naive.status();
        ASSERT_EQ(members, *naive) << definition.condition_text << " as of " << as_of
                                   << ", kept at " << group->as_of_ms << ", now " << now;
      }
    }
    kept = *next;
  }
  EXPECT_GT(compared, 1'000);
  EXPECT_GT(stepped, 1'000) << "hardly anything was kept from version to version";
}

// A caller finds what it wrote: the version is there when the write is answered.
TEST_F(IndexFollowTest, T72AWriteIsSeenAsSoonAsItIsAnswered) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  for (int i = 0; i < 50; ++i) {
    WriteSomething(*own_);
    const auto version = indexes_->At(shop_.number, 0, absl::Now());
    ASSERT_NE(version, nullptr);
    EXPECT_EQ(version->revision(), StoredRevision());
  }
}

// The answer to a COMMIT is lost, the batch finds its own request and answers; the index must not
// go on at the revision before.
TEST_F(IndexFollowTest, ACommitWhoseAnswerWasLostIsSeenToo) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  store_->FailCommits(ModelStore::CommitFault::kUnknownDone);
  CallContext context;
  context.shop = shop_;
  context.actor = "tester";
  context.role = Role::kOperator;
  context.request_id = "lost";
  context.request_hash = std::string(32, 'h');
  WriteKeys keys;
  keys.member_nos = {1};
  PendingAnswer pending;
  own_->Submit(std::make_unique<RowCommand>(context, keys,
                                            [](const CallContext&, WorkingSet& ws) {
                                              domain::Member* const member = ws.MutableMember(1);
                                              member->blocked = !member->blocked;
                                              ws.Restamp(member->stamp, "tester");
                                              return std::string();
                                            }),
               pending.callback());
  const Answer answer = pending.Get();
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto version = indexes_->At(shop_.number, 0, absl::Now() + absl::Seconds(10));
  ASSERT_NE(version, nullptr);
  EXPECT_EQ(version->revision(), answer->revision);
  Compare(*version, 20, 1);
}

// Queries on versions of their own beside the writer and a follower: each version is whole, so a
// condition and its negation part the members, and nobody goes back.
TEST_F(IndexFollowTest, T52QueriesRunBesideWritesAndFollowers) {
  const uint64_t seed = testing_support::TestSeed();
  Start(seed);
  if (HasFatalFailure()) return;
  std::atomic<bool> written = false;
  std::atomic<int64_t> asked = 0;
  const auto count = [&](const IndexVersion& version, const std::string& text) -> int64_t {
    const auto tree = domain::condition::Parse(text);
    const auto bound = domain::condition::Bind(*tree, *version.definitions);
    const storage::ConditionQuery query{&*bound, nullptr, version.definitions.get(),
                                        generated_.as_ofs.back()};
    auto plan = audience::ConditionPlan::Make(version.root, query, zone_);
    return plan->Count([] { return absl::OkStatus(); }).value();
  };
  const auto read = [&](const std::function<std::shared_ptr<const IndexVersion>()>& newest) {
    const std::vector<std::string> conditions = {
        "number_of_orders >= 2",
        "BUCKET('salt') < 50",
        "city CONTAINS '上海'",
        "orders_placed MATCHES (count >= 1, date >= -90d)",
        "products_purchased MATCHES (title CONTAINS '蕾丝')",
        "consent('sms') = 'opted_in'"};
    domain::Revision last = 0;
    for (size_t i = 0; !written.load(); ++i) {
      const std::shared_ptr<const IndexVersion> version = newest();
      if (version == nullptr) continue;
      EXPECT_GE(version->revision(), last);
      last = version->revision();
      const std::string& text = conditions[i % conditions.size()];
      EXPECT_EQ(count(*version, text) + count(*version, absl::StrCat("NOT (", text, ")")),
                static_cast<int64_t>(version->root->live.count()))
          << text;
      ++asked;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      read([&] { return indexes_->At(shop_.number, 0, absl::Now() + absl::Seconds(10)); });
    });
  }
  readers.emplace_back([&] {
    read([&] {
      EXPECT_TRUE(follower_->CatchUp(absl::Now() + absl::Seconds(10)).ok());
      return follower_->version();
    });
  });
  for (int i = 0; i < 150; ++i) WriteSomething(i % 5 == 0 ? *foreign_ : *own_);
  while (asked.load() < 100) std::this_thread::yield();
  written = true;
  for (std::thread& reader : readers) reader.join();
  const auto version = indexes_->At(shop_.number, StoredRevision(), absl::Now() + kSoon);
  ASSERT_NE(version, nullptr);
  Compare(*version, 20, seed);
}

// Versions in the hands of a query stay as they are.
TEST_F(IndexFollowTest, AVersionDoesNotChangeUnderAQuery) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  const auto before = indexes_->At(shop_.number, 0, absl::Now());
  const auto everyone = before->root->live.count();
  for (int i = 0; i < 100; ++i) WriteSomething(*own_);
  EXPECT_EQ(before->root->live.count(), everyone);
}

// What is missing was trimmed: the index is loaded again.
TEST_F(IndexFollowTest, AnIndexThatTheLogLeftBehindIsLoadedAgain) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  for (int i = 0; i < 3; ++i) WriteSomething(*foreign_);
  ASSERT_TRUE(store_->TrimChangeLog(shop_.number, INT64_MAX, 1'000).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(follower_->CatchUp(absl::Now() + kSoon)));
  EXPECT_EQ(indexes_->At(shop_.number, StoredRevision(), absl::Now() + kSoon), nullptr);
  std::shared_ptr<const IndexVersion> version;
  const absl::Time deadline = absl::Now() + kSoon;
  while (version == nullptr && absl::Now() < deadline) {
    indexes_->WaitUntilSettled(shop_.number, deadline);
    version = indexes_->At(shop_.number, StoredRevision(), deadline);
  }
  ASSERT_NE(version, nullptr);
  Compare(*version, 20, 1);
}

TEST_F(IndexFollowTest, AShopBeyondTheMemoryIsLeftToTheDatabase) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  audience::ShopIndexesOptions options = ByHand();
  options.max_bytes = 10'000;
  ShopIndexes small(*store_, options);
  ASSERT_TRUE(small.WaitUntilSettled(shop_.number, absl::Now() + kSoon));
  EXPECT_EQ(small.StatusOf(shop_.number)->state, ShopIndex::State::kTooLarge);
  EXPECT_EQ(small.At(shop_.number, 0, absl::Now() + kSoon), nullptr);
}

TEST_F(IndexFollowTest, AnIndexThatWasTooLargeComesBackOnceThereIsRoom) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  const auto second = testing_support::FillStore(*store_, "second", other_);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_TRUE(indexes_->WaitUntilSettled(second->number, absl::Now() + kSoon));
  const size_t first_bytes = indexes_->StatusOf(shop_.number)->memory.total();
  const size_t second_bytes = indexes_->StatusOf(second->number)->memory.total();
  audience::ShopIndexesOptions options;
  options.max_bytes = std::max(first_bytes, second_bytes) + std::min(first_bytes, second_bytes) / 2;
  options.poll = absl::Milliseconds(1);
  options.measure_every = absl::Milliseconds(1);
  ShopIndexes both(*store_, options);
  ASSERT_TRUE(both.WaitUntilSettled(shop_.number, absl::Now() + kSoon));
  ASSERT_EQ(both.StatusOf(shop_.number)->state, ShopIndex::State::kReady);
  ASSERT_TRUE(both.WaitUntilSettled(second->number, absl::Now() + kSoon));
  EXPECT_EQ(both.At(second->number, 0, absl::Now()), nullptr);
  ASSERT_TRUE(DeleteShop(*foreign_).ok());
  const absl::Time deadline = absl::Now() + kSoon;
  while (both.At(second->number, 0, deadline) == nullptr && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_NE(both.At(second->number, 0, deadline), nullptr);
}

TEST_F(IndexFollowTest, AnIndexThatCannotReadKeepsWhatItHasAndGoesOnLater) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  const domain::Revision before = StoredRevision();
  for (int i = 0; i < 3; ++i) WriteSomething(*foreign_);
  const domain::Revision after = StoredRevision();
  store_->SetUnavailable(true);
  EXPECT_FALSE(follower_->CatchUp(absl::Now() + kSoon).ok());
  EXPECT_EQ(follower_->VersionAt(after), nullptr);
  EXPECT_EQ(follower_->version()->revision(), before);
  store_->SetUnavailable(false);
  ASSERT_TRUE(follower_->CatchUp(absl::Now() + kSoon).ok());
  Compare(*follower_->version(), 20, 1);
}

TEST_F(IndexFollowTest, ADeletedShopHasNoIndex) {
  Start(testing_support::TestSeed());
  if (HasFatalFailure()) return;
  const absl::Status deleted = DeleteShop(*own_);
  ASSERT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(indexes_->At(shop_.number, 0, absl::Now() + kSoon), nullptr);
  EXPECT_EQ(indexes_->StatusOf(shop_.number)->state, ShopIndex::State::kDeleted);
}

}  // namespace
}  // namespace segmentation::usecase
