// Imports against a server in memory that keeps its promises and breaks connections when told to.
#include "segmentation/import_session.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "client/src/checksum.h"
#include "segmentation/client.h"
#include "segmentation/mock_connection.h"
#include "tests/unit/client/fake_time.h"

namespace segmentation {
namespace {

// What the server has of one import.
struct Import {
  std::vector<v1::OrderChunk> chunks;
  int64_t accepted = 0;
  int64_t rejected = 0;
};

struct FakeServer {
  std::mutex mutex;
  std::map<std::string, Import> imports;  // guarded by mutex
  std::vector<v1::ImportHeader> headers;  // guarded by mutex
  // Streams break after so many commits each; the last number goes on for ever. -1 = never.
  std::deque<int> breaks;             // guarded by mutex
  bool ack_lost_at_break = false;     // guarded by mutex
  bool silent_at_break = false;       // guarded by mutex
  std::function<void()> on_given_up;  // a silent stream was; guarded by mutex
  absl::Status break_with = absl::UnavailableError("reset");  // guarded by mutex
};

class FakeStream : public OrderImportStream {
 public:
  explicit FakeStream(FakeServer* server) : server_(server) {
    const std::lock_guard lock(server_->mutex);
    if (!server_->breaks.empty()) {
      commits_left_ = server_->breaks.front();
      if (server_->breaks.size() > 1) server_->breaks.pop_front();
    }
  }

  bool Write(const v1::ImportOrdersRequest& request) override {
    const std::lock_guard lock(server_->mutex);
    if (ended_) return false;
    if (request.has_header()) {
      server_->headers.push_back(request.header());
      id_ = request.header().import_id();
      dry_run_ = request.header().dry_run();
      v1::ImportOrdersResponse ready;
      Import& import = server_->imports[id_];
      ready.mutable_ready()->set_last_sequence(static_cast<int64_t>(import.chunks.size()));
      *ready.mutable_ready()->mutable_totals() = Totals(import);
      Push(ready);
      if (commits_left_ == 0) Break();
      return true;
    }
    EXPECT_LE(request.chunk().orders_size(), 500);
    if (silent_) return true;
    Commit(request.chunk());
    return !ended_;
  }
  bool WritesDone() override {
    const std::lock_guard lock(server_->mutex);
    status_ = absl::OkStatus();
    ended_ = true;
    changed_.notify_all();
    return true;
  }
  bool Read(v1::ImportOrdersResponse* response) override {
    std::unique_lock lock(server_->mutex);
    changed_.wait(lock, [this] { return !answers_.empty() || ended_; });
    if (answers_.empty()) return false;
    *response = answers_.front();
    answers_.pop_front();
    return true;
  }
  absl::Status Finish() override { return status_; }
  void Cancel() override {
    const std::lock_guard lock(server_->mutex);
    if (silent_ && !ended_) server_->on_given_up();
    status_ = absl::CancelledError("cancelled");
    ended_ = true;
    changed_.notify_all();
  }

 private:
  static v1::ImportCounts Totals(const Import& import) {
    v1::ImportCounts totals;
    totals.set_accepted_count(import.accepted);
    totals.set_rejected_count(import.rejected);
    return totals;
  }
  void Push(const v1::ImportOrdersResponse& answer) {
    answers_.push_back(answer);
    changed_.notify_all();
  }
  void End() {
    status_ = server_->break_with;
    ended_ = true;
    changed_.notify_all();
  }
  // Ends, or keeps the stream open without ever answering again.
  void Break() {
    if (!server_->silent_at_break) return End();
    silent_ = true;
  }
  // Orders whose id ends in "bad" are refused.
  void Commit(const v1::OrderChunk& chunk) {
    Import& import = server_->imports[id_];
    uint32_t crc = 0;
    for (const v1::Order& order : chunk.orders()) {
      crc = internal::Crc32c(order.external_id() + "\n", crc);
    }
    EXPECT_EQ(chunk.crc32c(), crc);
    EXPECT_EQ(chunk.sequence(),
              dry_run_ ? ++dry_sequence_ : static_cast<int64_t>(import.chunks.size()) + 1);
    v1::ImportOrdersResponse answer;
    v1::ImportAck& ack = *answer.mutable_ack();
    ack.set_sequence(chunk.sequence());
    for (int i = 0; i < chunk.orders_size(); ++i) {
      if (chunk.orders(i).external_id().ends_with("bad")) {
        ++import.rejected;
        v1::RejectedItem& item = *ack.add_rejected();
        item.set_index(i);
        item.mutable_status()->set_reason(v1::ERROR_REASON_FIELD_INVALID);
      } else {
        ++import.accepted;
      }
    }
    if (!dry_run_) import.chunks.push_back(chunk);
    *ack.mutable_totals() = Totals(import);
    ack.set_revision_token("r" + std::to_string(chunk.sequence()));
    const bool breaks = commits_left_ > 0 && --commits_left_ == 0;
    if (!breaks || !server_->ack_lost_at_break) Push(answer);
    if (breaks) Break();
  }

  FakeServer* const server_;
  std::condition_variable changed_;
  std::deque<v1::ImportOrdersResponse> answers_;
  std::string id_;
  int commits_left_ = -1;
  bool dry_run_ = false;
  int64_t dry_sequence_ = 0;
  bool silent_ = false;
  bool ended_ = false;
  absl::Status status_;
};

class ImportSessionTest : public ::testing::Test {
 protected:
  ImportSessionTest() {
    ON_CALL(*connection_, ImportOrders).WillByDefault([this](const CallOptions&) {
      return std::make_unique<FakeStream>(&server_);
    });
    options_.time = time_.source();
    options_.actor.set_name("nightly");
  }

  ImportOptions Options(const std::string& id = "imp") {
    ImportOptions options;
    options.import_id = id;
    options.chunk_rows = 10;
    options.on_rejected = [this](const RejectedRow& row) { rejected_.push_back(row.row_index); };
    options.on_progress = [this](const ImportProgress& progress) { progress_.push_back(progress); };
    return options;
  }

  absl::StatusOr<ImportResult> Run(int rows, const ImportOptions& options,
                                   const std::set<int>& bad = {}) {
    OrderImport import = Client(connection_, options_).ImportOrders("demo", options);
    for (int i = 0; i < rows; ++i) {
      v1::Order order;
      order.set_external_id("o" + std::to_string(i) + (bad.contains(i) ? "bad" : ""));
      if (absl::Status status = import.Add(order); !status.ok()) return status;
    }
    return import.Finish();
  }

  // Every row once, in order.
  void ExpectStored(int rows, const std::string& id = "imp") {
    std::vector<std::string> stored, want;
    for (const v1::OrderChunk& chunk : server_.imports[id].chunks) {
      for (const v1::Order& order : chunk.orders()) stored.push_back(order.external_id());
    }
    for (int i = 0; i < rows; ++i) want.push_back("o" + std::to_string(i));
    EXPECT_EQ(stored, want);
  }

  FakeTime time_;
  FakeServer server_;
  std::shared_ptr<::testing::NiceMock<MockConnection>> connection_ =
      std::make_shared<::testing::NiceMock<MockConnection>>();
  ClientOptions options_;
  std::vector<int64_t> rejected_;
  std::vector<ImportProgress> progress_;
};

TEST_F(ImportSessionTest, SendsAllRowsInChunks) {
  const absl::StatusOr<ImportResult> result = Run(105, Options());
  ASSERT_TRUE(result.ok()) << result.status();
  ExpectStored(105);
  EXPECT_EQ(server_.imports["imp"].chunks.size(), 11u);
  EXPECT_EQ(result->progress.committed_rows, 105);
  EXPECT_EQ(result->progress.totals.accepted_count(), 105);
  EXPECT_EQ(result->revision_token, "r11");
  EXPECT_EQ(server_.headers[0].actor().name(), "nightly");
  ASSERT_FALSE(progress_.empty());
  EXPECT_EQ(progress_.back().committed_rows, 105);
}

TEST_F(ImportSessionTest, NoRowsIsNoStream) {
  EXPECT_CALL(*connection_, ImportOrders).Times(0);
  const absl::StatusOr<ImportResult> result = Run(0, Options());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->progress.committed_rows, 0);
}

TEST_F(ImportSessionTest, ChunksEndAtTheByteBound) {
  ImportOptions options = Options();
  options.chunk_rows = 500;
  options.chunk_bytes = 2000;
  OrderImport import = Client(connection_, options_).ImportOrders("demo", options);
  for (int i = 0; i < 20; ++i) {
    v1::Order order;
    order.set_external_id("o" + std::to_string(i));
    order.set_terminal(std::string(i == 7 ? 5000 : 600, 'x'));
    ASSERT_TRUE(import.Add(order).ok());
  }
  ASSERT_TRUE(import.Finish().ok());
  ExpectStored(20);
  for (const v1::OrderChunk& chunk : server_.imports["imp"].chunks) {
    EXPECT_TRUE(chunk.ByteSizeLong() <= 2100 || chunk.orders_size() == 1);
  }
}

TEST_F(ImportSessionTest, RefusedRowsAreNamedByTheirIndex) {
  const absl::StatusOr<ImportResult> result = Run(55, Options(), {0, 9, 10, 54});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(rejected_, (std::vector<int64_t>{0, 9, 10, 54}));
  EXPECT_EQ(result->progress.totals.rejected_count(), 4);
  EXPECT_EQ(result->progress.totals.accepted_count(), 51);
}

TEST_F(ImportSessionTest, GoesOnAfterBrokenConnections) {
  server_.breaks = {3, 0, 1, -1};
  const absl::StatusOr<ImportResult> result = Run(105, Options());
  ASSERT_TRUE(result.ok()) << result.status();
  ExpectStored(105);
  EXPECT_EQ(result->progress.committed_rows, 105);
  EXPECT_EQ(server_.headers.size(), 4u);
  for (const v1::ImportHeader& header : server_.headers) EXPECT_EQ(header.import_id(), "imp");
}

TEST_F(ImportSessionTest, ACommitWhoseAckWasLostIsNotSentTwice) {
  server_.breaks = {3, -1};
  server_.ack_lost_at_break = true;
  const absl::StatusOr<ImportResult> result = Run(60, Options());
  ASSERT_TRUE(result.ok()) << result.status();
  ExpectStored(60);
  EXPECT_EQ(result->progress.committed_rows, 60);
  EXPECT_EQ(result->unreported_rows, 10);
  EXPECT_EQ(result->progress.totals.accepted_count(), 60);
}

TEST_F(ImportSessionTest, AnotherProcessGoesOnWithTheSameId) {
  server_.breaks = {4, 0};
  const absl::StatusOr<ImportResult> broken = Run(100, Options());
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetRetryOutcome(broken.status())->end, RetryEnd::kAttemptsUsedUp);
  server_.breaks = {-1};
  const absl::StatusOr<ImportResult> result = Run(100, Options());
  ASSERT_TRUE(result.ok()) << result.status();
  ExpectStored(100);
  EXPECT_EQ(result->unreported_rows, 40);
  EXPECT_EQ(result->progress.committed_rows, 100);
}

TEST_F(ImportSessionTest, PermanentErrorsEndItForGood) {
  server_.breaks = {2};
  server_.break_with = absl::PermissionDeniedError("not you");
  OrderImport import = Client(connection_, options_).ImportOrders("demo", Options());
  absl::Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) status = import.Add(v1::Order());
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(import.Add(v1::Order()).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(import.Finish().status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(time_.slept.empty());
}

// Reading and sorting a large file may take longer than all retries may.
TEST_F(ImportSessionTest, ALongTimeBeforeTheFirstRowLeavesTimeToRetry) {
  server_.breaks = {0, -1};
  OrderImport import = Client(connection_, options_).ImportOrders("demo", Options());
  time_.Advance(absl::Minutes(10));
  v1::Order order;
  order.set_external_id("o0");
  ASSERT_TRUE(import.Add(order).ok());
  const absl::StatusOr<ImportResult> result = import.Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  ExpectStored(1);
}

// The two minutes until a silent server is given up are more than all retries may take.
TEST_F(ImportSessionTest, GoesOnAfterTheServerFellSilent) {
  ImportOptions options = Options();
  options.stall_timeout = absl::Milliseconds(200);
  server_.breaks = {3, -1};
  server_.silent_at_break = true;
  server_.on_given_up = [this] { time_.Advance(absl::Minutes(2)); };
  const absl::StatusOr<ImportResult> result = Run(105, options);
  ASSERT_TRUE(result.ok()) << result.status();
  ExpectStored(105);
  EXPECT_GE(server_.headers.size(), 2u);
}

TEST_F(ImportSessionTest, GoesOnAfterTheServerCancelled) {
  server_.breaks = {3, -1};
  server_.break_with = absl::CancelledError("the statement was stopped");
  const absl::StatusOr<ImportResult> result = Run(105, Options());
  ASSERT_TRUE(result.ok()) << result.status();
  ExpectStored(105);
}

// The server keeps nothing of a dry run, so it cannot say where to go on.
TEST_F(ImportSessionTest, ABrokenDryRunSaysToRunItAgain) {
  ImportOptions options = Options();
  options.dry_run = true;
  server_.breaks = {3, -1};
  const absl::StatusOr<ImportResult> result = Run(105, options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable) << result.status();
  EXPECT_NE(result.status().message().find("run it again"), absl::string_view::npos)
      << result.status();
  EXPECT_EQ(server_.headers.size(), 1u);
}

TEST_F(ImportSessionTest, ADryRunThatNeverBeganIsTriedAgain) {
  ImportOptions options = Options();
  options.dry_run = true;
  server_.breaks = {0, -1};
  const absl::StatusOr<ImportResult> result = Run(105, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->progress.totals.accepted_count(), 105);
  ExpectStored(0);
}

TEST_F(ImportSessionTest, AServerThatForgotChunksIsDistrusted) {
  server_.breaks = {3, -1};
  OrderImport import = Client(connection_, options_).ImportOrders("demo", Options());
  absl::Status status;
  for (int i = 0; i < 35 && status.ok(); ++i) {
    v1::Order order;
    order.set_external_id("o" + std::to_string(i));
    status = import.Add(order);
  }
  ASSERT_TRUE(status.ok()) << status;
  // The acknowledgement of a third chunk is on its way or in; a restored backup knows only one.
  while (progress_.empty() || progress_.back().committed_rows < 30) {
    ASSERT_TRUE(import.Add(v1::Order()).ok());
  }
  {
    const std::lock_guard lock(server_.mutex);
    server_.imports["imp"].chunks.resize(1);
  }
  EXPECT_EQ(import.Finish().status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace segmentation
