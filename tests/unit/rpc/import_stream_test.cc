#include "server/rpc/import_stream.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "server/base/hash.h"
#include "tests/unit/rpc/service_harness.h"

namespace segmentation::rpc {
namespace {

using Stream = grpc::ClientReaderWriter<v1::ImportOrdersRequest, v1::ImportOrdersResponse>;

v1::ImportOrdersRequest Header(const std::string& import_id, bool dry_run = false) {
  v1::ImportOrdersRequest request;
  request.set_shop_id("shop");
  request.mutable_header()->set_import_id(import_id);
  request.mutable_header()->mutable_actor()->set_name("importer");
  request.mutable_header()->set_dry_run(dry_run);
  return request;
}

v1::ImportOrdersRequest Chunk(int64_t sequence, const std::vector<v1::Order>& orders,
                              bool with_crc = true) {
  v1::ImportOrdersRequest request;
  request.mutable_chunk()->set_sequence(sequence);
  std::string ids;
  for (const v1::Order& order : orders) {
    *request.mutable_chunk()->add_orders() = order;
    ids += order.external_id() + "\n";
  }
  if (with_crc) request.mutable_chunk()->set_crc32c(base::Crc32c(ids));
  return request;
}

class Imports : public testing::Test {
 protected:
  // Sends all, half-closes, reads all; the stream's end.
  std::string Run(const std::vector<v1::ImportOrdersRequest>& requests,
                  const std::string& secret = "seg_admin") {
    answers_.clear();
    const auto stub = v1::OrderService::NewStub(harness_.channel());
    const auto context = harness_.Context(secret);
    const std::unique_ptr<Stream> stream = stub->ImportOrders(context.get());
    std::thread writer([&] {
      for (const v1::ImportOrdersRequest& request : requests) {
        if (!stream->Write(request)) break;
      }
      stream->WritesDone();
    });
    v1::ImportOrdersResponse answer;
    while (stream->Read(&answer)) answers_.push_back(answer);
    writer.join();
    return FaultOf(stream->Finish());
  }
  int64_t CountOrders() {
    auto snapshot = harness_.store().BeginRead(harness_.shop_no(), absl::InfiniteFuture());
    return (*snapshot)->ReadShopTotals(0)->order_count;
  }

  ServiceHarness harness_;
  std::vector<v1::ImportOrdersResponse> answers_;
};

TEST_F(Imports, AnswersReadyThenEveryChunkInOrder) {
  std::vector<v1::ImportOrdersRequest> requests = {Header("i-1")};
  for (int chunk = 1; chunk <= 20; ++chunk) {
    requests.push_back(
        Chunk(chunk, {SimpleOrder(2 * chunk, "a"), SimpleOrder(2 * chunk + 1, "b")}));
  }
  ASSERT_EQ(Run(requests), "OK");
  ASSERT_EQ(answers_.size(), 21u);
  EXPECT_EQ(answers_[0].ready().last_sequence(), 0);
  for (int chunk = 1; chunk <= 20; ++chunk) {
    const v1::ImportAck& ack = answers_[static_cast<size_t>(chunk)].ack();
    EXPECT_EQ(ack.sequence(), chunk);
    EXPECT_EQ(ack.counts().accepted_count(), 2);
    EXPECT_EQ(ack.totals().accepted_count(), 2 * chunk);
    EXPECT_NE(ack.revision_token(), "");
    EXPECT_FALSE(ack.already_committed());
  }
  EXPECT_EQ(CountOrders(), 40);
}

// T26, T66: a resumed import says where it stands, and a repeated chunk has no effect.
TEST_F(Imports, ResumesWhereItStoodAndRepeatsWithoutEffect) {
  const auto first = Chunk(1, {SimpleOrder(1, "a")});
  const auto second = Chunk(2, {SimpleOrder(2, "a")});
  ASSERT_EQ(Run({Header("i-1"), first, second}), "OK");
  ASSERT_EQ(Run({Header("i-1"), first, second, Chunk(3, {SimpleOrder(1, "a")})}), "OK");
  ASSERT_EQ(answers_.size(), 4u);
  EXPECT_EQ(answers_[0].ready().last_sequence(), 2);
  EXPECT_EQ(answers_[0].ready().totals().accepted_count(), 2);
  EXPECT_TRUE(answers_[1].ack().already_committed());
  EXPECT_TRUE(answers_[2].ack().already_committed());
  EXPECT_FALSE(answers_[3].ack().already_committed());
  EXPECT_EQ(answers_[3].ack().counts().unchanged_count(), 1);
  EXPECT_EQ(answers_[3].ack().totals().accepted_count(), 2);
  EXPECT_EQ(CountOrders(), 2);
}

TEST_F(Imports, BadRowsAreNamedByIndexAndGoodOnesGoOn) {
  std::vector<v1::Order> orders;
  for (int i = 0; i < 6; ++i) orders.push_back(SimpleOrder(i, "a"));
  orders[0].clear_status();                         // cannot be read
  orders[2].set_store_id("nowhere");                // refused by the use case
  orders[3].mutable_created_at()->set_nanos(-1);    // cannot be read
  orders[5].set_goods_paid_minor_units(INT64_MIN);  // refused by the use case
  ASSERT_EQ(Run({Header("i-1"), Chunk(1, orders)}), "OK");
  ASSERT_EQ(answers_.size(), 2u);
  const v1::ImportAck& ack = answers_[1].ack();
  EXPECT_EQ(ack.counts().accepted_count(), 2);
  EXPECT_EQ(ack.counts().rejected_count(), 4);
  EXPECT_EQ(ack.totals().rejected_count(), 4);
  ASSERT_EQ(ack.rejected_size(), 4);
  const std::pair<int, v1::ErrorReason> kExpected[] = {{0, v1::ERROR_REASON_ENUM_UNKNOWN},
                                                       {2, v1::ERROR_REASON_STORE_NOT_FOUND},
                                                       {3, v1::ERROR_REASON_FIELD_INVALID},
                                                       {5, v1::ERROR_REASON_FIELD_OUT_OF_RANGE}};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ack.rejected(i).index(), kExpected[i].first);
    EXPECT_EQ(ack.rejected(i).status().reason(), kExpected[i].second);
  }
  EXPECT_EQ(ack.rejected(0).status().field(), "status");
  EXPECT_EQ(CountOrders(), 2);
}

TEST_F(Imports, AnErrorEndsTheStreamAfterTheAnswersBeforeIt) {
  auto damaged = Chunk(2, {SimpleOrder(2, "a")});
  damaged.mutable_chunk()->set_crc32c(damaged.chunk().crc32c() ^ 1);
  EXPECT_EQ(Run({Header("i-1"), Chunk(1, {SimpleOrder(1, "a")}), damaged,
                 Chunk(3, {SimpleOrder(3, "a")})}),
            "FIELD_INVALID chunk.crc32c");
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(answers_[1].ack().sequence(), 1);
  EXPECT_EQ(Run({Header("i-1"), Chunk(3, {SimpleOrder(3, "a")})}),
            "IMPORT_OUT_OF_SEQUENCE chunk.sequence");
  EXPECT_EQ(CountOrders(), 1);
}

TEST_F(Imports, RefusesWhatIsNoImport) {
  const auto chunk = Chunk(1, {SimpleOrder(1, "a")});
  EXPECT_EQ(Run({}), "FIELD_REQUIRED header");
  EXPECT_EQ(Run({chunk}), "FIELD_REQUIRED header");
  EXPECT_EQ(Run({Header("i-1"), Header("i-1")}), "FIELD_REQUIRED chunk");
  EXPECT_EQ(Run({Header("")}), "FIELD_REQUIRED header.import_id");
  auto nobody = Header("i-1");
  nobody.mutable_header()->clear_actor();
  EXPECT_EQ(Run({nobody}), "FIELD_REQUIRED header.actor.name");
  auto elsewhere = Header("i-1");
  elsewhere.set_shop_id("other");
  EXPECT_EQ(Run({elsewhere}), "SHOP_NOT_FOUND shop_id");
  auto moved = chunk;
  moved.set_shop_id("other");
  EXPECT_EQ(Run({Header("i-1"), moved}), "FIELD_INVALID shop_id");
  EXPECT_EQ(Run({Header("i-1"), Chunk(1, {})}), "FIELD_REQUIRED chunk.orders");
  EXPECT_EQ(Run({Header("i-1"), Chunk(0, {SimpleOrder(1, "a")})}),
            "FIELD_OUT_OF_RANGE chunk.sequence");
  // T51
  EXPECT_EQ(Run({Header("i-1"), Chunk(1, std::vector<v1::Order>(501, SimpleOrder(1, "a")))}),
            "BATCH_TOO_LARGE chunk.orders");
  EXPECT_EQ(Run({Header("i-1")}, "seg_wrong"), "TOKEN_INVALID authorization");
  harness_.AddToken("seg_reader", usecase::Role::kReader);
  EXPECT_EQ(Run({Header("i-1")}, "seg_reader"), "ROLE_INSUFFICIENT authorization");
  EXPECT_EQ(CountOrders(), 0);
}

// A token that is revoked ends the import it began: with its next chunk, not hours later.
TEST_F(Imports, ARevokedTokenEndsItsImport) {
  harness_.AddToken("seg_importer", usecase::Role::kOperator);
  const auto stub = v1::OrderService::NewStub(harness_.channel());
  const auto context = harness_.Context("seg_importer");
  const std::unique_ptr<Stream> stream = stub->ImportOrders(context.get());
  v1::ImportOrdersResponse answer;
  ASSERT_TRUE(stream->Write(Header("i-1")));
  ASSERT_TRUE(stream->Read(&answer));
  ASSERT_TRUE(stream->Write(Chunk(1, {SimpleOrder(1, "a")})));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.ack().sequence(), 1);
  harness_.Revoke("seg_importer");
  stream->Write(Chunk(2, {SimpleOrder(2, "a")}));
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(FaultOf(stream->Finish()), "TOKEN_INVALID authorization");
  EXPECT_EQ(CountOrders(), 1);
}

TEST_F(Imports, TheIdOfAnotherKindOfImportIsRefused) {
  ASSERT_EQ(Run({Header("i-1"), Chunk(1, {SimpleOrder(1, "a")})}), "OK");
  const auto stub = v1::OrderService::NewStub(harness_.channel());
  const auto context = harness_.Context();
  const auto stream = stub->ImportProducts(context.get());
  v1::ImportProductsRequest header;
  header.set_shop_id("shop");
  header.mutable_header()->set_import_id("i-1");
  header.mutable_header()->mutable_actor()->set_name("importer");
  stream->Write(header);
  v1::ImportProductsResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(FaultOf(stream->Finish()), "FIELD_INVALID header.import_id");
}

TEST_F(Imports, ADryRunChecksAndWritesNothing) {
  v1::Order bad = SimpleOrder(9, "a");
  bad.set_store_id("nowhere");
  ASSERT_EQ(Run({Header("i-1", true), Chunk(1, {SimpleOrder(1, "a"), bad}),
                 Chunk(2, {SimpleOrder(2, "a")})}),
            "OK");
  ASSERT_EQ(answers_.size(), 3u);
  EXPECT_EQ(answers_[1].ack().counts().rejected_count(), 1);
  EXPECT_EQ(answers_[2].ack().totals().accepted_count(), 2);
  EXPECT_EQ(answers_[2].ack().totals().rejected_count(), 1);
  EXPECT_EQ(answers_[2].ack().revision_token(), "");
  EXPECT_FALSE(answers_[2].ack().already_committed());
  EXPECT_EQ(CountOrders(), 0);
  ASSERT_EQ(Run({Header("i-1", true), Chunk(2, {SimpleOrder(1, "a")})}),
            "IMPORT_OUT_OF_SEQUENCE chunk.sequence");
  ASSERT_EQ(Run({Header("i-1")}), "OK");
  EXPECT_EQ(answers_[0].ready().last_sequence(), 0);
}

// The shop is looked up once a stream, so its chunks must find out themselves.
TEST_F(Imports, AShopDeletedBetweenTwoChunksTakesNoMore) {
  v1::Order refused = SimpleOrder(1, "a");
  refused.set_store_id("nowhere");  // leaves the shop empty
  const auto stub = v1::OrderService::NewStub(harness_.channel());
  const auto context = harness_.Context();
  const std::unique_ptr<Stream> stream = stub->ImportOrders(context.get());
  ASSERT_TRUE(stream->Write(Header("i-1")));
  ASSERT_TRUE(stream->Write(Chunk(1, {refused})));
  v1::ImportOrdersResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.ack().counts().rejected_count(), 1);

  usecase::CallContext deleter;
  deleter.actor = "tester";
  deleter.request_id = "delete";
  deleter.request_hash = std::string(32, 'h');
  deleter.shop = *harness_.parts().shops.Find("shop");
  std::promise<absl::Status> deleted;
  harness_.parts().shops.Delete(
      deleter, std::nullopt,
      [](const usecase::DeletedShopResult&, const usecase::AnswerContext&) {
        return std::string("deleted");
      },
      [&](const absl::StatusOr<usecase::WriteResult>& result) {
        deleted.set_value(result.status());
      });
  ASSERT_TRUE(deleted.get_future().get().ok());

  ASSERT_TRUE(stream->Write(Chunk(2, {SimpleOrder(2, "a")})));
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(FaultOf(stream->Finish()), "SHOP_NOT_FOUND shop_id");
  EXPECT_EQ(CountOrders(), 0);
}

TEST_F(Imports, ProductsAreImportedTheSameWay) {
  const auto stub = v1::OrderService::NewStub(harness_.channel());
  const auto context = harness_.Context();
  const auto stream = stub->ImportProducts(context.get());
  v1::ImportProductsRequest request;
  request.set_shop_id("shop");
  request.mutable_header()->set_import_id("p-1");
  request.mutable_header()->mutable_actor()->set_name("importer");
  ASSERT_TRUE(stream->Write(request));
  v1::ImportProductsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  request.clear_header();
  request.mutable_chunk()->set_sequence(1);
  request.mutable_chunk()->add_products()->set_product_id("P1");
  request.mutable_chunk()->add_products();  // without an id
  ASSERT_TRUE(stream->Write(request));
  stream->WritesDone();
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.ack().counts().accepted_count(), 1);
  EXPECT_EQ(answer.ack().rejected(0).index(), 1);
  EXPECT_EQ(FaultOf(stream->Finish()), "OK");
}

// Commands that wait until the test answers them.
class HeldCommands {
 public:
  void Add(int64_t sequence, usecase::WriteCallback done) {
    const std::lock_guard lock(mutex_);
    held_.push_back({sequence, std::move(done)});
    most_ = std::max(most_, held_.size());
    ++seen_;
    changed_.notify_all();
  }
  void WaitForSeen(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return seen_ >= count; });
  }
  // Answers the newest one that waits.
  void AnswerNewest(absl::Status status = absl::OkStatus()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !held_.empty(); });
    Held held = std::move(held_.back());
    held_.pop_back();
    lock.unlock();
    v1::ImportAck ack;
    ack.set_sequence(held.sequence);
    if (status.ok()) {
      held.done(usecase::WriteResult{1, false, ack.SerializeAsString()});
    } else {
      held.done(std::move(status));
    }
  }
  size_t most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  size_t seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  struct Held {
    int64_t sequence;
    usecase::WriteCallback done;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Held> held_;
  size_t most_ = 0;
  size_t seen_ = 0;
};

struct HeldImport {
  using Request = v1::ImportOrdersRequest;
  using Response = v1::ImportOrdersResponse;
  using Input = std::string;
  static constexpr std::string_view kMethod = "OrderService/ImportOrders";
  static constexpr auto kKind = storage::ImportProgressRow::Kind::kOrders;
  static constexpr std::string_view kRowsField = "chunk.orders";
  static const auto& RowsOf(const v1::OrderChunk& chunk) { return chunk.orders(); }
  static const std::string& IdOf(const v1::Order& row) { return row.external_id(); }
  absl::StatusOr<Input> Convert(const v1::Order& row) const { return row.external_id(); }
  void Submit(usecase::CallContext, usecase::ImportChunk chunk, std::vector<Input>,
              usecase::AnswerEncoder<usecase::ImportChunkResult>,
              usecase::WriteCallback done) const {
    commands->Add(chunk.sequence, std::move(done));
  }
  HeldCommands* commands;
};

class HeldService final : public v1::OrderService::CallbackService {
 public:
  HeldService() {
    MarkMethodRawCallback(ImportMethodIndex(HeldImport::kMethod),
                          ImportHandler<HeldImport>([this](grpc::CallbackServerContext* context) {
                            return new ImportStream<HeldImport>(harness->parts(),
                                                                harness->imports(), context,
                                                                HeldImport{&commands});
                          }));
  }
  HeldCommands commands;
  ServiceHarness* harness = nullptr;
};

class HeldImports : public testing::Test {
 protected:
  HeldImports() {
    service_.harness = &harness_;
    stub_ = v1::OrderService::NewStub(harness_.channel());
    context_ = harness_.Context();
    stream_ = stub_->ImportOrders(context_.get());
    EXPECT_TRUE(stream_->Write(Header("i-1")));
  }

  HeldService service_;
  ServiceHarness harness_{{&service_}};
  std::unique_ptr<v1::OrderService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
};

// Back-pressure, and answers in order however the commits end.
TEST_F(HeldImports, ReadsNoFurtherThanEightChunksAheadOfItsAnswers) {
  constexpr int kChunks = 40;
  std::thread writer([&] {
    for (int i = 1; i <= kChunks; ++i) stream_->Write(Chunk(i, {SimpleOrder(i, "a")}));
    stream_->WritesDone();
  });
  v1::ImportOrdersResponse answer;
  ASSERT_TRUE(stream_->Read(&answer));
  ASSERT_TRUE(answer.has_ready());
  for (int done = 0; done < kChunks; done += 8) {
    // Eight wait; the newest is answered first, so nothing can be sent until the last of them.
    service_.commands.WaitForSeen(static_cast<size_t>(done) + 8);
    EXPECT_EQ(service_.commands.seen(), static_cast<size_t>(done) + 8);
    for (int i = 0; i < 8; ++i) service_.commands.AnswerNewest();
    for (int i = 1; i <= 8; ++i) {
      ASSERT_TRUE(stream_->Read(&answer));
      EXPECT_EQ(answer.ack().sequence(), done + i);
    }
  }
  EXPECT_FALSE(stream_->Read(&answer));
  writer.join();
  EXPECT_EQ(FaultOf(stream_->Finish()), "OK");
  EXPECT_EQ(service_.commands.most(), kMaxChunksInFlight);
}

TEST_F(HeldImports, AnErrorWaitsForTheAnswersBeforeIt) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(stream_->Write(Chunk(i, {SimpleOrder(i, "a")})));
  service_.commands.WaitForSeen(3);
  service_.commands.AnswerNewest();  // 3, never sent
  service_.commands.AnswerNewest(
      base::MakeError(base::Reason::WRITE_CONFLICT, "", "lost the race"));  // 2
  service_.commands.AnswerNewest();                                         // 1
  v1::ImportOrdersResponse answer;
  ASSERT_TRUE(stream_->Read(&answer));
  ASSERT_TRUE(stream_->Read(&answer));
  EXPECT_EQ(answer.ack().sequence(), 1);
  EXPECT_FALSE(stream_->Read(&answer));
  EXPECT_EQ(FaultOf(stream_->Finish()), "WRITE_CONFLICT ");
}

TEST_F(HeldImports, ACancelledCallEndsWhenItsCommandsDid) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(stream_->Write(Chunk(i, {SimpleOrder(i, "a")})));
  service_.commands.WaitForSeen(3);
  context_->TryCancel();
  EXPECT_EQ(stream_->Finish().error_code(), grpc::CANCELLED);
  for (int i = 0; i < 3; ++i) service_.commands.AnswerNewest();
  harness_.Stop();  // returns when the call is over
}

TEST_F(HeldImports, ShutdownEndsIdleAndWaitingStreams) {
  ASSERT_TRUE(stream_->Write(Chunk(1, {SimpleOrder(1, "a")})));
  service_.commands.WaitForSeen(1);
  std::thread stopper([&] { harness_.Stop(); });
  v1::ImportOrdersResponse answer;
  while (stream_->Read(&answer)) {
  }
  EXPECT_FALSE(stream_->Finish().ok());
  service_.commands.AnswerNewest();
  stopper.join();
}

}  // namespace
}  // namespace segmentation::rpc
