// However commands are cut into batches, and whatever befalls the commits, the answers and the
// state they leave are those of running them one by one.
#include <algorithm>
#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/usecase/member_usecase.h"
#include "server/usecase/order_usecase.h"
#include "server/usecase/tag_usecase.h"
#include "tests/support/seed.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

constexpr base::InstantMs kStart = 1'690'000'000'000;

struct Usecases {
  explicit Usecases(WriteHarness& harness)
      : members(*harness.writer, harness.store.identity()),
        orders(*harness.writer, harness.store.identity()),
        tags(*harness.writer) {}
  MemberUsecase members;
  OrderUsecase orders;
  TagUsecase tags;
};

// One call of a use case; made once, run on several shops.
using Call = std::function<void(Usecases&, CallContext, WriteCallback)>;
struct Request {
  std::string id;
  Call call;
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }

  std::vector<Request> MakeRequests(int count) {
    std::vector<Request> requests;
    for (int i = 0; i < count; ++i) {
      if (i > 0 && Below(8) == 0) {
        requests.push_back(requests[Below(i)]);  // the same request once more
      } else {
        requests.push_back({absl::StrCat("r", i), MakeCall()});
      }
    }
    return requests;
  }

 private:
  std::string MemberId() { return absl::StrCat("m", Below(4)); }

  std::vector<domain::IdentityKey> Identities() {
    std::vector<domain::IdentityKey> keys;
    for (int i = Below(3); i > 0; --i) {
      keys.push_back({domain::IdentityKind::kCard, absl::StrCat("c", Below(6))});
    }
    return keys;
  }

  Call MakeCall() {
    switch (Below(8)) {
      case 0:
      case 1:
        return Upsert();
      case 2:
        return Update();
      case 3:
        return Tag();
      case 4:
        return Untag();
      case 5:
        return Consent();
      case 6:
        return Note();
      default:
        return Order();
    }
  }

  Call Upsert() {
    MemberInput input;
    if (Below(3) != 0) input.member_id = MemberId();
    input.identities = Identities();
    if (Below(2) == 0) {
      input.attributes = {{"city", {{domain::ValueType::kText, absl::StrCat("城", Below(3))}}}};
    }
    if (Below(6) == 0) input.attributes = {{"no_such", {}}};
    if (Below(4) == 0) input.blocked = Below(2) == 0;
    return [input](Usecases& on, CallContext context, WriteCallback done) {
      on.members.UpsertMember(
          std::move(context), input,
          [](const UpsertMemberResult& result, const AnswerContext&) {
            return absl::StrCat(result.member->id, result.created, result.changed);
          },
          std::move(done));
    };
  }

  Call Update() {
    UpdateMemberInput update;
    update.member.member_id = MemberId();
    update.member.blocked = Below(2) == 0;
    update.mask.blocked = Below(2) == 0;
    update.mask.all_attributes = Below(2) == 0;
    return [update](Usecases& on, CallContext context, WriteCallback done) {
      on.members.UpdateMember(
          std::move(context), update,
          [](const UpdateMemberResult& result, const AnswerContext&) {
            return absl::StrCat(result.member->id, result.changed);
          },
          std::move(done));
    };
  }

  Call Tag() {
    std::vector<TagInput> tags;
    for (int i = 1 + Below(3); i > 0; --i) {
      tags.push_back(Below(2) == 0 ? TagInput{"free", absl::StrCat("v", Below(5))}
                                   : TagInput{"single", absl::StrCat("s", Below(4))});
    }
    return [tags, id = MemberId()](Usecases& on, CallContext context, WriteCallback done) {
      on.tags.TagMember(std::move(context), id, tags, Describe, std::move(done));
    };
  }

  Call Untag() {
    TagRemoval removal{"free", absl::StrCat("v", Below(5))};
    if (Below(3) == 0) removal.value.clear();
    return [removal, id = MemberId()](Usecases& on, CallContext context, WriteCallback done) {
      on.tags.UntagMember(std::move(context), id, {removal}, domain::TagSource::kAgent, Describe,
                          std::move(done));
    };
  }

  Call Consent() {
    ConsentInput input;
    input.state = static_cast<domain::ConsentState>(1 + Below(2));
    input.changed_at = kStart + Below(4);
    return [input, id = MemberId()](Usecases& on, CallContext context, WriteCallback done) {
      on.members.RecordConsent(
          std::move(context), id, {input},
          [](const RecordConsentResult& result, const AnswerContext&) {
            return absl::StrCat(result.in_force[0].changed_at_ms, result.changed);
          },
          std::move(done));
    };
  }

  Call Note() {
    return [id = MemberId()](Usecases& on, CallContext context, WriteCallback done) {
      on.members.AddNote(
          std::move(context), id, "note",
          [](const AddNoteResult& result, const AnswerContext&) { return result.note->id; },
          std::move(done));
    };
  }

  Call Order() {
    OrderInput input;
    input.order.source = "s";
    input.order.external_id = absl::StrCat("o", Below(4));
    input.order.status = static_cast<domain::OrderStatus>(1 + Below(7));
    input.order.created_at = kStart;
    input.order.source_updated_at = kStart + Below(5);
    if (Below(2) == 0) input.order.paid_at = kStart + 1;
    input.order.goods_paid_minor = Below(1000);
    domain::OrderLine line;
    line.product_id = absl::StrCat("p", Below(3));
    line.unit_price_minor = input.order.goods_paid_minor;
    input.order.lines = {line};
    input.identities = {{domain::IdentityKind::kCard, absl::StrCat("c", Below(6))}};
    return [input](Usecases& on, CallContext context, WriteCallback done) {
      on.orders.UpsertOrder(
          std::move(context), input,
          [](const UpsertOrderResult& result, const AnswerContext&) {
            return absl::StrCat(result.member_id, result.created, result.changed,
                                result.order->measure.paid_minor);
          },
          std::move(done));
    };
  }

  static std::string Describe(const TagMemberResult& result, const AnswerContext& answer) {
    std::string text = result.member_id;
    for (const TagChange& change : result.changes) {
      const auto tag = answer.definitions->tags.find(change.assignment.tag_no);
      absl::StrAppend(&text, " ", static_cast<int>(change.outcome), " ",
                      tag == answer.definitions->tags.end() ? "" : tag->second.value, " ",
                      change.replaced.size());
    }
    return text;
  }

  std::mt19937_64 random_;
};

void DefineTags(MemoryState& state) {
  domain::TagCategory free;
  free.number = 1;
  free.id = free.name = "free";
  free.kind = domain::TagCategoryKind::kFree;
  domain::TagCategory single;
  single.number = 2;
  single.id = single.name = "single";
  single.choice = domain::TagChoice::kSingle;
  state.definitions.tag_categories = {{1, free}, {2, single}};
  for (domain::TagNo number = 1; number <= 3; ++number) {
    domain::Tag tag;
    tag.number = number;
    tag.category_no = 2;
    tag.value = absl::StrCat("s", number - 1);
    state.definitions.tags[number] = tag;
  }
  state.head.next_tag_no = 4;
}

struct Outcome {
  std::vector<std::string> answers;
  std::string state;
  size_t tag_history = 0;
  size_t consent_history = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Queues all requests behind a closed gate, so that the batches are as full as `batch` allows.
Outcome RunAll(const std::vector<Request>& requests, size_t batch,
               std::function<CommitFault()> on_commit = nullptr) {
  ShopWriterOptions options;
  options.max_batch_commands = batch;
  options.max_attempts = 100;
  WriteHarness harness(options);
  harness.store.EditState(DefineTags);
  harness.store.on_commit = std::move(on_commit);
  Usecases usecases(harness);
  harness.store.CloseGate();
  std::vector<PendingAnswer> pending(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].call(usecases, harness.Context(requests[i].id, requests[i].id),
                     pending[i].callback());
  }
  harness.store.OpenGate();
  Outcome outcome;
  for (PendingAnswer& one : pending) {
    const Answer answer = one.Get();
    outcome.answers.push_back(answer.ok() ? answer->answer : answer.status().ToString());
  }
  const MemoryState state = harness.store.state();
  outcome.state = state.CanonicalDump();
  outcome.tag_history = state.tag_history.size();
  outcome.consent_history = state.consent_history.size();
  return outcome;
}

// T26, T69 [law]
TEST(BatchingTest, AnyBatchingGivesTheSameAnswersAndTheSameState) {
  Generator generator(testing_support::TestSeed());
  size_t changed_answers = 0;
  for (int round = 0; round < 1000; ++round) {
    const std::vector<Request> requests = generator.MakeRequests(30);
    const Outcome one_by_one = RunAll(requests, 1);
    const Outcome batched = RunAll(requests, static_cast<size_t>(2 + generator.Below(40)));
    ASSERT_EQ(one_by_one.answers, batched.answers) << "round " << round;
    ASSERT_EQ(one_by_one, batched) << "round " << round << "\n"
                                   << one_by_one.state << "---\n"
                                   << batched.state;
    for (const std::string& answer : batched.answers) changed_answers += answer[0] == 'm';
  }
  EXPECT_GT(changed_answers, 5'000u);  // most requests do something
}

// T69 [law]: lost commits, those that happened and those that did not, and conflicts.
TEST(BatchingTest, FaultsOfTheCommitChangeNothingOfTheOutcome) {
  Generator generator(testing_support::TestSeed());
  for (int round = 0; round < 1000; ++round) {
    const std::vector<Request> requests = generator.MakeRequests(20);
    const size_t batch = static_cast<size_t>(1 + generator.Below(20));
    const Outcome quiet = RunAll(requests, batch);
    auto faults = std::make_shared<std::mt19937_64>(static_cast<uint64_t>(round) * 7919 + 1);
    const Outcome faulty = RunAll(requests, batch, [faults] {
      switch ((*faults)() % 4) {
        case 0:
          return CommitFault::kConflict;
        case 1:
          return CommitFault::kUnknownLost;
        default:
          return CommitFault::kNone;
      }
    });
    ASSERT_EQ(quiet, faulty) << "round " << round;
    // After a commit that happened, what was done is not done again.
    const Outcome committed = RunAll(requests, 1, [faults] {
      return (*faults)() % 2 == 0 ? CommitFault::kUnknownCommitted : CommitFault::kNone;
    });
    ASSERT_EQ(RunAll(requests, 1), committed) << "round " << round;
  }
}

}  // namespace
}  // namespace segmentation::usecase
