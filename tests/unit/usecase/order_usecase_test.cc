#include "server/usecase/order_usecase.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/domain/limits.h"
#include "tests/support/seed.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

using base::Reason;
using domain::IdentityKind;
using domain::OrderStatus;

constexpr base::InstantMs kDay = 86'400'000;
constexpr base::InstantMs kStart = 1'690'000'000'000;

OrderInput Paid(std::string id, std::string buyer, int64_t amount) {
  OrderInput input;
  input.order.source = "tmall";
  input.order.external_id = std::move(id);
  input.order.status = OrderStatus::kPaid;
  input.order.created_at = kStart;
  input.order.paid_at = kStart + 1000;
  input.order.source_updated_at = kStart + 2000;
  input.order.goods_paid_minor = amount;
  domain::OrderLine line;
  line.id = "l1";
  line.title = "蕾丝";
  line.product_id = "p1";
  line.unit_price_minor = amount;
  input.order.lines = {line};
  input.identities = {{IdentityKind::kNick, std::move(buyer)}};
  return input;
}

domain::Refund Refund(std::string id, int64_t amount) {
  domain::Refund refund;
  refund.id = std::move(id);
  refund.amount_minor = amount;
  refund.refunded_at = kStart + kDay;
  return refund;
}

class OrderUsecaseTest : public ::testing::Test {
 protected:
  OrderUsecaseTest() {
    harness_.store.EditState([](MemoryState& state) {
      domain::Store store;
      store.number = 4;
      store.id = "flagship";
      state.definitions.stores = {{4, store}};
    });
  }

  Answer Upsert(OrderInput input, std::string request_id = "") {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.UpsertOrder(
          harness_.Context(std::move(request_id)), std::move(input),
          [](const UpsertOrderResult& result, const AnswerContext&) {
            return absl::StrCat(result.order->measure.paid_minor, result.created ? " created" : "",
                                result.changed ? " changed" : "",
                                result.member_created ? " member" : "");
          },
          std::move(done));
    });
  }
  Answer Import(ImportChunk chunk, std::vector<OrderInput> orders) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.ImportOrders(
          harness_.Context(), std::move(chunk), std::move(orders),
          [](const ImportChunkResult& result, const AnswerContext&) {
            std::string text = absl::StrCat(result.counts.accepted, "/", result.counts.unchanged,
                                            "/", result.counts.rejected);
            for (const RejectedRow& row : result.rejected) {
              absl::StrAppend(&text, " ", row.index, ":", FieldOf(row.status));
            }
            return text;
          },
          std::move(done));
    });
  }
  ExcludeOrdersResult Exclude(std::vector<domain::OrderKey> keys, std::string reason) {
    ExcludeOrdersResult kept;
    WriteHarness::Await([&](WriteCallback done) {
      usecase_.ExcludeOrders(
          harness_.Context(), std::move(keys), std::move(reason),
          [&](const ExcludeOrdersResult& result, const AnswerContext&) {
            kept = result;
            return std::string();
          },
          std::move(done));
    }).value();
    return kept;
  }
  Answer Review(domain::OrderKey key, domain::Review review) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.RecordReview(
          harness_.Context(), std::move(key), std::move(review),
          [](const RecordReviewResult& result, const AnswerContext&) {
            return absl::StrCat(result.review.rating, result.changed ? " changed" : "");
          },
          std::move(done));
    });
  }
  Answer Product(ProductInput input) {
    return WriteHarness::Await([&](WriteCallback done) {
      usecase_.UpsertProduct(
          harness_.Context(), std::move(input),
          [](const UpsertProductResult& result, const AnswerContext&) {
            return absl::StrCat(result.product->title, result.created ? " created" : "",
                                result.changed ? " changed" : "");
          },
          std::move(done));
    });
  }
  domain::Order Stored(const std::string& id) {
    return harness_.store.state().orders.at({"tmall", id});
  }
  domain::Revision Revision() { return harness_.store.state().head.revision; }

  WriteHarness harness_;
  OrderUsecase usecase_{*harness_.writer, harness_.store.identity()};
};

TEST_F(OrderUsecaseTest, MakesTheMemberAndTheProductsOnce) {
  OrderInput input = Paid("1", "小美", 100);
  input.store_id = "flagship";
  EXPECT_EQ(Upsert(input)->answer, "100 created changed member");
  EXPECT_EQ(Upsert(Paid("2", "小美", 50))->answer, "50 created changed");
  const MemoryState state = harness_.store.state();
  ASSERT_EQ(state.members.size(), 1u);
  EXPECT_EQ(state.products.size(), 1u);
  EXPECT_EQ(Stored("1").member_no, state.members.begin()->first);
  EXPECT_EQ(Stored("1").identity_no, 1u);
  EXPECT_EQ(Stored("1").store_no, 4u);
  EXPECT_EQ(Stored("1").lines[0].product_no, state.products.at("p1").number);
  EXPECT_EQ(Stored("1").measure.counted_from, kStart + 1000);
  EXPECT_EQ(Stored("1").lines[0].paid_minor, 100);
}

TEST_F(OrderUsecaseTest, TheSameOrderAgainChangesNothing) {  // T26
  Upsert(Paid("1", "小美", 100)).value();
  EXPECT_EQ(Upsert(Paid("1", "小美", 100))->answer, "100");
  EXPECT_EQ(Revision(), 1);
}

TEST_F(OrderUsecaseTest, ANewerSnapshotWinsWhateverArrivesFirst) {  // T87
  OrderInput newer = Paid("1", "小美", 80);
  newer.order.source_updated_at += 1000;
  newer.order.refunds = {Refund("r1", 30)};
  const auto run = [&](const OrderInput& first, const OrderInput& second) {
    harness_.store.EditState([](MemoryState& state) {
      ++state.head.revision;
      state.orders.clear();
      state.members.clear();
      state.products.clear();
    });
    Upsert(first).value();
    Upsert(second).value();
    return harness_.store.state().CanonicalDump();
  };
  const OrderInput older = Paid("1", "小美", 100);
  EXPECT_EQ(run(older, newer), run(newer, older));
  EXPECT_EQ(Stored("1").measure.paid_minor, 80);
  EXPECT_EQ(Stored("1").measure.goods_refunded_minor, 30);
}

TEST_F(OrderUsecaseTest, ASnapshotOfAnotherBuyerMovesTheOrder) {
  Upsert(Paid("1", "小美", 100)).value();
  const domain::MemberNo before = Stored("1").member_no;
  bool moved = false;
  harness_.store.on_apply = [&](const storage::WriteSet& rows) {
    for (const auto& write : rows.orders) moved |= write.moved_from == before && !write.is_new;
    return absl::OkStatus();
  };
  OrderInput newer = Paid("1", "小丽", 100);
  newer.order.source_updated_at += 1000;
  EXPECT_EQ(Upsert(newer)->answer, "100 changed member");
  EXPECT_TRUE(moved);
  EXPECT_NE(Stored("1").member_no, before);
}

TEST_F(OrderUsecaseTest, BadOrdersNameTheirField) {
  const auto expect = [&](const std::function<void(OrderInput&)>& spoil, Reason reason,
                          const std::string& field) {
    OrderInput input = Paid("1", "小美", 100);
    spoil(input);
    const Answer answer = Upsert(input);
    EXPECT_EQ(ReasonOf(answer.status()), reason) << answer.status();
    EXPECT_EQ(FieldOf(answer.status()), field);
  };
  using domain::Order;
  expect([](OrderInput& i) { i.order.source.clear(); }, Reason::FIELD_REQUIRED, "order.source");
  expect([](OrderInput& i) { i.order.external_id = std::string(65, 'x'); }, Reason::FIELD_TOO_LONG,
         "order.external_id");
  expect([](OrderInput& i) { i.store_id = "nowhere"; }, Reason::STORE_NOT_FOUND, "order.store_id");
  expect([](OrderInput& i) { i.identities.clear(); }, Reason::FIELD_REQUIRED,
         "order.buyer_identities");
  expect([](OrderInput& i) { i.identities[0].value = "t**8"; }, Reason::IDENTITY_MASKED,
         "order.buyer_identities[0].value");
  expect([](OrderInput& i) { i.order.goods_paid_minor = domain::kMaxAmountMinor + 1; },
         Reason::FIELD_OUT_OF_RANGE, "order.goods_paid_minor_units");
  expect([](OrderInput& i) { i.order.freight_minor = -1; }, Reason::MONEY_INVALID,
         "order.freight_minor_units");
  expect([](OrderInput& i) { i.order.created_at = INT64_MIN; }, Reason::FIELD_OUT_OF_RANGE,
         "order.created_at");
  expect([](OrderInput& i) { i.order.lines.push_back(i.order.lines[0]); }, Reason::FIELD_INVALID,
         "order.lines[1].line_id");
  expect(
      [](OrderInput& i) {
        i.order.lines.resize(2);
        i.order.lines[1].quantity = -1;
      },
      Reason::FIELD_OUT_OF_RANGE, "order.lines[1].quantity");
  expect(
      [](OrderInput& i) {
        i.order.lines[0].unit_price_minor = domain::kMaxAmountMinor;
        i.order.lines[0].quantity = 2;
      },
      Reason::FIELD_OUT_OF_RANGE, "order.lines[0].unit_price_minor_units");
  expect([](OrderInput& i) { i.order.refunds = {Refund("r", -1)}; }, Reason::MONEY_INVALID,
         "order.refunds[0].amount_minor_units");
  expect([](OrderInput& i) { i.order.lines[0].title = std::string("a\0b", 3); },
         Reason::TEXT_HAS_NUL, "order.lines[0].title");
  EXPECT_EQ(Revision(), 0);
  EXPECT_TRUE(harness_.store.state().members.empty());
}

TEST_F(OrderUsecaseTest, GoodRowsOfAChunkGoOnWhenOthersAreRefused) {
  OrderInput unknown_store = Paid("2", "小丽", 50);
  unknown_store.store_id = "nowhere";
  OrderInput masked = Paid("3", "t**8", 50);
  EXPECT_EQ(Import({"i", 1}, {Paid("1", "小美", 100), unknown_store, masked, Paid("1", "小美", 100),
                              Paid("4", "小美", 10)})
                ->answer,
            "2/1/2 1:store_id 2:buyer_identities[0].value");
  const MemoryState state = harness_.store.state();
  EXPECT_EQ(state.orders.size(), 2u);
  EXPECT_EQ(state.members.size(), 1u);  // a refused row makes no member
  EXPECT_EQ(state.imports.at("i").accepted_count, 2);
  EXPECT_EQ(state.imports.at("i").rejected_count, 2);
  EXPECT_EQ(Revision(), 1);
}

TEST_F(OrderUsecaseTest, AChunkIsBoundedAndItsImportIsOfOneKind) {  // T51
  std::vector<OrderInput> orders;
  for (size_t i = 0; i < domain::kMaxBatchItems; ++i) {
    orders.push_back(Paid(absl::StrCat(i), "小美", 1));
  }
  EXPECT_EQ(Import({"i", 1}, orders)->answer, "500/0/0");
  orders.push_back(Paid("x", "小美", 1));
  EXPECT_EQ(ReasonOf(Import({"i", 2}, orders).status()), Reason::BATCH_TOO_LARGE);

  ProductInput product;
  product.product.id = "p9";
  const Answer other = WriteHarness::Await([&](WriteCallback done) {
    usecase_.ImportProducts(
        harness_.Context(), {"i", 2}, {product},
        [](const ImportChunkResult&, const AnswerContext&) { return std::string(); },
        std::move(done));
  });
  EXPECT_EQ(ReasonOf(other.status()), Reason::FIELD_INVALID);
}

TEST_F(OrderUsecaseTest, AnExcludedOrderStaysOutUntilItIsPutBack) {
  Upsert(Paid("1", "小美", 100)).value();
  ExcludeOrdersResult result = Exclude({{"tmall", "1"}, {"tmall", "none"}}, "样品");
  EXPECT_TRUE(result.items[0].changed);
  EXPECT_FALSE(result.items[0].counted);
  EXPECT_EQ(result.items[0].reason, domain::NotCountedReason::kExcluded);
  EXPECT_EQ(ReasonOf(result.items[1].status), Reason::ORDER_NOT_FOUND);
  EXPECT_EQ(FieldOf(result.items[1].status), "keys[1]");

  OrderInput newer = Paid("1", "小美", 90);
  newer.order.source_updated_at += 1000;
  Upsert(newer).value();
  EXPECT_EQ(Stored("1").exclusion_reason, "样品");
  EXPECT_EQ(Stored("1").measure.reason, domain::NotCountedReason::kExcluded);

  const domain::Revision before = Revision();
  EXPECT_FALSE(Exclude({{"tmall", "1"}}, "样品").items[0].changed);
  EXPECT_EQ(Revision(), before);
  result = Exclude({{"tmall", "1"}}, "");
  EXPECT_TRUE(result.items[0].counted);
}

TEST_F(OrderUsecaseTest, ReviewsAreAddedAndReplacedByNewerOnes) {
  Upsert(Paid("1", "小美", 100)).value();
  const domain::OrderKey key{"tmall", "1"};
  EXPECT_EQ(Review(key, {"v1", kStart + 10, 5, "好", false})->answer, "5 changed");
  EXPECT_EQ(Review(key, {"v1", kStart + 5, 1, "旧", false})->answer, "5");
  EXPECT_EQ(Review(key, {"v1", kStart + 20, 3, "改", false})->answer, "3 changed");
  EXPECT_EQ(Stored("1").reviews.size(), 1u);
  EXPECT_EQ(Stored("1").measure.paid_minor, 100);
  EXPECT_EQ(ReasonOf(Review(key, {"v2", kStart, 6, "", false}).status()),
            Reason::FIELD_OUT_OF_RANGE);
  EXPECT_EQ(ReasonOf(Review({"tmall", "none"}, {"v1", kStart, 5, "", false}).status()),
            Reason::ORDER_NOT_FOUND);
}

TEST_F(OrderUsecaseTest, ProductsHaveEtags) {  // T70
  ProductInput input;
  input.product.id = "p";
  input.product.title = "a";
  EXPECT_EQ(Product(input)->answer, "a created changed");
  EXPECT_EQ(Product(input)->answer, "a");
  input.etag = harness_.store.state().products.at("p").stamp.etag;
  input.product.title = "b";
  EXPECT_EQ(Product(input)->answer, "b changed");
  input.product.title = "c";
  EXPECT_EQ(ReasonOf(Product(input).status()), Reason::ETAG_STALE);
}

TEST_F(OrderUsecaseTest, ForgetsTheProductsItKnowsWhenAnotherServerWrites) {
  ProductInput input;
  input.product.id = "p";
  input.product.title = "a";
  EXPECT_EQ(Product(input)->answer, "a created changed");
  harness_.store.EditState([](MemoryState& state) {
    ++state.head.revision;
    state.products.at("p").title = "b";
    state.products.at("p").stamp.etag = {state.head.revision, 1};
  });
  input.product.title = "b";
  EXPECT_EQ(Product(input)->answer, "b") << "as it is by now";
  input.product.title = "a";
  EXPECT_EQ(Product(input)->answer, "a changed");
}

TEST_F(OrderUsecaseTest, GivesAnotherIdWhereTheFirstIsAnotherMembers) {
  ASSERT_TRUE(Upsert(Paid("1", "买家", 100)).ok());
  harness_.store.EditState([](MemoryState& state) {
    ++state.head.revision;
    for (auto& [number, member] : state.members) member.identities.clear();
  });
  EXPECT_EQ(Upsert(Paid("2", "买家", 100))->answer, "100 created changed member");
  const MemoryState state = harness_.store.state();
  ASSERT_EQ(state.members.size(), 2u);
  EXPECT_NE(state.members.begin()->second.id, state.members.rbegin()->second.id);
}

// T25, T26, T87 [law]: shuffled, cut into other chunks and sent twice, the same snapshots leave the
// same shop.
TEST_F(OrderUsecaseTest, AnyArrivalOfTheSameSnapshotsEndsInTheSameState) {
  std::mt19937_64 random(testing_support::TestSeed());
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint64_t>(n)); };
  for (int round = 0; round < 1000; ++round) {
    std::vector<OrderInput> snapshots;
    for (int i = 0; i < 12; ++i) {
      OrderInput input = Paid(absl::StrCat(below(4)), absl::StrCat("买家", below(3)), below(1000));
      input.order.status = static_cast<OrderStatus>(1 + below(7));
      input.order.source_updated_at = kStart + below(3);
      if (below(3) == 0) input.order.paid_at.reset();
      for (int r = below(3); r > 0; --r) {
        input.order.refunds.push_back(Refund(absl::StrCat("r", r), below(500)));
      }
      if (below(3) == 0) {
        input.order.reviews.push_back({"v", kStart + below(3), 1 + below(5), "", false});
      }
      if (below(2) == 0) input.order.lines[0].product_id = absl::StrCat("p", below(3));
      snapshots.push_back(std::move(input));
    }
    const auto run = [&](const std::vector<OrderInput>& arrivals) {
      WriteHarness harness;
      OrderUsecase usecase(*harness.writer, harness.store.identity());
      size_t at = 0;
      for (int64_t sequence = 1; at < arrivals.size(); ++sequence) {
        const size_t count = std::min<size_t>(1 + below(6), arrivals.size() - at);
        const std::vector<OrderInput> chunk(arrivals.begin() + at, arrivals.begin() + at + count);
        at += count;
        WriteHarness::Await([&](WriteCallback done) {
          usecase.ImportOrders(
              harness.Context(), {"i", sequence}, chunk,
              [](const ImportChunkResult& result, const AnswerContext&) {
                EXPECT_EQ(result.counts.rejected, 0);
                return std::string();
              },
              std::move(done));
        }).value();
      }
      return harness.store.state().CanonicalDump();
    };
    std::vector<OrderInput> shuffled = snapshots;
    shuffled.insert(shuffled.end(), snapshots.begin(), snapshots.begin() + below(12));
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    ASSERT_EQ(run(snapshots), run(shuffled)) << "round " << round;
  }
}

}  // namespace
}  // namespace segmentation::usecase
